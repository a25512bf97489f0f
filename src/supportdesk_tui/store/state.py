"""The one state of the desk: frozen slices, replaced by `reduce`, never edited."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from msgspec import Struct, field

from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.changes import Change, FollowUp, Outcome, Undo
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.directory import NO_DIRECTORY, Article, Directory, MacroText
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, Cursor, EntryId, TicketId, ViewId
from supportdesk_tui.domain.people import CustomerContext
from supportdesk_tui.domain.queue import EVERY_TICKET, QueueQuery, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.text.safe import SafeText

if TYPE_CHECKING:
    from supportdesk_tui.store.kept import FormDraft

T_co = TypeVar("T_co", covariant=True)


class Absent(Struct, frozen=True):
    """Nobody has asked for it."""


class Loading(Struct, Generic[T_co], frozen=True):
    """Asked for; what we had before is still shown."""

    stale: T_co | None = None
    stale_as_of: datetime | None = None


class Loaded(Struct, Generic[T_co], frozen=True):
    """Here, as the backend said at `as_of`; `is_cached` when it came from our own disk."""

    value: T_co
    as_of: datetime
    is_cached: bool = False


class Failed(Struct, Generic[T_co], frozen=True):
    """Could not be had: why, and what we had before."""

    reason: str
    stale: T_co | None = None
    stale_as_of: datetime | None = None


T = TypeVar("T")
Remote: TypeAlias = Absent | Loading[T] | Loaded[T] | Failed[T]


def value_of(remote: Remote[T]) -> T | None:
    """What can be shown of a remote thing, fresh or stale."""
    match remote:
        case Loaded(value=value):
            return value
        case Loading(stale=stale) | Failed(stale=stale):
            return stale
        case _:
            return None


class Pane(StrEnum):
    """What can have the focus."""

    QUEUE = "queue"
    CONVERSATION = "conversation"
    CUSTOMER = "customer"
    COMPOSER = "composer"


class Level(StrEnum):
    """How a line told to the agent is meant."""

    INFO = "info"
    DONE = "done"
    WARN = "warn"
    ERROR = "error"


class SessionState(Struct, frozen=True):
    """Who we are; cached from the last sign-in until the server answers."""

    session: Session | None = None
    directory: Directory = NO_DIRECTORY
    is_cached: bool = False


class LinkPhase(StrEnum):
    """How we stand with the server."""

    OFF = "off"
    """No network was asked for."""
    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"
    SIGN_IN = "sign_in"
    """The token was not taken."""


class LinkState(Struct, frozen=True):
    """The connection, honestly."""

    phase: LinkPhase = LinkPhase.OFF
    heard_at: datetime | None = None
    reason: str = ""
    retry_at: datetime | None = None
    looks_every_s: int = 0
    """Seconds between two looks for news, where they are looked for and seldom; 0 otherwise."""


class QueueState(Struct, frozen=True):
    """The queue on screen: a window of rows over an order that lives in the cache."""

    views: tuple[View, ...] = ()
    bad_views: int = 0
    """Views that could not be read and are missing."""
    view: ViewId | None = None
    """None while a search is shown."""
    query: QueueQuery = EVERY_TICKET
    """What is shown, search and filter included."""
    search: str = ""
    """The search line as typed; empty when a view is shown."""
    filter: str = ""
    """Narrowing of this list as typed (`\\`)."""
    misread: tuple[str, ...] = ()
    """What of the search line was not understood."""
    problems: tuple[str, ...] = ()
    """That, and what was not applied or not answered."""
    total: int = 0
    start: int = 0
    """Index of rows[0] in the whole order."""
    rows: tuple[TicketSummary, ...] = ()
    cursor: TicketId | None = None
    index: int = 0
    """Index of the cursor in the whole order."""
    as_of: datetime | None = None
    is_loading: bool = False
    failed: str = ""
    have: int = 0
    """Tickets in the cache …"""
    expected: int = 0
    """… of so many on the server, while the first copy is being made; 0 when complete."""


class Revealed(Struct, frozen=True):
    """What an agent asked to see of a hidden entry; only while the dialog is open, and on no disk."""

    entry: EntryId
    text: SafeText | None = None
    """None until the backend has answered."""
    failed: str = ""


MOST_ENTRIES = 5_000
"""Entries of a ticket that are held at most: a longer conversation ends there at the top, and says so."""
MOST_CHARACTERS = 20_000_000
"""Their bodies together: with so much here, no older ones are asked for."""


class ConversationState(Struct, frozen=True):
    """The open ticket."""

    ticket: TicketId | None = None
    peek: bool = False
    """Looked at without claiming or marking it read."""
    detail: Remote[Ticket] = Absent()
    entries: Remote[tuple[Entry, ...]] = Absent()
    older: Cursor | None = None
    is_loading_older: bool = False
    whole_to: int = 0
    """Sequence up to which nothing is missing between the entries that are here, as the backend's last list showed …"""
    is_full: bool = False
    """… and whether there are older ones than are held."""
    bad_entries: int = 0
    """Entries that could not be read and are missing from those that are here."""
    read_to: int = 0
    """Sequence of the last entry seen before this opening: the unread mark stands after it."""
    customer: Remote[CustomerContext] = Absent()
    revealed: Revealed | None = None


class DraftMode(StrEnum):
    """Who will read a draft."""

    REPLY = "reply"
    NOTE = "note"


class Draft(Struct, frozen=True):
    """What an agent is writing on a ticket; belongs to the agent, not to a view."""

    ticket: TicketId
    mode: DraftMode = DraftMode.REPLY
    body: str = ""
    then: tuple[FollowUp, ...] = ()
    """What will happen on send."""
    macro: str = ""
    language_note: str = ""
    """E.g. the macro had no text in the customer's language."""
    attachments: tuple[tuple[AttachmentId, str], ...] = ()
    """(id, name)."""
    cc: tuple[str, ...] = ()
    """Mail addresses that get a copy of the reply."""
    then_next: bool = False
    """Open the next ticket after sending."""
    base_seq: int = 0
    """Newest entry seen when writing began: newer customer or agent entries are announced before sending."""
    base_owner: str = ""
    """Who had the ticket then; empty for nobody …"""
    base_status: str = ""
    """… and its status; empty when neither is known."""
    wanted: DraftMode | None = None
    """For whom the agent meant to write next while this text was still here: what follows it when it has been sent."""
    is_saved: bool = True
    is_refused: bool = False
    """The disk would not take it."""
    number: str = ""
    """Case number of the ticket, for display."""

    @property
    def is_empty(self) -> bool:
        """Nothing would be lost."""
        return not (self.body.strip() or self.then or self.attachments or self.cc)


class OutboxPhase(StrEnum):
    """Where a change stands; durable."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class OutboxItem(Struct, frozen=True):
    """One change on its way."""

    key: ChangeKey
    tickets: tuple[TicketId, ...]
    """One ticket, many for a bulk change, none for a change about no ticket."""
    change: Change
    phase: OutboxPhase
    created_at: datetime
    held_until: datetime | None = None
    attempts: int = 0
    reason: str = ""
    says: str = ""
    """What the server says it did."""
    settled_at: datetime | None = None
    number: str = ""
    """Case number of the ticket, for display."""
    expected: int | None = None
    undoes: ChangeKey | None = None
    needs_word: bool = False
    """Unknown, and not sent again before the agent says so, whatever the server promises about keys."""
    numbers: tuple[tuple[TicketId, str], ...] = ()
    """Case numbers of the tickets of a bulk change, for display."""
    outcomes: tuple[Outcome, ...] = ()
    """What the server said of each ticket of a bulk change, so far."""
    rest_of: ChangeKey | None = None
    """The bulk change that was done for other tickets, which tells of these too: what it was refused for."""
    form: "FormDraft | None" = None
    """What was typed into the form it was made with: kept again when it is taken back."""

    @property
    def is_bulk(self) -> bool:
        """Sent ticket by ticket; taking back is one act however many tickets it was about."""
        return (len(self.tickets) > 1 or bool(self.numbers)) and not isinstance(self.change, Undo)


class Notice(Struct, frozen=True):
    """The one line told to the agent."""

    text: str
    level: Level = Level.INFO
    at: datetime | None = None
    is_alert: bool = False
    """Nobody here did anything for it: it waits until what was done has been read, and is not lost to what is done next."""


class MenuItem(Struct, frozen=True):
    """One choice of a menu: a key, what it says, and the command it runs."""

    key: str
    label: str
    command: str
    args: tuple[str, ...] = ()
    hint: str = ""
    blocked: str = ""
    """Why it cannot be chosen now."""


class Menu(Struct, frozen=True):
    """A prefix key is waiting for the next one."""

    title: str
    items: tuple[MenuItem, ...]
    count: int = 1
    """How many tickets the choice is about."""
    about: str = ""
    """The case number where it is about one."""


class DeskView(Struct, frozen=True):
    """What the agent's own screen is set to."""

    focus: Pane = Pane.QUEUE
    customer_shown: bool = True
    customer_over: bool = False
    """Where only two panes fit: the customer lies over the queue while the ticket is read."""
    queue_wide: bool = False
    """The queue has the full width until it loses the focus or a ticket is opened."""
    menu: Menu | None = None
    notice: Notice | None = None
    untold: tuple[Notice, ...] = ()
    """What is told next, one after the other, each when the one before has been read."""
    clock_shown: bool = False
    composer_open: bool = False
    opening: str = ""
    """Number of a ticket that is being looked for: keys wait until it is open, lest they be done to another one."""
    missed: str = ""
    """The number looked for last, where it was not opened."""


class Found(Struct, frozen=True):
    """Knowledge-base results for the last question."""

    text: str = ""
    articles: Remote[tuple[Article, ...]] = Absent()


class AskedMacro(Struct, frozen=True):
    """A macro of the backend's own that the agent chose: what it would write is being asked for."""

    ticket: TicketId
    macro: str
    title: SafeText
    text: MacroText | None = None
    """None until the backend has answered."""
    failed: str = ""


class Habits(Struct, frozen=True):
    """What the agent does often, kept for the next time."""

    macros: Mapping[str, int] = field(default_factory=dict)
    """How often each macro was inserted, by id."""
    sent: tuple[str, ...] = ()
    """Replies as they were sent, newest first, each once."""


class DeskState(Struct, frozen=True):
    """Everything the panes are drawn from."""

    session: SessionState = SessionState()
    link: LinkState = LinkState()
    queue: QueueState = QueueState()
    conversation: ConversationState = ConversationState()
    selection: frozenset[TicketId] = frozenset()
    select_anchor: TicketId | None = None
    drafts: Mapping[TicketId, Draft] = field(default_factory=dict)
    forms: "Mapping[str, FormDraft]" = field(default_factory=dict)
    """Forms that are half filled in, by their keys."""
    outbox: tuple[OutboxItem, ...] = ()
    """Oldest first; settled items stay a while so that undo and the outbox screen can show them."""
    presence: Mapping[TicketId, Mapping[AgentId, tuple[str, Activity]]] = field(default_factory=dict)
    view: DeskView = DeskView()
    found: Found = Found()
    last_macro: str = ""
    asked_macro: AskedMacro | None = None
    habits: Habits = Habits()
    undo_stack: tuple[ChangeKey, ...] = ()
    """Newest last: what `z` takes back next."""
    redo_stack: tuple[ChangeKey, ...] = ()

    def draft(self, ticket: TicketId | None) -> Draft | None:
        """The draft of a ticket, if any."""
        return self.drafts.get(ticket) if ticket else None
