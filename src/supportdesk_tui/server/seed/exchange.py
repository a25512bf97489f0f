"""Harbor Exchange, out of one number: the same seed and time give the same desk, at three hundred tickets or a hundred thousand."""

import contextlib
import gc
import hashlib
import random
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, insert

from supportdesk_tui.server.floor.people import Customer
from supportdesk_tui.server.http.tokens import hash_password
from supportdesk_tui.server.seed.agents import AGENTS
from supportdesk_tui.server.seed.articles import ARTICLES
from supportdesk_tui.server.seed.cases import SMALL, Case, CaseMaker
from supportdesk_tui.server.seed.customers import make_customer
from supportdesk_tui.server.seed.files import FILES
from supportdesk_tui.server.seed.hostile import EDGES
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.engine import checkpoint, connect_to_write
from supportdesk_tui.server.storage.log import Event, Patch, log_row, texts_of
from supportdesk_tui.server.storage.search import index_texts

LANGUAGES = {"zh": 38, "en": 31, "ru": 7, "es": 7, "ja": 5, "ko": 5, "fr": 3, "vi": 2, "tr": 2}
BATCH = 2_000
DAY_MS = 86_400_000


def seed_database(engine: Engine, *, tickets: int, seed: int, now: datetime, password: str = "") -> None:
    """Fill an empty database; `password` lets every agent sign in with it, none when it is empty.

    Customers come before their tickets in the log but are written last: only then does their account show what was told.
    """
    rng = random.Random(seed)
    at = int(now.timestamp() * 1000)
    with _undisturbed(), connect_to_write(engine) as connection, connection.begin():
        log = _LogWriter(connection, at)
        log.write(_agent_event(log.next_seq(), at, one) for one in AGENTS)
        people = _customers(rng, tickets, at)
        joined = [log.next_seq() for _ in people]
        maker = CaseMaker(rng, people, tickets, at)
        for cases in _batches(maker.cases(), BATCH):
            log.write_cases(cases)
        for batch in _batches(zip(joined, people, strict=True), BATCH):
            log.write(_customer_event(seq, at, one) for seq, one in batch)
        _files(connection)
        _articles(connection, rng, at)
        if password:
            _credentials(connection, rng, password)
    checkpoint(engine)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """No search for garbage while only rows are made: among a hundred thousand tickets it takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _LogWriter:
    """Writes events and their projections many rows at a time; what the log says is exactly what the tables get."""

    def __init__(self, connection: Connection, at: int) -> None:
        self.connection = connection
        self.at = at
        self._seq = 0

    def next_seq(self) -> int:
        """The number of the next event."""
        self._seq += 1
        return self._seq

    def write(self, happened: Iterable[Event]) -> None:
        """Append events and insert every row they bring."""
        batch = list(happened)
        self._insert(tables.events, [log_row(one) for one in batch])
        for name, table in tables.PROJECTIONS.items():
            self._insert(table, [row for one in batch for row in one.after.get(name, {}).values() if row is not None])
        index_texts(self.connection, (found for one in batch for found in texts_of(one)))

    def write_cases(self, cases: list[Case]) -> None:
        """Append what opened these cases, and the rows derived from them."""
        self.write(_case_event(self.next_seq(), one) for one in cases)
        self._insert(tables.ticket_tags, [{"tag": tag, "n": one.ticket.n} for one in cases for tag in set(one.ticket.tags)])
        self._insert(
            tables.ticket_watchers, [{"agent": who, "n": one.ticket.n} for one in cases for who in one.ticket.watchers]
        )

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.connection.execute(insert(table), rows)


def _case_event(seq: int, case: Case) -> Event:
    ticket = msgspec.structs.asdict(case.ticket)
    event = Event(
        seq=seq,
        at=case.ticket.updated_at,
        actor=None,
        kind="seeded",
        ticket=case.ticket.id,
        says=f"{case.ticket.customer_name} wrote",
    )
    event.before["tickets"], event.after["tickets"] = {case.ticket.id: None}, {case.ticket.id: ticket}
    for name, rows in (("entries", case.entries), ("promises", case.promises)):
        if rows:
            event.before[name] = {one.id: None for one in rows}
            event.after[name] = {one.id: msgspec.structs.asdict(one) for one in rows}
    if case.links:
        event.before["links"] = {one["id"]: None for one in case.links}
        event.after["links"] = {one["id"]: dict(one) for one in case.links}
    return event


def _agent_event(seq: int, at: int, agent: msgspec.Struct) -> Event:
    row = msgspec.structs.asdict(agent)
    return Event(
        seq=seq,
        at=at,
        actor=None,
        kind="agent.joined",
        ticket=None,
        before={"agents": {row["id"]: None}},
        after={"agents": {row["id"]: row}},
    )


def _customer_event(seq: int, at: int, customer: Customer) -> Event:
    row = msgspec.structs.asdict(customer)
    rows: dict[str, Patch | None] = {customer.id: row}
    return Event(
        seq=seq,
        at=at,
        actor=None,
        kind="customer.joined",
        ticket=None,
        before={"customers": {customer.id: None}},
        after={"customers": rows},
    )


def _customers(rng: random.Random, tickets: int, at: int) -> list[Customer]:
    count = max(60, min(20_000, tickets * 2 // 3 if tickets <= SMALL else tickets // 4))
    edges = [make_customer(rng, n, edge.language, at, edge) for n, edge in enumerate(EDGES, 1)]
    all_of_them = sum(LANGUAGES.values())
    spoken = [code for code, share in LANGUAGES.items() for _ in range(-(-count * share // all_of_them))][:count]
    others = [make_customer(rng, len(EDGES) + n, code, at) for n, code in enumerate(spoken, 1)]
    return edges + others


def _articles(connection: Connection, rng: random.Random, at: int) -> None:
    rows = []
    for n, article in enumerate(ARTICLES, 1):
        reviewed = at - rng.randrange(5, 260) * DAY_MS
        for language, (title, body) in (("en", article.en), ("zh", article.zh)):
            rows.append(
                {
                    "id": f"kb{n:03d}-{language}",
                    "language": language,
                    "title": title,
                    "body": body,
                    "reviewed_at": reviewed,
                    "review_due_at": reviewed + 180 * DAY_MS,
                }
            )
    connection.execute(insert(tables.articles), rows)


def _files(connection: Connection) -> None:
    rows = [
        {
            "id": one.id, "name": one.name, "media_type": one.media_type, "size": len(one.content),
            "ticket": None, "agent": "", "content": one.content,
        }
        for one in FILES.values()
    ]  # fmt: skip
    connection.execute(insert(tables.attachments), rows)


def _credentials(connection: Connection, rng: random.Random, password: str) -> None:
    salt = hashlib.sha256(rng.randbytes(32)).digest()[:16]
    hashed = hash_password(password, salt)
    connection.execute(insert(tables.credentials), [{"agent": one.id, "salt": salt, "hash": hashed} for one in AGENTS])


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
