"""Every write on its way: held → queued → sending → sent, refused or unknown; on disk before each step.

The rules that keep a change from being lost or doubled:
- `queued` is on disk before anybody is told, `sending` before the first byte, and both survive a crash.
- What was `sending` when the process died, or when the answer was lost, is `unknown`: it is looked for on the server first.
  Where the server knows our keys it is then sent again with the same key; elsewhere only when the agent says so.
  Until the server has answered it stays unknown and is not taken back: an older copy of it may still be on its way.
- Changes of one ticket go in the order they were made; a held one lets only undo and marks pass.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, ChangeKey, TicketId
from supportdesk_tui.failpoints import failpoint
from supportdesk_tui.store.events import OutboxLoaded
from supportdesk_tui.store.kept import FormDraft
from supportdesk_tui.store.state import Draft, OutboxItem, OutboxPhase
from supportdesk_tui.sync import outbox_rules as rules
from supportdesk_tui.sync import words
from supportdesk_tui.sync.clock import Clock
from supportdesk_tui.sync.common import Spawn
from supportdesk_tui.sync.outbox_book import Book
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rows import NOTHING, Clears
from supportdesk_tui.sync.sending import Sender, Verdict, new_key

PARALLEL = 4
LOST_S = 60.0
"""A server that is gone for the feed too is not tried sooner: the feed says when it is back, and whether it is as it was."""
_SETTLED = frozenset({OutboxPhase.SENT, OutboxPhase.REFUSED})
_STILL_OURS = frozenset({OutboxPhase.HELD, OutboxPhase.QUEUED, OutboxPhase.REFUSED})


class Hooks(Struct):
    """What the outbox needs of its surroundings."""

    publish: Callable[..., None]
    """Takes events."""
    spawn: Spawn
    sign_in_needed: Callable[[], None]
    say: words.Say = words.plainly
    is_lost: Callable[[], bool] = lambda: False
    """Whether the feed has lost the server too."""


class Outbox:
    """Sends the changes of one agent."""

    def __init__(self, ledger: Ledger, clock: Clock, hooks: Hooks) -> None:
        self._clock = clock
        self._hooks = hooks
        self._ledger = ledger
        self.book = Book(ledger, hooks.publish, hooks.say)
        self._not_before: dict[ChangeKey, float] = {}
        self._all_not_before = 0.0
        self._asked: set[ChangeKey] = set()
        """Unknown ones the agent wants sent if they did not arrive."""
        self._looked: set[ChangeKey] = set()
        """Unknown ones that were looked for in vain and wait for the agent."""
        self._asks_after: dict[ChangeKey, str] = {}
        """Being sent or looked for when everything was told to wait: why they do too, if they have not arrived."""
        self._tasks: dict[ChangeKey, asyncio.Task[None]] = {}
        self._leaving: set[ChangeKey] = set()
        """Being taken back or forgotten: neither it nor what waits behind it is sent meanwhile."""
        self._wake = asyncio.Event()
        self._sender: Sender | None = None

    # --- start and stop

    def load(self, agent: AgentId) -> OutboxLoaded:
        """Read an agent's changes of earlier runs; those of one who had the desk before stay theirs, and begin no more."""
        if self.book.agent not in {"", agent}:
            self.pause()
            self.book.close()
            self.book = Book(self._ledger, self._hooks.publish, self._hooks.say)
        loaded = self.book.load(agent, self._clock.now())
        for item in loaded.items:
            self._not_before |= rules.count_down(item, self._clock)
        self._wake.set()
        return loaded

    def connect(self, backend: Backend, session: Session) -> None:
        """Send from now on through this backend."""
        keeps_keys = Capability.IDEMPOTENCY in session.capabilities
        self._sender = Sender(backend, keeps_keys, session.agent.id, self._hooks.say)
        self.kick()

    def pause(self) -> None:
        """Begin nothing new; what is on its way goes on."""
        self._sender = None

    def kick(self) -> None:
        """The server is there again, or time has moved: waiting for it to come back is over."""
        held = {item.key for item in self.book.items if item.phase is OutboxPhase.HELD}
        self._not_before = {key: at for key, at in self._not_before.items() if key in held}
        self._wake.set()

    async def run(self) -> None:
        """Send what is due, for ever; sleeps until the next deadline or news."""
        while True:
            self._wake.clear()
            await self.step()
            delay = rules.next_delay(self.book.items, self._moment())
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._wake.wait()

    async def step(self) -> None:
        """Begin everything that is due now."""
        for key in [item.key for item in self.book.items if item.phase is OutboxPhase.HELD]:
            item = self.book.get(key)
            if item is None or self._is_busy(key):
                continue
            self._not_before = rules.count_down(item, self._clock) | self._not_before
            is_overdue = rules.is_overdue(item, self._clock.now())
            moved = self.book.asking(item) if is_overdue else rules.dated(item, self._clock, self._not_before)
            if moved is not item:
                await self.book.replace(moved)
        moment = self._moment()
        if self._sender is None:
            return
        room = PARALLEL - len(self._tasks)
        for item in rules.ready(self.book.items, moment)[: max(room, 0)]:
            task = self._hooks.spawn("outbox", partial(self._work, item, self._sender, self.book))
            self._tasks[item.key] = task
            task.add_done_callback(partial(_finished, self._tasks, item.key, self._wake))

    def _moment(self) -> rules.Moment:
        now, not_before = self._clock.monotonic(), self._not_before
        if self._all_not_before > now:
            not_before = {item.key: max(self._all_not_before, not_before.get(item.key, 0.0)) for item in self.book.items}
        return rules.Moment(self._clock.now(), now, not_before, {*self._tasks, *self._looked, *self._leaving})

    async def close(self, wait_s: float = 1.0) -> None:
        """Give what is being sent a moment; what does not finish is verified at the next start."""
        self.pause()
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=wait_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # --- what the agent asks for

    async def add(self, item: OutboxItem, clears: Clears = NOTHING) -> None:
        """Take a change: on disk first, then told. StorageError leaves everything as it was."""
        self._not_before |= rules.count_down(item, self._clock)
        await self.book.add(item, clears)
        self._wake.set()

    async def put_in_place(self, item: OutboxItem, of: ChangeKey) -> bool:
        """Take a change in the place of one that waits for the agent's word; False when that one does not wait any more."""
        old = await _written(book := self.book, self._tasks, of, _STILL_OURS)
        if old is None or self._is_busy(of) or not rules.is_in_question(old):
            return False
        with apart(self._leaving, self._wake, old.key):
            await book.swap(old, replace(item, created_at=old.created_at))
        return True

    async def take_back(self, key: ChangeKey, draft: Draft | None, form: FormDraft | None = None) -> Draft | None:
        """Take back a change that has not begun to be sent, or was refused; None when it is too late.

        Its words are in front of those of `draft` in what comes back; a change without words gives an empty draft, and where
        they were typed into a form they are kept as `form`.
        """
        item = await _written(book := self.book, self._tasks, key, _STILL_OURS)
        if item is None or self._is_busy(key) or item.phase not in _STILL_OURS:
            return None
        restored = rules.restored_draft(item, draft)
        with apart(self._leaving, self._wake, key):
            await book.drop(item, restored or form)
        return restored or Draft(item.tickets[0] if item.tickets else TicketId(""))

    async def retry(self, key: ChangeKey) -> None:
        """Send a refused change once more as it is now, look for an unknown one, or release one that waits for a yes."""
        item = await _written(book := self.book, self._tasks, key)
        if item is None or self._is_busy(key):
            return
        self._not_before.pop(key, None)
        if item.phase is OutboxPhase.UNKNOWN:
            self._asked.add(key)
            self._looked.discard(key)
        elif item.phase is OutboxPhase.REFUSED or (rules.is_in_question(item) and item.attempts):
            again = replace(item, phase=OutboxPhase.QUEUED, reason="", expected=None, attempts=0, settled_at=None)
            again = replace(again, outcomes=(), rest_of=None)
            made_at = self._clock.now() if item.phase is OutboxPhase.REFUSED else item.created_at
            with apart(self._leaving, self._wake, key):
                await book.swap(item, replace(again, key=new_key(), held_until=None, created_at=made_at))
        elif item.phase is OutboxPhase.HELD and item.held_until is None:
            await book.replace(replace(item, phase=OutboxPhase.QUEUED, reason=""))
        self._wake.set()

    async def wait_for_word(self, key: ChangeKey, reason: str) -> None:
        """Keep a change until the agent says what now; too late once it is being sent."""
        item = self.book.get(key)
        if item is None or self._is_busy(key) or not rules.is_leaving(item):
            return
        self._not_before.pop(key, None)
        await self.book.replace(replace(item, phase=OutboxPhase.HELD, held_until=None, reason=reason))

    def ask_for_each(self, reason: str) -> int:
        """Let everything that waits to be sent or looked for wait for the agent's word; how many there are.

        At once in memory, so that nothing can begin to leave, and as soon as may be on the disk; what is on its way follows.
        """
        asked = [item for item in self.book.items if rules.is_worth_asking(item)]
        for item in asked:
            if self._is_busy(item.key):
                self._asks_after[item.key] = reason
                continue
            waiting = self._told_to_wait(item, reason)
            self.book.tell(waiting)
            self._hooks.spawn("outbox", partial(self.book.commit, waiting))
        return len(asked)

    def _told_to_wait(self, item: OutboxItem, reason: str = "") -> OutboxItem:
        reason = reason or self._asks_after.pop(item.key, "")
        if not reason:
            return item
        if item.phase is OutboxPhase.UNKNOWN:
            self._looked.add(item.key)
            self._asked.discard(item.key)
        return rules.asking(item, reason)

    async def forget(self, key: ChangeKey) -> None:
        """Drop a change that was refused, is unknown, or waits for the agent's word."""
        item = await _written(book := self.book, self._tasks, key)
        if item is not None and not self._is_busy(key) and rules.is_in_question(item):
            with apart(self._leaving, self._wake, key):
                await book.drop(item)

    def _is_busy(self, key: ChangeKey) -> bool:
        return key in self._tasks or key in self._leaving

    # --- one change

    async def _work(self, item: OutboxItem, sender: Sender, book: Book) -> None:
        """Bring one change a step further; whatever breaks, a change that was being sent ends as unknown."""
        is_settled, again = False, item
        try:
            left = OutboxPhase.UNKNOWN if item.phase is OutboxPhase.UNKNOWN else OutboxPhase.QUEUED
            verdict = await sender.look_first(item) if item.phase is not OutboxPhase.UNKNOWN else None
            if item.phase is OutboxPhase.UNKNOWN:
                verdict = await sender.look_for(replace(item, attempts=item.attempts + 1), asked=item.key in self._asked)
            if verdict is None or verdict.repeats:
                tried = item if verdict is None else replace(verdict.item, attempts=item.attempts)
                sending = replace(tried, phase=OutboxPhase.SENDING, held_until=None, attempts=item.attempts + 1, reason="")
                again = replace(tried, phase=left, held_until=None)
                verdict = Verdict(again)
                if item.key not in self._asks_after:
                    book.hold(sending)
                    await book.commit(sending)
                    book.tell(sending)
                if item.key not in self._asks_after:  # while it was read for and written down, too
                    again = replace(sending, phase=OutboxPhase.UNKNOWN, reason=self._hooks.say(words.UNSURE, {}))
                    failpoint("outbox.before_send")
                    verdict = await sender.send(sending, left)
                    failpoint("outbox.after_send")
            await self._settle(replace(verdict, item=self._told_to_wait(verdict.item)), book)
            is_settled = True
        except StorageError as error:
            again = replace(again, reason=again.reason or self._hooks.say(words.DISK_REFUSED, {"reason": str(error)}))
        finally:
            if not is_settled:
                self._not_before[item.key] = self._clock.monotonic() + 5
                book.tell(self._told_to_wait(again))

    async def _settle(self, verdict: Verdict, book: Book) -> None:
        """Write down what an attempt came to, then tell; for the agent it was begun for, whoever has the desk by now."""
        item, now = verdict.item, self._clock.monotonic()
        if verdict.wait_s:
            is_lost = verdict.is_unreached and self._hooks.is_lost()
            self._not_before[item.key] = now + (max(verdict.wait_s, LOST_S) if is_lost else verdict.wait_s)
        if verdict.wait_all_s:
            self._all_not_before = now + verdict.wait_all_s
        if verdict.asks:
            self._looked.add(item.key)
        if verdict.asks or item.phase in _SETTLED:
            self._asked.discard(item.key)
        if verdict.also is not None:
            await book.add(replace(verdict.also, settled_at=self._clock.now()))
        if item.phase in _SETTLED:
            item = replace(item, settled_at=self._clock.now())
        if item.phase is OutboxPhase.SENT:
            await book.finish(item)
            followers = rules.follow_version(book.items, item, verdict.version) if verdict.version is not None else []
            for later in followers:
                await book.replace(later)
        else:
            await book.replace(item)
        if verdict.sign_in and book is self.book:
            self.pause()
            self._hooks.sign_in_needed()


async def _written(
    book: Book,
    tasks: Mapping[ChangeKey, "asyncio.Task[None]"],
    key: ChangeKey,
    phases: Collection[OutboxPhase] = frozenset(OutboxPhase),
) -> OutboxItem | None:
    """A change; one that came back, as the agent has been told already, once that is on the disk too.

    One in another phase than `phases` is not waited for: the server may be asked about it, and that can take long.
    """
    item, task = book.get(key), tasks.get(key)
    if item is not None and task is not None and item.phase in phases and rules.is_in_question(item):
        await asyncio.wait({task})
    return book.get(key)


@contextmanager
def apart(leaving: set[ChangeKey], wake: asyncio.Event, key: ChangeKey) -> Iterator[None]:
    """While a change is taken away or replaced, neither it nor what waits behind it is sent."""
    leaving.add(key)
    try:
        yield
    finally:
        leaving.discard(key)
        wake.set()


def _finished(
    tasks: "dict[ChangeKey, asyncio.Task[None]]", key: ChangeKey, wake: asyncio.Event, _: "asyncio.Task[None]"
) -> None:
    tasks.pop(key, None)
    wake.set()
