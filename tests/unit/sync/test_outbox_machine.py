"""Any schedule of typing, sending, taking back, losing, killing and waiting keeps the promises of the outbox."""

import asyncio
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.errors import Conflict, RateLimited, SignInNeeded, Unreachable
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store.state import OutboxItem, OutboxPhase
from supportdesk_tui.sync.outbox import Hooks, Outbox
from supportdesk_tui.sync.outbox_db import Ledger
from tests import make
from tests.sync.fake import Board, FakeBackend, FakeServer, HandClock, words_of

MEMORY = Path("/dev/shm")
"""Where fsync costs nothing; the schedules are what counts here."""
TICKETS = ("t1", "t2")
FATES: list[Any] = [
    "lost",
    "cut",
    Unreachable("apply", "no route"),
    Conflict("apply", "changed since"),
    RateLimited("apply", "slow", after_s=2),
    SignInNeeded("apply", "expired"),
]


class OutboxMachine(RuleBasedStateMachine):
    """The model is the set of texts an agent has written, each with its ticket and its reader."""

    keeps_keys = True

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="outbox-", dir=MEMORY if MEMORY.is_dir() else None))
        self.clock = HandClock()
        self.server = FakeServer(keeps_keys=self.keeps_keys)
        self.meant: dict[str, tuple[str, str]] = {}
        """Text → (ticket, kind)."""
        self.allowed: Counter[str] = Counter()
        """How often a text may be sent: once, or never when it was taken back."""
        self.count = 0
        self.start()

    def start(self) -> None:
        self.board = Board()
        self.ledger = Ledger(self.folder)
        self.ledger.open()
        self.outbox = Outbox(self.ledger, self.clock, Hooks(self.board.publish, self.board.spawn, self.board.sign_in))
        self.board.items = {item.key: item for item in self.outbox.load(make.ME).items}
        lacking = frozenset() if self.keeps_keys else frozenset({Capability.IDEMPOTENCY})
        self.backend = FakeBackend(self.server, make.session(capabilities=frozenset(Capability) - lacking))

    def run(self, job: Any) -> Any:
        return self.loop.run_until_complete(job)

    def open_keys(self) -> list[ChangeKey]:
        return [item.key for item in self.outbox.book.items]

    @initialize()
    def begin_connected(self) -> None:
        self.outbox.connect(self.backend, self.backend.session)

    @rule(ticket=st.sampled_from(TICKETS), is_note=st.booleans(), hold=st.booleans())
    def send(self, ticket: str, is_note: bool, hold: bool) -> None:
        self.count += 1
        text = f"text {self.count}"
        change = Note(text) if is_note else Reply(text)
        item = OutboxItem(
            key=ChangeKey(f"key{self.count}"),
            tickets=(TicketId(ticket),),
            change=change,
            phase=OutboxPhase.HELD if hold else OutboxPhase.QUEUED,
            created_at=self.clock.now() + timedelta(microseconds=self.count),
        )
        self.meant[text] = (ticket, type(change).__name__)
        self.allowed[text] += 1
        self.run(self.outbox.add(replace(item, held_until=self.clock.now() + timedelta(seconds=10) if hold else None)))

    @rule(fate=st.sampled_from(FATES))
    def something_will_go_wrong(self, fate: Any) -> None:
        self.server.script.append(fate)

    @rule()
    def work(self) -> None:
        async def work() -> None:
            await self.outbox.step()
            await self.board.rest()

        self.run(work())

    @rule(seconds=st.sampled_from([1, 5, 11, 400, 1200]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule()
    def connect(self) -> None:
        self.outbox.connect(self.backend, self.backend.session)

    @rule(place=st.integers(0, 5))
    def take_back(self, place: int) -> None:
        keys = self.open_keys()
        if keys:
            item = self.outbox.book.get(keys[place % len(keys)])
            assert item is not None
            drafts = {draft.ticket: draft for draft in self.ledger.drafts(make.ME)}
            taken = self.run(self.outbox.take_back(item.key, drafts.get(item.tickets[0])))
            if taken is not None:
                assert isinstance(item.change, Reply | Note)
                assert item.change.body in taken.body
                self.allowed[item.change.body] -= 1

    @rule(place=st.integers(0, 5))
    def retry(self, place: int) -> None:
        keys = self.open_keys()
        if keys:
            key = keys[place % len(keys)]
            self.run(self.outbox.retry(key))

    @rule()
    def kill_and_restart(self) -> None:
        async def kill() -> None:
            await self.outbox.step()
            await asyncio.sleep(0)
            for task in list(self.board.tasks):
                task.cancel()
            await asyncio.gather(*self.board.tasks, return_exceptions=True)

        self.run(kill())
        self.ledger.close()
        self.start()

    @invariant()
    def nothing_is_sent_twice_or_to_the_wrong_place(self) -> None:
        sent = Counter(words_of(one).partition(":")[2] for one in self.server.done)
        for text, times in sent.items():
            assert times <= self.allowed[text], f"{text} was sent {times} times"
        for one in self.server.done:
            kind, _, text = words_of(one).partition(":")
            assert self.meant[text] == (one.ticket, kind)

    @invariant()
    def nothing_is_lost(self) -> None:
        sent = {words_of(one).partition(":")[2] for one in self.server.done}
        waiting = {item.change.body for item in self.ledger.items(make.ME) if isinstance(item.change, Reply | Note)}
        drafts = "\n\n".join(draft.body for draft in self.ledger.drafts(make.ME)).split("\n\n")
        lost = set(self.meant) - sent - waiting - set(drafts)
        assert not lost, lost

    @invariant()
    def drafts_of_notes_are_never_public(self) -> None:
        for draft in self.ledger.drafts(make.ME):
            kinds = {self.meant[text][1] for text in draft.body.split("\n\n") if text in self.meant}
            assert draft.mode.value == "note" or kinds == {"Reply"}

    def teardown(self) -> None:
        self.ledger.close()
        self.loop.close()
        shutil.rmtree(self.folder)


class KeylessOutboxMachine(OutboxMachine):
    """The same promises where the server does not know our keys."""

    keeps_keys = False


LIMITS = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
OutboxMachine.TestCase.settings = LIMITS
KeylessOutboxMachine.TestCase.settings = LIMITS
TestWithKeys = OutboxMachine.TestCase
TestWithoutKeys = KeylessOutboxMachine.TestCase
