"""Taking back what a change did, read from the log: the inverse of each event, unless somebody built on it since."""

from typing import Any

from sqlalchemy import select

from supportdesk_tui.server.desk.done import Case
from supportdesk_tui.server.desk.refusals import Conflicting, Refusal
from supportdesk_tui.server.desk.transaction import Also, Transaction
from supportdesk_tui.server.floor.people import Agent, Promise
from supportdesk_tui.server.floor.ticket import COMPUTED, Ticket
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.log import Event, Patch, events_of_ticket
from supportdesk_tui.wire import schema

SPOKEN = frozenset({"reply", "note"})
"""Events that cannot be taken back: somebody may have read them. A ticket opened by an agent is closed as undone."""
APART = frozenset(
    {
        *("ticket.assigned", "ticket.transferred", "ticket.status", "ticket.priority", "ticket.tagged", "ticket.field"),
        *("ticket.snoozed", "ticket.watched", "ticket.read"),
    }
)
"""Events about one ticket alone: of many tickets changed at once each is taken back for itself."""

LONGEST_DEED = 160
"""Characters of a deed that are said again when it is taken back."""


def undo_events(tx: Transaction, who: Agent, events: list[Event]) -> list[schema.OutcomeOut]:
    """Take the events back, newest first; what became of each ticket, oldest first. A Refusal where nothing is taken back.

    Tickets that the change tied together come back together or not at all.
    """
    undoable = [one for one in events if one.kind not in SPOKEN and one.ticket is not None]
    if not undoable:
        raise Refusal("what was said cannot be taken back")
    by_ticket: dict[str, list[Event]] = {}
    for event in undoable:
        by_ticket.setdefault(event.ticket or "", []).append(event)
    if len(by_ticket) == 1 or not all(one.kind in APART for one in undoable):
        return _undone(tx, who, undoable)
    refusals: list[Refusal] = []
    outcomes = [one for part in by_ticket.values() for one in _one_of_many(tx, who, part, refusals)]
    if len(refusals) == len(by_ticket):
        raise refusals[0]
    return outcomes


def _one_of_many(tx: Transaction, who: Agent, events: list[Event], refusals: list[Refusal]) -> list[schema.OutcomeOut]:
    """Take back what was done to one ticket, or leave it as it is and say why."""
    mark = len(tx.happenings)
    savepoint = tx.connection.begin_nested()
    try:
        outcomes = _undone(tx, who, events)
    except Refusal as refusal:
        savepoint.rollback()
        del tx.happenings[mark:]
        tx.renumber()
        refusals.append(refusal)
        return [schema.OutcomeOut(ticket=events[0].ticket or "", done=False, code=refusal.code, reason=str(refusal))]
    savepoint.commit()
    return outcomes


def _undone(tx: Transaction, who: Agent, events: list[Event]) -> list[schema.OutcomeOut]:
    """Take the events back, all or none of them."""
    touched: dict[str, Case] = {}
    deeds: dict[str, list[str]] = {}
    for event in reversed(events):
        case = touched.get(event.ticket or "")
        if case is None:
            case = touched[event.ticket or ""] = Case(tx, who, tx.ticket(event.ticket or ""))
        _check_untouched(tx, case.ticket, event)
        _take_back(case, event)
        if event.says:
            deeds.setdefault(case.ticket.id, []).insert(0, event.says.removeprefix(f"{who.name} ")[:LONGEST_DEED])
    for case in touched.values():
        what = "; ".join(deeds.get(case.ticket.id, ()))
        case.system("undo", f"took back: {what}" if what else "took back the last change", "undo")
    return [schema.OutcomeOut(ticket=ticket, done=True, version=tx.ticket(ticket).version) for ticket in reversed(touched)]


def _columns(event: Event) -> dict[str, Any]:
    patch = event.after.get("tickets", {}).get(event.ticket or "") or {}
    return {name: value for name, value in patch.items() if name not in COMPUTED}


def _check_untouched(tx: Transaction, ticket: Ticket, event: Event) -> None:
    created = event.before.get("tickets", {}).get(ticket.id) is None
    since = [
        one for one in events_of_ticket(tx.connection, ticket.id, event.seq) if one.key != event.key or one.actor != event.actor
    ]
    if created:
        since = [one for one in since if one.kind != "ticket.read" and not _came_to_nothing(tx, one)]
        changed = bool(since)
    else:
        changed = any(getattr(ticket, name) != value for name, value in _columns(event).items())
        changed = changed or _promise_moved(tx, event)
    if changed:
        news = "; ".join(one.says for one in since if one.says and one.kind != "ticket.read")[:300] or "it changed since"
        raise Conflicting(f"{ticket.number} moved on: {news}", current=tx.ticket(ticket.id))


def _came_to_nothing(tx: Transaction, event: Event) -> bool:
    """Whether an event was itself taken back since, or is the taking back of another."""
    columns = tables.keys.c
    is_undone = (columns.key == event.key) & columns.undone_by.is_not(None)
    query = select(columns.key).where(columns.agent == event.actor, is_undone | (columns.undone_by == event.key))
    return event.key is not None and tx.connection.execute(query).first() is not None


def _promise_moved(tx: Transaction, event: Event) -> bool:
    for row_id, patch in event.after.get("promises", {}).items():
        state = tx.connection.execute(select(tables.promises.c.state).where(tables.promises.c.id == row_id)).scalar()
        if patch is not None and state != patch["state"]:
            return True
    return False


def _take_back(case: Case, event: Event) -> None:
    before = event.before.get("tickets", {}).get(case.ticket.id)
    if before is None:
        case.ticket.status, case.ticket.resolve_reason, case.ticket.stage = "closed", "undone", "resolved"
    else:
        for name in _columns(event):
            setattr(case.ticket, name, before[name])
        for name in ("turn_at", "unread"):
            if name in before and event.kind in {"ticket.status", "ticket.read", "ticket.merged"}:
                setattr(case.ticket, name, before[name])
    also = _rows_back(case, event)
    if also is not None:
        case.record("undo.part", "took back what came with it", "undo", also=also)


def _rows_back(case: Case, event: Event) -> Also | None:
    """The links and promises of the event, the other way round."""
    links: list[Patch] = []
    gone: list[Patch] = []
    for row_id, after in event.after.get("links", {}).items():
        before = event.before.get("links", {}).get(row_id)
        gone += [after] if after is not None else []
        links += [before] if before is not None and after is None else []
    also = Also(links=tuple(links), links_gone=tuple(gone))
    for row_id in event.after.get("promises", {}):
        row = case.tx.connection.execute(select(tables.promises).where(tables.promises.c.id == row_id)).mappings().first()
        if row is not None and event.kind == "promise.made":
            also.promise_gone = Promise(**row)
            case.ticket.open_promises -= 1
        elif row is not None:
            also.promise_reopened = Promise(**row)
            case.ticket.open_promises += 1
    return also if links or gone or also.promise_gone or also.promise_reopened else None
