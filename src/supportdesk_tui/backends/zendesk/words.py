"""What Zendesk calls things, and what they mean here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.people import Agent, AgentState
from supportdesk_tui.domain.ticket import Channel, Phase, Priority, Status
from supportdesk_tui.text.safe import SafeText, sanitize_line

API = "/api/v2"
PHASES = {
    "new": Phase.NEW,
    "open": Phase.OPEN,
    "pending": Phase.PENDING,
    "hold": Phase.ON_HOLD,
    "solved": Phase.SOLVED,
    "closed": Phase.CLOSED,
}
TITLES = {"new": "New", "open": "Open", "pending": "Pending", "hold": "On-hold", "solved": "Solved", "closed": "Closed"}
PRIORITIES = {"urgent": Priority.P1, "high": Priority.P2, "normal": Priority.P3, "low": Priority.P4}
"""A ticket without a priority counts as low."""
WRITTEN = {priority: name for name, priority in PRIORITIES.items()}
CHANNELS = {
    "email": Channel.EMAIL,
    "mail": Channel.EMAIL,
    "chat": Channel.CHAT,
    "native_messaging": Channel.CHAT,
    "messaging": Channel.CHAT,
    "sms": Channel.CHAT,
    "web": Channel.TICKET,
    "web_widget": Channel.TICKET,
    "web_form": Channel.TICKET,
    "api": Channel.TICKET,
    "rule": Channel.TICKET,
    "voice": Channel.PHONE,
    "phone": Channel.PHONE,
    "twitter": Channel.SOCIAL,
    "facebook": Channel.SOCIAL,
    "whatsapp": Channel.SOCIAL,
    "any_channel": Channel.SOCIAL,
    "help_center_post": Channel.FORUM,
    "mobile": Channel.INAPP,
    "mobile_sdk": Channel.INAPP,
}
"""`via.channel`; any other is `OTHER`."""
STATES = {2: AgentState.OFFLINE, 3: AgentState.AVAILABLE, 4: AgentState.AWAY, 5: AgentState.BUSY}
"""Zendesk's own agent statuses; 5 takes transfers only. An account may have more: they count by what they are called."""
STATE_NUMBERS = {
    AgentState.OFFLINE: 2,
    AgentState.AVAILABLE: 3,
    AgentState.AWAY: 4,
    AgentState.BREAK: 4,
    AgentState.TRAINING: 4,
    AgentState.BUSY: 5,
    AgentState.WRAP_UP: 5,
}


def default_statuses() -> dict[str, Status]:
    """The statuses of an account without statuses of its own."""
    return {name: Status(name, phase, sanitize_line(TITLES[name])) for name, phase in PHASES.items()}


@dataclass(frozen=True, slots=True)
class Field:
    """A ticket field of the account."""

    number: str
    title: SafeText
    kind: str
    """`text`, `tagger`, `multiselect`, `checkbox`, `integer`, `date` …"""
    is_required: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """Titles by the value that is written."""

    def written(self, value: str) -> Any:
        """A value as the API wants it; an option may be named by its title."""
        by_title = {title: one for one, title in self.options.items()}
        if not value:
            return None
        if self.kind == "checkbox":
            return value.casefold() in {"1", "true", "yes"}
        if self.kind == "multiselect":
            parts = [part.strip() for part in value.split(",") if part.strip()]
            return [by_title.get(part, part) for part in parts]
        if self.kind == "integer" and value.lstrip("-").isdecimal():
            return int(value)
        return by_title.get(value, value)


@dataclass(frozen=True, slots=True)
class Lens:
    """What reading and asking depend on beside the ticket: learnt at sign-in, from the directory and from sideloads."""

    me: Agent | None = None
    agents: Mapping[AgentId, Agent] = field(default_factory=dict)
    """Who may own tickets, by id."""
    groups: Mapping[TeamId, str] = field(default_factory=dict)
    """Names by id."""
    statuses: Mapping[str, Status] = field(default_factory=default_statuses)
    """By the name this client gives them."""
    status_numbers: Mapping[str, str] = field(default_factory=dict)
    """`custom_status_id` by the same name, where the account has statuses of its own."""
    status_names: Mapping[str, str] = field(default_factory=dict)
    """Names by `custom_status_id`."""
    fields: Mapping[str, Field] = field(default_factory=dict)
    """Ticket fields an agent may fill, by their number."""
    forms: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Numbers of the fields of each ticket form."""
    state_names: Mapping[int, str] = field(default_factory=dict)
    """Names of agent statuses by number."""
    has_states: bool = False
    """The account has omnichannel routing, which knows who is available."""
    people: Mapping[str, tuple[SafeText, str]] = field(default_factory=dict)
    """Name and role of users met so far, by id; kept small."""

    def name(self, person: str) -> SafeText:
        """What somebody is called; the number where nobody said."""
        known = self.people.get(person)
        if known is not None:
            return known[0]
        agent = self.agents.get(AgentId(person))
        return agent.name if agent is not None else sanitize_line(f"#{person}" if person else "")

    def is_agent(self, person: str) -> bool | None:
        """Whether somebody answers here; None when it is not known."""
        if AgentId(person) in self.agents or (self.me is not None and self.me.id == person):
            return True
        known = self.people.get(person)
        return known[1] in {"agent", "admin"} if known is not None and known[1] else None

    def state(self, number: int, name: str) -> AgentState:
        """What an agent status means; one of the account's own counts by its name, or as busy."""
        if number in STATES:
            return STATES[number]
        said = name.casefold()
        return next((state for state in AgentState if state.value.replace("_", " ") in said), AgentState.BUSY)
