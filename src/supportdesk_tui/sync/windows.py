"""Reading the ticket table by query: windows, counts and places, without ever holding all rows."""

from array import array

from msgspec import Struct, field, json

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.sync import codec, rows
from supportdesk_tui.sync.database import Database
from supportdesk_tui.sync.rows import Asker

CHANGED = "INSERT INTO meta VALUES ('changes', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
"""Every transaction that touches tickets ends with this; counts are remembered until then."""
_KEPT = 64


class Ask(Struct, frozen=True):
    """What a window shows: query, filter, and who asks when."""

    query: QueueQuery
    filter: str
    asker: Asker

    def key(self) -> str:
        """The same for questions with the same count."""
        return json.encode([codec.query_key(self.query), self.filter, self.asker.me, sorted(self.asker.teams)]).decode()


class Window(Struct, frozen=True):
    """Rows of a query, and where in its whole order they stand."""

    rows: tuple[TicketSummary, ...]
    start: int
    total: int


class Memo(Struct):
    """What was counted and found last, and for which state of the table."""

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Key → (changes, count)."""
    found_for: tuple[str, str, int] | None = None
    found: "array[int]" = field(default_factory=lambda: array("q"))
    """Row numbers of the last question with words in it, in order."""

    def forget(self) -> None:
        """Start afresh."""
        self.counts.clear()
        self.found_for = None


def count(db: Database, ask: Ask, memo: Memo) -> int:
    """How many tickets a query has."""
    where = rows.condition(ask.query, ask.filter, ask.asker)
    if where.reads_text:
        return len(_found(db, ask, where, memo))
    changes, key = _changes(db), ask.key()
    known = memo.counts.get(key) or _saved_count(db, key)
    if known is not None and known[0] == changes and ask.query.due_within is None:
        memo.counts[key] = known
        return known[1]
    index, _ = rows.ORDERED_BY[ask.query.sort]
    sql = f"SELECT count(*) FROM tickets INDEXED BY {index} WHERE {where.text}"
    with db.use() as connection:
        total = int(connection.execute(sql, where.values).fetchone()[0])
    if len(memo.counts) >= _KEPT:
        memo.counts.clear()
    memo.counts[key] = (changes, total)
    return total


def window(db: Database, ask: Ask, start: int, n: int, memo: Memo) -> Window:
    """Rows `start` to `start + n`; a start beyond the end moves back to show the last ones."""
    where = rows.condition(ask.query, ask.filter, ask.asker)
    total = count(db, ask, memo)
    start = max(0, min(start, total - n))
    if where.reads_text:
        chosen = _found(db, ask, where, memo)[start : start + n]
        sql = "SELECT t.row FROM json_each(?) AS j CROSS JOIN tickets AS t ON t.rowid = j.value ORDER BY j.key"
        values: tuple[object, ...] = (json.encode(list(chosen)).decode(),)
    else:
        index, order = rows.ORDERED_BY[ask.query.sort]
        inner = f"SELECT rowid AS r FROM tickets INDEXED BY {index} WHERE {where.text} ORDER BY {order} LIMIT ? OFFSET ?"
        sql = f"SELECT row FROM ({inner}) CROSS JOIN tickets ON tickets.rowid = r"
        values = (*where.values, n, start)
    with db.use() as connection:
        blobs = connection.execute(sql, values).fetchall()
    return Window(tuple(codec.unpack_row(blob) for (blob,) in blobs), start, total)


def index_of(db: Database, ask: Ask, ticket: TicketId, memo: Memo) -> int | None:
    """Where a ticket stands in a query's order; None when it is not in it."""
    where = rows.condition(ask.query, ask.filter, ask.asker)
    index, order = rows.ORDERED_BY[ask.query.sort]
    with db.use() as connection:
        sql = f"SELECT rowid, {order} FROM tickets WHERE id = ? AND {where.text}"
        own = connection.execute(sql, (ticket, *where.values)).fetchone()
        if own is None:
            return None
        if where.reads_text:
            found = _found(db, ask, where, memo)
            return found.index(own[0]) if own[0] in found else None
        marks = ", ".join("?" * (len(own) - 1))
        sql = f"SELECT count(*) FROM tickets INDEXED BY {index} WHERE {where.text} AND ({order}) < ({marks})"
        return int(connection.execute(sql, (*where.values, *own[1:])).fetchone()[0])


def ids(db: Database, ask: Ask, limit: int) -> list[TicketId]:
    """The first ids of a query, in order."""
    where = rows.condition(ask.query, ask.filter, ask.asker)
    index, order = rows.ORDERED_BY[ask.query.sort]
    sql = f"SELECT id FROM tickets INDEXED BY {index} WHERE {where.text} ORDER BY {order} LIMIT ?"
    with db.use() as connection:
        return [TicketId(one) for (one,) in connection.execute(sql, (*where.values, limit))]


def save_counts(db: Database, memo: Memo) -> None:
    """Write the counts that still hold next to the tickets, for the next start."""
    changes = _changes(db)
    with db.use(write=True) as connection:
        connection.execute("DELETE FROM meta WHERE name LIKE 'count:%'")
        holding = [(f"count:{key}", json.encode(known).decode()) for key, known in memo.counts.items() if known[0] == changes]
        connection.executemany("INSERT INTO meta VALUES (?, ?)", holding)


def _saved_count(db: Database, key: str) -> tuple[int, int] | None:
    with db.use() as connection:
        found = connection.execute("SELECT value FROM meta WHERE name = ?", (f"count:{key}",)).fetchone()
    if found is None:
        return None
    changes, total = codec.load(tuple[int, int], found[0])
    return changes, total


def _changes(db: Database) -> int:
    with db.use() as connection:
        found = connection.execute("SELECT value FROM meta WHERE name = 'changes'").fetchone()
    return int(found[0]) if found else 0


def _found(db: Database, ask: Ask, where: rows.Condition, memo: Memo) -> "array[int]":
    """Row numbers of a question with words in it: one pass over the text index, remembered until a ticket changes."""
    key = (ask.key(), ask.query.sort.value, _changes(db))
    if memo.found_for != key or ask.query.due_within is not None:
        _, order = rows.ORDERED_BY[ask.query.sort]
        sql = f"SELECT rowid FROM tickets INDEXED BY by_text WHERE {where.text} ORDER BY {order}"
        with db.use() as connection:
            memo.found = array("q", (one for (one,) in connection.execute(sql, where.values)))
        memo.found_for = key
    return memo.found
