"""Who may do what; the server's word, the client only greys what would be refused."""

from supportdesk_tui.server.floor.ticket import Ticket

READ = frozenset({"search", "articles", "push", "presence", "idempotency"})
BASIC = READ | {
    "note", "take", "status", "tag", "field", "snooze", "watch", "link", "undo", "attach", "agent_state", "read_mark",
}  # fmt: skip
FULL = BASIC | {"reply", "assign", "transfer", "priority", "merge", "escalate", "promise", "create", "bulk"}

PERMISSIONS: dict[str, frozenset[str]] = {
    "trainee": BASIC,
    "l1": FULL,
    "l2": FULL | {"reveal"},
    "specialist": FULL | {"reveal"},
    "lead": FULL | {"reveal"},
    "duty_manager": FULL | {"reveal"},
    "auditor": READ | {"agent_state", "reveal"},
    "admin": FULL | {"reveal"},
}
"""Role → capability names. A trainee's words reach no customer: there is nobody here who could review them first.

Hidden secrets are revealed from the second line on, and to auditors, who check what was done; always with a reason.
"""

LOG_ROLES = frozenset({"lead", "duty_manager", "auditor", "admin"})


def may(role: str, capability: str) -> bool:
    """Whether a role holds a capability."""
    return capability in PERMISSIONS.get(role, frozenset())


def may_read_log(role: str, agent: str, teams: list[str], ticket: Ticket) -> bool:
    """Auditors, leads and admins read every log; others the logs of their own team's tickets and their own."""
    return role in LOG_ROLES or ticket.owner == agent or (ticket.team is not None and ticket.team in teams)
