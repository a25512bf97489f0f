"""What a change of ours leaves behind, so that it can be found where a product keeps no keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from supportdesk_tui.backends.http import Http
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.text.safe import SafeText, sanitize
from supportdesk_tui.text.secrets import mask

SKEW = timedelta(minutes=2)
"""So far a time a server wrote may be off from what its answers tell of its clock."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A change of the ticket's own data: what to put, whether a row of the ticket shows it, and what a person should know."""

    body: dict[str, Any]
    is_done: Callable[[Node], bool]
    says: str = ""


def earliest(since: datetime, http: Http) -> datetime:
    """The first time, on the server's clock, that a change made at `since` on ours may carry."""
    return since + http.clock_offset - SKEW


def as_shown(written: str) -> SafeText:
    """Words of ours as an entry gives them back: safe, and their secrets hidden."""
    return mask(sanitize(written))[0]


def words(text: str) -> str:
    """A text without what a server may change of it: white space and line ends."""
    return " ".join(str(sanitize(text)).split())


def same_words(written: str, read: str) -> bool:
    """Whether a text holds what was written."""
    return words(written) == words(read)
