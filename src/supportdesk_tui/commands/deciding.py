"""Bodies: a reply that waits for the agent's word, because somebody spoke while it was on its way."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.commands.opening import values, waiting_reply
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.domain.changes import Override, Reply
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Loaded, OutboxItem, value_of

WAIT = timedelta(milliseconds=150)
"""How long to wait for a conversation that is being loaded before looking again …"""
NEWS_TRIES = 4
"""… for the words that made it wait …"""
TRIES = 20
"""… and how often, before the agent is asked with what is known."""


def decide(context: Context, args: Args) -> Iterable[Effect]:
    """Show a waiting reply of the open ticket beside what was said meanwhile; the first argument is the ticket."""
    ticket = TicketId(args[0])
    item = waiting_reply(context.state, ticket)
    if item is None or context.state.conversation.ticket != ticket:
        return
    tries = int(values(args[1:]).get("try", "0"))
    entries = context.state.conversation.entries
    if tries < TRIES and not (isinstance(entries, Loaded) and not entries.is_cached):
        yield ef.Later(context.now + WAIT, "outbox.decide", (ticket, f"try={tries + 1}"))
        return
    theirs = _theirs(context, item)
    if not theirs and item.reason and tries < NEWS_TRIES:
        yield ef.Later(context.now + WAIT, "outbox.decide", (ticket, f"try={tries + 1}"))
        return
    send = ef.RunCommand("outbox.send_anyway", (item.key, "")) if theirs else ef.RunCommand("outbox.retry", (item.key,))
    yield ef.ShowConflict(
        theirs=theirs,
        mine=item.change.body if isinstance(item.change, Reply) else "",
        edit=ef.RunCommand("outbox.edit", (item.key,)),
        send=send,
        discard=ef.RunCommand("outbox.forget", (item.key,)),
        asks_reason=bool(theirs),
        by_itself=len(args) > 1,
    )


def _theirs(context: Context, item: OutboxItem) -> tuple[Entry, ...]:
    from supportdesk_tui.commands.gate_letter import spoken_since

    entries = value_of(context.state.conversation.entries) or ()
    seen = item.change.seen if isinstance(item.change, Reply) else 0
    return spoken_since(entries, seen, context.me) if seen else ()


def send_anyway(context: Context, args: Args) -> Iterable[Effect]:
    """Send a waiting reply though others have spoken: key and reason. It goes anew, with what was read by now."""
    item = _item(context, args[0])
    if item is None or not isinstance(item.change, Reply):
        yield ef.Tell(msg("It does not wait any more"))
        return
    theirs = _theirs(context, item)
    kind = "replied" if any(one.kind is EntryKind.AGENT for one in theirs) else "wrote"
    overrides = (*item.change.overrides, Override(kind, args[1]))
    seen = max(item.change.seen, *(one.seq for one in theirs)) if theirs else item.change.seen
    yield ef.Apply(item.tickets, replace(item.change, overrides=overrides, seen=seen), replaces=item.key)


def edit(context: Context, args: Args) -> Iterable[Effect]:
    """Make a waiting reply a draft again and go on writing."""
    if _item(context, args[0]) is not None:
        yield ef.TakeBack(ChangeKey(args[0]))
        yield ef.Emit(ev.ComposerToggled(True))


def _item(context: Context, key: str) -> OutboxItem | None:
    return next((one for one in context.state.outbox if one.key == key), None)
