"""What Request Tracker calls things, and what they mean here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.ticket import LIVE_PHASES, Phase, Priority

NOBODY = "Nobody"
NOBODYS = "6"
"""The number of nobody, in every RT."""
PHASES = {
    "new": Phase.NEW,
    "open": Phase.OPEN,
    "stalled": Phase.PENDING,
    "pending": Phase.PENDING,
    "waiting": Phase.PENDING,
    "on-hold": Phase.ON_HOLD,
    "on hold": Phase.ON_HOLD,
    "resolved": Phase.SOLVED,
    "solved": Phase.SOLVED,
    "closed": Phase.CLOSED,
    "rejected": Phase.CLOSED,
    "deleted": Phase.CLOSED,
}
"""Usual names in lifecycles; any other name means open while RT counts it as active, and solved after that."""
LIFECYCLES = {"default": ("new", "open", "stalled", "resolved", "rejected")}
"""Statuses of the lifecycle every RT has; REST 2 lists none, so those of others are learnt from tickets."""
FLOORS = ((75, Priority.P1), (50, Priority.P2), (25, Priority.P3))
"""RT's priority is a number, 0 to 100 by custom; from so much on it counts as that urgent here."""
WRITTEN = {Priority.P1: 90, Priority.P2: 60, Priority.P3: 35, Priority.P4: 10}
TAGS = "Tags"
"""By custom, the custom field of many values that holds tags."""


def priority_of(number: int) -> Priority:
    """What a number means."""
    return next((priority for floor, priority in FLOORS if number >= floor), Priority.P4)


def phase_of(status: str, *, is_active: bool) -> Phase:
    """What a status means."""
    usual = PHASES.get(status.casefold())
    if usual is not None and (usual in LIVE_PHASES) is is_active:
        return usual
    return Phase.OPEN if is_active else Phase.SOLVED


@dataclass(frozen=True, slots=True)
class Lens:
    """What reading and asking depend on beside the ticket: learnt at sign-in and from the directory."""

    me: AgentId | None = None
    agents: frozenset[AgentId] = frozenset()
    """Who answers: RT does not tell agents which of the others are privileged."""
    queues: Mapping[str, str] = field(default_factory=dict)
    """Names by number."""
    lifecycles: Mapping[str, str] = field(default_factory=dict)
    """Of queues, by their number."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Agents' names by number: history tells owners by number."""
    phases: Mapping[str, Phase] = field(default_factory=dict)
    """Of every status known so far."""
    tags: str = TAGS
    """Name of the custom field that holds tags; empty when there is none."""
    number: str = ""
    """Our own number: who becomes owner is told by number."""
    zone: str = ""
    """The agent's time zone in RT; RT reads dates in it."""

    def queue_number(self, name: str) -> str:
        """A queue's number by its name, or by its number; empty when there is none."""
        if name in self.queues:
            return name
        return next((number for number, title in self.queues.items() if title.casefold() == name.casefold()), "")

    def phase(self, status: str) -> Phase:
        """What a status means; one never met counts as its name says, or as open, and so stays in sight."""
        return self.phases.get(status) or PHASES.get(status.casefold(), Phase.OPEN)
