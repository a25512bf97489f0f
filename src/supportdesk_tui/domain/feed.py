"""What the feed says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.ids import AgentId, FeedMark, TicketId
from supportdesk_tui.domain.people import Agent
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.safe import NO_TEXT, SafeText


class Activity(StrEnum):
    """What an agent does on a ticket right now."""

    VIEWING = "viewing"
    TYPING = "typing"
    TYPING_NOTE = "typing_note"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class TicketChanged:
    """A ticket has a new summary."""

    ticket: TicketSummary
    mark: FeedMark | None = None
    actor: AgentId | None = None
    says: SafeText = NO_TEXT
    """What happened, for the one who must be told (assigned to you, returned)."""
    tells: AgentId | None = None
    """Whom to alert, when somebody must be."""


@dataclass(frozen=True, slots=True)
class EntryAdded:
    """Somebody said something on a ticket; the new summary comes with it."""

    ticket: TicketSummary
    entry: Entry
    mark: FeedMark | None = None


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """An agent began or stopped looking at or typing on a ticket."""

    ticket: TicketId
    agent: AgentId
    name: SafeText
    activity: Activity


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent's state or load changed."""

    agent: Agent


@dataclass(frozen=True, slots=True)
class Heard:
    """The server is alive: a heartbeat or the first byte of a connection."""

    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone; the feed goes on trying by itself."""

    reason: SafeText
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Something was missed that cannot be replayed: read everything again."""


Notice: TypeAlias = TicketChanged | EntryAdded | PresenceChanged | AgentChanged | Heard | Lost | Gap
