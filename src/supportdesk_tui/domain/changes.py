"""What an agent can do to a ticket: a closed union, so that one write method is enough."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, TeamId, TicketId
from supportdesk_tui.domain.ticket import Channel, Priority


@dataclass(frozen=True, slots=True)
class Assign:
    """Give the ticket to an agent, or to nobody. `only_if_unowned` makes taking atomic: one winner."""

    agent: AgentId | None
    only_if_unowned: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """Move the ticket to a team's queue; the owner is cleared."""

    team: TeamId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Set the backend's own status; `reason` is the resolve reason where the status solves."""

    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Set the priority."""

    priority: Priority


@dataclass(frozen=True, slots=True)
class Tag:
    """Add and remove tags."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetField:
    """Fill one fact the category asks for."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """Take the ticket out of sight; `until` None waits for the customer's next word."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Watch:
    """Follow or stop following the ticket."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class MarkRead:
    """An agent has looked (or wants it unread again)."""

    read: bool = True


@dataclass(frozen=True, slots=True)
class Merge:
    """Fold this ticket into another; its number goes on resolving."""

    into: TicketId


@dataclass(frozen=True, slots=True)
class Link:
    """Tie two tickets together."""

    to: TicketId
    relation: str = "related"


@dataclass(frozen=True, slots=True)
class Escalate:
    """Open a linked task with a specialist team; the owner keeps the customer."""

    team: TeamId
    summary: str
    fields: tuple[tuple[str, str], ...] = ()
    """Facts the target requires, e.g. ("txid", "…")."""


@dataclass(frozen=True, slots=True)
class ReturnTask:
    """The specialist hands a task back with the finding; the owner is alerted."""

    finding: str


@dataclass(frozen=True, slots=True)
class MakePromise:
    """Record what the customer was told and by when."""

    text: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class SettlePromise:
    """Mark a promise kept."""

    promise: str


FollowUp: TypeAlias = (
    Assign | Transfer | SetStatus | SetPriority | Tag | SetField | Snooze | Watch | Escalate | MakePromise | SettlePromise
)
"""Changes a reply or note may carry: applied with it, or not at all, where the backend can."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Words the customer will read."""

    body: str
    then: tuple[FollowUp, ...] = ()
    attachments: tuple[AttachmentId, ...] = ()
    cc: tuple[str, ...] = ()
    language: str = ""
    macro: str = ""
    """Id of the macro the text came from, for the statistics."""


@dataclass(frozen=True, slots=True)
class Note:
    """Words the customer will never read."""

    body: str
    then: tuple[FollowUp, ...] = ()
    attachments: tuple[AttachmentId, ...] = ()
    mentions: tuple[AgentId, ...] = ()


@dataclass(frozen=True, slots=True)
class Create:
    """Open a new ticket for a customer; the ticket id of the change is empty."""

    customer: str
    channel: Channel
    category: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class SetAgentState:
    """Say whether work may reach me; not about a ticket."""

    state: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back what an earlier change of ours did."""

    key: ChangeKey


Change: TypeAlias = FollowUp | Reply | Note | MarkRead | Merge | Link | ReturnTask | Create | SetAgentState | Undo


@dataclass(frozen=True, slots=True)
class Applied:
    """The backend took a change."""

    key: ChangeKey
    ticket: TicketId | None
    version: int | None
    """The ticket's version after it, where the backend has versions."""
    says: str = ""
    """What was done or undone, in the backend's words, already safe."""
    entry: str = ""
    """Id of the entry it made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a bulk change on one ticket."""

    ticket: TicketId
    done: bool
    reason: str = ""
    """Why not; a message that can be shown."""
    version: int | None = None
