"""Bodies: reading an open ticket, and the customer beside it."""

from collections.abc import Iterable

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect, Move, PaneAct
from supportdesk_tui.commands.spec import Args, Run, msg
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Pane


def moving(act: PaneAct, by: int = 1) -> Run:
    """A body that moves the focused pane."""

    def run(_: Context, __: Args) -> Iterable[Effect]:
        return (Move(act, by),)

    return run


def home(context: Context, _: Args) -> Iterable[Effect]:
    """To the oldest loaded entry; asks for older ones."""
    yield Move(PaneAct.SCROLL_HOME)
    yield from older(context, ())


def older(context: Context, _: Args) -> Iterable[Effect]:
    """Load what was said before; nothing when there is nothing or it is coming already."""
    conversation = context.state.conversation
    if conversation.ticket and conversation.older and not conversation.is_loading_older:
        yield ef.Emit(ev.OlderAsked())
        yield ef.Load(ef.LoadKind.OLDER, conversation.ticket)


def find(_: Context, __: Args) -> Iterable[Effect]:
    """Ask for words to find in this conversation."""
    yield ef.Prompt(msg("Find"), "conversation.find_text", live=True, cancel="conversation.find_text")


def find_text(_: Context, args: Args) -> Iterable[Effect]:
    """Mark these words; none unmarks."""
    yield Move(PaneAct.FIND, text=args[0] if args else "")


def back(context: Context, _: Args) -> Iterable[Effect]:
    """Close the ticket and go back to the queue."""
    ticket = context.state.conversation.ticket
    yield ef.Emit(ev.TicketClosed())
    yield ef.Emit(ev.FocusMoved(Pane.QUEUE))
    if ticket is not None and not context.state.conversation.peek:
        yield ef.Attend(None, Activity.GONE)


def customer_back(context: Context, _: Args) -> Iterable[Effect]:
    """From the customer to the conversation, or to the queue when nothing is open."""
    yield ef.Emit(ev.FocusMoved(Pane.CONVERSATION if context.state.conversation.ticket else Pane.QUEUE))


def toggle_customer(context: Context, _: Args) -> Iterable[Effect]:
    """Show or hide the customer, over the queue where only two panes fit; a hidden pane cannot keep the focus."""
    if context.panes < 3:
        yield from _slide_customer(context)
        return
    is_behind = context.state.view.queue_wide
    if is_behind:
        yield ef.Emit(ev.FocusMoved(Pane.QUEUE, False))
    shown = is_behind or not context.state.view.customer_shown
    yield ef.Emit(ev.CustomerToggled(shown))
    if not shown and context.focus is Pane.CUSTOMER:
        yield from customer_back(context, ())


def _slide_customer(context: Context) -> Iterable[Effect]:
    opened = context.state.conversation.ticket is not None
    if context.focus is Pane.CUSTOMER:
        yield ef.Emit(ev.CustomerSlid(False))
        yield from customer_back(context, ())
    elif context.focus is Pane.QUEUE or context.panes == 1:
        yield ef.Emit(ev.FocusMoved(Pane.CUSTOMER)) if opened else ef.Tell(msg("Open a ticket to see who is asking."))
    else:
        yield ef.Emit(ev.CustomerSlid(not context.state.view.customer_over))


def focus_customer(context: Context, _: Args) -> Iterable[Effect]:
    """Go to the customer, shown if it was hidden."""
    if not context.state.view.customer_shown:
        yield ef.Emit(ev.CustomerToggled(True))
    yield ef.Emit(ev.FocusMoved(Pane.CUSTOMER))


def full_entry(_: Context, args: Args) -> Iterable[Effect]:
    """Show one long entry whole."""
    yield ef.Open(ef.Dialog.ENTRY, args)
