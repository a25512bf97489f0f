"""Who should take a ticket, and which ticket comes next: simple sums that explain themselves."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.people import Agent, AgentState, Role
from supportdesk_tui.domain.sla import ClockLevel, reading
from supportdesk_tui.domain.ticket import Phase, TicketSummary

SKILLS: dict[str, tuple[str, ...]] = {
    "USE": ("general",),
    "TEC": ("tech",),
    "FND": ("wallet", "finance"),
    "DEP": ("wallet",),
    "SEC": ("security",),
    "FRZ": ("risk", "compliance"),
    "KYC": ("kyc",),
    "ACC": ("security", "kyc"),
    "TRD": ("derivatives",),
    "EMG": ("derivatives",),
    "P2P": ("p2p",),
    "FIA": ("finance",),
    "API": ("api",),
    "EAR": ("product",),
    "PRO": ("marketing",),
    "CMP": ("lead",),
    "FBK": ("product",),
    "LEG": ("compliance",),
}
"""Category → the skills that answer it; other categories need none."""
_STATES = {
    AgentState.AVAILABLE: 0,
    AgentState.WRAP_UP: 1,
    AgentState.BUSY: 2,
    AgentState.BREAK: 3,
    AgentState.TRAINING: 4,
    AgentState.AWAY: 5,
    AgentState.OFFLINE: 6,
}
_REACHABLE = frozenset({AgentState.AVAILABLE, AgentState.WRAP_UP, AgentState.BUSY})
_CLOCK_SCORES = {
    ClockLevel.LATE: 60,
    ClockLevel.NEAR: 45,
    ClockLevel.SOON: 25,
    ClockLevel.CALM: 10,
    ClockLevel.NONE: 0,
    ClockLevel.PAUSED: -40,
}


class Fit(Struct, frozen=True):
    """How well an agent fits a ticket."""

    agent: Agent
    score: int
    why: str
    """`zh+wallet 2, load 3/6`: language, skill and level, work already held."""
    can_take: bool
    """Reachable and below capacity; others stand below every one who can."""


_NO_TICKETS = frozenset({Role.AUDITOR, Role.ADMIN})
"""Roles that answer no customers."""


def best_fit(ticket: TicketSummary, agents: Iterable[Agent], me: AgentId | None = None) -> tuple[Fit, ...]:
    """Agents from best to worst for a ticket, without its owner and us; equal ones by load, then name."""
    fits = [_fit(ticket, agent) for agent in agents if agent.id not in {ticket.owner, me} and agent.role not in _NO_TICKETS]
    return tuple(sorted(fits, key=lambda fit: (not fit.can_take, -fit.score, fit.agent.load, fit.agent.name, fit.agent.id)))


def load_of(agent: Agent) -> str:
    """Work held and how much it may be; nothing where the backend does not say."""
    return f"{agent.load}/{agent.capacity}" if agent.capacity else ""


def _fit(ticket: TicketSummary, agent: Agent) -> Fit:
    can_take = agent.state in _REACHABLE and agent.load < agent.capacity
    words, score = [], 0
    if ticket.language and ticket.language in agent.languages:
        score += 40
        words.append(ticket.language)
    skill, level = best_skill(ticket, agent)
    if level:
        score += 10 * level
        words.append(f"{skill} {level}")
    if ticket.team is not None and ticket.team in agent.teams:
        score += 15
    free = max(0, agent.capacity - agent.load) / max(1, agent.capacity)
    score += round(20 * free) - 8 * _STATES[agent.state]
    load = (f"load {load_of(agent)}",) if load_of(agent) else ()
    state = () if agent.state is AgentState.AVAILABLE else (agent.state.value,)
    return Fit(agent, score, ", ".join(("+".join(words), *load, *state) if words else (*load, *state)), can_take)


def best_skill(ticket: TicketSummary, agent: Agent) -> tuple[str, int]:
    """The agent's best skill for the ticket's category and its level; level 0 when there is none."""
    wanted = SKILLS.get(ticket.category, ())
    return max(((name, level) for name, level in agent.skills if name in wanted), key=lambda one: one[1], default=("", 0))


def next_best(rows: Sequence[TicketSummary], me: Agent | None, now: datetime) -> tuple[TicketSummary, str] | None:
    """The row that matters most to us now, and why; rows of other owners and rows that wait for others are left out."""
    ours = me.id if me else None
    waiting = [row for row in rows if row.status.phase in {Phase.NEW, Phase.OPEN} and row.owner in {None, ours}]
    if not waiting:
        return None
    scored = [(*_urgency(row, me, now), row) for row in waiting]
    _, why, row = min(scored, key=lambda one: (-one[0], one[2].created_at, one[2].number))
    return row, why


def _urgency(row: TicketSummary, me: Agent | None, now: datetime) -> tuple[int, str]:
    clock = reading(row.clock, now)
    score, words = _CLOCK_SCORES[clock.level], []
    if clock.level not in {ClockLevel.NONE, ClockLevel.PAUSED}:
        minutes = round(abs(clock.left.total_seconds()) / 60)
        words.append(f"{minutes}m late" if clock.level is ClockLevel.LATE else f"{minutes}m left")
    score += 10 * (4 - row.priority)
    words.append(f"P{row.priority.value}")
    if me is not None:
        score, words = _suits(row, me, score, words)
    if row.open_promises:
        score += 12
        words.append("promise")
    return score, ", ".join(words)


def _suits(row: TicketSummary, me: Agent, score: int, words: list[str]) -> tuple[int, list[str]]:
    if row.owner == me.id:
        score, words = score + 15, [*words, "yours"]
    if row.language and row.language in me.languages:
        score, words = score + 10, [*words, row.language]
    skill, level = best_skill(row, me)
    return (score + 4 * level, [*words, f"{skill} {level}"]) if level else (score, words)
