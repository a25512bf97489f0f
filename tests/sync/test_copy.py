"""Copying a desk: whole where the server does not mind, sparingly where it counts requests, and never before the agent."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from supportdesk_tui.commands.effects import Load, LoadKind
from supportdesk_tui.domain.errors import RateLimited, Unreachable
from supportdesk_tui.domain.ids import Cursor, TicketId
from supportdesk_tui.domain.queue import Page, QueueQuery, SortKey, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.sync import copy
from tests import make
from tests.sync.desk import ALL_LIVE, Desk, desk
from tests.sync.fake import FakeBackend, FakeServer, until
from tests.sync.test_feed import to


class Counted(FakeBackend):
    """Counts what it is asked, newest ticket first; may be slow with an opened ticket, and may refuse a page once."""

    def __init__(self, tickets: int, *, polling: int) -> None:
        rows = [make.summary(n, created_at=make.NOW - timedelta(minutes=n)) for n in range(1, tickets + 1)]
        super().__init__(FakeServer(tickets={row.id: row for row in rows}), make.session(polling=polling))
        self.log: list[str] = []
        self.opened: asyncio.Event | None = None
        self.answers: asyncio.Event | None = None
        """A page is given once it is set, where there is one."""
        self.refusals: list[RateLimited] = []

    async def list_views(self) -> list[View]:
        return [make.view(query=ALL_LIVE)]

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        if query.sort is SortKey.CREATED:
            self.log.append(f"page {after or 0}")
            if self.answers is not None:
                await self.answers.wait()
            if self.refusals:
                raise self.refusals.pop()
        else:
            self.log.append("list")
        rows = sorted(self.server.tickets.values(), key=lambda row: row.created_at, reverse=True)
        start = int(after or 0)
        end = start + 10
        return Page(tuple(rows[start:end]), Cursor(str(end)) if end < len(rows) else None, len(rows))

    async def get_ticket(self, ticket: TicketId) -> Ticket:
        self.log.append("ticket")
        if self.opened is not None:
            await self.opened.wait()
        return await super().get_ticket(ticket)

    @property
    def pages(self) -> list[str]:
        return [line for line in self.log if line.startswith("page")]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "PAUSE_S", 0.01)


def told(one: Desk) -> Callable[[str], bool]:
    heard: list[str] = []

    def listen(_: object) -> None:
        notice = one.state.view.notice
        if notice is not None:
            heard.append(notice.text)

    one.store.subscribe(listen)
    return lambda words: any(words in line for line in heard)


async def test_small_desk_is_copied_whole_whatever_the_budget(tmp_path: Path, quick: None) -> None:
    backend = Counted(35, polling=30)
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        await until(lambda: one.common.is_whole)
        assert len(backend.pages) == 4
        assert not one.common.holds_part
        assert one.state.queue.problems == ()
        backend.log.clear()
        await one.show(QueueQuery(phases=ALL_LIVE.phases, sort=SortKey.UPDATED))
        assert backend.log == []


async def test_huge_queue_is_copied_in_part_and_that_is_said(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "MOST", 30)
    monkeypatch.setattr(copy, "QUICK_PAGES", 2)
    backend = Counted(95, polling=30)
    async with desk(tmp_path, to(backend)) as one:
        said = told(one)
        await until(lambda: said("the newest 30 live tickets"))
        assert backend.pages == ["page 0", "page 10", "page 20"]
        assert not one.common.is_whole
        await one.show(QueueQuery(phases=ALL_LIVE.phases, sort=SortKey.UPDATED))
        assert backend.log[-1] == "list"
        assert "search finds the others" in one.state.queue.problems[0]
        assert one.state.queue.total == 30
    async with desk(tmp_path, to(Counted(95, polling=30))) as again:
        await again.live()
        assert again.common.holds_part
        assert not again.common.is_whole


async def test_server_that_pushes_is_copied_whole_however_large(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "MOST", 30)
    backend = Counted(95, polling=0)
    async with desk(tmp_path, to(backend)) as one:
        await until(lambda: one.common.is_whole)
        assert len(backend.pages) == 10


async def test_ticket_older_than_the_part_that_is_copied_stays_known(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "MOST", 30)
    backend = Counted(95, polling=30)
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        await one.common.cache.put_tickets([make.summary(91, created_at=make.NOW - timedelta(minutes=91))])
        del backend.server.tickets[TicketId("t3")]
        before = len(backend.pages)
        one.engine.perform(Load(LoadKind.RESYNC))
        await until(lambda: len(backend.pages) > before + 2 and one.common.expected == 0 and one.engine.busy == 0)
        kept = await one.common.cache.get_tickets([TicketId("t91"), TicketId("t3")])
        assert set(kept) == {TicketId("t91")}


async def test_page_is_asked_for_only_while_the_agent_waits_for_nothing(tmp_path: Path, quick: None) -> None:
    backend = Counted(60, polling=30)
    backend.opened, backend.answers = asyncio.Event(), asyncio.Event()
    async with desk(tmp_path, to(backend)) as one:
        await until(lambda: backend.pages == ["page 0"])
        one.engine.perform(Load(LoadKind.TICKET, TicketId("t1")))
        await until(lambda: "ticket" in backend.log)
        backend.answers.set()
        await until(lambda: one.common.have == 10)
        for _ in range(20):
            await asyncio.sleep(0)
        assert backend.pages == ["page 0"]
        backend.opened.set()
        await until(lambda: one.common.is_whole)
        assert len(backend.pages) == 6


async def test_copy_waits_as_long_as_the_server_asks_and_goes_on_where_it_was(tmp_path: Path, quick: None) -> None:
    backend = Counted(35, polling=30)
    backend.refusals = [RateLimited("copy", "slow down", after_s=0.0)]
    async with desk(tmp_path, to(backend)) as one:
        await until(lambda: one.common.is_whole)
        assert backend.pages == ["page 0", "page 0", "page 10", "page 20", "page 30"]


SAVED = QueueQuery(view="41")


class WithView(Counted):
    """Keeps a list only it can evaluate: the tickets 2 and 4; may be out of reach."""

    is_away = False

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        if self.is_away:
            raise Unreachable("list", "no route to host")
        if query.view:
            self.log.append(f"view {query.view}")
            rows = [self.server.tickets[TicketId(one)] for one in ("t2", "t4")]
            return Page(tuple(rows), None, 2)
        return await super().list_tickets(query, after)


async def test_list_only_the_server_knows_is_read_there_and_shown_empty_where_it_cannot_be(tmp_path: Path, quick: None) -> None:
    backend = WithView(8, polling=30)
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        await one.show(SAVED)
        assert [row.id for row in one.state.queue.rows] == ["t2", "t4"]
        assert one.state.queue.problems == ()
        backend.is_away = True
        await one.show(ALL_LIVE)
        await one.show(SAVED)
        assert one.state.queue.rows == ()
        assert "only the server knows this list" in "".join(one.state.queue.problems)
    async with desk(tmp_path, None) as offline:
        await offline.show(SAVED)
        assert offline.state.queue.rows == ()
        assert "only the server knows this list" in offline.state.queue.problems[0]
        await offline.show(ALL_LIVE)
        assert len(offline.state.queue.rows) == 8
