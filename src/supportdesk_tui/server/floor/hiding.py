"""What leaves the entry table and the event log: words with their secrets hidden, everywhere but in a reveal."""

from functools import lru_cache
from typing import Any

from supportdesk_tui.text import secrets

_SHADE = secrets.MARKS[secrets.Kind.CARD][0]
REMEMBERED = 4_096
"""Short texts whose hidden form is kept in memory: the same rows are read again and again."""


def hide(text: str) -> tuple[str, tuple[secrets.Kind, ...]]:
    """The text as it may be sent and indexed, and what was hidden in it; a mark in a stranger's words is no longer one."""
    admitted = secrets.admit(text, limit=None)
    if admitted.kinds or _SHADE in text:
        return str(admitted.text), admitted.kinds
    return text, ()


@lru_cache(REMEMBERED)
def hide_line(text: str) -> str:
    """`hide` for a short field that is sent often."""
    return hide(text)[0]


def hide_all(value: Any) -> Any:
    """Every text inside lists and maps, hidden."""
    match value:
        case str():
            return hide(value)[0]
        case list():
            return [hide_all(one) for one in value]
        case dict():
            return {name: hide_all(one) for name, one in value.items()}
    return value
