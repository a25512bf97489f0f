"""What every backend says while things happen."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing

import pytest

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.capabilities import Capability as Can
from supportdesk_tui.domain.changes import Assign, Note, Reply, SetAgentState, SetPriority
from supportdesk_tui.domain.feed import (
    Activity,
    AgentChanged,
    EntryAdded,
    Gap,
    Heard,
    Lost,
    Notice,
    PresenceChanged,
    TicketChanged,
)
from supportdesk_tui.domain.ids import FeedMark, TicketId
from supportdesk_tui.domain.ticket import Priority
from tests.contract.floor import Floor, new_key
from tests.contract.relay import relay_to


def listening(desk: Backend, since: FeedMark | None = None) -> AbstractAsyncContextManager[AsyncIterator[Notice]]:
    return aclosing(desk.feed(since))  # type: ignore[type-var]  # every adapter's feed is an async generator


async def until(notices: AsyncIterator[Notice], is_it: Callable[[Notice], bool]) -> list[Notice]:
    """Everything up to and with the notice waited for."""
    heard: list[Notice] = []
    async with asyncio.timeout(40):
        async for notice in notices:
            heard.append(notice)
            if is_it(notice):
                return heard
    raise AssertionError("the feed ended")


def is_heard(notice: Notice) -> bool:
    return isinstance(notice, Heard)


def is_about(notice: Notice, ticket: TicketId) -> bool:
    return isinstance(notice, TicketChanged | EntryAdded) and notice.ticket.id == ticket


def last_mark(notices: list[Notice]) -> FeedMark | None:
    marks = [notice.mark for notice in notices if isinstance(notice, TicketChanged | EntryAdded) and notice.mark]
    return marks[-1] if marks else None


async def test_change_of_a_colleague_appears(floor: Floor, desk: Backend, colleague: Backend) -> None:
    ticket = await floor.customer_writes("Watch me")
    theirs = (await colleague.open()).agent.id
    async with listening(desk) as notices:
        await until(notices, is_heard)
        await colleague.apply(ticket, SetPriority(Priority.P1), new_key())
        changed = (await until(notices, lambda notice: is_about(notice, ticket)))[-1]
        assert isinstance(changed, TicketChanged | EntryAdded)
        assert changed.ticket.priority is Priority.P1
        actor = changed.actor if isinstance(changed, TicketChanged) else changed.entry.author_id
        assert actor == (theirs if floor.words.tells_actors else None)
        assert changed.mark


@pytest.mark.needs(Can.IDEMPOTENCY)
async def test_words_appear_with_their_key_and_new_summary(floor: Floor, desk: Backend) -> None:
    async with listening(desk) as notices:
        await until(notices, is_heard)
        ticket = await floor.customer_writes("A new question")
        added = (await until(notices, lambda notice: isinstance(notice, EntryAdded)))[-1]
        assert isinstance(added, EntryAdded)
        assert (added.ticket.id, added.entry.body, added.ticket.unread) == (ticket, "A new question", 1)
        key = new_key()
        await desk.apply(ticket, Reply("An answer"), key)
        answered = (await until(notices, lambda notice: isinstance(notice, EntryAdded) and notice.entry.key == key))[-1]
        assert isinstance(answered, EntryAdded)
        assert answered.entry.body == "An answer"


@pytest.mark.needs(Can.PUSH)
async def test_who_is_given_a_ticket_is_told(floor: Floor, desk: Backend, colleague: Backend) -> None:
    ticket = await floor.customer_writes("For you")
    mine = (await desk.open()).agent.id
    async with listening(desk) as notices:
        await until(notices, is_heard)
        await colleague.apply(ticket, Assign(mine), new_key())
        told = (await until(notices, lambda notice: isinstance(notice, TicketChanged) and notice.tells == mine))[-1]
        assert isinstance(told, TicketChanged)
        assert told.says


@pytest.mark.needs(Can.PRESENCE)
async def test_presence_is_seen_by_the_other_agent(floor: Floor, desk: Backend, colleague: Backend) -> None:
    ticket = await floor.customer_writes("Who is here?")
    mine = (await desk.open()).agent.id
    async with listening(colleague) as notices:
        await until(notices, is_heard)
        for activity in (Activity.VIEWING, Activity.TYPING):
            await desk.attend(ticket, activity)
            seen = (await until(notices, lambda notice: isinstance(notice, PresenceChanged) and notice.ticket == ticket))[-1]
            assert isinstance(seen, PresenceChanged)
            assert (seen.agent, seen.activity) == (mine, activity)
            assert seen.name
        await desk.attend(None, Activity.GONE)
        gone = (await until(notices, lambda notice: isinstance(notice, PresenceChanged) and notice.ticket == ticket))[-1]
        assert isinstance(gone, PresenceChanged)
        assert gone.activity is Activity.GONE


@pytest.mark.needs(Can.AGENT_STATE)
async def test_state_of_an_agent_is_told(desk: Backend, colleague: Backend) -> None:
    theirs = (await colleague.open()).agent.id
    async with listening(desk) as notices:
        await until(notices, is_heard)
        for state in ("busy", "available"):
            await colleague.apply(None, SetAgentState(state), new_key())
            changed = (await until(notices, lambda notice: isinstance(notice, AgentChanged) and notice.agent.id == theirs))[-1]
            assert isinstance(changed, AgentChanged)
            assert changed.agent.state == state


@pytest.mark.needs(Can.PUSH)
async def test_feed_resumes_after_cuts_without_loss_or_doubling(floor: Floor, colleague: Backend) -> None:
    ticket = await floor.customer_writes("Tunnel")
    async with relay_to(floor.url) as relay:
        desk = floor.backend(floor.me, relay.url)
        seen: list[str] = []
        lost = 0

        async def write() -> None:
            for number in range(40):
                await colleague.apply(ticket, Note(f"n{number}"), new_key())
                if number in {5, 17, 18, 30}:
                    relay.cut()
                await asyncio.sleep(0)

        async with listening(desk) as notices:
            await until(notices, is_heard)
            writing = asyncio.create_task(write())
            async with asyncio.timeout(40):
                async for notice in notices:
                    lost += isinstance(notice, Lost)
                    assert not isinstance(notice, Gap)
                    if isinstance(notice, EntryAdded) and notice.ticket.id == ticket:
                        seen.append(str(notice.entry.body))
                    if "n39" in seen:
                        break
            await writing
        await desk.close()
    assert seen == [f"n{number}" for number in range(40)]
    assert lost >= 1


async def test_feed_started_from_a_mark_tells_what_was_missed(floor: Floor, desk: Backend, colleague: Backend) -> None:
    ticket = await floor.customer_writes("Lunch")
    await desk.attend(ticket, Activity.VIEWING)
    async with listening(desk) as notices:
        await until(notices, is_heard)
        await colleague.apply(ticket, Note("before lunch"), new_key())
        mark = last_mark(await until(notices, lambda notice: isinstance(notice, EntryAdded)))
    await colleague.apply(ticket, Note("during lunch"), new_key())
    async with listening(desk, mark) as notices:
        missed = (await until(notices, lambda notice: isinstance(notice, EntryAdded)))[-1]
    assert isinstance(missed, EntryAdded)
    assert missed.entry.body == "during lunch"


@pytest.mark.needs(Can.PUSH)
async def test_mark_the_server_does_not_know_is_a_gap(desk: Backend) -> None:
    async with listening(desk, FeedMark("999999999999")) as notices:
        assert isinstance((await until(notices, lambda notice: isinstance(notice, Gap)))[-1], Gap)


async def test_heartbeats_tell_the_servers_time(desk: Backend) -> None:
    async with listening(desk) as notices:
        beat = (await until(notices, lambda notice: isinstance(notice, Heard) and notice.server_time is not None))[-1]
    assert isinstance(beat, Heard)
    assert beat.server_time is not None
    assert beat.server_time.tzinfo is not None


async def test_open_feed_and_close_leave_no_task_and_no_socket(floor: Floor) -> None:
    async with relay_to(floor.url) as relay:
        before = asyncio.all_tasks()
        desk = floor.backend(floor.me, relay.url)
        await desk.open()
        await desk.get_directory()
        heard = asyncio.Event()

        async def reader() -> None:
            async with listening(desk) as notices:
                async for _ in notices:
                    heard.set()

        task = asyncio.create_task(reader())
        async with asyncio.timeout(40):
            await heard.wait()
        task.cancel()
        await asyncio.wait([task])
        assert relay.writers or Can.PUSH in floor.lacks
        await desk.close()
        await desk.close()
        async with asyncio.timeout(40):
            await relay.idle()
        gc.collect()
        assert asyncio.all_tasks() - before - relay.tasks == set()
