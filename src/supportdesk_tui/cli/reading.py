"""Tickets read from the backend and printed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import click

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.cli import show
from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.session import Desk, at_backend
from supportdesk_tui.commands.misread import misread
from supportdesk_tui.config.problems import nearest_name
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.directory import Directory
from supportdesk_tui.domain.ids import Cursor, TicketId
from supportdesk_tui.domain.queue import MY_TEAMS, Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.i18n.catalog import _, msg


def list_tickets(profile: str | None, query: str, *, sort: str, limit: int, as_json: bool) -> None:
    """Print the first tickets of a query, in the backend's order."""
    parsed = grammar.parse(query, sort=SortKey(sort))
    if parsed.problems:
        raise Stopped("; ".join(map(misread, parsed.problems)), code=ExitCode.WRONG_USE, next_step=_keys())

    strange: list[str] = []

    async def read(desk: Desk) -> tuple[list[TicketSummary], tuple[str, ...], int]:
        found = await _rows(desk.backend, parsed.query, limit)
        if not found[0] and named(parsed.query):
            strange.extend(unknown(parsed.query, await desk.backend.get_directory()))
        return found

    rows, unapplied, bad = at_backend(profile, read)
    _tell_bad(bad)
    for words in strange or ([] if rows else [_("no ticket fits")]):
        click.echo(f"supportdesk: {words}", err=True)
    if unapplied:
        click.echo(_("supportdesk: this backend could not apply: {what}", what=", ".join(unapplied)), err=True)
    if as_json:
        click.echo(show.to_json(rows))
        return
    now = datetime.now(UTC)
    for row in rows:
        click.echo(show.ticket_line(row, now))


def named(query: QueueQuery) -> dict[str, list[str]]:
    """What a query names that the backend may not have, by its key in the search line."""
    owner = [] if query.owner in set(Owner) else [str(query.owner)]
    return {
        key: names
        for key, names in (
            ("owner", owner),
            ("status", sorted(query.statuses)),
            ("team", sorted(map(str, query.teams))),
            ("cat", sorted(query.categories)),
        )
        if names
    }


_UNKNOWN = {
    "owner": msg("no ticket fits: there is no agent with the id {name}"),
    "status": msg("no ticket fits: there is no status {name}"),
    "team": msg("no ticket fits: there is no team with the id {name}"),
    "cat": msg("no ticket fits: there is no category {name}"),
}


def unknown(query: QueueQuery, directory: Directory) -> Iterator[str]:
    """Words for every name of a query the backend does not have, with the one that was probably meant."""
    known: dict[str, dict[str, str]] = {
        "owner": {str(one.id): str(one.name) for one in directory.agents},
        "status": {one.name: str(one.title) for one in directory.statuses},
        "team": {str(MY_TEAMS): "", **{str(one.id): str(one.name) for one in directory.teams}},
        "cat": {one.code: str(one.title) for one in directory.categories},
    }
    for key, names in named(query).items():
        there = known[key]
        for name in names if any(there.values()) else ():
            if name in there:
                continue
            near = meant(name, there)
            said = _(_UNKNOWN[key], name=repr(name))
            yield _("{told} (did you mean {name}?)", told=said, name=f"{key}:{near}") if near else said


def meant(written: str, there: Mapping[str, str]) -> str:
    """The id whose own letters or whose title is closest to what was written."""
    by_title = {title.casefold(): one for one, title in there.items() if title}
    near = nearest_name(written, [*there, *by_title])
    return near if near in there else by_title.get(near, "")


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
