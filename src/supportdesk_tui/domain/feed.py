"""What the feed says."""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

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


class TicketChanged(Struct, frozen=True):
    """A ticket has a new summary."""

    ticket: TicketSummary
    mark: FeedMark | None = None
    actor: AgentId | None = None
    says: SafeText = NO_TEXT
    """What happened, for the one who must be told (assigned to you, returned)."""
    tells: AgentId | None = None
    """Whom to alert, when somebody must be."""


class EntryAdded(Struct, frozen=True):
    """Somebody said something on a ticket; the new summary comes with it."""

    ticket: TicketSummary
    entry: Entry
    mark: FeedMark | None = None


class PresenceChanged(Struct, frozen=True):
    """An agent began or stopped looking at or typing on a ticket."""

    ticket: TicketId
    agent: AgentId
    name: SafeText
    activity: Activity


class AgentChanged(Struct, frozen=True):
    """An agent's state or load changed."""

    agent: Agent


class Heard(Struct, frozen=True):
    """The server is alive: a heartbeat or the first byte of a connection."""

    server_time: datetime | None = None
    mark: FeedMark | None = None
    """Where the feed stands, when this is its first word."""
    again_in_s: float = 0.0
    """Where news are looked for: the longest until the next look. 0 where they come by themselves."""


class Lost(Struct, frozen=True):
    """The connection is gone; the feed goes on trying by itself."""

    reason: SafeText
    retry_in_s: float


class Gap(Struct, frozen=True):
    """Something was missed that cannot be replayed: read everything again."""

    mark: FeedMark | None = None
    """Where the feed goes on; older than what was heard before when the server was put back to a backup."""


class PushChanged(Struct, frozen=True):
    """From here on a server that can push does so, or its news are looked for instead."""

    reason: SafeText = NO_TEXT
    """Why it does not push; empty where it does."""


Notice: TypeAlias = TicketChanged | EntryAdded | PresenceChanged | AgentChanged | Heard | Lost | Gap | PushChanged
