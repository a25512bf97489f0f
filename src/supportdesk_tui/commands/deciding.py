"""Bodies: a reply that waits for the agent's word, because somebody spoke or took the ticket while it was on its way."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.commands.opening import values, waiting_reply
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.domain.changes import Override, Reply
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Loaded, OutboxItem, value_of
from supportdesk_tui.store.views import summary_of

if TYPE_CHECKING:
    from supportdesk_tui.commands.gate import Finding

WAIT = timedelta(milliseconds=150)
"""How long to wait for a conversation that is being loaded before looking again …"""
NEWS_TRIES = 4
"""… for the words that made it wait …"""
TRIES = 20
"""… and how often, before the agent is asked with what is known."""


def decide(context: Context, args: Args) -> Iterable[Effect]:
    """Show a waiting reply of the open ticket beside what was said and done meanwhile; the first argument is the ticket."""
    from supportdesk_tui.commands.gate_rules import Kind, Remedy

    ticket = TicketId(args[0])
    item = waiting_reply(context.state, ticket)
    if item is None or not isinstance(item.change, Reply) or context.state.conversation.ticket != ticket:
        return
    by_itself = len(args) > 1
    tries = int(values(args[1:]).get("try", "0"))
    if tries < TRIES and not _is_read(context, afresh=by_itself):
        yield ef.Later(context.now + WAIT, "outbox.decide", (ticket, f"try={tries + 1}"))
        return
    theirs, found = _since(context, item.change)
    if by_itself and not found and item.reason and tries < NEWS_TRIES:
        yield ef.Later(context.now + WAIT, "outbox.decide", (ticket, f"try={tries + 1}"))
        return
    is_never = any(one.remedy is Remedy.NEVER for one in found)
    send = ef.RunCommand("outbox.send_anyway", (item.key, "")) if found else ef.RunCommand("outbox.retry", (item.key,))
    yield ef.ShowConflict(
        theirs=theirs,
        mine=item.change.body,
        edit=ef.RunCommand("outbox.edit", (item.key,)),
        send=None if is_never else send,
        discard=ef.RunCommand("outbox.forget", (item.key,)),
        asks_reason=bool(found),
        by_itself=by_itself,
        also=tuple((one.why, one.values) for one in found if one.kind is Kind.CHANGED),
        reason=item.reason,
    )


def _is_read(context: Context, *, afresh: bool) -> bool:
    """The conversation is there, from the backend where nobody waits; who pressed a key types on, and what is there will do."""
    entries = context.state.conversation.entries
    return isinstance(entries, Loaded) and not entries.is_cached if afresh else value_of(entries) is not None


def _since(context: Context, reply: Reply) -> "tuple[tuple[Entry, ...], tuple[Finding, ...]]":
    """What others said since a reply was sent, and all the gate finds about it."""
    from supportdesk_tui.commands.gate import findings
    from supportdesk_tui.commands.gate_letter import held_letter, policy_of

    letter = held_letter(context, reply)
    return letter.arrived, findings(letter, policy_of(context))


def send_anyway(context: Context, args: Args) -> Iterable[Effect]:
    """Send a waiting reply though the ticket moved on: key and reason. It goes anew, with what was read by now."""
    item = _item(context, args[0])
    if item is None or not isinstance(item.change, Reply):
        yield ef.Tell(msg("It does not wait any more"))
        return
    theirs, found = _since(context, item.change)
    overrides = (*item.change.overrides, *(Override(one.kind.value, args[1]) for one in found))
    seen = max((item.change.seen, *(one.seq for one in theirs)))
    summary = summary_of(context.state)
    is_open = summary is not None and summary.id in item.tickets and item.change.seen_owner is not None
    owner = str(summary.owner or "") if summary is not None and is_open else item.change.seen_owner
    change = replace(item.change, overrides=overrides, seen=seen, seen_owner=owner)
    yield ef.Apply(item.tickets, change, replaces=item.key)


def edit(context: Context, args: Args) -> Iterable[Effect]:
    """Make a waiting reply a draft again and go on writing."""
    if _item(context, args[0]) is not None:
        yield ef.TakeBack(ChangeKey(args[0]))
        yield ef.Emit(ev.ComposerToggled(True))


def _item(context: Context, key: str) -> OutboxItem | None:
    return next((one for one in context.state.outbox if one.key == key), None)
