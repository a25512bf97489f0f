"""Takes the pictures of the README from the running demo: `python -m tests.tools.screenshots`, or `make screenshots`.

What the program draws on a terminal is set cell by cell, so that no font moves a column; `rsvg-convert` (librsvg) makes
the PNG, with DejaVu Sans Mono and Noto Sans Mono CJK.
"""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Final

from tests.pty.terminal import Cell, Terminal

WIDE, HIGH, EDGE = 12, 24, 8
"""Pixels of a cell, and around the screen."""
SIZE: Final = WIDE / 0.602
"""Of the letters: DejaVu Sans Mono advances by 0.602 em."""
INK, GROUND = "#d5dbe3", "#12161d"
"""Where the program leaves the colour to the terminal."""
DOCS = Path(__file__).parents[2] / "docs"
REPLY = "杨明您好,凭证已收到,我现在就联系卖家。"


def main() -> None:
    """Take both pictures."""
    take("desk-160x48", 160, 48, _answering)
    take("desk-80x24", 80, 24, _selecting)


def take(name: str, columns: int, rows: int, play: Callable[[Terminal], None]) -> None:
    """Start the demo, press keys, and write what is to be seen then."""
    with tempfile.TemporaryDirectory() as home:
        environ = {"HOME": home, "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        command = [sys.executable, "-m", "supportdesk_tui", "demo", "--pace", "0"]
        with Terminal(command, columns=columns, rows=rows, environ=environ) as terminal:
            terminal.wait_for("Unassigned")
            terminal.wait_for("live")
            terminal.press("3")
            terminal.wait_for("000016")
            play(terminal)
            terminal.settle(1)
            picture = to_svg(terminal.cells(), terminal.cursor)
            terminal.signal(signal.SIGTERM)
            terminal.wait_exit()
    subprocess.run(["rsvg-convert", "-o", str(DOCS / f"{name}.png")], input=picture.encode(), check=True)


def _answering(terminal: Terminal) -> None:
    """A conversation, and a reply that is being written."""
    terminal.press(*"jjjjj", "enter")
    terminal.wait_for("SECURITY")
    terminal.wait_for("internal note")
    terminal.press("r")
    terminal.wait_for("Reply to")
    terminal.send(REPLY)
    terminal.wait_for(f"{len(REPLY)}/")


def _selecting(terminal: Terminal) -> None:
    """A list, and a ticket that is selected."""
    terminal.press("j", "j", "x", "k")
    terminal.wait_for("1 selected")


def to_svg(rows: list[list[Cell]], cursor: tuple[int, int]) -> str:
    """A screen as SVG."""
    width, height = len(rows[0]) * WIDE + 2 * EDGE, len(rows) * HIGH + 2 * EDGE
    drawn = [part for y, row in enumerate(rows) for part in (*_grounds(row, y), *_letters(row, y))]
    x, y = cursor
    caret = f'<rect x="{EDGE + x * WIDE}" y="{EDGE + y * HIGH}" width="{WIDE}" height="{HIGH}" fill="{INK}"/>'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-size="{SIZE:.3f}"',
            ' font-family="DejaVu Sans Mono, Noto Sans Mono CJK SC" xml:space="preserve">',
            f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>',
            *drawn,
            *((caret,) if y and not rows[y][x].text.strip() else ()),
            "</svg>",
        )
    )


def _colours(cell: Cell) -> tuple[str, str]:
    """Ink and ground of a cell."""
    ink, ground = (f"#{one}" if len(one) == 6 else other for one, other in ((cell.fg, INK), (cell.bg, GROUND)))
    return (ground, ink) if cell.marks[2] else (ink, ground)


def _grounds(row: Iterable[Cell], y: int) -> Iterator[str]:
    for ground, run in groupby(enumerate(row), key=lambda one: _colours(one[1])[1]):
        places = [x for x, _ in run]
        if ground != GROUND:
            left, wide = EDGE + places[0] * WIDE, len(places) * WIDE
            yield f'<rect x="{left}" y="{EDGE + y * HIGH}" width="{wide}" height="{HIGH}" fill="{ground}"/>'


def _letters(row: list[Cell], y: int) -> Iterator[str]:
    """Letters of ASCII in runs, every other in the middle of its cells."""
    for (ink, marks, is_ascii), run in groupby(enumerate(row), key=lambda one: _kind(one[1])):
        found = [(x, cell.text) for x, cell in run if cell.text]
        weight = ' font-weight="bold"' if marks[3:4] == (True,) else ""
        style = f'y="{EDGE + y * HIGH + 18}" fill="{ink}"{weight}'
        if is_ascii and (text := "".join(text for _, text in found)).strip():
            yield f'<text x="{EDGE + found[0][0] * WIDE}" {style}>{escape(text)}</text>'
        for x, text in () if is_ascii else found:
            cells = 2 if x + 1 < len(row) and not row[x + 1].text else 1
            yield f'<text x="{EDGE + (x + cells / 2) * WIDE}" text-anchor="middle" {style}>{escape(text)}</text>'


def _kind(cell: Cell) -> tuple[str, tuple[bool, ...], bool]:
    return _colours(cell)[0], cell.marks, cell.text.isascii()


if __name__ == "__main__":
    main()
