"""Turns what the feed says into cache writes and events: at once when it is one thing, together when it is many."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.clocks import offset_of
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.feed import (
    Activity,
    AgentChanged,
    EntryAdded,
    Gap,
    Heard,
    Lost,
    Notice,
    PresenceChanged,
    PushChanged,
    TicketChanged,
)
from supportdesk_tui.domain.ids import FeedMark, TicketId
from supportdesk_tui.domain.queue import View, matches
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import LinkPhase
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.deadlines import Deadlines
from supportdesk_tui.sync.queue import Queue
from supportdesk_tui.sync.telling import alerted
from supportdesk_tui.sync.windows import Ask

BURST_S = 0.05
"""The queue is read anew at most this often."""
BURST_MOST_S = 0.5
"""Telling takes at most a third of the time; but what was heard is told after this long."""
SELDOM_S = 10.0
"""News that are looked for more often are as good as live."""
_SKEW = timedelta(seconds=2)
_RECOUNT_S = 30.0
_DEADLINES_S = 20.0
"""Clocks run out without anything being heard: looked at this often."""


class Batch(Struct):
    """What was heard since the last time it was told."""

    rows: dict[TicketId, TicketSummary] = field(default_factory=dict)
    entries: list[EntryAdded] = field(default_factory=list)
    events: list[ev.Event] = field(default_factory=list)
    mark: FeedMark | None = None
    reread: bool = False
    """The queue is to be read again whatever the rows say."""


class FeedHooks(Struct, frozen=True):
    """Whom the feed calls."""

    back: Callable[[], None]
    """The server answers: for the first time, or again."""
    gap: Callable[[], None]
    """Something was missed: everything must be read again."""
    put_back: Callable[[], None]
    """The server's log ends before what was heard already: it was put back to a backup."""
    outdated: Callable[[], None]
    """Tickets have moved while a view is on screen that only the server can evaluate."""
    moved: Callable[[TicketId], None]
    """The open ticket has changed: what only an opened ticket shows must be read again."""


class Feed:
    """One listener for the whole life of the engine; connections come and go beneath it."""

    def __init__(self, common: Common, queue: Queue, hooks: FeedHooks) -> None:
        self._common = common
        self._queue = queue
        self._hooks = hooks
        self._batch = Batch()
        self._news = asyncio.Event()
        self._recount_at = 0.0
        self._deadlines = Deadlines(common)
        self.mark: FeedMark | None = None
        self._reached: FeedMark | None = None
        """What an earlier connection had heard of, where this one does not go on from there."""
        self.is_open = asyncio.Event()
        """Set once a connection has said its first word; where it matters, the one that says where the log ends."""

    async def listen(self, backend: Backend, since: FeedMark | None, reached: FeedMark | None = None) -> None:
        """Take what this backend says until it fails; `reached` was heard of before, wherever it goes on from now."""
        self.mark, self._reached = since, reached if since is None else None
        self.is_open.clear()
        notices = backend.feed(since)
        try:
            async for notice in notices:
                if not isinstance(notice, Lost):
                    self._heard(notice)
                self._take(notice)
        finally:
            self._forget_others()
            if isinstance(notices, AsyncGenerator):
                await notices.aclose()

    def poke(self) -> None:
        """Read the queue again soon: rows came from elsewhere."""
        self._batch.reread = True
        self._news.set()

    def recount(self) -> None:
        """Count the views again soon."""
        self._recount_at = 0.0
        self.poke()

    async def tell(self) -> None:
        """Pass on what was heard, for ever: the first thing at once, what follows together."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_DEADLINES_S):
                    await self._news.wait()
            began = self._common.clock.monotonic()
            if self._news.is_set():
                self._news.clear()
                await self.flush()
            await self._deadlines.look()
            took_s = self._common.clock.monotonic() - began
            await asyncio.sleep(min(BURST_MOST_S, max(BURST_S, 2 * took_s)))

    # --- hearing

    def _heard(self, notice: Notice) -> None:
        now = self._common.clock.now()
        self._common.heard_at = now
        if self._reached is None or not isinstance(notice, Heard) or notice.mark is not None:
            self.is_open.set()
        link = self._common.store.state.link
        every_s = seldom(notice.again_in_s) if isinstance(notice, Heard) else link.looks_every_s
        if link.phase is not LinkPhase.LIVE or link.looks_every_s != every_s:
            self._common.store.dispatch(ev.LinkChanged(LinkPhase.LIVE, heard_at=now, looks_every_s=every_s))
        if link.phase is not LinkPhase.LIVE:
            self._hooks.back()
        self._learn(notice)

    def _learn(self, notice: Notice) -> None:
        """What a notice says of the session: the server's time, and how its news come."""
        state = self._common.store.state.session
        session = state.session
        if session is None:
            return
        if isinstance(notice, PushChanged):
            session = session.with_push(str(notice.reason))
            if notice.reason:
                self._common.tell(words.NOT_PUSHED, reason=str(notice.reason))
        elif isinstance(notice, Heard) and notice.server_time is not None:
            offset = offset_of(notice.server_time, self._common.clock.now())
            session = replace(session, clock_offset=offset) if abs(session.clock_offset - offset) > _SKEW else session
        if session is not state.session:
            self._common.store.dispatch(ev.SignedIn(session, state.directory, state.is_cached))

    def _take(self, notice: Notice) -> None:
        batch = self._batch
        match notice:
            case TicketChanged():
                self._take_row(notice.ticket, notice.mark)
                _alert(self._common, batch, notice)
            case EntryAdded():
                self._take_row(notice.ticket, notice.mark)
                batch.entries.append(notice)
            case PresenceChanged(ticket=ticket, agent=agent, name=name, activity=activity):
                if agent != self._common.me:
                    batch.events.append(ev.PresenceSeen(ticket, agent, name, activity))
            case AgentChanged(agent=agent):
                batch.events.append(ev.AgentUpdated(agent))
            case Lost(reason=reason, retry_in_s=wait):
                self._lost(reason, wait)
                return
            case Gap(mark=mark):
                # What was heard before it may be of a server that is not any more; all of it is read again.
                self._batch = Batch(events=batch.events, reread=True)
                if is_put_back(self.mark, mark):
                    self._hooks.put_back()
                self.mark = mark or self.mark
                self._hooks.gap()
                return
            case Heard(mark=mark):
                self._begin(mark)
                return
        self._news.set()

    def _begin(self, mark: FeedMark | None) -> None:
        """Where the log ends, as the first word of a connection says it."""
        if is_put_back(self._reached, mark):
            self._hooks.put_back()
        self._reached = None if mark is not None else self._reached
        self.mark = self.mark or mark

    def _take_row(self, row: TicketSummary, mark: FeedMark | None) -> None:
        known = self._batch.rows.get(row.id)
        if known is None or known.version <= row.version:
            self._batch.rows[row.id] = row
        if mark is not None:
            self.mark = self._batch.mark = mark

    def _lost(self, reason: str, wait_s: float) -> None:
        now = self._common.clock.now()
        lost = ev.LinkChanged(LinkPhase.LOST, self._common.heard_at, reason, now + timedelta(seconds=wait_s))
        self._common.store.dispatch(lost)
        self._forget_others()

    def _forget_others(self) -> None:
        """Who was where is not known any more; the next connection begins with it."""
        left = [
            ev.PresenceSeen(ticket, agent, name, Activity.GONE)
            for ticket, agents in self._common.store.state.presence.items()
            for agent, (name, _) in agents.items()
        ]
        self._batch.events = [event for event in self._batch.events if not isinstance(event, ev.PresenceSeen)]
        if left:
            self._common.store.dispatch(*left)

    # --- telling

    async def flush(self) -> None:
        """Put what was heard into the cache, then tell the store in one go.

        How a ticket stands is told also when it is no news: another reading may have been quicker than the feed.
        """
        batch, self._batch = self._batch, Batch()
        events: list[ev.Event] = list(batch.events)
        cache, store = self._common.cache, self._common.store
        moved: list[tuple[TicketSummary | None, TicketSummary]] = []
        known: dict[TicketId, TicketSummary] = {}
        if batch.rows:
            known = await cache.get_tickets(tuple(batch.rows))
            moved = [(known.get(ticket), row) for ticket, row in batch.rows.items() if _is_news(known.get(ticket), row)]
            await cache.put_tickets(batch.rows.values(), batch.mark)
            events += self._shown(batch)
            await self._keep_entries(batch.entries)
        views = await self._counted(moved)
        if views is not None:
            events.append(views)
        if batch.reread or self._touches_queue(moved):
            rows = await self._queue.event()
            if rows is not None:
                events.append(rows)
        if events:
            store.dispatch(*events)
        newest = known | {row.id: row for _, row in moved}
        self._pass_on(batch.entries, newest.values(), [row for _, row in moved])

    def _pass_on(self, added: Sequence[EntryAdded], newest: Iterable[TicketSummary], moved: Sequence[TicketSummary]) -> None:
        if self._common.spoken is not None:
            for one in added:
                self._common.spoken(one.ticket.id, one.entry)
        if self._common.moved is not None:
            self._common.moved(newest)
        if not moved:
            return
        state = self._common.store.state
        if state.queue.query.view:
            self._hooks.outdated()
        opened = state.conversation.ticket
        if opened is not None and any(row.id == opened for row in moved):
            self._hooks.moved(opened)

    def _shown(self, batch: Batch) -> list[ev.Event]:
        """Events for what is on the screen; everything else is in the cache when it is asked for."""
        state = self._common.store.state
        opened = state.conversation.ticket
        shown = {row.id for row in state.queue.rows} | ({opened} if opened else set())
        told: list[ev.Event] = [ev.TicketUpdated(row) for ticket, row in batch.rows.items() if ticket in shown]
        told += [ev.EntryArrived(batch.rows[one.ticket.id], one.entry) for one in batch.entries if one.ticket.id == opened]
        return told

    async def _keep_entries(self, added: Sequence[EntryAdded]) -> None:
        by_ticket: dict[TicketId, list[Entry]] = {}
        for one in added:
            by_ticket.setdefault(one.ticket.id, []).append(one.entry)
        for ticket, entries in by_ticket.items():
            await self._common.cache.conversations.append(ticket, entries, self._common.clock.now())

    def _touches_queue(self, moved: Sequence[tuple[TicketSummary | None, TicketSummary]]) -> bool:
        queue, asker = self._common.store.state.queue, self._common.asker()
        if not moved:
            return False
        if queue.query.text or queue.query.view or queue.filter or queue.search:
            return True
        pairs = (row for pair in moved for row in pair if row is not None)
        return any(matches(queue.query, row, me=asker.me, my_teams=asker.teams, now=asker.now) for row in pairs)

    async def _counted(self, moved: Sequence[tuple[TicketSummary | None, TicketSummary]]) -> ev.ViewsLoaded | None:
        """The view bar with counts as the cache has them, once the copy is whole."""
        views = self._common.store.state.queue.views
        if not self._common.is_whole or not views:
            return None
        now = self._common.clock.monotonic()
        if now >= self._recount_at:
            self._recount_at = now + _RECOUNT_S
            counted = [await self._count(view) for view in views]
        elif moved:
            counted = []
            for view in views:
                counted.append(self._moved(view, moved, self._common.now()))
                await asyncio.sleep(0)  # a key must not wait for thousands of comparisons
        else:
            return None
        return ev.ViewsLoaded(tuple(counted)) if tuple(counted) != views else None

    async def _count(self, view: View) -> View:
        if not self._queue.is_local(view.query):
            return view
        return replace(view, count=await self._common.cache.count(Ask(view.query, "", self._common.asker())))

    def _moved(self, view: View, moved: Sequence[tuple[TicketSummary | None, TicketSummary]], now: datetime) -> View:
        if view.count is None or not self._queue.is_local(view.query):
            return view
        asker, change = self._common.asker(), 0
        for old, new in moved:
            for row, sign in ((old, -1), (new, 1)):
                if row is not None and matches(view.query, row, me=asker.me, my_teams=asker.teams, now=now):
                    change += sign
        return replace(view, count=max(0, view.count + change)) if change else view


def _alert(common: Common, batch: Batch, notice: TicketChanged) -> None:
    if notice.tells is None or notice.tells != common.me or not notice.says:
        return
    batch.events.append(alerted(f"{notice.ticket.number}: {notice.says}", common))


def seldom(again_in_s: float) -> int:
    """Seconds until the next look as they are shown: in steps of five, and not at all where it comes soon."""
    return round(again_in_s / 5) * 5 if again_in_s >= SELDOM_S else 0


def is_put_back(heard: FeedMark | None, now: FeedMark | None) -> bool:
    """Whether a feed goes on before where it was; only marks that are numbers can be compared."""
    return heard is not None and now is not None and heard.isdecimal() and now.isdecimal() and int(now) < int(heard)


def _is_news(old: TicketSummary | None, new: TicketSummary) -> bool:
    return old is None or (old.version <= new.version and old != new)
