"""How tickets read as plain lines, for pipes, screen readers and people without a desk open; and as JSON for programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct

from supportdesk_tui.cli.wrapping import padded
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.sla import ClockLevel, reading
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui.vocabulary import own_words

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
        return _("paused")
    span = short(abs(clock.left))
    return _("{time} late", time=span) if clock.level is ClockLevel.LATE else _("{time} left", time=span)


def short(span: timedelta) -> str:
    """A duration in its largest unit: `45s`, `12m`, `3h`, `2d`."""
    seconds = int(span.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def ticket_line(row: TicketSummary, now: datetime) -> str:
    """One row of a list; fields are separated by tabs, so that `cut` and `awk` can take them apart."""
    owner = row.owner_name or _("nobody")
    return "\t".join(
        (row.number, f"P{row.priority.value}", row.status.name, time_left(row, now), owner, row.channel, row.subject)
    )


def ticket_lines(ticket: Ticket, entries: tuple[Entry, ...], now: datetime) -> Iterator[str]:
    """A ticket to read from top to bottom."""
    row = ticket.summary
    yield f"{row.number}  {row.subject}"
    about = {"tier": row.tier, "language": row.language or _("language unknown"), "channel": row.channel}
    yield _line(_("customer"), _("{name} ({tier}, {language}, by {channel})", name=row.customer_name, **about))
    clock = f"{_('clock')} {time_left(row, now)}"
    yield _line(_("status"), row.status.name, f"{_('priority')} P{row.priority.value}", clock)
    yield _line(_("owner"), row.owner_name or _("nobody"), f"{_('team')} {row.team or '-'}", f"{_('version')} {row.version}")
    if entries:
        yield _line(_("newest"), _("entry {n} (what you have seen, for reply --seen)", n=entries[-1].seq))
    if row.tags:
        yield _line(_("tags"), " ".join(row.tags))
    for link in ticket.links:
        yield f"{padded(own_words(link.relation), 9)} {link.number}  {link.status.name}  {link.subject}"
    for promise in ticket.promises:
        due = f"{promise.due_at:%Y-%m-%d %H:%M} UTC"
        said = _("{state} until {time}: {text}", state=_(promise.state.value), time=due, text=promise.text)
        yield _line(_("promise"), said)
    for entry in entries:
        yield ""
        yield from entry_lines(entry)


def _line(label: str, *parts: str) -> str:
    return f"{padded(label, 9)} {'   '.join(parts)}"


def entry_lines(entry: Entry) -> Iterator[str]:
    """One entry, every line of it behind the letter of who speaks."""
    letter = GUTTER[entry.kind]
    internal = f"  ({_('internal note')})" if entry.kind is EntryKind.NOTE else ""
    body = own_words(entry.body) if entry.kind is EntryKind.SYSTEM else entry.body
    yield f"{letter} {entry.author}  {entry.at:%Y-%m-%d %H:%M} UTC{internal}"
    for line in body.split("\n"):
        yield f"{letter} | {line}"
    for file in entry.attachments:
        yield f"{letter} + {file.name} ({file.media_type}, {file.size} bytes)"
