"""Views only the server can evaluate: once tickets have moved they are asked for again, soon and seldom."""

import asyncio
from collections.abc import Callable

from supportdesk_tui.sync.common import Common, Job
from supportdesk_tui.sync.queue import Queue

REREAD_S = 15.0
"""Between two readings of the view on screen."""


class Rereading:
    """One reading at a time, however often something moves."""

    def __init__(self, common: Common, queue: Queue, in_lane: Callable[[str, Job], None]) -> None:
        self._common = common
        self._queue = queue
        self._in_lane = in_lane
        self._is_due = self._is_at_work = False
        self._read_at = -REREAD_S

    def mark(self) -> None:
        """Tickets have moved while such a view is on screen."""
        self._is_due = True
        if not self._is_at_work:
            self._in_lane("reread", self._work)

    async def _work(self) -> None:
        monotonic = self._common.clock.monotonic
        self._is_at_work = True
        try:
            while self._is_due:
                await asyncio.sleep(max(0.0, self._read_at + REREAD_S - monotonic()))
                self._is_due, self._read_at = False, monotonic()
                await self._common.turn.free()
                await self._queue.reread()
        finally:
            self._is_at_work = False
