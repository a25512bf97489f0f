"""How the desk stands when the shift begins: what waits, for how long, and the demo agent's own queue."""

import random
from dataclasses import dataclass

from supportdesk_tui.server.floor.sla import deadline
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import CATEGORIES, DAY, HOUR, MINUTE

STATES = {
    "unanswered": 24, "asked_again": 20, "answered": 16, "waiting_customer": 18, "waiting_internal": 6,
    "waiting_third_party": 6, "snoozed": 6, "waiting_human": 3, "bot": 1,
}  # fmt: skip
CUSTOMERS_TURN = frozenset({"unanswered", "asked_again", "waiting_human", "bot"})
FIRST_TURN = frozenset({"unanswered", "waiting_human", "bot"})
HEATS = {"late": 2, "near": 6, "soon": 24, "calm": 68}
EASE = 36 * MINUTE
"""A clock with more than this left is nobody's worry yet."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One ticket wanted on the desk."""

    language: str
    category: str
    channel: str
    state: str
    heat: str = "calm"
    plot: str = ""
    owner: str = ""
    priority: int = 0


MINE = (
    Slot("zh", "FND", "chat", "asked_again", "late", "review", "a1"),
    Slot("zh", "ACC", "chat", "asked_again", "near", "lost_app", "a1"),
    Slot("zh", "DEP", "ticket", "asked_again", "near", "credit", "a1"),
    Slot("en", "FND", "email", "asked_again", "soon", "signing", "a1"),
    Slot("zh", "P2P", "chat", "asked_again", "near", "", "a1"),
    Slot("zh", "DEP", "email", "asked_again", "calm", "long_credit", "a1"),
    Slot("zh", "KYC", "ticket", "answered", "calm", "blur", "a1"),
    Slot("zh", "TEC", "inapp", "asked_again", "calm", "", "a1"),
    Slot("en", "API", "ticket", "waiting_customer", "calm", "", "a1"),
    Slot("zh", "DEP", "chat", "waiting_customer", "calm", "memo", "a1"),
    Slot("zh", "SEC", "chat", "waiting_internal", "calm", "intrusion", "a1"),
)
"""Li Wei's queue: one late, three near, the rest calm, two of them paused; room for one more before it is full."""
FLOOR = (
    Slot("en", "FND", "email", "asked_again", "calm", "long_review", "a6"),
    Slot("en", "API", "ticket", "asked_again", "calm", "long_log", "a6"),
    Slot("zh", "TRD", "chat", "asked_again", "late", "", "a3"),
    Slot("es", "FIA", "email", "asked_again", "late", "bank_in", "a5"),
    Slot("zh", "FND", "chat", "unanswered", "near", "review"),
    Slot("zh", "DEP", "chat", "unanswered", "near", "credit"),
    Slot("en", "DEP", "ticket", "unanswered", "near", "credit"),
    Slot("zh", "USE", "email", "unanswered", "late"),
    Slot("zh", "KYC", "ticket", "unanswered", "soon", "blur"),
    Slot("zh", "KYC", "email", "unanswered", "calm", "pending"),
    Slot("en", "FIA", "email", "unanswered", "calm", "bank_in"),
    Slot("zh", "EAR", "ticket", "unanswered", "soon"),
)
"""The long conversations, and what a first-line agent sees first among the unassigned."""


def draw_state(rng: random.Random, live_share: float) -> tuple[str, str]:
    """A state and how hot its clock is."""
    if rng.random() >= live_share:
        return "solved", "calm"
    state = rng.choices(list(STATES), list(STATES.values()))[0]
    if state not in CUSTOMERS_TURN:
        return state, rng.choice(("calm", "calm", "calm", "soon"))
    return state, rng.choices(list(HEATS), list(HEATS.values()))[0]


def place(ticket: Ticket, state: str, heat: str, rng: random.Random, now: int) -> str:
    """Set when it was opened and last spoken on, so that its clock stands as drawn; the state that allows it."""
    if state == "solved":
        ticket.opened_at = ticket.created_at = now - rng.randrange(2 * HOUR, 60 * DAY)
        return state
    if heat in {"calm", "soon"}:
        state = next((one for one in (state, "asked_again", "answered") if _is_easy(ticket, one)), "waiting_customer")
    span = _span(ticket, state) or 3 * DAY
    behind = int(span * _used(heat, span, rng))
    if state == "asked_again":
        ticket.turn_at = now - behind
        resolve = CATEGORIES[ticket.category].resolve or DAY
        ticket.opened_at = ticket.turn_at - rng.randrange(10 * MINUTE, max(11 * MINUTE, min(2 * HOUR, resolve // 6)))
    else:
        ticket.opened_at = now - behind
    ticket.created_at = ticket.opened_at
    return state


def _span(ticket: Ticket, state: str) -> int | None:
    policy = CATEGORIES[ticket.category]
    if state in FIRST_TURN:
        return deadline(policy.first, ticket, policy, response=True, first=True)
    if state == "asked_again":
        return deadline(policy.next, ticket, policy, response=True) if policy.next else None
    return deadline(policy.resolve, ticket, policy, response=False) if policy.resolve else 3 * DAY


def _is_easy(ticket: Ticket, state: str) -> bool:
    """Whether the clock of this state can have plenty of time left."""
    if state in {"waiting_customer", "snoozed", "bot"}:
        return True
    span, resolve = _span(ticket, state), _span(ticket, "answered")
    enough = resolve is not None and resolve >= (4 * HOUR if state == "asked_again" else 2 * EASE)
    return span is not None and span > 1.1 * EASE and enough


def _used(heat: str, span: int, rng: random.Random) -> float:
    """How much of the time is gone."""
    if heat == "late":
        return rng.uniform(1.03, 1.3)
    if heat == "near":
        return 1 - rng.uniform(5, 26) * MINUTE / span if span > 30 * MINUTE else rng.uniform(0.35, 0.7)
    most = max(0.03, 1 - EASE / span)
    return rng.uniform(min(0.5, most), min(0.8, most)) if heat == "soon" else rng.uniform(0.02, min(0.45, most))
