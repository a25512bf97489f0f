"""What Chatwoot broadcasts, sorted by what it means; pure and total: what is not known means nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from supportdesk_tui.backends.chatwoot import mapping
from supportdesk_tui.backends.chatwoot.cable import Beat, Broadcast
from supportdesk_tui.backends.chatwoot.words import STATES
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.feed import Activity, PresenceChanged
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.safe import NO_TEXT, SafeText, sanitize_line

ASSIGNED, MENTIONED = "assignee.changed", "conversation.mentioned"
_TYPING = {"conversation.typing_on": True, "conversation.typing_off": False}
_ABOUT_ROWS = ("conversation.", "assignee.", "team.")
_GONE = "conversation.deleted"


@dataclass(slots=True)
class Heap:
    """What one read of the socket brought about one account."""

    beats: list[datetime | None] = field(default_factory=list)
    rows: list[tuple[str, Node]] = field(default_factory=list)
    """Conversations as they stand now, each with the event that says so."""
    said: list[tuple[TicketId, Node]] = field(default_factory=list)
    """New messages."""
    amended: list[tuple[TicketId, Node]] = field(default_factory=list)
    """Messages that are something else now: delivered, failed, taken back."""
    gone: list[tuple[TicketId, Node]] = field(default_factory=list)
    """Conversations that were deleted."""
    typing: list[PresenceChanged] = field(default_factory=list)
    states: dict[AgentId, AgentState] | None = None
    """Agents who are there; everybody else is away."""

    def stale(self) -> set[TicketId]:
        """Conversations of which more is said than how they stand now: they must be read."""
        known = {row.text("id"): row.number("last_activity_at") for _, row in self.rows if row.when("updated_at")}
        unread = {TicketId(row.text("id")) for _, row in self.rows if not row.when("updated_at")}
        return unread | {ticket for ticket, row in self.said if known.get(ticket, -1) < row.number("created_at")}


def sort(received: Iterable[Broadcast | Beat], account: str) -> Heap:
    """Everything that was received, what belongs to other accounts left out."""
    heap = Heap()
    for one in received:
        if isinstance(one, Beat):
            heap.beats.append(one.at)
        elif one.data.text("account_id") == account:
            _sort_one(heap, one.event, one.data)
    return heap


def _sort_one(heap: Heap, event: str, data: Node) -> None:
    ticket = TicketId(data.text("conversation_id"))
    if event in _TYPING:
        heap.typing += _typing(data, is_on=_TYPING[event])
    elif event == "presence.update":
        heap.states = {AgentId(agent): STATES.get(state.text(), AgentState.OFFLINE) for agent, state in data.pairs("users")}
    elif event == "message.created" and ticket and data.text("id"):
        heap.said.append((ticket, data))
    elif event == "message.updated" and ticket and data.text("id"):
        heap.amended.append((ticket, data))
    elif event == _GONE and data.text("id"):
        heap.gone.append((TicketId(data.text("id")), data))
    elif event.startswith(_ABOUT_ROWS) and data.text("id") and data.text("status"):
        heap.rows.append((event, data))


def _typing(data: Node, *, is_on: bool) -> Iterable[PresenceChanged]:
    """Which agent types where; a customer who types is nobody of ours."""
    user, ticket = data.at("user"), TicketId(data.text("conversation", "id"))
    if ticket and user.text("id") and user.text("type") == "user":
        typing = Activity.TYPING_NOTE if data.flag("is_private") else Activity.TYPING
        activity = typing if is_on else Activity.GONE
        yield PresenceChanged(ticket, AgentId(user.text("id")), mapping.agent_name(user), activity)


def actor_of(data: Node) -> AgentId | None:
    """The agent whose doing it is, where Chatwoot says so."""
    is_agent = data.text("performer", "type") == "user"
    return AgentId(data.text("performer", "id")) if is_agent and data.text("performer", "id") else None


def says(event: str, row: Node, ticket: TicketSummary, me: AgentId | None) -> SafeText:
    """What the signed-in agent must be told of an event; nothing of what they did themselves."""
    actor = actor_of(row)
    if me is None or actor == me:
        return NO_TEXT
    by = mapping.agent_name(row.at("performer")) if actor else NO_TEXT
    if event == ASSIGNED and ticket.owner == me:
        return sanitize_line(f"assigned to you by {by}" if by else "assigned to you")
    if event == MENTIONED:
        return sanitize_line(f"{by} mentioned you" if by else "you were mentioned")
    return NO_TEXT
