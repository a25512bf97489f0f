"""One change from the shell through the outbox the desk uses: on disk before it is sent, sent once, waited for."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.changes import Change, Escalate, Note, Reply
from supportdesk_tui.domain.errors import SignInNeeded
from supportdesk_tui.domain.ids import ChangeKey
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.events import OutboxChanged
from supportdesk_tui.store.state import OutboxItem, OutboxPhase
from supportdesk_tui.sync.clock import SystemClock
from supportdesk_tui.sync.outbox import Hooks, Outbox
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rules import OPEN
from supportdesk_tui.sync.sending import new_key
from supportdesk_tui.ui.vocabulary import own_words

LIMIT_S = 30.0
"""How long an outcome is waited for; after it the change stays in the outbox."""
_SETTLED = {OutboxPhase.SENT, OutboxPhase.REFUSED}
_WORDS = (Reply, Note, Escalate)
"""Changes that hold what somebody wrote: they stay in the outbox even when refused."""


class Sending:
    """The outbox of this agent, for as long as one command runs."""

    def __init__(self, backend: Backend, session: Session, folder: Path) -> None:
        self._backend = backend
        self._session = session
        self._ledger = Ledger(folder)
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._seen: dict[ChangeKey, OutboxItem] = {}
        self._needs_sign_in = False
        self._outbox = Outbox(self._ledger, SystemClock(), Hooks(self._publish, self._spawn, self._sign_in))

    async def apply(
        self, row: TicketSummary, change: Change, limit_s: float = LIMIT_S, on_disk: Callable[[], None] = lambda: None
    ) -> OutboxItem:
        """Send a change and wait for its outcome; an earlier try of the same change is continued under its key."""
        self._ledger.open()
        try:
            self._outbox.load(self._session.agent.id)
            key = await self._begin(row, change)
            on_disk()
            self._outbox.connect(self._backend, self._session)
            running = asyncio.create_task(self._outbox.run())
            try:
                return await self._outcome(key, limit_s)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await self._outbox.close()
        finally:
            self._ledger.close()

    async def _begin(self, row: TicketSummary, change: Change) -> ChangeKey:
        now = SystemClock().now()
        fresh = OutboxItem(new_key(), (row.id,), change, OutboxPhase.QUEUED, now, number=row.number)
        for item in self._outbox.book.items:
            if item.phase in OPEN and item.tickets == (row.id,) and _plain(item.change) == _plain(change):
                if _asks(item) and await self._outbox.put_in_place(fresh, item.key):
                    return fresh.key
                await self._outbox.retry(item.key)
                return item.key
        await self._outbox.add(fresh)
        return fresh.key

    async def _outcome(self, key: ChangeKey, limit_s: float) -> OutboxItem:
        try:
            async with asyncio.timeout(limit_s):
                while not self._is_over(key):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        item = self._seen.get(key)
        if self._needs_sign_in:
            raise SignInNeeded("send", _("the change waits in the outbox"))
        if item is None or not (item.phase in _SETTLED or _asks(item)):
            raise _unsettled(item)
        if item.phase is not OutboxPhase.SENT:
            await self._refused(item)
        return item

    def _is_over(self, key: ChangeKey) -> bool:
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()
        item = self._seen.get(key)
        if item is None:
            return self._needs_sign_in
        waits = item.phase is OutboxPhase.QUEUED and item.attempts > 0 and bool(item.reason)
        looked_in_vain = item.phase is OutboxPhase.UNKNOWN and item.attempts > 1
        is_over = item.phase in _SETTLED or _asks(item)
        return is_over or waits or looked_in_vain or self._needs_sign_in

    async def _refused(self, item: OutboxItem) -> None:
        kept = isinstance(item.change, _WORDS)
        if not kept:
            await self._outbox.forget(item.key)
        raise Stopped(
            _("refused: {reason}", reason=own_words(item.reason)) if item.reason else _("refused"),
            code=ExitCode.REFUSED,
            next_step=_("What you wrote is kept in the outbox of the desk.") if kept else "",
        )

    def _publish(self, *events: object) -> None:
        for event in events:
            if isinstance(event, OutboxChanged):
                self._seen[event.item.key] = event.item
        self._news.set()

    def _spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work(), name=name)
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._news.set())
        return task

    def _sign_in(self) -> None:
        self._needs_sign_in = True
        self._news.set()


def _asks(item: OutboxItem) -> bool:
    """It waits for somebody to look: others were faster."""
    return item.phase is OutboxPhase.HELD and item.held_until is None


def _plain(change: Change) -> Change:
    """A change without the reasons given for it and what was known: with others it is still the same words."""
    if isinstance(change, Reply):
        return replace(change, overrides=(), seen=0, seen_owner=None)
    return replace(change, overrides=()) if isinstance(change, Note | Escalate) else change


def _unsettled(item: OutboxItem | None) -> Stopped:
    if item is not None and item.phase in {OutboxPhase.UNKNOWN, OutboxPhase.SENDING}:
        return Stopped(
            _("it is not known whether the change was made"),
            code=ExitCode.CANNOT_REACH,
            next_step=_("The same command again asks the server first and never does it twice."),
        )
    reason = item.reason if item is not None else ""
    return Stopped(
        _("not sent yet ({reason})", reason=own_words(reason)) if reason else _("not sent yet"),
        code=ExitCode.CANNOT_REACH,
        next_step=_("It waits in the outbox: the same command again, or the desk when it opens, sends it once."),
    )
