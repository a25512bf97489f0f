"""The open ticket: what the cache knows at once, then what the backend says."""

from collections.abc import Awaitable, Callable
from functools import partial

from msgspec.structs import replace

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import MarkRead
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.errors import DeskError, SignInNeeded, Unreachable
from supportdesk_tui.domain.ids import CustomerId, TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.store.events import (
    CustomerLoaded,
    EntriesLoaded,
    FocusMoved,
    LoadFailed,
    NumberAsked,
    NumberMissed,
    OlderAsked,
    TicketLoaded,
    TicketOpened,
    Told,
)
from supportdesk_tui.store.state import Failed, Level, LinkPhase, Loaded, Pane, value_of
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common, Guarded, Job, gather
from supportdesk_tui.sync.conversations import Asking, Conversation, Detail, Entries
from supportdesk_tui.sync.telling import why

MarkTicketRead = Callable[[TicketId, MarkRead], Awaitable[None]]


class Tickets:
    """Loads what the conversation and customer panes show."""

    def __init__(self, common: Common, guarded: Guarded, mark_read: MarkTicketRead) -> None:
        self._common = common
        self._guarded = guarded
        self._mark_read = mark_read

    async def open(self, ticket: TicketId) -> None:
        """Show what is cached, then ask for detail, entries and customer side by side.

        What is cached is not asked for on a lost line: it is read again when the line is back.
        """
        row = (await self._common.cache.get_tickets((ticket,))).get(ticket)
        cached = await self._common.cache.conversations.get(ticket, self._common.clock.now())
        self._show_cached(ticket, row, cached)
        summary = row or (cached.detail.ticket.summary if cached.detail else None)
        if summary is None:
            await self._part(ticket, "ticket", partial(self._load_detail, ticket))
            detail = value_of(self._common.store.state.conversation.detail)
            summary = detail.summary if detail and detail.summary.id == ticket else None
            if summary is None:
                return
            jobs = []
        else:
            jobs = [self._part(ticket, "ticket", partial(self._load_detail, ticket))] if self._asks(cached.detail) else []
        if self._asks(cached.entries):
            jobs.append(self._part(ticket, "entries", partial(self._load_entries, ticket)))
        if self._asks(cached.customer):
            jobs.append(self._part(ticket, "customer", partial(self._load_customer, ticket, summary.customer_id)))
        await gather(*jobs)
        await self._see(ticket, summary)

    def _asks(self, cached: Detail | Entries | Asking | None) -> bool:
        return cached is None or self._common.store.state.link.phase is not LinkPhase.LOST

    def _show_cached(self, ticket: TicketId, row: TicketSummary | None, cached: Conversation) -> None:
        events: list[TicketLoaded | EntriesLoaded | CustomerLoaded] = []
        if cached.detail is not None:
            events.append(TicketLoaded(cached.detail.ticket, cached.detail.as_of, is_cached=True))
        if cached.entries is not None:
            kept = cached.entries
            read_to = _read_to(kept.entries, row.unread if row else 0, kept.seen_seq)
            shown = EntriesLoaded(ticket, kept.entries, kept.older, kept.as_of, is_cached=True, read_to=read_to)
            events.append(replace(shown, bad_items=kept.bad_items, whole_to=kept.seen_seq))
        if cached.customer is not None:
            events.append(CustomerLoaded(ticket, cached.customer.customer, cached.customer.as_of, is_cached=True))
        self._common.store.dispatch(*events)

    async def _part(self, ticket: TicketId, part: str, job: Job) -> None:
        def failed(error: DeskError) -> LoadFailed:
            return LoadFailed(ticket, part, why(error))

        await self._guarded(job, failed)

    async def _load_detail(self, ticket: TicketId) -> None:
        common = self._common
        detail = await common.server("ticket").get_ticket(ticket)
        common.store.dispatch(TicketLoaded(detail, common.clock.now()))
        await common.cache.put_tickets((detail.summary,))
        await common.cache.conversations.put(detail.summary.id, Detail(detail, common.clock.now()), common.clock.now())

    async def _load_entries(self, ticket: TicketId) -> None:
        common = self._common
        page = await common.server("entries").list_entries(ticket, None)
        before = value_of(common.store.state.conversation.entries)
        row = next((row for row in common.store.state.queue.rows if row.id == ticket), None)
        read_to = None if before else _read_to(page.items, row.unread if row else 0, 0)
        now = common.clock.now()
        loaded = EntriesLoaded(ticket, page.items, page.after, now, read_to=read_to, bad_items=page.bad_items)
        common.store.dispatch(loaded)
        seen = page.items[-1].seq if page.items else 0
        kept = Entries(page.items, page.after, now, seen, page.bad_items)
        await common.cache.conversations.put(ticket, kept, now)

    async def _load_customer(self, ticket: TicketId, customer: CustomerId) -> None:
        common = self._common
        context = await common.server("customer").get_customer(customer)
        now = common.clock.now()
        common.store.dispatch(CustomerLoaded(ticket, context, now))
        await common.cache.conversations.put(ticket, Asking(context, now), now)

    async def _see(self, ticket: TicketId, summary: TicketSummary) -> None:
        """An agent has the newest entries on the screen: say so, unless they only peek."""
        conversation = self._common.store.state.conversation
        detail = value_of(conversation.detail)
        unread = detail.summary.unread if detail and detail.summary.id == ticket else summary.unread
        is_shown = conversation.ticket == ticket and not conversation.peek and not isinstance(conversation.entries, Failed)
        if is_shown and unread and self._common.can(Capability.READ_MARK):
            entries = value_of(conversation.entries) or ()
            await self._mark_read(ticket, MarkRead(to=entries[-1].seq if entries else 0))

    async def refresh(self, ticket: TicketId) -> None:
        """What changed on the open ticket beyond its row: promises, links, facts."""
        if self._common.backend is not None:
            await self._part(ticket, "ticket", partial(self._load_detail, ticket))

    def is_fresh(self) -> bool:
        """Everything shown of the open ticket came from the backend."""
        one = self._common.store.state.conversation
        return all(isinstance(part, Loaded) and not part.is_cached for part in (one.detail, one.entries, one.customer))

    async def load_older(self) -> None:
        """Entries before the oldest one on the screen."""
        common = self._common
        conversation = common.store.state.conversation
        ticket, older = conversation.ticket, conversation.older
        if ticket is None or older is None:
            return
        common.store.dispatch(OlderAsked())

        async def run() -> None:
            page = await common.server("entries").list_entries(ticket, older)
            now, bad = common.clock.now(), page.bad_items
            common.store.dispatch(EntriesLoaded(ticket, page.items, page.after, now, is_older=True, bad_items=bad))

        await self._part(ticket, "entries", run)

    def opening_number(self, number: str) -> Job:
        """Opens a ticket by its case number; keys are about it from then on, whatever the cursor of the queue is on.

        Keys wait meanwhile. Who has begun to write all the same (by mouse) is not interrupted: the next letters would be
        keys of another ticket.
        """
        self._common.store.dispatch(NumberAsked(number))
        self._common.tell(words.OPENING, number=number)
        return partial(self._open_number, number, was_writing=self._common.store.state.view.composer_open)

    async def _open_number(self, number: str, *, was_writing: bool) -> None:
        store = self._common.store
        try:
            ticket = await self._called(number)
            view = store.state.view
            if view.opening != number or (view.composer_open and not was_writing):
                return
            is_said = view.notice is not None and view.notice.level is Level.INFO
            store.dispatch(TicketOpened(ticket), FocusMoved(Pane.CONVERSATION), *((Told(None),) if is_said else ()))
        finally:
            store.dispatch(NumberMissed(number))
        await self.open(ticket)

    async def _called(self, number: str) -> TicketId:
        """The ticket of a number, as the server says; as the copy has it while the server cannot be asked."""
        try:
            detail = await self._common.server("ticket").get_ticket(TicketId(number))
        except (Unreachable, SignInNeeded):
            known = await self._common.cache.numbered(number)
            if known is None:
                raise
            return known
        await self._common.cache.put_tickets((detail.summary,))
        return detail.summary.id


def _read_to(entries: tuple[Entry, ...], unread: int, seen_seq: int) -> int:
    """The entry the unread mark stands after: before the newest `unread` words of the customer."""
    if not entries:
        return 0
    asked = [entry.seq for entry in entries if entry.kind is EntryKind.CUSTOMER]
    if unread and asked:
        first = asked[-unread] if unread <= len(asked) else asked[0]
        return max((entry.seq for entry in entries if entry.seq < first), default=0)
    return seen_seq or entries[-1].seq
