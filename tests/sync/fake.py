"""A small ticket server behind the port, with a script of what goes wrong, and a clock that is moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.changes import Applied, Change, Note, Outcome, Reply
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.directory import Article, Directory, MacroText
from supportdesk_tui.domain.errors import Ambiguous, BackendError, NotFound, Unsupported
from supportdesk_tui.domain.feed import Activity, Heard, Notice
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, Cursor, CustomerId, EntryId, FeedMark, TicketId
from supportdesk_tui.domain.people import CustomerContext
from supportdesk_tui.domain.queue import Page, QueueQuery, View, matches
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.store.events import Event, OutboxChanged, OutboxDropped
from supportdesk_tui.store.state import OutboxItem
from supportdesk_tui.sync.clock import SystemClock
from supportdesk_tui.text.safe import SafeText
from tests import make


class HandClock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.wall = make.NOW
        self.ticks = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def advance(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.ticks += seconds

    def sleep_through(self, seconds: float) -> None:
        """The machine was asleep: only the wall clock has moved."""
        self.wall += timedelta(seconds=seconds)


class LeapClock(SystemClock):
    """The time of this machine, until it is later."""

    later_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.later_s)

    def monotonic(self) -> float:
        return super().monotonic() + self.later_s


@dataclass(frozen=True, slots=True)
class Done:
    """One change in the server's table."""

    key: ChangeKey
    ticket: TicketId | None
    change: Change


@dataclass
class FakeServer:
    """What survives a client: the table of what was done, and the tickets."""

    done: list[Done] = field(default_factory=list)
    tickets: dict[TicketId, TicketSummary] = field(default_factory=dict)
    keeps_keys: bool = True
    script: list[Exception | str] = field(default_factory=list)
    """What the next writes meet: an error before anything is done, `cut` on the way, `lost` after it was done."""

    def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey) -> Applied:
        known = next((one for one in self.done if one.key == key and one.ticket == ticket), None)
        if known is None or not self.keeps_keys:
            self.done.append(Done(key, ticket, change))
        return Applied(key, ticket, None, says="done")


class FakeBackend:
    """One agent's connection to a `FakeServer`."""

    def __init__(self, server: FakeServer, session: Session | None = None) -> None:
        self.server = server
        self.session = session or make.session()
        self.notices: asyncio.Queue[Notice | BackendError] = asyncio.Queue()
        self.gate: asyncio.Event | None = None
        """Writes wait for it, when there is one."""
        self.attended: list[tuple[TicketId | None, Activity]] = []
        self.asked: list[str] = []
        self.is_closed = False
        self.notices.put_nowait(Heard())

    async def open(self) -> Session:
        return self.session

    async def get_directory(self) -> Directory:
        return make.directory()

    async def list_views(self) -> list[View]:
        return [make.view()]

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        self.asked.append("list")
        teams = self.session.agent.teams
        rows = [
            row
            for row in sorted(self.server.tickets.values(), key=lambda row: row.id)
            if matches(query, row, me=make.ME, my_teams=teams, now=make.NOW) and query.text in row.subject
        ]
        start = int(after or 0)
        end = start + 10
        return Page(tuple(rows[start:end]), Cursor(str(end)) if end < len(rows) else None, len(rows))

    async def get_ticket(self, ticket: TicketId) -> Ticket:
        for row in self.server.tickets.values():
            if ticket in {row.id, row.number}:
                return Ticket(row)
        raise NotFound("ticket", "no such ticket")

    async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
        return Page((make.entry(1), make.entry(2)), None)

    async def get_customer(self, customer: CustomerId) -> CustomerContext:
        raise NotFound("customer", "unknown customer")

    async def search_articles(self, text: str, locale: str | None) -> list[Article]:
        return []

    async def read_macro(self, ticket: TicketId, macro: str) -> MacroText:
        raise Unsupported("macros")

    async def read_attachment(self, attachment: Attachment) -> AsyncIterator[bytes]:
        yield b"first "
        yield b"second"

    async def write_attachment(self, file: LocalFile) -> AttachmentId:
        raise NotFound("upload")

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None = None) -> Applied:
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        fate = self.server.script.pop(0) if self.server.script else ""
        if isinstance(fate, Exception):
            raise fate
        if fate == "cut":
            raise Ambiguous("apply", "cut before the server read it")
        applied = self.server.apply(ticket, change, key)
        if fate == "lost":
            raise Ambiguous("apply", "cut before the answer")
        return applied

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncIterator[Outcome]:
        for ticket in tickets:
            if self.server.script and self.server.script.pop(0) == "cut":
                raise Ambiguous("apply", "cut before the server read it")
            if ticket in self.server.tickets:
                self.server.apply(ticket, change, key)
                yield Outcome(ticket, True)
            else:
                yield Outcome(ticket, False, "no such ticket")

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        self.asked.append("find")
        await asyncio.sleep(0)
        found = any(one.key == key and one.ticket == ticket for one in self.server.done)
        return Applied(key, ticket, None, says="found") if found else None

    async def reveal(self, ticket: TicketId, entry: EntryId, reason: str) -> SafeText:
        return next(one.body for one in (await self.list_entries(ticket, None)).items if one.id == entry)

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        self.attended.append((ticket, activity))

    async def feed(self, since: FeedMark | None) -> AsyncIterator[Notice]:
        while True:
            notice = await self.notices.get()
            if isinstance(notice, BackendError):
                raise notice
            yield notice

    async def close(self) -> None:
        self.is_closed = True


class Board:
    """Takes outbox events as a store would, and runs jobs without a guard."""

    def __init__(self) -> None:
        self.items: dict[ChangeKey, OutboxItem] = {}
        self.sign_ins = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def publish(self, *events: Event) -> None:
        for event in events:
            if isinstance(event, OutboxChanged):
                self.items[event.item.key] = event.item
            elif isinstance(event, OutboxDropped):
                self.items.pop(event.key, None)

    def spawn(self, _: str, job: Callable[[], Coroutine[Any, Any, None]]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(job())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def sign_in(self) -> None:
        self.sign_ins += 1

    async def rest(self) -> None:
        """Until nothing is being worked on."""
        while self.tasks:
            await asyncio.wait(set(self.tasks))


def words_of(done: Done) -> str:
    """What was said, with who reads it."""
    assert isinstance(done.change, Reply | Note)
    return f"{type(done.change).__name__}:{done.change.body}"


async def until(claim: Callable[[], object], limit_s: float = 40.0) -> None:
    """Wait for a claim to come true; fails by deadline, never by chance."""
    async with asyncio.timeout(limit_s):
        while not claim():  # noqa: ASYNC110  # any claim about any object can be waited for
            await asyncio.sleep(0.005)


def held(n: int, clock: HandClock, body: str = "We are looking.", seconds: float = 10.0) -> OutboxItem:
    """A reply that can still be taken back."""
    from supportdesk_tui.store.state import OutboxPhase

    item = make.outbox_item(n, OutboxPhase.HELD, change=Reply(body), created_at=clock.now())
    return replace(item, held_until=clock.now() + timedelta(seconds=seconds))
