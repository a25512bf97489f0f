"""What is true whatever the client believes: time, the server's table, the wire to it, and what the agent wrote.

Nothing here asks the client's code. A text is a row of words, and every word is unlike every other, so that each can be
found again wherever it went: in the table of the server, in a file, in a draft.
"""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Applied, Change, Note, Outcome, Reply, SetStatus, Tag, Undo
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    BadPayload,
    Conflict,
    NotFound,
    RateLimited,
    Refused,
    SignInNeeded,
    Unreachable,
)
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from tests import make
from tests.sync.fake import FakeBackend, FakeServer, HandClock

Word: TypeAlias = tuple[str, TicketId]
"""A word and the ticket it was written for."""
HANG = "hang"
"""The request is on the wire until somebody says what becomes of it."""
NO_EFFECT = ("cut", "unreachable", "busy", "refuse", "denied")
FATES = (*NO_EFFECT, "lost", "garbled", "twice", "late", HANG)
"""What can happen to a request instead of an answer: nothing done (first five), done or not and nobody told (the others)."""


_ERRORS: dict[str, BackendError] = {
    "cut": Ambiguous("apply", "cut on the way"),
    "lost": Ambiguous("apply", "cut before the answer"),
    "late": Ambiguous("apply", "no answer in time"),
    "garbled": BadPayload("apply", path="$", expected="JSON"),
    "unreachable": Unreachable("apply", "no route"),
    "busy": RateLimited("apply", "slow down", after_s=2),
    "refuse": Refused("apply", "not allowed here"),
    "denied": SignInNeeded("apply", "expired"),
}


def words_of(change: Change) -> list[str]:
    """The words in a change."""
    match change:
        case Reply(body=body) | Note(body=body):
            return body.split()
        case SetStatus(status=status):
            return [status]
        case Tag(add=tags):
            return list(tags)
        case _:
            return []


@dataclass(frozen=True, slots=True)
class Sent:
    """One transmission of one change for one ticket, as the wire saw it."""

    key: ChangeKey
    ticket: TicketId | None
    change: Change
    expected: int | None = None


@dataclass(slots=True, eq=False)
class Flight:
    """A request nobody has answered yet."""

    sent: Sent
    task: "asyncio.Task[Any] | None"
    fate: "asyncio.Future[str]"


@dataclass(slots=True)
class Row:
    """One row of the server's table."""

    sent: Sent
    word: str


class Server:
    """A ticket server: with keys it does nothing twice, without them it does what it is told."""

    def __init__(self, *, keeps_keys: bool) -> None:
        self.keeps_keys = keeps_keys
        self.rows: list[Row] = []
        self.versions: Counter[TicketId] = Counter()
        self.answers: dict[tuple[ChangeKey, TicketId | None], Applied] = {}
        self.is_expired = False

    def do(self, sent: Sent) -> Applied:
        """Carry a request out, or refuse it."""
        known = self.answers.get((sent.key, sent.ticket))
        if known is not None and self.keeps_keys:
            return known
        ticket = sent.ticket or TicketId("")
        if sent.expected is not None and sent.expected != self.versions[ticket]:
            raise Conflict("apply", "somebody changed it since")
        if isinstance(sent.change, Undo) and not any(key == sent.change.key for key, _ in self.answers):
            raise NotFound("apply", "no change with that key")
        self.versions[ticket] += 1
        self.rows += [Row(sent, word) for word in words_of(sent.change)]
        applied = Applied(sent.key, sent.ticket, self.versions[ticket], says="done")
        self.answers[sent.key, sent.ticket] = applied
        return applied

    def find(self, sent: Sent) -> Applied | None:
        """What became of a change: by its key, or by its words where keys are not kept."""
        if self.keeps_keys or isinstance(sent.change, Undo):
            return self.answers.get((sent.key, sent.ticket))
        there = {(row.word, row.sent.ticket) for row in self.rows}
        is_there = all((word, sent.ticket) in there for word in words_of(sent.change))
        return Applied(sent.key, sent.ticket, None, says="found") if is_there else None

    def copies(self) -> Counter[Word]:
        """How often each word stands in the table."""
        return Counter((row.word, row.sent.ticket or TicketId("")) for row in self.rows)


@dataclass(slots=True)
class Wire:
    """Between clients and server: what goes over it, and what goes wrong on it."""

    server: Server
    news: "asyncio.Event"
    script: list[str] = field(default_factory=list)
    flights: list[Flight] = field(default_factory=list)
    late: list[Sent] = field(default_factory=list)
    """Given up by the client, still on their way."""
    log: list[Sent] = field(default_factory=list)
    told: set[ChangeKey] = field(default_factory=set)
    """Keys whose success some client was told."""
    unsure: set[ChangeKey] = field(default_factory=set)
    """Keys of transmissions whose outcome no client can know, and nobody has asked to repeat."""
    refused: set[ChangeKey] = field(default_factory=set)
    """Keys the server said no to: an older copy of one that is still on its way does not overtake that answer."""
    repeats: list[ChangeKey] = field(default_factory=list)
    """Transmissions of an unsure key."""

    async def carry(self, sent: Sent) -> Applied:
        """One request, and what comes of it."""
        self.log.append(sent)
        if sent.key in self.unsure:
            self.repeats.append(sent.key)
        self.unsure.add(sent.key)
        fate = self.script.pop(0) if self.script else ""
        if fate == HANG:
            flight = Flight(sent, asyncio.current_task(), asyncio.get_running_loop().create_future())
            self.flights.append(flight)
            self.news.set()
            try:
                fate = await flight.fate
            except asyncio.CancelledError:
                self.late.append(sent)
                raise
            finally:
                self.flights.remove(flight)
        await asyncio.sleep(0)
        return self.land(sent, fate)

    def land(self, sent: Sent, fate: str) -> Applied:
        """What becomes of a request."""
        if self.server.is_expired:
            self.unsure.discard(sent.key)
            raise SignInNeeded("apply", "expired")
        if fate in NO_EFFECT and fate != "cut":
            self.unsure.discard(sent.key)
        if fate in {"lost", "garbled"}:
            self._try(sent)
        if fate == "refuse":
            self.refused.add(sent.key)
        if fate == "late":
            self.late.append(sent)
        if fate in _ERRORS:
            raise _ERRORS[fate]
        return self._answered(sent, twice=fate == "twice" and self.server.keeps_keys)

    def _answered(self, sent: Sent, *, twice: bool) -> Applied:
        self.unsure.discard(sent.key)
        try:
            applied = self.server.do(sent)
        except (Conflict, NotFound):
            self.refused.add(sent.key)
            raise
        if twice:
            applied = self.server.do(sent)
        self.told.add(sent.key)
        return applied

    def _try(self, sent: Sent) -> None:
        try:
            self.server.do(sent)
        except (Conflict, NotFound):
            return

    def arrive(self, place: int) -> None:
        """One that everybody had given up reaches the server."""
        if self.late:
            sent = self.late.pop(place % len(self.late))
            if sent.key not in self.refused:
                self._try(sent)


class WireBackend(FakeBackend):
    """A client's end of the wire."""

    def __init__(self, wire: Wire) -> None:
        lacking = frozenset() if wire.server.keeps_keys else frozenset({Capability.IDEMPOTENCY})
        super().__init__(FakeServer(), make.session(capabilities=frozenset(Capability) - lacking))
        self.wire = wire

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None = None) -> Applied:
        return await self.wire.carry(Sent(key, ticket, change, expected))

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncIterator[Outcome]:
        """One request a ticket, as adapters without a bulk call do it: a cut can leave some done."""
        for place, ticket in enumerate(tickets):
            if place:
                self.wire.unsure.discard(key)
            try:
                applied = await self.wire.carry(Sent(key, ticket, change))
            except (Conflict, NotFound, Refused) as error:
                yield Outcome(ticket, False, str(error.reason))
            else:
                yield Outcome(ticket, True, version=applied.version)

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        await asyncio.sleep(0)
        fate = self.wire.script.pop(0) if self.wire.script else ""
        if fate in {"unreachable", "busy", "denied"}:
            self.wire.land(Sent(ChangeKey("look"), ticket, change), fate)
        if fate in {"cut", "lost", "late"}:
            raise Ambiguous("find", "cut")
        applied = self.wire.server.find(Sent(key, ticket, change))
        if applied is not None:
            self.wire.told.add(key)
            self.wire.unsure.discard(key)
        return applied


class HandLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers follow the clock that is moved by hand."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__()
        self._clock = clock

    def time(self) -> float:
        return self._clock.ticks


class Disk:
    """Reads the client's files with a connection of its own, only when they have changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, tuple[int, list[dict[str, Any]]]] = {}
        self._open: dict[Path, sqlite3.Connection] = {}

    def records(self) -> list[dict[str, Any]]:
        """Every item and draft in every slot."""
        found: list[dict[str, Any]] = []
        for path in self._folder.glob("outbox-*.db"):
            db = self._open.get(path) or self._open.setdefault(path, sqlite3.connect(path, isolation_level=None))
            (version,) = db.execute("PRAGMA data_version").fetchone()
            known = self._seen.get(path)
            if known is None or known[0] != version:
                rows = db.execute("SELECT frame FROM items UNION ALL SELECT frame FROM drafts").fetchall()
                known = self._seen[path] = (version, [json.loads(frame[15:]) for (frame,) in rows])
            found += known[1]
        return found

    def close(self) -> None:
        for db in self._open.values():
            db.close()


@dataclass(slots=True)
class Written:
    """A word as the agent meant it."""

    is_note: bool
    typed_at: float
    is_excused: bool = False
    """Erased, forgotten or taken back by the agent, or typed less than a second before a kill."""


@dataclass(slots=True)
class Held:
    """A change that can still be taken back."""

    until: datetime
    is_confirmed: bool = False

    def may_go(self, now: datetime) -> bool:
        return self.is_confirmed or timedelta() <= now - self.until <= timedelta(minutes=10)
