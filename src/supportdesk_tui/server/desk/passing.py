"""What time does by itself: snoozed tickets wake, promises fall due, solved tickets close, a leaver's go back to the queue."""

from collections.abc import Sequence

from sqlalchemy import delete, select, tuple_

from supportdesk_tui.server.desk.desk import Desk
from supportdesk_tui.server.desk.transaction import Also, Transaction, copy_of
from supportdesk_tui.server.floor.people import Promise
from supportdesk_tui.server.floor.query import BAND_OF
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import HOUR
from supportdesk_tui.server.storage import tables
from supportdesk_tui.server.storage.dialect import dialect_of

CLOSE_AFTER_MS = 72 * HOUR
KEEP_KEYS_MS = 7 * 24 * HOUR
"""How long an idempotency key gets its first answer again, and a change can be taken back. A desk that finds a change of this
age in its outbox has long asked the agent before sending it."""
FORGET_STEP = 200
"""Most keys forgotten a second."""
STEP = 5
"""How many of each kind are done in one transaction, so that agents never wait behind them."""
DESK = ("Desk", None)


def pass_time(desk: Desk) -> int:
    """Do what has fallen due; says how much that was."""
    now = desk.clock()
    with desk.database.reading() as connection:
        columns, kept = tables.tickets.c, tables.promises.c
        waking = (
            connection.execute(
                select(columns.id).where(columns.snoozed_until.is_not(None), columns.snoozed_until <= now).limit(STEP)
            )
            .scalars()
            .all()
        )
        due = connection.execute(select(kept.id).where(kept.state == "open", kept.due_at <= now).limit(STEP)).scalars().all()
        closing = (
            connection.execute(
                select(columns.id).where(columns.status == "solved", columns.solved_at <= now - CLOSE_AFTER_MS).limit(STEP)
            )
            .scalars()
            .all()
        )
    _forget_keys(desk, now - KEEP_KEYS_MS)
    left = _left_behind(desk)
    if not (waking or due or closing or left):
        return 0

    def work(tx: Transaction) -> int:
        return (
            sum(_wake(tx, one) for one in waking)
            + sum(_break(tx, one) for one in due)
            + sum(_close(tx, one) for one in closing)
            + sum(_hand_back(tx, one) for one in left)
        )

    return desk.transact(None, None, work)


def _left_behind(desk: Desk) -> Sequence[str]:
    """Some live tickets of agents who have left."""
    leavers = [one.id for one in list(desk.agents.values()) if not one.active]
    if not leavers:
        return ()
    columns = tables.tickets.c
    theirs = columns.owner.in_(leavers), columns.band.in_((BAND_OF["open"], BAND_OF["snoozed"]))
    with desk.database.reading() as connection:
        return connection.execute(select(columns.id).where(*theirs).limit(STEP)).scalars().all()


def _forget_keys(desk: Desk, before: int) -> None:
    """Forget the oldest keys."""
    kept, age = tables.keys.c, dialect_of(desk.database.engine).age_of_keys()
    with desk.database.reading() as connection:
        oldest = connection.execute(select(kept.agent, kept.key, kept.at).order_by(age).limit(FORGET_STEP)).all()
    old = [(row.agent, row.key) for row in oldest if row.at < before]
    if old:
        desk.database.write(
            lambda connection: connection.execute(delete(tables.keys).where(tuple_(kept.agent, kept.key).in_(old)))
        )


def _wake(tx: Transaction, ref: str) -> bool:
    ticket = tx.ticket(ref)
    if ticket.snoozed_until is None or ticket.snoozed_until > tx.now:
        return False
    before = copy_of(ticket)
    ticket.snoozed_until = None
    if ticket.status == "snoozed":
        ticket.status, ticket.resume_status = ticket.resume_status or "open", ""
    _say(tx, before, ticket, "ticket.woke", f"{ticket.number} is back from its snooze")
    return True


def _break(tx: Transaction, promise_id: str) -> bool:
    row = tx.connection.execute(select(tables.promises).where(tables.promises.c.id == promise_id)).mappings().one()
    promise = Promise(**row)
    if promise.state != "open":
        return False
    ticket = tx.ticket(promise.ticket)
    before = copy_of(ticket)
    promise.state = "broken"
    ticket.open_promises -= 1
    says = f"promise missed: {promise.text}"
    entry = tx.words(ticket, "system", says, DESK)
    tx.record("promise.broken", before, ticket, also=Also(entry=entry, promise=promise), says=says, tells=promise.owner)
    return True


def _close(tx: Transaction, ref: str) -> bool:
    ticket = tx.ticket(ref)
    if ticket.status != "solved":
        return False
    before = copy_of(ticket)
    ticket.status = "closed"
    tx.record("ticket.closed", before, ticket, says=f"{ticket.number} closed after three days")
    return True


def _hand_back(tx: Transaction, ref: str) -> bool:
    ticket = tx.ticket(ref)
    owner = tx.agent(ticket.owner) if ticket.owner else None
    if owner is None or owner.active:
        return False
    before = copy_of(ticket)
    ticket.owner = None
    _say(tx, before, ticket, "ticket.assigned", f"{owner.name} has left: the ticket is back in its queue")
    return True


def _say(tx: Transaction, before: Ticket, ticket: Ticket, kind: str, says: str) -> None:
    entry = tx.words(ticket, "system", says, DESK)
    tx.record(kind, before, ticket, also=Also(entry=entry), says=says, tells=ticket.owner)
