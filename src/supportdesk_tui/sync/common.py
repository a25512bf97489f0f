"""What every part of sync works with."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.errors import DeskError, Unreachable
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.store.events import Event, Told
from supportdesk_tui.store.state import Level, Notice
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync import words
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.clock import Clock, SystemClock
from supportdesk_tui.sync.rows import Asker
from supportdesk_tui.sync.windows import Ask

if TYPE_CHECKING:
    from supportdesk_tui.backends.port import Backend
    from supportdesk_tui.domain.conversation import Entry
    from supportdesk_tui.domain.ids import TicketId
    from supportdesk_tui.domain.ticket import TicketSummary

Job: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
Spawn: TypeAlias = Callable[[str, Job], "asyncio.Task[None]"]
"""Runs a job of a named kind under the engine's guard."""
Guarded: TypeAlias = Callable[[Job, Callable[[DeskError], Event | None]], Coroutine[Any, Any, None]]
"""Runs a job so that what goes wrong in it becomes an event."""


class Turn:
    """Whose turn it is to ask the server: what reads in the background goes on only while nothing of the agent's waits."""

    def __init__(self) -> None:
        self._waiting = 0
        self._is_free = asyncio.Event()
        self._is_free.set()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The agent waits for an answer."""
        self._waiting += 1
        self._is_free.clear()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._is_free.set()

    async def free(self) -> None:
        """Until nothing of the agent's waits."""
        await self._is_free.wait()


class Options(Struct, frozen=True):
    """What the user set."""

    hold_s: float = 10.0
    """How long a held change can be taken back; 0 sends at once."""
    undo: int = 20
    """How many of the agent's last changes can be taken back."""
    downloads: Path | None = None
    """Where attachments are saved; the home folder's Downloads when None."""
    locale: str | None = None


class Common(Struct):
    """Store, cache, clock and the backend in use."""

    store: Store
    cache: Cache
    clock: Clock = field(default_factory=SystemClock)
    say: words.Say = words.plainly
    options: Options = Options()
    alert: Callable[[str], None] | None = None
    """Bell or desktop notification, with a line that is safe to show."""
    spoken: "Callable[[TicketId, Entry], None] | None" = None
    """Told of every entry the feed brings, whether its ticket is shown or not."""
    moved: "Callable[[Iterable[TicketSummary]], None] | None" = None
    """Told how every ticket stands that the feed speaks of."""
    backend: "Backend | None" = None
    """None while there is no connection to ask."""
    heard_at: datetime | None = None
    """When the server last said anything."""
    cached_at: datetime | None = None
    """How old the copy was when the desk was opened."""
    turn: Turn = field(default_factory=Turn)
    is_whole: bool = False
    """The copy holds every live ticket, so that counting it counts the server."""
    holds_part: bool = False
    """… or, of a server that is asked sparingly, only the newest ones: lists are asked of the server too."""
    bad_items: int = 0
    """Live tickets that could not be read when the copy was made: they are missing from every list of it."""
    have: int = 0
    expected: int = 0
    """Progress of the copy; `expected` is 0 when it is whole."""

    def server(self, operation: str) -> "Backend":
        """The backend, or Unreachable."""
        if self.backend is None:
            raise Unreachable(operation, self.say(words.NOT_CONNECTED, {}))
        return self.backend

    @property
    def me(self) -> AgentId:
        """Our agent id; empty before the first sign-in."""
        session = self.store.state.session.session
        return session.agent.id if session else AgentId("")

    def can(self, capability: Capability) -> bool:
        """Whether backend and role allow it."""
        session = self.store.state.session.session
        return session is not None and capability in session.capabilities

    @property
    def is_sparing(self) -> bool:
        """Whether the server wants to be asked within a budget."""
        session = self.store.state.session.session
        return session is not None and session.polling > 0

    def now(self) -> datetime:
        """Server time as well as we know it."""
        session = self.store.state.session.session
        return self.clock.now() + session.clock_offset if session else self.clock.now()

    def asker(self) -> Asker:
        """Who a query is evaluated for."""
        session = self.store.state.session.session
        return Asker(self.me, session.agent.teams if session else (), self.now())

    def ask(self) -> Ask:
        """The question the queue on screen puts."""
        return Ask(self.store.state.queue.query, self.store.state.queue.filter, self.asker())

    def tell(self, text: str, level: Level = Level.INFO, /, **values: str) -> None:
        """One line for the agent."""
        self.store.dispatch(Told(Notice(self.say(text, values), level, self.clock.now())))

    def tell_bad(self, count: int) -> None:
        """Say that a list is shorter than the server's, where it is."""
        if count:
            self.tell(words.BAD_ITEMS, Level.WARN, count=str(count))


async def gather(*jobs: Coroutine[Any, Any, None]) -> None:
    """Run jobs side by side; cancelling this cancels them all."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(job)
