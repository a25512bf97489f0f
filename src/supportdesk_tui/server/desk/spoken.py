"""What agents say: replies the customer reads, notes the customer never reads, new tickets."""

from sqlalchemy import and_, or_, select

from supportdesk_tui.server.desk.done import Case, Done
from supportdesk_tui.server.desk.refusals import Conflicting, Forbidden, Refusal
from supportdesk_tui.server.desk.sendable import overrides_of
from supportdesk_tui.server.desk.transaction import Also, Transaction, day_of
from supportdesk_tui.server.floor.authority import may
from supportdesk_tui.server.floor.people import Agent, Customer
from supportdesk_tui.server.floor.routing import first_team
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import CATEGORIES
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema

REPLY_LIMITS = {"social": 280, "chat": 10_000}
"""Longest public reply where the channel has a limit of its own."""


def reply(case: Case, said: schema.ReplyIn) -> Done:
    """Say something to the customer; stops the clock that waits for a human."""
    ticket = case.ticket
    if ticket.status in {"merged", "spam"}:
        raise Refusal(f"a ticket that is {ticket.status} gets no reply", field="body")
    limit = REPLY_LIMITS.get(ticket.channel)
    if limit is not None and len(said.body) > limit:
        raise Refusal(f"{ticket.channel} takes at most {limit} characters, this has {len(said.body)}", field="body")
    _heard(case, said.seen)
    _still_theirs(case, said.seen_owner)
    if said.cc and ticket.channel not in {"email", "ticket"}:
        raise Refusal(f"{ticket.channel} knows no Cc", field="cc")
    entry = case.tx.words(ticket, "agent", said.body, (case.who.name, case.who.id), language=said.language or ticket.language)
    entry.attachments = _attached(case.tx, said.attachments)
    ticket.human_at = ticket.human_at or case.tx.now
    ticket.turn_at, ticket.unread = None, 0
    if said.cc:
        ticket.cc = list(said.cc)
    if ticket.status in {"new", "waiting_human", "bot"}:
        ticket.status = "open"
    if ticket.owner is None and may(case.who.role, "take"):
        ticket.owner = case.who.id
    if ticket.stage == "received":
        ticket.stage = "diagnosing"
    return case.record("reply", "replied", "reply on {}", also=Also(entry=entry, overrides=overrides_of(said.overrides)))


def _heard(case: Case, seen: int) -> None:
    """Refuse a reply of somebody who has not read what was said last; one's own words count as read."""
    if not seen:
        return
    columns = tables.entries.c
    by_others = or_(columns.author_id.is_(None), columns.author_id != case.who.id)
    since = and_(columns.ticket == case.ticket.id, columns.seq > seen, columns.kind.in_(("customer", "agent")), by_others)
    row = case.tx.connection.execute(
        select(columns.author, columns.kind).where(since).order_by(columns.seq.desc()).limit(1)
    ).first()
    if row is not None:
        deed = "wrote" if row.kind == "customer" else "replied"
        raise Conflicting(f"{row.author} {deed} meanwhile", field="seen", current=case.ticket)


def _still_theirs(case: Case, owner: str | None) -> None:
    """Refuse a reply of somebody who does not know that another agent has the ticket now."""
    now = case.ticket.owner
    if owner is not None and now is not None and now not in {owner, case.who.id}:
        raise Conflicting(f"{case.tx.name_of(now)} has the ticket now", field="seen_owner", current=case.ticket)


def note(case: Case, said: schema.NoteIn) -> Done:
    """Say something to colleagues; those mentioned are told."""
    for mentioned in said.mentions:
        if case.tx.agent(mentioned) is None:
            raise Refusal(f"there is no agent {mentioned[:40]}", field="mentions")
    entry = case.tx.words(case.ticket, "note", said.body, (case.who.name, case.who.id))
    entry.attachments = _attached(case.tx, said.attachments)
    fresh = [one for one in said.mentions if one not in case.ticket.watchers]
    case.ticket.watchers = [*case.ticket.watchers, *dict.fromkeys(fresh)]
    tells = next((one for one in said.mentions if one != case.who.id), None)
    also = Also(entry=entry, overrides=overrides_of(said.overrides))
    return case.record("note", "mentioned you" if tells else "noted", "note on {}", also=also, tells=tells)


def create(tx: Transaction, who: Agent, opened: schema.CreateIn) -> tuple[Ticket, Done]:
    """Open a ticket for a customer who did not write it themselves, e.g. after a call."""
    row = tx.connection.execute(select(tables.customers).where(tables.customers.c.id == opened.customer)).mappings().first()
    if row is None:
        raise Refusal(f"there is no customer {opened.customer[:40]}", field="customer")
    if opened.category not in CATEGORIES:
        raise Refusal(f"there is no category {opened.category[:40]}", field="category")
    customer = Customer(**row)
    ticket = fresh_ticket(tx, customer, channel=opened.channel, category=opened.category, subject=opened.subject)
    entry = tx.words(ticket, "customer", opened.body, (customer.name, None), language=customer.language)
    ticket.turn_at = tx.now
    says, also = f"{who.name} opened it", Also(entry=entry, overrides=overrides_of(opened.overrides))
    ticket = tx.new_ticket(ticket, day_of(tx.now), kind="ticket.opened", also=also, says=says)
    return ticket, Done(f"opened {ticket.number}", "open", entry.id, tx.next_event - 1)


def fresh_ticket(tx: Transaction, customer: Customer, *, channel: str, category: str, subject: str) -> Ticket:
    """A ticket that has no number yet."""
    return Ticket(
        n=0,
        id="",
        number="",
        subject=subject,
        channel=channel,
        status="new",
        priority=CATEGORIES[category].priority,
        category=category,
        language=customer.language,
        customer=customer.id,
        customer_name=customer.name,
        tier=customer.tier,
        created_at=tx.now,
        opened_at=tx.now,
        team=first_team(customer.language, category),
    )


def _attached(tx: Transaction, ids: list[str]) -> list[dict[str, str | int | bool]]:
    columns = tables.attachments.c
    rows: list[dict[str, str | int | bool]] = []
    for one in ids:
        query = select(columns.id, columns.name, columns.media_type, columns.size, columns.agent).where(columns.id == one)
        row = tx.connection.execute(query).mappings().first()
        if row is None:
            raise Refusal(f"there is no attachment {one[:40]}", field="attachments")
        if row["agent"] != tx.actor:
            raise Forbidden("that file was uploaded by somebody else")
        rows.append(
            {"id": row["id"], "name": row["name"], "media_type": row["media_type"], "size": row["size"], "inline": False}
        )
    return rows
