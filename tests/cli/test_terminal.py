"""Facts about the terminal, asked of a real pseudo terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.cells import cell_len

from supportdesk_tui.cli.terminal import PROBES, Width, colours, layers

ROOT = Path(__file__).parents[2]
MEASURE = "from supportdesk_tui.cli.terminal import measure_widths; print([(w.name, w.measured) for w in measure_widths(5.0)])"
GIVE_UP = "from supportdesk_tui.cli.terminal import measure_widths; print([w.measured for w in measure_widths(0.1)])"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "dumb"}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "none"),
        ({}, "none"),
    ],
)
def test_colours_are_read_from_the_environment(environ: dict[str, str], expected: str) -> None:
    assert colours(environ) == expected


def test_layers_between_us_and_the_screen_are_named() -> None:
    assert layers({"SSH_CONNECTION": "a b", "TMUX": "x"}) == ("ssh", "tmux")
    assert layers({}) == ()


def test_probes_count_cells_as_the_layout_does() -> None:
    assert [(name, cell_len(text)) for name, text, _ in PROBES] == [(name, cells) for name, _, cells in PROBES]


def test_width_is_read_from_the_cursor_report() -> None:
    """The terminal of this test draws everything three cells wide."""
    shown = _in_terminal(MEASURE, answer=b"\x1b[1;4R")
    assert str([(name, 3) for name, _, _ in PROBES]) in shown


def test_silent_terminal_costs_the_limit_and_measures_nothing() -> None:
    shown = _in_terminal(GIVE_UP, answer=b"")
    assert str([None] * len(PROBES)) in shown
    assert not Width("cjk", 2, None).agrees


def _in_terminal(program: str, *, answer: bytes) -> str:
    """Run a program in a pseudo terminal that answers cursor reports, and return what it wrote."""
    fd, terminal = pty.openpty()
    child = subprocess.Popen([sys.executable, "-c", program], stdin=terminal, stdout=terminal, stderr=terminal, cwd=ROOT)
    os.close(terminal)
    written = b""
    deadline = time.monotonic() + 30
    try:
        while time.monotonic() < deadline:
            if not select.select([fd], [], [], 0.2)[0]:
                continue
            try:
                piece = os.read(fd, 4096)
            except OSError:  # the last holder of the other end is gone
                break
            written += piece
            if answer:
                os.write(fd, answer * piece.count(b"\x1b[6n"))
    finally:
        os.close(fd)
        child.wait(timeout=30)
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", written.decode())
