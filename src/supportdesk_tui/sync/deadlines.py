"""Warns once of each of the agent's own tickets that is about to be late."""

from datetime import datetime, timedelta

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import Owner, QueueQuery
from supportdesk_tui.domain.ticket import LIVE_PHASES
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.telling import alerted
from supportdesk_tui.sync.windows import Ask

NEAR = timedelta(minutes=5)
MINE_SOON = QueueQuery(owner=Owner.ME, phases=LIVE_PHASES, due_within=NEAR)
READING = timedelta(seconds=5)
"""A line younger than this is not talked over."""
_MOST = 50


class Deadlines:
    """Remembers which deadlines it has spoken of."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._told: dict[TicketId, datetime] = {}

    async def look(self) -> None:
        """Tell of what has come near since the last look, the nearest first, in one line."""
        common = self._common
        notice = common.store.state.view.notice
        is_reading = notice is not None and notice.at is not None and common.clock.now() - notice.at < READING
        if not common.me or is_reading:
            return
        now = common.now()
        try:
            window = await common.cache.window(Ask(MINE_SOON, "", common.asker()), 0, _MOST)
        except StorageError:
            return
        due = {row.id: (at, row.number) for row in window.rows if (at := row.clock.due_at) is not None and at > now}
        fresh = {ticket: one for ticket, one in due.items() if self._told.get(ticket) != one[0]}
        self._told = {ticket: at for ticket, (at, _) in due.items()}
        if not fresh:
            return
        at, number = min(fresh.values())
        values = {"number": number, "minutes": str(max(1, round((at - now).total_seconds() / 60))), "more": str(len(fresh) - 1)}
        text = words.MORE_NEAR if len(fresh) > 1 else words.NEAR_BREACH
        common.store.dispatch(alerted(common.say(text, values), common))
