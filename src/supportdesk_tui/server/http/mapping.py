"""What the tables hold, as the wire says it."""

from datetime import UTC, datetime
from typing import cast

import msgspec

from supportdesk_tui.server.floor.hiding import hide, hide_all, hide_line
from supportdesk_tui.server.floor.people import Agent, Promise, Words
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import CATEGORIES, field_title
from supportdesk_tui.server.storage.log import Event
from supportdesk_tui.wire import schema

Names = dict[str, Agent]


def moment(at: int) -> datetime:
    """A stored time as an aware one."""
    return datetime.fromtimestamp(at / 1000, tz=UTC)


def maybe(at: int | None) -> datetime | None:
    """A stored time that may be none."""
    return None if at is None else moment(at)


def name_of(agent: str | None, names: Names) -> str:
    """The agent's name; empty for nobody."""
    known = names.get(agent or "")
    return known.name if known else ""


def row_out(ticket: Ticket, names: Names) -> schema.TicketRow:
    """A ticket as a row of a queue."""
    return schema.TicketRow(
        id=ticket.id,
        number=ticket.number,
        subject=hide_line(ticket.subject),
        channel=ticket.channel,
        status=ticket.status,
        phase=cast(schema.PhaseName, ticket.phase),
        priority=ticket.priority,
        category=ticket.category,
        language=ticket.language,
        customer_id=ticket.customer,
        customer_name=hide_line(ticket.customer_name),
        tier=ticket.tier,
        owner=ticket.owner,
        owner_name=name_of(ticket.owner, names),
        team=ticket.team,
        tags=ticket.tags,
        clock=schema.ClockOut(
            kind=ticket.clock_kind,  # type: ignore[arg-type]  # floor.sla writes these four words only
            started_at=maybe(ticket.clock_start),
            due_at=maybe(ticket.clock_due),
            paused=ticket.clock_paused,
        ),
        unread=ticket.unread,
        created_at=moment(ticket.created_at),
        updated_at=moment(ticket.updated_at),
        version=ticket.version,
        watchers=ticket.watchers,
        public=ticket.public,
        open_promises=ticket.open_promises,
    )


def entry_out(words: Words) -> schema.EntryOut:
    """One thing said or done, its secrets hidden."""
    body, kinds = hide(words.body)
    files = [msgspec.convert(one, schema.AttachmentOut) for one in words.attachments]
    for file in files:
        name, more = hide(file.name)
        file.name, kinds = name, (*kinds, *more)
    return schema.EntryOut(
        id=words.id,
        seq=words.seq,
        kind=words.kind,  # type: ignore[arg-type]  # the desk writes these five words only
        author=hide_line(words.author),
        author_id=words.author_id,
        at=moment(words.at),
        body=body,
        attachments=files,
        key=words.key,
        language=words.language,
        masked=list(dict.fromkeys(kinds)),
    )


def promise_out(promise: Promise, names: Names, number: str = "") -> schema.PromiseOut:
    """A promise with its owner's name."""
    return schema.PromiseOut(
        id=promise.id,
        text=hide_line(promise.text),
        due_at=moment(promise.due_at),
        owner=promise.owner,
        owner_name=name_of(promise.owner, names),
        state=promise.state,  # type: ignore[arg-type]  # the desk writes open, kept and broken only
        number=number,
    )


def agent_out(agent: Agent, load: int) -> schema.AgentOut:
    """An agent with the tickets they carry."""
    return schema.AgentOut(
        id=agent.id,
        name=agent.name,
        login=agent.login,
        role=agent.role,  # type: ignore[arg-type]  # the seed writes roles of authority.PERMISSIONS only
        teams=agent.teams,
        languages=agent.languages,
        skills=agent.skills,
        state=agent.state,  # type: ignore[arg-type]  # checked by AgentStateIn
        load=load,
        capacity=agent.capacity,
    )


def fields_out(ticket: Ticket) -> list[schema.FieldOut]:
    """The facts of a ticket: those its category wants first, then the others it has."""
    policy = CATEGORIES.get(ticket.category)
    required = policy.required if policy else ()
    names = [*required, *(name for name in ticket.fields if name not in required)]
    return [
        schema.FieldOut(
            name=name, title=field_title(name), value=hide_line(ticket.fields.get(name, "")), required=name in required
        )
        for name in names
    ]


def log_out(event: Event, names: Names) -> schema.LogOut:
    """One event of the log; the columns of its own ticket come first-level, other rows as `table/id`."""
    return schema.LogOut(
        seq=event.seq,
        at=moment(event.at),
        actor=name_of(event.actor, names) or event.actor or "",
        kind=event.kind,
        ticket=event.ticket,
        before=_flat(event, before=True),
        after=_flat(event, before=False),
    )


def _flat(event: Event, *, before: bool) -> dict[str, msgspec.Raw] | None:
    flat: dict[str, msgspec.Raw] = {}
    for table, rows in (event.before if before else event.after).items():
        for row_id, patch in rows.items():
            if table == "tickets" and row_id == event.ticket:
                flat.update({name: msgspec.Raw(msgspec.json.encode(hide_all(value))) for name, value in (patch or {}).items()})
            elif patch is not None:
                flat[f"{table}/{row_id}"] = msgspec.Raw(msgspec.json.encode(hide_all(patch)))
    return flat or None
