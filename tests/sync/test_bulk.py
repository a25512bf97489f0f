"""A change to many tickets against the real server: one line of what was done, what was refused and what was taken back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from msgspec.structs import replace

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.changes import (
    Assign,
    Change,
    MarkRead,
    SetStatus,
    Snooze,
    Tag,
    Undo,
)
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.i18n.catalog import _, set_locale
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import Level, Notice, OutboxPhase
from supportdesk_tui.sync.sending import Sender, new_key
from supportdesk_tui.sync.words import plainly
from tests import make
from tests.sync.desk import ALL_LIVE, Desk, desk, native
from tests.sync.fake import until

BACK = " · ⟪desk.undo⟫ takes all back"
KINDS: tuple[tuple[Change, str], ...] = (
    (Assign(AgentId("a2")), "2 tickets assigned to Mei Lin"),
    (SetStatus("waiting_customer"), "2 tickets set to Waiting on customer"),
    (Tag(add=("refund",)), "2 tickets tagged refund"),
    (Snooze(None), "2 tickets snoozed until the customer answers"),
    (MarkRead(read=False), "2 tickets unread again"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread(tickets=120, seed=3, ticking=False) as one:
        yield one


@asynccontextmanager
async def at_work(server: ServerThread, folder: Path) -> AsyncIterator[Desk]:
    """Li Wei's desk that shows every live ticket."""
    async with desk(folder, native(server)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        yield one


USED: set[TicketId] = set()


def fresh(one: Desk, count: int) -> tuple[TicketId, ...]:
    """Tickets of the first line that are nobody's and that no other test has touched."""
    free = (row.id for row in one.state.queue.rows if row.owner is None and str(row.team).startswith("frontline"))
    tickets = tuple([ticket for ticket in free if ticket not in USED][:count])
    assert len(tickets) == count
    USED.update(tickets)
    return tickets


async def told(one: Desk, tickets: tuple[TicketId, ...], change: Change) -> Notice:
    """Do it to all of them, and what the agent is told of it in the end; deadlines and colleagues are told of in between."""
    known = {item.key for item in one.state.outbox}
    notices: list[Notice | None] = []
    one.store.subscribe(lambda *_: notices.append(one.state.view.notice))
    one.engine.perform(Apply(tickets, change))
    await until(
        lambda: any(
            item.key not in known and item.tickets and item.phase in {OutboxPhase.SENT, OutboxPhase.REFUSED}
            for item in one.state.outbox
            if item.rest_of is None
        )
    )
    await until(lambda: one.engine.busy == 0)
    return next(notice for notice in reversed(notices) if notice is not None and not notice.text.startswith("HX-"))


async def undone(one: Desk, tickets: tuple[TicketId, ...]) -> Notice:
    """What `z` does, and what is told of it."""
    return await told(one, tickets, Undo(one.state.undo_stack[-1]))


async def mei_does(server: ServerThread, ticket: TicketId, **change: object) -> None:
    """A second client changes a ticket."""
    headers = {"Authorization": f"Bearer {server.token_for('mei.lin')}", "Idempotency-Key": uuid4().hex}
    url = f"{server.url}/api/v1/tickets/{ticket}/changes"
    answer = await asyncio.to_thread(lambda: httpx.post(url, headers=headers, json=change))
    assert answer.is_success, answer.text


async def test_it_says_what_was_done_to_how_many_and_what_was_taken_back(server: ServerThread, tmp_path: Path) -> None:
    async with at_work(server, tmp_path) as one:
        two = fresh(one, 2)
        for change, line in KINDS:
            notice = await told(one, two, change)
            assert (notice.text, notice.level) == (line + BACK, Level.DONE)
            assert (await undone(one, two)).text == f"Taken back: {line}"


async def test_what_some_tickets_refused_is_counted_named_and_kept_with_their_numbers(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_work(server, tmp_path) as one:
        four = fresh(one, 4)
        numbers = {row.id: row.number for row in one.state.queue.rows}
        for ticket in four[:2]:
            await mei_does(server, ticket, type="assign", agent="a2")
        notice = await told(one, four, Assign(AgentId("a1"), only_if_unowned=True))
        line = "2 of 4 tickets taken · ⟪outbox.open⟫ shows the 2 others · ⟪desk.undo⟫ takes it back · Mei Lin has it"
        assert (notice.text, notice.level) == (line, Level.WARN)
        (rest,) = [item for item in one.state.outbox if item.phase is OutboxPhase.REFUSED]
        assert [(one.ticket, one.reason) for one in rest.outcomes] == [(ticket, "Mei Lin has it") for ticket in four[:2]]
        assert [dict(rest.numbers)[ticket] for ticket in four[:2]] == [numbers[ticket] for ticket in four[:2]]
        done = next(item for item in one.state.outbox if item.phase is OutboxPhase.SENT and item.tickets == four[2:])
        await mei_does(server, four[2], type="assign", agent="a2")
        notice = await told(one, done.tickets, Undo(done.key))
        assert notice.text.startswith("Taken back: 1 of 2 tickets taken · ⟪outbox.open⟫ shows the other one · ")
        assert "Mei Lin took it from Li Wei" in notice.text


async def test_what_all_tickets_refused_is_an_error_that_says_so(server: ServerThread, tmp_path: Path) -> None:
    async with at_work(server, tmp_path) as one:
        two = fresh(one, 2)
        for ticket in two:
            await mei_does(server, ticket, type="assign", agent="a2")
        notice = await told(one, two, Assign(AgentId("a1"), only_if_unowned=True))
        line = "Nothing was changed: 2 tickets refused it · ⟪outbox.open⟫ shows each · Mei Lin has it"
        assert (notice.text, notice.level) == (line, Level.ERROR)
        assert one.state.undo_stack == ()


async def test_what_was_not_sent_yet_is_taken_back_by_name(tmp_path: Path) -> None:
    async with desk(tmp_path, None) as one:
        tickets = (TicketId("t1"), TicketId("t2"))
        one.engine.perform(Apply(tickets, Tag(add=("refund",))))
        await until(lambda: one.state.outbox)
        one.engine.perform(Apply(tickets, Undo(one.state.undo_stack[-1])))
        await until(lambda: not one.state.outbox and one.state.view.notice is not None)
        notice = one.state.view.notice
        assert notice is not None
        assert (notice.text, notice.level) == ("Taken back before it was sent: 2 tickets tagged refund", Level.DONE)


async def test_it_is_said_in_the_agents_language_with_the_agents_keys(server: ServerThread, tmp_path: Path) -> None:
    async with at_work(server, tmp_path) as one:
        one.common.say = lambda text, values: _(text, **values)
        three = fresh(one, 3)
        await mei_does(server, three[0], type="assign", agent="a2")
        set_locale("zh_CN")
        try:
            notice = await told(one, three, Assign(AgentId("a1"), only_if_unowned=True))
        finally:
            set_locale("en")
        assert notice.text == "已接手 3 个工单中的 2 个 · D 查看另外 1 个 · z 撤回 · Mei Lin has it"


async def test_a_change_to_many_whose_answer_was_lost_is_read_for_and_what_became_of_each_told(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_work(server, tmp_path) as one:
        tickets = tuple(row.id for row in one.state.queue.rows if row.id not in USED)[-3:]
    backend = NativeBackend(server.url, server.token_for("li.wei"))
    session = await backend.open()
    sender = Sender(backend, True, session.agent.id, plainly)
    item = replace(
        make.outbox_item(1, OutboxPhase.UNKNOWN, change=Tag(add=("read-for",)), tickets=(*tickets, TicketId("gone"))),
        key=new_key(),
    )
    assert (await sender.look_for(item, asked=False)).repeats, "it has not arrived"
    said = [outcome async for outcome in backend.apply_each(item.tickets, item.change, item.key)]
    verdict = await sender.look_for(item, asked=False)
    assert (verdict.repeats, verdict.item.phase, verdict.item.tickets) == (False, OutboxPhase.SENT, tickets)
    assert verdict.item.outcomes == tuple(said)
    assert verdict.also is not None and verdict.also.tickets == ("gone",)
    waiting = replace(item, needs_word=True)
    assert (await sender.look_for(waiting, asked=False)).item.phase is OutboxPhase.SENT
    assert (await sender.look_for(replace(waiting, key=new_key()), asked=False)).asks, "not sent again unasked"
    more = replace(item, tickets=(*item.tickets, TicketId("t9")))
    assert (await sender.look_for(more, asked=False)).repeats, "of one nothing was said"
    await backend.close()
