"""Macros the backend keeps itself: found among ours, asked of the backend, written like ours; nothing happens before send."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.composer import with_follow_ups
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Choice, Compose, ComposerAct, Effect
from supportdesk_tui.commands.guards import doable, lacking
from supportdesk_tui.commands.opening import draft_of, start_writing
from supportdesk_tui.commands.spec import Args, Blocked, msg
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.directory import MacroText, ServerMacro
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import AskedMacro, Draft, DraftMode, Level

THEIRS = "@"
"""First letter of the name of a macro of the backend's own, where ours stand beside it; ours never begin with it."""
LOOK_AGAIN = timedelta(milliseconds=100)
"""Between two looks whether the backend has answered."""


def server_macros(context: Context) -> tuple[ServerMacro, ...]:
    """What the backend keeps, where it keeps any."""
    return context.state.session.directory.macros if context.can(Capability.MACROS) else ()


def macro_of(context: Context, name: str) -> ServerMacro | None:
    """The backend's macro of this name, as it stands among ours."""
    return next((one for one in server_macros(context) if THEIRS + one.id == name), None)


def choices(context: Context) -> tuple[Choice, ...]:
    """The backend's macros as lines of a picker."""
    return tuple(Choice(THEIRS + one.id, str(one.title), msg("kept by the server")) for one in server_macros(context))


def can_pick(context: Context) -> Blocked | None:
    """The backend keeps macros, and there is one."""
    blocked = lacking(context, Capability.MACROS)
    if blocked is not None or server_macros(context):
        return blocked
    return Blocked(msg("The server keeps no macro for you"))


def ask_server(context: Context, name: str) -> Iterable[Effect]:
    """Ask what a macro of the backend would write here, the composer open meanwhile; leaving it gives up."""
    macro, current = macro_of(context, name), context.current
    if macro is None:
        yield ef.Tell(msg("There is no macro {name}"), (("name", name),), Level.WARN)
        return
    if current is None:
        return
    if not context.state.view.composer_open or context.state.conversation.ticket != current.id:
        yield from start_writing(context, current.id, DraftMode.REPLY)
    yield ef.Emit(ev.MacroAsked(AskedMacro(current.id, macro.id, macro.title)))
    yield ef.Load(ef.LoadKind.MACRO, current.id, macro.id)
    yield ef.Tell(msg("Asking the server for “{title}”… Esc gives up"), (("title", str(macro.title)),))
    yield ef.Later(context.now + LOOK_AGAIN, "macro.answered", (macro.id,))


def answered(context: Context, args: Args) -> Iterable[Effect]:
    """Write what the backend answered, or look again a little later; an answer nobody waits for any more is dropped."""
    asked = context.state.asked_macro
    if asked is None or asked.macro != args[0]:
        return
    is_here = context.state.view.composer_open and context.state.conversation.ticket == asked.ticket
    if not is_here:
        yield ef.Emit(ev.MacroAsked(None))
        yield ef.Tell(msg("“{title}” was not put in: you left"), (("title", str(asked.title)),))
    elif asked.failed:
        yield ef.Emit(ev.MacroAsked(None))
        told = (("title", str(asked.title)), ("reason", asked.failed))
        yield ef.Tell(msg("“{title}” could not be had: {reason}"), told, Level.WARN)
    elif asked.text is None:
        yield ef.Later(context.now + LOOK_AGAIN, "macro.answered", args)
    else:
        yield ef.Emit(ev.MacroAsked(None))
        yield from _write(context, asked, asked.text)


def _write(context: Context, asked: AskedMacro, text: MacroText) -> Iterable[Effect]:
    draft = draft_of(context, asked.ticket)
    if draft.is_empty:
        draft = replace(draft, mode=DraftMode.NOTE if text.is_note else DraftMode.REPLY)
    elif text.is_note and text.body and draft.mode is DraftMode.REPLY:
        told = msg("“{title}” is an internal note and this is a reply: send it or make it a note first")
        yield ef.Tell(told, (("title", str(asked.title)),), Level.WARN)
        return
    kept, blocked = doable(context, text.then)
    draft = replace(draft, then=with_follow_ups(draft.then, kept), is_saved=False)
    yield ef.Emit(ev.DraftChanged(draft))
    if text.body:
        yield Compose(ComposerAct.INSERT, str(text.body))
    yield ef.Emit(ev.MacroUsed(THEIRS + asked.macro))
    yield _told(asked, text, draft)
    yield from (ef.Tell(one.reason, one.values, Level.WARN) for one in blocked)


def _told(asked: AskedMacro, text: MacroText, draft: Draft) -> Effect:
    """What is left out counts most, then who reads it."""
    if text.left_out:
        told = (("title", str(asked.title)), ("what", "; ".join(map(str, text.left_out))))
        return ef.Tell(msg("“{title}” also does this on the server, the desk does not: {what}"), told, Level.WARN)
    if draft.mode is DraftMode.NOTE and not text.is_note:
        return ef.Tell(msg("Put into the note: the customer never reads it"), (), Level.WARN)
    if not text.body:
        return ef.Tell(msg("“{title}” writes nothing; what it does happens when you send"), (("title", str(asked.title)),))
    return ef.Tell(msg("“{title}” is put in; nothing happens on the server before you send"), (("title", str(asked.title)),))
