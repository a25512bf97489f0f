"""What the feed brings, and what goes wrong between desk and backend, on a fake behind the port."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply, Attend, Load, LoadKind, SaveFile
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import MarkRead
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.errors import SignInNeeded, Unreachable
from supportdesk_tui.domain.feed import Activity, EntryAdded, Gap, Heard, Lost, PresenceChanged, PushChanged, TicketChanged
from supportdesk_tui.domain.ids import AgentId, AttachmentId, Cursor, FeedMark, TicketId, ViewId
from supportdesk_tui.domain.queue import EVERY_TICKET, Page, QueueQuery
from supportdesk_tui.domain.ticket import Phase, Status, Ticket, TicketSummary
from supportdesk_tui.store.events import DraftChanged, QueueChosen, TicketOpened
from supportdesk_tui.store.state import Draft, LinkPhase, OutboxPhase, value_of
from supportdesk_tui.store.views import top_view
from supportdesk_tui.sync.common import Options
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.sync.desk import ALL_LIVE, desk
from tests.sync.fake import FakeBackend, FakeServer, until


def server_with(count: int) -> FakeServer:
    return FakeServer(tickets={row.id: row for row in (make.summary(n) for n in range(1, count + 1))})


def to(backend: FakeBackend) -> Callable[[], Awaitable[Backend]]:
    async def connect() -> Backend:
        return backend

    return connect


async def test_single_notice_is_on_the_queue_at_once(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(3))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        row = make.summary(2, version=2, subject=sanitize_line("changed elsewhere"))
        backend.notices.put_nowait(TicketChanged(row, FeedMark("5")))
        await until(lambda: "changed elsewhere" in {row.subject for row in one.state.queue.rows})
        assert one.common.cache.last.mark() == "5"


async def test_server_that_stops_pushing_is_shown_as_looked_at_with_the_reason_until_it_pushes_again(tmp_path: Path) -> None:
    session = make.session()
    session = replace(session, capabilities=session.capabilities | {Capability.PUSH}, polling=30)
    backend = FakeBackend(server_with(1), session)
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        assert not top_view(one.state).is_asked
        backend.notices.put_nowait(PushChanged(sanitize_line("its socket cannot be opened")))
        await until(lambda: top_view(one.state).is_asked)
        shown = one.state.session.session
        assert shown is not None
        assert shown.lacking[Capability.PUSH] == "its socket cannot be opened"
        assert one.state.view.notice is not None
        assert "its socket cannot be opened" in one.state.view.notice.text
        backend.notices.put_nowait(PushChanged())
        await until(lambda: one.state.session.session == session)
        assert not top_view(one.state).is_asked


async def test_view_only_the_server_can_evaluate_is_read_again_when_tickets_move_and_not_at_every_move(tmp_path: Path) -> None:
    server = server_with(3)
    backend = FakeBackend(server)
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        one.store.dispatch(QueueChosen(replace(EVERY_TICKET, view="theirs"), ViewId("theirs")))
        one.engine.perform(Load(LoadKind.QUEUE))
        await until(lambda: len(one.state.queue.rows) == 3)
        before = backend.asked.count("list")
        for number in (4, 5):
            row = make.summary(number)
            server.tickets[row.id] = row
            backend.notices.put_nowait(TicketChanged(row, FeedMark(str(number))))
            await until(lambda number=number: one.common.cache.last.mark() == str(number))  # type: ignore[misc]  # bound now
            await until(lambda: len(one.state.queue.rows) == 4)
        assert backend.asked.count("list") == before + 1
        one.engine.perform(Load(LoadKind.QUEUE))


async def test_view_that_cannot_be_read_again_stays_as_it_is(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(3))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        one.store.dispatch(QueueChosen(replace(EVERY_TICKET, view="theirs"), ViewId("theirs")))
        one.engine.perform(Load(LoadKind.QUEUE))
        await until(lambda: len(one.state.queue.rows) == 3)
        asked = asyncio.Event()

        async def refuse(query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
            asked.set()
            raise Unreachable("list the tickets", "gone")

        backend.list_tickets = refuse  # type: ignore[method-assign]  # the server goes away here
        backend.notices.put_nowait(TicketChanged(make.summary(2, version=2), FeedMark("9")))
        await asked.wait()
        await until(lambda: one.engine.busy == 0)
        assert len(one.state.queue.rows) == 3
        assert one.state.queue.problems == ()


async def test_status_says_how_seldom_news_are_looked_for_once_it_is_seldom(tmp_path: Path) -> None:
    session = make.session()
    session = replace(session, capabilities=session.capabilities - {Capability.PUSH}, polling=30)
    backend = FakeBackend(server_with(1), session)
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        for wait_s, shown in ((22.8, 25), (30.0, 30), (6.0, 0)):
            backend.notices.put_nowait(Heard(again_in_s=wait_s))
            await until(lambda shown=shown: top_view(one.state).link.looks_every_s == shown)  # type: ignore[misc]  # bound now
        strokes: list[object] = []
        one.store.subscribe(strokes.append)
        for wait_s in (2.0, 3.0, 9.9):
            backend.notices.put_nowait(Heard(again_in_s=wait_s))
        await until(backend.notices.empty)
        assert strokes == []


async def test_burst_is_told_in_few_strokes_and_nothing_of_it_is_missed(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(20))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        strokes: list[object] = []
        one.store.subscribe(strokes.append)
        for version in range(2, 102):
            for n in range(1, 21):
                row = make.summary(n, version=version, unread=version)
                backend.notices.put_nowait(TicketChanged(row, FeedMark(str(version))))
            await asyncio.sleep(0.002)
        await until(lambda: {row.version for row in one.state.queue.rows} == {101})
        assert len(strokes) <= 10
        known = await one.common.cache.get_tickets([TicketId("t1"), TicketId("t20")])
        assert {row.unread for row in known.values()} == {101}


async def test_entry_joins_the_open_conversation_and_counts_move(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(3))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        one.store.dispatch(TicketOpened(TicketId("t1")))
        one.engine.perform(Load(LoadKind.TICKET, TicketId("t1")))
        await until(lambda: value_of(one.state.conversation.entries))
        await until(lambda: one.state.queue.views[0].count == 3)
        solved = Status("solved", Phase.SOLVED, sanitize_line("Solved"))
        backend.notices.put_nowait(
            EntryAdded(make.summary(1, version=2, status=solved), make.entry(9, body="thanks"), FeedMark("6"))
        )
        await until(lambda: "thanks" in {entry.body for entry in value_of(one.state.conversation.entries) or ()})
        await until(lambda: one.state.queue.views[0].count == 2)
        assert one.state.queue.total == 2


async def test_gap_reads_everything_again_and_forgets_what_is_gone(tmp_path: Path) -> None:
    server = server_with(25)
    backend = FakeBackend(server)
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        assert one.state.queue.total == 25
        del server.tickets[TicketId("t7")]
        server.tickets[TicketId("t8")] = make.summary(8, version=0, subject=sanitize_line("from an older backup"))
        backend.notices.put_nowait(Gap())
        await until(lambda: one.state.queue.total == 24)
        await until(lambda: "from an older backup" in {row.subject for row in one.state.queue.rows})


async def test_alert_for_me_is_told_and_rung_and_others_are_not(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(2))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        says = sanitize_line("assigned to you by Mei Lin")
        backend.notices.put_nowait(
            TicketChanged(make.summary(2, version=2), None, None, sanitize_line("not for you"), AgentId("a2"))
        )
        backend.notices.put_nowait(TicketChanged(make.summary(1, version=2), None, AgentId("a2"), says, make.ME))
        await until(lambda: one.alerts)
        assert one.alerts == [f"{make.summary(1).number}: {says}"]
        await until(lambda: one.state.view.notice is not None and says in one.state.view.notice.text)


async def test_my_own_presence_is_no_news(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(2))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        for agent, name in ((make.ME, "Li Wei"), (AgentId("a2"), "Mei Lin")):
            notice = PresenceChanged(TicketId("t1"), agent, sanitize_line(name), Activity.TYPING)
            backend.notices.put_nowait(notice)
        await until(lambda: one.state.presence)
        assert set(one.state.presence[TicketId("t1")]) == {"a2"}


async def test_lost_link_says_when_it_heard_last_and_kicks_the_outbox_when_back(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(2))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        backend.notices.put_nowait(Lost(sanitize_line("nothing heard"), 30))
        await until(lambda: one.state.link.phase is LinkPhase.LOST)
        assert (one.state.link.reason, one.state.link.heard_at) == ("nothing heard", one.common.heard_at)
        backend.server.script = [Unreachable("apply", "no route")]
        one.engine.perform(Apply((TicketId("t1"),), MarkRead()))
        await until(lambda: [item.attempts for item in one.state.outbox] == [1])
        backend.notices.put_nowait(Heard())
        await until(lambda: [item.phase for item in one.state.outbox] == [OutboxPhase.SENT])
        assert one.state.link.phase is LinkPhase.LIVE


async def test_refused_token_waits_for_a_new_one(tmp_path: Path) -> None:
    class Locked(FakeBackend):
        is_locked = True

        async def open(self) -> Session:
            if self.is_locked:
                raise SignInNeeded("sign in", "token revoked")
            return await super().open()

    backend = Locked(server_with(2))
    async with desk(tmp_path, to(backend)) as one:
        await until(lambda: one.state.link.phase is LinkPhase.SIGN_IN)
        assert one.state.link.reason == "token revoked"
        backend.is_locked = False
        one.engine.sign_in_again()
        await one.live()
        assert one.state.session.session is not None


async def test_unreachable_server_is_said_and_asked_again(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(2))
    tries: list[int] = []

    async def connect() -> Backend:
        tries.append(1)
        if len(tries) == 1:
            raise Unreachable("connect", "no such host")
        return backend

    async with desk(tmp_path, connect) as one:
        await until(lambda: one.state.link.phase is LinkPhase.LOST)
        assert one.state.link.reason == "no such host"
        assert one.state.link.retry_at is not None
        one.engine.sign_in_again()
        await one.live()


async def test_fault_is_told_without_what_was_in_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeBackend):
        async def get_ticket(self, ticket: TicketId) -> Ticket:
            raise ValueError("canary-4711 said by a customer")

    backend = Broken(server_with(2))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        one.store.dispatch(TicketOpened(TicketId("t1")))
        with caplog.at_level(logging.DEBUG):
            one.engine.perform(Load(LoadKind.TICKET, TicketId("t1")))
            await until(lambda: one.state.view.notice is not None and "ValueError" in one.state.view.notice.text)
        assert one.state.view.notice is not None
        assert "test_feed.py" in one.state.view.notice.text
        assert "canary" not in one.state.view.notice.text + caplog.text
        await until(lambda: one.engine.busy == 0)
        assert value_of(one.state.conversation.entries)


async def test_newer_opening_cancels_the_older_one(tmp_path: Path) -> None:
    class Slow(FakeBackend):
        def __init__(self, server: FakeServer) -> None:
            super().__init__(server)
            self.started: list[TicketId] = []
            self.cancelled: list[TicketId] = []

        async def get_ticket(self, ticket: TicketId) -> Ticket:
            self.started.append(ticket)
            try:
                if ticket == "t1":
                    await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.append(ticket)
                raise
            return await super().get_ticket(ticket)

    backend = Slow(server_with(3))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        for n in ("t1", "t2"):
            one.store.dispatch(TicketOpened(TicketId(n)))
            one.engine.perform(Load(LoadKind.TICKET, TicketId(n)))
            await until(lambda n=n: n in backend.started)  # type: ignore[misc]  # bound at once
        await until(lambda: value_of(one.state.conversation.detail))
        assert backend.cancelled == ["t1"]


async def test_attachment_is_saved_inside_the_folder_whatever_it_is_called(tmp_path: Path) -> None:
    class WithFile(FakeBackend):
        async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
            file = Attachment(AttachmentId("f1"), sanitize_line("../../.bashrc"), "text/plain", 12)
            return Page((make.entry(1, attachments=(file,)),), None)

    backend = WithFile(server_with(1))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        one.store.dispatch(TicketOpened(TicketId("t1")))
        one.engine.perform(Load(LoadKind.TICKET, TicketId("t1")))
        await until(lambda: value_of(one.state.conversation.entries))
        for _ in range(2):
            one.engine.perform(SaveFile(TicketId("t1"), "f1"))
            await until(lambda: one.engine.busy == 0)
        saved = sorted((tmp_path / "downloads").iterdir())
        assert len(saved) == 2
        assert all(file.read_bytes() == b"first second" for file in saved)
        assert not (tmp_path / ".bashrc").exists()


async def test_presence_is_sent_only_when_it_changes(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(1))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        for activity in ("viewing", "viewing", "typing"):
            one.engine.perform(Attend(TicketId("t1"), activity))
            await until(lambda: one.engine.busy == 0)
        assert [activity for _, activity in backend.attended] == [Activity.VIEWING, Activity.TYPING]


async def test_another_agent_finds_an_empty_cache_and_no_outbox_of_the_one_before(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(3))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        one.store.dispatch(DraftChanged(Draft(TicketId("t1"), body="mine alone")))
    other = FakeBackend(FakeServer(), make.session(agent=make.agent(2)))
    async with desk(tmp_path, to(other)) as two:
        await until(lambda: two.common.me == "a2")
        await two.live()
        await two.show(ALL_LIVE)
        assert two.state.queue.total == 0
        two.engine.save_now()
    async with desk(tmp_path, None) as three:
        assert three.common.me == "a2"
        assert three.state.drafts == {}
    backend = FakeBackend(server_with(3))
    async with desk(tmp_path, to(backend)) as four:
        await until(lambda: [draft.body for draft in four.state.drafts.values()] == ["mine alone"])


async def test_long_search_grows_as_the_cursor_goes_down(tmp_path: Path) -> None:
    server = server_with(0)
    closed = Status("closed", Phase.CLOSED, sanitize_line("Closed"))
    server.tickets = {row.id: row for row in (make.summary(n, status=closed) for n in range(1, 501))}
    backend = FakeBackend(server)
    async with desk(tmp_path, to(backend), Options(hold_s=0)) as one:
        await one.live()
        one.store.dispatch(QueueChosen(replace(EVERY_TICKET, text="Withdrawal"), None, search="Withdrawal"))
        one.engine.perform(Load(LoadKind.SEARCH))
        await until(lambda: len(one.state.queue.rows) == 200)
        assert one.state.queue.total == 500
        one.engine.perform(Load(LoadKind.QUEUE, cursor=250))
        await until(lambda: one.state.queue.start <= 250 < one.state.queue.start + len(one.state.queue.rows))
