"""What a desk can do at a backend, in words: for `doctor`, `whoami`, `backends` and docs/backends.md."""

from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.i18n.catalog import _, msg
from supportdesk_tui.ui.vocabulary import own_words

TITLES: dict[Capability, str] = {
    Capability.REPLY: msg("reply to customers"),
    Capability.NOTE: msg("internal notes"),
    Capability.ASSIGN: msg("assign to agents"),
    Capability.TAKE: msg("take a ticket"),
    Capability.TRANSFER: msg("transfer to teams"),
    Capability.STATUS: msg("set the status"),
    Capability.PRIORITY: msg("set the priority"),
    Capability.TAG: msg("tags"),
    Capability.FIELD: msg("custom fields"),
    Capability.SNOOZE: msg("snooze"),
    Capability.WATCH: msg("watch a ticket"),
    Capability.MERGE: msg("merge tickets"),
    Capability.LINK: msg("link tickets"),
    Capability.ESCALATE: msg("escalate as a task"),
    Capability.PROMISE: msg("promises"),
    Capability.UNDO: msg("take back when done"),
    Capability.CREATE: msg("open new tickets"),
    Capability.BULK: msg("change many at once"),
    Capability.SEARCH: msg("search"),
    Capability.ARTICLES: msg("knowledge base"),
    Capability.ATTACH: msg("send files"),
    Capability.REVEAL: msg("show hidden secrets"),
    Capability.PRESENCE: msg("see who is looking"),
    Capability.PUSH: msg("news without asking"),
    Capability.AGENT_STATE: msg("my availability"),
    Capability.READ_MARK: msg("read marks"),
    Capability.MACROS: msg("macros kept there"),
    Capability.IDEMPOTENCY: msg("safe to repeat"),
    Capability.VERSIONS: msg("conflicts noticed"),
    Capability.ATOMIC: msg("reply + status as one"),
}
"""What each capability is called, in at most 20 columns; a message to translate."""
_ROLE = msg("your role may not do this")
_PRODUCT = msg("this product cannot do it")


def reason_of(why: str) -> str:
    """Why a capability is missing, as `Session.lacking` says it, in words."""
    return own_words({"role": _ROLE, "backend": _PRODUCT, "": _PRODUCT}.get(why, why))


def lines_of(session: Session) -> list[tuple[Capability, bool, str]]:
    """Every capability: whether the signed-in agent has it here, and why not."""
    return [(one, one in session.capabilities, reason_of(session.lacking.get(one, ""))) for one in TITLES]


def news_of(session: Session) -> str:
    """How the desk learns what is new."""
    if session.is_pushed:
        return _("the server tells what is new")
    return _("the desk looks for news, at most {n} requests a minute, fewer while it is quiet", n=session.polling)
