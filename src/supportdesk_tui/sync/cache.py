"""The client's copy of the tickets: first paint, scrolling and offline work come from here.

One file per profile and agent, used from one thread of its own. Whoever fills it from outside (a benchmark, a test):

    cache = Cache(path); cache.open()
    cache.last.save_session(session, directory); cache.last.save_views(views)
    cache.put_tickets_now(rows)          # any number, in one transaction
    cache.last.set_complete(mark)        # the copy is whole up to this mark of the feed
    cache.window_now(Ask(views[0].query, "", Asker(agent.id, agent.teams, now)), 0, 80)    # counts are kept for the start
    cache.close()
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import FeedMark, TicketId
from supportdesk_tui.domain.ticket import LIVE_PHASES, TicketSummary
from supportdesk_tui.failpoints import failpoint
from supportdesk_tui.sync import codec, rows, windows
from supportdesk_tui.sync.conversations import CONVERSATIONS, KEPT_FOR, Conversations
from supportdesk_tui.sync.database import Database, Schema
from supportdesk_tui.sync.last_known import LastKnown
from supportdesk_tui.sync.windows import Ask, Memo, Window

T = TypeVar("T")
_PIECE = 50
"""Rows made between two breaths of the loop: about two milliseconds."""
_SCHEMA = Schema(
    steps=(rows.SCHEMA + "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);" + CONVERSATIONS,),
    pragmas=(
        "journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON", "cache_size = -256",
        "temp_store = MEMORY",
    ),
)  # fmt: skip


class Cache:
    """Tickets, conversations and the last known session of one agent."""

    def __init__(self, path: Path | None, kept_for: timedelta = KEPT_FOR) -> None:
        """`path` None keeps nothing on disk; a conversation is kept for `kept_for` after it was opened last."""
        self.set_aside: list[Path] = []
        """Where broken files went; who tells the agent clears it."""
        self._db = Database(path, _SCHEMA, self.set_aside.append)
        self._memo = Memo()
        self.conversations = Conversations(self._db, kept_for)
        self.last = LastKnown(self._db)

    def open(self) -> None:
        """Open the file; quick, because the first paint waits for it."""
        self._db.open()

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._db.is_open

    def close(self) -> None:
        """Close the file; the counts known by now make the next start quicker."""
        with suppress(StorageError):
            self._db.finish(lambda: windows.save_counts(self._db, self._memo))
        self._db.close()

    def purge(self) -> None:
        """Forget everything (logout)."""
        self._memo.forget()
        self._db.purge()

    # --- windows

    async def window(self, ask: Ask, start: int, n: int) -> Window:
        """Rows `start` to `start + n` of a query; a start beyond the end moves back to show the last ones."""
        return await self._db.run(lambda: self.window_now(ask, start, n))

    def window_now(self, ask: Ask, start: int, n: int) -> Window:
        """`window` in this thread: for the first paint, before the event loop runs."""
        with self._sound():
            return windows.window(self._db, ask, start, n, self._memo)

    async def count(self, ask: Ask) -> int:
        """How many tickets a query has; remembered until a ticket changes."""
        return await self._db.run(lambda: windows.count(self._db, ask, self._memo))

    async def index_of(self, ask: Ask, ticket: TicketId) -> int | None:
        """Where a ticket stands in a query's order; None when it is not in it."""
        return await self._db.run(lambda: windows.index_of(self._db, ask, ticket, self._memo))

    async def ids(self, ask: Ask, limit: int) -> list[TicketId]:
        """The first ids of a query, in order."""
        return await self._db.run(lambda: windows.ids(self._db, ask, limit))

    # --- tickets

    async def get_tickets(self, tickets: Sequence[TicketId]) -> dict[TicketId, TicketSummary]:
        """Rows by id; unknown ids are left out."""
        sql = f"SELECT id, row FROM tickets WHERE id IN ({', '.join('?' * len(tickets))})"
        found = await self._select(sql, tuple(tickets))
        known: dict[TicketId, TicketSummary] = {}
        with self._sound():
            for start in range(0, len(found), _PIECE):
                if start:
                    await asyncio.sleep(0)
                known |= {TicketId(one): codec.unpack_row(blob) for one, blob in found[start : start + _PIECE]}
        return known

    async def numbered(self, number: str) -> TicketId | None:
        """The ticket with a case number, or with these digits at the end of its own; None when it is not the only one."""
        ending = "substr(number, -length(?2) - 1) = '-' || ?2"
        sql = f"SELECT id, row FROM tickets WHERE number = ?1 COLLATE NOCASE OR {ending} LIMIT 2"
        found = await self._select(sql, (number, number.zfill(6)))
        return TicketId(found[0][0]) if len(found) == 1 else None

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """A copy with a wrong row in it is not one to go on with: it is set aside, and read anew."""
        try:
            yield
        except codec.DamagedRowError:
            self._memo.forget()
            self._db.give_up()
            raise

    async def _select(self, sql: str, values: tuple[object, ...]) -> list[tuple[str, bytes]]:
        def job() -> list[tuple[str, bytes]]:
            with self._db.use() as db:
                return db.execute(sql, values).fetchall()

        return await self._db.run(job)

    async def put_tickets(self, summaries: Iterable[TicketSummary], mark: FeedMark | None = None) -> None:
        """Take in rows, and the feed mark they lead up to, in one transaction; older versions are ignored."""
        taken = tuple(summaries)
        await self._db.run(lambda: self.put_tickets_now(taken, mark))

    def put_tickets_now(self, summaries: Iterable[TicketSummary], mark: FeedMark | None = None) -> None:
        """`put_tickets` in this thread."""
        failpoint("cache.before_put")
        with self._db.use(write=True) as db:
            gen = int((db.execute("SELECT value FROM meta WHERE name = 'gen'").fetchone() or (0,))[0])
            db.executemany(rows.PUT, (rows.to_columns(row, gen) for row in summaries))
            if mark is not None:
                db.execute("UPDATE meta SET value = ? WHERE name = 'mark'", (mark.encode(),))
                db.execute(rows.REACHED, (mark.encode(),))
            db.execute(windows.CHANGED)

    # --- the state of the copy

    async def begin_copy(self) -> None:
        """A whole copy starts: the mark is void until it is done."""

        def job() -> None:
            with self._db.use(write=True) as db:
                db.execute("DELETE FROM meta WHERE name = 'mark'")
                db.execute("INSERT INTO meta VALUES ('gen', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1")

        await self._db.run(job)

    async def end_copy(self, mark: FeedMark | None, oldest: datetime | None = None) -> None:
        """The copy is done: live tickets it did not meet are gone from the server's lists, so they go here too.

        `oldest` is given for a copy of the newest tickets only: those created before it are kept as they are.
        """

        def job() -> None:
            live = ", ".join(str(rows.PHASES[phase]) for phase in LIVE_PHASES)
            with self._db.use(write=True) as db:
                sql = f"DELETE FROM tickets WHERE phase IN ({live}) AND gen < (SELECT value FROM meta WHERE name = 'gen')"
                if oldest is None:
                    db.execute(sql)
                else:
                    db.execute(f"{sql} AND created <= ?", (-rows.micros(oldest),))
                db.execute(windows.CHANGED)
            failpoint("cache.copied")
            self.last.set_complete(mark, is_part=oldest is not None)

        await self._db.run(job)

    async def run(self, job: Callable[[], T]) -> T:
        """Do one of the plain methods in the cache's own thread."""
        return await self._db.run(job)
