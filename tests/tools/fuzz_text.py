"""Throws random hostile texts at the filter and at everything between it and the terminal: `python -m tests.tools.fuzz_text`.

Each text goes through `sanitize`, `sanitize_line`, `shown`, `excerpt`, HTML reading and folding of quotes, is wrapped and
fitted, drawn by the painter behind the output gate, and what comes out is read by the lexer of the pty tests, which shares
no table with the program. Any violation, and any text the gate had to touch, is printed with its seed; exit code 1.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from supportdesk_tui.text.html import html_to_text
from supportdesk_tui.text.quotes import fold_quotes
from supportdesk_tui.text.safe import LINE_LIMIT, TAB, excerpt, plain_emoji, sanitize, sanitize_line
from supportdesk_tui.ui.diff import Gate, Painter
from supportdesk_tui.ui.text import fit, shown, shown_line, wrap
from tests.hostile import HOSTILE, LEGITIMATE
from tests.pty.lexer import Lexer, hidden

WIDTH, HEIGHT = 40, 6
BATCH: Final = 500
"""Texts drawn by one painter, so that its memory of the screen is part of what is tried."""
RANGES: Final = (
    *(
        (0x00, 0x20),
        (0x20, 0x7F),
        (0x7F, 0xA0),
        (0xA0, 0x250),
        (0x300, 0x370),
        (0x590, 0x780),
        (0x900, 0xE00),
        (0x1100, 0x1200),
    ),
    *((0x180B, 0x1810), (0x2000, 0x2070), (0x20D0, 0x2100), (0x2500, 0x2600), (0x3000, 0x3200), (0x4E00, 0x4F00)),
    *((0xD800, 0xE000), (0xFB50, 0xFE10), (0xFE00, 0xFE30), (0xFE70, 0x10000), (0x1D100, 0x1D200), (0x1F1E0, 0x1F200)),
    *((0x1F300, 0x1FB00), (0xE0000, 0xE0200), (0x10FF00, 0x110000), (0, 0x110000)),
)
PIECES: Final = (
    *(
        "\x1b",
        "\x1b[",
        "\x1b]",
        "\x1bP",
        "\x9b",
        "\x9d",
        "\x07",
        "\x1b\\",
        "\r",
        "\n",
        "\t",
        "\u202e",
        "\u200d",
        "\ufe0f",
        "[/x]",
    ),
    *("2J", "52;c;QQ==", "?1049l", "31m", "<b>", "&#27;", "&#x9b;", "<style>", "> ", "On Mon, A wrote:\n", "│", "🏴", "\u0301"),
)
GROUND: Final = Style.parse("#e0e0e0 on #121212")


def texts(seed: int, count: int) -> Iterator[str]:
    """So many random texts: pieces of sequences, characters of troublesome ranges, known hostile ones cut and joined."""
    source = random.Random(seed)
    known = (*HOSTILE.values(), *LEGITIMATE)
    for _ in range(count):
        parts: list[str] = []
        for _ in range(source.randint(1, 12)):
            kind = source.random()
            if kind < 0.4:
                parts.append(source.choice(PIECES))
            elif kind < 0.85:
                low, high = source.choice(RANGES)
                parts.append("".join(chr(source.randrange(low, high)) for _ in range(source.randint(1, 6))))
            else:
                whole = source.choice(known)
                at = source.randrange(len(whole) + 1)
                parts.append(whole[at : at + source.randint(1, 60)])
        yield "".join(parts)


def complaints(text: str) -> Iterator[str]:
    """What is wrong with what the filter makes of a text."""
    body, line = sanitize(text), sanitize_line(text)
    for name, safe in (("sanitize", body), ("line", line), ("shown", shown(text)), ("excerpt", excerpt(body)[0])):
        yield from _hidden_in(name, safe)
    if sanitize(str(body)) != body or plain_emoji(plain_emoji(body)) != plain_emoji(body):
        yield "filtering twice changes something"
    if "\n" in line or len(line) > LINE_LIMIT:
        yield "a line is none"
    if len(body) > len(text) + (TAB - 1) * text.count("\t") + len(text.splitlines()) + 1:
        yield "grew"


def reading_complaints(text: str) -> Iterator[str]:
    """What is wrong with a text read as HTML and as a mail with quotes."""
    yield from _hidden_in("html", html_to_text(text).text)
    body = sanitize(text)
    if any(part.start < 0 or part.stop > body.count("\n") + 1 for part in fold_quotes(body)):
        yield "a quote outside the text"


def _hidden_in(name: str, safe: str) -> Iterator[str]:
    yield from (f"{name}: U+{ord(odd):04X}" for row in safe.split("\n") for odd in hidden(row))
    if any(char < " " and char != "\n" for char in safe):
        yield f"{name}: control character"


def draw(painter: Painter, lexer: Lexer, text: str) -> None:
    """Draw a text as a pane does, and read what was written."""
    rows = [shown_line(text), *wrap(shown(text), WIDTH)][:HEIGHT]
    strips: list[Iterable[Strip]] = [
        [Strip([Segment(fit(row, WIDTH), GROUND)])] for row in (*rows, *[""] * (HEIGHT - len(rows)))
    ]
    update = LayoutUpdate(strips, Region(0, 0, WIDTH, HEIGHT))
    lexer.feed(painter.paint(update, (WIDTH, HEIGHT), (0, 0)).encode("utf-8", "surrogatepass"))


def run(count: int, seed: int, every: int = 1) -> list[str]:
    """Try so many texts, one in `every` of them read and drawn too; what was wrong, each with what makes it again."""
    found: list[str] = []
    for start in range(0, count, BATCH):
        gate, lexer = Gate(), Lexer(columns=WIDTH, rows=HEIGHT)
        painter = Painter(ColorSystem.TRUECOLOR, gate)
        batch = f"--seed {seed + start} --texts {min(BATCH, count - start)}"
        for at, text in enumerate(texts(seed + start, min(BATCH, count - start))):
            found += [f"{batch}: {said}: {text!r}" for said in complaints(text)]
            if at % every:
                continue
            found += [f"{batch}: {said}: {text!r}" for said in reading_complaints(text)]
            draw(painter, lexer, text)
            if gate.count or lexer.violations or lexer.commands:
                found.append(f"{batch}: gate {gate.count}, lexer {lexer.violations} {lexer.commands}: {text!r}")
                gate.count = 0
                lexer.violations.clear()
                lexer.commands.clear()
        found += [f"{batch}: {violation}" for violation in lexer.close()]
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    began = time.monotonic()
    wrong = run(wanted.texts, wanted.seed)
    sys.stdout.write("\n".join(wrong[:50]) + ("\n" if wrong else ""))
    sys.stdout.write(f"{wanted.texts} texts, {len(wrong)} violations, {time.monotonic() - began:.0f} s, seed {wanted.seed}\n")
    sys.exit(1 if wrong else 0)
