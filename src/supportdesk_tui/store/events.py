"""Everything that can happen to the desk, in the past tense."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.directory import Article, Directory
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, ChangeKey, Cursor, TicketId, ViewId
from supportdesk_tui.domain.people import Agent, CustomerContext
from supportdesk_tui.domain.queue import QueueQuery, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.store.state import Draft, LinkPhase, Menu, Notice, OutboxItem, Pane

# --- session and link


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The backend said who we are."""

    session: Session
    directory: Directory
    is_cached: bool = False


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The connection came, went or was refused."""

    phase: LinkPhase
    heard_at: datetime | None = None
    reason: str = ""
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentUpdated:
    """A colleague's state or load changed."""

    agent: Agent


# --- queue


@dataclass(frozen=True, slots=True)
class ViewsLoaded:
    """The view bar, with counts."""

    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class QueueChosen:
    """The agent asked for a view, a search or a filter; rows follow."""

    query: QueueQuery
    view: ViewId | None
    search: str = ""
    filter: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueLoaded:
    """A window of rows of the query in `query`; answers to older queries are dropped by the reducer."""

    query: QueueQuery
    filter: str
    total: int
    start: int
    rows: tuple[TicketSummary, ...]
    as_of: datetime
    cursor_index: int | None = None
    """Where the ticket under the cursor now stands; None when it left the list: the cursor keeps its place."""
    have: int = 0
    expected: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueFailed:
    """The rows could not be had."""

    query: QueueQuery
    reason: str


@dataclass(frozen=True, slots=True)
class CursorMoved:
    """The cursor stands on another row of the whole order."""

    index: int


@dataclass(frozen=True, slots=True)
class SelectionChanged:
    """Tickets are marked for a bulk change."""

    tickets: frozenset[TicketId]
    anchor: TicketId | None = None


# --- the open ticket


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """The agent opened or peeked at a ticket; its parts follow."""

    ticket: TicketId
    peek: bool = False


@dataclass(frozen=True, slots=True)
class TicketClosed:
    """Nothing is open any more."""


@dataclass(frozen=True, slots=True)
class TicketLoaded:
    """What only an opened ticket knows."""

    ticket: Ticket
    as_of: datetime
    is_cached: bool = False


@dataclass(frozen=True, slots=True)
class EntriesLoaded:
    """The newest entries, or older ones put before them."""

    ticket: TicketId
    entries: tuple[Entry, ...]
    older: Cursor | None
    as_of: datetime
    is_cached: bool = False
    is_older: bool = False
    read_to: int | None = None


@dataclass(frozen=True, slots=True)
class OlderAsked:
    """The agent scrolled above the oldest loaded entry."""


@dataclass(frozen=True, slots=True)
class CustomerLoaded:
    """Who is asking."""

    ticket: TicketId
    customer: CustomerContext
    as_of: datetime
    is_cached: bool = False


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """A part of the open ticket could not be had: `ticket`, `entries` or `customer`."""

    ticket: TicketId
    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class TicketUpdated:
    """The feed or an answer brought a newer summary."""

    summary: TicketSummary


@dataclass(frozen=True, slots=True)
class EntryArrived:
    """The feed brought an entry."""

    summary: TicketSummary
    entry: Entry


@dataclass(frozen=True, slots=True)
class PresenceSeen:
    """A colleague looks at or types on a ticket, or left."""

    ticket: TicketId
    agent: AgentId
    name: str
    activity: Activity


# --- writing


@dataclass(frozen=True, slots=True)
class DraftsLoaded:
    """Drafts of an earlier run."""

    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class DraftChanged:
    """A draft has new text, mode or follow-ups; an empty one is dropped."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class DraftSaved:
    """The disk has this text of the draft."""

    ticket: TicketId
    body: str


@dataclass(frozen=True, slots=True)
class DraftUnsaved:
    """The disk refused a draft: it lives in memory only."""

    ticket: TicketId
    reason: str


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """A change was added or moved to another phase."""

    item: OutboxItem


@dataclass(frozen=True, slots=True)
class OutboxDropped:
    """A change was taken back before it was sent, or is settled and forgotten."""

    key: ChangeKey


@dataclass(frozen=True, slots=True)
class OutboxLoaded:
    """Changes of an earlier run."""

    items: tuple[OutboxItem, ...]


@dataclass(frozen=True, slots=True)
class UndoStackChanged:
    """What `z` and `Z` would take back next."""

    undo: tuple[ChangeKey, ...]
    redo: tuple[ChangeKey, ...]


@dataclass(frozen=True, slots=True)
class MacroUsed:
    """`.` repeats this one."""

    macro: str


@dataclass(frozen=True, slots=True)
class ArticlesAsked:
    """A knowledge-base question was asked."""

    text: str


@dataclass(frozen=True, slots=True)
class ArticlesLoaded:
    """Its answer, or why there is none."""

    text: str
    articles: tuple[Article, ...]
    as_of: datetime
    failed: str = ""


# --- the agent's own screen


@dataclass(frozen=True, slots=True)
class FocusMoved:
    """Another pane has the focus."""

    pane: Pane


@dataclass(frozen=True, slots=True)
class ComposerToggled:
    """The composer was opened or left (its draft is kept)."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class CustomerToggled:
    """The customer pane was shown or hidden."""

    is_shown: bool


@dataclass(frozen=True, slots=True)
class ClockToggled:
    """The clock in the status line was shown or hidden."""


@dataclass(frozen=True, slots=True)
class MenuOpened:
    """A prefix key waits for the next one."""

    menu: Menu


@dataclass(frozen=True, slots=True)
class MenuClosed:
    """It does not wait any more."""


@dataclass(frozen=True, slots=True)
class Told:
    """One line for the agent; None takes it away."""

    notice: Notice | None


Event: TypeAlias = (
    SignedIn
    | LinkChanged
    | AgentUpdated
    | ViewsLoaded
    | QueueChosen
    | QueueLoaded
    | QueueFailed
    | CursorMoved
    | SelectionChanged
    | TicketOpened
    | TicketClosed
    | TicketLoaded
    | EntriesLoaded
    | OlderAsked
    | CustomerLoaded
    | LoadFailed
    | TicketUpdated
    | EntryArrived
    | PresenceSeen
    | DraftsLoaded
    | DraftChanged
    | DraftSaved
    | DraftUnsaved
    | OutboxChanged
    | OutboxDropped
    | OutboxLoaded
    | UndoStackChanged
    | MacroUsed
    | ArticlesAsked
    | ArticlesLoaded
    | FocusMoved
    | ComposerToggled
    | CustomerToggled
    | ClockToggled
    | MenuOpened
    | MenuClosed
    | Told
)
