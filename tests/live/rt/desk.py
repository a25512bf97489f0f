"""The whole desk in front of a real Request Tracker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from supportdesk_tui.cli.assemble import Seat, assemble
from supportdesk_tui.config.schema import Settings
from tests.driver import AgentAtDesk, gated


@asynccontextmanager
async def at_rt_desk(url: str, token: str, folder: Path, *, size: tuple[int, int] = (160, 48)) -> AsyncIterator[AgentAtDesk]:
    """A desk as a profile with `backend = "rt"` makes it, its files in `folder`, signed in, its first queue on the screen."""
    seat = Seat(
        settings=Settings(hold_s=0),
        data_dir=folder / "data",
        cache_dir=folder / "cache",
        state_dir=folder / "state",
        config_dir=folder / "config",
        backend="rt",
        url=url,
        token=lambda: token,
    )
    app = assemble(seat)
    gate = gated(app)
    async with app.run_test(size=size) as pilot:
        agent = AgentAtDesk(app, pilot)
        await agent.until(lambda state: state.session.session and not state.session.is_cached, "signed in")
        await agent.until(lambda state: state.queue.views and not state.queue.is_loading, "queue loaded")
        yield agent
        await app.close_desk()
    assert gate.count == 0, "text no terminal may be sent came as far as the output gate"
