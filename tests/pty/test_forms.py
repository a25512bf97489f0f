"""The real desk, killed and hung up while a form is half filled in: what was typed is there again, and on its ticket."""

import re
import signal
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.pty.program import configure, open_desk

pytestmark = pytest.mark.pty
WORDS, MORE = "typed into a form", " a moment before"


def is_kept(folder: Path, words: str) -> bool:
    """Whether words are in the desk's own files."""
    return any(words.encode() in path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file())


def is_all_sent(lines: list[str]) -> bool:
    """Whether nothing else in the list of what waits is still on its way."""
    return all(re.search(r"[▸ ] sent +HX-", line) for line in lines if "mark read" in line)


def test_a_form_half_filled_in_outlives_a_kill_and_a_line_that_hangs_up(tmp_path: Path, server: ServerThread) -> None:
    configure(tmp_path, server.url)
    token = server.token_for(DEMO_LOGIN)
    with open_desk(tmp_path, token, columns=80, rows=24) as killed:
        killed.wait_until(lambda: "● live" in killed.text and " 4 " in killed.lines[0], "views")
        killed.send("4")
        killed.wait_for(" of 4")
        killed.send("\r")
        killed.wait_until(lambda: "No ticket is open" not in killed.text, "an open ticket")
        killed.send("d")
        killed.wait_for("By when")
        killed.send(WORDS)
        killed.wait_until(lambda: is_kept(tmp_path, WORDS), "on the disk without anybody leaving it")
        killed.signal(signal.SIGKILL)
        assert killed.wait_exit() == -signal.SIGKILL
    with open_desk(tmp_path, token) as hung_up:
        hung_up.wait_until(lambda: "● live" in hung_up.text, "live")
        hung_up.send("D")
        hung_up.wait_for(f"Promise: {WORDS}")
        hung_up.wait_until(lambda: is_all_sent(hung_up.lines), "the form on top, wherever the cursor was")
        hung_up.send("k")
        hung_up.wait_for("▸ form")
        hung_up.send("\r")
        hung_up.wait_until(lambda: "kept from" in hung_up.text and WORDS in hung_up.text, "the form as it was")
        hung_up.send(MORE)
        hung_up.wait_for(WORDS + MORE)
        hung_up.hang_up()
        assert hung_up.wait_exit() == 128 + signal.SIGHUP
        assert is_kept(tmp_path, WORDS + MORE)
