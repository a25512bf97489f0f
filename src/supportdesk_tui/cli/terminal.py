"""What the terminal in front of us is and can do, asked before any application mode."""

import os
import re
import select
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from supportdesk_tui import splash

PROBE_LIMIT_S = 0.2
"""For all probes together: a terminal that does not answer costs this much and no more."""
PROBES: tuple[tuple[str, str, int], ...] = (
    ("cjk", "中", 2),
    ("accent", "e\u0301", 1),
    ("emoji", "🙂", 2),
    ("selector", "❤\ufe0f", 2),
    ("skin tone", "👍🏽", 2),
    ("family", "👨\u200d👩\u200d👧", 2),
)
"""Name, text, and the cells our layout counts for it."""
_REPORT = re.compile(rb"\x1b\[(\d+);(\d+)R")


@dataclass(frozen=True, slots=True)
class Width:
    """How wide the terminal draws a probe."""

    name: str
    expected: int
    measured: int | None
    """None when the terminal did not answer in time."""

    @property
    def agrees(self) -> bool:
        """The terminal and our layout count alike."""
        return self.measured == self.expected


def colours(environ: Mapping[str, str]) -> str:
    """How many colours the desk will use, from the environment: `none`, `16`, `256` or `truecolor`."""
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or term in {"", "dumb"}:
        return "none"
    if splash.shows_true_colours(environ) or "direct" in term:
        return "truecolor"
    return "256" if "256color" in term or environ.get("COLORTERM") else "16"


def layers(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What stands between us and the screen: ssh, tmux, screen."""
    found = {"ssh": "SSH_CONNECTION", "mosh": "MOSH_SERVER_NETWORK_TMOUT", "tmux": "TMUX", "screen": "STY"}
    return tuple(name for name, variable in found.items() if environ.get(variable))


def is_terminal() -> bool:
    """Somebody can read and type here."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def measure_widths(limit_s: float = PROBE_LIMIT_S) -> tuple[Width, ...]:
    """Draw each probe at the left edge, ask where the cursor ended, and wipe the line."""
    if not is_terminal():
        return tuple(Width(name, expected, None) for name, _, expected in PROBES)
    deadline = time.monotonic() + limit_s
    widths = []
    with _raw(sys.stdin.fileno()):
        for name, text, expected in PROBES:
            os.write(sys.stdout.fileno(), b"\r" + text.encode() + b"\x1b[6n\r\x1b[K")
            column = _cursor_column(sys.stdin.fileno(), deadline)
            widths.append(Width(name, expected, None if column is None else column - 1))
            if column is None:
                deadline = 0.0
    return tuple(widths)


@contextmanager
def _raw(fd: int) -> Iterator[None]:
    """No echo and no line buffering; late answers are thrown away, never typed into the shell."""
    import termios
    import tty

    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)


def _cursor_column(fd: int, deadline: float) -> int | None:
    answer = b""
    while (left := deadline - time.monotonic()) > 0 and len(answer) < 64:
        if select.select([fd], [], [], left)[0]:
            answer += os.read(fd, 64 - len(answer))
            if match := _REPORT.search(answer):
                return int(match[2])
    return None
