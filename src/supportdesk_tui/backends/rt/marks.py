"""Changes of one and the same second: what tells them apart where RT's version, the second of the last change, cannot."""

from datetime import datetime

from supportdesk_tui.domain.ids import TicketId

MOST = 500
"""Tickets whose marks are kept."""
SLACK_S = 3
"""Seconds a clock, or a change on its way to the database, may be off."""


class Marks:
    """Up to which transaction this session has read each ticket, and when."""

    def __init__(self) -> None:
        self._known: dict[TicketId, tuple[int, float]] = {}

    def saw(self, ticket: TicketId, mark: int, at: datetime) -> None:
        """Everything up to the transaction was read, at this time by RT's clock."""
        if mark >= self._known.pop(ticket, (0, 0.0))[0]:
            self._known[ticket] = (mark, at.timestamp())
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def unsure(self, ticket: TicketId, updated_at: datetime | None) -> int | None:
        """The transaction after which others may have changed the ticket within the very second it was read in.

        None when its last change tells: it was read when that second was over, or has not been read since.
        """
        mark, read_at = self._known.get(ticket, (0, 0.0))
        is_close = updated_at is not None and abs(updated_at.timestamp() - read_at) <= SLACK_S
        return mark if mark and is_close else None
