"""One way in for every change: permission, version, the rule, its follow-ups."""

from collections.abc import Callable
from typing import Any

from supportdesk_tui.server.desk import linked, promised, simple, spoken
from supportdesk_tui.server.desk.done import Case, Done
from supportdesk_tui.server.desk.refusals import Conflicting, Forbidden, Refusal
from supportdesk_tui.server.desk.transaction import Transaction
from supportdesk_tui.server.floor.authority import may
from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.wire import schema

RULES: dict[type[Any], tuple[str, Callable[[Case, Any], Done]]] = {
    schema.Assign: ("", simple.assign),
    schema.Transfer: ("transfer", simple.transfer),
    schema.SetStatus: ("status", simple.set_status),
    schema.SetPriority: ("priority", simple.set_priority),
    schema.TagChange: ("tag", simple.tag),
    schema.SetField: ("field", simple.set_field),
    schema.Snooze: ("snooze", simple.snooze),
    schema.Watch: ("watch", simple.watch),
    schema.MarkRead: ("read_mark", simple.mark_read),
    schema.Merge: ("merge", linked.merge),
    schema.LinkChange: ("link", linked.link),
    schema.Escalate: ("escalate", linked.escalate),
    schema.ReturnTask: ("status", linked.return_task),
    schema.MakePromise: ("promise", promised.make_promise),
    schema.SettlePromise: ("promise", promised.settle_promise),
    schema.ReplyIn: ("reply", spoken.reply),
    schema.NoteIn: ("note", spoken.note),
}
"""Change → the capability it needs (assign decides itself between take and assign) and its rule."""


def allow(who: Agent, capability: str) -> None:
    """Refuse what the role may not do."""
    if capability and not may(who.role, capability):
        raise Forbidden(f"your role ({who.role}) may not {capability.replace('_', ' ')}")


def apply_one(
    tx: Transaction, who: Agent, ref: str, change: schema.ChangeIn | schema.ReplyIn | schema.NoteIn, expected: int | None
) -> tuple[Case, Done]:
    """Do one change, with its follow-ups or not at all."""
    capability, rule = RULES[type(change)]
    allow(who, capability)
    ticket = tx.ticket(ref)
    if expected is not None and ticket.version != expected:
        raise Conflicting(f"{ticket.number} moved on: you saw version {expected}, it is {ticket.version}", current=ticket)
    case = Case(tx, who, ticket)
    if ticket.status == "merged" and not isinstance(change, schema.ReplyIn | schema.MarkRead | schema.Watch | schema.Merge):
        raise Refusal("it was merged; change the ticket it went into")
    done = rule(case, change)
    says, deeds = [done.says], []
    for at, follow_up in enumerate(change.then if isinstance(change, schema.ReplyIn | schema.NoteIn) else ()):
        needed, step = RULES[type(follow_up)]
        try:
            allow(who, needed)
            followed = step(case, follow_up)
        except Refusal as refusal:
            refusal.field = f"then[{at}].{refusal.field}".rstrip(".")
            raise
        says.append(followed.says)
        deeds.append(followed.deed)
    deed = f"{', '.join(deeds)} (what was said stays)" if deeds else done.deed
    return case, Done("; ".join(says), deed, done.entry, done.seq)
