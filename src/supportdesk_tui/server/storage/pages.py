"""Reading queues: criteria → SQL that walks an index page by page, at the same cost however many tickets there are."""

import base64
import binascii
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, func, literal_column, or_, select, tuple_, union_all

from supportdesk_tui.server.floor.query import NOBODY, Criteria
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.storage.dialect import dialect_of
from supportdesk_tui.server.storage.search import find_tickets
from supportdesk_tui.server.storage.tables import ticket_tags, ticket_watchers, tickets

SORTS = {
    "clock": (tickets.c.clock_key, False),
    "priority": (tickets.c.prio_key, False),
    "updated": (tickets.c.updated_at, True),
    "created": (tickets.c.created_at, True),
}
"""Sort → its column, and whether the greatest comes first."""
SEARCH_HITS = 2_000
"""Newest tickets a search looks at; more than anybody pages through."""
_LATE_COLUMNS = frozenset({"handover", "cc", "fields"})
_ROW_COLUMNS = [column for column in tickets.c if column.name not in _LATE_COLUMNS]
Mark = tuple[int, int]


class BadMark(ValueError):  # noqa: N818  names the condition
    """The `after` of a request is none of ours."""


def encode_mark(mark: Mark) -> str:
    """Where the next page begins, as text."""
    return base64.urlsafe_b64encode(b"%d:%d" % mark).decode().rstrip("=")


def decode_mark(after: str) -> Mark:
    """The mark a text stands for."""
    try:
        key, n = base64.urlsafe_b64decode(after.encode("ascii") + b"==").split(b":")
        mark = int(key), int(n)
    except (ValueError, binascii.Error, UnicodeEncodeError) as error:
        raise BadMark("after is not a mark of ours") from error
    if not (-(2**62) < mark[0] < 2**62 and -(2**31) < mark[1] < 2**31):
        raise BadMark("after is not a mark of ours")
    return mark


def list_page(
    connection: Connection, want: Criteria, *, sort: str, after: Mark | None, limit: int, now: int
) -> tuple[list[Ticket], Mark | None]:
    """One page of a query and where the next begins."""
    column, _ = SORTS[sort]
    found = find_tickets(connection, want.text, SEARCH_HITS) if want.text else None
    if found is not None and not found:
        return [], None
    hits = None if found is None else dialect_of(connection).among(tickets.c.n, found)
    query = _walk(want, _bounds(want, sort, after, now), sort=sort, hits=hits, limit=limit + 1)
    chosen = connection.execute(query)
    names = tuple(chosen.keys())
    rows = [Ticket(**dict(zip(names, row, strict=True))) for row in chosen]
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], (getattr(last, column.name), last.n)


def count(connection: Connection, want: Criteria, now: int) -> int:
    """How many tickets a query without words has."""
    bands = [] if want.phases_to_check else [tickets.c.band.in_(want.bands)]
    clauses = [*bands, *_filters(want, plain=True), *_bounds(want, "clock", None, now)]
    return connection.execute(select(func.count()).select_from(tickets).where(*clauses)).scalar_one()


def _bounds(want: Criteria, sort: str, after: Mark | None, now: int) -> list[ColumnElement[bool]]:
    column, falls = SORTS[sort]
    clauses: list[ColumnElement[bool]] = []
    if want.due_in_ms is not None:
        clauses.append(tickets.c.clock_key <= now + want.due_in_ms)
    if after is not None:
        here = tuple_(column, tickets.c.n)
        clauses.append(here < after if falls else here > after)
    return clauses


def _walk(
    want: Criteria, bounds: list[ColumnElement[bool]], *, sort: str, hits: ColumnElement[bool] | None, limit: int
) -> Select[Any]:
    """A limited walk for every band and every leading value, merged: each walk is a range of one index."""
    column, falls = SORTS[sort]
    order = (column.desc(), tickets.c.n.desc()) if falls else (column, tickets.c.n)
    lead = _lead(want) if sort == "clock" and hits is None else ""
    rest = _filters(want, skip=lead)
    if hits is not None:
        return (
            select(*_ROW_COLUMNS)
            .where(hits, func.coalesce(tickets.c.band, 0).in_(want.bands), *rest, *bounds)
            .order_by(*order)
            .limit(limit)
        )
    pieces = [
        select(tickets.c.n, column).where(*leading, *rest, *bounds).order_by(*order).limit(limit)
        for leading in _leading(want, lead)
    ]
    if len(pieces) == 1:
        chosen = pieces[0].subquery()
    else:
        merged = union_all(*(select(piece.subquery()) for piece in pieces)).subquery()
        key, n = merged.c[column.name], merged.c.n
        chosen = select(n).order_by(*((key.desc(), n.desc()) if falls else (key, n))).limit(limit).subquery()
    return select(*_ROW_COLUMNS).where(tickets.c.n.in_(select(chosen.c.n))).order_by(*_plain(column, falls=falls))


def _plain(column: ColumnElement[Any], *, falls: bool) -> list[ColumnElement[Any]]:
    """The order, in a form that asks for sorting the few chosen rows rather than for walking an index."""
    keys: list[ColumnElement[Any]] = [func.coalesce(column, 0), func.coalesce(tickets.c.n, 0)]
    return [key.desc() for key in keys] if falls else keys


def _lead(want: Criteria) -> str:
    """The most telling thing a clock index begins with."""
    if want.owners:
        return "owners"
    if want.promised:
        return "promised"
    if want.teams:
        return "teams"
    if want.channels:
        return "channels"
    return "phases" if want.phases_to_check else ""


def _leading(want: Criteria, lead: str) -> list[list[ColumnElement[bool]]]:
    """The beginnings of the index ranges to walk, one list of equalities each."""
    columns = tickets.c
    firsts: dict[str, tuple[ColumnElement[Any], frozenset[str]]] = {
        "owners": (columns.owner, want.owners),
        "teams": (columns.team, want.teams),
        "channels": (columns.channel, want.channels),
    }
    if lead == "phases":
        return [[columns.phase == one] for one in sorted(want.phases_to_check)]
    if lead == "promised":
        ranges: list[list[ColumnElement[bool]]] = [[columns.open_promises > literal_column("0")]]
    elif lead:
        column, values = firsts[lead]
        ranges = [[column.is_(None) if one == NOBODY else column == one] for one in sorted(values)]
    else:
        ranges = [[]]
    return [[columns.band == band, *first] for band in want.bands for first in ranges]


def _filters(want: Criteria, *, skip: str = "", plain: bool = False) -> list[ColumnElement[bool]]:
    """The remaining conditions, on columns wrapped so that no index of theirs is preferred to the walk's."""
    columns = tickets.c
    clauses: list[ColumnElement[bool]] = []
    for name, column, values in (
        ("phases", columns.phase, want.phases_to_check),
        ("statuses", columns.status, want.statuses),
        ("channels", columns.channel, want.channels),
        ("owners", columns.owner, want.owners),
        ("teams", columns.team, want.teams),
        ("languages", columns.language, want.languages),
        ("categories", columns.category, want.categories),
        ("priorities", columns.priority, want.priorities),
    ):
        if values and name != skip:
            clauses.append(_any_of(column, values) if plain else _wrapped(column).in_(sorted(values, key=str)))
    clauses.extend(columns.n.in_(select(ticket_tags.c.n).where(ticket_tags.c.tag == one)) for one in sorted(want.tags))
    if want.watcher:
        clauses.append(columns.n.in_(select(ticket_watchers.c.n).where(ticket_watchers.c.agent == want.watcher)))
    if want.promised and skip != "promised":
        clauses.append(columns.open_promises > 0)
    if want.unread:
        clauses.append(columns.unread > 0)
    return clauses


def _wrapped(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(column, 0 if isinstance(column.type, Integer) else NOBODY)


def _any_of(column: ColumnElement[Any], values: frozenset[Any]) -> ColumnElement[bool]:
    """One of the values, said so that an index of the column serves; no value at all is nobody."""
    named = column.in_(sorted(values - {NOBODY}, key=str))
    if NOBODY not in values:
        return named
    return column.is_(None) if values == {NOBODY} else or_(column.is_(None), named)
