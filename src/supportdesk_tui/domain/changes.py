"""What an agent can do to a ticket: a closed union, so that one write method is enough."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, TeamId, TicketId
from supportdesk_tui.domain.ticket import Channel, Priority, TicketSummary


class Override(Struct, frozen=True):
    """What the send gate found in a text that was sent all the same, and why; the event log keeps it."""

    finding: str
    """Kind of the finding, e.g. `link`."""
    reason: str


class Assign(Struct, frozen=True):
    """Give the ticket to an agent, or to nobody. `only_if_unowned` makes taking atomic: one winner."""

    agent: AgentId | None
    only_if_unowned: bool = False


class Transfer(Struct, frozen=True):
    """Move the ticket to a team's queue; the owner is cleared."""

    team: TeamId
    reason: str = ""


class SetStatus(Struct, frozen=True):
    """Set the backend's own status; `reason` is the resolve reason where the status solves."""

    status: str
    reason: str = ""


class SetPriority(Struct, frozen=True):
    """Set the priority."""

    priority: Priority


class Tag(Struct, frozen=True):
    """Add and remove tags."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class SetField(Struct, frozen=True):
    """Fill one fact the category asks for."""

    name: str
    value: str


class Snooze(Struct, frozen=True):
    """Take the ticket out of sight; `until` None waits for the customer's next word."""

    until: datetime | None


class Watch(Struct, frozen=True):
    """Follow or stop following the ticket."""

    on: bool = True


class MarkRead(Struct, frozen=True):
    """An agent has looked (or wants it unread again)."""

    read: bool = True
    to: int = 0
    """Newest entry that was seen, by its sequence: what came after it stays unread. 0 means everything."""


class Merge(Struct, frozen=True):
    """Fold this ticket into another; its number goes on resolving."""

    into: TicketId


class Link(Struct, frozen=True):
    """Tie two tickets together."""

    to: TicketId
    relation: str = "related"


class Escalate(Struct, frozen=True):
    """Open a linked task with a specialist team; the owner keeps the customer."""

    team: TeamId
    summary: str
    fields: tuple[tuple[str, str], ...] = ()
    """Facts the target requires, e.g. ("txid", "…")."""
    overrides: tuple[Override, ...] = ()


class ReturnTask(Struct, frozen=True):
    """The specialist hands a task back with the finding; the owner is alerted."""

    finding: str
    overrides: tuple[Override, ...] = ()


class MakePromise(Struct, frozen=True):
    """Record what the customer was told and by when."""

    text: str
    due_at: datetime
    overrides: tuple[Override, ...] = ()


class SettlePromise(Struct, frozen=True):
    """Mark a promise kept."""

    promise: str


FollowUp: TypeAlias = (
    Assign | Transfer | SetStatus | SetPriority | Tag | SetField | Snooze | Watch | Escalate | MakePromise | SettlePromise
)
"""Changes a reply or note may carry: applied with it, or not at all, where the backend can."""


class Reply(Struct, frozen=True):
    """Words the customer will read."""

    body: str
    then: tuple[FollowUp, ...] = ()
    attachments: tuple[AttachmentId, ...] = ()
    cc: tuple[str, ...] = ()
    language: str = ""
    macro: str = ""
    """Id of the macro the text came from, for the statistics."""
    overrides: tuple[Override, ...] = ()
    seen: int = 0
    """Newest entry the agent had read (`Entry.seq`); a backend that can refuses when others have spoken since. 0: not said."""
    seen_owner: str | None = None
    """Who had the ticket as far as the agent knew, empty for nobody; a backend that can refuses when another one has it now.
    None: not said."""


def is_taken_over(row: TicketSummary, reply: Reply, me: AgentId | None) -> bool:
    """Whether another agent has a ticket than the writer of a reply to it knew."""
    owner = str(row.owner or "")
    return reply.seen_owner is not None and owner not in {"", reply.seen_owner, str(me or "")}


class Note(Struct, frozen=True):
    """Words the customer will never read."""

    body: str
    then: tuple[FollowUp, ...] = ()
    attachments: tuple[AttachmentId, ...] = ()
    mentions: tuple[AgentId, ...] = ()
    overrides: tuple[Override, ...] = ()


class Create(Struct, frozen=True):
    """Open a new ticket for a customer; the ticket id of the change is empty."""

    customer: str
    channel: Channel
    category: str
    subject: str
    body: str
    overrides: tuple[Override, ...] = ()


class SetAgentState(Struct, frozen=True):
    """Say whether work may reach me; not about a ticket."""

    state: str


class Undo(Struct, frozen=True):
    """Take back what an earlier change of ours did."""

    key: ChangeKey


Change: TypeAlias = FollowUp | Reply | Note | MarkRead | Merge | Link | ReturnTask | Create | SetAgentState | Undo


class Outcome(Struct, frozen=True):
    """What became of a bulk change on one ticket."""

    ticket: TicketId
    done: bool
    reason: str = ""
    """Why not; a message that can be shown."""
    version: int | None = None


class Applied(Struct, frozen=True):
    """The backend took a change."""

    key: ChangeKey
    ticket: TicketId | None
    version: int | None
    """The ticket's version after it, where the backend has versions."""
    says: str = ""
    """What was done or undone, in the backend's words, already safe."""
    entry: str = ""
    """Id of the entry it made."""
    outcomes: tuple[Outcome, ...] = ()
    """What became of each ticket, where it was about many: a bulk change that was taken back."""
