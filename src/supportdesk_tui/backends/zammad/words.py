"""What Zammad calls things, and what they mean here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.domain.ticket import Channel, Phase, Priority, Status
from supportdesk_tui.text.secrets import admit_line

NOBODY = "1"
"""The system user, who owns what nobody owns."""
NEW, OPEN, REMINDER, ACTION, CLOSED, MERGED, REMOVED = range(1, 8)
"""Kinds of states by `state_type_id` as the product is set up; no route lists them."""
_KINDS = {
    "new": NEW,
    "open": OPEN,
    "pending reminder": REMINDER,
    "pending close": ACTION,
    "closed": CLOSED,
    "merged": MERGED,
    "removed": REMOVED,
}
_PHASES = {
    NEW: Phase.NEW,
    OPEN: Phase.OPEN,
    REMINDER: Phase.PENDING,
    ACTION: Phase.PENDING,
    CLOSED: Phase.SOLVED,
    MERGED: Phase.CLOSED,
    REMOVED: Phase.CLOSED,
}
ARTICLE_TYPES = {
    "1": "email",
    "2": "sms",
    "3": "chat",
    "4": "fax",
    "5": "phone",
    "6": "twitter status",
    "7": "twitter direct-message",
    "8": "facebook feed post",
    "9": "facebook feed comment",
    "10": "note",
    "11": "web",
    "12": "telegram personal-message",
    "13": "whatsapp message",
}
"""Kinds of articles as the product numbers them; a row that names its kind is believed before."""
CHANNELS = {
    "email": Channel.EMAIL,
    "chat": Channel.CHAT,
    "phone": Channel.PHONE,
    "web": Channel.TICKET,
    "twitter status": Channel.SOCIAL,
    "twitter direct-message": Channel.SOCIAL,
    "facebook feed post": Channel.SOCIAL,
    "facebook feed comment": Channel.SOCIAL,
    "telegram personal-message": Channel.SOCIAL,
    "whatsapp message": Channel.SOCIAL,
}
PUBLIC = frozenset({"twitter status", "facebook feed post", "facebook feed comment"})
"""Anyone can read these."""
AGENT, CUSTOMER, SYSTEM = 1, 2, 3
"""Who speaks in an article, by `sender_id`."""
_SPREAD: dict[int, tuple[Priority, ...]] = {
    1: (Priority.P3,),
    2: (Priority.P3, Priority.P1),
    3: (Priority.P4, Priority.P3, Priority.P1),
    4: (Priority.P4, Priority.P3, Priority.P2, Priority.P1),
}
"""So many priorities of the product, from low to high, and what they count as."""


@dataclass(frozen=True, slots=True)
class State:
    """One state of the admin's list."""

    id: str
    kind: int
    """One of `NEW` … `REMOVED`."""
    status: Status
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Ranked:
    """One priority of the admin's list."""

    rank: Priority
    is_active: bool = True
    """Tickets can be given it; those that have another keep it."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What reading and asking depend on beside the ticket: learnt at sign-in."""

    me: AgentId | None = None
    my_teams: tuple[TeamId, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    """Names by id."""
    states: Mapping[str, State] = field(default_factory=dict)
    priorities: Mapping[str, Ranked] = field(default_factory=dict)

    def state(self, number: str, name: str = "") -> State:
        """A state by its id; one never met counts as its name says, or as open, and so stays in sight."""
        known = self.states.get(number)
        return known or to_state(number, 0, name or f"state {number}", is_snooze=False)

    def state_named(self, name: str) -> State | None:
        """A state one can set, by its name."""
        return next((one for one in self.states.values() if one.status.name == name and one.is_active), None)

    @property
    def snoozing(self) -> State | None:
        """The state a sleeping ticket is in."""
        return next((one for one in self.states.values() if one.status.phase is Phase.SNOOZED), None)

    def priority_id(self, wanted: Priority) -> str | None:
        """The product's priority for one of ours: the same, or the nearest, of two equally near the more urgent."""
        ranks = {number: one.rank for number, one in self.priorities.items() if one.is_active}
        return min(ranks, key=lambda one: (abs(ranks[one] - wanted), ranks[one]), default=None)

    def rank(self, number: str) -> Priority:
        """What a priority counts as."""
        known = self.priorities.get(number)
        return known.rank if known else Priority.P3


def to_state(number: str, kind: int, name: str, *, is_snooze: bool, is_active: bool = True) -> State:
    """A state with its meaning: by its kind, else by its usual name, else open."""
    kind = kind if kind in _PHASES else _KINDS.get(name.casefold(), OPEN)
    phase = Phase.SNOOZED if is_snooze else _PHASES[kind]
    return State(number, kind, Status(name, phase, admit_line(name)), is_active)


def to_states(rows: Sequence[Node]) -> dict[str, State]:
    """The admin's states. The first that reminds is the one to sleep in; others of its kind wait for somebody."""
    reminders = [one.number("id") for one in rows if one.number("state_type_id") == REMINDER and _is_active(one)]
    snooze = min(reminders, default=0)
    return {
        one.text("id"): to_state(
            one.text("id"),
            one.number("state_type_id"),
            one.text("name"),
            is_snooze=one.number("id") == snooze,
            is_active=_is_active(one),
        )
        for one in rows
        if one.text("id")
    }


def _is_active(row: Node) -> bool:
    return row.at("active").value is not False


def to_priorities(rows: Iterable[Node]) -> dict[str, Ranked]:
    """The admin's priorities, which are only names: those in use are put in order by the number they begin with."""
    rows = [one for one in rows if one.text("id")]
    known = sorted((one for one in rows if _is_active(one)), key=_urgency)
    spread = _SPREAD.get(len(known), (Priority.P4,) * (len(known) - 3) + (Priority.P3, Priority.P2, Priority.P1))
    ranks = {one.text("id"): rank for one, rank in zip(known, spread, strict=False)}
    return {one.text("id"): Ranked(ranks.get(one.text("id"), Priority.P3), one.text("id") in ranks) for one in rows}


def _urgency(row: Node) -> tuple[int, int]:
    first = row.text("name").split(" ", 1)[0]
    return (int(first) if first.isascii() and first.isdecimal() else 1_000, row.number("id"))


def article_type(row: Node, name: str = "type") -> str:
    """What kind of article it is."""
    return row.text(name) or ARTICLE_TYPES.get(row.text(f"{name}_id"), "")


def channel_of(kind: str) -> Channel:
    """How a customer who writes like this reaches us."""
    return CHANNELS.get(kind, Channel.OTHER)
