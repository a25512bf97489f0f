"""The whole desk in front of a real Request Tracker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.driver import AgentAtDesk, seat_in, sitting


@asynccontextmanager
async def at_rt_desk(url: str, token: str, folder: Path, *, size: tuple[int, int] = (160, 48)) -> AsyncIterator[AgentAtDesk]:
    """A desk as a profile with `backend = "rt"` makes it, its files in `folder`, signed in, its first queue on the screen."""
    async with sitting(seat_in(folder, backend="rt", url=url, token=lambda: token), size) as agent:
        await agent.until(lambda state: state.session.session and not state.session.is_cached, "signed in")
        await agent.until(lambda state: state.queue.views and not state.queue.is_loading, "queue loaded")
        yield agent
