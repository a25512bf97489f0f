"""The real desk over a real sshd: a shift's keys and colours, and every way such a line ends."""

import os
import signal
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import ServerThread
from tests.lines.line import COLUMNS, LEAVING_S, ROWS, Line, Place, parent_of
from tests.lines.sshd import Sshd

pytestmark = pytest.mark.pty
CTRL_ENTER = "\x1b[27;5;13~"
"""As xterm sends it when asked for other keys, which many a configuration does."""
F9 = "\x1b[20~"


def over(sshd: Sshd, place: Place) -> Line:
    """The desk behind an ssh client."""
    return Line(sshd.command("sh", place.script), place, is_plain=True)


def test_a_reply_over_ssh_is_sent_once_and_the_screen_is_right(tmp_path: Path, server: ServerThread, sshd: Sshd) -> None:
    place = Place(tmp_path, server, 21, "hold_s = 3")
    with over(sshd, place) as line:
        line.write_reply("over ssh")
        for columns, rows in ((80, 24), (20, 3), (200, 60), (COLUMNS + 2, ROWS)):
            line.resize(columns, rows)  # the last differs from the first: of a size that was there and back ssh tells nobody
        line.wait_for("pasted␄ one")
        line.send(F9)
        line.wait_for("held ")
        os.kill(line.pid, signal.SIGSTOP)  # the client stands still, as a laptop's lid closes: its hold goes on
        ((kind, body),) = line.wait_sent("over ssh")
        assert kind == "agent"
        assert body.startswith("您好，over ssh 黄雨桐，您好！我是客服 Li Wei")
        assert body.endswith("pasted␄ one\ntwo")
        os.kill(line.pid, signal.SIGCONT)
        line.wait_for("replied")
        line.send("n")
        line.wait_for("Internal note")
        line.send("sent by the other key")
        line.wait_for("sent by the other key")
        line.send(CTRL_ENTER)
        assert len(line.wait_sent("sent by the other key")) == 1
        line.wait_until(lambda: "Internal note" not in line.text, "the composer closed")
        line.send("3")
        line.wait_until(lambda: "Team" in line.lines[1] and any(row.startswith("▸") for row in line.lines), "the team's rows")
        line.press("home")
        line.wait_until(lambda: line.lines[2].startswith("▸"), "the first row, wherever the cursor was")
        line.press("down", "down", "up")
        line.wait_until(lambda: line.lines[3].startswith("▸"), "the second row under the cursor")
        line.send("\x1b[<0;6;5M\x1b[<0;6;5m")
        line.wait_until(lambda: line.lines[4].startswith("▸"), "the third row, which was clicked")
        line.same_as_fresh()
        shapes = line.lexer.shapes
        assert not [shape for shape in shapes if "38;2" in shape or "48;2" in shape], "ssh hands no COLORTERM on"
        assert [shape for shape in shapes if "48;5" in shape]
        line.press("ctrl+q")
        assert line.wait_exit() == 0
        assert line.left_behind() == []
    assert place.gate == "gate=0"
    assert len(place.sent("over ssh")) == 1


def sessions_of(sshd: Sshd, place: Place) -> list[int]:
    """The processes of sshd between a line and its desk."""
    found, pid = [], place.pid
    while (parent := parent_of(pid)) > 1 and "sshd" in Path(f"/proc/{parent}/comm").read_text("ascii"):
        command = Path(f"/proc/{parent}/cmdline").read_bytes()
        if str(sshd.folder).encode() in command:
            break
        found.append(parent)
        pid = parent
    return found


def test_what_was_typed_outlives_every_end_of_the_line_and_is_never_sent(
    tmp_path: Path, server: ServerThread, sshd: Sshd
) -> None:
    place = Place(tmp_path, server, 1)
    written: list[str] = []
    for end, word in (("client killed", "typed-a"), ("client ended", "typed-b"), ("session killed", "typed-c")):
        with over(sshd, place) as line:
            line.open_ticket()
            line.send("n")
            line.wait_until(lambda: all(one in line.text for one in ["Internal note", *written]), "what was written before")
            line.send(f"{word} ")
            line.wait_for(word)
            written.append(word)
            if end == "session killed":
                for session in sessions_of(sshd, place):
                    os.kill(session, signal.SIGKILL)
            else:
                line.signal(signal.SIGKILL if end == "client killed" else signal.SIGTERM)
            line.wait_until(lambda: place.is_gone, f"end of the desk: {end}", deadline_s=LEAVING_S)
        assert " ".join(written) in place.kept()
        assert place.reports == []
        assert place.gate == "gate=0"
    assert place.sent("typed-a") == []
