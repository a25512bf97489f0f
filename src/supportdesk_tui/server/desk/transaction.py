"""One write: loads what it touches, appends events, keeps the projections in step, remembers what to tell the feed."""

import re
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Table, func, select

from supportdesk_tui.server.desk.refusals import Missing
from supportdesk_tui.server.floor.people import Agent, Customer, Promise, Words
from supportdesk_tui.server.floor.sla import settle
from supportdesk_tui.server.floor.ticket import Ticket, ticket_number
from supportdesk_tui.server.floor.words import DAY
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import OVERRIDES, Event, Patch, Rows, append, next_seq

BOT_NAME = "Buoy"
_ENDING = re.compile("[0-9]{1,9}")
"""Of a case number, with or without its zeros."""
_MOST_MERGES = 20
"""Tickets that were merged into one another, one after the other."""


class Happening(Struct, kw_only=True):
    """What one event means for the feed and the counts."""

    event: Event
    before: Ticket | None
    after: Ticket | None
    entry: Words | None = None
    agent: Agent | None = None


class Also(Struct, kw_only=True):
    """Rows that change together with a ticket."""

    entry: Words | None = None
    promise: Promise | None = None
    links: tuple[dict[str, str], ...] = ()
    links_gone: tuple[dict[str, str], ...] = ()
    customer: Customer | None = None
    promise_gone: Promise | None = None
    promise_reopened: Promise | None = None
    overrides: tuple[dict[str, str], ...] = ()
    """What the send gate found in the words and the agent sent all the same: kept with the entry in the log alone."""


NOTHING = Also()


class Transaction:
    """The unit of work of one request; `happenings` is what the feed is told after the commit."""

    def __init__(self, connection: Connection, *, now: int, actor: str | None, key: str | None = None) -> None:
        self.connection = connection
        self.now = now
        self.actor = actor
        self.key = key
        self.happenings: list[Happening] = []
        self.renumber()

    # --- reading

    def ticket(self, ref: str) -> Ticket:
        """The ticket a person or a program calls by this name."""
        found = find_ticket(self.connection, ref)
        if found is None:
            raise Missing(f"there is no ticket {ref[:40]}")
        return found

    def agent(self, ref: str) -> Agent | None:
        """The agent with this id."""
        row = self.connection.execute(select(tables.agents).where(tables.agents.c.id == ref)).mappings().first()
        return Agent(**row) if row else None

    def name_of(self, agent: str | None) -> str:
        """The agent's name; empty for nobody."""
        found = self.agent(agent) if agent else None
        return found.name if found else ""

    # --- writing

    def renumber(self) -> None:
        """Read the next numbers; at the start, and after a part of the work was rolled back."""
        self._seq = next_seq(self.connection)
        self._entry_seq = self._next(tables.entries, "seq")

    def new_ticket(self, ticket: Ticket, day: str, *, kind: str, also: Also = NOTHING, says: str = "") -> Ticket:
        """Give a new ticket its number and write it."""
        ticket.n = self._next(tables.tickets, "n")
        ticket.id = f"t{ticket.n}"
        ticket.number = ticket_number(ticket.n, day)
        self.record(kind, None, ticket, also=also, says=says)
        return ticket

    def words(self, ticket: Ticket, kind: str, body: str, author: tuple[str, str | None], *, language: str = "") -> Words:
        """A new entry for this ticket, numbered; written by the `record` that carries it."""
        seq, self._entry_seq = self._entry_seq, self._entry_seq + 1
        ticket.entry_count += 1
        return Words(
            seq=seq,
            id=f"e{seq}",
            ticket=ticket.id,
            kind=kind,
            author=author[0],
            author_id=author[1],
            at=self.now,
            body=body,
            key=self.key,
            language=language,
            ordinal=ticket.entry_count,
        )

    def record(
        self,
        kind: str,
        before: Ticket | None,
        ticket: Ticket,
        *,
        also: Also = NOTHING,
        says: str = "",
        tells: str | None = None,
    ) -> Event:
        """Append one event: what `ticket` became since `before`, and the rows beside it."""
        if also.entry is not None and also.entry.ticket != ticket.id:
            also.entry.ticket = ticket.id
        settle(ticket, self.now)
        ticket.updated_at = self.now
        ticket.version += 1
        event = Event(
            seq=self._seq, at=self.now, actor=self.actor, kind=kind, ticket=ticket.id, key=self.key, says=says, tells=tells
        )
        event.entry = also.entry.id if also.entry else None
        old, new = changed(before, ticket)
        event.before["tickets"], event.after["tickets"] = {ticket.id: old}, {ticket.id: new}
        for name, row_id, was, becomes in _rows_beside(also):
            event.before.setdefault(name, {})[row_id] = was
            event.after.setdefault(name, {})[row_id] = becomes
        self._commit_event(event)
        self.happenings.append(Happening(event=event, before=before, after=msgspec.structs.replace(ticket), entry=also.entry))
        return event

    def record_agent(self, before: Agent | None, after: Agent, kind: str = "agent.state", *, says: str = "") -> None:
        """Append an event about an agent, not about a ticket."""
        old, new = changed(before, after)
        event = Event(seq=self._seq, at=self.now, actor=self.actor, kind=kind, ticket=None, key=self.key, says=says)
        event.before["agents"], event.after["agents"] = {after.id: old}, {after.id: new}
        self._commit_event(event)
        self.happenings.append(Happening(event=event, before=None, after=None, agent=after))

    def record_audit(self, kind: str, ticket: str | None, rows: Rows, *, says: str) -> None:
        """Append an event that changes no projection and that the feed is not told: somebody looked, or got a new key."""
        event = Event(seq=self._seq, at=self.now, actor=self.actor, kind=kind, ticket=ticket, key=self.key, says=says)
        event.after = rows
        self._commit_event(event)

    @property
    def next_event(self) -> int:
        """The number the next event will have; unique, so good for ids of what it makes."""
        return self._seq

    def _commit_event(self, event: Event) -> None:
        append(self.connection, event)
        self._seq += 1

    def _next(self, table: Table, column: str) -> int:
        return (self.connection.execute(select(func.max(table.c[column]))).scalar() or 0) + 1


def changed(before: Struct | None, after: Struct) -> tuple[Patch | None, Patch]:
    """The columns that differ, as they were and as they are; all of them when there was nothing before."""
    new = msgspec.structs.asdict(after)
    if before is None:
        return None, new
    old = msgspec.structs.asdict(before)
    names = [name for name, value in new.items() if old[name] != value]
    return {name: old[name] for name in names}, {name: new[name] for name in names}


def load_ticket(connection: Connection, clause: Any) -> Ticket | None:
    """The one ticket a clause points at."""
    row = connection.execute(select(tables.tickets).where(clause)).mappings().first()
    return Ticket(**row) if row else None


def find_ticket(connection: Connection, ref: str) -> Ticket | None:
    """A ticket by its id, by its case number, or by the last digits of it, which are no other's and stand in every list.

    The number of a merged ticket leads to where it went.
    """
    columns = tables.tickets.c
    if _ENDING.fullmatch(ref):
        found = load_ticket(connection, columns.n == int(ref))
    elif ref[:3].upper() == "HX-":
        found = load_ticket(connection, columns.number == ref.upper())
    else:
        return load_ticket(connection, columns.id == ref)
    for _ in range(_MOST_MERGES):
        if found is None or found.merged_into is None:
            break
        found = load_ticket(connection, columns.id == found.merged_into)
    return found


def copy_of(ticket: Ticket) -> Ticket:
    """How a ticket stands before a change; lists and maps are its own."""
    return msgspec.structs.replace(
        ticket, tags=list(ticket.tags), watchers=list(ticket.watchers), cc=list(ticket.cc), fields=dict(ticket.fields)
    )


def day_of(now: int) -> str:
    """The day in a case number, e.g. 260817."""
    import datetime

    moment = datetime.datetime.fromtimestamp(now // DAY * DAY / 1000, tz=datetime.UTC)
    return moment.strftime("%y%m%d")


def _rows_beside(also: Also) -> list[tuple[str, str, Patch | None, Patch | None]]:
    rows: list[tuple[str, str, Patch | None, Patch | None]] = []
    if also.customer is not None:
        rows.append(("customers", also.customer.id, None, msgspec.structs.asdict(also.customer)))
    if also.entry is not None:
        rows.append(("entries", also.entry.id, None, msgspec.structs.asdict(also.entry)))
    if also.entry is not None and also.overrides:
        rows.append((OVERRIDES, also.entry.id, None, {"overrides": list(also.overrides)}))
    if also.promise is not None:
        settled = also.promise.state != "open"
        became = {"state": also.promise.state} if settled else msgspec.structs.asdict(also.promise)
        rows.append(("promises", also.promise.id, {"state": "open"} if settled else None, became))
    if also.promise_gone is not None:
        rows.append(("promises", also.promise_gone.id, msgspec.structs.asdict(also.promise_gone), None))
    if also.promise_reopened is not None:
        rows.append(("promises", also.promise_reopened.id, {"state": also.promise_reopened.state}, {"state": "open"}))
    rows.extend(("links", link["id"], None, dict(link)) for link in also.links)
    rows.extend(("links", link["id"], dict(link), None) for link in also.links_gone)
    return rows
