"""The backend as a service: a real process, its first sign-in, and who may talk to it."""

import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from supportdesk_tui.backends.catalog import SPECS
from tests.cli.conftest import FOLDERS, Shell
from tests.cli.onterminal import OnTerminal

LIMIT_S = 60
PROGRAM = (sys.executable, "-m", "supportdesk_tui")


@contextmanager
def serving(*options: str) -> Iterator[list[str]]:
    """Run `supportdesk serve` until its URL is printed; gives the lines up to it."""
    command = [*PROGRAM, "serve", "--port", "0", *options]
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


def post(url: str, path: str, body: dict[str, str], token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    asked = Request(f"{url}/api/v1{path}", json.dumps(body).encode(), headers)
    with urlopen(asked, timeout=LIMIT_S) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a program started by hand in this home finds."""
    folders = {f"SUPPORTDESK_{name}_DIR": str(home / name.lower()) for name in FOLDERS}
    return {"PATH": os.defpath, "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", **folders, **more}


def shown_in(terminal: OnTerminal, title: str) -> str:
    """What stands beside a title on the terminal."""
    pattern = re.compile(rf"^  {title} +(\S+)\r$".encode(), re.MULTILINE)
    terminal.wait(lambda: pattern.search(terminal.shown), title)
    found = pattern.search(terminal.shown)
    assert found
    return found[1].decode()


def test_first_start_on_a_terminal_makes_an_administrator_once(shell: Shell) -> None:
    command = [*PROGRAM, "serve", "--port", "0"]
    with OnTerminal(command, environment(shell.home), shell.home) as terminal:
        password = shown_in(terminal, "Password")
        terminal.until(b"supportdesk serve agents add LOGIN")
        (url,) = re.findall(r"^(http\S+)\r$", terminal.shown.decode(), re.MULTILINE)
        signed_in = post(url, "/session", {"login": shown_in(terminal, "Login"), "password": password})
        assert signed_in["agent"]["role"] == "admin"
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.ended() == 0
    database = shell.home / "data" / "server" / "desk.db"
    assert f"Tickets are kept in sqlite:///{database}".encode() in terminal.shown
    assert database.parent.stat().st_mode & 0o077 == 0
    with serving() as lines:
        assert len(lines) == 2, "where it is and where it listens: somebody can sign in"


def test_first_start_into_a_log_says_what_to_do_and_shows_no_password(shell: Shell) -> None:
    with serving() as lines:
        assert lines[:-1] == [
            "Nobody can sign in yet. Let somebody in with: supportdesk serve agents add admin --role admin",
            f"Tickets are kept in sqlite:///{shell.home / 'data' / 'server' / 'desk.db'}",
        ]
        told = lines[0].partition("supportdesk ")[2].split()
        assert shell(*told, "--password-stdin", typed="correct horse\n").exit_code == 0
        assert post(lines[-1], "/session", {"login": "admin", "password": "correct horse"})["token"]


def test_seeded_database_lets_an_agent_in_who_is_given_a_password(shell: Shell, tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path / 'seeded db'}"
    with serving("--db", db, "--seed-tickets", "25") as lines:
        told = shlex.split(lines[0].partition("supportdesk ")[2])
        assert told == ["serve", "agents", "password", "admin", "--db", db]
        assert shell(*told, "--password-stdin", typed="correct horse\n").exit_code == 0
        assert post(lines[-1], "/session", {"login": "admin", "password": "correct horse"})["token"]


def test_nothing_is_made_or_shown_where_it_cannot_listen(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*PROGRAM, "serve", "--port", str(taken.getsockname()[1])]
        with OnTerminal(command, environment(shell.home), shell.home) as terminal:
            assert terminal.ended() == 1
    assert b"cannot listen on 127.0.0.1" in terminal.shown
    assert b"--port" in terminal.shown
    assert b"Password" not in terminal.shown
    assert shell("serve", "agents", "list").stdout.count("\n") == 1, "nobody works there"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--host", "0.0.0.0"), "--tls-cert"),
        (("--db", "mysql://localhost/desk"), "not supported"),
        (("--db", "no url at all"), "Give sqlite:"),
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


def test_from_an_empty_database_to_an_answered_customer(shell: Shell, tmp_path: Path) -> None:
    """The recipe of the README, with the real programs: a server, its first agents, a customer, the desk, the answer."""
    file, home = tmp_path / "desk.db", tmp_path / "anna"
    home.mkdir()
    db = ("--db", f"sqlite:///{file}")
    with serving(*db) as lines:
        url = lines[-1]
        with OnTerminal([*PROGRAM, "serve", "agents", "add", "anna.smith", *db], environment(home), home) as terminal:
            assert terminal.ended() == 0
            password = shown_in(terminal, "Password")
        connector = subprocess.run(
            [*PROGRAM, "serve", "connectors", "add", "mail", *db],
            env=environment(home), capture_output=True, text=True, check=True, timeout=LIMIT_S,
        )  # fmt: skip
        with OnTerminal([*PROGRAM], environment(home, SUPPORTDESK_HOLD_S="0"), home) as desk:
            answers = [(b"Which", "c"), (b"Kind of server", "native"), (b"Its address", url), (b"Login", "anna.smith")]
            for prompt, answer in [*answers[: 1 + (len(SPECS) > 1)], *answers[2:], (b"Password", password)]:
                desk.until(prompt)
                desk.write(f"{answer}\n".encode())
            desk.until(b"2 Unassigned 0")
            desk.write(b"2")
            message = {"channel": "email", "customer": "kim@mail.example", "subject": "Locked out", "body": "Please help me in"}
            post(url, "/inbound", message, connector.stdout.strip())
            desk.until(b" 000001 ")
            desk.write(b"\r")
            desk.until(b"Please help me in")
            desk.until(b"Locked out")
            desk.write(b"r")
            desk.until(b"Reply")
            desk.write(b"Press forgot password.\x04")
            with closing(sqlite3.connect(file)) as connection:
                sent = "SELECT author FROM entries WHERE kind = 'agent' AND body = 'Press forgot password.'"
                desk.wait(lambda: connection.execute(sent).fetchall() == [("Anna Smith",)], "the reply in the server's table")
            assert shell("serve", "agents", "disable", "anna.smith", *db).exit_code == 0
            desk.until(b"sign in again")
            desk.write(b"\x11")
            assert desk.ended() == 0
