"""What the agent changes: put into the outbox, taken back, undone and brought back."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Change, MarkRead, Note, Reply, SetAgentState, Undo
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.kept import FormDraft, joined_forms
from supportdesk_tui.store.state import DeskState, Draft, Level, LinkPhase, OutboxItem, OutboxPhase
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync import outbox_rules as rules
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common, Job, Spawn
from supportdesk_tui.sync.drafts import Drafts
from supportdesk_tui.sync.outbox import Hooks, Outbox
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rows import Clears
from supportdesk_tui.sync.posting import Given, Posted, Posts, without_sent
from supportdesk_tui.sync.sending import new_key
from supportdesk_tui.sync.telling import told
from supportdesk_tui.sync.undo import UndoStack, has_deeds

SETTLE_S = 2.0
"""How long leaving waits for what was sent to be on the disk."""


class Writes:
    """Between the agent's verbs and the outbox: one after the other, in the order they were begun."""

    def __init__(
        self, common: Common, ledger: Ledger, drafts: Drafts, spawn: Spawn, sign_in_needed: Callable[[], None]
    ) -> None:
        self._common = common
        self._store = common.store
        self._drafts = drafts
        self.undo = UndoStack(common.options.undo)
        self._turn = asyncio.Lock()
        self._begun = 0
        self._is_settled = asyncio.Event()
        self._is_settled.set()
        self._posts, self._given = Posts(), Given()
        self._unwritten: set[ChangeKey] = set()
        """Changes the disk refused: nothing of them is there to be taken back."""
        self._last_stamp = common.clock.now()
        is_lost = partial(_is_lost, common.store)
        self.outbox = Outbox(ledger, common.clock, Hooks(self.publish, spawn, sign_in_needed, common.say, is_lost))

    def begin(self, effect: Apply) -> Job:
        """Note at once what the agent has done; the job brings it to the disk.

        However much is typed and pressed before the disk has answered: `z` is about this change, and the draft that was sent
        is the one that stood there in this moment.
        """
        key = new_key()
        posted = self._posts.begin(self._draft(effect.clears_draft)) if effect.clears_draft is not None else None
        form = self._store.state.forms.get(effect.clears_form)
        effect = self._given.knowing(effect, self._store.state)
        self._begun += 1
        self._is_settled.clear()
        self._stack(self.undo.begun(key, effect.change))
        return partial(self._in_turn, effect, key, posted, form)

    async def apply(self, effect: Apply) -> None:
        """Put a change into the outbox; its draft is cleared once the disk has the change."""
        await self.begin(effect)()

    async def settle(self) -> None:
        """Wait, not for long, until everything that was begun is on the disk."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self._is_settled.wait()

    async def _in_turn(self, effect: Apply, key: ChangeKey, posted: Posted | None, form: FormDraft | None) -> None:
        is_written = False
        try:
            async with self._turn:
                is_written = await self._apply(effect, key, posted, form)
                if is_written and form is not None:
                    self._store.dispatch(ev.FormSent(form))
        finally:
            if not is_written:
                self._unwritten.add(key)
                self._stack(self.undo.dropped(key))
            self._end(posted)

    def _end(self, posted: Posted | None) -> None:
        self._begun -= 1
        if not self._begun:
            self._is_settled.set()
        if posted is not None:
            self._posts.end(posted)

    async def _apply(self, effect: Apply, key: ChangeKey, posted: Posted | None, form: FormDraft | None) -> bool:
        redo, undoes = None, None
        if isinstance(effect.change, Undo):
            undone = effect.change.key
            again = self.undo.again(undone)
            redo, undoes = (undone, None) if again is not None else (None, undone)
            taken = Apply(*again) if again is not None else await self._inverse(effect, undone)
            if taken is None:
                return False
            effect = taken
        is_doubled = isinstance(effect.change, MarkRead) and _is_on_way(effect, self.outbox.book.items)
        fresh = None if is_doubled else self._without_sent(effect, posted)
        if fresh is None:
            return False
        asked = self.undo.asked(fresh.change, redo) if undoes is None else None
        item = replace(self._item(fresh, key, undoes, await _numbers(fresh, self._common)), form=form)
        if isinstance(fresh.change, SetAgentState) and undoes is None:
            self.undo.state_was(item.key, _my_state(self._store.state))
        if not await self._taken(item, fresh, posted):
            self._stack(self.undo.stays(undoes))
            return False
        cleared = [ev.DraftChanged(rules.rest_of(posted.draft, self._draft(posted.draft.ticket)))] if posted is not None else []
        self._store.dispatch(*cleared, *([self.undo.now()] if asked else []))
        return True

    def _item(
        self, effect: Apply, key: ChangeKey, undoes: ChangeKey | None, numbers: tuple[tuple[TicketId, str], ...]
    ) -> OutboxItem:
        now = self._stamp()
        is_held = effect.hold and self._common.options.hold_s > 0
        return OutboxItem(
            key=key,
            tickets=effect.tickets,
            change=effect.change,
            phase=OutboxPhase.HELD if is_held else OutboxPhase.QUEUED,
            created_at=now,
            held_until=self._common.clock.now() + timedelta(seconds=self._common.options.hold_s) if is_held else None,
            number=_number(effect.tickets[0], self._store.state) if len(effect.tickets) == 1 else "",
            numbers=numbers,
            expected=effect.expected,
            undoes=undoes,
        )

    def _without_sent(self, effect: Apply, posted: Posted | None) -> Apply | None:
        fresh = without_sent(effect, posted) if posted is not None else effect
        if fresh is None and posted is not None and not posted.draft.is_empty:
            self._common.tell(words.SENT_BEFORE, Level.WARN)
        return fresh

    async def _taken(self, item: OutboxItem, effect: Apply, posted: Posted | None) -> bool:
        """Put a change on the disk in place of its draft or form; where the disk refuses, these stay and it is said."""
        clears = Clears(form=effect.clears_form)
        if posted is not None:
            keeps = rules.rest_of(posted.draft, self._draft(posted.draft.ticket))
            clears = Clears(posted.draft.ticket, effect.clears_form, keeps)
        with self._drafts.handed_over(clears.draft, clears.form) as handover:
            try:
                if effect.replaces is None:
                    await self.outbox.add(item, clears)
                    handover.is_taken = True
                else:
                    handover.is_taken = await self.outbox.put_in_place(item, effect.replaces)
                    if not handover.is_taken:
                        self._common.tell(words.GONE, Level.WARN)
            except StorageError as error:
                self._common.tell(words.NOT_QUEUED, Level.ERROR, reason=str(error))
        if posted is not None:
            posted.is_taken = handover.is_taken
        return handover.is_taken

    def _draft(self, ticket: TicketId) -> Draft:
        return self._store.state.draft(ticket) or Draft(ticket)

    async def _inverse(self, effect: Apply, key: ChangeKey) -> Apply | None:
        """What takes a change back: nothing is sent for one that has not left, an agent's own state is set to what it was."""
        if key in self._unwritten:
            return None
        target = self.outbox.book.get(key)
        if target is not None and (
            target.phase in {OutboxPhase.HELD, OutboxPhase.QUEUED} or not self._can_follow(target.change)
        ):
            await self._take_back(key)
            return None
        states = self.undo.state_back(key)
        if states is None:
            return effect
        if _my_state(self._store.state) not in states:
            self._common.tell(words.STATE_MOVED, Level.WARN, state=_my_state(self._store.state))
            return None
        return Apply((), SetAgentState(states[1]))

    def _can_follow(self, change: Change) -> bool:
        """Whether what takes it back can go right behind a change that is on its way; else it is too late by now."""
        return self._common.can(Capability.UNDO) and not isinstance(change, SetAgentState) and has_deeds(change)

    def begin_taking_back(self, key: ChangeKey) -> Job:
        """Note at once that a change is being taken back: the next `z` is for the one before it."""
        self._stack(self.undo.asked_back(key))
        return partial(self.take_back, key)

    async def take_back(self, key: ChangeKey) -> None:
        """Take back a change that is still ours; its words return to the draft, behind them what was typed meanwhile."""
        async with self._turn:
            await self._take_back(key)

    async def _take_back(self, key: ChangeKey) -> None:
        item = self.outbox.book.get(key)
        ticket = item.tickets[0] if item and item.tickets and isinstance(item.change, Reply | Note) else None
        before = self._draft(ticket) if ticket is not None else None
        if ticket is not None:
            self._drafts.let_go(ticket)
        try:
            draft = await self.outbox.take_back(key, before, form := _form_of(item, self._store.state))
        except StorageError as error:
            if ticket is not None:
                self._drafts.keep(ticket)
            self._common.tell(words.NOT_SAVED, Level.ERROR, reason=str(error))
            self._stack(self.undo.stays(key))
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
        if form is not None:
            self._store.dispatch(ev.FormTyped(form))
        _tell_taken_back(item, self._common)

    async def mark_read(self, ticket: TicketId, change: MarkRead) -> None:
        """Say that an agent has looked."""
        await self.apply(Apply((ticket,), change))

    def _stack(self, event: ev.Event | None) -> None:
        if event is not None:
            self._store.dispatch(event)

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
                    more.append(self.undo.moved(item, can_undo=self._common.can(Capability.UNDO)))
                    more.append(told(item, self._common))
                case ev.OutboxDropped(key=key):
                    more.append(self.undo.dropped(key))
                case _:
                    pass
        self._store.dispatch(*events, *(event for event in more if event is not None))


def _is_lost(store: Store) -> bool:
    return store.state.link.phase is LinkPhase.LOST


def _my_state(state: DeskState) -> str:
    session = state.session.session
    return session.agent.state.value if session is not None else ""


def _is_on_way(effect: Apply, items: Iterable[OutboxItem]) -> bool:
    return any(item.tickets == effect.tickets and item.change == effect.change for item in items)


def _number(ticket: TicketId, state: DeskState) -> str:
    return next((row.number for row in state.queue.rows if row.id == ticket), "")


async def _numbers(effect: Apply, common: Common) -> tuple[tuple[TicketId, str], ...]:
    if len(effect.tickets) < 2:
        return ()
    from supportdesk_tui.sync.sending_many import numbers_of

    return await numbers_of(effect.tickets, common)


def _form_of(item: OutboxItem | None, state: DeskState) -> FormDraft | None:
    """The form a change was made with, as it is to be kept again: what was typed into it since comes first."""
    form = item.form if item is not None else None
    since = state.forms.get(form.key) if form is not None else None
    return joined_forms(since, form) if since is not None and form is not None else form


def _tell_taken_back(item: OutboxItem | None, common: Common) -> None:
    """Say so; of what has no words that come back, what is not going to be done."""
    if item is None or not item.tickets or isinstance(item.change, Reply | Note):
        common.tell(words.TAKEN_BACK, Level.DONE)
        return
    from supportdesk_tui.sync.sending_many import cases_of, deed

    common.tell(words.DEED_UNSENT, Level.DONE, what=deed(item.change, cases_of(item, common), common))
