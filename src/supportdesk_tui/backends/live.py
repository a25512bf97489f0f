"""The live feed over server-sent events: resumes where it broke off, says when it is deaf, and never spins."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Protocol

from supportdesk_tui.domain.errors import BackendError, RateLimited, SignInNeeded, Unreachable
from supportdesk_tui.domain.feed import Heard, Lost, Notice
from supportdesk_tui.domain.ids import FeedMark
from supportdesk_tui.text.safe import SafeText, sanitize_line
from supportdesk_tui.wire.sse import SseEvent, SseParser

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient the feed is."""

    silence_s: float = 2.5
    """Without a byte for this long the connection counts as lost; a server beats every second."""
    stall_s: float = 30.0
    """Without a whole event for this long it does too."""
    connect_s: float = 5.0
    backoff_s: float = 0.25
    """Wait before the first retry; doubles up to `backoff_max_s`, each drawn from its upper half."""
    backoff_max_s: float = 30.0
    settled_s: float = 5.0
    """A connection that held this long makes the next wait short again."""
    slice_s: float = 0.002
    """In a flood of events everything else gets a turn after this long: a key has some ten turns to go before it is seen."""

    def wait_s(self, failures: int) -> float:
        """Seconds before the next try, after so many in vain."""
        longest = min(self.backoff_max_s, self.backoff_s * 2 ** min(failures - 1, 20))
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, guards nothing


class Pieces(Protocol):
    """The body of an open stream."""

    def pieces(self) -> AsyncGenerator[bytes, None]:
        """Bytes as they come."""
        ...


Connect = Callable[[str], AbstractAsyncContextManager[Pieces]]
"""Opens the stream after a mark (empty: from now on)."""
ReadEvent = Callable[[SseEvent], Iterable[Notice]]
"""What an event says; total."""


async def live_feed(
    connect: Connect, read: ReadEvent, since: FeedMark | None, pace: Pace | None = None
) -> AsyncGenerator[Notice, None]:
    """Notices for ever, each connection beginning with `Heard` and ending with `Lost`.

    Ends only with `SignInNeeded`, which no waiting heals. Close it (`aclosing`) or cancel the task that reads it.
    """
    pace = pace or Pace()
    mark: str = since or ""
    clock = asyncio.get_running_loop().time
    failures = 0
    while True:
        opened = _Opened(connect, mark, pace)
        began = clock()
        least_s = 0.0
        reason = SafeText("the server ended the stream")
        try:
            async with aclosing(opened.events()) as events:
                rested_at = clock()
                async for event in events:
                    for notice in (Heard(),) if event is None else read(event):
                        yield notice
                    mark = mark if event is None else event.id
                    if clock() - rested_at > pace.slice_s:
                        await asyncio.sleep(0)
                        rested_at = clock()
        except SignInNeeded:
            raise
        except BackendError as error:
            reason = sanitize_line(error.why)
            least_s = error.after_s if isinstance(error, RateLimited) else 0.0
        has_settled = opened.is_heard and clock() - began >= pace.settled_s
        failures = 1 if has_settled else failures + 1
        wait_s = max(least_s, pace.wait_s(failures))
        _log.info("feed lost: %s; again in %.1f s", reason, wait_s)
        yield Lost(reason, wait_s)
        await asyncio.sleep(wait_s)


class _Opened:
    """One connection."""

    def __init__(self, connect: Connect, mark: str, pace: Pace) -> None:
        self._connect = connect
        self._mark = mark
        self._pace = pace
        self.is_heard = False
        """Bytes came: whoever listens now misses nothing that happens from here on."""

    async def events(self) -> AsyncGenerator[SseEvent | None, None]:
        """None at the first bytes, then every event; ends when the server ends it."""
        clock = asyncio.get_running_loop().time
        parser = SseParser(last_id=self._mark)
        async with AsyncExitStack() as stack:
            pieces = await self._open(stack)
            whole_at = clock()
            while (piece := await self._next(pieces)) is not None:
                if not self.is_heard:
                    self.is_heard = True
                    yield None
                for event in parser.feed(piece):
                    whole_at = clock()
                    yield event
                if clock() - whole_at > self._pace.stall_s:
                    raise Unreachable("listen", "bytes, but no event")

    async def _open(self, stack: AsyncExitStack) -> AsyncGenerator[bytes, None]:
        try:
            async with asyncio.timeout(self._pace.connect_s):
                stream = await stack.enter_async_context(self._connect(self._mark))
        except TimeoutError:
            raise Unreachable("listen", f"no answer within {self._pace.connect_s:g} s") from None
        return await stack.enter_async_context(aclosing(stream.pieces()))

    async def _next(self, pieces: AsyncGenerator[bytes, None]) -> bytes | None:
        try:
            async with asyncio.timeout(self._pace.silence_s):
                return await anext(pieces, None)
        except TimeoutError:
            raise Unreachable("listen", f"nothing heard for {self._pace.silence_s:g} s") from None
