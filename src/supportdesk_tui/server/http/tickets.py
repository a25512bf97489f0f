"""Reading tickets: pages of queues, one ticket, what was said on it, its log."""

from sqlalchemy import select
from starlette.responses import Response

from supportdesk_tui.server.desk.refusals import Forbidden, Missing, Refusal
from supportdesk_tui.server.desk.transaction import find_ticket
from supportdesk_tui.server.floor.authority import may_read_log
from supportdesk_tui.server.floor.hiding import hide, hide_line
from supportdesk_tui.server.floor.people import Promise, Words
from supportdesk_tui.server.floor.query import BadQuery, parse
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import STATUSES, TEAMS
from supportdesk_tui.server.http.call import Call, Param, json_answer, reads
from supportdesk_tui.server.http.mapping import entry_out, fields_out, log_out, maybe, promise_out, row_out
from supportdesk_tui.server.http.views import count
from supportdesk_tui.server.storage import pages, tables
from supportdesk_tui.server.storage.log import events_of_ticket
from supportdesk_tui.wire import schema

DEFAULT_PAGE = 100
PUBLIC = ("customer", "agent", "bot")
INTERNAL = ("note", "system")


def list_tickets(call: Call) -> Response:
    """A page of a query."""
    q, sort, after = call.query("q"), call.query("sort", "clock"), call.query("after")
    limit = call.number("limit", DEFAULT_PAGE, 1, 500)
    if sort not in pages.SORTS:
        raise Refusal(f"sort is one of {', '.join(pages.SORTS)}", field="sort")
    if len(q) > 2_000:
        raise Refusal("the query is too long", field="q")
    try:
        want = parse(q, call.agent)
        mark = pages.decode_mark(after) if after else None
    except BadQuery as error:
        raise Refusal(str(error), field="q") from error
    except pages.BadMark as error:
        raise Refusal(str(error), field="after") from error
    with call.desk.database.reading() as connection:
        rows, more = pages.list_page(connection, want, sort=sort, after=mark, limit=limit, now=call.desk.clock())
    total = count(call.desk, want) if mark is None and not want.text else None
    items = [row_out(one, call.desk.agents) for one in rows]
    return json_answer(schema.TicketPage(items=items, after=pages.encode_mark(more) if more else None, total=total))


def find(call: Call) -> Ticket:
    """The ticket of the path."""
    ref = call.path["ticket"]
    with call.desk.database.reading() as connection:
        ticket = find_ticket(connection, ref)
    if ticket is None:
        raise Missing(f"there is no ticket {ref[:40]}")
    return ticket


def get_ticket(call: Call) -> Response:
    """One ticket with its facts, links and promises."""
    ticket = find(call)
    other = tables.tickets.alias()
    with call.desk.database.reading() as connection:
        linked = connection.execute(
            select(tables.links.c.relation, other.c.id, other.c.number, other.c.subject, other.c.status, other.c.team)
            .join(other, other.c.id == tables.links.c.other)
            .where(tables.links.c.ticket == ticket.id)
            .order_by(other.c.n)
        ).all()
        kept = connection.execute(
            select(tables.promises).where(tables.promises.c.ticket == ticket.id).order_by(tables.promises.c.due_at)
        )
        promises = [Promise(**row) for row in kept.mappings()]
    links = [
        schema.LinkOut(
            id=row.id,
            number=row.number,
            relation=row.relation,
            subject=hide_line(row.subject),
            status=row.status,
            phase=STATUSES[row.status].phase,  # type: ignore[arg-type]  # words of the same table
            team_name=TEAMS.get(row.team or "", ""),
        )
        for row in linked
    ]
    return json_answer(
        schema.TicketOut(
            row=row_out(ticket, call.desk.agents),
            fields=fields_out(ticket),
            links=links,
            promises=[promise_out(one, call.desk.agents, ticket.number) for one in promises],
            stage=ticket.stage,
            snoozed_until=maybe(ticket.snoozed_until),
            handover=hide(ticket.handover)[0],
            watchers=ticket.watchers,
            cc=ticket.cc,
        )
    )


def list_entries(call: Call) -> Response:
    """What the customer can read."""
    return _entries(call, PUBLIC)


def list_notes(call: Call) -> Response:
    """Notes and system lines."""
    return _entries(call, INTERNAL)


def _entries(call: Call, kinds: tuple[str, ...]) -> Response:
    limit = call.number("limit", 50, 1, 200)
    before = call.number("before", 2**53, 0, 2**53 - 1) if call.query("before") else None
    ticket = find(call)
    columns, tickets = tables.entries.c, tables.tickets.c
    with call.desk.database.reading() as connection:
        merged = connection.execute(select(tickets.id).where(tickets.merged_into == ticket.id)).scalars().all()
        query = select(tables.entries).where(columns.ticket.in_([ticket.id, *merged]), columns.kind.in_(kinds))
        if before is not None:
            query = query.where(columns.seq < before)
        rows = connection.execute(query.order_by(columns.seq.desc()).limit(limit + 1)).mappings().all()
    items = [entry_out(Words(**row)) for row in rows[:limit]][::-1]
    return json_answer(schema.EntryPage(items=items, before=items[0].seq if len(rows) > limit else None))


def get_log(call: Call) -> Response:
    """The event log of one ticket."""
    ticket = find(call)
    if not may_read_log(call.agent.role, call.agent.id, call.agent.teams, ticket):
        raise Forbidden("the log of another team's ticket is for auditors, leads and admins")
    with call.desk.database.reading() as connection:
        happened = events_of_ticket(connection, ticket.id)
    return json_answer([log_out(one, call.desk.agents) for one in happened])


ID = {"type": "string", "minLength": 1, "maxLength": 60}
_PAGING = (
    Param("before", {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}, says="Older than this sequence"),
    Param("limit", {"type": "integer", "minimum": 1, "maximum": 200}),
)
_TICKET = "/tickets/{ticket}"
ENDPOINTS = (
    reads(
        "/tickets",
        "A page of a query",
        list_tickets,
        schema.TicketPage,
        params=(
            Param("q", {"type": "string", "maxLength": 2000}, says="key:value terms and free text"),
            Param("sort", {"enum": list(pages.SORTS)}),
            Param("after", {"type": "string"}, says="The `after` of the page before"),
            Param("limit", {"type": "integer", "minimum": 1, "maximum": 500}),
        ),
    ),
    reads(_TICKET, "One ticket", get_ticket, schema.TicketOut, refusals=(404,)),
    reads(f"{_TICKET}/entries", "What the customer can read", list_entries, schema.EntryPage, params=_PAGING, refusals=(404,)),
    reads(f"{_TICKET}/notes", "Notes and system lines", list_notes, schema.EntryPage, params=_PAGING, refusals=(404,)),
    reads(f"{_TICKET}/log", "The event log", get_log, list[schema.LogOut], refusals=(403, 404)),
)
