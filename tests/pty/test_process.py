"""The real desk and what systems do to a process: signals, a closed or stalled terminal, a crash; nothing typed is lost."""

import signal
import sys
from pathlib import Path

import pytest

from supportdesk_tui.server.runner import ServerThread
from tests.pty.broken import CANARY, PARTS
from tests.pty.program import DESK, ROOT, TABS, configure, environ_in, open_desk, start_writing
from tests.pty.terminal import Terminal

pytestmark = pytest.mark.pty
WORDS = "typed a moment before"


def is_kept(folder: Path) -> bool:
    """Whether the words are in the desk's own files."""
    return any(WORDS.encode() in path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file())


PR_GET_DUMPABLE = 3
"""From linux/prctl.h."""


@pytest.mark.parametrize("how", ["TERM", "HUP", "INT", "QUIT", "closed", "stalled"])
def test_what_was_typed_is_kept_however_the_desk_is_ended(tmp_path: Path, server: ServerThread, how: str) -> None:
    with start_writing(tmp_path, server, WORDS) as terminal:
        if how == "closed":
            terminal.hang_up()
        elif how == "stalled":
            terminal.reading = False
            terminal.signal(signal.SIGTERM)
        else:
            terminal.signal(getattr(signal, f"SIG{how}"))
        expected = {"closed": signal.SIGHUP, "stalled": signal.SIGTERM}.get(how) or getattr(signal, f"SIG{how}")
        assert terminal.wait_exit() == 128 + expected
        assert is_kept(tmp_path)
        assert "unexpected" not in terminal.text
        if how not in {"closed", "stalled"}:
            assert terminal.left_behind() == []


def test_after_a_kill_the_next_desk_says_how_to_repair_the_terminal(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    with open_desk(tmp_path, "", "run", "--offline") as killed:
        killed.wait_until(lambda: list((tmp_path / "state").glob("terminal-*")), "its trace")
        killed.signal(signal.SIGKILL)
        assert killed.wait_exit() == -signal.SIGKILL
        assert killed.left_behind() != []
    with open_desk(tmp_path, "", "run", "--offline") as terminal:
        terminal.wait_for("supportdesk reset-terminal")
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
        assert terminal.left_behind() == []
    assert list((tmp_path / "state").glob("terminal-*")) == []
    with open_desk(tmp_path, "", "run", "--offline") as third:
        third.wait_for("network")
        third.settle(0.5)
        assert "reset-terminal" not in third.text


def test_reset_terminal_undoes_everything_a_desk_does_to_one(tmp_path: Path) -> None:
    dirty = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?1000h\x1b[?1002h\x1b[?1006h\x1b[?1004h\x1b[?2004h\x1b[?2026h\x1b[1m"
    shell = f"printf '{dirty}'; stty raw -echo; '{DESK[0]}' -m supportdesk_tui reset-terminal; stty -a"
    environ = environ_in(tmp_path)
    with Terminal(["/bin/sh", "-c", shell], environ=environ, cwd=str(ROOT), also=TABS | {"CSI <u"}) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.left_behind() == []
        for word in (" icanon", " echo", " isig", " opost", " icrnl"):
            assert word in terminal.text.replace("\n", " ")


@pytest.mark.parametrize("part", [part for part in PARTS if part != "start"])
def test_a_crash_anywhere_keeps_the_draft_and_shows_no_value(tmp_path: Path, server: ServerThread, part: str) -> None:
    flag = tmp_path / "break"
    command = [sys.executable, "-m", "tests.pty.broken", part, str(flag)]
    with start_writing(tmp_path, server, WORDS, command=command) as terminal:
        if part == "reducer":  # without it the store hears of nothing: what is kept is what was on disk before
            terminal.wait_until(lambda: is_kept(tmp_path), "the draft on disk")
        flag.touch()
        if part == "macro":
            terminal.press("ctrl+g")
        else:
            terminal.send("\x1b" if part in {"pane", "command", "keymap", "reducer"} else "x")
        assert terminal.wait_exit() not in {0, 128}
        assert terminal.left_behind() == []
        flag.unlink()
        check_report(tmp_path, terminal)
        assert is_kept(tmp_path)


def test_a_crash_before_the_desk_is_up_leaves_a_report_too(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    flag = tmp_path / "break"
    flag.touch()
    command = [sys.executable, "-m", "tests.pty.broken", "start", str(flag)]
    with Terminal(command, environ=environ_in(tmp_path, "token"), cwd=str(ROOT)) as terminal:
        assert terminal.wait_exit() == 1
        assert terminal.left_behind() == []
        check_report(tmp_path, terminal)


def check_report(folder: Path, terminal: Terminal) -> None:
    """Private reports, the path of the one that ended the desk on the screen, and no value of the program anywhere."""
    reports = list((folder / "state").glob("crash-*"))
    shown = terminal.text.replace("\n", "").replace(" ", "")
    assert any(report.name in shown for report in reports)
    for report in reports:
        text = report.read_text(encoding="utf-8")
        assert oct(report.stat().st_mode & 0o777) == "0o600"
        assert "ValueError" in text
        assert WORDS not in text
        for found in (text, terminal.raw.decode()):
            assert CANARY not in found
            assert "Traceback" not in found


def test_memory_of_a_running_desk_is_closed_to_dumps(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    with open_desk(tmp_path, "", "run", "--offline") as terminal:
        terminal.wait_until(lambda: list((tmp_path / "state").glob("terminal-*")), "its trace")
        terminal.settle(0.3)
        limits = Path(f"/proc/{terminal.pid}/limits").read_text(encoding="ascii")
        (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core.split()[4:6] == ["0", "0"]
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="a call of Linux")
def test_no_other_process_may_read_the_memory_of_a_running_desk(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    answer = tmp_path / "dumpable"
    asks = f"ctypes.CDLL(None).prctl({PR_GET_DUMPABLE}, 0, 0, 0, 0)"
    script = (
        f"import atexit, ctypes, pathlib; atexit.register(lambda: pathlib.Path({str(answer)!r}).write_text(str({asks})));"
        "from supportdesk_tui.__main__ import main; main()"
    )
    command = [sys.executable, "-c", script, "run", "--offline"]
    with Terminal(command, columns=140, rows=40, environ=environ_in(tmp_path), cwd=str(ROOT)) as terminal:
        terminal.wait_until(lambda: list((tmp_path / "state").glob("terminal-*")), "its trace")
        terminal.settle(0.3)
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
    assert answer.read_text(encoding="ascii") == "0"
