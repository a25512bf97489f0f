"""What an RT calls things: each part asked for once, by whoever needs it first, and anew for the pickers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from supportdesk_tui.backends.rt import directory
from supportdesk_tui.backends.rt.client import Rt
from supportdesk_tui.domain.directory import Directory
from supportdesk_tui.domain.people import Agent


@dataclass(slots=True)
class _Part:
    """One part of what is known."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_known: bool = False


class Learning:
    """Keeps the lens of one RT as sharp as what is asked needs it: a change needs neither statuses nor agents."""

    def __init__(self, rt: Rt, who: Callable[[], Awaitable[Agent]]) -> None:
        """`who` signs in where nobody has, and so learns our own name and the queues."""
        self._rt = rt
        self._who = who
        self._statuses = _Part()
        self._agents = _Part()

    async def statuses(self) -> None:
        """What statuses mean: lists and tickets are read with it."""
        await self._who()
        async with self._statuses.lock:
            if not self._statuses.is_known:
                await directory.statuses(self._rt)
                self._statuses.is_known = True

    async def agents(self) -> None:
        """Who answers: conversations are read with it."""
        me = await self._who()
        async with self._agents.lock:
            if not self._agents.is_known:
                await directory.agents(self._rt, me)
                self._agents.is_known = True

    async def directory(self) -> Directory:
        """Everything the pickers show, read anew."""
        me = await self._who()
        await directory.queues(self._rt)
        _, people = await asyncio.gather(self._all_statuses(), self._all_agents(me))
        return directory.shown(self._rt.lens, people)

    async def _all_statuses(self) -> None:
        async with self._statuses.lock:
            await directory.statuses(self._rt, with_leads=True)
            self._statuses.is_known = True

    async def _all_agents(self, me: Agent) -> tuple[Agent, ...]:
        async with self._agents.lock:
            people = await directory.agents(self._rt, me)
            self._agents.is_known = True
        return people
