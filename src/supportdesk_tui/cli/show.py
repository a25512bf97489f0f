"""How tickets read as plain lines, for pipes, screen readers and people without a desk open; and as JSON for programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct

from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.sla import ClockLevel, reading
from supportdesk_tui.domain.ticket import Ticket, TicketSummary

GUTTER = {
    EntryKind.CUSTOMER: "C",
    EntryKind.AGENT: "A",
    EntryKind.BOT: "B",
    EntryKind.NOTE: "I",
    EntryKind.SYSTEM: "S",
}
"""The letter before every line of an entry: who speaks, where nobody can forge it."""


def to_plain(value: object) -> Any:
    """A domain value as JSON has it: enums as their values, times as RFC 3339, sets sorted."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Struct):
        return {name: to_plain(getattr(value, name)) for name in value.__struct_fields__}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(to_plain(one) for one in value)
    if isinstance(value, tuple | list):
        return [to_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value) if isinstance(value, Decimal) else value


def to_json(value: object) -> str:
    """A domain value as indented JSON."""
    return json.dumps(to_plain(value), ensure_ascii=False, indent=2)


def time_left(row: TicketSummary, now: datetime) -> str:
    """The clock of a ticket in a word and a duration: `12m left`, `3h late`, `paused`."""
    clock = reading(row.clock, now)
    if clock.level is ClockLevel.NONE:
        return "-"
    if clock.level is ClockLevel.PAUSED:
        return "paused"
    return f"{short(abs(clock.left))} {'late' if clock.level is ClockLevel.LATE else 'left'}"


def short(span: timedelta) -> str:
    """A duration in its largest unit: `45s`, `12m`, `3h`, `2d`."""
    seconds = int(span.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def ticket_line(row: TicketSummary, now: datetime) -> str:
    """One row of a list; fields are separated by tabs, so that `cut` and `awk` can take them apart."""
    owner = row.owner_name or "nobody"
    return "\t".join(
        (row.number, f"P{row.priority.value}", row.status.name, time_left(row, now), owner, row.channel, row.subject)
    )


def ticket_lines(ticket: Ticket, entries: tuple[Entry, ...], now: datetime) -> Iterator[str]:
    """A ticket to read from top to bottom."""
    row = ticket.summary
    yield f"{row.number}  {row.subject}"
    yield f"customer  {row.customer_name} ({row.tier}, {row.language or 'language unknown'}, by {row.channel})"
    yield f"status    {row.status.name}   priority P{row.priority.value}   clock {time_left(row, now)}"
    yield f"owner     {row.owner_name or 'nobody'}   team {row.team or '-'}   version {row.version}"
    if entries:
        yield f"newest    entry {entries[-1].seq} (what you have seen, for reply --seen)"
    if row.tags:
        yield f"tags      {' '.join(row.tags)}"
    for link in ticket.links:
        yield f"{link.relation:<9} {link.number}  {link.status.name}  {link.subject}"
    for promise in ticket.promises:
        yield f"promise   {promise.state.value} until {promise.due_at:%Y-%m-%d %H:%M} UTC: {promise.text}"
    for entry in entries:
        yield ""
        yield from entry_lines(entry)


def entry_lines(entry: Entry) -> Iterator[str]:
    """One entry, every line of it behind the letter of who speaks."""
    letter = GUTTER[entry.kind]
    internal = "  (internal note)" if entry.kind is EntryKind.NOTE else ""
    yield f"{letter} {entry.author}  {entry.at:%Y-%m-%d %H:%M} UTC{internal}"
    for line in entry.body.split("\n"):
        yield f"{letter} | {line}"
    for file in entry.attachments:
        yield f"{letter} + {file.name} ({file.media_type}, {file.size} bytes)"
