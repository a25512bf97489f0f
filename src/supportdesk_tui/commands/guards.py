"""Why a command cannot run now: small checks, put together per command. Being offline is never a reason."""

from collections.abc import Iterable, Mapping

from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.spec import Blocked, When, msg
from supportdesk_tui.domain.capabilities import NEEDED, Capability
from supportdesk_tui.domain.changes import (
    FollowUp,
)
from supportdesk_tui.domain.ticket import Ticket
from supportdesk_tui.store.state import OutboxPhase, Pane, value_of

UNSENT = frozenset({OutboxPhase.HELD, OutboxPhase.QUEUED, OutboxPhase.SENDING, OutboxPhase.UNKNOWN})
"""Phases of a change that has not surely reached the server."""


SAID_CHARS = 40
"""How much of a value that is not understood a reason names."""
_PRODUCT = msg("This backend cannot do this")


def every(*checks: When) -> When:
    """The first reason any of the checks gives."""

    def check(context: Context) -> Blocked | None:
        return next((reason for one in checks if (reason := one(context)) is not None), None)

    return check


def may(capability: Capability) -> When:
    """The backend and our role allow it, for as many tickets as it would act on."""

    def check(context: Context) -> Blocked | None:
        return lacking(context, capability)

    return check


def lacking(context: Context, capability: Capability) -> Blocked | None:
    """Why a capability is missing, in words."""
    session = context.state.session.session
    if session is None:
        return Blocked(msg("Not signed in yet"))
    if capability in session.capabilities:
        return None
    why = session.lacking.get(capability, "backend")
    if why == "role":
        return Blocked(msg("Your role may not do this"))
    reason = _PRODUCT if why == "backend" else why
    return Blocked(reason)


def doable(context: Context, then: Iterable[FollowUp]) -> tuple[tuple[FollowUp, ...], tuple[Blocked, ...]]:
    """What of a macro can be done here, and why the rest cannot."""
    needed = [(one, NEEDED[type(one)]) for one in then]
    why = [(one, lacking(context, capability) or unknown(context, capability)) for one, capability in needed]
    kept = tuple(one for one, blocked in why if blocked is None)
    return kept, tuple(dict.fromkeys(blocked for _, blocked in why if blocked is not None))


def needs_ticket(context: Context) -> Blocked | None:
    """A ticket is under the cursor, open or selected."""
    if context.targets:
        return None
    is_coming = context.state.conversation.ticket is not None and context.focus is not Pane.QUEUE
    return Blocked(msg("The ticket is still being loaded") if is_coming else msg("No ticket here"))


def needs_one(context: Context) -> Blocked | None:
    """Exactly one ticket is meant."""
    if len(context.targets) > 1:
        return Blocked(msg("One ticket at a time: {count} are selected"), (("count", str(len(context.targets))),))
    return needs_ticket(context)


def bulk_fits(context: Context) -> Blocked | None:
    """Several tickets are meant only where the backend can change several."""
    blocked = lacking(context, Capability.BULK) if len(context.targets) > 1 else None
    if blocked is not None and blocked.reason == _PRODUCT:
        return Blocked(msg("This backend changes one ticket at a time"))
    return blocked


_WRITTEN: Mapping[Capability, tuple[str, str]] = {
    Capability.STATUS: ("status", msg("This version does not know the status “{said}”: it is left as it is")),
    Capability.SNOOZE: ("status", msg("This version does not know the status “{said}”: it is left as it is")),
    Capability.PRIORITY: ("priority", msg("This version does not know the priority “{said}”: it is left as it is")),
    Capability.ASSIGN: ("owner", msg("This version cannot read the owner “{said}”: it is left as it is")),
    Capability.TAKE: ("owner", msg("This version cannot read the owner “{said}”: it is left as it is")),
    Capability.TRANSFER: ("team", msg("This version cannot read the team “{said}”: it is left as it is")),
    Capability.TAG: ("tags", msg("This version cannot read the tags “{said}”: they are left as they are")),
}
"""The field a verb writes, and why it does not where its value was not understood."""


def unknown(context: Context, capability: Capability) -> Blocked | None:
    """Why a verb would write over a value this version does not understand; other verbs are free."""
    if capability not in _WRITTEN:
        return None
    field, reason = _WRITTEN[capability]
    for ticket in context.targets:
        row = context.current if context.current is not None and context.current.id == ticket else context.row(ticket)
        said = row.said(field) if row is not None else None
        if said is not None:
            return Blocked(reason, (("said", str(said)[:SAID_CHARS]),))
    return None


def writes(capability: Capability) -> When:
    """Nothing is written over that this version does not understand."""
    return lambda context: unknown(context, capability)


def verb(capability: Capability) -> When:
    """The usual check of a verb: some ticket, the backend and our role allow it, and its field is understood."""
    return every(needs_ticket, may(capability), bulk_fits, writes(capability))


def verb_on_one(capability: Capability) -> When:
    """The check of a verb that makes sense for one ticket only."""
    return every(needs_one, may(capability), writes(capability))


def needs_task(context: Context) -> Blocked | None:
    """Somebody gave this ticket to our team as a task of theirs, as far as what it is tied to is known."""
    detail = value_of(context.state.conversation.detail)
    if detail is None or context.targets != (detail.summary.id,) or is_task(detail):
        return None
    return Blocked(msg("This ticket is no task of somebody's"))


def is_task(detail: Ticket) -> bool:
    """Whether it is the task of another ticket, whose owner waits for what is found out."""
    return any(link.relation == "task_of" for link in detail.links)


a_task = every(verb_on_one(Capability.ESCALATE), needs_task)
"""The check of handing a task back."""


def needs_rows(context: Context) -> Blocked | None:
    """The queue shows something."""
    queue = context.state.queue
    if queue.total:
        return None
    return Blocked(msg("The list is not here yet") if queue.is_loading or queue.failed else msg("The queue is empty"))


def needs_open(context: Context) -> Blocked | None:
    """A ticket is open."""
    return None if context.state.conversation.ticket else Blocked(msg("No ticket is open"))


def needs_composer(context: Context) -> Blocked | None:
    """The composer is open on a ticket."""
    if context.state.conversation.ticket and context.state.view.composer_open:
        return None
    return Blocked(msg("The composer is not open"))


def needs_macros(context: Context) -> Blocked | None:
    """Macros are loaded (they come after the first paint)."""
    return None if context.macros is not None else Blocked(msg("Macros are still being read"))


def is_in_composer(context: Context) -> bool:
    """The agent is writing."""
    return context.focus is Pane.COMPOSER
