"""The backend as a service: a real process, its first sign-in, and who may talk to it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.cli.conftest import Shell

LIMIT_S = 60


@contextmanager
def serving(*options: str) -> Iterator[list[str]]:
    """Run `supportdesk serve` until its URL is printed; gives the lines up to it."""
    command = [sys.executable, "-m", "supportdesk_tui", "serve", "--port", "0", *options]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as child:
        lines: list[str] = []
        try:
            assert child.stdout is not None
            while not (lines and lines[-1].startswith("http")):
                line = child.stdout.readline()
                assert line, child.stderr.read() if child.stderr else ""
                lines.append(line.rstrip("\n"))
            yield lines
        finally:
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=LIMIT_S)


def post(url: str, body: dict[str, str]) -> dict[str, object]:
    asked = Request(f"{url}/api/v1/session", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(asked, timeout=LIMIT_S) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def password_in(lines: list[str]) -> str:
    (found,) = re.findall(r"^  Password  (\S+)$", "\n".join(lines), re.MULTILINE)
    return str(found)


def test_first_start_makes_an_administrator_who_can_sign_in_and_later_starts_make_none(shell: Shell) -> None:
    with serving() as lines:
        signed_in = post(lines[-1], {"login": "admin", "password": password_in(lines)})
        assert signed_in["agent"]["role"] == "admin"  # type: ignore[index]  # JSON
    with serving() as lines:
        assert len(lines) == 1
    database = shell.home / "data" / "server" / "desk.db"
    assert database.exists()
    assert database.parent.stat().st_mode & 0o077 == 0


def test_seeded_database_lets_its_agents_sign_in(shell: Shell, tmp_path: Path) -> None:
    with serving("--db", f"sqlite:///{tmp_path / 'seeded.db'}", "--seed-tickets", "25") as lines:
        assert post(lines[-1], {"login": "li.wei", "password": password_in(lines)})["token"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--host", "0.0.0.0"), "--tls-cert"),
        (("--db", "mysql://localhost/desk"), "not supported"),
        (("--db", "no url at all"), "cannot be used"),
    ],
)
def test_what_cannot_be_served_is_wrong_use(shell: Shell, options: tuple[str, ...], says: str) -> None:
    done = shell("serve", "--port", "0", *options)
    assert done.exit_code == 2, done.output
    assert says in done.output


def test_certificate_without_its_key_is_wrong_use(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("")
    done = shell("serve", "--tls-cert", str(tmp_path / "cert.pem"))
    assert done.exit_code == 2
    assert "belong together" in done.output
