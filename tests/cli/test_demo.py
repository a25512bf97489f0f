"""The demo: a shift where nobody watches, a desk on a terminal, and nothing left of either."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

STEPS = (
    "open the queue", "open a ticket", "read it", "take it", "a customer writes meanwhile", "answer with a macro",
    "leave an internal note", "escalate", "take a picture", "reassign", "solve",
)  # fmt: skip
PROVEN = (
    "take it",
    "a customer writes meanwhile",
    "answer with a macro",
    "leave an internal note",
    "escalate",
    "reassign",
    "solve",
)
LIMIT_S = 120.0
DEMO = [sys.executable, "-m", "supportdesk_tui", "demo", "--tickets", "60"]


def environment(folder: Path) -> dict[str, str]:
    """A home and a temporary folder in which everything that is left can be seen."""
    (folder / "tmp").mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SUPPORTDESK_", "XDG_"))}
    return {**clean, "HOME": str(folder), "TMPDIR": str(folder / "tmp"), "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_scripted_shift_is_told_step_by_step_and_proven_by_the_log(tmp_path: Path) -> None:
    picture = tmp_path / "desk.svg"
    done = subprocess.run(
        [*DEMO, "--screenshot", str(picture)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env=environment(tmp_path),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [f"ok  {step}" for step in STEPS]
    numbers = [int(number) for number in re.findall(r"\[event (\d+) of the server's log\]$", done.stdout, re.MULTILINE)]
    assert len(numbers) == len(PROVEN)
    assert numbers == sorted(numbers)
    svg = picture.read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "internal" in svg
    assert sorted(path.name for path in tmp_path.iterdir()) == ["desk.svg", "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_shift_that_cannot_write_its_picture_names_the_step_and_fails(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--screenshot", str(tmp_path / "no-such-folder" / "desk.svg")],
        capture_output=True, text=True, timeout=LIMIT_S, env=environment(tmp_path), check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED  take a picture" in done.stdout
    assert "the shift stopped at: take a picture" in done.stderr
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.pty
@pytest.mark.parametrize("end", ["ctrl+q", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_leaving_the_demo_ends_the_server_and_leaves_no_file(tmp_path: Path, end: str) -> None:
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    desk = subprocess.Popen(
        DEMO, stdin=terminal, stdout=terminal, stderr=terminal, env=environment(tmp_path), start_new_session=True, cwd=tmp_path
    )
    os.close(terminal)
    shown = bytearray()
    try:
        wait_until(lambda: _read(master, shown) and b"Unassigned" in shown, f"the desk on the screen: {bytes(shown[-2000:])!r}")
        (server,) = children_of(desk.pid)
        if end == "ctrl+q":
            os.write(master, b"\x11")
        else:
            os.kill(desk.pid, getattr(signal, end))
        wait_until(lambda: (_read(master, shown) or True) and desk.poll() is not None, f"its end: {bytes(shown[-2000:])!r}")
        wait_until(lambda: not is_alive(server), "the server's end")
        if end != "SIGKILL":
            assert list((tmp_path / "tmp").iterdir()) == []
        assert sorted(path.name for path in tmp_path.iterdir()) == ["tmp"]
    finally:
        if desk.poll() is None:
            desk.kill()
            desk.wait()
        os.close(master)


def _read(master: int, shown: bytearray) -> bool:
    """Take what the program wrote, so that it never waits for the terminal."""
    while select.select([master], [], [], 0)[0]:
        try:
            piece = os.read(master, 65_536)
        except OSError:
            return True
        if not piece:
            return True
        shown += piece
    return True
