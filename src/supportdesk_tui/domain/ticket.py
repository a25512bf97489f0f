"""A ticket as lists and panes need it."""

from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct, field

from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.domain.ids import AgentId, CustomerId, TeamId, TicketId
from supportdesk_tui.domain.sla import Clock
from supportdesk_tui.text.safe import NO_TEXT, SafeText


class Channel(StrEnum):
    """How the customer reached us."""

    CHAT = "chat"
    EMAIL = "email"
    TICKET = "ticket"
    PHONE = "phone"
    SOCIAL = "social"
    FORUM = "forum"
    INAPP = "inapp"
    OTHER = "other"


CHANNEL_LIMITS: dict[Channel, int] = {Channel.SOCIAL: 280, Channel.CHAT: 10_000}
"""Longest public reply in characters, where the channel has a limit of its own."""
DEFAULT_LIMIT = 50_000


class Phase(StrEnum):
    """What a status means for logic; the backend's own name is kept beside it."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    SNOOZED = "snoozed"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


LIVE_PHASES = frozenset({Phase.NEW, Phase.OPEN, Phase.PENDING, Phase.SNOOZED, Phase.ON_HOLD})
"""Phases of a ticket that still needs somebody."""


class Priority(IntEnum):
    """P1 is the most urgent."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4


class Status(Struct, frozen=True):
    """The backend's own status and what it means."""

    name: str
    """What is written back, e.g. `waiting_customer`."""
    phase: Phase
    title: SafeText
    """What is shown when no translation of the name is known."""


class TicketSummary(Struct, frozen=True):
    """One row of a queue."""

    id: TicketId
    number: str
    """Human case number, unique, never changes: `HX-260817-004213`."""
    subject: SafeText
    channel: Channel
    status: Status
    priority: Priority
    category: str
    """Category code, e.g. `FND`; its title is in the directory."""
    language: str
    """BCP 47 primary tag, lower case; empty when unknown."""
    customer_id: CustomerId
    customer_name: SafeText
    tier: SafeText
    owner: AgentId | None
    owner_name: SafeText
    team: TeamId | None
    tags: tuple[SafeText, ...]
    clock: Clock
    unread: int
    """Customer entries since an agent last looked."""
    created_at: datetime
    updated_at: datetime
    version: int
    """Goes up with every change; what `expected` in a change refers to."""
    watched: bool = False
    public: bool = False
    """The thread can be read by anyone (social, forum)."""
    open_promises: int = 0
    unknown: tuple[tuple[str, SafeText], ...] = ()
    """Fields whose value this version does not understand, and what the backend says there: shown, never written over."""

    def said(self, name: str) -> SafeText | None:
        """What the backend says in a field this version does not understand; None for one it does."""
        return next((text for field, text in self.unknown if field == name), None)


class FieldValue(Struct, frozen=True):
    """One fact the category asks for; the completeness meter counts these."""

    name: str
    title: SafeText
    value: SafeText
    """Empty when missing."""
    required: bool = False


class PromiseState(StrEnum):
    """Where a promise to the customer stands."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    MOVED = "moved"


class PromiseRecord(Struct, frozen=True):
    """What somebody told a customer would happen, and by when."""

    id: str
    text: SafeText
    due_at: datetime
    owner: AgentId | None
    owner_name: SafeText
    state: PromiseState
    ticket_number: str = ""


class LinkedTicket(Struct, frozen=True):
    """Another ticket this one is tied to."""

    id: TicketId
    number: str
    relation: str
    """`task`, `task_of`, `duplicate`, `merged_into`, `related`."""
    subject: SafeText
    status: Status
    team_name: SafeText = NO_TEXT


class Ticket(Struct, frozen=True):
    """An open ticket: its summary and what only the opened ticket knows."""

    summary: TicketSummary
    fields: tuple[FieldValue, ...] = ()
    links: tuple[LinkedTicket, ...] = ()
    promises: tuple[PromiseRecord, ...] = ()
    stage: str = ""
    """Customer-safe stage: received, diagnosing, analysis, proposed, resolved."""
    snoozed_until: datetime | None = None
    handover: SafeText = NO_TEXT
    """What the bot or the colleague before us collected."""
    attachments: tuple[Attachment, ...] = ()
    watchers: tuple[AgentId, ...] = ()
    cc: tuple[SafeText, ...] = field(default=())
    bad_items: int = 0
    """Items of its lists that could not be read and are missing here."""
