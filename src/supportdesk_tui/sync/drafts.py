"""One draft per ticket and form, on disk soon after typing stops and at once when the agent leaves."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from threading import RLock

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.store.events import (
    AgentChanged,
    DraftChanged,
    DraftSaved,
    DraftsLoaded,
    DraftUnsaved,
    Event,
    FormSaved,
    FormTyped,
)
from supportdesk_tui.store.kept import FormDraft, joined_forms
from supportdesk_tui.store.state import DeskState, Draft
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync.common import Spawn
from supportdesk_tui.sync.drafts_disk import LeftBehind, give, put, spare, with_unread
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rules import joined_drafts

WAIT_S = 0.4
"""Longest time a typed character stays off the disk."""
RETRY_S = 5.0
"""Until a draft the disk refused is tried again."""


class Handover(Struct):
    """Whether the outbox has taken what was handed over to it."""

    is_taken: bool = False


class Drafts:
    """Follows the drafts of the store and keeps the disk up with them."""

    def __init__(self, store: Store, ledger: Ledger, spawn: Spawn) -> None:
        self._store = store
        self._ledger = ledger
        self._spawn = spawn
        self._agent = AgentId("")
        self._seen: Mapping[TicketId, Draft] = {}
        self._seen_forms: Mapping[str, FormDraft] = {}
        self._waiting: dict[str, Draft | FormDraft] = {}
        """What the disk does not have yet, by ticket or by the key of a form."""
        self._coming: dict[str, Draft | FormDraft] = {}
        """What the disk's thread is to write, but may not have come to."""
        self._pen = RLock()
        """Two threads write: whoever has it looks what is newest and writes that."""
        self._leaving: set[str] = set()
        """Of these what the outbox is writing down or giving back right now: nothing goes behind its back."""
        self._has_left_out = False
        """What dead clients left of these was not read."""
        self._is_unread = False
        """The disk did not say what lies there: nothing is written over it before it has."""
        self._left = LeftBehind(ledger, self._pen)
        self._timer: asyncio.TimerHandle | None = None
        self._unsubscribe: Callable[[], None] = store.subscribe(self._look)

    def load(self, agent: AgentId) -> DraftsLoaded:
        """Drafts of earlier runs; one of a client that died is put behind what is being written here.

        Where the outbox is at work, they stay in the dead client's file until it is done: it would delete them with the row.
        """
        was_unread = self._is_unread
        if not was_unread:
            self.flush()
        if agent != self._agent:
            self._change_hands(agent)
        self._is_unread = True
        left_out = frozenset(self._leaving)
        _ = self._ledger.main
        found = {draft.ticket: draft for draft in self._ledger.drafts(agent, left_out)}
        for ticket in found.keys() & self._store.state.drafts.keys():
            shown = self._store.state.drafts[ticket]
            joined = joined_drafts(shown, found[ticket])
            if joined != shown:
                self._store.dispatch(DraftChanged(replace(joined, is_saved=joined.body == found[ticket].body)))
                found[ticket] = joined
        self._seen = {**found, **self._seen}
        forms = {form.key: form for form in self._ledger.forms(agent, left_out)}
        for key in forms.keys() & self._store.state.forms.keys():
            shown_form = self._store.state.forms[key]
            self._store.dispatch(FormTyped(joined_forms(shown_form, forms[key])))
        self._seen_forms = {**forms, **self._seen_forms}
        with self._pen:
            for some in (self._waiting, self._coming) if was_unread else ():
                spare(some, (*found, *forms))
            self._is_unread = False
        self._has_left_out = bool(left_out)
        return DraftsLoaded(tuple(found.values()), tuple(forms.values()))

    def _change_hands(self, agent: AgentId) -> None:
        """From here on it is this agent who types."""
        with self._pen:
            before, self._agent = self._agent, agent
            self._waiting = {**self._coming, **self._waiting}
            self._coming.clear()
            if not before:
                give(self._ledger, agent)
                return
            left = [one for key, one in self._waiting.items() if not one.is_empty and key not in self._leaving]
            mine = self._left.back(agent)
            self._left.add(before, left)
            self._waiting.clear()
        self._seen, self._seen_forms = {}, {}
        self._store.dispatch(AgentChanged())
        self._store.dispatch(*(DraftChanged(one) if isinstance(one, Draft) else FormTyped(one) for one in mine))
        if not self._left.is_empty:
            self._arm(RETRY_S)

    @contextmanager
    def handed_over(self, *keys: str | None) -> Iterator["Handover"]:
        """While the outbox makes a change of a draft or a form; what it does not take is written as it stands."""
        handover, ours = Handover(), [key for key in keys if key]
        for key in ours:
            self.let_go(key)
        try:
            yield handover
        except asyncio.CancelledError:
            ours = []  # whether the disk has it by now is not known: what lies there is left alone
            raise
        finally:
            for key in ours:
                (self.go_on if handover.is_taken else self.keep)(key)

    def let_go(self, key: str) -> None:
        """A draft or a form is becoming a change, or a change a draft: the outbox writes it, until `go_on` or `keep`."""
        self._waiting.pop(key, None)
        self._leaving.add(key)

    def go_on(self, key: str) -> None:
        """The outbox is done with it: write what was typed since."""
        self._is_back(key)
        if key in self._waiting:
            self._arm(WAIT_S)

    def keep(self, key: str) -> None:
        """It stays the draft it was: write it as it stands."""
        self._is_back(key)
        draft = self._store.state.drafts.get(TicketId(key)) or self._store.state.forms.get(key)
        if draft is not None:
            self._waiting[key] = draft
            self._arm(WAIT_S)

    def _is_back(self, key: str) -> None:
        self._leaving.discard(key)
        self._coming.pop(key, None)
        if self._has_left_out:  # behind what is now being told of the change
            asyncio.get_running_loop().call_soon(self._load_left_out)

    def _load_left_out(self) -> None:
        if self._has_left_out and not self._leaving:
            with suppress(StorageError):
                self._store.dispatch(self.load(self._agent))

    def _look(self, state: DeskState) -> None:
        if state.drafts is not self._seen:
            self._look_at_drafts(state)
        if state.forms is not self._seen_forms:
            before, self._seen_forms = self._seen_forms, state.forms
            for key, form in state.forms.items():
                known = before.get(key)
                if form is not known and (known is None or (form.texts, form.other) != (known.texts, known.other)):
                    self._waiting[key] = form
            for key in before.keys() - state.forms.keys():
                self._waiting[key] = replace(before[key], texts=(), other=())
        if self._waiting:
            self._arm(WAIT_S)

    def _look_at_drafts(self, state: DeskState) -> None:
        before, self._seen = self._seen, state.drafts
        for ticket, draft in state.drafts.items():
            known = before.get(ticket)
            if draft is not known and (known is None or _content(draft) != _content(known)):
                self._waiting[ticket] = draft
        for ticket in before.keys() - state.drafts.keys():
            self._waiting[ticket] = Draft(ticket)

    def _arm(self, delay_s: float) -> None:
        """Save in a while; what was typed just now does not wait for what the disk refused."""
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._timer.when() <= loop.time() + delay_s:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_later(delay_s, self._save_soon)

    def _save_soon(self) -> None:
        self._timer = None
        self._spawn("drafts", self.save)

    async def save(self) -> None:
        """Write what has changed, in the outbox's thread; what the disk refuses is tried again a little later."""
        refused: set[str] = set()
        if not await self._left.save():
            self._arm(RETRY_S)
        if self._is_unread:
            with suppress(StorageError):
                self._store.dispatch(self.load(self._agent))
        while ours := self._waiting.keys() - self._leaving - refused:
            # What is only to be deleted comes last: its words may be in another draft that waits too.
            key = min(ours, key=lambda one: self._waiting[one].is_empty)
            draft = self._coming[key] = self._waiting.pop(key)
            try:
                is_written = await self._ledger.main.run(partial(self._put_newest, key, draft))
            except StorageError as error:
                refused.add(key)
                if self._coming.get(key) is draft:
                    self._store.dispatch(_unsaved(draft, str(error)))
                    self._waiting.setdefault(key, draft)  # unless newer words wait there by now
            else:
                if is_written:
                    self._store.dispatch(_saved(draft))
            if self._coming.get(key) is draft:
                del self._coming[key]
        if refused:
            self._arm(RETRY_S)

    def flush(self) -> bool:
        """Write what has changed now, in this thread: on leaving, hang-up or a signal. False when the disk refused."""
        with self._pen:
            is_saved, taken = self._left.put(), self._take()
            for key in sorted(taken, key=lambda key: taken[key].is_empty):
                try:
                    self._put(taken[key])
                except StorageError:
                    self._waiting[key] = taken[key]
                    is_saved = False
        return is_saved

    def _put_newest(self, key: str, draft: Draft | FormDraft) -> bool:
        """Write a draft in the disk's thread, unless newer words were written meanwhile by whoever could not wait."""
        with self._pen:
            is_newest = self._coming.get(key) is draft
            if is_newest:
                self._put(draft)
            return is_newest

    def _put(self, draft: Draft | FormDraft) -> None:
        draft = with_unread(self._ledger, self._agent, draft) if self._is_unread else draft
        put(self._ledger, self._agent, draft)

    def _take(self) -> dict[str, Draft | FormDraft]:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        newer = {key: draft for key, draft in self._waiting.items() if key not in self._leaving}
        coming = {key: draft for key, draft in self._coming.items() if key not in self._leaving}
        self._waiting = {key: draft for key, draft in self._waiting.items() if key in self._leaving}
        for key in newer:
            self._coming.pop(key, None)
        return coming | newer

    def close(self) -> None:
        """Save the rest and stop following."""
        self.flush()
        self._unsubscribe()
        self._unsubscribe = lambda: None


def _saved(draft: Draft | FormDraft) -> Event:
    return DraftSaved(draft.ticket, draft.body) if isinstance(draft, Draft) else FormSaved(draft)


def _unsaved(draft: Draft | FormDraft, reason: str) -> Event:
    return DraftUnsaved(draft.ticket, reason) if isinstance(draft, Draft) else FormSaved(draft, is_refused=True)


def _content(draft: Draft) -> Draft:
    """What of a draft the disk keeps: one that differs in nothing else is not written again."""
    return replace(draft, wanted=None, is_saved=True, is_refused=False, number="")
