"""Opened tickets in the cache: detail, entries and customer as they were last seen, the least used dropped first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import Cursor, TicketId
from supportdesk_tui.domain.people import CustomerContext
from supportdesk_tui.domain.ticket import Ticket
from supportdesk_tui.sync import codec
from supportdesk_tui.sync.database import Database

CONVERSATIONS = """
CREATE TABLE conversations (ticket TEXT PRIMARY KEY, detail BLOB, entries BLOB, customer BLOB, used REAL NOT NULL);
CREATE INDEX conversations_used ON conversations (used);
"""
T = TypeVar("T")
KEPT = 2_000
KEPT_FOR = timedelta(days=7)
"""How long what nobody opens is kept, where the agent says nothing else."""
PART_LIMIT = 4_000_000
"""Bytes of one part; what is larger is not kept."""


class Entries(Struct, frozen=True):
    """A run of entries up to the newest one."""

    entries: tuple[Entry, ...]
    older: Cursor | None
    as_of: datetime
    seen_seq: int = 0
    """Newest entry an agent has had on this screen."""
    bad_items: int = 0
    """Entries that could not be read and are missing from the run."""


class Detail(Struct, frozen=True):
    """A ticket as it was."""

    ticket: Ticket
    as_of: datetime


class Asking(Struct, frozen=True):
    """A customer as they were."""

    customer: CustomerContext
    as_of: datetime


class Conversation(Struct, frozen=True):
    """What the cache has of one ticket."""

    detail: Detail | None = None
    entries: Entries | None = None
    customer: Asking | None = None


class Conversations:
    """The conversation table."""

    def __init__(self, db: Database, kept_for: timedelta = KEPT_FOR) -> None:
        self._db = db
        self._kept_for = kept_for

    async def get(self, ticket: TicketId, now: datetime) -> Conversation:
        """What is known of a ticket; damaged parts count as unknown."""

        def job() -> Conversation:
            with self._db.use() as db:
                sql = "SELECT detail, entries, customer FROM conversations WHERE ticket = ?"
                found = db.execute(sql, (ticket,)).fetchone()
            if found is None:
                return Conversation()
            with self._db.use(write=True) as db:
                db.execute("UPDATE conversations SET used = ? WHERE ticket = ?", (now.timestamp(), ticket))
            return Conversation(_part(Detail, found[0]), _part(Entries, found[1]), _part(Asking, found[2]))

        return await self._db.run(job)

    async def put(self, ticket: TicketId, part: Detail | Entries | Asking, now: datetime) -> None:
        """Keep one part of a ticket, and drop what has not been looked at for long."""
        column = {Detail: "detail", Entries: "entries", Asking: "customer"}[type(part)]
        blob: bytes | None = codec.dump(part)
        if blob is not None and len(blob) > PART_LIMIT:
            blob = None

        def job() -> None:
            sql = (
                f"INSERT INTO conversations (ticket, {column}, used) VALUES (?, ?, ?) "
                f"ON CONFLICT (ticket) DO UPDATE SET {column} = excluded.{column}, used = excluded.used"
            )
            oldest = "SELECT used FROM conversations ORDER BY used DESC LIMIT 1 OFFSET ?"
            with self._db.use(write=True) as db:
                db.execute(sql, (ticket, blob, now.timestamp()))
                limit = db.execute(oldest, (KEPT,)).fetchone()
                since = max((now - self._kept_for).timestamp(), limit[0] if limit else 0)
                db.execute("DELETE FROM conversations WHERE used <= ?", (since,))

        await self._db.run(job)

    async def append(self, ticket: TicketId, added: Sequence[Entry], now: datetime) -> None:
        """Entries the feed brought, for a ticket that is kept already."""

        def job() -> None:
            with self._db.use() as db:
                found = db.execute("SELECT entries FROM conversations WHERE ticket = ?", (ticket,)).fetchone()
            kept = _part(Entries, found[0]) if found else None
            if kept is None:
                return
            by_id = {entry.id: entry for entry in (*kept.entries, *added)}
            entries = tuple(sorted(by_id.values(), key=lambda entry: entry.seq))
            blob = codec.dump(replace(kept, entries=entries, as_of=now))
            with self._db.use(write=True) as db:
                values = (blob if len(blob) <= PART_LIMIT else None, ticket)
                db.execute("UPDATE conversations SET entries = ? WHERE ticket = ?", values)

        await self._db.run(job)


def _part(kind: type[T], blob: bytes | None) -> T | None:
    try:
        return codec.load(kind, blob) if blob else None
    except StorageError:
        return None
