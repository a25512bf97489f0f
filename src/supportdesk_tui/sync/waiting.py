"""Replies that are still held when somebody speaks: they wait for the agent's word instead of their time."""

from functools import partial

from supportdesk_tui.domain.changes import Reply
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import OutboxItem, OutboxPhase
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common, Spawn
from supportdesk_tui.sync.outbox import Outbox

_SAYS = {EntryKind.CUSTOMER: words.WROTE_MEANWHILE, EntryKind.AGENT: words.REPLIED_MEANWHILE}


class Waiting:
    """Hears what is said on tickets and stops what would be sent by the clock alone."""

    def __init__(self, common: Common, outbox: Outbox, spawn: Spawn) -> None:
        self._common = common
        self._outbox = outbox
        self._spawn = spawn

    def heard(self, ticket: TicketId, entry: Entry) -> None:
        """Somebody spoke: our held reply to this ticket was written without knowing it."""
        says = _SAYS.get(entry.kind)
        if says is None or entry.author_id == self._common.me:
            return
        for item in self._outbox.book.items:
            if ticket in item.tickets and _is_unaware(item, entry.seq):
                reason = self._common.say(says, {"name": str(entry.author)})
                self._spawn("wait_for_word", partial(self._outbox.wait_for_word, item.key, reason))


def _is_unaware(item: OutboxItem, seq: int) -> bool:
    change = item.change
    is_timed = item.phase is OutboxPhase.HELD and item.held_until is not None
    return is_timed and isinstance(change, Reply) and (not change.seen or seq > change.seen)
