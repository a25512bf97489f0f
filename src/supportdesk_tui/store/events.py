"""Everything that can happen to the desk, in the past tense."""

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.directory import Article, Directory, MacroText
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, ChangeKey, Cursor, EntryId, TicketId, ViewId
from supportdesk_tui.domain.people import Agent, CustomerContext
from supportdesk_tui.domain.queue import QueueQuery, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.store.state import AskedMacro, Draft, Habits, LinkPhase, Menu, Notice, OutboxItem, Pane
from supportdesk_tui.text.safe import SafeText

if TYPE_CHECKING:
    from supportdesk_tui.store.kept import FormDraft

# --- session and link


class SignedIn(Struct, frozen=True):
    """The backend said who we are."""

    session: Session
    directory: Directory
    is_cached: bool = False


class AgentChanged(Struct, frozen=True):
    """Somebody else has the desk from now on: nothing of the one before is shown or done by them."""


class LinkChanged(Struct, frozen=True):
    """The connection came, went or was refused."""

    phase: LinkPhase
    heard_at: datetime | None = None
    reason: str = ""
    retry_at: datetime | None = None
    looks_every_s: int = 0


class AgentUpdated(Struct, frozen=True):
    """A colleague's state or load changed."""

    agent: Agent


# --- queue


class ViewsLoaded(Struct, frozen=True):
    """The view bar, with counts."""

    views: tuple[View, ...]
    bad_items: int | None = None
    """Views that could not be read and are missing; None when they were not read anew."""


class QueueChosen(Struct, frozen=True):
    """The agent asked for a view, a search or a filter; rows follow."""

    query: QueueQuery
    view: ViewId | None
    search: str = ""
    filter: str = ""
    problems: tuple[str, ...] = ()


class QueueLoaded(Struct, frozen=True):
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
    is_partial: bool = False
    """What the copy has, while the backend is still being asked."""


class QueueFailed(Struct, frozen=True):
    """The rows could not be had."""

    query: QueueQuery
    reason: str


class CursorMoved(Struct, frozen=True):
    """The cursor stands on another row of the whole order."""

    index: int


class SelectionChanged(Struct, frozen=True):
    """Tickets are marked for a bulk change."""

    tickets: frozenset[TicketId]
    anchor: TicketId | None = None


# --- the open ticket


class TicketOpened(Struct, frozen=True):
    """The agent opened or peeked at a ticket; its parts follow."""

    ticket: TicketId
    peek: bool = False


class NumberAsked(Struct, frozen=True):
    """A ticket is being looked for by its number."""

    number: str


class NumberMissed(Struct, frozen=True):
    """It was not opened: not found, not reached, or not wanted any more."""

    number: str


class TicketClosed(Struct, frozen=True):
    """Nothing is open any more."""


class TicketLoaded(Struct, frozen=True):
    """What only an opened ticket knows."""

    ticket: Ticket
    as_of: datetime
    is_cached: bool = False


class EntriesLoaded(Struct, frozen=True):
    """The newest entries, or older ones put before them."""

    ticket: TicketId
    entries: tuple[Entry, ...]
    older: Cursor | None
    as_of: datetime
    is_cached: bool = False
    is_older: bool = False
    read_to: int | None = None
    bad_items: int = 0
    """Entries that could not be read and are missing."""
    whole_to: int = 0
    """For what comes from our own disk: the newest entry of the backend's last list."""


class OlderAsked(Struct, frozen=True):
    """The agent scrolled above the oldest loaded entry."""


class RevealAsked(Struct, frozen=True):
    """The agent gave a reason to see what is hidden in an entry."""

    entry: EntryId


class RevealAnswered(Struct, frozen=True):
    """The words of the entry, or why they are not shown."""

    entry: EntryId
    text: SafeText | None
    failed: str = ""


class RevealEnded(Struct, frozen=True):
    """The agent looked away: the words are to be forgotten."""


class CustomerLoaded(Struct, frozen=True):
    """Who is asking."""

    ticket: TicketId
    customer: CustomerContext
    as_of: datetime
    is_cached: bool = False


class LoadFailed(Struct, frozen=True):
    """A part of the open ticket could not be had: `ticket`, `entries` or `customer`."""

    ticket: TicketId
    part: str
    reason: str


class TicketUpdated(Struct, frozen=True):
    """The feed or an answer brought a newer summary."""

    summary: TicketSummary


class EntryArrived(Struct, frozen=True):
    """The feed brought an entry."""

    summary: TicketSummary
    entry: Entry


class PresenceSeen(Struct, frozen=True):
    """A colleague looks at or types on a ticket, or left."""

    ticket: TicketId
    agent: AgentId
    name: str
    activity: Activity


# --- writing


class DraftsLoaded(Struct, frozen=True):
    """Drafts of an earlier run."""

    drafts: tuple[Draft, ...]
    forms: "tuple[FormDraft, ...]" = ()


class DraftChanged(Struct, frozen=True):
    """A draft has new text, mode or follow-ups; an empty one is dropped."""

    draft: Draft


class DraftSaved(Struct, frozen=True):
    """The disk has this text of the draft."""

    ticket: TicketId
    body: str


class DraftUnsaved(Struct, frozen=True):
    """The disk refused a draft: it lives in memory only."""

    ticket: TicketId
    reason: str


class FormTyped(Struct, frozen=True):
    """Something was typed into a form, or a reason; an empty one is dropped."""

    form: "FormDraft"


class FormSaved(Struct, frozen=True):
    """The disk has the form as it stands here, or refused it."""

    form: "FormDraft"
    is_refused: bool = False


class FormSent(Struct, frozen=True):
    """What was typed into a form went out: nothing of it is kept but what was typed anew since."""

    form: "FormDraft"


class OutboxChanged(Struct, frozen=True):
    """A change was added or moved to another phase."""

    item: OutboxItem


class OutboxDropped(Struct, frozen=True):
    """A change was taken back before it was sent, or is settled and forgotten."""

    key: ChangeKey


class OutboxLoaded(Struct, frozen=True):
    """Changes of an earlier run."""

    items: tuple[OutboxItem, ...]


class UndoStackChanged(Struct, frozen=True):
    """What `z` and `Z` would take back next."""

    undo: tuple[ChangeKey, ...]
    redo: tuple[ChangeKey, ...]


class MacroUsed(Struct, frozen=True):
    """`.` repeats this one."""

    macro: str


class MacroAsked(Struct, frozen=True):
    """The agent chose a macro of the backend's own; None: it is not wanted any more, or is written down."""

    asked: AskedMacro | None


class MacroAnswered(Struct, frozen=True):
    """What it would write and do, or why that is not known."""

    ticket: TicketId
    macro: str
    text: MacroText | None
    failed: str = ""


class HabitsLoaded(Struct, frozen=True):
    """What was done often in earlier runs is known again."""

    habits: Habits


class ArticlesAsked(Struct, frozen=True):
    """A knowledge-base question was asked."""

    text: str


class ArticlesLoaded(Struct, frozen=True):
    """Its answer, or why there is none."""

    text: str
    articles: tuple[Article, ...]
    as_of: datetime
    failed: str = ""


# --- the agent's own screen


class FocusMoved(Struct, frozen=True):
    """Another pane has the focus."""

    pane: Pane
    is_wide: bool | None = None
    """Whether the queue takes the full width while it has the focus; None leaves that as it is."""


class ComposerToggled(Struct, frozen=True):
    """The composer was opened or left (its draft is kept)."""

    is_open: bool


class CustomerToggled(Struct, frozen=True):
    """The customer pane was shown or hidden."""

    is_shown: bool


class CustomerSlid(Struct, frozen=True):
    """The customer was put over the queue, or taken away again."""

    is_over: bool


class ClockToggled(Struct, frozen=True):
    """The clock in the status line was shown or hidden."""


class MenuOpened(Struct, frozen=True):
    """A prefix key waits for the next one."""

    menu: Menu


class MenuClosed(Struct, frozen=True):
    """It does not wait any more."""


class Told(Struct, frozen=True):
    """One line for the agent; None takes it away, and what waits behind it is told."""

    notice: Notice | None
    at: datetime | None = None
    """When the one before was taken away."""


Event: TypeAlias = (
    SignedIn | AgentChanged | LinkChanged | AgentUpdated | ViewsLoaded | QueueChosen | QueueLoaded | QueueFailed | CursorMoved
    | SelectionChanged | TicketOpened | NumberAsked | NumberMissed | TicketClosed | TicketLoaded | EntriesLoaded
    | OlderAsked | RevealAsked | RevealAnswered | RevealEnded | CustomerLoaded | LoadFailed | TicketUpdated | EntryArrived
    | PresenceSeen | DraftsLoaded | DraftChanged | DraftSaved | DraftUnsaved | FormTyped | FormSaved | FormSent
    | OutboxChanged | OutboxDropped | OutboxLoaded | UndoStackChanged | MacroUsed | MacroAsked | MacroAnswered
    | HabitsLoaded | ArticlesAsked | ArticlesLoaded | FocusMoved | ComposerToggled | CustomerToggled | CustomerSlid
    | ClockToggled | MenuOpened | MenuClosed | Told
)  # fmt: skip
