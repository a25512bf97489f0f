"""The whole desk on another product: a fake Zammad of which every request is held against its documentation."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from supportdesk_tui.domain.changes import Reply
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import OutboxPhase
from tests.contract.zammad_floor import ZammadFloor
from tests.driver import AgentAtDesk, seat_in, sitting
from tests.fakes.zammad_desk import CLOSED


@pytest.fixture
def zammad() -> Iterator[ZammadFloor]:
    floor = ZammadFloor()
    yield floor
    floor.close()


@asynccontextmanager
async def at_zammad(floor: ZammadFloor, folder: Path) -> AsyncIterator[AgentAtDesk]:
    """An agent's desk, signed in and its queue read."""
    seat = seat_in(folder, backend="zammad", url=floor.url, token=lambda: f"token-{floor.me}")
    async with sitting(seat) as agent:
        await agent.until(lambda state: state.session.session and state.queue.views, "signed in")
        yield agent


async def test_shift_on_another_product(zammad: ZammadFloor, tmp_path: Path) -> None:
    perform = {"ticket.state_id": {"value": str(CLOSED)}, "ticket.tags": {"operator": "add", "value": "parcel"}}
    zammad.desk.macros[1] = {"id": 1, "name": "Close it", "perform": perform, "group_ids": [], "active": True}
    async with at_zammad(zammad, tmp_path) as agent:
        ticket = await zammad.customer_writes("Where is my parcel?", subject="Parcel of Zurich")
        await agent.sees("● looking")
        await agent.run("queue.search_run", "zurich")
        await agent.until(lambda state: TicketId(ticket) in {row.id for row in state.queue.rows}, "found")
        await agent.run("ticket.open", ticket)
        await agent.sees("Where is my parcel?")
        await agent.press("r")
        await agent.type("It is on its way.")
        await agent.press("ctrl+g", "C")
        await agent.type("boss@example.com")
        await agent.press("enter")
        await agent.sees("copies to boss@example.com")
        await agent.press("ctrl+g", "semicolon")
        await agent.type("close it")
        await agent.sees("kept by the server")
        await agent.press("enter")
        await agent.sees("“Close it” writes nothing; what it does happens when you send")
        assert agent.opened.status.name == "new"
        await agent.press("ctrl+d")
        await agent.until(lambda state: any(isinstance(one.change, Reply) for one in state.outbox), "sent or asked about")
        await agent.until(
            lambda state: all(one.phase is OutboxPhase.SENT for one in state.outbox if isinstance(one.change, Reply)), "sent"
        )
        assert any("It is on its way." in text for text in await zammad.customer_sees(ticket))
        sent = [one for one in zammad.desk.articles.values() if "It is on its way." in str(one["body"])]
        assert [str(one["cc"]) for one in sent] == ["boss@example.com"]
        await agent.until(lambda _: zammad.desk.tickets[int(ticket)]["state_id"] == CLOSED, "closed with the reply")
        await agent.run("ticket.promise")
        await agent.sees("Zammad keeps no promises to customers")
