"""What a change of ours leaves behind, so that it can be found where a product keeps no keys."""

from datetime import datetime, timedelta

from supportdesk_tui.backends.http import Http
from supportdesk_tui.text.safe import SafeText, sanitize
from supportdesk_tui.text.secrets import mask

SKEW = timedelta(minutes=2)
"""So far a time a server wrote may be off from what its answers tell of its clock."""


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
