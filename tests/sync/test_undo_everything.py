"""Everything an agent can do to a ticket is taken back by `z`, against the real server; what cannot be says why it cannot."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.changes import (
    Assign,
    Change,
    Create,
    Escalate,
    Link,
    MakePromise,
    MarkRead,
    Merge,
    Note,
    Reply,
    ReturnTask,
    SetAgentState,
    SetField,
    SetPriority,
    SetStatus,
    SettlePromise,
    Snooze,
    Tag,
    Transfer,
    Undo,
    Watch,
)
from supportdesk_tui.domain.ids import AgentId, TeamId, TicketId
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.domain.ticket import Channel, Priority
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import OutboxPhase
from tests.sync.desk import ALL_LIVE, Desk, desk, native
from tests.sync.fake import until

FAR = datetime(2099, 1, 1, tzinfo=UTC)
COMPLIANCE = TeamId("compliance")
CASES: dict[type[object], Change] = {
    Assign: Assign(AgentId("a3")),
    Transfer: Transfer(TeamId("risk"), "theirs"),
    SetStatus: SetStatus("solved", "answered"),
    SetPriority: SetPriority(Priority.P1),
    Tag: Tag(add=("undo-me",)),
    SetField: SetField("txid", "abc"),
    Snooze: Snooze(FAR),
    Watch: Watch(),
    MarkRead: MarkRead(read=False),
    Escalate: Escalate(COMPLIANCE, "please look"),
    MakePromise: MakePromise("call back", FAR),
}
"""What needs nothing but a ticket."""
ELSEWHERE = {SettlePromise, Merge, Link, ReturnTask, Create, SetAgentState}
"""What needs more than a ticket: each has a test of its own below."""
NEVER = {
    Reply: "words that were sent may have been read; until then it is held, and what came with it is undone",
    Note: "words that were sent may have been read; what came with it is undone",
    Undo: "Z does again what was taken back",
}
MOVES_ALWAYS = {"version", "updated_at"}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread(tickets=60, seed=3, ticking=False) as one:
        yield one


@asynccontextmanager
async def at_work(server: ServerThread, folder: Path) -> AsyncIterator[Desk]:
    """A lead's desk that shows every live ticket."""
    async with desk(folder, native(server, "zhou.min")) as one:
        await one.live()
        await one.show(ALL_LIVE)
        yield one


def standing(server: ServerThread, ticket: str) -> dict[str, Any]:
    """Everything about a ticket that must come back, as another agent reads it."""
    headers = {"Authorization": f"Bearer {server.token_for('zhou.min')}"}
    answer = httpx.get(f"{server.url}/api/v1/tickets/{ticket}", headers=headers)
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = answer.json()
    whole["row"] = {name: value for name, value in whole["row"].items() if name not in MOVES_ALWAYS}
    return whole


def fresh(one: Desk, place: int = 0) -> TicketId:
    """An open ticket nobody has touched here, told apart by its place."""
    rows = [row for row in one.state.queue.rows if str(row.team).startswith("frontline") and row.status.name == "open"]
    return rows[place].id


async def done(one: Desk, tickets: tuple[TicketId, ...], change: Change) -> None:
    """Do it, and wait for the server's yes."""
    before = len(one.state.outbox)
    one.engine.perform(Apply(tickets, change))
    await until(
        lambda: len(one.state.outbox) > before and one.state.outbox[-1].phase in {OutboxPhase.SENT, OutboxPhase.REFUSED}
    )
    assert one.state.outbox[-1].phase is OutboxPhase.SENT, one.state.outbox[-1].reason
    await until(lambda: one.engine.busy == 0)


async def taken_back(one: Desk) -> None:
    """What `z` does."""
    key = one.state.undo_stack[-1]
    item = next(item for item in one.state.outbox if item.key == key)
    await done(one, item.tickets, Undo(key))
    assert key not in one.state.undo_stack


def test_every_kind_of_change_is_undone_here_or_says_why_it_cannot_be() -> None:
    kinds = set(get_args(Change))
    assert kinds == set(CASES) | ELSEWHERE | set(NEVER)
    assert all(len(reason) > 20 for reason in NEVER.values())


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
async def test_what_was_done_to_a_ticket_is_taken_back_whole(server: ServerThread, tmp_path: Path, kind: type[object]) -> None:
    async with at_work(server, tmp_path) as one:
        ticket = fresh(one, 1)
        if kind in {MarkRead, Assign}:
            await done(one, (ticket,), MarkRead() if kind is MarkRead else Assign(None))
        before = await asyncio.to_thread(standing, server, ticket)
        await done(one, (ticket,), CASES[kind])
        assert await asyncio.to_thread(standing, server, ticket) != before
        await taken_back(one)
        assert await asyncio.to_thread(standing, server, ticket) == before


async def test_ties_promises_and_tasks_are_taken_back(server: ServerThread, tmp_path: Path) -> None:
    async with at_work(server, tmp_path) as one:
        ticket, other = fresh(one, 2), fresh(one, 3)
        await done(one, (ticket,), MakePromise("call back", FAR))
        promise = (await asyncio.to_thread(standing, server, ticket))["promises"][0]["id"]
        for change in (SettlePromise(promise), Link(other)):
            before = [await asyncio.to_thread(standing, server, each) for each in (ticket, other)]
            await done(one, (ticket,), change)
            await taken_back(one)
            assert [await asyncio.to_thread(standing, server, each) for each in (ticket, other)] == before
        await done(one, (ticket,), Escalate(COMPLIANCE, "please look"))
        task = TicketId((await asyncio.to_thread(standing, server, ticket))["links"][0]["id"])
        before = [await asyncio.to_thread(standing, server, each) for each in (ticket, task)]
        await done(one, (task,), ReturnTask("all is well"))
        await taken_back(one)
        assert [await asyncio.to_thread(standing, server, each) for each in (ticket, task)] == before
        await taken_back(one)
        assert (await asyncio.to_thread(standing, server, task))["row"]["status"] == "closed", "the task is withdrawn"


async def test_a_new_ticket_is_withdrawn_and_merging_it_is_taken_back(server: ServerThread, tmp_path: Path) -> None:
    async with at_work(server, tmp_path) as one:
        row = next(row for row in one.state.queue.rows if row.id == fresh(one))
        made = Create(row.customer_id, Channel.EMAIL, "FND", "Opened by hand", "They called")
        before = {each.id for each in one.state.queue.rows}
        await done(one, (), made)
        await until(lambda: {each.id for each in one.state.queue.rows} - before)
        (fresh_one,) = {each.id for each in one.state.queue.rows} - before
        stood = [await asyncio.to_thread(standing, server, each) for each in (fresh_one, row.id)]
        await done(one, (fresh_one,), Merge(row.id))
        await taken_back(one)
        assert [await asyncio.to_thread(standing, server, each) for each in (fresh_one, row.id)] == stood
        await taken_back(one)
        assert (await asyncio.to_thread(standing, server, fresh_one))["row"]["status"] == "closed"


async def test_my_own_state_is_set_back_unless_it_has_moved_on(server: ServerThread, tmp_path: Path) -> None:
    async with at_work(server, tmp_path) as one:

        def mine() -> AgentState:
            assert one.state.session.session is not None
            return one.state.session.session.agent.state

        first = mine()
        await done(one, (), SetAgentState("break"))
        await until(lambda: mine() is AgentState.BREAK)
        await taken_back(one)
        await until(lambda: mine() is first)
        one.engine.perform(Apply((), Undo(one.state.redo_stack[-1])))
        await until(lambda: mine() is AgentState.BREAK and one.state.redo_stack == ())
        await done(one, (), SetAgentState("away"))
        await until(lambda: mine() is AgentState.AWAY)
        headers = {"Authorization": f"Bearer {server.token_for('zhou.min')}"}
        await asyncio.to_thread(
            lambda: httpx.put(f"{server.url}/api/v1/agents/me/state", headers=headers, json={"state": "training"})
        )
        await until(lambda: mine() is AgentState.TRAINING)
        sent = len(one.state.outbox)
        one.engine.perform(Apply((), Undo(one.state.undo_stack[-1])))
        await until(lambda: one.state.view.notice is not None and "training" in one.state.view.notice.text)
        assert len(one.state.outbox) == sent


async def ranks(server: ServerThread, tickets: tuple[TicketId, ...]) -> list[int]:
    """The priorities of some tickets."""
    return [(await asyncio.to_thread(standing, server, each))["row"]["priority"] for each in tickets]


async def test_a_bulk_change_is_taken_back_in_one_go_but_for_the_tickets_somebody_built_on(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_work(server, tmp_path) as one:
        tickets = tuple(fresh(one, place) for place in (4, 5, 6))
        before = [await asyncio.to_thread(standing, server, each) for each in tickets]
        await done(one, tickets, Tag(add=("first",)))
        await done(one, tickets, SetPriority(Priority.P1))
        token = server.token_for("mei.lin")
        answer = await asyncio.to_thread(
            lambda: httpx.post(
                f"{server.url}/api/v1/tickets/{tickets[1]}/changes",
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "built-on-it"},
                json={"type": "set_priority", "priority": 3},
            )
        )
        assert answer.is_success
        key = one.state.undo_stack[-1]
        one.engine.perform(Apply(tickets, Undo(key)))
        await until(lambda: key not in one.state.undo_stack and one.state.redo_stack)
        notice = one.state.view.notice
        assert notice is not None
        assert notice.text.startswith("Taken back: 2 of 3 tickets set to P1 · ⟪outbox.open⟫ shows the other one · ")
        assert "Mei Lin set priority P3" in notice.text
        assert await ranks(server, tickets) == [before[0]["row"]["priority"], 3, before[2]["row"]["priority"]]
        one.engine.perform(Apply(tickets, Undo(one.state.redo_stack[-1])))
        await until(lambda: one.state.undo_stack and one.state.undo_stack[-1] not in {key, *one.state.redo_stack})
        await until(lambda: one.state.redo_stack == () and one.engine.busy == 0)
        assert await ranks(server, tickets) == [1, 3, 1], "Z does again only what was taken back"
        await taken_back(one)
        await taken_back(one)
        tags = [(await asyncio.to_thread(standing, server, each))["row"]["tags"] for each in tickets]
        assert tags == [each["row"]["tags"] for each in before]


async def test_what_a_note_did_beside_its_words_is_taken_back_and_the_words_stay(server: ServerThread, tmp_path: Path) -> None:
    async with at_work(server, tmp_path) as one:
        ticket = fresh(one, 7)
        before = await asyncio.to_thread(standing, server, ticket)
        await done(one, (ticket,), Note("only words"))
        assert one.state.undo_stack == ()
        await done(one, (ticket,), Note("with a tag", then=(Tag(add=("by-note",)),)))
        await taken_back(one)
        after = await asyncio.to_thread(standing, server, ticket)
        assert after["row"]["tags"] == before["row"]["tags"]
        assert one.state.redo_stack == (), "the words are not said twice"
