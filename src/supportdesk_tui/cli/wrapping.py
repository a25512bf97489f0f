"""Lines of a table as wide as the terminal, Han characters counted as the two columns they take."""

import re
import shutil
from collections.abc import Iterator
from functools import cache
from unicodedata import combining, east_asian_width

LEAST = 80
_WIDE = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\U0001f300-\U0001faff"
_CLOSERS = "，。、！？：；）」』】》…”’"
_OPENERS = "（「『【《“‘"


@cache
def _piece() -> re.Pattern[str]:
    return re.compile(rf" +|[{_OPENERS}]*(?:[{_WIDE}][,.;:!?)]*|[^ {_WIDE}{_OPENERS}{_CLOSERS}]+)?[{_CLOSERS}]*")


def columns(text: str) -> int:
    """Columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(char) in "WF" else 0 if combining(char) else 1 for char in text)


def padded(text: str, width: int) -> str:
    """A text followed by blanks, at least `width` columns wide."""
    return text + " " * (width - columns(text))


def folded(text: str, width: int) -> list[str]:
    """The lines of a text: broken between words, and between Han characters; what has no such place stays whole."""
    lines, line, used = [], "", 0
    for piece in _pieces(text):
        size = columns(piece)
        if line and used + size > width and piece.strip():
            lines.append(line.rstrip())
            line, used = "", 0
        if line or piece.strip():
            line, used = line + piece, used + size
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> Iterator[str]:
    return (match[0] for match in _piece().finditer(text) if match[0])


def wrapped(line: str, *, indent: int) -> list[str]:
    """A line folded where it is wider than the terminal; what follows stands under its column `indent`."""
    width = max(LEAST, shutil.get_terminal_size().columns)
    head, rest = _split(line, indent)
    gap = " " if rest.startswith(" ") else ""
    first, *more = folded(rest, max(20, width - indent - len(gap)))
    return [f"{head}{gap}{first}".rstrip(), *(" " * indent + one for one in more)]


def _split(line: str, indent: int) -> tuple[str, str]:
    """A line at a column: what is before it, and the rest."""
    used = 0
    for at, char in enumerate(line):
        if used >= indent:
            return line[:at], line[at:]
        used += columns(char)
    return line, ""
