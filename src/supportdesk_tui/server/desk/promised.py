"""What the customer was told, and by when."""

from sqlalchemy import func, select

from supportdesk_tui.server.desk.done import Case, Done, written
from supportdesk_tui.server.desk.refusals import Conflicting, Refusal
from supportdesk_tui.server.desk.sendable import overrides_of
from supportdesk_tui.server.desk.transaction import Also
from supportdesk_tui.server.floor.people import Promise
from supportdesk_tui.server.storage import tables
from supportdesk_tui.wire import schema


def make_promise(case: Case, change: schema.MakePromise) -> Done:
    """Record a promise; its due time must be ahead."""
    due = case.millis(change.due_at, field="due_at")
    if due <= case.tx.now:
        raise Refusal("a promise is due in the future", field="due_at")
    ticket = case.ticket
    made = case.tx.connection.execute(
        select(func.count()).select_from(tables.promises).where(tables.promises.c.ticket == ticket.id)
    ).scalar_one()
    owner = ticket.owner or case.who.id
    suffix = case.tx.next_event
    promise = Promise(id=f"p{suffix}", ticket=ticket.id, text=change.text, due_at=due, owner=owner)
    if made >= 200:
        raise Refusal("a ticket holds at most 200 promises", field="text")
    ticket.open_promises += 1
    says = f"promised by {written(change.due_at)}: {change.text}"
    also = Also(entry=case.line(says), promise=promise, overrides=overrides_of(change.overrides))
    return case.record("promise.made", says, "promise on {}", also=also)


def settle_promise(case: Case, change: schema.SettlePromise) -> Done:
    """Mark a promise kept."""
    row = case.tx.connection.execute(select(tables.promises).where(tables.promises.c.id == change.promise)).mappings().first()
    if row is None or row["ticket"] != case.ticket.id:
        raise Refusal(f"there is no promise {change.promise[:40]} on this ticket", field="promise")
    promise = Promise(**row)
    if promise.state != "open":
        raise Conflicting(f"the promise is {promise.state} already", field="promise", current=case.ticket)
    promise.state = "kept"
    case.ticket.open_promises -= 1
    says = f"kept the promise: {promise.text}"
    return case.record("promise.kept", says, "settle the promise on {}", also=Also(entry=case.line(says), promise=promise))
