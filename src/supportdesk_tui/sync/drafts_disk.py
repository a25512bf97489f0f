"""Drafts on the disk, each under the agent whose words they are."""

from collections.abc import Iterable
from contextlib import suppress
from threading import RLock

from msgspec.structs import replace

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.store.kept import FormDraft, joined_forms
from supportdesk_tui.store.state import Draft
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rules import joined_drafts


def put(ledger: Ledger, agent: AgentId, draft: Draft | FormDraft) -> None:
    """Write one down; an empty one is deleted."""
    if isinstance(draft, Draft):
        ledger.put_draft(agent, draft)
    else:
        ledger.put_form(agent, draft)


def with_unread(ledger: Ledger, agent: AgentId, draft: Draft | FormDraft) -> Draft | FormDraft:
    """A draft with the words of an earlier run that nobody has seen yet; StorageError where they cannot be read now."""
    _ = ledger.main
    if isinstance(draft, Draft):
        mine = next((one for one in ledger.drafts(agent) if one.ticket == draft.ticket), None)
        return draft if mine is None else mine if draft.is_empty else joined_drafts(draft, mine)
    form = next((one for one in ledger.forms(agent) if one.key == draft.key), None)
    return draft if form is None else form if draft.is_empty else joined_forms(draft, form)


def give(ledger: Ledger, agent: AgentId) -> None:
    """What was typed before anybody had signed in is the first agent's who does; what the disk keeps is tried next time."""
    nobody = AgentId("")
    with suppress(StorageError):
        every: list[Draft | FormDraft] = [*ledger.drafts(nobody), *ledger.forms(nobody)]
        for typed in every:
            put(ledger, agent, with_unread(ledger, agent, typed))
            put(ledger, nobody, Draft(typed.ticket) if isinstance(typed, Draft) else replace(typed, texts=(), other=()))


def spare(waiting: dict[str, Draft | FormDraft], found: Iterable[str]) -> None:
    """Words nobody had seen are not thrown away with those that were typed over them and taken away again."""
    for key in found:
        if key in waiting and waiting[key].is_empty:
            del waiting[key]


class LeftBehind:
    """What the disk would not take of who had the desk before: it is written as theirs, and shown to nobody else."""

    def __init__(self, ledger: Ledger, pen: RLock) -> None:
        self._ledger = ledger
        self._pen = pen
        self._words: list[tuple[AgentId, Draft | FormDraft]] = []

    @property
    def is_empty(self) -> bool:
        """All of it is on the disk."""
        return not self._words

    def add(self, agent: AgentId, drafts: Iterable[Draft | FormDraft]) -> None:
        """Take what an agent leaves."""
        with self._pen:
            self._words += [(agent, draft) for draft in drafts]

    def back(self, agent: AgentId) -> list[Draft | FormDraft]:
        """An agent has the desk again: what was left of theirs."""
        with self._pen:
            mine = [draft for whose, draft in self._words if whose == agent]
            self._words = [one for one in self._words if one[0] != agent]
            return mine

    def put(self) -> bool:
        """Write it down in this thread; False where the disk does not take it."""
        with self._pen:
            try:
                while self._words:
                    agent, draft = self._words[0]
                    put(self._ledger, agent, with_unread(self._ledger, agent, draft))
                    del self._words[0]
            except StorageError:
                return False
            return True

    async def save(self) -> bool:
        """Write it down in the disk's thread; False where the disk does not take it."""
        try:
            return self.is_empty or await self._ledger.main.run(self.put)
        except StorageError:
            return False
