"""News as Chatwoot pushes them over its socket; where it cannot be opened they are looked for, and the reason is told."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from time import monotonic

from supportdesk_tui.backends.chatwoot import events, mapping
from supportdesk_tui.backends.chatwoot.cable import Beat, Broadcast, Cable, CablePace, open_cable
from supportdesk_tui.backends.chatwoot.client import Chatwoot
from supportdesk_tui.backends.chatwoot.news import News
from supportdesk_tui.backends.polling import Budget, Poller, Seen
from supportdesk_tui.domain.errors import BackendError, Forbidden, RateLimited, SignInNeeded
from supportdesk_tui.domain.feed import Activity, Heard, Lost, Notice, PresenceChanged, PushChanged, TicketChanged
from supportdesk_tui.domain.ids import AgentId, FeedMark, TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.safe import NO_TEXT, SafeText, sanitize_line

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Try:
    """How far one attempt at a socket came."""

    is_reached: bool = False
    """Chatwoot answers requests: what fails after that is the socket alone."""
    is_open: bool = False
    began: float = 0.0


def newest(rows: dict[TicketId, TicketSummary], row: TicketSummary) -> None:
    """Put a row among others, unless a newer one of its ticket is there."""
    if row.id not in rows or rows[row.id].version <= row.version:
        rows[row.id] = row


class Push:
    """One feed: socket first, looks where there is none, and a try at the socket again from time to time."""

    def __init__(self, desk: Chatwoot, open_ticket: Callable[[], TicketId | None], budget: Budget, pace: CablePace) -> None:
        """`open_ticket` says which conversation is on screen."""
        self._desk = desk
        self._open = open_ticket
        self._pace = pace
        self._news = News(desk, open_ticket)
        self._poller = Poller(self._look, budget)
        self._mark: FeedMark | None = None
        self._typing: dict[tuple[TicketId, AgentId], tuple[float, PresenceChanged]] = {}
        self._is_pushed = True
        """What was told last, or what the session says."""

    def wake(self) -> None:
        """The agent does something: where news are looked for, they matter now."""
        self._poller.wake()

    async def feed(self, since: FeedMark | None) -> AsyncGenerator[Notice, None]:
        """Notices for ever. Ends only with `SignInNeeded`, which no waiting heals."""
        self._mark, self._is_pushed = since, True
        failures = refusals = unsettled = 0
        while True:
            attempt = _Try()
            error = BackendError("listen")
            try:
                async with aclosing(self._pushed(attempt)) as notices:
                    async for notice in notices:
                        yield notice
            except SignInNeeded:
                raise
            except BackendError as failed:
                error = failed
            has_settled = attempt.is_open and monotonic() - attempt.began >= self._pace.settled_s
            if has_settled:
                failures = refusals = unsettled = 0
            failures, unsettled = failures + 1, unsettled + (attempt.is_open and not has_settled)
            least_s = error.after_s if isinstance(error, RateLimited) else 0.0
            reason = sanitize_line(error.why)
            if attempt.is_reached and (not attempt.is_open or unsettled >= self._pace.unsettled):
                refusals += 1
                reason = sanitize_line(f"its socket {'does not hold' if attempt.is_open else 'cannot be opened'}: {reason}")
                again_s = max(least_s, self._pace.again_after(refusals))
                _log.info("no socket: %s; looking for news instead, again in %.0f s", reason, again_s)
                async with aclosing(self._looked(reason, again_s)) as notices:
                    async for notice in notices:
                        yield notice
                failures = unsettled = 0
            else:
                wait_s = max(least_s, self._pace.wait_s(failures))
                _log.info("socket lost: %s; again in %.1f s", reason, wait_s)
                yield Lost(reason, wait_s)
                await asyncio.sleep(wait_s)

    # --- looking

    async def _looked(self, reason: SafeText, again_s: float) -> AsyncGenerator[Notice, None]:
        """Looks, until it is time to try the socket again."""
        until = monotonic() + again_s
        for gone in self._stopped(monotonic() + self._pace.typing_s):
            yield gone
        async with aclosing(self._poller.feed(self._mark, until=lambda: monotonic() >= until)) as notices:
            async for notice in notices:
                yield notice
                if isinstance(notice, Heard) and self._is_pushed:
                    self._is_pushed = False
                    yield PushChanged(reason)

    async def _look(self, mark: FeedMark | None) -> Seen:
        seen = await self._news.look(mark)
        self._mark = seen.mark or self._mark
        return seen

    # --- listening

    async def _pushed(self, attempt: _Try) -> AsyncGenerator[Notice, None]:
        """One socket: first what was missed, then what happens."""
        profile = await self._desk.profile(attempts=1)
        attempt.is_reached = True
        self._typing.clear()
        async with AsyncExitStack() as stack:
            cable = await self._opened(stack, profile.text("pubsub_token"))
            attempt.is_open, attempt.began = True, monotonic()
            # Subscribed before anything is read, so that nothing falls between.
            seen = await self._caught_up()
            yield Heard(seen.at)
            if not self._is_pushed:
                self._is_pushed = True
                yield PushChanged(NO_TEXT)
            for notice in seen.notices:
                yield notice
            async with aclosing(self._heard(cable)) as notices:
                async for notice in notices:
                    yield notice

    async def _opened(self, stack: AsyncExitStack, token: str) -> Cable:
        try:
            return await stack.enter_async_context(open_cable(self._desk, token, self._pace))
        except SignInNeeded as error:
            # Chatwoot has just said who we are: it is something before it that asks.
            raise Forbidden(error.operation, error.reason) from None

    async def _caught_up(self) -> Seen:
        seen = await self._news.catch_up(self._mark)
        self._mark = seen.mark or self._mark
        return seen

    async def _heard(self, cable: Cable) -> AsyncGenerator[Notice, None]:
        """What is said, for ever; a ping at least comes every few seconds, so that what is due is done in time."""
        here_at, check_at, checked = monotonic() + self._pace.presence_s, monotonic() + self._pace.check_s, self._mark
        while True:
            received = await cable.receive()
            rested_at = monotonic()
            for notice in (*await self._told(received), *self._stopped(monotonic())):
                yield notice
                if monotonic() - rested_at > self._pace.slice_s:
                    await asyncio.sleep(0)
                    rested_at = monotonic()
            if monotonic() >= here_at:
                here_at = monotonic() + self._pace.presence_s
                await cable.perform("update_presence")
            if monotonic() >= check_at:
                check_at = monotonic() + self._pace.check_s
                seen = await self._news.check(self._mark, checked)
                self._mark = checked = seen.mark or self._mark
                for notice in seen.notices:
                    yield notice

    async def _told(self, received: Iterable[Broadcast | Beat]) -> list[Notice]:
        """What was received, as notices: each conversation as it stands, then what was said, then who does what."""
        heap = events.sort(received, self._desk.account)
        notices: list[Notice] = [Heard(at) for at in heap.beats[-1:]]
        heap.said = [(ticket, row) for ticket, row in heap.said if not self._news.is_told(row)]
        heap.said += [(ticket, row) for ticket, row in heap.amended if ticket == self._open()]
        notices += await self._rows_and_words(heap)
        notices += self._gone(heap)
        notices += [one for one in heap.typing if one.agent != self._desk.lens.me and self._is_news(one)]
        if heap.states is not None:
            notices += self._news.are_here(heap.states)
        return notices

    async def _rows_and_words(self, heap: events.Heap) -> list[Notice]:
        rows = [(event, row, self._news.row(row)) for event, row in heap.rows if row.when("updated_at")]
        summaries: dict[TicketId, TicketSummary] = {}
        for _, _, one in rows:
            newest(summaries, one)
        patched = self._patched(heap, summaries)
        read = await self._news.read(heap.stale() - patched.keys())
        for one in (*patched.values(), *read.values()):
            newest(summaries, one)
        said = [(summaries[ticket], row) for ticket, row in heap.said if ticket in summaries]
        if not rows and not read and not said:
            return []
        self._mark = mark = self._news.tell(summaries.values(), [row for _, row in said], self._mark)
        notices: list[Notice] = []
        for event, row, summary in rows:
            says = events.says(event, row, summary, self._desk.lens.me)
            tells = self._desk.lens.me if says else None
            notices.append(TicketChanged(summary, mark, events.actor_of(row), says, tells))
        spoken_on = {summary.id for summary, _ in said}
        notices += [TicketChanged(one, mark) for one in read.values() if one.id not in spoken_on]
        return notices + [notice for one, row in said for notice in self._news.added(one, row, mark, is_alert=True)]

    def _gone(self, heap: events.Heap) -> list[TicketChanged]:
        """Rows that are to leave the lists; one that neither the event nor we know stands in none of them that is live."""
        rows = [self._news.rows.get(ticket) or self._news.row(data) for ticket, data in heap.gone]
        known = [mapping.deleted(row) for row in rows if row.customer_id]
        self._mark = self._news.tell(known, (), self._mark) if known else self._mark
        return [TicketChanged(row, self._mark) for row in known]

    def _patched(self, heap: events.Heap, fresh: dict[TicketId, TicketSummary]) -> dict[TicketId, TicketSummary]:
        """Rows that are known, or came with what was said, and need no reading after it."""
        known = {ticket: self._news.rows[ticket] for ticket, _ in heap.said if ticket in self._news.rows}
        for one in fresh.values():
            newest(known, one)
        found: dict[TicketId, TicketSummary | None] = {}
        for ticket, message in heap.said:
            row = found[ticket] if ticket in found else known.get(ticket)
            found[ticket] = mapping.after_words(row, message, self._desk.lens) if row is not None else None
        silent = {row.text("id") for _, row in heap.rows if not row.when("updated_at")}
        return {ticket: row for ticket, row in found.items() if row is not None and ticket not in silent}

    # --- who types

    def _is_news(self, typing: PresenceChanged) -> bool:
        """Remember who types where; who was not known to type has not stopped."""
        place = (typing.ticket, typing.agent)
        if typing.activity is Activity.GONE:
            return self._typing.pop(place, None) is not None
        self._typing[place] = (monotonic() + self._pace.typing_s, typing)
        return True

    def _stopped(self, now: float) -> list[PresenceChanged]:
        """Who has not typed for a while at this time."""
        late = [place for place, (until, _) in self._typing.items() if until <= now]
        gone = [self._typing.pop(place)[1] for place in late]
        return [PresenceChanged(one.ticket, one.agent, one.name, Activity.GONE) for one in gone]
