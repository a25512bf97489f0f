"""Blanks of a macro that are not filled in: what must never be sent."""

import re

OPEN, CLOSE = "⟦", "⟧"
"""Around what is not filled in; never part of a text that is sent."""
SHOWN = 40
"""Characters of a blank that are named."""
_BLANK = re.compile(f"{OPEN}[^{OPEN}{CLOSE}\n]*{CLOSE}?|{CLOSE}")


def unresolved(text: str) -> tuple[str, ...]:
    """What is not filled in yet, half deleted blanks included: a text that has any can never be sent."""
    found = tuple(piece.partition(CLOSE)[0].strip().partition("\n")[0][:SHOWN] or "…" for piece in text.split(OPEN)[1:])
    return found or (("…",) if CLOSE in text else ())


def spans(text: str) -> list[tuple[int, int]]:
    """Where they stand: (start, end) of each, its marks included."""
    return [match.span() for match in _BLANK.finditer(text)] if OPEN in text or CLOSE in text else []
