"""The live feed of a server without push: asks again and again, within a budget, slower while nothing happens."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from supportdesk_tui.backends.http import Http
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.errors import BackendError, RateLimited, SignInNeeded
from supportdesk_tui.domain.feed import Heard, Lost, Notice
from supportdesk_tui.domain.ids import FeedMark
from supportdesk_tui.domain.people import Agent
from supportdesk_tui.text.safe import sanitize_line

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How often a server may be asked."""

    per_minute: int = 30
    """Most requests a minute that looking for news may make."""
    quick_s: float = 2.0
    """Between two looks while things happen or the agent is at work."""
    slow_s: float = 30.0
    """Between two looks after a long time without news."""
    backoff_s: float = 1.0
    """Wait after the first failure; doubles up to `slow_s`."""


def to_session(
    agent: Agent, lacking: Mapping[Capability, str], server: str, *, budget: Budget, http: Http, longest: int = 0
) -> Session:
    """Who we are at a product that is asked for news: able to do everything it does not lack.

    `longest` is the most characters of a text on any channel; 0 for no limit.
    """
    return Session(
        agent=agent,
        capabilities=frozenset(Capability) - lacking.keys(),
        lacking=dict(lacking),
        server=sanitize_line(server),
        polling=budget.per_minute,
        lengths={"": longest},
        clock_offset=http.clock_offset,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look found."""

    notices: Sequence[Notice] = ()
    mark: FeedMark | None = None
    """Where the next look begins; None keeps the one before."""
    requests: int = 1
    """How many requests the look took."""
    wait_s: float = 0.0
    """The least wait the server's quota asks for."""
    at: datetime | None = None
    """The server's time."""


Look = Callable[[FeedMark | None], Awaitable[Seen]]
"""Asks what is new since a mark (None: from now on)."""
Rest = Callable[[float, float, asyncio.Event], Awaitable[None]]
"""Waits the first number of seconds, then on to the second or until the event is set."""


async def rest(least_s: float, most_s: float, woken: asyncio.Event) -> None:
    """Wait on the clock of the event loop."""
    await asyncio.sleep(least_s)
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, most_s - least_s)):
            await woken.wait()


class Poller:
    """One feed made of looks. `wake` makes the next look come as soon as the budget allows."""

    def __init__(self, look: Look, budget: Budget, *, rest: Rest = rest) -> None:
        self._look = look
        self._budget = budget
        self._rest = rest
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """The agent does something: news may matter now."""
        self._woken.set()

    async def feed(self, since: FeedMark | None, *, until: Callable[[], bool] = lambda: False) -> AsyncGenerator[Notice, None]:
        """Notices, for ever or until that is true before a look; a failed look is `Lost`, the next good one `Heard`.

        Otherwise ends only with `SignInNeeded`, which no waiting heals.
        """
        mark, failures, calm_s = since, 0, self._budget.quick_s
        while not until():
            try:
                seen = await self._look(mark)
            except SignInNeeded:
                raise
            except BackendError as error:
                failures += 1
                wait_s = self._backoff(error, failures)
                _log.info("look failed: %s; again in %.1f s", type(error).__name__, wait_s)
                yield Lost(sanitize_line(error.why), wait_s)
                await self._rest(wait_s, wait_s, self._woken)
                continue
            failures = 0
            least_s = max(seen.wait_s, seen.requests * 60.0 / self._budget.per_minute)
            is_lively = bool(seen.notices) or self._woken.is_set()
            calm_s = self._budget.quick_s if is_lively else min(calm_s * 1.5, self._budget.slow_s)
            yield Heard(seen.at, again_in_s=max(least_s, calm_s))
            for notice in seen.notices:
                yield notice
            mark = seen.mark or mark
            calm_s = self._budget.quick_s if self._woken.is_set() else calm_s
            self._woken.clear()
            await self._rest(least_s, max(least_s, calm_s), self._woken)

    def _backoff(self, error: BackendError, failures: int) -> float:
        longest = min(self._budget.slow_s, self._budget.backoff_s * 2 ** min(failures - 1, 20))
        drawn = random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, guards nothing
        return max(drawn, error.after_s) if isinstance(error, RateLimited) else drawn
