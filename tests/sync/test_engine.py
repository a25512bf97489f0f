"""Desk and real server together: what one does, the other has."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from supportdesk_tui.commands.effects import Apply, Load, LoadKind, TakeBack
from supportdesk_tui.domain.changes import Assign, Note, Reply, Tag, Undo
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import LIVE_PHASES
from supportdesk_tui.server.faults import Fault, FaultKind, Faults
from supportdesk_tui.server.http import hub
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import DraftChanged, QueueChosen
from supportdesk_tui.store.state import Draft, LinkPhase, Loaded, OutboxPhase
from supportdesk_tui.sync.common import Options
from tests.sync.desk import ALL_LIVE, Desk, desk, native
from tests.sync.fake import until


@pytest.fixture(scope="module")
def faults() -> Faults:
    return Faults()


@pytest.fixture(scope="module")
def server(faults: Faults) -> Iterator[ServerThread]:
    with pytest.MonkeyPatch.context() as patch, ServerThread(tickets=60, faults=faults, ticking=False) as one:
        patch.setattr(hub, "BEAT_S", 0.25)
        yield one


@pytest.fixture(autouse=True)
def calm(faults: Faults) -> Iterator[None]:
    yield
    faults.clear()


@asynccontextmanager
async def at_queue(server: ServerThread, folder: Path) -> AsyncIterator[Desk]:
    """A desk that is connected and shows every live ticket."""
    async with desk(folder, native(server)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        yield one


@pytest.fixture
async def one(server: ServerThread, tmp_path: Path) -> AsyncIterator[Desk]:
    async with at_queue(server, tmp_path) as made:
        yield made


@pytest.fixture
def ticket(one: Desk) -> TicketId:
    """The first of its queue."""
    return one.state.queue.rows[0].id


async def customer_writes(server: ServerThread, customer: str, body: str, subject: str) -> dict[str, Any]:
    """A message through the public inbound API, outside of the client."""

    def post() -> dict[str, Any]:
        request = urllib.request.Request(
            f"{server.url}/api/v1/inbound",
            json.dumps({"channel": "email", "customer": customer, "body": body, "subject": subject}).encode(),
            {
                "Authorization": f"Bearer {server.inbound_token}",
                "Content-Type": "application/json",
                "Idempotency-Key": f"inbound-{abs(hash((customer, body)))}",
            },
        )
        with urllib.request.urlopen(request, timeout=40) as answer:
            out: dict[str, Any] = json.load(answer)
            return out

    return await asyncio.to_thread(post)


def bodies(server: ServerThread, body: str) -> int:
    """How many entries of the server's own table have this body."""
    from sqlalchemy import text

    with server.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM entries WHERE body = :body"), {"body": body}).scalar_one())


async def test_first_start_copies_every_live_ticket_and_counts_the_views(one: Desk) -> None:
    assert one.state.queue.total == one.common.have > 10
    assert len(one.state.queue.rows) == one.state.queue.total
    assert all(row.status.phase in LIVE_PHASES for row in one.state.queue.rows)
    assert one.state.queue.expected == 0

    def counts() -> set[tuple[str, int | None]]:
        return {(view.id, view.count) for view in one.state.queue.views}

    for view in one.state.queue.views:
        if one.engine.queue.is_local(view.query):
            await one.show(view.query)
            total = one.state.queue.total
            await until(lambda view=view, total=total: (view.id, total) in counts())  # type: ignore[misc]  # bound at once


async def test_note_is_in_the_servers_table_and_comes_back_through_the_feed(
    one: Desk, ticket: TicketId, server: ServerThread
) -> None:
    await one.open(ticket)
    one.engine.perform(Apply((ticket,), Note("seen through the feed")))
    await until(lambda: any(item.phase is OutboxPhase.SENT for item in one.state.outbox))

    def arrived() -> bool:
        entries = one.state.conversation.entries
        return isinstance(entries, Loaded) and any(entry.body == "seen through the feed" for entry in entries.value)

    await until(arrived)
    assert bodies(server, "seen through the feed") == 1


async def test_customer_message_reaches_the_queue_without_being_asked_for(one: Desk, server: ServerThread) -> None:
    before = one.state.queue.total
    made = await customer_writes(server, "new-customer@example.test", "Where is my deposit?", "Deposit lost 4711")
    await until(lambda: one.state.queue.total == before + 1)
    assert made["ticket"] in {row.id for row in one.state.queue.rows}


async def test_cursor_stays_on_its_ticket_when_rows_arrive_above_it(server: ServerThread, tmp_path: Path) -> None:
    from supportdesk_tui.domain.queue import SortKey
    from supportdesk_tui.store.events import CursorMoved

    async with desk(tmp_path, native(server)) as one:
        await one.live()
        await one.show(QueueQuery(phases=LIVE_PHASES, sort=SortKey.CREATED))
        one.store.dispatch(CursorMoved(5))
        cursor = one.state.queue.cursor
        total = one.state.queue.total
        await customer_writes(server, "above@example.test", "I am newest", "Goes to the top")
        await until(lambda: one.state.queue.total == total + 1)
        assert (one.state.queue.cursor, one.state.queue.index) == (cursor, 6)


@pytest.mark.parametrize(("cut", "times"), [("cut_after", 1), ("cut_before", 2)])
async def test_line_cut_after_the_server_did_it_or_before_it_read_leaves_one_copy(
    one: Desk, ticket: TicketId, server: ServerThread, faults: Faults, cut: FaultKind, times: int
) -> None:
    faults.plan(Fault(cut, method="POST", path="/notes", times=times))
    one.engine.perform(Apply((ticket,), Note(cut)))
    await until(lambda: any(item.phase is OutboxPhase.SENT for item in one.state.outbox))
    assert bodies(server, cut) == 1


async def test_reply_taken_back_never_reaches_the_server(
    one: Desk, ticket: TicketId, server: ServerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one.common, "options", Options(hold_s=60))
    one.store.dispatch(DraftChanged(Draft(ticket, body="too quick")))
    one.engine.perform(Apply((ticket,), Reply("too quick"), hold=True, clears_draft=ticket))
    await until(lambda: one.state.outbox and ticket not in one.state.drafts)
    one.engine.perform(TakeBack(one.state.outbox[0].key))
    await until(lambda: ticket in one.state.drafts)
    assert one.state.drafts[ticket].body == "too quick"
    assert one.state.outbox == ()
    monkeypatch.setattr(one.common, "options", Options(hold_s=0.3))
    one.engine.perform(Apply((ticket,), Reply("well considered"), hold=True))
    await until(lambda: [item.phase for item in one.state.outbox] == [OutboxPhase.SENT])
    assert bodies(server, "too quick") == 0


async def test_undo_and_redo_say_what_they_did(one: Desk, ticket: TicketId) -> None:
    def tags() -> set[str]:
        return set(next(row.tags for row in one.state.queue.rows if row.id == ticket))

    told: list[str] = []
    one.store.subscribe(lambda state: told.append(state.view.notice.text if state.view.notice else ""))
    one.engine.perform(Apply((ticket,), Tag(add=("undo-me",))))
    await until(lambda: one.state.undo_stack and "undo-me" in tags())
    one.engine.perform(Apply((ticket,), Undo(one.state.undo_stack[-1])))
    await until(lambda: one.state.redo_stack and "undo-me" not in tags())
    await until(lambda: any("undo" in line or "undid" in line for line in told))
    assert one.state.undo_stack == ()
    one.engine.perform(Apply((ticket,), Undo(one.state.redo_stack[-1])))
    await until(lambda: one.state.undo_stack and "undo-me" in tags())
    assert one.state.redo_stack == ()


async def test_offline_start_shows_the_last_rows_and_keeps_what_is_written(server: ServerThread, tmp_path: Path) -> None:
    async with at_queue(server, tmp_path) as one:
        ticket = one.state.queue.rows[0].id
        await one.open(ticket)
    async with desk(tmp_path, None) as two:
        assert two.state.session.is_cached
        assert two.state.queue.views
        await two.show(ALL_LIVE)
        assert two.state.queue.rows
        two.store.dispatch()
        from supportdesk_tui.store.events import TicketOpened

        two.store.dispatch(TicketOpened(ticket))
        two.engine.perform(Load(LoadKind.TICKET, ticket))
        await until(lambda: two.engine.busy == 0)
        from supportdesk_tui.store.state import value_of

        assert value_of(two.state.conversation.detail) is not None
        assert value_of(two.state.conversation.entries)
        two.engine.perform(Apply((ticket,), Note("written off line")))
        await until(lambda: [item.phase for item in two.state.outbox] == [OutboxPhase.QUEUED])
        other = two.state.queue.rows[1]
        two.engine.perform(Load(LoadKind.NUMBER, text=other.number.rpartition("-")[2]))
        await until(lambda: two.state.conversation.ticket == other.id)
        assert other.id != ticket
    assert bodies(server, "written off line") == 0
    async with desk(tmp_path, native(server)) as three:
        await until(lambda: bodies(server, "written off line") == 1)
        await until(lambda: all(item.phase is OutboxPhase.SENT for item in three.state.outbox))


async def test_what_happened_while_away_is_there_after_the_next_start(server: ServerThread, tmp_path: Path) -> None:
    async with desk(tmp_path, native(server)) as one:
        await one.live()
        await customer_writes(server, "mark@example.test", "so that there is a mark", "Marks")
        await until(one.common.cache.last.mark)
    made = await customer_writes(server, "away@example.test", "written while nobody listened", "While away")
    async with at_queue(server, tmp_path) as two:
        await until(lambda: made["ticket"] in {row.id for row in two.state.queue.rows})


async def test_dropped_stream_is_said_and_nothing_is_missed(one: Desk, server: ServerThread, faults: Faults) -> None:
    phases: list[LinkPhase] = []
    one.store.subscribe(lambda state: phases.append(state.link.phase))
    faults.drop_streams()
    made = await customer_writes(server, "dropped@example.test", "into the gap", "Into the gap")
    await until(lambda: made["ticket"] in {row.id for row in one.state.queue.rows})
    await until(lambda: one.state.link.phase is LinkPhase.LIVE)
    assert LinkPhase.LOST in phases


async def test_expired_token_pauses_and_goes_on_with_the_same_key(
    one: Desk, ticket: TicketId, server: ServerThread, faults: Faults
) -> None:
    faults.plan(Fault("expired", method="POST", path="/notes", times=1))
    one.engine.perform(Apply((ticket,), Note("after signing in again")))
    await until(lambda: one.state.link.phase is LinkPhase.SIGN_IN)
    assert [item.phase for item in one.state.outbox] == [OutboxPhase.QUEUED]
    key = one.state.outbox[0].key
    one.engine.sign_in_again()
    await until(lambda: one.state.link.phase is LinkPhase.LIVE)
    await until(lambda: one.state.outbox[0].phase is OutboxPhase.SENT)
    assert one.state.outbox[0].key == key
    assert bodies(server, "after signing in again") == 1


async def test_search_shows_what_only_the_server_knows(server: ServerThread, tmp_path: Path) -> None:
    made = await customer_writes(server, "search@example.test", "the word is zanzibar", "Zanzibar trip")
    async with desk(tmp_path, native(server)) as one:
        await one.live()
        one.store.dispatch(QueueChosen(QueueQuery(text="zanzibar"), None, search="zanzibar"))
        one.engine.perform(Load(LoadKind.SEARCH))
        await until(lambda: not one.state.queue.is_loading)
        assert [row.id for row in one.state.queue.rows] == [made["ticket"]]


async def test_assignment_to_me_by_a_colleague_is_announced(server: ServerThread, tmp_path: Path) -> None:
    async with desk(tmp_path / "me", native(server)) as me, desk(tmp_path / "other", native(server, "zhou.min")) as other:
        await me.live()
        await other.live()
        await other.show(ALL_LIVE)
        ticket = next(row.id for row in other.state.queue.rows if row.owner != me.common.me)
        other.engine.perform(Apply((ticket,), Assign(me.common.me)))
        await until(lambda: any(item.phase in {OutboxPhase.SENT, OutboxPhase.REFUSED} for item in other.state.outbox))
        assert other.state.outbox[0].phase is OutboxPhase.SENT, other.state.outbox[0].reason
        await until(lambda: me.alerts)


async def test_quiet_connection_dispatches_nothing(server: ServerThread, tmp_path: Path) -> None:
    async with desk(tmp_path, native(server)) as one:
        await one.live()
        strokes: list[object] = []
        one.store.subscribe(strokes.append)

        async def is_quiet() -> bool:
            """Nothing was dispatched from one beat to the next and the one after it."""
            before = len(strokes)
            for _ in range(2):
                heard = one.common.heard_at
                await until(lambda heard=heard: one.common.heard_at != heard)  # type: ignore[misc]  # bound at once
            return len(strokes) == before

        async with asyncio.timeout(40):  # what the start has left to tell comes first; were a beat a stroke, it never ended
            while not await is_quiet():
                pass


async def test_stopping_leaves_no_task_behind(server: ServerThread, tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with desk(tmp_path, native(server)) as one:
        await one.live()
        one.engine.perform(Load(LoadKind.TICKET, TicketId(one.state.queue.rows[0].id)))
    assert asyncio.all_tasks() == before
