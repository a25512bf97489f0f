"""The deadlines of a ticket: which clock runs, since when, until when. Pure; computed at every change and stored."""

from supportdesk_tui.server.floor.ticket import NEVER, PRIORITY_STEP, Ticket
from supportdesk_tui.server.floor.words import CATEGORIES, MINUTE, STATUSES, Category

PRIORITY_FACTOR = {1: 0.5, 2: 1.0, 3: 2.0, 4: 4.0}
CHANNEL_FACTOR = {"chat": 1.0, "phone": 1.0, "inapp": 2.0, "ticket": 4.0, "email": 4.0, "social": 4.0, "forum": 8.0}
"""How much longer people accept to wait for an answer where nobody expects it at once."""
FLOOR_MS = MINUTE


def deadline(span: int, ticket: Ticket, policy: Category, *, response: bool, first: bool = False) -> int:
    """How long a target may take for this ticket, in milliseconds."""
    factor = PRIORITY_FACTOR[ticket.priority]
    if response and not policy.always_on:
        factor *= CHANNEL_FACTOR.get(ticket.channel, 1.0)
    if first and ticket.tier != "Regular":
        factor *= 0.5
    return max(FLOOR_MS, int(span * factor))


def running(ticket: Ticket) -> tuple[str, int | None, int | None, bool]:
    """The clock that decides next: kind, started, due, paused."""
    policy = CATEGORIES.get(ticket.category, CATEGORIES["USE"])
    if STATUSES[ticket.status].phase in {"solved", "closed"} or ticket.status == "bot":
        return "none", None, None, False
    clocks: list[tuple[int, str, int]] = []
    if ticket.human_at is None:
        clocks.append(
            (ticket.opened_at + deadline(policy.first, ticket, policy, response=True, first=True), "first", ticket.opened_at)
        )
    elif ticket.turn_at is not None and policy.next is not None:
        clocks.append((ticket.turn_at + deadline(policy.next, ticket, policy, response=True), "next", ticket.turn_at))
    if policy.resolve is not None:
        due = ticket.opened_at + deadline(policy.resolve, ticket, policy, response=False) + ticket.paused_ms
        clocks.append((due, "resolve", ticket.opened_at))
    if not clocks:
        return "none", None, None, False
    due, kind, start = min(clocks)
    return kind, start, due, ticket.status == "waiting_customer"


def settle(ticket: Ticket, now: int) -> None:
    """Compute every field that follows from the others; called once after each change."""
    phase = STATUSES[ticket.status].phase
    if ticket.status == "waiting_customer":
        ticket.paused_at = ticket.paused_at if ticket.paused_at is not None else now
    elif ticket.paused_at is not None:
        ticket.paused_ms += now - ticket.paused_at
        ticket.paused_at = None
    if phase in {"solved", "closed"}:
        ticket.solved_at = ticket.solved_at if ticket.solved_at is not None else now
    else:
        ticket.solved_at = None
    ticket.phase = phase
    ticket.band = 1 if phase == "snoozed" else 2 if phase in {"solved", "closed"} else 0
    ticket.clock_kind, ticket.clock_start, ticket.clock_due, ticket.clock_paused = running(ticket)
    due = ticket.clock_due
    ticket.clock_key = NEVER if due is None or ticket.clock_paused else due
    ticket.prio_key = ticket.priority * PRIORITY_STEP + ticket.clock_key
