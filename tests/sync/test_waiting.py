"""A reply that has not left when somebody speaks or takes the ticket: it waits for the agent's word, and for nothing else."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from supportdesk_tui.commands.effects import Apply, Retry, TakeBack
from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import OutboxItem, OutboxPhase, value_of
from supportdesk_tui.sync.common import Options
from tests.desk.people import asked, customer_writes, post
from tests.sync.desk import ALL_LIVE, Desk, desk, native
from tests.sync.fake import LeapClock, until

HOLD_S = 60.0
"""Longer than any machine needs to hear what others do."""


def let_holds_end(one: Desk) -> None:
    """A minute has passed."""
    assert isinstance(one.common.clock, LeapClock)
    one.common.clock.later_s += HOLD_S + 1
    one.engine.outbox.kick()


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread(tickets=150, seed=3, ticking=False) as one:
        yield one


@pytest.fixture
async def one(server: ServerThread, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, native(server), Options(hold_s=HOLD_S), LeapClock()) as desk_:
        await desk_.live()
        await desk_.show(ALL_LIVE)
        yield desk_


async def held(one: Desk, row: TicketSummary, body: str) -> OutboxItem:
    """A reply of somebody who has read all, in its hold."""
    await one.open(row.id)
    entries = value_of(one.state.conversation.entries) or ()
    seen = max(entry.seq for entry in entries)
    one.engine.perform(Apply((row.id,), Reply(body, seen=seen, seen_owner=str(row.owner or "")), hold=True))
    await until(lambda: one.state.outbox and one.state.outbox[-1].phase is OutboxPhase.HELD)
    return one.state.outbox[-1]


def of(one: Desk, item: OutboxItem) -> OutboxItem:
    return next(now for now in one.state.outbox if now.key == item.key)


def is_waiting(one: Desk, item: OutboxItem) -> bool:
    now = of(one, item)
    return now.phase is OutboxPhase.HELD and now.held_until is None


async def said(server: ServerThread, ticket: TicketId, body: str) -> int:
    rows = await asked(server, "SELECT 1 FROM entries WHERE ticket = :ticket AND body = :body", ticket=ticket, body=body)
    return len(rows)


def mine(one: Desk, place: int) -> TicketSummary:
    """An open ticket nobody else has."""
    me = str(one.common.me)
    rows = [row for row in one.state.queue.rows if row.status.name == "open" and str(row.owner or me) == me]
    return rows[place]


async def test_customer_who_writes_in_the_hold_stops_the_reply_until_the_agent_says_send(
    one: Desk, server: ServerThread
) -> None:
    row, other = mine(one, 0), mine(one, 1)
    elsewhere = await held(one, other, "To somebody else.")
    item = await held(one, row, "We are looking.")
    await customer_writes(server, row, "I have found it myself")
    await until(lambda: is_waiting(one, item))
    assert "wrote meanwhile" in of(one, item).reason
    let_holds_end(one)
    await until(lambda: of(one, elsewhere).phase is OutboxPhase.SENT)
    assert is_waiting(one, item), "its time has come, its word has not"
    assert await said(server, row.id, "We are looking.") == 0
    one.engine.perform(TakeBack(item.key))
    await until(lambda: one.state.draft(row.id) is not None)
    assert one.state.draft(row.id).body == "We are looking."  # type: ignore[union-attr]  # it is there


async def test_colleague_who_takes_the_ticket_in_the_hold_stops_the_reply_and_giving_it_back_does_not_send_it(
    one: Desk, server: ServerThread
) -> None:
    row = mine(one, 2)
    item = await held(one, row, "As promised.")
    token = server.token_for("chen.jing")
    ids = await asked(server, "SELECT id, name FROM agents WHERE login = 'chen.jing'")
    change = f"/tickets/{row.id}/changes"
    await post(server, change, token, {"type": "assign", "agent": ids[0][0]})
    await until(lambda: is_waiting(one, item))
    assert of(one, item).reason.startswith(f"{ids[0][1]} has the ticket now")
    await post(server, change, token, {"type": "assign", "agent": str(row.owner) if row.owner else None})
    await one.open(row.id)
    assert is_waiting(one, item)
    assert await said(server, row.id, "As promised.") == 0
    one.engine.perform(Retry(item.key))
    await until(lambda: of(one, item).phase is OutboxPhase.SENT)
    assert await said(server, row.id, "As promised.") == 1


async def test_notes_my_own_words_and_what_was_read_before_stop_nothing(one: Desk, server: ServerThread) -> None:
    row = mine(one, 3)
    await customer_writes(server, row, "before the reply")
    item = await held(one, row, "Thank you for telling us.")
    await post(server, f"/tickets/{row.id}/notes", server.token_for("chen.jing"), {"body": "only among us"})
    await post(server, f"/tickets/{row.id}/replies", server.token_for("li.wei"), {"body": "from my telephone"})
    await until(lambda: "from my telephone" in {entry.body for entry in value_of(one.state.conversation.entries) or ()})
    let_holds_end(one)
    await until(lambda: of(one, item).phase is OutboxPhase.SENT)
    assert of(one, item).reason == ""


async def test_note_in_the_outbox_goes_out_whoever_speaks(one: Desk, server: ServerThread) -> None:
    row = mine(one, 4)
    await one.open(row.id)
    one.engine.perform(Apply((row.id,), Note("for the next shift"), hold=True))
    await until(lambda: one.state.outbox and one.state.outbox[-1].phase is OutboxPhase.HELD)
    await customer_writes(server, row, "one thing more")
    await until(lambda: "one thing more" in {entry.body for entry in value_of(one.state.conversation.entries) or ()})
    let_holds_end(one)
    await until(lambda: one.state.outbox[-1].phase is OutboxPhase.SENT)


async def test_bulk_of_replies_waits_when_one_of_its_customers_speaks(one: Desk, server: ServerThread) -> None:
    rows = [mine(one, place) for place in (5, 6)]
    one.engine.perform(Apply(tuple(row.id for row in rows), Reply("The network is back."), hold=True))
    await until(lambda: one.state.outbox and one.state.outbox[-1].phase is OutboxPhase.HELD)
    item = one.state.outbox[-1]
    await customer_writes(server, rows[1], "Not here!")
    await until(lambda: is_waiting(one, item))
    assert [await said(server, row.id, "The network is back.") for row in rows] == [0, 0]
