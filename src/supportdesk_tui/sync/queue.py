"""The queue on screen: windows of the cache for what the copy holds, pages of the backend for everything else."""

from contextlib import suppress

from msgspec import Struct, field

from supportdesk_tui.domain.errors import BackendError, Unreachable
from supportdesk_tui.domain.ids import Cursor, TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import LIVE_PHASES, TicketSummary
from supportdesk_tui.store.events import QueueLoaded, SelectionChanged
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.rows import folded
from supportdesk_tui.sync.windows import Window

WINDOW = 200
SELECT_LIMIT = 1_000
"""A bulk change may name so many tickets."""
_PAGES_AT_ONCE = 20
_TRIES = 4


class Results(Struct):
    """A list that only the backend knows, as far as it was read."""

    query: QueueQuery
    ids: list[TicketId] = field(default_factory=list)
    after: Cursor | None = None
    total: int | None = None
    problems: tuple[str, ...] = ()
    bad_items: int = 0
    """Tickets that could not be read and are missing."""


class Queue:
    """Answers what rows are to be shown."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._results: Results | None = None
        self._asked: QueueQuery | None = None
        """What the backend was asked and has not answered yet."""
        self._trouble: tuple[QueueQuery | None, str] = (None, "")
        """Why the backend's answer to a query is missing."""

    def is_local(self, query: QueueQuery) -> bool:
        """Whether the copy of live tickets holds everything the query can find."""
        if query.text or query.view:
            return False
        if query.statuses:
            known = {status.name: status.phase for status in self._common.store.state.session.directory.statuses}
            if all(known.get(name) in LIVE_PHASES for name in query.statuses):
                return True
        return bool(query.phases) and query.phases <= LIVE_PHASES

    async def load(self, at: int | None = None) -> None:
        """Show the window around the cursor, or the one that holds row `at`."""
        queue = self._common.store.state.queue
        if queue.is_loading:
            # Chosen anew: a list the backend gave earlier may have changed since.
            self._results = None
        is_here = self.is_local(queue.query) and not self._common.holds_part
        asks = self._current() is None and not is_here and self._common.backend is not None
        self._asked = queue.query if asks else None
        await self.show(at)
        if asks:
            await self.search()

    async def search(self) -> None:
        """Ask the backend for the query on screen; without it, the copy answers as well as it can."""
        query = self._common.store.state.queue.query
        results = Results(query)
        self._asked, self._trouble = query, (None, "")
        try:
            await self._read_page(results)
        except Unreachable as error:
            self._results = None
            text = words.ONLY_THERE if query.view else words.OFFLINE_RESULT
            self._trouble = (query, self._common.say(text, {"reason": error.why}))
            self._asked = None
            await self.show()
            return
        except BackendError as error:
            self._trouble = (query, error.why)
            raise
        finally:
            if self._asked == query:
                self._asked = None
        self._results = None if self.is_local(query) else results
        await self.show()

    async def reread(self) -> None:
        """Ask again for a view only the backend can evaluate; without an answer what is shown stays as it is."""
        shown = self._current()
        if shown is None or not shown.query.view or self._asked is not None:
            return
        results = Results(shown.query)
        with suppress(BackendError):
            await self._read_page(results)
            if self._current() is shown:
                self._results = results
                await self.show()

    async def _read_page(self, results: Results) -> None:
        page = await self._common.server("search").list_tickets(results.query, results.after)
        known = set(results.ids)
        results.ids.extend(row.id for row in page.items if row.id not in known)
        results.after, results.total = page.after, page.total
        if page.unapplied:
            results.problems = (self._common.say(words.NOT_APPLIED, {"terms": ", ".join(page.unapplied)}),)
        results.bad_items += page.bad_items
        await self._common.cache.put_tickets(page.items)

    async def show(self, at: int | None = None) -> None:
        """Read the rows and dispatch them, if they are still wanted then."""
        event = await self.event(at)
        if event is not None:
            self._common.store.dispatch(event)

    async def event(self, at: int | None = None) -> QueueLoaded | None:
        """The rows to show and where the cursor's ticket is in them; None when the agent asked for something else meanwhile."""
        common = self._common
        ask = common.ask()
        for _ in range(_TRIES):
            cursor = common.store.state.queue.cursor
            place = await self._place(cursor)
            if place is None and at is None and common.store.state.queue.rows and cursor is not None:
                at = common.store.state.queue.index
            centre = at if at is not None else place if place is not None else common.store.state.queue.index
            window = await self._window(max(0, centre - WINDOW // 2))
            queue = common.store.state.queue
            if (queue.query, queue.filter) != (ask.query, ask.filter):
                return None
            if queue.cursor == cursor:
                break
        else:
            place = None
        return QueueLoaded(
            query=ask.query,
            filter=ask.filter,
            total=window.total,
            start=window.start,
            rows=window.rows,
            as_of=common.heard_at or common.cached_at or common.clock.now(),
            cursor_index=place,
            have=common.have,
            expected=common.expected,
            problems=self._problems(ask.query),
            is_partial=self._asked == ask.query,
        )

    def _problems(self, query: QueueQuery) -> tuple[str, ...]:
        """What is missing from the rows, and why."""
        is_theirs = self._results is not None and self._results.query == query
        bad = self._results.bad_items if self._results is not None and is_theirs else self._common.bad_items
        unread = (self._common.say(words.BAD_ITEMS, {"count": str(bad)}),) if bad else ()
        return (*self._reasons(query), *unread)

    def _reasons(self, query: QueueQuery) -> tuple[str, ...]:
        if self._trouble[0] == query:
            return (self._trouble[1],)
        if query.view and self._current() is None and self._asked != query:
            return (self._common.say(words.ONLY_THERE, {}),)
        if self._common.holds_part and not self._common.expected and self.is_local(query):
            return (self._common.say(words.PART_SHOWN, {}),)
        return self._results.problems if self._results is not None and self._results.query == query else ()

    async def _place(self, cursor: TicketId | None) -> int | None:
        if cursor is None:
            return None
        results = self._current()
        if results is None:
            return await self._common.cache.index_of(self._common.ask(), cursor)
        ids = await self._filtered(results)
        return ids.index(cursor) if cursor in ids else None

    async def _window(self, start: int) -> Window:
        results = self._current()
        if results is None:
            return await self._common.cache.window(self._common.ask(), start, WINDOW)
        for _ in range(_PAGES_AT_ONCE):
            if results.after is None or len(results.ids) >= start + WINDOW:
                break
            try:
                await self._read_page(results)
            except BackendError as error:
                self._trouble = (results.query, error.why)
                break
            self._trouble = (None, "")
        ids = await self._filtered(results)
        start = max(0, min(start, len(ids) - WINDOW))
        known = await self._common.cache.get_tickets(ids[start : start + WINDOW])
        rows = tuple(known[ticket] for ticket in ids[start : start + WINDOW] if ticket in known)
        is_whole = results.after is None or bool(self._common.store.state.queue.filter)
        total = len(ids) if is_whole else max(results.total or 0, len(ids) + 1)
        return Window(rows, start, min(total, start + len(rows)) if is_whole else total)

    def _current(self) -> Results | None:
        query = self._common.store.state.queue.query
        return self._results if self._results is not None and self._results.query == query else None

    async def _filtered(self, results: Results) -> list[TicketId]:
        wanted = folded(self._common.store.state.queue.filter).split()
        if not wanted:
            return results.ids
        known = await self._common.cache.get_tickets(results.ids)
        return [ticket for ticket in results.ids if ticket in known and _has_words(known[ticket], wanted)]

    async def select_all(self) -> None:
        """Mark every ticket of the list, up to what a bulk change can take."""
        results = self._current()
        if results is not None:
            ids = await self._filtered(results)
        else:
            ids = await self._common.cache.ids(self._common.ask(), SELECT_LIMIT + 1)
        self._common.store.dispatch(SelectionChanged(frozenset(ids[:SELECT_LIMIT])))
        if len(ids) > SELECT_LIMIT:
            self._common.tell(words.FIRST_SELECTED, count=str(SELECT_LIMIT))


def _has_words(row: TicketSummary, wanted: list[str]) -> bool:
    hay = folded(f"{row.number}\n{row.subject}\n{row.customer_name}")
    return all(word in hay for word in wanted)
