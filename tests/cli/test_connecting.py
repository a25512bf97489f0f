"""From nothing to a desk: an address at `login`, and the first start of all on a terminal."""

import asyncio
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from supportdesk_tui.backends.catalog import SPECS, Connection, Option
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.cli.assemble import adapter_for
from supportdesk_tui.cli.connecting import Wish, first_run, name_for, place_for
from supportdesk_tui.cli.opening import seat_at
from supportdesk_tui.cli.session import connection_to, load
from supportdesk_tui.cli.signing import prove
from supportdesk_tui.config.kernel_keys import _NUMBERS
from supportdesk_tui.config.load import load_settings
from supportdesk_tui.config.paths import find_paths
from supportdesk_tui.config.secrets import Secret
from supportdesk_tui.i18n.catalog import set_locale
from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread, open_parts
from supportdesk_tui.server.seed.exchange import seed_database
from tests.cli.conftest import Shell
from tests.cli.onterminal import OnTerminal
from tests.unit.config.kernel import without_key_store

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


def test_the_profile_is_written_to_the_file_that_is_read(shell: Shell, server: ServerThread) -> None:
    named = shell.home / "elsewhere" / "desk.toml"
    named.parent.mkdir(mode=0o755)
    shell.env["SUPPORTDESK_CONFIG"] = str(named)
    done = shell("login", server.url, "--token-stdin", typed=server.token_for(DEMO_LOGIN) + "\n")
    assert done.exit_code in {0, 1}, done.output  # 1 where the machine has no key store
    assert f'url = "{server.url}"' in named.read_text(encoding="utf-8")
    assert not shell.config.exists()
    assert named.parent.stat().st_mode & 0o777 == 0o755, "a folder that is not ours is left as it is"
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


class Other(BaseHTTPRequestHandler):
    """A web server that is no help desk: a page for every path, or none."""

    status = 200

    def do_GET(self) -> None:
        page = b"<html>Welcome to nginx!</html>"
        self.send_response(self.status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_POST = do_GET  # noqa: N815 - the names are the base class's

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class Gone(Other):
    """… that knows no page."""

    status = 404


@pytest.fixture(params=[Other, Gone], ids=["pages", "nothing"])
def other(request: pytest.FixtureRequest) -> Iterator[str]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), request.param)
    thread = threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


TOKENS = dict.fromkeys(SPECS, "no-token-of-this-server") | {
    "rt": "1-14-0123456789abcdef0123456789abcdef",
    "zendesk": '{"access":"nobody","refresh":"","expires":0}',
}
NEEDED = {"zendesk": ("--option", "client_id=x"), "chatwoot": ("--option", "account=1")}


@pytest.mark.parametrize("kind", sorted(TOKENS))
def test_another_product_at_the_address_is_called_that(shell: Shell, other: str, kind: str) -> None:
    login = ("login", other, "--backend", kind, *NEEDED.get(kind, ()), "--token-stdin")
    done = shell(*login, typed=TOKENS[kind] + "\n")
    assert done.exit_code == 3, done.output
    assert f"this is not a {SPECS[kind].title}: {other} answers" in done.output
    assert f"--backend: {', '.join(SPECS)}" in done.output
    assert not shell.config.exists()


@pytest.mark.parametrize("kind", sorted(set(TOKENS) - {"native"}))
def test_our_server_is_none_of_the_other_products(shell: Shell, server: ServerThread, kind: str) -> None:
    login = ("login", server.url, "--backend", kind, *NEEDED.get(kind, ()), "--token-stdin")
    done = shell(*login, typed=TOKENS[kind] + "\n")
    assert f"this is not a {SPECS[kind].title}" in done.output
    assert done.exit_code == 3
    assert not shell.config.exists()


def test_password_is_not_taken_by_what_is_no_desk(shell: Shell, other: str) -> None:
    done = shell("login", other, typed="li.wei\nsecret words\n")
    assert done.exit_code == 3, done.output
    assert "this is not a supportdesk server" in done.output
    assert "secret words" not in done.output


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of backend that asks for everything one can ask for, on top of our own server, in the place of another."""

    async def browse(server: Connection, show: Callable[[str], None]) -> str:
        show(f"{server.url}/sign-in?client={server.options['client']}")
        return server.options["client"]

    spec = replace(
        SPECS["native"],
        name="rt",
        title="Asking desk",
        sign_in=None,
        browse=browse,
        browse_with="client",
        options=(
            Option("account", "Number of the account", is_asked=True, is_needed=True),
            Option("client", "Id of the client, empty for a token", is_asked=True),
            Option("tags", "Where tags are", "Tags"),
        ),
        asks="Token of the desk",
    )
    monkeypatch.setitem(SPECS, "rt", spec)


def test_login_asks_for_what_the_kind_needs_and_writes_it(shell: Shell, server: ServerThread, asking: None) -> None:
    token = server.token_for(DEMO_LOGIN)
    done = shell("login", server.url, "--backend", "rt", typed=f"7\n\n{token}\n")
    assert done.exit_code in {0, 1}, done.output
    assert "Number of the account" in done.output
    assert "Token of the desk" in done.output
    loaded = load_settings(dict(os.environ), find_paths())
    assert loaded.problems == ()
    assert loaded.settings.profiles["local"].options == {"account": "7"}
    again = shell("login", server.url, "--backend", "rt", "--option", "account=8", typed=f"{token}\n")
    assert again.exit_code == 2
    assert "profile local says otherwise: rt, account=7" in again.output


def test_login_by_browser_shows_the_page_and_needs_no_token(shell: Shell, server: ServerThread, asking: None) -> None:
    token = server.token_for(DEMO_LOGIN)
    arguments = ("login", server.url, "--backend", "rt", "--option", "account=7", "--option", f"client={token}")
    done = shell(*arguments, env={"DISPLAY": None, "WAYLAND_DISPLAY": None})
    assert done.exit_code in {0, 1}, done.output
    assert f"  {server.url}/sign-in?client=" in done.output
    assert "Token of the desk" not in done.output


def test_token_that_is_renewed_while_it_is_tried_is_the_one_that_is_kept(
    shell: Shell, server: ServerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = server.token_for(DEMO_LOGIN), server.token_for(DEMO_LOGIN)

    def renewing(connection: Connection) -> NativeBackend:
        assert connection.keep is not None
        assert connection.load is None, "what was kept before has no say in a new sign-in"
        connection.keep(second)
        return NativeBackend(connection.url, second)

    monkeypatch.setitem(SPECS, "native", replace(SPECS["native"], factory=renewing))
    place, _ = place_for(Wish(server.url))
    session, secret = asyncio.run(prove(place, Secret(first)))
    assert session.agent.name == "Li Wei"
    assert secret == Secret(second)
    assert not shell.config.exists()


def test_desk_is_connected_with_all_that_commands_are(
    shell: Shell, server: ServerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two desks of one profile take turns at renewing its secret, as desks and commands do."""
    made: list[Connection] = []

    def making(connection: Connection) -> NativeBackend:
        made.append(connection)
        return NativeBackend(connection.url, connection.token)

    monkeypatch.setitem(SPECS, "native", replace(SPECS["native"], factory=making))
    place, _ = place_for(Wish(server.url))
    loaded, _ = load()
    adapter_for(seat_at(place, loaded, lambda: "token"), "token")
    connection_to(place, "token")
    desk, command = ({field.name: bool(getattr(one, field.name)) for field in fields(one)} for one in made)
    assert desk == command
    assert desk["alone"]


def test_login_that_cannot_ask_says_which_option_is_missing(shell: Shell, server: ServerThread, asking: None) -> None:
    piped = ("login", server.url, "--backend", "rt", "--token-stdin")
    for more, words in (
        ((), "Add: --option account=…"),
        (("--option", "colour=red"), "Asking desk has no option colour"),
        (("--option", "account"), "NAME=VALUE"),
    ):
        done = shell(*piped, *more, typed="x\n")
        assert done.exit_code == 2, done.output
        assert words in done.output
    assert not shell.config.exists()


@pytest.fixture
def with_passwords(tmp_path: Path) -> Iterator[ServerThread]:
    """A server whose agents have a password."""
    url = f"sqlite:///{tmp_path / 'server.db'}"
    parts = open_parts(url)
    seed_database(parts.database.engine, tickets=20, seed=1, now=datetime.now(UTC), password=PASSWORD)
    parts.database.close()
    with ServerThread(url) as running:
        yield running


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() not in _NUMBERS, reason="only Linux has the key store")
def test_why_a_token_is_kept_nowhere_is_told_in_the_language_of_the_agent(shell: Shell, with_passwords: ServerThread) -> None:
    start = click.Command("start", callback=first_run)
    typed = f"c\nnative\n{with_passwords.url}\n{DEMO_LOGIN}\n{PASSWORD}\n"
    set_locale("zh_CN")
    try:
        done = without_key_store(lambda: CliRunner().invoke(start, [], input=typed))
    finally:
        set_locale("en")
    assert done.exit_code == 0, done.output
    (told,) = [line for line in done.output.splitlines() if line.startswith("仅本次登录")]
    assert "无处保存：密钥环" in told
    assert "nowhere" not in told
    assert f'url = "{with_passwords.url}"' in shell.config.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(SPECS))
def test_nothing_is_asked_for_where_nobody_answers(shell: Shell, kind: str) -> None:
    done = shell("login", "http://127.0.0.1:1", "--backend", kind)
    assert done.exit_code == 3
    assert done.stdout == ""
    assert done.stderr.startswith("supportdesk: cannot reach the backend: ")
    assert "Check the address and the network." in done.stderr
    assert not shell.config.exists()
    shell.configure(f'[profiles.work]\nbackend = "{kind}"\nurl = "http://127.0.0.1:1"\n')
    done = shell("login")
    assert (done.exit_code, done.stdout) == (3, "")


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
        terminal.until(b"connect to yours: the kind of server, its address, then your name")
        closed = "http://127.0.0.1:1"
        for prompt, answer in (
            ("Which [c]: ", "c"),
            ("Kind of server (native, rt, zammad, chatwoot, zendesk) [native]: ", "rt"),
            ("Its address, like https://desk.example.com: ", closed),
            ("That did not work: cannot reach the backend", ""),  # before anything is typed for what is not there
            ("zendesk) [rt]: ", "native"),
            (f"Its address, like https://desk.example.com [{closed}]: ", url),
            ("Login: ", "li.wie"),
            ("Password: ", PASSWORD),
            ("Password, or Enter alone to go back: ", ""),
            ("zendesk) [native]: ", ""),
            (f"Its address, like https://desk.example.com [{url}]: ", ""),
            ("Login [li.wie]: ", DEMO_LOGIN),
            ("Password: ", "x"),
            ("Password, or Enter alone to go back: ", PASSWORD),
        ):
            terminal.next(prompt.encode())
            if not prompt.startswith("That"):
                terminal.write(f"{answer}\n".encode())
        assert b"Run: supportdesk login" not in terminal.shown
        terminal.until(b"live")
        terminal.write(b"\x11")
        assert terminal.ended() == 0
    assert f'url = "{url}"' in (tmp_path / "config" / "config.toml").read_text(encoding="utf-8")
