"""View models: what each pane draws, computed from the state and nothing else.

Panes compare a view with the one before and redraw what differs; rows and entries keep their identity when equal.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from supportdesk_tui.domain.changes import MarkRead
from supportdesk_tui.domain.conversation import Entry, EntryKind, newer_than
from supportdesk_tui.domain.directory import Category
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, TicketId, ViewId
from supportdesk_tui.domain.people import Agent, CustomerContext
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import DEFAULT_LIMIT, Channel, Ticket, TicketSummary
from supportdesk_tui.store.reduce_writing import pending_of
from supportdesk_tui.store.state import (
    DeskState,
    Draft,
    DraftMode,
    Failed,
    LinkPhase,
    LinkState,
    Loaded,
    Loading,
    Menu,
    Notice,
    OutboxItem,
    OutboxPhase,
    Pane,
    Remote,
    value_of,
)


class Shown(Struct, frozen=True):
    """How far a remote thing can be trusted: said in one word on its pane."""

    is_loading: bool = False
    failed: str = ""
    as_of: datetime | None = None
    """Set when what is shown is older than this session's last answer."""
    waits: bool = False
    """It was asked for, and nobody answers: it is read when the server does."""


class TabView(Struct, frozen=True):
    """One named queue in the bar at the top."""

    id: ViewId
    key: str
    title: str
    count: int | None
    is_active: bool


class TopView(Struct, frozen=True):
    """The line at the top: where we are, how we are connected, who we are."""

    tabs: tuple[TabView, ...]
    link: LinkState
    waiting: int
    """Changes not yet sent."""
    held: int
    troubled: int
    """Refused or unknown: somebody must look."""
    me: Agent | None
    clock_shown: bool
    is_cached: bool
    bad_views: int = 0
    """Views that could not be read and are missing from the tabs."""
    is_asked: bool = False
    """The server does not tell what is new: it is asked for it now and then."""


class QueueView(Struct, frozen=True):
    """The list."""

    title: str
    query: QueueQuery
    search: str
    filter: str
    problems: tuple[str, ...]
    rows: tuple[TicketSummary, ...]
    start: int
    total: int
    index: int
    selected: frozenset[TicketId]
    presence: Mapping[TicketId, Mapping[AgentId, tuple[str, Activity]]]
    drafts: frozenset[TicketId]
    opened: TicketId | None
    me: AgentId | None
    shown: Shown
    have: int
    expected: int
    is_focused: bool
    categories: tuple[Category, ...] = ()
    """What the codes of the rows mean."""


class ConversationView(Struct, frozen=True):
    """The open ticket's head and entries."""

    ticket: TicketId | None
    summary: TicketSummary | None
    detail: Ticket | None
    entries: tuple[Entry, ...]
    pending: tuple[OutboxItem, ...]
    read_to: int
    has_older: bool
    is_loading_older: bool
    others: tuple[tuple[str, Activity], ...]
    shown: Shown
    is_focused: bool
    is_peek: bool
    bad_items: int = 0
    """Entries, links, promises and facts that could not be read and are missing."""
    is_full: bool = False
    """There are older entries than the desk holds."""
    me: AgentId | None = None
    categories: tuple[Category, ...] = ()
    """What the ticket's code of its category means."""


class CustomerView(Struct, frozen=True):
    """Who is asking."""

    context: CustomerContext | None
    detail: Ticket | None
    shown: Shown
    is_focused: bool


class ComposerView(Struct, frozen=True):
    """What is being written, and who will read it."""

    is_open: bool
    ticket: TicketId | None
    summary: TicketSummary | None
    draft: Draft | None
    limit: int
    others: tuple[tuple[str, Activity], ...]
    arrived: tuple[Entry, ...]
    """What customer and colleagues said since writing began."""
    is_focused: bool

    @property
    def mode(self) -> DraftMode:
        """Reply unless the draft says note."""
        return self.draft.mode if self.draft else DraftMode.REPLY


class BottomView(Struct, frozen=True):
    """The last line: a menu, a notice, or the keys that work here."""

    menu: Menu | None
    notice: Notice | None
    focus: Pane


def shown_of(remote: Remote[object]) -> Shown:
    """How far to trust it."""
    match remote:
        case Loading(stale_as_of=as_of):
            return Shown(is_loading=True, as_of=as_of)
        case Failed(reason=reason, stale_as_of=as_of):
            return Shown(failed=reason, as_of=as_of)
        case Loaded(as_of=as_of, is_cached=True):
            return Shown(is_loading=True, as_of=as_of)
        case _:
            return Shown()


def _told_by(state: DeskState, remote: Remote[object]) -> Shown:
    """As `shown_of`, but nothing is fresh while nobody tells us what changes."""
    match remote:
        case Loaded(as_of=as_of, is_cached=is_cached) if state.link.phase in {LinkPhase.LOST, LinkPhase.SIGN_IN}:
            heard = None if is_cached else state.link.heard_at
            return Shown(as_of=max(as_of, heard) if heard else as_of)
        case Loading(stale_as_of=as_of) if state.link.phase in {LinkPhase.LOST, LinkPhase.SIGN_IN}:
            return Shown(is_loading=True, as_of=as_of, waits=True)
        case _:
            return shown_of(remote)


def top_view(state: DeskState) -> TopView:
    """The line at the top."""
    phases = [item.phase for item in state.outbox if not isinstance(item.change, MarkRead)]
    asking = sum(item.phase is OutboxPhase.HELD and item.held_until is None for item in state.outbox)
    session = state.session.session
    return TopView(
        tabs=tuple(
            TabView(view.id, str(place) if place <= 9 else "", view.title, view.count, view.id == state.queue.view)
            for place, view in enumerate(state.queue.views, start=1)
        ),
        link=state.link,
        waiting=sum(phase in {OutboxPhase.QUEUED, OutboxPhase.SENDING} for phase in phases),
        held=phases.count(OutboxPhase.HELD) - asking,
        troubled=sum(phase in {OutboxPhase.REFUSED, OutboxPhase.UNKNOWN} for phase in phases) + asking,
        me=session.agent if session else None,
        clock_shown=state.view.clock_shown,
        is_cached=state.session.is_cached,
        bad_views=state.queue.bad_views,
        is_asked=session is not None and not session.is_pushed,
    )


def queue_view(state: DeskState) -> QueueView:
    """The list."""
    queue = state.queue
    title = next((view.title for view in queue.views if view.id == queue.view), "")
    return QueueView(
        title=title,
        query=queue.query,
        search=queue.search,
        filter=queue.filter,
        problems=queue.problems,
        rows=queue.rows,
        start=queue.start,
        total=queue.total,
        index=queue.index,
        selected=state.selection,
        presence=state.presence,
        drafts=frozenset(ticket for ticket, draft in state.drafts.items() if not draft.is_empty),
        opened=state.conversation.ticket,
        me=_me(state),
        shown=Shown(queue.is_loading, queue.failed, None if state.link.phase is LinkPhase.LIVE else queue.as_of),
        have=queue.have,
        expected=queue.expected,
        is_focused=state.view.focus is Pane.QUEUE,
        categories=state.session.directory.categories,
    )


def conversation_view(state: DeskState) -> ConversationView:
    """The open ticket."""
    conversation = state.conversation
    detail = value_of(conversation.detail)
    entries = value_of(conversation.entries) or ()
    shown = _told_by(state, conversation.entries)
    if not shown.failed and isinstance(conversation.detail, Failed):
        shown = shown_of(conversation.detail)
    return ConversationView(
        ticket=conversation.ticket,
        summary=summary_of(state),
        detail=detail,
        entries=entries,
        pending=pending_of(state, conversation.ticket),
        read_to=_read_to(entries, conversation.read_to, _me(state)),
        has_older=conversation.older is not None,
        is_loading_older=conversation.is_loading_older,
        others=_others(state),
        shown=shown,
        is_focused=state.view.focus is Pane.CONVERSATION,
        is_peek=conversation.peek,
        is_full=conversation.is_full,
        bad_items=conversation.bad_entries + (detail.bad_items if detail is not None else 0),
        me=_me(state),
        categories=state.session.directory.categories,
    )


def _read_to(entries: tuple[Entry, ...], read_to: int, me: AgentId | None) -> int:
    """The entry up to which everything was read: what one said oneself is not new."""
    for entry in entries[len(entries) - newer_than(entries, read_to) :] if read_to and me is not None else ():
        if entry.author_id != me:
            break
        read_to = entry.seq
    return read_to


def customer_view(state: DeskState) -> CustomerView:
    """Who is asking."""
    return CustomerView(
        context=value_of(state.conversation.customer),
        detail=value_of(state.conversation.detail),
        shown=_told_by(state, state.conversation.customer),
        is_focused=state.view.focus is Pane.CUSTOMER,
    )


def _spoken_to(summary: TicketSummary | None, draft: Draft | None) -> Channel | None:
    """The channel a draft goes through; a note goes through none."""
    is_note = draft is not None and draft.mode is DraftMode.NOTE
    return None if summary is None or is_note else summary.channel


def composer_view(state: DeskState) -> ComposerView:
    """What is being written."""
    ticket = state.conversation.ticket
    draft = state.draft(ticket)
    summary = summary_of(state)
    entries = value_of(state.conversation.entries) or ()
    me, session = _me(state), state.session.session
    arrived = _arrived(entries, draft, me)
    return ComposerView(
        is_open=state.view.composer_open and ticket is not None,
        ticket=ticket,
        summary=summary,
        draft=draft,
        limit=session.longest(_spoken_to(summary, draft)) if session is not None else DEFAULT_LIMIT,
        others=_others(state),
        arrived=arrived,
        is_focused=state.view.focus is Pane.COMPOSER,
    )


def _arrived(entries: tuple[Entry, ...], draft: Draft | None, me: AgentId | None) -> tuple[Entry, ...]:
    """What others said behind the entry a draft began with; looks at no more than that."""
    if draft is None or not draft.base_seq:
        return ()
    newer = entries[len(entries) - newer_than(entries, draft.base_seq) :]
    spoken = {EntryKind.CUSTOMER, EntryKind.AGENT}
    return tuple(one for one in newer if one.kind in spoken and (one.author_id is None or one.author_id != me))


def bottom_view(state: DeskState) -> BottomView:
    """The last line."""
    return BottomView(menu=state.view.menu, notice=state.view.notice, focus=state.view.focus)


def summary_of(state: DeskState) -> TicketSummary | None:
    """The newest summary we have of the open ticket."""
    ticket = state.conversation.ticket
    return row_of(state, ticket) if ticket is not None else None


def row_of(state: DeskState, ticket: TicketId) -> TicketSummary | None:
    """The newest summary we have of a ticket that is open or in the queue's loaded rows."""
    detail = value_of(state.conversation.detail)
    if detail is not None and detail.summary.id == ticket:
        return detail.summary
    return next((row for row in state.queue.rows if row.id == ticket), None)


def _me(state: DeskState) -> AgentId | None:
    session = state.session.session
    return session.agent.id if session else None


def _others(state: DeskState) -> tuple[tuple[str, Activity], ...]:
    ticket = state.conversation.ticket
    if ticket is None:
        return ()
    me = _me(state)
    return tuple(seen for agent, seen in sorted(state.presence.get(ticket, {}).items()) if agent != me)
