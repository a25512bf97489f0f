"""Changes that tie tickets together: escalate, hand back, merge, link."""

from supportdesk_tui.server.desk.done import Case, Done
from supportdesk_tui.server.desk.refusals import Conflicting, Refusal
from supportdesk_tui.server.desk.sendable import overrides_of
from supportdesk_tui.server.desk.transaction import Also, copy_of, day_of
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import TARGETS, TEAMS, field_title
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema


def link_rows(ticket: str, other: str, relation: str, back: str) -> tuple[dict[str, str], ...]:
    """The two rows of a link, one for each end."""
    return (
        {"id": f"{ticket}.{other}.{relation}", "ticket": ticket, "other": other, "relation": relation},
        {"id": f"{other}.{ticket}.{back}", "ticket": other, "other": ticket, "relation": back},
    )


def escalate(case: Case, change: schema.Escalate) -> Done:
    """Open a linked task with a specialist team; the owner keeps the customer."""
    target = next((one for one in TARGETS if one.team == change.team), None)
    if target is None:
        raise Refusal(f"one cannot escalate to {change.team[:40]}", field="team")
    ticket = case.ticket
    if ticket.phase in {"solved", "closed"}:
        raise Refusal("a solved ticket is reopened before it is escalated", field="team")
    if case.tx.connection.execute(
        tables.links.select().where(tables.links.c.ticket == ticket.id, tables.links.c.relation == "task_of")
    ).first():
        raise Refusal("a task is handed back, not escalated again", field="team")
    facts = {**ticket.fields, **{name: value for name, value in change.fields.items() if value.strip()}}
    missing = [name for name in target.required if not facts.get(name, "").strip()]
    if missing:
        titles = ", ".join(field_title(name) for name in missing)
        raise Refusal(f"{target.title} needs: {titles}", field=f"fields.{missing[0]}")
    if len(facts) > 50:
        raise Refusal("a ticket holds at most 50 facts", field="fields")
    ticket.fields = facts
    task = _open_task(case, change, target.title)
    ticket.status, ticket.stage, ticket.snoozed_until = "waiting_internal", "analysis", None
    says = f"escalated to {target.title} as {task.number}: {change.summary}"
    entry = case.tx.words(ticket, "system", f"{case.who.name} {says}", (case.who.name, case.who.id))
    links = link_rows(ticket.id, task.id, "task", "task_of")
    also = Also(entry=entry, links=links, overrides=overrides_of(change.overrides))
    done = case.record("ticket.escalated", says, f"escalate {{}} to {target.title}", also=also)
    return Done(f"escalated to {target.title} as {task.number}", done.deed, done.entry, done.seq)


def _open_task(case: Case, change: schema.Escalate, title: str) -> Ticket:
    parent, tx = case.ticket, case.tx
    facts = "\n".join(f"{field_title(name)}: {value}" for name, value in parent.fields.items() if value)
    source = f"From: {case.who.name}, case {parent.number}\nCustomer: {parent.customer_name} ({parent.tier})"
    handover = f"{change.summary}\n\n{source}\n{facts}"
    task = Ticket(
        n=0,
        id="",
        number="",
        subject=f"{title}: {parent.subject}"[:500],
        channel="ticket",
        status="new",
        priority=parent.priority,
        category=parent.category,
        language=parent.language,
        customer=parent.customer,
        customer_name=parent.customer_name,
        tier=parent.tier,
        created_at=tx.now,
        opened_at=tx.now,
        team=change.team,
        fields=dict(parent.fields),
        tags=["task"],
        handover=handover,
        stage="analysis",
    )
    entry = tx.words(task, "note", handover, (case.who.name, case.who.id))
    says = f"{case.who.name} opened a task for {title}"
    return tx.new_ticket(task, day_of(tx.now), kind="task.opened", also=Also(entry=entry), says=says)


def return_task(case: Case, change: schema.ReturnTask) -> Done:
    """Hand a task back with the finding; the customer's owner is alerted."""
    task, tx = case.ticket, case.tx
    row = tx.connection.execute(
        tables.links.select().where(tables.links.c.ticket == task.id, tables.links.c.relation == "task_of")
    ).first()
    if row is None:
        raise Refusal("this ticket is no task: it was not escalated from another", field="finding")
    if task.phase in {"solved", "closed"}:
        raise Conflicting("the task was handed back already", current=task)
    parent = tx.ticket(row.other)
    before = copy_of(parent)
    team = TEAMS.get(task.team or "", "The specialists")
    if parent.status == "waiting_internal":
        parent.status = "open"
    parent.stage = "proposed"
    parent.fields = {**parent.fields, **{name: value for name, value in task.fields.items() if value}}
    entry = tx.words(parent, "note", f"{team} ({task.number}): {change.finding}", (case.who.name, case.who.id))
    also = Also(entry=entry, overrides=overrides_of(change.overrides))
    tx.record("task.returned", before, parent, also=also, says=f"{team} returned the task", tells=parent.owner)
    task.status, task.stage, task.resolve_reason = "solved", "resolved", "answered"
    return case.system("task.closed", f"returned the task: {change.finding}", "return {} to its owner")


def merge(case: Case, change: schema.Merge) -> Done:
    """Fold this ticket into another; its number goes on resolving to that one."""
    ticket, tx = case.ticket, case.tx
    other = tx.ticket(change.into)
    if other.id == ticket.id:
        raise Refusal("a ticket cannot be merged into itself", field="into")
    if ticket.status == "merged":
        raise Conflicting("it was merged already", current=ticket)
    if other.status == "merged":
        raise Refusal(f"{other.number} was itself merged into another", field="into")
    if other.customer != ticket.customer:
        raise Refusal(f"{other.number} belongs to another customer", field="into")
    before = copy_of(other)
    entry = tx.words(other, "system", f"{case.who.name} merged {ticket.number} into this", (case.who.name, case.who.id))
    links = link_rows(ticket.id, other.id, "merged_into", "duplicate")
    says = f"{case.who.name} merged {ticket.number} into {other.number}"
    if other.phase in {"solved", "closed"} and ticket.phase not in {"solved", "closed"}:
        other.status, other.stage = "open", "diagnosing"
    tx.record("ticket.absorbed", before, other, also=Also(entry=entry), says=says)
    ticket.status, ticket.merged_into, ticket.resolve_reason, ticket.unread = "merged", other.id, "duplicate", 0
    line = case.line(f"merged it into {other.number}")
    return case.record(
        "ticket.merged", f"merged it into {other.number}", f"merge {{}} into {other.number}", also=Also(entry=line, links=links)
    )


def link(case: Case, change: schema.LinkChange) -> Done:
    """Tie two tickets together."""
    other = case.tx.ticket(change.to)
    if other.id == case.ticket.id:
        raise Refusal("a ticket cannot be linked to itself", field="to")
    rows = link_rows(case.ticket.id, other.id, change.relation, change.relation)
    exists = case.tx.connection.execute(tables.links.select().where(tables.links.c.id == rows[0]["id"])).first()
    if exists:
        raise Conflicting(f"it is linked to {other.number} already", current=case.ticket)
    return case.record("ticket.linked", f"linked it to {other.number}", f"link {{}} to {other.number}", also=Also(links=rows))
