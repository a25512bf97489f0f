"""Where words that are looked for stand in an entry: on which of its drawn lines, or folded away behind one."""

import re
from bisect import bisect_right
from functools import lru_cache

from msgspec import Struct, field

from supportdesk_tui.ui.widgets.entry import Row

BETWEEN = r"(?:\s|\n[> ]*>)+"
"""Between two words that are looked for together: blanks, ends of lines, marks of quoted lines."""


class Found(Struct):
    """What was found in an entry; rows go by their place."""

    hits: list[int] = field(default_factory=list)
    """The row of each hit: where it begins, or the fold it is behind in whole or in part."""
    marks: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """The stretches of a row's text that belong to a hit."""
    folded: dict[int, int] = field(default_factory=dict)
    """How many hits are behind a fold."""


@lru_cache(maxsize=8)
def pattern_of(text: str) -> re.Pattern[str]:
    """What finds a text, in capitals or not, wherever its lines are broken."""
    return re.compile(BETWEEN.join(map(re.escape, text.split())), re.IGNORECASE)


def locate(rows: list[Row], words: str, text: str) -> Found:
    """Find a text in all words of an entry; `rows` draws them in order, letter by letter but for what is folded away."""
    matches = [match.span() for match in pattern_of(text).finditer(words)]
    if not matches or not rows:
        return Found()
    found, stretches = Found(), _stretches(rows, words)
    starts = [start for start, _end in stretches]
    for start, end in matches:
        first = at = max(0, bisect_right(starts, start) - 1)
        hit: int | None = None
        while at < len(rows) and starts[at] < end:
            left, right = max(start, starts[at]), min(end, stretches[at][1])
            if left < right and rows[at].is_fold:
                hit = at
                found.folded[at] = found.folded.get(at, 0) + 1
                break
            if left < right:
                hit = at if hit is None else hit
                found.marks.setdefault(at, []).append((left - starts[at], right - starts[at]))
            at += 1
        if hit is None and (fold := next((n for n in range(first, len(rows)) if rows[n].is_fold), None)) is not None:
            hit = fold  # within a line too long to be drawn
            found.folded[fold] = found.folded.get(fold, 0) + 1
        found.hits.append(first if hit is None else hit)
    return found


def _stretches(rows: list[Row], words: str) -> list[tuple[int, int]]:
    """Which part of the words each row stands for; a fold for all up to the next row, other lines of our own for none."""
    found: list[tuple[int, int]] = []
    at = 0
    for row in rows:
        start = -1 if row.is_own or not row.text else words.find(row.text, at)
        if start >= 0:
            at = start + len(row.text)
            found.append((start, at))
        else:
            found.append((at, at))
    past = 0
    for place, (start, end) in enumerate(found):
        if start == end:
            past = max(past, start)
            behind = past
            if rows[place].is_fold:
                behind = max(past, next((first for first, last in found[place + 1 :] if first < last), len(words)))
            found[place] = (past, behind)
            past = behind
    return found
