"""What Chatwoot calls things, and what they mean here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.people import AgentState, Role
from supportdesk_tui.domain.ticket import Channel, Phase, Priority

PHASES = {"open": Phase.OPEN, "pending": Phase.PENDING, "snoozed": Phase.SNOOZED, "resolved": Phase.SOLVED}
"""The statuses there are; nobody can add to them."""
TITLES = {"open": "Open", "pending": "Pending", "snoozed": "Snoozed", "resolved": "Resolved"}
PRIORITIES = {"urgent": Priority.P1, "high": Priority.P2, "medium": Priority.P3, "low": Priority.P4}
"""A conversation without a priority counts as the lowest: Chatwoot sorts it after `low`."""
WRITTEN = {priority: name for name, priority in PRIORITIES.items()}
EMAIL = "Channel::Email"
CHANNELS = {
    EMAIL: Channel.EMAIL,
    "Channel::WebWidget": Channel.CHAT,
    "Channel::Whatsapp": Channel.CHAT,
    "Channel::Sms": Channel.CHAT,
    "Channel::TwilioSms": Channel.CHAT,
    "Channel::Telegram": Channel.CHAT,
    "Channel::Line": Channel.CHAT,
    "Channel::FacebookPage": Channel.SOCIAL,
    "Channel::Instagram": Channel.SOCIAL,
    "Channel::TwitterProfile": Channel.SOCIAL,
    "Channel::Tiktok": Channel.SOCIAL,
    "Channel::Voice": Channel.PHONE,
}
STATES = {"online": AgentState.AVAILABLE, "busy": AgentState.BUSY, "offline": AgentState.OFFLINE}
SHOWN_AS = {AgentState.AVAILABLE: "online", AgentState.OFFLINE: "offline"}
"""Every other state is `busy`: Chatwoot knows three."""
ROLES = {"administrator": Role.ADMIN}


class Inbox(NamedTuple):
    """Where conversations come in."""

    name: str
    channel: str
    """As Chatwoot names it, e.g. `Channel::Email`."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What reading and asking depend on beside the conversation: learnt at sign-in and from the directory."""

    me: AgentId | None = None
    my_name: str = ""
    my_email: str = ""
    my_teams: tuple[TeamId, ...] = ()
    agents: Mapping[AgentId, str] = field(default_factory=dict)
    """Names by id."""
    teams: Mapping[str, str] = field(default_factory=dict)
    """Names by id."""
    inboxes: Mapping[str, Inbox] = field(default_factory=dict)
    """By id."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Names of the account's own attributes of conversations, by key."""


def channel_of(kind: str) -> Channel:
    """What a kind of inbox counts as."""
    return CHANNELS.get(kind, Channel.OTHER)
