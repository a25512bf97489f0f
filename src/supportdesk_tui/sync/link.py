"""The connection: signs in, listens, keeps the copy whole, and starts over when it breaks."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

from msgspec import Struct

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.errors import BackendError, RateLimited, SignInNeeded, Unreachable, Unsupported
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Level, LinkPhase
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common, Job
from supportdesk_tui.sync.copy import copy_all
from supportdesk_tui.sync.errands import Errands
from supportdesk_tui.sync.feed import Feed, FeedHooks
from supportdesk_tui.sync.queue import Queue
from supportdesk_tui.sync.rereading import Rereading
from supportdesk_tui.sync.start import first_view
from supportdesk_tui.sync.telling import why

BackendFactory = Callable[[], Awaitable[Backend]]
"""Makes a backend and finds its token; imports what it needs only when it is called."""
_WAITS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_FIRST_WORD_S = 5.0
_GAP_PAUSE_S = 5.0
"""Between one reading of everything and the next."""


ATTEND_S = 30.0
"""A server may forget after three times as long who does not say anew where they are."""


class LinkHooks(Struct, frozen=True):
    """Whom the link calls."""

    signed_in: Callable[[Backend, Session], None]
    agent_changed: Callable[[AgentId], None]
    """Somebody else signed in: drafts and outbox of the one before stay on disk."""
    back: Callable[[], None]
    gap: Callable[[], None]
    put_back: Callable[[], None]
    """The server was put back to a backup: nothing goes out without the agent's word."""
    moved: Callable[[TicketId], None]
    in_lane: Callable[[str, Job], None]
    """Starts a job that replaces an older one of its lane."""
    sign_in_needed: Callable[[], None]
    """Nothing may be sent until there is a new token."""


class Link:
    """One connection at a time, for as long as the desk runs."""

    def __init__(
        self, common: Common, queue: Queue, errands: Errands, factory: BackendFactory | None, hooks: LinkHooks
    ) -> None:
        self._common = common
        self._queue = queue
        self._errands = errands
        self._factory = factory
        self._hooks = hooks
        self._token = asyncio.Event()
        self._refused: asyncio.Event = asyncio.Event()
        self._why_refused = ""
        self._has_gap = self._is_catching_up = False
        self._caught_up_at = -_GAP_PAUSE_S
        self._told = ""
        """Why there is no connection, as it was told: once, however often it is tried."""
        rereading = Rereading(common, queue, hooks.in_lane)
        self.feed = Feed(common, queue, FeedHooks(hooks.back, self._gap, hooks.put_back, rereading.mark, hooks.moved))

    @property
    def has_backend(self) -> bool:
        """Whether a network was asked for at all."""
        return self._factory is not None

    async def run(self) -> None:
        """Connect, listen until it breaks for good, connect again."""
        tries = 0
        while self._factory is not None:
            self._token.clear()
            self._refused.clear()
            try:
                await self._connected(self._factory)
                tries = 0
            except SignInNeeded as error:
                self._hooks.sign_in_needed()
                self._common.store.dispatch(ev.LinkChanged(LinkPhase.SIGN_IN, self._common.heard_at, str(error.reason)))
                self._common.tell(words.SIGN_IN, Level.WARN, reason=why(error))
            except (BackendError, Unsupported) as error:
                tries = 0 if self._common.store.state.link.phase is LinkPhase.LIVE else tries
                await self._wait(error, tries)
                tries += 1
            if self._common.store.state.link.phase is LinkPhase.SIGN_IN:
                await self._token.wait()

    async def _wait(self, error: BackendError | Unsupported, tries: int) -> None:
        wait_s = _WAITS_S[min(tries, len(_WAITS_S) - 1)]
        if isinstance(error, RateLimited):
            wait_s = min(300.0, max(wait_s, error.after_s))
        retry_at = self._common.clock.now() + timedelta(seconds=wait_s)
        reason = error.why
        self._common.store.dispatch(ev.LinkChanged(LinkPhase.LOST, self._common.heard_at, reason, retry_at))
        if not isinstance(error, Unreachable) and reason != self._told:
            self._told = reason
            self._common.tell(words.NO_LINK, Level.WARN, reason=why(error))
        try:
            async with asyncio.timeout(wait_s):
                await self._token.wait()
        except TimeoutError:
            return

    async def _connected(self, factory: BackendFactory) -> None:
        await self.close()
        if self._common.store.state.link.phase is not LinkPhase.LOST:
            self._common.store.dispatch(ev.LinkChanged(LinkPhase.CONNECTING))
        backend = await factory()
        self._common.backend = backend
        session = await self._sign_in(backend)
        self._told = ""
        since = await self._common.cache.run(self._common.cache.last.mark)
        reached = await self._common.cache.run(self._common.cache.last.reached)
        self._common.holds_part = await self._common.cache.run(self._common.cache.last.is_part)
        self._common.is_whole = since is not None and not self._common.holds_part
        listening = asyncio.create_task(self.feed.listen(backend, since, reached))
        attending = asyncio.create_task(self._keep_attending())
        try:
            # The feed must be open before anything is read, so that nothing falls between; a slow one is not waited for.
            await first_of(listening, self.feed.is_open.wait(), limit_s=_FIRST_WORD_S)
            # Nothing is sent before that either: the first word may be that the server was put back to a backup.
            self._hooks.signed_in(backend, session)
            if not listening.done():
                self._hooks.in_lane("copy", self.load_views if since is not None else self._fill)
            await first_of(listening, self._token.wait(), self._refused.wait())
            if self._refused.is_set():
                raise SignInNeeded("work", self._why_refused)
            if listening.done():
                listening.result()
        finally:
            for task in (listening, attending):
                task.cancel()
            await asyncio.gather(listening, attending, return_exceptions=True)

    async def _keep_attending(self) -> None:
        """Say again where we are, lest the server take us for stopped."""
        while True:
            await asyncio.sleep(ATTEND_S)
            await self._errands.attend_again()

    async def _sign_in(self, backend: Backend) -> Session:
        common = self._common
        session = await backend.open()
        directory = await backend.get_directory()
        before = common.store.state.session.session
        if before is not None and before.agent.id != session.agent.id:
            await common.cache.run(common.cache.purge)
        if before is None or before.agent.id != session.agent.id:
            self._hooks.agent_changed(session.agent.id)
        common.heard_at = common.clock.now()
        common.store.dispatch(ev.SignedIn(session, directory))
        common.tell_bad(directory.bad_items)
        heard_at = common.heard_at
        await common.cache.run(lambda: common.cache.last.save_session(session, directory))
        await common.cache.run(lambda: common.cache.last.save_heard(heard_at))
        return session

    async def _fill(self) -> None:
        await self.load_views()
        await self.copy()

    def _gap(self) -> None:
        self._has_gap = True
        if not self._is_catching_up:
            self._hooks.in_lane("copy", self._catch_up)

    async def _catch_up(self) -> None:
        """Read everything again, once for however many gaps: a server that says nothing but gaps is not asked in a storm."""
        monotonic = self._common.clock.monotonic
        self._is_catching_up = True
        try:
            while self._has_gap:
                await asyncio.sleep(max(0.0, self._caught_up_at + _GAP_PAUSE_S - monotonic()))
                self._has_gap = False
                self._hooks.gap()
                await self.copy()
                self._caught_up_at = monotonic()
        finally:
            self._is_catching_up = False

    async def load_views(self) -> None:
        """The view bar; the first time it also says what the queue shows."""
        await self._errands.views()
        queue = self._common.store.state.queue
        chosen = first_view(queue.views)
        if queue.view is None and not queue.search and chosen is not None and queue.as_of is None:
            self._common.store.dispatch(ev.QueueChosen(chosen.query, chosen.id))
        if self._queue.is_local(self._common.store.state.queue.query):
            self.feed.recount()
        else:
            await self._queue.load()

    async def copy(self) -> None:
        """Read every live ticket anew; while the copy is empty, the page on screen comes first."""
        if not self._common.store.state.queue.rows:
            await self._queue.search()
        await copy_all(self._common, lambda: self.feed.mark, self.feed.poke)
        self.feed.recount()

    def refuse(self, reason: str) -> None:
        """Something was answered with "sign in": nothing more goes out until there is another token."""
        self._why_refused = reason
        self._refused.set()

    def sign_in_again(self) -> None:
        """There is a new token, or the agent does not want to wait: connect afresh."""
        self._token.set()

    async def close(self) -> None:
        """Let go of the backend in use."""
        backend, self._common.backend = self._common.backend, None
        if backend is not None:
            await backend.close()


async def first_of(task: "asyncio.Task[None]", *others: Coroutine[Any, Any, Any], limit_s: float | None = None) -> None:
    """Wait until a task or one of the others is done; the others end with this wait."""
    waits = [asyncio.create_task(other) for other in others]
    try:
        await asyncio.wait({task, *waits}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
