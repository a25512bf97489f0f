"""A desk without a screen: store and engine on real files, against the real server or a fake one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Load, LoadKind
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import LIVE_PHASES
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import QueueChosen, TicketOpened
from supportdesk_tui.store.state import DeskState, LinkPhase, Loaded
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.clock import Clock, SystemClock
from supportdesk_tui.sync.common import Common, Options
from supportdesk_tui.sync.engine import Engine
from supportdesk_tui.sync.outbox_db import Ledger
from tests.sync.fake import until

ALL_LIVE = QueueQuery(phases=LIVE_PHASES)


@dataclass
class Desk:
    """One run of the client."""

    store: Store
    common: Common
    engine: Engine
    alerts: list[str]

    @property
    def state(self) -> DeskState:
        return self.store.state

    async def live(self) -> None:
        """Connected, and the copy whole."""
        await until(lambda: self.state.link.phase is LinkPhase.LIVE)
        await until(lambda: self.state.queue.view is not None and self.engine.busy == 0)

    async def show(self, query: QueueQuery) -> None:
        self.store.dispatch(QueueChosen(query, None))
        self.engine.perform(Load(LoadKind.QUEUE, cursor=0))
        await until(lambda: not self.state.queue.is_loading and self.engine.busy == 0)

    async def open(self, ticket: TicketId) -> None:
        self.store.dispatch(TicketOpened(ticket))
        self.engine.perform(Load(LoadKind.TICKET, ticket))
        await until(lambda: self.is_fresh() and self.engine.busy == 0)

    def is_fresh(self) -> bool:
        """Everything of the open ticket came from the backend."""
        conversation = self.state.conversation
        parts = (conversation.detail, conversation.entries, conversation.customer)
        return all(isinstance(part, Loaded) and not part.is_cached for part in parts)


@asynccontextmanager
async def desk(
    folder: Path,
    factory: Callable[[], Awaitable[Backend]] | None,
    options: Options | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Desk]:
    """A desk that is started, and stopped at the end."""
    alerts: list[str] = []
    common = Common(
        Store(),
        Cache(folder / "cache.db"),
        clock=clock or SystemClock(),
        options=options or Options(hold_s=0.3, downloads=folder / "downloads"),
        alert=alerts.append,
    )
    one = Desk(common.store, common, Engine(common, Ledger(folder / "outbox"), factory), alerts)
    one.engine.open()
    await one.engine.start()
    try:
        yield one
    finally:
        await one.engine.stop()


def native(server: ServerThread, login: str = "li.wei") -> Callable[[], Awaitable[Backend]]:
    """Connects as an agent to the real server."""
    token = server.token_for(login)

    async def make() -> Backend:
        return NativeBackend(server.url, token)

    return make
