"""Replies that have not left when somebody speaks or takes the ticket over: they wait for the agent's word, not for time."""

from collections.abc import Iterable, Iterator
from functools import partial

from supportdesk_tui.domain.changes import Reply, is_taken_over
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.store.state import OutboxItem
from supportdesk_tui.sync import outbox_rules as rules
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common, Spawn
from supportdesk_tui.sync.outbox import Outbox


class Waiting:
    """Hears what is said and done on tickets and stops what would be sent by the clock alone."""

    def __init__(self, common: Common, outbox: Outbox, spawn: Spawn) -> None:
        self._common = common
        self._outbox = outbox
        self._spawn = spawn

    def heard(self, ticket: TicketId, entry: Entry) -> None:
        """Somebody spoke: our reply to this ticket was written without knowing it."""
        says = rules.SAYS.get(entry.kind)
        if says is None or entry.author_id == self._common.me:
            return
        for item, reply in self._leaving():
            if ticket in item.tickets and (not reply.seen or entry.seq > reply.seen):
                self._wait(item, self._common.say(says, {"name": str(entry.author)}))

    def moved(self, rows: Iterable[TicketSummary]) -> None:
        """Tickets stand otherwise than before: one that another agent has now gets no reply of ours unasked."""
        leaving = list(self._leaving())
        for row in rows if leaving else ():
            for item, reply in leaving:
                if row.id in item.tickets and is_taken_over(row, reply, self._common.me):
                    name = str(row.owner_name or row.owner)
                    self._wait(item, self._common.say(words.TAKEN_MEANWHILE, {"name": name}))

    def _leaving(self) -> Iterator[tuple[OutboxItem, Reply]]:
        for item in self._outbox.book.items:
            if isinstance(item.change, Reply) and rules.is_leaving(item):
                yield item, item.change

    def _wait(self, item: OutboxItem, reason: str) -> None:
        self._spawn("wait_for_word", partial(self._outbox.wait_for_word, item.key, reason))
