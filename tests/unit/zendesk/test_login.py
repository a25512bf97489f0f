"""`supportdesk login --backend zendesk` as a person does it: a browser of their own, and a profile at the end."""

import os
import threading
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import at_home
from tests.fakes.zendesk import Zendesk
from tests.fakes.zendesk_oauth import CLIENT


def test_login_opens_the_browser_by_arguments_and_writes_the_profile(
    server: Zendesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = at_home(tmp_path, monkeypatch)
    pages, folder = tmp_path / "pages", tmp_path / "bin"
    folder.mkdir()
    os.mkfifo(pages)
    program = folder / "xdg-open"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$#" "$1" > {pages}\n', encoding="utf-8")
    program.chmod(0o755)
    for name in ("SSH_CONNECTION", "SSH_TTY", "MOSH_KEY"):
        monkeypatch.delenv(name, raising=False)
    seen: list[str] = []

    def say_yes() -> None:
        seen.extend(pages.read_text(encoding="utf-8").splitlines())
        httpx.get(server.tokens.approve(seen[1], "ana"), trust_env=False, verify=False)

    person = threading.Thread(target=say_yes, daemon=True)
    person.start()
    environ: dict[str, str | None] = {"DISPLAY": ":0", "PATH": f"{folder}:{os.environ['PATH']}"}
    done = shell("login", server.url, "--backend", "zendesk", "--option", f"client_id={CLIENT}", env=environ)
    person.join(10)
    assert done.exit_code in {0, 1}, done.output  # 1 where the machine has no key store
    assert seen[0] == "1"
    assert "paste that page's address here" in done.output
    assert "access-" not in done.output
    assert f'client_id = "{CLIENT}"' in shell.config.read_text(encoding="utf-8")
    shell.env["SUPPORTDESK_TOKEN"] = server.tokens.secret("ana")
    assert shell("whoami").output.startswith("Ana Ruiz")


def test_login_with_an_api_token_needs_no_client(server: Zendesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = at_home(tmp_path, monkeypatch)
    done = shell("login", server.url, "--backend", "zendesk", typed="\nana@desk.example/token:api-key\n")
    assert done.exit_code in {0, 1}, done.output
    assert "2027-04-30" in done.output
    shell.env["SUPPORTDESK_TOKEN"] = "ana@desk.example/token:api-key"
    assert shell("whoami").output.startswith("Ana Ruiz")
