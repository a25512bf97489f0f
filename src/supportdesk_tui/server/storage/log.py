"""The append-only log: one event, its effect on the projections, and all of them again from the beginning."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field
from sqlalchemy import Connection, delete, func, insert, select, update

from supportdesk_tui.server.floor.hiding import hide
from supportdesk_tui.server.storage.search import INDEXED_CHARS, clear_index, index_texts
from supportdesk_tui.server.storage.tables import PROJECTIONS, events, ticket_tags, ticket_watchers

Patch = dict[str, Any]
OVERRIDES = "overrides"
"""Rows of an event that no projection holds: what an agent sent against the send gate, and why."""
REVEALS = "reveals"
"""Rows of an event that no projection holds: who saw a hidden secret, for what reason, never the secret."""
REVEALED = "entry.revealed"
"""The event that somebody looked at a hidden secret: it changes nothing, and the feed does not tell it."""
_IN_NO_PROJECTION = frozenset({OVERRIDES, REVEALS})
Rows = dict[str, dict[str, Patch | None]]
"""Projection → row id → columns; None where there is no such row."""


class Event(Struct, kw_only=True):
    """One thing that happened, with what it changed."""

    seq: int
    at: int
    actor: str | None
    kind: str
    ticket: str | None
    key: str | None = None
    says: str = ""
    tells: str | None = None
    entry: str | None = None
    before: Rows = field(default_factory=dict)
    after: Rows = field(default_factory=dict)


def next_seq(connection: Connection) -> int:
    """The number of the event that comes next."""
    last = connection.execute(select(func.max(events.c.seq))).scalar()
    return (last or 0) + 1


def append(connection: Connection, event: Event) -> None:
    """Write an event and bring the projections up to it; the only way anything changes."""
    connection.execute(insert(events), [log_row(event)])
    project(connection, event)


def log_row(event: Event) -> dict[str, Any]:
    """The event as its table keeps it."""
    row = msgspec.structs.asdict(event)
    row["before"] = msgspec.json.encode(event.before).decode()
    row["after"] = msgspec.json.encode(event.after).decode()
    return row


def from_row(row: Mapping[str, Any]) -> Event:
    """The event a row of the log holds."""
    kept = dict(row)
    kept["before"] = msgspec.json.decode(kept["before"])
    kept["after"] = msgspec.json.decode(kept["after"])
    return Event(**kept)


def project(connection: Connection, event: Event) -> None:
    """Do to the projections what the event says."""
    for name, rows in event.after.items():
        if name in _IN_NO_PROJECTION:
            continue
        table = PROJECTIONS[name]
        for row_id, patch in rows.items():
            if patch is None:
                connection.execute(delete(table).where(table.c.id == row_id))
            elif event.before.get(name, {}).get(row_id) is None:
                connection.execute(insert(table), [patch])
            else:
                connection.execute(update(table).where(table.c.id == row_id).values(**patch))
        if name == "tickets":
            _derive_from_tickets(connection, event.before.get(name, {}), rows)
    index_texts(connection, texts_of(event))


def texts_of(event: Event) -> Iterable[tuple[int, int, str]]:
    """What of an event can be searched for."""
    for row_id, patch in event.after.get("tickets", {}).items():
        if patch is not None and event.before.get("tickets", {}).get(row_id) is None:
            yield patch["n"], 0, f"{patch['number']} {hide(patch['subject'])[0]} {hide(patch['customer_name'])[0]}"
    for patch in event.after.get("entries", {}).values():
        if patch is not None and patch["kind"] != "system":
            yield int(patch["ticket"][1:]), patch["ordinal"], hide(patch["body"][: 2 * INDEXED_CHARS])[0]


def _derive_from_tickets(connection: Connection, before: dict[str, Patch | None], after: dict[str, Patch | None]) -> None:
    for row_id, patch in after.items():
        if patch is None:
            continue
        number = int(row_id[1:])
        old = before.get(row_id) or {}
        for column, table, word in (("tags", ticket_tags, "tag"), ("watchers", ticket_watchers, "agent")):
            if column not in patch:
                continue
            gone = set(old.get(column, ())) - set(patch[column])
            fresh = sorted(set(patch[column]) - set(old.get(column, ())))
            if gone:
                connection.execute(delete(table).where(table.c.n == number, table.c[word].in_(gone)))
            if fresh:
                connection.execute(insert(table), [{word: one, "n": number} for one in fresh])


def rebuild_projections(connection: Connection) -> int:
    """Throw the projections away and make them again from the log; says how many events there were."""
    for table in (*PROJECTIONS.values(), ticket_tags, ticket_watchers):
        connection.execute(delete(table))
    clear_index(connection)
    count = 0
    for row in connection.execute(select(events).order_by(events.c.seq)).mappings():
        project(connection, from_row(dict(row)))
        count += 1
    return count


def events_of_key(connection: Connection, actor: str, key: str) -> list[Event]:
    """What a change of this agent did, in order."""
    found = connection.execute(select(events).where(events.c.key == key, events.c.actor == actor).order_by(events.c.seq))
    return [from_row(dict(row)) for row in found.mappings()]


def events_of_ticket(connection: Connection, ticket: str, after_seq: int = 0) -> list[Event]:
    """The log of one ticket, oldest first."""
    found = connection.execute(select(events).where(events.c.ticket == ticket, events.c.seq > after_seq).order_by(events.c.seq))
    return [from_row(dict(row)) for row in found.mappings()]
