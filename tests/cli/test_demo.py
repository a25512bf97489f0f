"""The demo: a shift where nobody watches, a desk on a terminal, and nothing left of either."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from supportdesk_tui.cli.demonstration import folder_of_its_own
from tests.cli.onterminal import LIMIT_S, OnTerminal

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


def test_of_the_folder_of_a_demo_only_the_report_of_a_crash_stays() -> None:
    with folder_of_its_own() as folder:
        (folder / "data").mkdir()
    assert not folder.exists()
    with folder_of_its_own() as folder:
        for kind in ("data", "state"):
            (folder / kind).mkdir()
            (folder / kind / "crash-1.txt").write_text(kind)
        (folder / "state" / "running-7").touch()
    try:
        assert [path for path in folder.rglob("*") if path.is_file()] == [folder / "state" / "crash-1.txt"]
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(folder)


@pytest.mark.pty
@pytest.mark.parametrize("end", ["ctrl+q", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_leaving_the_demo_ends_the_server_and_leaves_no_file(tmp_path: Path, end: str) -> None:
    with OnTerminal(DEMO, environment(tmp_path), tmp_path) as desk:
        desk.until(b"Unassigned")
        (server,) = children_of(desk.pid)
        if end == "ctrl+q":
            desk.write(b"\x11")
        else:
            os.kill(desk.pid, getattr(signal, end))
        desk.ended()
        desk.wait(lambda: not is_alive(server), "the server's end")
        if end != "SIGKILL":
            assert list((tmp_path / "tmp").iterdir()) == []
        assert sorted(path.name for path in tmp_path.iterdir()) == ["tmp"]
