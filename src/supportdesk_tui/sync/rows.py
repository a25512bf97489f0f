"""The ticket table of the cache: its columns, its indexes, and a queue query as SQL."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field

from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.queue import MY_TEAMS, Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Phase, Priority, TicketSummary
from supportdesk_tui.sync.codec import pack_row

NEVER = 2**62
"""Sort key of a ticket without a running clock."""
PHASES = {phase: number for number, phase in enumerate(Phase)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TAG_END = "\x1f"

COLUMNS = (
    "id", "number", "phase", "status", "owner", "team", "channel", "lang", "category", "priority", "due",
    "unread", "watched", "promises", "updated", "created", "version", "tags", "hay", "gen", "row",
)  # fmt: skip
"""`due` is NEVER when nothing runs; `updated` and `created` are negative, so that every order ascends."""

_COVERED = "phase, owner, team, priority, channel, lang, category, status, unread, watched, promises"
_ORDERS = {
    SortKey.CLOCK: "due, id",
    SortKey.UPDATED: "updated, id",
    SortKey.CREATED: "created, id",
    SortKey.PRIORITY: "priority, due, id",
}

SCHEMA = f"""
CREATE TABLE tickets (
    id TEXT PRIMARY KEY, number TEXT NOT NULL, phase INTEGER NOT NULL, status TEXT NOT NULL, owner TEXT, team TEXT,
    channel TEXT NOT NULL, lang TEXT NOT NULL, category TEXT NOT NULL, priority INTEGER NOT NULL, due INTEGER NOT NULL,
    unread INTEGER NOT NULL, watched INTEGER NOT NULL, promises INTEGER NOT NULL, updated INTEGER NOT NULL,
    created INTEGER NOT NULL, version INTEGER NOT NULL, tags TEXT NOT NULL, hay TEXT NOT NULL, gen INTEGER NOT NULL,
    row BLOB NOT NULL
);
CREATE INDEX by_clock ON tickets (due, id, {_COVERED});
CREATE INDEX by_updated ON tickets (updated, id, {_COVERED}, due);
CREATE INDEX by_created ON tickets (created, id, {_COVERED}, due);
CREATE INDEX by_priority ON tickets (priority, due, id, {_COVERED.replace("priority, ", "")});
CREATE INDEX by_text ON tickets (hay, tags, {_COVERED}, due, updated, created, id);
"""

REACHED = "INSERT INTO meta VALUES ('reached', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
"""What of the feed was heard last."""
PUT = (
    f"INSERT INTO tickets ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    + " WHERE excluded.version >= version OR gen < excluded.gen"
)
"""An older version never replaces a newer one, except the first time after a resync began."""

ORDERED_BY = {
    SortKey.CLOCK: ("by_clock", _ORDERS[SortKey.CLOCK]),
    SortKey.UPDATED: ("by_updated", _ORDERS[SortKey.UPDATED]),
    SortKey.CREATED: ("by_created", _ORDERS[SortKey.CREATED]),
    SortKey.PRIORITY: ("by_priority", _ORDERS[SortKey.PRIORITY]),
}


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def due_of(row: TicketSummary) -> int:
    """When the clock runs out; NEVER when it is paused or there is none."""
    clock = row.clock
    return NEVER if clock.due_at is None or clock.paused else micros(clock.due_at)


def to_columns(row: TicketSummary, gen: int) -> tuple[object, ...]:
    """A row as the values of COLUMNS."""
    return (
        row.id, row.number, PHASES[row.status.phase], row.status.name, row.owner, row.team, row.channel.value, row.language,
        row.category, int(row.priority), due_of(row), row.unread, row.watched, row.open_promises, -micros(row.updated_at),
        -micros(row.created_at), row.version, f"{_TAG_END}{_TAG_END.join(row.tags)}{_TAG_END}" if row.tags else "",
        folded(f"{row.number}\n{row.subject}\n{row.customer_name}"), gen, pack_row(row),
    )  # fmt: skip


def folded(text: str) -> str:
    """Text as filters compare it: without case."""
    return text.casefold()


class Asker(Struct, frozen=True):
    """Who asks and when: what `me`, `mine` and `due` in a query mean."""

    me: AgentId
    teams: tuple[TeamId, ...]
    now: datetime


class Condition(Struct):
    """A WHERE clause being put together."""

    terms: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    reads_text: bool = False
    """Words or tags are looked for: every row must be read once."""

    def add(self, term: str, *values: object) -> None:
        """One more term all rows must meet."""
        self.terms.append(term)
        self.values.extend(values)

    def add_any(self, column: str, choices: Collection[object]) -> None:
        """The column is one of the choices."""
        self.add(f"{column} IN ({', '.join('?' * len(choices))})", *choices)

    @property
    def text(self) -> str:
        """SQL."""
        return " AND ".join(self.terms) or "1"


def condition(query: QueueQuery, filter_text: str, asker: Asker) -> Condition:
    """`domain.queue.matches` as SQL, and the local filter: every word is in number, subject or customer."""
    where = Condition()
    _add_owner(where, query, asker)
    if query.phases:
        where.add_any("phase", [PHASES[phase] for phase in Phase if phase in query.phases])
    if query.teams:
        where.add_any("team", sorted(_teams(query.teams, asker.teams)))
    choices: tuple[tuple[str, Collection[object]], ...] = (
        ("status", query.statuses),
        ("channel", query.channels),
        ("lang", query.languages),
        ("category", query.categories),
        ("priority", query.priorities),
    )
    for column, wanted in choices:
        if wanted:
            where.add_any(column, [int(one) if isinstance(one, Priority) else str(one) for one in wanted])
    for tag in sorted(query.tags):
        where.reads_text = True
        where.add("instr(tags, ?) > 0", f"{_TAG_END}{tag}{_TAG_END}")
    if query.due_within is not None:
        where.add("due <= ? AND due < ?", micros(asker.now + query.due_within), NEVER)
    flags = {"watched > 0": query.watched, "promises > 0": query.promised, "unread > 0": query.unread, "0": bool(query.view)}
    for term in (term for term, is_wanted in flags.items() if is_wanted):
        where.add(term)  # "0": only the backend knows what is in its own view
    for word in folded(f"{query.text} {filter_text}").split():
        where.reads_text = True
        where.add("instr(hay, ?) > 0", word)
    return where


def _add_owner(where: Condition, query: QueueQuery, asker: Asker) -> None:
    if query.owner == Owner.NOBODY:
        where.add("(owner IS NULL OR owner = ?)", query.owner)
    elif query.owner != Owner.ANYONE:
        where.add("owner = ?", asker.me if query.owner == Owner.ME else query.owner)


def _teams(wanted: Collection[TeamId], mine: Sequence[TeamId]) -> set[TeamId]:
    return {team for team in wanted if team != MY_TEAMS} | (set(mine) if MY_TEAMS in wanted else set())
