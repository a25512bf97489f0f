"""Lines of a table as wide as the terminal."""

import shutil
import textwrap

LEAST = 80


def wrapped(line: str, *, indent: int) -> list[str]:
    """A line broken between words where it is wider than the terminal; what follows stands under its last column."""
    width = max(LEAST, shutil.get_terminal_size().columns)
    head, rest = line[:indent], line[indent:]
    folded = textwrap.wrap(rest, max(20, width - indent), break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{head}{folded[0]}".rstrip(), *(" " * indent + more for more in folded[1:])]
