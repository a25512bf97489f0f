"""What a customer should never have written, and our own token: on no byte of the terminal and on no disk.

The server in front hides nothing: what is masked here, the program on the terminal has masked.
"""

import asyncio
import base64
import os
import re
import sys
from itertools import cycle
from pathlib import Path

import httpx

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.domain.changes import Assign
from supportdesk_tui.domain.ids import ChangeKey
from supportdesk_tui.domain.queue import Owner, QueueQuery
from supportdesk_tui.domain.ticket import LIVE_PHASES
from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.desk.test_secrets import CANARIES, NEEDLES
from tests.pty.poison import PoisonedServer
from tests.pty.program import ROOT, configure, environ_in
from tests.pty.terminal import Terminal

WRITTEN_BY_CUSTOMERS = frozenset({"subject", "body", "customer_name", "author", "value", "text", "says", "handover"})
ENCODINGS = ("utf-8", "utf-16-le")
SHORT = {name: text for name, text in CANARIES.items() if "\n" not in text}


def leaks(folder: Path, needles: tuple[str, ...]) -> list[str]:
    """Files that hold one of the needles, in any encoding we write or base64 of it."""
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        found += [f"{path.name}: {one[:9]}" for one in needles if any(one.encode(code) in data for code in ENCODINGS)]
    return found


def said_to_terminal(terminal: Terminal) -> str:
    """Every byte it was sent, and what was sent to its clipboard in plain."""
    raw = terminal.raw.decode(errors="replace")
    copied = [base64.b64decode(found).decode() for found in re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]+)", raw)]
    return "\n".join((raw, re.sub(r"\x1b\[[0-9;:?]*[A-Za-z]", "", raw), *copied))


def editor_in(folder: Path) -> str:
    """An editor that writes down what it was given: its environment, its arguments and the text."""
    script = folder / "editor"
    script.write_text(f'#!/bin/sh\n(env; echo "$@"; cat "$1") > {folder}/given\nprintf "from the editor" > "$1"\n', "utf-8")
    script.chmod(0o755)
    return str(script)


def test_no_secret_of_a_customer_and_no_token_leaves_the_program_in_any_way(tmp_path: Path, server: ServerThread) -> None:
    token = server.token_for(DEMO_LOGIN)
    needles = (*NEEDLES, token)
    flag = tmp_path / "break"
    with PoisonedServer(server.url, cycle(SHORT.values()), WRITTEN_BY_CUSTOMERS) as poison:
        configure(tmp_path, poison.url, '[notifications]\nosc9 = "on"')
        environ = environ_in(tmp_path, token, EDITOR=editor_in(tmp_path))
        command = [sys.executable, "-m", "tests.pty.broken", "command", str(flag)]
        with Terminal(command, columns=140, rows=40, environ=environ, cwd=str(ROOT)) as terminal:
            terminal.wait_until(lambda: "● live" in terminal.text and " 4 " in terminal.lines[0], "views")
            terminal.send("2")
            terminal.wait_until(lambda: "▒▒" in terminal.text, "masked words in the queue")
            terminal.send("\r")
            terminal.wait_until(lambda: terminal.text.count("▒▒") > 10, "a ticket full of masked words")
            assert token.encode() not in Path(f"/proc/{terminal.pid}/cmdline").read_bytes()
            terminal.send("A")
            terminal.wait_until(lambda: mine(server), "the ticket taken")
            terminal.send("Y")
            terminal.wait_until(lambda: b"\x1b]52;c;" in terminal.raw, "the subject in the clipboard")
            asyncio.run(hand_over(server))
            terminal.wait_until(lambda: b"\x1b]9;" in terminal.raw, "a notification")
            terminal.send("R")
            terminal.wait_until(lambda: "> " in terminal.text, "the customer's words quoted")
            terminal.press("ctrl+o")
            terminal.wait_for("from the editor")
            flag.touch()
            terminal.send("\x1b")
            assert terminal.wait_exit() not in {0, 128}
            flag.unlink()
            assert [needle[:9] for needle in needles if needle in said_to_terminal(terminal)] == []
    assert list((tmp_path / "state").glob("crash-*"))
    assert "PATH=" in (tmp_path / "given").read_text("utf-8")
    assert b"\xe2\x96\x92" in b"".join(one.read_bytes() for one in (tmp_path / "cache").rglob("*") if one.is_file())
    assert leaks(tmp_path, needles) == []
    assert token not in os.environ.values()


def mine(server: ServerThread) -> list[str]:
    """Numbers of the tickets that are the agent's."""
    token = server.token_for(DEMO_LOGIN)
    asked = f"{server.url}/api/v1/tickets?q=owner:me&sort=updated"
    rows = httpx.get(asked, headers={"Authorization": f"Bearer {token}"}).raise_for_status().json()["items"]
    return [row["number"] for row in rows]


async def hand_over(server: ServerThread) -> None:
    """A colleague gives us a ticket: its new owner is told."""
    backend = NativeBackend(server.url, server.token_for("mei.lin"))
    me = next(agent.id for agent in (await backend.get_directory()).agents if agent.name == "Li Wei")
    page = await backend.list_tickets(QueueQuery(owner=Owner.NOBODY, phases=LIVE_PHASES), None)
    await backend.apply(page.items[0].id, Assign(me), ChangeKey("canary-hands-over"))
    await backend.close()


def test_the_search_for_leaks_would_find_one(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "cache.db").write_bytes(b"\0x" + "4111 1111".encode("utf-16-le"))
    (tmp_path / "log").write_text("token sausage", "utf-8")
    assert sorted(leaks(tmp_path, NEEDLES)) == ["cache.db: 4111 1111", "log: sausage"]
