"""One life of a client: the real store, drafts, outbox and files, on a clock and a wire that are moved by hand."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from supportdesk_tui.domain.changes import MarkRead, Undo, Watch
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store.events import SignedIn
from supportdesk_tui.store.state import DeskState, Draft, OutboxItem, OutboxPhase
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.common import Common, Options
from supportdesk_tui.sync.drafts import Drafts
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.writes import Writes
from tests import make
from tests.model.world import Held, Wire, WireBackend
from tests.sync.fake import HandClock

T = TypeVar("T")
P = ParamSpec("P")
HELD, QUEUED, SENDING = OutboxPhase.HELD, OutboxPhase.QUEUED, OutboxPhase.SENDING
SENT, REFUSED, UNKNOWN = OutboxPhase.SENT, OutboxPhase.REFUSED, OutboxPhase.UNKNOWN
EDGES: frozenset[tuple[OutboxPhase | None, OutboxPhase]] = frozenset(
    {
        (None, HELD), (None, QUEUED), (None, REFUSED), (None, UNKNOWN),
        (HELD, HELD), (HELD, SENDING), (HELD, QUEUED),
        (QUEUED, QUEUED), (QUEUED, SENDING), (QUEUED, HELD),
        (SENDING, SENT), (SENDING, REFUSED), (SENDING, UNKNOWN), (SENDING, QUEUED), (SENDING, HELD),
        (UNKNOWN, UNKNOWN), (UNKNOWN, SENT), (UNKNOWN, SENDING),
    }
)  # fmt: skip
"""How a change may move: SENDING to HELD when somebody else spoke first, QUEUED to HELD when the server was put back to a
backup; QUEUED to QUEUED when the disk was full."""
OPEN = frozenset({HELD, QUEUED, SENDING, UNKNOWN})


class HereAndNow(ThreadPoolExecutor):
    """Does the work of a thread in the caller's, so that a schedule happens the same way every time."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except (StorageError, OSError) as error:
            done.set_exception(error)
        return done


class Life:
    """From the start of a process to its end; the folder, the clock and the wire outlive it."""

    def __init__(self, folder: Path, clock: HandClock, wire: Wire, *, threads: bool) -> None:
        self.clock, self.wire = clock, wire
        self.tasks: set[asyncio.Task[None]] = set()
        self.held: dict[ChangeKey, Held] = {}
        self.faults: list[str] = []
        self.store = Store()
        self.common = Common(self.store, Cache(None), clock=clock, options=Options(hold_s=10))
        self.ledger = Ledger(folder)
        self.ledger.open()
        if not threads:
            self.ledger.main._pool = HereAndNow(1)
        self.drafts = Drafts(self.store, self.ledger, self.spawn)
        self.backend = WireBackend(wire)
        self.writes = Writes(self.common, self.ledger, self.drafts, self.spawn, lambda: None)
        self.outbox = self.writes.outbox
        self.store.dispatch(SignedIn(self.backend.session, make.directory()))
        self._known: dict[ChangeKey, OutboxItem] = {}
        self._outbox: tuple[OutboxItem, ...] = ()
        self.store.subscribe(self._watch)
        self.load()

    @property
    def state(self) -> DeskState:
        return self.store.state

    def load(self) -> None:
        """What the engine does when an agent is known, or a dead client's file was taken over."""
        self.store.dispatch(self.drafts.load(make.ME), self.outbox.load(make.ME))

    def back(self) -> None:
        """What the engine does when the server is heard again."""
        if self.ledger.adopt():
            self.load()
        self.outbox.kick()

    def connect(self) -> None:
        self.wire.server.is_expired = False
        self.outbox.connect(self.backend, self.backend.session)

    def spawn(self, _: str, job: Callable[[], Coroutine[Any, Any, None]]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(self._guarded(job))
        self.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def _guarded(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with suppress(StorageError):
            await job()

    def _done(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        self.wire.news.set()

    async def settle(self) -> None:
        """Until everything that was begun is done or waits for the wire."""
        for _ in range(2):
            await asyncio.sleep(0)
        while self.tasks - {flight.task for flight in self.wire.flights if flight.task}:
            self.wire.news.clear()
            await self.wire.news.wait()

    # --- what is watched

    def _watch(self, state: DeskState) -> None:
        """Every step of every change is an allowed one, and `sent` was said by the server."""
        if state.outbox is self._outbox:
            return
        self._outbox = state.outbox
        for item in state.outbox:
            before = self._known.get(item.key)
            if before is not item:
                self._known[item.key] = item
                self._check_step(before, item)

    def _check_step(self, before: OutboxItem | None, item: OutboxItem) -> None:
        edge = (before.phase if before else None, item.phase)
        if edge not in EDGES and not (edge == (None, SENT) and item.key in self.wire.told):
            self.faults.append(f"{item.key}: {edge[0]} to {edge[1]}")
        if item.phase is SENT and item.key not in self.wire.told:
            self.faults.append(f"{item.key} is said to be sent before the server said so")
        if item.phase is HELD and item.held_until is not None and item.key not in self.held:
            self.held[item.key] = Held(item.held_until)
        if item.phase is SENDING and before is not None and before.phase is HELD:
            self._check_hold(item.key)
        if item.phase is SENDING:
            self._check_order(item)

    def _check_hold(self, key: ChangeKey) -> None:
        held = self.held.get(key)
        if held is None or not held.may_go(self.clock.now()):
            self.faults.append(f"{key} left its hold at the wrong time")

    def _check_order(self, item: OutboxItem) -> None:
        """Nothing older on the same ticket is still to be sent, except what is held, which undo and marks may pass."""
        for older in self.outbox.book.items:
            if older.created_at >= item.created_at or older.phase not in OPEN:
                continue
            may_pass = older.phase is HELD and isinstance(item.change, Undo | MarkRead | Watch)
            if set(older.tickets) & set(item.tickets) and not may_pass:
                self.faults.append(f"{item.key} overtakes {older.key}")

    def phases(self) -> dict[ChangeKey, OutboxPhase]:
        return {item.key: item.phase for item in self.outbox.book.items}

    def draft(self, ticket: TicketId) -> Draft:
        return self.state.draft(ticket) or Draft(ticket)

    async def retried(self, key: ChangeKey) -> None:
        with suppress(StorageError):
            await self.outbox.retry(key)

    async def asked_for_each(self) -> None:
        self.outbox.ask_for_each("put back")

    async def forgotten(self, key: ChangeKey) -> None:
        with suppress(StorageError):
            await self.outbox.forget(key)

    # --- the end

    async def leave(self) -> bool:
        """The agent quits: False when the disk would not take the drafts."""
        is_saved = self.drafts.flush()
        await self._cancel()
        self.drafts.close()
        self.ledger.close()
        return is_saved

    async def die(self) -> None:
        """SIGKILL: nothing that was begun goes on, nothing is saved, the lock is gone."""
        await self._cancel()
        self.ledger.close()

    async def _cancel(self) -> None:
        if self.drafts._timer is not None:
            self.drafts._timer.cancel()
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def is_stuck(life: Life) -> list[str]:
    """Changes that neither move nor wait for the agent, once nothing is in their way: at the head of their ticket."""
    seen: set[TicketId] = set()
    stuck: list[str] = []
    for item in life.outbox.book.items:
        if item.phase not in OPEN:
            continue
        waits = item.phase is HELD and item.held_until is None
        waits = waits or (item.phase is UNKNOWN and (not life.wire.server.keeps_keys or item.key in life.outbox._looked))
        if not waits and not seen & set(item.tickets) and not _waits_for_another(item, life):
            stuck.append(f"{item.key} {item.phase} {item.reason}")
        seen |= set(item.tickets)
    return stuck


def _waits_for_another(item: OutboxItem, life: Life) -> bool:
    return isinstance(item.change, Undo) and item.change.key in life.phases()
