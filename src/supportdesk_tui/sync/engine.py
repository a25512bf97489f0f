"""Performs effects against the port; the only place that awaits a backend, and the one that catches what nobody expected.

engine = Engine(common, ledger, backend_factory)
open_cache(common)      # for the first picture; open() does it where nobody did
engine.open()           # the rest of what the disk knows: drafts and outbox
await engine.start()    # inside it: outbox, feed and copy run in the background
engine.perform(effect)
await engine.stop()
"""

import asyncio
import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import Struct

from supportdesk_tui.commands.effects import (
    Apply,
    AttachFile,
    Attend,
    Effect,
    Forget,
    Load,
    LoadKind,
    Retry,
    Reveal,
    SaveFile,
    TakeBack,
)
from supportdesk_tui.domain.errors import DeskError, SignInNeeded, StorageError
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Level, LinkPhase, Notice
from supportdesk_tui.sync import words
from supportdesk_tui.sync.attachments import Attachments
from supportdesk_tui.sync.common import Common, Job
from supportdesk_tui.sync.drafts import Drafts
from supportdesk_tui.sync.errands import Errands
from supportdesk_tui.sync.habits import HabitKeeper
from supportdesk_tui.sync.link import BackendFactory, Link, LinkHooks
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.queue import Queue
from supportdesk_tui.sync.start import open_cache
from supportdesk_tui.sync.telling import why
from supportdesk_tui.sync.tickets import Tickets
from supportdesk_tui.sync.waiting import Waiting
from supportdesk_tui.sync.writes import Writes

log = logging.getLogger(__name__)
_RESTART_S = 1.0
FIRST_WORDS_S = 0.1
"""Nothing waits less when the server is back: what it has to say comes first."""
_BEHIND = frozenset({"copy", "attend", "views", "reread"})
"""Lanes of which nobody waits for an answer; and of the other jobs those in which somebody does:"""
_AHEAD = frozenset({"outbox"})


class JobHooks(Struct, frozen=True):
    """Whom the jobs call when something goes wrong in them."""

    sign_in_needed: Callable[[str], None]
    failed: Callable[[DeskError], None]


class Jobs:
    """Runs what sync does side by side; whatever goes wrong in it becomes an event."""

    def __init__(self, common: Common, hooks: JobHooks) -> None:
        self._common = common
        self._hooks = hooks
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._background: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """Jobs that will end by themselves."""
        return len(self._tasks)

    def keep_up(self, kind: str, job: Job) -> None:
        """Run a job that is to go on until the end."""
        self._background.add(asyncio.get_running_loop().create_task(self.forever(kind, job), name=kind))

    async def stop(self) -> None:
        """End everything."""
        tasks = [*self._background, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def spawn(self, kind: str, job: Job) -> "asyncio.Task[None]":
        """Start a job that nothing but the end of the desk cancels."""
        job = self._ahead(job) if kind in _AHEAD else job
        task = asyncio.get_running_loop().create_task(self.guarded(job, partial(self.told_failure, kind)), name=kind)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def in_lane(self, lane: str, job: Job, failed: Callable[[DeskError], ev.Event | None] | None = None) -> None:
        """Start a load; an older one of its lane is not wanted any more."""
        older = self._lanes.get(lane)
        if older is not None:
            older.cancel()
        job = job if lane in _BEHIND else self._ahead(job)
        task = asyncio.get_running_loop().create_task(self.guarded(job, failed or partial(self.told_failure, lane)), name=lane)
        self._lanes[lane] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ahead(self, job: Job) -> Job:
        """A job the agent waits for: the copy lets it go first."""

        async def run() -> None:
            with self._common.turn.taken():
                await job()

        return run

    async def guarded(self, job: Job, failed: Callable[[DeskError], ev.Event | None]) -> None:
        """Run a job; `failed` says what an error of ours means to the desk."""
        try:
            await job()
        except SignInNeeded as error:
            self._hooks.sign_in_needed(str(error.reason))
        except DeskError as error:
            self._hooks.failed(error)
            event = failed(error)
            if event is not None:
                self._common.store.dispatch(event)
        except Exception as error:
            self._fault(error)

    async def forever(self, kind: str, job: Job) -> None:
        """A job that never ends by itself: what goes wrong in it is told, and it goes on."""
        while True:
            await self.guarded(job, partial(self.told_failure, kind))
            await asyncio.sleep(_RESTART_S)

    def told_failure(self, kind: str, error: DeskError) -> ev.Event:
        """A line for an error that no pane shows."""
        line = self._common.say(words.COULD_NOT, {"what": kind, "reason": why(error)})
        return ev.Told(Notice(line, Level.ERROR, self._common.clock.now()))

    def _fault(self, error: Exception) -> None:
        """Nobody expected this: say where, never what was in it."""
        frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        log.error("fault %s at %s", type(error).__name__, " < ".join(reversed(frames)))
        self._common.tell(words.FAULT, Level.ERROR, what=f"{type(error).__name__} {frames[-1] if frames else ''}")


class Engine:
    """Everything that moves between port, disk and store."""

    def __init__(self, common: Common, ledger: Ledger, backend_factory: BackendFactory | None = None) -> None:
        """`backend_factory` None stays off line."""
        self._common = common
        self._ledger = ledger
        self._store = common.store
        self._jobs = Jobs(common, JobHooks(self._refused, self._after))
        self.drafts = Drafts(common.store, ledger, self._jobs.spawn)
        self._writes = Writes(common, ledger, self.drafts, self._jobs.spawn, self._refused)
        self.outbox = self._writes.outbox
        waiting = Waiting(common, self.outbox, self._jobs.spawn)
        common.spoken, common.moved = waiting.heard, waiting.moved
        self.queue = Queue(common)
        self._tickets = Tickets(common, self._jobs.guarded, self._writes.mark_read)
        self._errands = Errands(common)
        self._files = Attachments(common)
        self._habits = HabitKeeper(common, self._jobs.spawn)
        hooks = LinkHooks(
            signed_in=self.outbox.connect,
            agent_changed=self._agent_changed,
            back=self._back,
            gap=self._read_open_again,
            put_back=self._put_back,
            moved=lambda ticket: self._jobs.in_lane("detail", partial(self._tickets.refresh, ticket)),
            in_lane=self._jobs.in_lane,
            sign_in_needed=self.outbox.pause,
        )
        self.link = Link(common, self.queue, self._errands, backend_factory, hooks)

    # --- life

    def open(self) -> None:
        """Everything the disk knows, into the store, as far as it is not there yet; quick, and without the event loop."""
        if not self._common.cache.is_open:
            open_cache(self._common)
        try:
            self._ledger.open()
        except StorageError as error:
            self._common.tell(words.NOT_SAVED, Level.ERROR, reason=str(error))
        self._habits.load()
        if self._common.me:
            self._agent_changed(self._common.me)
        self._tell_damage()

    async def start(self) -> None:
        """Begin to send, listen and copy."""
        self._jobs.keep_up("outbox", self.outbox.run)
        self._jobs.keep_up("feed", self.link.feed.tell)
        if self.link.has_backend:
            self._jobs.keep_up("link", self.link.run)

    async def stop(self) -> None:
        """Drafts first, then a moment for what is being sent, then everything ends; safe to call twice."""
        self.drafts.flush()
        self._habits.close()
        await self._writes.settle()
        await self.outbox.close()
        await self._jobs.stop()
        await self.link.close()
        if self._common.heard_at is not None:
            with suppress(StorageError):
                self._common.cache.last.save_heard(self._common.heard_at)
        self.drafts.close()
        self._ledger.close()
        self._common.cache.close()

    def save_now(self) -> None:
        """Drafts to disk at once, from anywhere, a signal handler too."""
        self.drafts.flush()

    @property
    def busy(self) -> int:
        """Jobs that will end by themselves; feed and timers do not count."""
        return self._jobs.busy

    def sign_in_again(self) -> None:
        """There is a new token: connect with a fresh backend, and go on with the same keys."""
        self.link.sign_in_again()

    def _refused(self, reason: str = "") -> None:
        self.link.refuse(reason)

    # --- effects

    def perform(self, effect: Effect) -> None:
        """Begin what an effect asks for; its outcome comes as events. Effects of the ui are not for us."""
        match effect:
            case Apply():
                self._jobs.spawn("apply", self._writes.begin(effect))
            case TakeBack(key=key):
                self._jobs.spawn("take_back", self._writes.begin_taking_back(key))
            case Retry(key=key):
                self._jobs.spawn("retry", partial(self.outbox.retry, key))
            case Forget(key=key):
                self._jobs.spawn("forget", partial(self.outbox.forget, key))
            case Load():
                self._load(effect)
            case Attend(ticket=ticket, activity=activity):
                self._jobs.in_lane("attend", partial(self._errands.attend, ticket, Activity(activity)))
            case Reveal(ticket=ticket, entry=entry, reason=reason):
                self._jobs.in_lane("reveal", partial(self._errands.reveal, ticket, entry, reason))
            case AttachFile(ticket=ticket, path=path):
                self._jobs.spawn("attach_file", partial(self._files.attach, ticket, path))
            case SaveFile(ticket=ticket, attachment=attachment):
                self._jobs.spawn("save_file", partial(self._files.save, ticket, attachment))
            case _:
                log.warning("not an effect of sync: %s", type(effect).__name__)

    def _load(self, load: Load) -> None:
        query = self._store.state.queue.query
        queue_failed = lambda error: ev.QueueFailed(query, why(error))  # noqa: E731  # a local name for one expression
        match load.kind:
            case LoadKind.QUEUE:
                self._jobs.in_lane("queue", partial(self.queue.load, load.cursor), queue_failed)
            case LoadKind.SEARCH:
                self._jobs.in_lane("queue", self.queue.search, queue_failed)
            case LoadKind.SELECT_ALL:
                self._jobs.in_lane("select_all", self.queue.select_all)
            case LoadKind.TICKET if load.ticket is not None:
                self._jobs.in_lane("ticket", partial(self._tickets.open, load.ticket))
            case LoadKind.NUMBER:
                self._jobs.in_lane("number", self._tickets.opening_number(load.text))
            case LoadKind.OLDER:
                self._jobs.in_lane("older", self._tickets.load_older)
            case LoadKind.VIEWS:
                self._jobs.in_lane("views", self.link.load_views)
            case LoadKind.ARTICLES | LoadKind.MACRO:
                self._load_text(load)
            case LoadKind.RESYNC:
                self._resync()
            case _:
                log.warning("nothing to load for %s", load.kind)

    def _load_text(self, load: Load) -> None:
        """Something to write, from the backend."""
        if load.kind is LoadKind.MACRO:
            self._jobs.in_lane("macro", partial(self._errands.macro, load.ticket or TicketId(""), load.text))
        else:
            self._jobs.in_lane("articles", partial(self._errands.articles, load.text))

    # --- what the parts call

    def _agent_changed(self, agent: AgentId) -> None:
        if self.outbox.book.agent not in {"", agent}:
            self._writes.undo.forget()
        for load in (self.drafts.load, self.outbox.load):
            with suppress(StorageError):
                self._store.dispatch(load(agent))

    def _back(self) -> None:
        """The server answers again: nothing waits any longer, and a dead client's changes are taken over."""
        with suppress(StorageError):
            has_news = self._ledger.adopt()
            if has_news or not self.outbox.book.is_read:
                self._agent_changed(self.outbox.book.agent)
        # What comes with the first sign of life may be that the server was put back to a backup.
        asyncio.get_running_loop().call_later(FIRST_WORDS_S, self.outbox.kick)
        self._jobs.in_lane("attend", self._errands.attend_again)
        if not self._tickets.is_fresh():
            self._read_open_again()

    def _put_back(self) -> None:
        """What was to be sent was written for a state the server does not know any more: the agent says what now."""
        count = self.outbox.ask_for_each(self._common.say(words.PUT_BACK, {}))
        if count:
            self._common.tell(words.SERVER_PUT_BACK, Level.WARN, count=str(count))

    def _read_open_again(self) -> None:
        ticket = self._store.state.conversation.ticket
        if ticket is not None:
            self._jobs.in_lane("ticket", partial(self._tickets.open, ticket))

    def _resync(self) -> None:
        """Read everything again; where there is no connection, try to get one now instead of later."""
        if self._store.state.link.phase is LinkPhase.LIVE:
            self._jobs.in_lane("copy", self.link.copy)
            self._read_open_again()
        else:
            self.link.sign_in_again()

    def _tell_damage(self) -> None:
        for aside in self._common.cache.set_aside:
            self._common.tell(words.CACHE_REBUILT, Level.WARN, name=aside.name)
        self._common.cache.set_aside.clear()
        for one in self._ledger.salvages():
            counts = {"items": str(one.items), "drafts": str(one.drafts)}
            self._common.tell(words.OUTBOX_SALVAGED, Level.WARN, name=one.aside.name, **counts)
        if self._ledger.unreadable:
            self._common.tell(words.UNREADABLE, Level.WARN, count=str(self._ledger.unreadable))

    def _after(self, error: DeskError) -> None:
        """A broken cache was made anew empty: read everything again."""
        if isinstance(error, StorageError) and self._common.cache.set_aside:
            self._tell_damage()
            if self._common.backend is not None:
                self._jobs.in_lane("copy", self.link.copy)
