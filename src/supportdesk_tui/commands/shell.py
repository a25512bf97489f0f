"""Bodies: the desk itself: panes, help, palette, undo, outbox, my status, options, quitting."""

from collections.abc import Iterable

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Choice, Dialog, Effect
from supportdesk_tui.commands.guards import UNSENT, lacking
from supportdesk_tui.commands.spec import Args, Blocked, Run, msg
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import MarkRead, Note, Reply, SetAgentState, Undo
from supportdesk_tui.domain.ids import ChangeKey
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import OutboxItem, OutboxPhase, Pane

PANES = (Pane.QUEUE, Pane.CONVERSATION, Pane.CUSTOMER, Pane.COMPOSER)


def opening(dialog: Dialog) -> Run:
    """A body that shows a dialog."""

    def run(_: Context, args: Args) -> Iterable[Effect]:
        return (ef.Open(dialog, args),)

    return run


def panes(context: Context) -> tuple[Pane, ...]:
    """The panes one can go to now, from left to right."""
    view, opened = context.state.view, context.state.conversation.ticket is not None
    there = {
        Pane.QUEUE: True,
        Pane.CONVERSATION: opened,
        Pane.CUSTOMER: opened and view.customer_shown,
        Pane.COMPOSER: opened and view.composer_open,
    }
    return tuple(pane for pane in PANES if there[pane])


def next_pane(context: Context, _: Args) -> Iterable[Effect]:
    """Go to the next pane."""
    return _step(context, 1)


def previous_pane(context: Context, _: Args) -> Iterable[Effect]:
    """Go to the pane before."""
    return _step(context, -1)


def _step(context: Context, step: int) -> Iterable[Effect]:
    there = panes(context)
    place = there.index(context.focus) + step if context.focus in there else 0
    pane = there[place % len(there)]
    if pane is not context.focus:
        yield ef.Emit(ev.FocusMoved(pane))


def focus(_: Context, args: Args) -> Iterable[Effect]:
    """Go to the pane named: what a mouse click means."""
    yield ef.Emit(ev.FocusMoved(Pane(args[0])))


# --- undo


def undoable(context: Context) -> ChangeKey | None:
    """What `z` takes back: the newest change that is not being taken back already."""
    asked = {item.undoes for item in context.state.outbox if item.phase is not OutboxPhase.REFUSED}
    return next((key for key in reversed(context.state.undo_stack) if key not in asked), None)


def redoable(context: Context) -> OutboxItem | None:
    """What `Z` does again: the change taken back last."""
    stack = context.state.redo_stack
    return _item(context, stack[-1]) if stack else None


def can_undo(context: Context) -> Blocked | None:
    """Something can be taken back; where the product takes nothing back, what is still here can be all the same."""
    if undoable(context) is not None:
        return None
    is_done = any(item.phase is OutboxPhase.SENT and not isinstance(item.change, MarkRead) for item in context.state.outbox)
    return (lacking(context, Capability.UNDO) if is_done else None) or Blocked(msg("Nothing to take back"))


def can_redo(context: Context) -> Blocked | None:
    """Something can be done again."""
    return None if redoable(context) else Blocked(msg("Nothing to bring back"))


def undo(context: Context, _: Args) -> Iterable[Effect]:
    """Take back the last change: before it leaves when it is still here, on the server when it is done."""
    key = undoable(context)
    if key is None:
        return
    item = _item(context, key)
    if item is not None and item.phase in {OutboxPhase.HELD, OutboxPhase.QUEUED}:
        yield from _taking_back(context, key)
    else:
        yield ef.Apply(item.tickets if item else (), Undo(key))


def _taking_back(context: Context, key: ChangeKey) -> Iterable[Effect]:
    """Take a change back before it leaves; where its ticket is open its text is seen again, and keys stay where they are."""
    yield ef.TakeBack(key)
    item, opened, view = _item(context, key), context.state.conversation, context.state.view
    is_here = item is not None and opened.ticket in item.tickets and not opened.peek
    if item is not None and isinstance(item.change, Reply | Note) and is_here and not view.composer_open:
        yield ef.Emit(ev.ComposerToggled(True))
        yield ef.Emit(ev.FocusMoved(view.focus))


def redo(context: Context, _: Args) -> Iterable[Effect]:
    """Do again what was taken back last."""
    item = redoable(context)
    if item is not None:
        yield ef.Apply(item.tickets, item.change)


def _item(context: Context, key: ChangeKey) -> OutboxItem | None:
    return next((one for one in context.state.outbox if one.key == key), None)


# --- the outbox's own verbs, with the key of a change


def take_back(context: Context, args: Args) -> Iterable[Effect]:
    """Take back one change before it leaves; without an argument the newest held one."""
    held = {OutboxPhase.HELD, OutboxPhase.QUEUED}
    keys = [ChangeKey(args[0])] if args else [item.key for item in reversed(context.state.outbox) if item.phase in held]
    if keys:
        yield from _taking_back(context, keys[0])
    else:
        yield ef.Tell(msg("Nothing is waiting to be sent"))


def retry(_: Context, args: Args) -> Iterable[Effect]:
    """Try a refused change again."""
    yield ef.Retry(ChangeKey(args[0]))


def forget(_: Context, args: Args) -> Iterable[Effect]:
    """Drop a refused change, after asking."""
    if len(args) == 1:
        yield ef.Confirm(msg("Forget this change? It was not done."), (), "outbox.forget", (args[0], "sure"))
    else:
        yield ef.Forget(ChangeKey(args[0]))


# --- settings of this run


def my_state(_: Context, args: Args) -> Iterable[Effect]:
    """Say whether work may reach me."""
    yield ef.Apply((), SetAgentState(args[0]))
    yield ef.Tell(msg("You are {state}"), (("state", args[0]),))


def toggle_clock(_: Context, __: Args) -> Iterable[Effect]:
    """Show or hide the clock."""
    yield ef.Emit(ev.ClockToggled())


def theme(context: Context, args: Args) -> Iterable[Effect]:
    """Use the theme named; without an argument, ask which."""
    if args:
        yield ef.SetTheme(args[0])
        return
    names = tuple(name for name in context.options.get("themes", "").split(",") if name)
    yield ef.Pick(msg("Theme"), tuple(Choice(name, name) for name in names), "desk.theme")


LANGUAGES = (("en", "English"), ("zh_CN", "简体中文"))


def locale(_: Context, args: Args) -> Iterable[Effect]:
    """Speak the language named; without an argument, ask which."""
    if args:
        yield ef.SetLocale(args[0])
    else:
        yield ef.Pick(msg("Language"), tuple(Choice(name, title) for name, title in LANGUAGES), "desk.locale")


def articles(_: Context, args: Args) -> Iterable[Effect]:
    """Open the knowledge base."""
    yield ef.Open(Dialog.ARTICLES, args)


def articles_find(_: Context, args: Args) -> Iterable[Effect]:
    """Ask the knowledge base."""
    text = args[0].strip() if args else ""
    if text:
        yield ef.Emit(ev.ArticlesAsked(text))
        yield ef.Load(ef.LoadKind.ARTICLES, text=text)


def resync(_: Context, __: Args) -> Iterable[Effect]:
    """Read everything again."""
    yield ef.Load(ef.LoadKind.RESYNC)
    yield ef.Tell(msg("Reading everything again"))


def redraw(_: Context, __: Args) -> Iterable[Effect]:
    """Paint the screen again."""
    yield ef.Redraw()


def unsent(context: Context) -> int:
    """Changes on their way, and drafts; that a ticket was read is nothing to wait for."""
    waiting = sum(item.phase in UNSENT and not isinstance(item.change, MarkRead) for item in context.state.outbox)
    return waiting + sum(not draft.is_empty for draft in context.state.drafts.values()) + len(context.state.forms)


_KNOWN_LOSS = "lost"
"""What the agent says who leaves though the disk refuses what was typed."""


def quit_desk(context: Context, args: Args) -> Iterable[Effect]:
    """Leave; asks while something is unsent, and once more when the disk would not keep it."""
    state = context.state
    refused = sum(draft.is_refused for draft in state.drafts.values()) + sum(form.is_refused for form in state.forms.values())
    count = unsent(context)
    if refused and _KNOWN_LOSS not in args:
        question = msg("The disk takes no writes: leaving loses what was typed in {count} drafts. Leave all the same?")
        yield ef.Confirm(question, (("count", str(refused)),), "desk.quit", (_KNOWN_LOSS,))
    elif count and not args:
        question = msg("{count} drafts or changes are not sent yet. They are kept on this machine for the next start. Leave?")
        yield ef.Confirm(question, (("count", str(count)),), "desk.quit", ("sure",))
    else:
        yield ef.Quit()


def dismiss(context: Context, _: Args) -> Iterable[Effect]:
    """Take away the line that was told."""
    if context.state.view.notice is not None:
        yield ef.Emit(ev.Told(None))
