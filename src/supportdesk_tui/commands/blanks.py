"""Blanks of a macro that are not filled in: what must never be sent."""

import re

OPEN, CLOSE = "⟦", "⟧"
"""Around what is not filled in; never part of a text that is sent."""
_BLANK = re.compile(f"{OPEN}[^{OPEN}{CLOSE}\n]*{CLOSE}?|{CLOSE}")


def spans(text: str) -> list[tuple[int, int]]:
    """Where they stand, half deleted ones included: (start, end) of each with its marks. A text with any is never sent."""
    return [match.span() for match in _BLANK.finditer(text)] if OPEN in text or CLOSE in text else []
