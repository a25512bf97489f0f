"""Listening to a feed of the fake Chatwoot."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from supportdesk_tui.backends.chatwoot.adapter import ChatwootBackend
from supportdesk_tui.backends.chatwoot.cable import CablePace
from supportdesk_tui.domain.feed import Activity, EntryAdded, Heard, Lost, Notice, PresenceChanged, PushChanged, TicketChanged
from supportdesk_tui.domain.ids import AgentId, FeedMark, TicketId
from tests.contract.chatwoot_floor import EAGER, QUICK
from tests.fakes.chatwoot import FakeChatwoot


class Ear:
    """Listens to one feed and keeps what it heard."""

    def __init__(self, notices: AsyncGenerator[Notice, None]) -> None:
        self._notices = notices
        self.heard: list[Notice] = []

    async def until(self, is_it: Callable[[Notice], bool]) -> Notice:
        """The next notice that is what is waited for."""
        async with asyncio.timeout(40):
            async for notice in self._notices:
                self.heard.append(notice)
                if is_it(notice):
                    return notice
        raise AssertionError("the feed ended")

    async def hear(self) -> None:
        """Wait for the next sign of life."""
        await self.until(lambda notice: isinstance(notice, Heard))

    async def lost(self) -> str:
        """Why the connection is gone."""
        notice = await self.until(lambda notice: isinstance(notice, Lost))
        assert isinstance(notice, Lost)
        return str(notice.reason)

    async def switched(self) -> str:
        """Why news are looked for from now on; nothing when they are pushed again."""
        notice = await self.until(lambda notice: isinstance(notice, PushChanged))
        assert isinstance(notice, PushChanged)
        return str(notice.reason)

    async def changed(self, ticket: TicketId) -> TicketChanged:
        """The next news of a row."""
        notice = await self.until(lambda notice: isinstance(notice, TicketChanged) and notice.ticket.id == ticket)
        assert isinstance(notice, TicketChanged)
        return notice

    async def added(self, body: str) -> EntryAdded:
        """Words."""
        notice = await self.until(lambda notice: isinstance(notice, EntryAdded) and notice.entry.body == body)
        assert isinstance(notice, EntryAdded)
        return notice

    async def seen(self) -> tuple[TicketId, AgentId, Activity]:
        """Who types next, or has stopped."""
        notice = await self.until(lambda notice: isinstance(notice, PresenceChanged))
        assert isinstance(notice, PresenceChanged)
        return notice.ticket, notice.agent, notice.activity

    def said(self) -> list[str]:
        """All words so far."""
        return [str(notice.entry.body) for notice in self.heard if isinstance(notice, EntryAdded)]


@asynccontextmanager
async def listening(desk: ChatwootBackend, since: FeedMark | None = None) -> AsyncIterator[Ear]:
    """A feed that has said its first word."""
    async with aclosing(desk.feed(since)) as notices:
        ear = Ear(notices)
        await ear.hear()
        yield ear


@asynccontextmanager
async def paced(fake: FakeChatwoot, pace: CablePace) -> AsyncIterator[ChatwootBackend]:
    """An agent who is more or less patient."""
    backend = ChatwootBackend(fake.url, "token-alice", replace(EAGER, pace=pace), limits=QUICK)
    await backend.open()
    yield backend
    await backend.close()
