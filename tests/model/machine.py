"""Any schedule of writing, sending, taking back, breaking, killing and waiting, and what must hold after every step."""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.changes import Note, Reply, SetStatus, Tag, Undo
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.failpoints import armed
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import Draft, DraftMode, OutboxItem, OutboxPhase
from supportdesk_tui.sync.outbox_rules import is_in_question
from tests.model.life import Life, is_stuck
from tests.model.world import FATES, HANG, Disk, HandLoop, Server, Wire, Word, Written, words_of
from tests.sync.fake import HandClock

T = TypeVar("T")
MEMORY = Path("/dev/shm")
TICKETS = (TicketId("t1"), TicketId("t2"))
AT_MOST_LOST_S = 1.0
places = st.integers(0, 3)
tickets = st.sampled_from(TICKETS)


class OutboxMachine(RuleBasedStateMachine):
    """One agent, up to two clients on one folder, one server."""

    keeps_keys: ClassVar[bool] = True
    on_disk: ClassVar[bool] = False
    """Files where fsync is real, and threads of their own; otherwise in memory, and everything in one thread."""
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        is_in_memory = MEMORY.is_dir() and not self.on_disk
        self.folder = Path(tempfile.mkdtemp(prefix="outbox-", dir=MEMORY if is_in_memory else None))
        self.clock = HandClock()
        self.loop = HandLoop(self.clock)
        self.wire = Wire(Server(keeps_keys=self.keeps_keys), asyncio.Event())
        self.disk = Disk(self.folder)
        self.full = ExitStack()
        self.is_full = False
        self.written: dict[Word, Written] = {}
        self.asks: Counter[Word] = Counter()
        """How often the agent asked for a word to be sent although it may have arrived."""
        self.count = 0
        type(self).steps -= 2  # looked at once before the first step and once after the last
        self.lives: list[Life] = []
        self.start()

    def start(self) -> None:
        """A client is started and connects."""

        async def born() -> Life:
            return Life(self.folder, self.clock, self.wire, threads=self.on_disk)

        life = self.run(born())
        self.lives.append(life)
        life.connect()
        self.settle()

    def run(self, job: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(job)

    def call(self, act: Callable[..., None], *values: Any) -> None:
        """Something the client does without waiting, inside its event loop; then everything comes to rest."""

        async def acted() -> None:
            act(*values)

        self.run(acted())
        self.settle()

    def settle(self) -> None:
        for life in self.lives:
            self.run(life.settle())

    def who(self, place: int) -> Life:
        return self.lives[place % len(self.lives)]

    def item(self, place: int) -> tuple[Life, OutboxItem] | None:
        """One of the changes there are, with its client."""
        every = [(life, item) for life in self.lives for item in life.outbox.book.items]
        return every[place % len(every)] if every else None

    def new_word(self, *places: TicketId, is_note: bool) -> str:
        self.count += 1
        word = f"w{self.count}"
        for ticket in places:
            self.written[word, ticket] = Written(is_note, self.clock.ticks)
        return word

    # --- the agent

    @rule(place=places, ticket=tickets, is_note=st.booleans())
    def write(self, place: int, ticket: TicketId, is_note: bool) -> None:
        life = self.who(place)
        draft = life.draft(ticket)
        if draft.is_empty:
            draft = replace(draft, mode=DraftMode.NOTE if is_note else DraftMode.REPLY)
        word = self.new_word(ticket, is_note=draft.mode is DraftMode.NOTE)
        body = f"{draft.body} {word}".strip()
        self.call(life.store.dispatch, DraftChanged(replace(draft, body=body, is_saved=False)))

    @rule(place=places, ticket=tickets)
    def erase(self, place: int, ticket: TicketId) -> None:
        """The agent throws a draft away, with its words wherever they also are."""
        life = self.who(place)
        for word in life.draft(ticket).body.split():
            self.written[word, ticket].is_excused = True
        self.call(life.store.dispatch, DraftChanged(Draft(ticket)))

    @rule(place=places, ticket=tickets, is_note=st.booleans(), hold=st.booleans(), knows_version=st.booleans())
    def send(self, place: int, ticket: TicketId, is_note: bool, hold: bool, knows_version: bool) -> None:
        life = self.who(place)
        if life.draft(ticket).is_empty:
            self.write(place, ticket, is_note)
        draft = life.draft(ticket)
        kind = Note if draft.mode is DraftMode.NOTE else Reply
        expected = self.wire.server.versions[ticket] if knows_version else None
        self.run(life.writes.apply(Apply((ticket,), kind(draft.body), expected, hold=hold, clears_draft=ticket)))
        self.settle()

    @rule(place=places, ticket=tickets, knows_version=st.booleans(), both=st.booleans())
    def change(self, place: int, ticket: TicketId, knows_version: bool, both: bool) -> None:
        """A change without words: of one ticket, with the version it stands at, or of two at once."""
        wanted = TICKETS if both else (ticket,)
        word = self.new_word(*wanted, is_note=True)
        expected = self.wire.server.versions[ticket] if knows_version and not both else None
        effect = Apply(wanted, Tag(add=(word,)) if both else SetStatus(word), expected)
        life = self.who(place)
        self.run(life.writes.apply(effect))
        if not any(word in words_of(item.change) for item in life.outbox.book.items):
            for one in wanted:
                self.written[word, one].is_excused = True
        self.settle()

    @rule(place=places)
    def undo(self, place: int) -> None:
        life = self.who(place)
        if life.state.undo_stack:
            key = life.state.undo_stack[-1]
            known = next((item for item in life.state.outbox if item.key == key), None)
            mine = life.outbox.book.get(key)
            self.run(life.writes.apply(Apply(known.tickets if known else (), Undo(key))))
            self.excuse_taken_back(mine, life)
        self.settle()

    @rule(place=places)
    def take_back(self, place: int) -> None:
        found = self.item(place)
        if found is not None:
            life, item = found
            self.run(life.writes.take_back(item.key))
            self.excuse_taken_back(item, life)
            self.settle()

    def excuse_taken_back(self, item: OutboxItem | None, life: Life) -> None:
        """A change without words is gone when it is taken back, as it was meant to be."""
        if item is not None and life.outbox.book.get(item.key) is None and not isinstance(item.change, Reply | Note):
            for word in words_of(item.change):
                for ticket in item.tickets:
                    self.written[word, ticket].is_excused = True

    @rule(place=places)
    def retry(self, place: int) -> None:
        found = self.item(place)
        if found is not None:
            life, item = found
            if item.phase is OutboxPhase.UNKNOWN:
                self.wire.unsure.discard(item.key)
                self.asks.update((word, ticket) for word in words_of(item.change) for ticket in item.tickets)
            if item.phase is OutboxPhase.HELD and item.held_until is None and item.key in life.held:
                life.held[item.key].is_confirmed = True
            self.run(life.retried(item.key))
            self.settle()

    @rule(place=places)
    def forget(self, place: int) -> None:
        found = self.item(place)
        if found is not None and is_in_question(found[1]):
            life, item = found
            self.run(life.forgotten(item.key))
            if life.outbox.book.get(item.key) is None:
                for word in words_of(item.change):
                    for ticket in item.tickets:
                        self.written[word, ticket].is_excused = True

    # --- the wire and the server

    @rule(place=places, fates=st.lists(st.sampled_from(FATES), max_size=2))
    def work(self, place: int, fates: list[str]) -> None:
        self.wire.script += fates
        self.run(self.who(place).outbox.step())
        self.settle()

    @rule(place=places, fate=st.sampled_from([fate for fate in FATES if fate != HANG] + ["", "", ""]))
    def land(self, place: int, fate: str) -> None:
        """One of the requests on the wire meets its fate: any, so that answers come in any order."""
        if self.wire.flights:
            self.wire.flights[place % len(self.wire.flights)].fate.set_result(fate)
            self.run(asyncio.sleep(0))
            self.settle()

    @rule(place=places, somebody_else=st.booleans(), ticket=tickets)
    def arrive(self, place: int, somebody_else: bool, ticket: TicketId) -> None:
        """What nobody expects: a request that was given up, or a change by another agent."""
        self.wire.arrive(place)
        if somebody_else:
            self.wire.server.versions[ticket] += 1

    @rule(place=places, goes_on=st.booleans())
    def put_back(self, place: int, goes_on: bool) -> None:
        """The server says it was put back to a backup: nothing leaves from here on without the agent's word."""
        life = self.who(place)
        self.run(life.asked_for_each())
        waiting = {item.key for item in life.outbox.book.items if item.phase in {OutboxPhase.HELD, OutboxPhase.QUEUED}}
        sent = len(self.wire.log)
        self.clock.advance(15)
        self.run(life.outbox.step())
        self.settle()
        assert not waiting & {one.key for one in self.wire.log[sent:]}, "sent without the agent's word"
        for item in life.outbox.book.items if goes_on else ():
            if item.phase is OutboxPhase.HELD and item.held_until is None:
                if item.key in life.held:
                    life.held[item.key].is_confirmed = True
                self.run(life.retried(item.key))
        self.settle()

    @rule(place=places, expires=st.booleans())
    def connect(self, place: int, expires: bool) -> None:
        life = self.who(place)
        self.call(life.back)
        life.connect()
        self.wire.server.is_expired = expires

    # --- time, disk and death

    @rule(seconds=st.sampled_from([1, 5, 11, 60, 400]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.settle()

    @rule(seconds=st.sampled_from([5, 300, 700]))
    def sleep(self, seconds: int) -> None:
        self.clock.sleep_through(seconds)

    @rule()
    def fill_or_free_the_disk(self) -> None:
        self.is_full = not self.is_full
        self.full.close()
        if self.is_full:
            self.full.enter_context(armed("database.before_commit=enospc"))

    @rule()
    def start_another_client(self) -> None:
        if len(self.lives) < 2 and not self.is_full:
            self.start()

    @rule(place=places, begins=st.booleans(), turns=st.integers(0, 8), fates=st.lists(st.sampled_from(FATES), max_size=1))
    def kill(self, place: int, begins: bool, turns: int, fates: list[str]) -> None:
        """SIGKILL after any number of turns of the event loop, perhaps in the middle of sending."""
        life = self.who(place)
        self.wire.script += fates

        async def killed() -> None:
            if begins:
                life.spawn("outbox", life.outbox.step)
                for _ in range(turns):
                    await asyncio.sleep(0)
            await life.die()

        self.run(killed())
        self.excuse_unsaved(life)
        self.succeed(life)

    @rule(place=places)
    def quit(self, place: int) -> None:
        life = self.who(place)
        if not self.run(life.leave()):
            self.excuse_unsaved(life)
        self.succeed(life)

    def excuse_unsaved(self, life: Life) -> None:
        """What was typed less than a second ago, or what the desk had said is not saved, may die with the client."""
        for draft in life.state.drafts.values():
            for word in draft.body.split():
                written = self.written[word, draft.ticket]
                is_fresh = self.clock.ticks - written.typed_at < AT_MOST_LOST_S
                written.is_excused |= not draft.is_saved and (is_fresh or draft.is_refused or self.is_full)

    def succeed(self, life: Life) -> None:
        """The last client to go is started again; a full disk is emptied first."""
        self.lives.remove(life)
        if not self.lives:
            if self.is_full:
                self.fill_or_free_the_disk()
            self.start()

    # --- what must hold

    @invariant()
    def promises_are_kept(self) -> None:
        type(self).steps += 1
        self.clock.advance(0.001)
        faults = [fault for life in self.lives for fault in life.faults]
        assert not faults, faults
        copies = self.wire.server.copies()
        self.check_nothing_twice(copies)
        self.check_readers()
        self.check_nothing_lost(copies)

    def check_nothing_twice(self, copies: Counter[Word]) -> None:
        for word, times in copies.items():
            assert word in self.written, f"{word} went to a ticket it was not written for"
            assert times <= (1 if self.keeps_keys else 1 + self.asks[word]), f"{word} was sent {times} times"
        if not self.keeps_keys:
            assert not self.wire.repeats, f"sent again without asking: {self.wire.repeats}"

    def check_readers(self) -> None:
        for row in self.wire.server.rows:
            is_note = self.written[row.word, row.sent.ticket or TicketId("")].is_note
            assert not (is_note and isinstance(row.sent.change, Reply)), f"{row.word} was written for colleagues only"

    def check_nothing_lost(self, copies: Counter[Word]) -> None:
        found = {(word, TicketId(ticket)) for word, ticket in self.kept()}
        lost = [word for word, one in self.written.items() if not one.is_excused and word not in found and not copies[word]]
        assert not lost, lost

    def kept(self) -> set[tuple[str, str]]:
        """Words on the disk, and of drafts that living clients show."""
        found: set[tuple[str, str]] = set()
        for record in self.disk.records():
            if record["record"] == "draft":
                draft = record["draft"]
                found |= {(word, draft["ticket"]) for word in draft["body"].split()}
                continue
            change = record["item"]["change"]
            words = [*change.get("body", "").split(), change.get("status", ""), *change.get("add", ())]
            found |= {(word, ticket) for word in words for ticket in record["item"]["tickets"]}
        for life in self.lives:
            for ticket, shown in life.state.drafts.items():
                found |= {(word, ticket) for word in shown.body.split()}
        return found

    def teardown(self) -> None:
        try:
            self.heal()
        finally:
            self.full.close()
            for life in self.lives:
                self.run(life.die())
            self.disk.close()
            self.loop.close()
            shutil.rmtree(self.folder)

    def heal(self) -> None:
        """Everything works again: whatever does not wait for the agent is sent, and nothing is stuck."""
        self.full.close()
        self.wire.script.clear()
        while self.wire.flights:
            self.land(0, "lost")
        for _ in range(8):
            for life in self.lives:
                self.call(life.back)
                life.connect()
            self.clock.advance(70)
            for life in self.lives:
                for _ in range(4):
                    self.run(life.outbox.step())
                    self.settle()
        stuck = [one for life in self.lives for one in is_stuck(life)]
        assert not stuck, stuck
        self.promises_are_kept()
