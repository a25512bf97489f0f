"""What several commands share: opening a ticket, moving the cursor, changing tickets, writing the draft."""

from collections.abc import Iterable

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Change, MarkRead, Reply
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import DeskState, Draft, DraftMode, LinkPhase, OutboxItem, OutboxPhase, Pane, value_of
from supportdesk_tui.store.views import summary_of

ANYWAY = "anyway:"
"""How an argument begins that says why something is sent in spite of what the gate found; see `gate.Answers`."""
WAITS = msg("Kept here: it goes out when the server is back")
NAME_LENGTH = 40
"""Characters of a name or subject quoted in a line told to the agent."""


def values(args: Args) -> dict[str, str]:
    """The `name=value` arguments a form hands over."""
    return dict(arg.partition("=")[::2] for arg in args if "=" in arg and not arg.startswith(ANYWAY))


def cursor_to(context: Context, index: int) -> Iterable[Effect]:
    """Put the cursor on a row of the whole order; asks for its surroundings when they are not loaded."""
    queue = context.state.queue
    if not queue.total:
        return
    index = max(0, min(index, queue.total - 1))
    if index != queue.index:
        yield ef.Emit(ev.CursorMoved(index))
    first, last = queue.start, queue.start + len(queue.rows) - 1
    wants_before = first > 0 and index - context.page < first
    wants_after = last < queue.total - 1 and index + context.page > last
    if wants_before or wants_after:
        yield ef.Load(ef.LoadKind.QUEUE, cursor=index)


def open_ticket(context: Context, ticket: TicketId, *, peek: bool = False) -> Iterable[Effect]:
    """Show a ticket; unless it is a peek, others see that we look and the unread mark goes."""
    if context.state.view.composer_open and context.state.conversation.ticket != ticket:
        yield ef.Emit(ev.ComposerToggled(False))  # its text is a draft by now, and nothing is written here yet
        yield ef.Emit(ev.FocusMoved(Pane.QUEUE if peek else Pane.CONVERSATION))
    yield ef.Emit(ev.TicketOpened(ticket, peek))
    yield ef.Load(ef.LoadKind.TICKET, ticket)
    if peek:
        return
    yield ef.Emit(ev.FocusMoved(Pane.CONVERSATION))
    yield ef.Attend(ticket, Activity.VIEWING)
    if waiting_reply(context.state, ticket) is not None:
        yield ef.Later(context.now, "outbox.decide", (ticket, "try=0"))
    row = context.row(ticket)
    if row is not None and row.unread and context.can(Capability.READ_MARK):
        yield ef.Apply((ticket,), MarkRead())


def waiting_reply(state: DeskState, ticket: TicketId) -> OutboxItem | None:
    """A reply of ours that is not sent before the agent has looked: somebody spoke meanwhile, or its time is long over."""
    waits = (
        item
        for item in state.outbox
        if item.phase is OutboxPhase.HELD
        and item.held_until is None
        and ticket in item.tickets
        and isinstance(item.change, Reply)
    )
    return next(waits, None)


def is_open(context: Context, ticket: TicketId) -> bool:
    """Whether the ticket is open and not only peeked at."""
    conversation = context.state.conversation
    return conversation.ticket == ticket and not conversation.peek


def apply(context: Context, change: Change, text: str, *, form: str = "", **told: str) -> Iterable[Effect]:
    """Change what the verb acts on, say so, and let go of the selection when it was used; `form` is where it was typed."""
    targets = context.targets
    if not targets:
        return
    yield ef.Apply(targets, change, clears_form=form)
    if len(targets) == 1:
        current = context.current
        number = current.number if current is not None and current.id == targets[0] else str(targets[0])
    else:
        number = f"{len(targets)} tickets"
    if context.focus is Pane.QUEUE and context.state.selection:
        yield ef.Emit(ev.SelectionChanged(frozenset()))
    if is_answered(context):
        yield ef.Tell(text, (("number", number), *told.items()))
    else:
        yield ef.Tell(WAITS)


def form_sent(context: Context, key: str) -> Iterable[Effect]:
    """What was typed into a form is in a draft now: nothing of it is kept any more."""
    form = context.state.forms.get(key)
    if form is not None:
        yield ef.Emit(ev.FormSent(form))


def is_answered(context: Context) -> bool:
    """Whether there is no reason to doubt that the server takes a change now."""
    return context.state.link.phase not in {LinkPhase.LOST, LinkPhase.SIGN_IN}


def draft_of(context: Context, ticket: TicketId) -> Draft:
    """The draft as it is this moment, the composer's text included; a new one starts from what has been seen."""
    draft = context.state.draft(ticket) or Draft(ticket)
    if context.state.conversation.ticket == ticket:
        draft = _based(context, draft)
    is_shown = context.state.view.composer_open and context.state.conversation.ticket == ticket
    if is_shown and context.composer_text != draft.body:
        draft = replace(draft, body=context.composer_text, is_saved=False)
    return draft


def _based(context: Context, draft: Draft) -> Draft:
    """The draft with what is on the screen as what was seen when writing began, unless it knows already."""
    entries, summary = value_of(context.state.conversation.entries), summary_of(context.state)
    if not draft.base_seq and entries:
        draft = replace(draft, base_seq=entries[-1].seq)
    if not draft.base_status and summary is not None:
        draft = replace(draft, base_owner=str(summary.owner or ""), base_status=summary.status.name)
    if not draft.number and summary is not None:
        draft = replace(draft, number=summary.number)
    return draft


def start_writing(context: Context, ticket: TicketId, mode: DraftMode) -> Iterable[Effect]:
    """Open the composer on a ticket; a note that is there stays one, and where a note is asked for nothing public opens."""
    if not is_open(context, ticket):
        yield from open_ticket(context, ticket)
    if mode is DraftMode.REPLY and waiting_reply(context.state, ticket) is not None:
        yield ef.RunCommand("outbox.decide", (ticket,))
        return
    yield ef.Emit(ev.ComposerToggled(True))
    draft = draft_of(context, ticket)
    if draft.is_empty or context.state.draft(ticket) is None:
        draft = replace(draft, mode=mode)
    elif mode is DraftMode.NOTE and draft.mode is DraftMode.REPLY:
        draft = replace(draft, mode=mode, wanted=mode, is_saved=False)
    else:
        draft = replace(draft, wanted=mode)
    yield ef.Emit(ev.DraftChanged(draft))
    if draft.mode is DraftMode.NOTE:
        yield ef.Attend(ticket, Activity.TYPING_NOTE)
    else:
        yield ef.Attend(ticket, Activity.TYPING)
