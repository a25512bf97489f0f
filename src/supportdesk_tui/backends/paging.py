"""Lists that come in parts: pure rules for putting them together."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.ids import Cursor
from supportdesk_tui.domain.queue import Page


class Part(Struct, frozen=True):
    """The newest entries of one source before a mark."""

    entries: Sequence[Entry]
    before: int | None
    """Everything from this sequence number on is in `entries`, older ones are left; None when nothing is left."""
    bad: int = 0


def merged(parts: Iterable[Part]) -> Page[Entry]:
    """One page from sources that are paged each for itself: nothing lost, nothing twice, in the server's order.

    Only what every source has told completely is shown; the rest comes with the next page.
    """
    parts = tuple(parts)
    floor = max((part.before for part in parts if part.before is not None), default=None)
    entries = {entry.id: entry for part in parts for entry in part.entries if floor is None or entry.seq >= floor}
    return Page(
        items=tuple(sorted(entries.values(), key=lambda entry: entry.seq)),
        after=None if floor is None else Cursor(str(floor)),
        bad_items=sum(part.bad for part in parts),
    )
