"""Hearing from a Zammad by its long poll, and without it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.backends.zammad.adapter import Choices, ZammadBackend
from supportdesk_tui.domain.feed import Activity, Heard, Notice, TicketChanged
from supportdesk_tui.domain.ids import AgentId, TicketId
from tests.fakes.serving import Fault
from tests.fakes.zammad_desk import stamp
from tests.unit.zammad.world import World


async def asked(world: World, path: str) -> None:
    """Wait until somebody has asked for this."""
    while not world.watched.asked("POST", path):  # noqa: ASYNC110  it is asked on another thread
        await asyncio.sleep(0.01)


async def test_long_poll_wakes_the_feed_and_a_forgotten_session_begins_again(world: World) -> None:
    patient = Choices(budget=Budget(per_minute=3000, quick_s=60.0, slow_s=60.0))
    backend = world.backend(patient)
    async with asyncio.timeout(40), aclosing(backend.feed(None)) as notices:
        assert isinstance(await anext(notices), Heard)
        for number in range(2):
            await asked(world, ".*/message_receive")
            ticket = world.mail(f"wake up {number}")
            while not isinstance(notice := await anext(notices), TicketChanged):
                pass
            assert notice.ticket.id == ticket
            world.watched.forget()
            world.fake.clients.clear()
            await asked(world, ".*/message_send")
            world.watched.forget()
    await backend.close()


async def test_zammad_without_a_long_poll_is_still_asked(world: World) -> None:
    world.goes_wrong(Fault(path="/message_.*", status=403, body=json.dumps({"error": "Not authorized"}).encode(), times=99))
    backend = world.backend(Choices(budget=Budget(per_minute=3000, quick_s=0.05, slow_s=0.1)))
    async with asyncio.timeout(40), aclosing(backend.feed(None)) as notices:
        assert isinstance(await anext(notices), Heard)
        ticket = world.mail("quietly")
        while not isinstance(notice := await anext(notices), TicketChanged):
            pass
    assert notice.ticket.id == ticket
    assert len(world.watched.asked("POST", ".*/message_send")) == 1
    await backend.close()


async def test_change_that_becomes_visible_late_is_told_and_none_is_told_twice(world: World, desk: ZammadBackend) -> None:
    first, late, last = (world.mail(words) for words in ("first", "late", "last"))
    hidden = world.desk.tickets.pop(int(late))
    async with asyncio.timeout(40), aclosing(desk.feed(None)) as notices:
        assert isinstance(await anext(notices), Heard)
        with world.desk.lock:
            world.desk.touch(world.desk.tickets[int(first)], 2)
        told = [await told_next(notices)]
        with world.desk.lock:
            hidden["updated_at"] = stamp(datetime.now(UTC) - timedelta(seconds=2))
            world.desk.tickets[int(late)] = hidden
        told.append(await told_next(notices))
        with world.desk.lock:
            world.desk.touch(world.desk.tickets[int(last)], 2)
        told.append(await told_next(notices))
    assert told == [first, late, last]


async def told_next(notices: AsyncIterator[Notice]) -> TicketId:
    """The next ticket that is said to have changed."""
    while not isinstance(notice := await anext(notices), TicketChanged):
        pass
    return notice.ticket.id


async def test_who_is_given_a_ticket_is_told_by_name(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("For you")
    me = (await desk.open()).agent.id
    await desk.attend(ticket, Activity.VIEWING)
    async with asyncio.timeout(40), aclosing(desk.feed(None)) as notices:
        assert isinstance(await anext(notices), Heard)
        with world.desk.lock:
            world.desk.change(world.desk.tickets[int(ticket)], 3, {"owner_id": int(me)})
        while not isinstance(notice := await anext(notices), TicketChanged):
            pass
    assert (notice.tells, notice.actor) == (me, AgentId("3"))
    assert notice.says == f"Bob Brown gave you {notice.ticket.number}"
