"""What a desk can do at a backend, in words: for `doctor`, `whoami`, `backends` and docs/backends.md."""

from supportdesk_tui.domain.capabilities import Capability, Session

TITLES: dict[Capability, str] = {
    Capability.REPLY: "reply to customers",
    Capability.NOTE: "internal notes",
    Capability.ASSIGN: "assign to agents",
    Capability.TAKE: "take a ticket",
    Capability.TRANSFER: "transfer to teams",
    Capability.STATUS: "set the status",
    Capability.PRIORITY: "set the priority",
    Capability.TAG: "tags",
    Capability.FIELD: "custom fields",
    Capability.SNOOZE: "snooze",
    Capability.WATCH: "watch a ticket",
    Capability.MERGE: "merge tickets",
    Capability.LINK: "link tickets",
    Capability.ESCALATE: "escalate as a task",
    Capability.PROMISE: "promises",
    Capability.UNDO: "take back when done",
    Capability.CREATE: "open new tickets",
    Capability.BULK: "change many at once",
    Capability.SEARCH: "search",
    Capability.ARTICLES: "knowledge base",
    Capability.ATTACH: "send files",
    Capability.REVEAL: "show hidden secrets",
    Capability.PRESENCE: "see who is looking",
    Capability.PUSH: "news without asking",
    Capability.AGENT_STATE: "my availability",
    Capability.READ_MARK: "read marks",
    Capability.MACROS: "macros kept there",
    Capability.IDEMPOTENCY: "safe to repeat",
    Capability.VERSIONS: "conflicts noticed",
    Capability.ATOMIC: "reply + status as one",
}
"""What each capability is called, in at most 20 columns."""
_ROLE = "your role may not do this"
_PRODUCT = "this product cannot do it"


def reason_of(why: str) -> str:
    """Why a capability is missing, as `Session.lacking` says it, in words."""
    return {"role": _ROLE, "backend": _PRODUCT, "": _PRODUCT}.get(why, why)


def lines_of(session: Session) -> list[tuple[Capability, bool, str]]:
    """Every capability: whether the signed-in agent has it here, and why not."""
    return [(one, one in session.capabilities, reason_of(session.lacking.get(one, ""))) for one in TITLES]


def news_of(session: Session) -> str:
    """How the desk learns what is new."""
    if not session.polling:
        return "the server tells what is new"
    return f"the desk looks for news, at most {session.polling} requests a minute, fewer while it is quiet"
