"""`z` pressed while what was done last is still on its way: it is about that, and never about what was done before."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.changes import Change, Reply, SetAgentState, SetStatus, Tag, Undo
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import OutboxPhase
from supportdesk_tui.sync import words
from tests.chaos.proxy import PASS, Fault, Proxy, proxy_to
from tests.sync.desk import ALL_LIVE, Desk, desk
from tests.sync.fake import until

SLOW = Fault("delay", seconds=0.3)
SETTLED = {OutboxPhase.SENT, OutboxPhase.REFUSED}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread(tickets=40, seed=5, ticking=False) as one:
        yield one


@asynccontextmanager
async def slow_desk(server: ServerThread, folder: Path, *faults: Fault) -> AsyncIterator[tuple[Desk, Proxy]]:
    """A desk whose changes meet these faults, one after the other."""
    async with proxy_to(server.url, faults) as proxy, desk(folder, through(proxy, server)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        yield one, proxy


def through(proxy: Proxy, server: ServerThread) -> Callable[[], Awaitable[Backend]]:
    token = server.token_for("li.wei")

    async def connect() -> Backend:
        return NativeBackend(proxy.url, token)

    return connect


async def begin(one: Desk, change: Change, *tickets: TicketId) -> ChangeKey:
    """Do something, and wait until it is on its way."""
    before = {item.key for item in one.state.outbox}
    one.engine.perform(Apply(tickets, change))
    await until(lambda: any(item.key not in before and item.phase is OutboxPhase.SENDING for item in one.state.outbox))
    return next(item.key for item in one.state.outbox if item.key not in before)


def z(one: Desk) -> ChangeKey:
    """Take back what the desk says is next; its key."""
    key = one.state.undo_stack[-1]
    item = next(item for item in one.state.outbox if item.key == key)
    one.engine.perform(Apply(item.tickets, Undo(key)))
    return key


async def settled(one: Desk) -> None:
    await until(lambda: one.engine.busy == 0 and all(item.phase in SETTLED for item in one.state.outbox))


def notice(one: Desk) -> str:
    """The line at the bottom."""
    return one.state.view.notice.text if one.state.view.notice is not None else ""


def tags(one: Desk, ticket: TicketId) -> tuple[str, ...]:
    return next(row.tags for row in one.state.queue.rows if row.id == ticket)


async def test_it_is_undone_as_soon_as_it_is_done_and_what_was_done_before_stays(server: ServerThread, tmp_path: Path) -> None:
    async with slow_desk(server, tmp_path, PASS, SLOW) as (one, _):
        first, second = (row.id for row in one.state.queue.rows[:2])
        one.engine.perform(Apply((first,), Tag(add=("stays",))))
        await until(lambda: "stays" in tags(one, first))
        await settled(one)
        begun = await begin(one, Tag(add=("goes",)), second)
        assert z(one) == begun
        await settled(one)
        await until(lambda: "goes" not in tags(one, second))
        assert "stays" in tags(one, first)
        assert [item.phase for item in one.state.outbox] == [OutboxPhase.SENT] * 3
        assert one.state.undo_stack == (one.state.outbox[0].key,)


async def test_words_that_are_on_their_way_are_not_unsaid_and_nothing_else_is_undone_for_them(
    server: ServerThread, tmp_path: Path
) -> None:
    async with slow_desk(server, tmp_path, PASS, SLOW) as (one, proxy):
        first, second = (row.id for row in one.state.queue.rows[2:4])
        one.engine.perform(Apply((first,), Tag(add=("stays",))))
        await until(lambda: "stays" in tags(one, first))
        await settled(one)
        begun = await begin(one, Reply("Too late to unsay."), second)
        assert z(one) == begun
        await until(lambda: notice(one) == words.TOO_LATE)
        await settled(one)
        assert "stays" in tags(one, first)
        assert [type(item.change) for item in one.state.outbox] == [Tag, Reply]
        assert len(one.state.undo_stack) == 1
        assert proxy.writes == 2


async def test_of_what_was_refused_nothing_is_taken_back(server: ServerThread, tmp_path: Path) -> None:
    async with slow_desk(server, tmp_path, SLOW) as (one, proxy):
        begun = await begin(one, SetStatus("no such status"), one.state.queue.rows[4].id)
        assert z(one) == begun
        await settled(one)
        assert [item.phase for item in one.state.outbox] == [OutboxPhase.REFUSED]
        assert one.state.outbox[0].key == begun
        assert proxy.writes == 1, "a taking back of what was never done was sent"
        assert notice(one).endswith(one.state.outbox[0].reason)


async def test_state_of_the_agent_that_is_on_its_way_is_said_to_be_too_late_and_can_be_set_back_then(
    server: ServerThread, tmp_path: Path
) -> None:
    async with slow_desk(server, tmp_path) as (one, proxy):
        proxy.plan([Fault("delay", "read", seconds=0.3)] * 8)
        before = one.state.session.session.agent.state.value  # type: ignore[union-attr]  # it is signed in
        begun = await begin(one, SetAgentState("break"))
        assert z(one) == begun
        await until(lambda: notice(one) == words.TOO_LATE)
        proxy.faults.clear()
        await settled(one)
        assert z(one) == begun
        await settled(one)
        await until(lambda: one.state.session.session.agent.state.value == before)  # type: ignore[union-attr]  # as above
