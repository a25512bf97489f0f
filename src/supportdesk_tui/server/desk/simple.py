"""Changes that touch one ticket only."""

from sqlalchemy import and_, func, select

from supportdesk_tui.server.desk.done import Case, Done, written
from supportdesk_tui.server.desk.refusals import Conflicting, Forbidden, Refusal
from supportdesk_tui.server.floor.authority import may
from supportdesk_tui.server.floor.words import CATEGORIES, NOT_BY_HAND, STATUSES, TEAMS, field_title
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema


def assign(case: Case, change: schema.Assign) -> Done:
    """Give the ticket to an agent or to nobody; taking has one winner."""
    ticket, who = case.ticket, case.who
    verb = "take" if change.agent == who.id else "assign"
    if not may(who.role, verb):
        raise Forbidden(f"your role ({who.role}) may not {verb} tickets")
    if change.only_if_unowned and ticket.owner not in {None, change.agent}:
        raise Conflicting(f"{case.tx.name_of(ticket.owner)} has it", field="agent", current=ticket)
    former = ticket.owner if ticket.owner not in {None, who.id, change.agent} else None
    if change.agent is None:
        ticket.owner = None
        return case.system("ticket.assigned", "took it off its owner", "unassign {}", tells=former)
    agent = case.tx.agent(change.agent)
    if agent is None:
        raise Refusal(f"there is no agent {change.agent[:40]}", field="agent")
    if not agent.active:
        raise Refusal(f"{agent.name} has left and takes no tickets", field="agent")
    if agent.role == "auditor":
        raise Refusal(f"{agent.name} is an auditor and takes no tickets", field="agent")
    ticket.owner = agent.id
    if ticket.status in {"new", "waiting_human", "bot"}:
        ticket.status = "open"
    if agent.id != who.id:
        return case.system("ticket.assigned", f"assigned it to {agent.name}", f"assign {{}} to {agent.name}", tells=agent.id)
    says = f"took it from {case.tx.name_of(former)}" if former else "took it"
    return case.system("ticket.assigned", says, "take {}", tells=former)


def transfer(case: Case, change: schema.Transfer) -> Done:
    """Move the ticket to a team's queue; nobody owns it there yet."""
    if change.team not in TEAMS:
        raise Refusal(f"there is no team {change.team[:40]}", field="team")
    case.ticket.team, case.ticket.owner = change.team, None
    reason = f": {change.reason}" if change.reason else ""
    return case.system("ticket.transferred", f"moved it to {TEAMS[change.team]}{reason}", f"move {{}} to {TEAMS[change.team]}")


def set_status(case: Case, change: schema.SetStatus) -> Done:
    """Set the status; solving keeps the reason."""
    if change.status not in STATUSES:
        raise Refusal(f"there is no status {change.status[:40]}", field="status")
    if change.status in NOT_BY_HAND:
        raise Refusal(f"{change.status} cannot be set by hand: {NOT_BY_HAND[change.status]}", field="status")
    ticket, status = case.ticket, STATUSES[change.status]
    ticket.status, ticket.snoozed_until, ticket.resume_status = change.status, None, ""
    if status.phase in {"solved", "closed"}:
        ticket.resolve_reason, ticket.stage, ticket.turn_at = change.reason, "resolved", None
    elif ticket.stage == "resolved":
        ticket.stage = "diagnosing"
    reason = f" ({change.reason})" if change.reason else ""
    return case.system("ticket.status", f"set status {status.title}{reason}", f"set {{}} to {status.title}")


def set_priority(case: Case, change: schema.SetPriority) -> Done:
    """Set the priority; the deadlines follow."""
    case.ticket.priority = change.priority
    return case.system("ticket.priority", f"set priority P{change.priority}", f"set {{}} to P{change.priority}")


def tag(case: Case, change: schema.TagChange) -> Done:
    """Add and remove tags."""
    kept = [one for one in case.ticket.tags if one not in set(change.remove)]
    case.ticket.tags = kept + [one for one in dict.fromkeys(change.add) if one not in kept]
    if len(case.ticket.tags) > 100:
        raise Refusal("a ticket holds at most 100 tags", field="add")
    added, removed = ", ".join(change.add), ", ".join(change.remove)
    if not removed:
        return case.silent("ticket.tagged", f"tagged {added}", f"tag {{}} {added}")
    if not added:
        return case.silent("ticket.tagged", f"took off the tag {removed}", f"take the tag {removed} off {{}}")
    says = f"took off the tag {removed} and tagged {added}"
    return case.silent("ticket.tagged", says, f"change the tags of {{}}: +{added}, -{removed}")


def set_field(case: Case, change: schema.SetField) -> Done:
    """Fill one fact."""
    known = set(CATEGORIES[case.ticket.category].required) | set(case.ticket.fields)
    if change.name not in known and len(case.ticket.fields) >= 50:
        raise Refusal("a ticket holds at most 50 facts", field="name")
    case.ticket.fields = {**case.ticket.fields, change.name: change.value}
    return case.silent("ticket.field", f"filled {field_title(change.name)}", f"fill {field_title(change.name)} of {{}}")


def snooze(case: Case, change: schema.Snooze) -> Done:
    """Out of sight until a time, or until the customer's next word."""
    ticket = case.ticket
    until = None if change.until is None else case.millis(change.until, field="until")
    if until is not None and until <= case.tx.now:
        raise Refusal("that time is over already", field="until")
    if ticket.phase in {"solved", "closed"}:
        raise Refusal("a solved ticket needs no snooze", field="until")
    if ticket.status != "snoozed":
        ticket.resume_status = ticket.status if ticket.status not in {"new", "waiting_human", "bot"} else "open"
    ticket.status, ticket.snoozed_until = "snoozed", until
    when = "until the customer writes" if change.until is None else f"until {written(change.until)}"
    return case.silent("ticket.snoozed", f"snoozed it {when}", "snooze {}")


def watch(case: Case, change: schema.Watch) -> Done:
    """Follow or stop following."""
    others = [one for one in case.ticket.watchers if one != case.who.id]
    case.ticket.watchers = [*others, case.who.id] if change.on else others
    return case.silent(
        "ticket.watched", "started watching" if change.on else "stopped watching", "watch {}" if change.on else "unwatch {}"
    )


def _since(case: Case, seen: int) -> int:
    """How many of the customer's words came after the entry somebody saw last; none when everything was seen."""
    if not seen or not case.ticket.unread:
        return 0
    columns = tables.entries.c
    after = and_(columns.ticket == case.ticket.id, columns.kind == "customer", columns.seq > seen)
    count: int = case.tx.connection.execute(select(func.count()).select_from(tables.entries).where(after)).scalar_one()
    return min(count, case.ticket.unread)


def mark_read(case: Case, change: schema.MarkRead) -> Done:
    """An agent has looked, or wants it unread again."""
    case.ticket.unread = _since(case, change.to) if change.read else max(1, case.ticket.unread)
    return case.silent(
        "ticket.read", "read it" if change.read else "marked it unread", "mark {} read" if change.read else "mark {} unread"
    )
