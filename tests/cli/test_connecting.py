"""From nothing to a desk: an address at `login`, and the first start of all on a terminal."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.cli.connecting import name_for
from supportdesk_tui.config.load import load_settings
from supportdesk_tui.config.paths import find_paths
from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread, open_parts
from supportdesk_tui.server.seed.exchange import seed_database
from tests.cli.conftest import Shell
from tests.cli.onterminal import OnTerminal

PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://desk.example.com", "desk"),
        ("https://www.helpdesk.example", "helpdesk"),
        ("http://127.0.0.1:8080", "local"),
        ("http://[::1]:8080", "local"),
        ("http://localhost:1", "local"),
    ],
)
def test_a_profile_is_named_after_the_host(url: str, name: str) -> None:
    assert name_for(url) == name


def test_login_with_an_address_writes_the_profile_once_the_server_took_the_token(shell: Shell, server: ServerThread) -> None:
    shell.configure("hold_s = 5  # mine\n")
    refused = shell("login", server.url, typed="li.wei\nwrong password\n")
    assert refused.exit_code == 4
    assert "profiles" not in shell.config.read_text(encoding="utf-8")
    for _ in range(2):
        done = shell("login", server.url, "--token-stdin", typed=server.token_for(DEMO_LOGIN) + "\n")
        assert done.exit_code in {0, 1}, done.output  # 1 where the machine has no key store
    text = shell.config.read_text(encoding="utf-8")
    assert text.startswith("hold_s = 5  # mine\n")
    assert text.count("[profiles.local]") == 1
    loaded = load_settings(dict(os.environ), find_paths())
    assert loaded.problems == ()
    assert (loaded.settings.hold_s, loaded.settings.profiles["local"].url) == (5, server.url)
    shell.env["SUPPORTDESK_TOKEN"] = server.token_for(DEMO_LOGIN)
    assert shell("whoami").output.startswith("Li Wei")


def test_login_says_what_is_wrong_with_an_address_a_kind_or_a_name(shell: Shell) -> None:
    shell.configure('[profiles.work]\nurl = "https://one.example"\n')
    for arguments, words in (
        (("http://desk.example.com",), "expected https"),
        (("desk",), "expected an address like"),
        (("https://x.example", "--backend", "lotus"), "no adapter for lotus"),
        (("https://x.example", "--profile", "work"), "is for https://one.example"),
        (("https://x.example", "--profile", "a b"), "cannot name a profile"),
    ):
        done = shell("login", *arguments)
        assert done.exit_code == 2, done.output
        assert words in done.output


@pytest.fixture
def with_passwords(tmp_path: Path) -> Iterator[ServerThread]:
    """A server whose agents have a password."""
    url = f"sqlite:///{tmp_path / 'server.db'}"
    parts = open_parts(url)
    seed_database(parts.database.engine, tickets=20, seed=1, now=datetime.now(UTC), password=PASSWORD)
    parts.database.close()
    with ServerThread(url) as running:
        yield running


def test_the_first_start_offers_the_next_step_and_opens_the_desk_it_leads_to(
    with_passwords: ServerThread, tmp_path: Path
) -> None:
    url = with_passwords.url
    environ = {**os.environ, "HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environ |= {f"SUPPORTDESK_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    environ.pop("DBUS_SESSION_BUS_ADDRESS", None)
    with OnTerminal([sys.executable, "-m", "supportdesk_tui"], environ, tmp_path) as terminal:
        terminal.until(b"No help desk is set up yet.")
        terminal.until(b"look at the demo")
        terminal.write(b"c\n")
        if len(SPECS) > 1:
            terminal.until(b"Kind of server")
            terminal.write(b"native\n")
        terminal.until(b"Its address")
        terminal.write(b"http://127.0.0.1:1\n")
        terminal.until(b"Login")
        terminal.write(b"li.wei\n")
        terminal.until(b"Password")
        terminal.write(b"x\n")
        terminal.until(b"That did not work")
        for prompt, answer in (("Its address", url), ("Login", DEMO_LOGIN), ("Password", PASSWORD)):
            terminal.wait(lambda prompt=prompt: terminal.shown.count(prompt.encode()) == 2, prompt)  # type: ignore[misc]  # bound
            terminal.write(f"{answer}\n".encode())
        terminal.until(b"live")
        terminal.write(b"\x11")
        assert terminal.ended() == 0
    assert f'url = "{url}"' in (tmp_path / "config" / "config.toml").read_text(encoding="utf-8")
