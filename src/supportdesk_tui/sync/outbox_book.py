"""What the outbox holds right now: the same in memory, on disk and in the store, in that order of trust reversed."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, ChangeKey
from supportdesk_tui.store.events import OutboxChanged, OutboxDropped, OutboxLoaded
from supportdesk_tui.store.kept import FormDraft
from supportdesk_tui.store.state import Draft, OutboxItem, OutboxPhase
from supportdesk_tui.sync import outbox_rules as rules
from supportdesk_tui.sync import words
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rows import NOTHING, Clears


class Book:
    """The changes of one agent that are not settled, and those that were refused."""

    def __init__(self, ledger: Ledger, publish: Callable[..., None], say: words.Say) -> None:
        self._ledger = ledger
        self._publish = publish
        self._say = say
        self._items: dict[ChangeKey, OutboxItem] = {}
        self.agent = AgentId("")
        self.is_read = False
        """What the disk has of this agent is here too."""

    def get(self, key: ChangeKey) -> OutboxItem | None:
        """A change by key."""
        return self._items.get(key)

    def close(self) -> None:
        """Somebody else has the desk: what is still on its way is written down, and not told."""
        self._publish = _nobody

    @property
    def items(self) -> tuple[OutboxItem, ...]:
        """Oldest first."""
        return tuple(self._items.values())

    def load(self, agent: AgentId, now: datetime) -> OutboxLoaded:
        """Read an agent's changes of earlier runs; what was being sent then is unknown now."""
        self.agent = agent
        fresh = [self._woken(item, now) for item in self._ledger.items(agent) if item.key not in self._items]
        every = sorted((*fresh, *self._items.values()), key=lambda item: item.created_at)
        self._items = {item.key: item for item in every}
        self.is_read = True
        return OutboxLoaded(tuple(fresh))

    def _woken(self, item: OutboxItem, now: datetime) -> OutboxItem:
        if item.phase is OutboxPhase.SENDING:
            return replace(item, phase=OutboxPhase.UNKNOWN, reason=self._say(words.UNSURE, {}))
        return self.asking(item) if rules.is_overdue(item, now) else item

    def asking(self, item: OutboxItem) -> OutboxItem:
        """A held change whose time is long gone: it waits for the agent's yes."""
        return replace(item, held_until=None, reason=self._say(words.HELD_TOO_LONG, {}))

    async def add(self, item: OutboxItem, clears: Clears = NOTHING) -> None:
        """A new change: on disk first, then told. StorageError leaves everything as it was."""
        await self.commit(item, clears)
        self.tell(item)

    async def commit(self, item: OutboxItem, clears: Clears = NOTHING) -> None:
        """Write a change to disk."""
        agent = self.agent
        await self._ledger.main.run(lambda: self._ledger.put_item(agent, item, clears))

    def hold(self, item: OutboxItem) -> None:
        """Claim a change in memory, before the disk is asked."""
        self._items[item.key] = item

    def tell(self, item: OutboxItem) -> None:
        """A change has moved on: in memory and in the store."""
        self._items[item.key] = item
        self._publish(OutboxChanged(item))

    async def replace(self, item: OutboxItem) -> None:
        """A change has moved on; where the disk refuses, its older phase there is the more careful one.

        Of one that was refused there is nothing to take back: what waited to do that is dropped.
        """
        self.tell(item)
        with suppress(StorageError):
            await self.commit(item)
            for one in rules.taking_back(self.items, item) if item.phase is OutboxPhase.REFUSED else ():
                await self.drop(one)

    async def drop(self, item: OutboxItem, keeps: Draft | FormDraft | None = None) -> None:
        """Forget a change on disk, then in memory; its words go into a draft in the same transaction."""
        agent = self.agent
        await self._ledger.main.run(lambda: self._ledger.drop_item(agent, item.key, keeps))
        self._items.pop(item.key, None)
        self._publish(OutboxDropped(item.key))

    async def swap(self, old: OutboxItem, new: OutboxItem) -> None:
        """A change is made anew under another key: on disk there is always exactly one of the two.

        One as old as the other keeps its place: what was made after it still goes after it.
        """
        agent = self.agent
        await self._ledger.main.run(lambda: self._ledger.put_item(agent, new, instead_of=old.key))
        kept = [item for item in self._items.values() if item.key != old.key]
        every = sorted((*kept, new), key=lambda item: item.created_at)
        self._items = {item.key: item for item in every}
        self._publish(OutboxDropped(old.key))
        self.tell(new)

    async def finish(self, item: OutboxItem) -> None:
        """A change was sent: nothing of it stays on disk; what the disk keeps against us is verified at the next start."""
        agent = self.agent
        with suppress(StorageError):
            await self._ledger.main.run(lambda: self._ledger.drop_item(agent, item.key))
        self._items.pop(item.key, None)
        self._publish(OutboxChanged(item))


def _nobody(*_: object) -> None:
    """Takes events that nobody at the desk is to see."""
