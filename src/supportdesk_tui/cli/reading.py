"""Tickets read from the backend and printed."""

from datetime import UTC, datetime

import click

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.cli import show
from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.session import Desk, at_backend
from supportdesk_tui.commands.misread import misread
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.ids import Cursor, TicketId
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.i18n.catalog import _


def list_tickets(profile: str | None, query: str, *, sort: str, limit: int, as_json: bool) -> None:
    """Print the first tickets of a query, in the backend's order."""
    parsed = grammar.parse(query, sort=SortKey(sort))
    if parsed.problems:
        raise Stopped("; ".join(map(misread, parsed.problems)), code=ExitCode.WRONG_USE, next_step=_keys())

    async def read(desk: Desk) -> tuple[list[TicketSummary], tuple[str, ...], int]:
        return await _rows(desk.backend, parsed.query, limit)

    rows, unapplied, bad = at_backend(profile, read)
    _tell_bad(bad)
    if unapplied:
        click.echo(_("supportdesk: this backend could not apply: {what}", what=", ".join(unapplied)), err=True)
    if as_json:
        click.echo(show.to_json(rows))
        return
    now = datetime.now(UTC)
    for row in rows:
        click.echo(show.ticket_line(row, now))


def _keys() -> str:
    return _("Keys of the search line: {names}", names=", ".join(grammar.KEYS))


async def _rows(backend: Backend, query: QueueQuery, limit: int) -> tuple[list[TicketSummary], tuple[str, ...], int]:
    rows: list[TicketSummary] = []
    after: Cursor | None = None
    bad = 0
    while True:
        page = await backend.list_tickets(query, after)
        rows += page.items
        bad += page.bad_items
        after = page.after
        if after is None or len(rows) >= limit:
            return rows[:limit], page.unapplied, bad


def _tell_bad(count: int) -> None:
    """Say on the error stream that what is printed is shorter than what there is."""
    if count:
        click.echo(_("supportdesk: {count} items of the answer could not be read and are missing", count=count), err=True)


def show_ticket(profile: str | None, number: str, *, as_json: bool) -> None:
    """Print a ticket with its whole conversation."""

    async def read(desk: Desk) -> tuple[Ticket, list[Entry], int]:
        ticket = await desk.backend.get_ticket(TicketId(number))
        return ticket, *(await _entries(desk.backend, ticket.summary.id))

    ticket, entries, bad = at_backend(profile, read)
    _tell_bad(bad + ticket.bad_items)
    if as_json:
        click.echo(show.to_json({"ticket": ticket, "entries": entries}))
        return
    for line in show.ticket_lines(ticket, tuple(entries), datetime.now(UTC)):
        click.echo(line)


async def _entries(backend: Backend, ticket: TicketId) -> tuple[list[Entry], int]:
    """The whole conversation, oldest first, and how many entries could not be read."""
    pages: list[tuple[Entry, ...]] = []
    before: Cursor | None = None
    bad = 0
    while True:
        page = await backend.list_entries(ticket, before)
        pages.append(page.items)
        bad += page.bad_items
        before = page.after
        if before is None:
            return [entry for items in reversed(pages) for entry in items], bad
