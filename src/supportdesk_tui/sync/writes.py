"""What the agent changes: put into the outbox, taken back, undone and brought back."""

from collections.abc import Callable
from datetime import datetime, timedelta

from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import MarkRead, Note, Reply, SetAgentState, Undo
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Draft, Level, LinkPhase, OutboxItem, OutboxPhase
from supportdesk_tui.sync import outbox_rules as rules
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common, Spawn
from supportdesk_tui.sync.drafts import Drafts
from supportdesk_tui.sync.outbox import Hooks, Outbox
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.sending import new_key
from supportdesk_tui.sync.telling import told
from supportdesk_tui.sync.undo import UndoStack


class Writes:
    """Between the agent's verbs and the outbox."""

    def __init__(
        self, common: Common, ledger: Ledger, drafts: Drafts, spawn: Spawn, sign_in_needed: Callable[[], None]
    ) -> None:
        self._common = common
        self._store = common.store
        self._drafts = drafts
        self._undo = UndoStack()
        self._leaving: set[TicketId] = set()
        """Tickets whose draft is being written down as a change: pressed twice, it still goes once."""
        self._last_stamp = common.clock.now()
        self.outbox = Outbox(ledger, common.clock, Hooks(self.publish, spawn, sign_in_needed, common.say, self._is_lost))

    async def apply(self, effect: Apply) -> None:
        """Put a change into the outbox; its draft is cleared once the disk has the change."""
        redo, undoes = None, None
        if isinstance(effect.change, Undo):
            key = effect.change.key
            again = self._undo.again(key)
            redo, undoes = (key, None) if again is not None else (None, key)
            taken = Apply(*again) if again is not None else await self._inverse(effect, key)
            if taken is None:
                return
            effect = taken
        change = effect.change
        if isinstance(change, MarkRead) and self._is_on_way(effect):
            return
        asked = self._undo.asked(change, redo) if undoes is None else None
        now = self._stamp()
        is_held = effect.hold and self._common.options.hold_s > 0
        item = OutboxItem(
            key=new_key(),
            tickets=effect.tickets,
            change=change,
            phase=OutboxPhase.HELD if is_held else OutboxPhase.QUEUED,
            created_at=now,
            held_until=now + timedelta(seconds=self._common.options.hold_s) if is_held else None,
            number=self._number(effect.tickets[0]) if effect.tickets else "",
            expected=effect.expected,
            undoes=undoes,
        )
        if isinstance(change, SetAgentState) and undoes is None:
            self._undo.state_was(item.key, self._my_state())
        before = self._draft(effect.clears_draft)
        if effect.clears_draft in self._leaving or not await self._taken(item, effect.clears_draft):
            return
        cleared = [ev.DraftChanged(rules.rest_of(before, self._draft(before.ticket)))] if before is not None else []
        self._store.dispatch(*cleared, *([asked] if asked else []))
        if effect.replaces is not None:
            await self.outbox.forget(effect.replaces)

    async def _taken(self, item: OutboxItem, draft: TicketId | None) -> bool:
        """Put a change on the disk in place of its draft; where the disk refuses, the draft stays and it is said."""
        if draft is None:
            draft = TicketId("")
        self._drafts.let_go(draft)
        self._leaving.add(draft)
        is_taken = False
        try:
            await self.outbox.add(item, draft or None)
            is_taken = True
        except StorageError as error:
            self._common.tell(words.NOT_QUEUED, Level.ERROR, reason=str(error))
        finally:
            self._leaving.discard(draft)
            if is_taken:
                self._drafts.go_on(draft)
            else:
                self._drafts.keep(draft)
        return is_taken

    def _draft(self, ticket: TicketId | None) -> Draft | None:
        if ticket is None:
            return None
        return self._store.state.draft(ticket) or Draft(ticket)

    async def _inverse(self, effect: Apply, key: ChangeKey) -> Apply | None:
        """What takes a change back: nothing is sent for one that has not left, an agent's own state is set to what it was."""
        target = self.outbox.book.get(key)
        if target is not None and target.phase in {OutboxPhase.HELD, OutboxPhase.QUEUED}:
            await self.take_back(key)
            return None
        states = self._undo.state_back(key)
        if states is None:
            return effect
        if self._my_state() not in states:
            self._common.tell(words.STATE_MOVED, Level.WARN, state=self._my_state())
            return None
        return Apply((), SetAgentState(states[1]))

    async def take_back(self, key: ChangeKey) -> None:
        """Take back a change that is still ours; its words return to the draft, behind them what was typed meanwhile."""
        item = self.outbox.book.get(key)
        ticket = item.tickets[0] if item and item.tickets and isinstance(item.change, Reply | Note) else None
        before = self._draft(ticket)
        if ticket is not None:
            self._drafts.let_go(ticket)
        try:
            draft = await self.outbox.take_back(key, before)
        except StorageError as error:
            if ticket is not None:
                self._drafts.keep(ticket)
            self._common.tell(words.NOT_SAVED, Level.ERROR, reason=str(error))
            return
        finally:
            if ticket is not None:
                self._drafts.go_on(ticket)
        if draft is None:
            if ticket is not None:
                self._drafts.keep(ticket)
            is_unknown = item is not None and item.phase is OutboxPhase.UNKNOWN
            self._common.tell(words.NOT_YET_KNOWN if is_unknown else words.TOO_LATE, Level.WARN)
            return
        if item is not None and ticket is not None and self._draft(ticket) != before:
            draft = rules.restored_draft(item, self._draft(ticket)) or draft
        if not draft.is_empty:
            self._store.dispatch(ev.DraftChanged(draft))
        self._common.tell(words.TAKEN_BACK, Level.DONE)

    async def mark_read(self, ticket: TicketId, change: MarkRead) -> None:
        """Say that an agent has looked."""
        await self.apply(Apply((ticket,), change))

    def _is_lost(self) -> bool:
        return self._store.state.link.phase is LinkPhase.LOST

    def _my_state(self) -> str:
        session = self._store.state.session.session
        return session.agent.state.value if session is not None else ""

    def _is_on_way(self, effect: Apply) -> bool:
        return any(item.tickets == effect.tickets and item.change == effect.change for item in self.outbox.book.items)

    def _number(self, ticket: TicketId) -> str:
        return next((row.number for row in self._store.state.queue.rows if row.id == ticket), "")

    def _stamp(self) -> datetime:
        """Now, but always later than before, other runs included: the order of changes survives a clock that is set back."""
        newest = max((item.created_at for item in self.outbox.book.items), default=self._last_stamp)
        self._last_stamp = max(self._common.clock.now(), max(self._last_stamp, newest) + timedelta(microseconds=1))
        return self._last_stamp

    def publish(self, *events: ev.Event) -> None:
        """Outbox events, and what they mean for undo and for the line at the bottom."""
        more: list[ev.Event | None] = []
        for event in events:
            match event:
                case ev.OutboxChanged(item=item):
                    more.append(self._undo.moved(item, can_undo=self._common.can(Capability.UNDO)))
                    more.append(told(item, self._common))
                case ev.OutboxDropped(key=key):
                    more.append(self._undo.dropped(key))
                case _:
                    pass
        self._store.dispatch(*events, *(event for event in more if event is not None))
