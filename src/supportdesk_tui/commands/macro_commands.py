"""Bodies: inserting a macro, repeating it, finding one."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.composer import with_follow_ups
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Compose, ComposerAct, Effect, FormField
from supportdesk_tui.commands.facts import known_fact
from supportdesk_tui.commands.guards import doable, lacking, needs_macros
from supportdesk_tui.commands.macro_server import THEIRS, ask_server
from supportdesk_tui.commands.opening import draft_of, form_sent, is_open, open_ticket, values
from supportdesk_tui.commands.spec import Args, Blocked, msg
from supportdesk_tui.commands.times import zone_of
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.kept import form_key
from supportdesk_tui.store.state import Absent, Draft, DraftMode, Level, Loading, value_of

if TYPE_CHECKING:
    from supportdesk_tui.commands.macro_values import Subject
    from supportdesk_tui.commands.macros import Macro, MacroLibrary, Rendered

WAIT = timedelta(milliseconds=150)
"""How long to wait for a ticket that is being loaded before looking again …"""
TRIES = 10
"""… and how often, before the macro is written with what is known."""
_TRY, _FOR = "try", "_for"


def library_of(context: Context) -> "MacroLibrary":
    """The macros; none while they are being read."""
    from supportdesk_tui.commands.macros import MacroLibrary

    return context.macros if isinstance(context.macros, MacroLibrary) else MacroLibrary()


def subject_of(context: Context, current: TicketSummary, asked: Mapping[str, str]) -> "Subject":
    """What a macro can speak about on a ticket, as far as it is loaded."""
    from supportdesk_tui.commands.macro_values import Subject

    conversation, session = context.state.conversation, context.state.session
    detail = value_of(conversation.detail) if conversation.ticket == current.id else None
    return Subject(
        ticket=detail or Ticket(current),
        customer=value_of(conversation.customer) if conversation.ticket == current.id else None,
        agent=session.session.agent if session.session else None,
        directory=session.directory,
        now=context.now,
        zone=zone_of(context.options, context.now),
        asked=asked,
    )


def preview(context: Context, macro: "Macro") -> "Rendered | None":
    """What a macro would write here: for the picker."""
    from supportdesk_tui.commands.macros import render

    current = context.current
    if current is None:
        return None
    rendered = render(macro, subject_of(context, current, {}))
    return replace(rendered, then=doable(context, rendered.then)[0])


def insert(context: Context, args: Args) -> Iterable[Effect]:
    """Write a macro (first argument) into the composer; opens the ticket and asks the macro's prompts first.

    A macro of the backend's own, marked by its first letter, is asked of the backend.
    """
    if args[0].startswith(THEIRS):
        yield from ask_server(context, args[0])
        return
    macro, current = library_of(context).get(args[0]), context.current
    if macro is None:
        yield ef.Tell(msg("There is no macro {name}"), (("name", args[0]),), Level.WARN)
        return
    if current is None:
        return
    given = values(args[1:])
    if given.get(_FOR, current.id) != current.id or (_FOR in given and not is_open(context, current.id)):
        return  # the agent went on while its ticket was being read
    if not is_open(context, current.id):
        yield from open_ticket(context, current.id)
        yield ef.RunCommand("macro.insert", args)
        return
    asked = {ask.name: given.get(ask.name, "").strip() for ask in macro.asks}
    if not all(asked.values()):
        yield _ask(context, macro, asked, current.id, is_again=asked.keys() <= given.keys())
        return
    tries = int(given.get(_TRY, "0"))
    if _is_coming(context) and tries < TRIES:
        rest = tuple(arg for arg in args if not arg.startswith((f"{_TRY}=", f"{_FOR}=")))
        yield ef.Later(context.now + WAIT, "macro.insert", (*rest, f"{_TRY}={tries + 1}", f"{_FOR}={current.id}"))
        return
    yield from _write(context, macro, subject_of(context, current, asked))
    yield from form_sent(context, form_key("macro.insert", (macro.id,), (current.id,)))


def _is_coming(context: Context) -> bool:
    conversation = context.state.conversation
    parts = (conversation.detail, conversation.customer)
    return any(isinstance(part, Loading | Absent) and value_of(part) is None for part in parts)


def _ask(context: Context, macro: "Macro", asked: dict[str, str], ticket: TicketId, *, is_again: bool) -> Effect:
    language = context.options.get("locale", "en")[:2]
    times = {action.value.removeprefix("ask.") for action in macro.actions if action.value.startswith("ask.")}
    fields = tuple(
        FormField(
            ask.name,
            ask.title(language),
            asked[ask.name] or known_fact(context, ask.name) or ask.default,
            required=True,
            hint=msg("2h, 18:00, tomorrow 9, 今晚8点") if ask.name in times else "",
        )
        for ask in macro.asks
    )
    return ef.Form(macro.title(language), fields, "macro.insert", (macro.id,), tickets=(ticket,), is_again=is_again)


def _write(context: Context, macro: "Macro", subject: "Subject") -> Iterable[Effect]:
    from supportdesk_tui.commands.macros import render

    rendered = render(macro, subject)
    kept, blocked = doable(context, rendered.then)
    rendered = replace(rendered, then=kept)
    ticket = subject.ticket.summary.id
    draft = draft_of(context, ticket)
    if draft.is_empty:
        draft = replace(draft, mode=DraftMode.REPLY)
    yield ef.Emit(ev.ComposerToggled(True))
    yield ef.Emit(ev.DraftChanged(_with_macro(draft, macro, rendered)))
    yield Compose(ComposerAct.INSERT, rendered.text, rendered.stops, rendered.caret)
    cannot_attach = lacking(context, Capability.ATTACH) if macro.attachments else None
    if cannot_attach is None:
        yield from (ef.AttachFile(ticket, path) for path in macro.attachments)
    yield ef.Emit(ev.MacroUsed(macro.id))
    if rendered.missing:
        at_rest = msg("No such money is on its way, so not filled in: {fields}")
        text = at_rest if rendered.is_at_rest else msg("Not known here: {fields}")
        yield ef.Tell(text, (("fields", ", ".join(rendered.missing)),), Level.WARN)
    elif draft.mode is DraftMode.NOTE:
        yield ef.Tell(msg("Put into the note: the customer never reads it"), (), Level.WARN)
    reasons = [(one.reason, one.values) for one in (*blocked, *((cannot_attach,) if cannot_attach else ()))]
    reasons += [(said.text, said.values) for said in rendered.left_out]
    # Told last and as one: there is one line for it, and what is missing stands in the text as well.
    if len(reasons) > 1:
        what = "; ".join(_(text, **dict(said)) for text, said in reasons)
        reasons = [(msg("Left out of the macro: {what}"), (("what", what),))]
    yield from (ef.Tell(text, said, Level.WARN) for text, said in reasons)


def _with_macro(draft: Draft, macro: "Macro", rendered: "Rendered") -> Draft:
    return replace(
        draft,
        then=with_follow_ups(draft.then, rendered.then),
        macro=macro.id,
        language_note=rendered.note,
        then_next=draft.then_next or macro.then_next,
        is_saved=False,
    )


def can_repeat(context: Context) -> Blocked | None:
    """A macro was used before."""
    return None if context.state.last_macro else Blocked(msg("No macro was used yet"))


def can_insert(context: Context) -> Blocked | None:
    """Macros are read."""
    return needs_macros(context)


def repeat(context: Context, _: Args) -> Iterable[Effect]:
    """The macro used last, again."""
    if context.state.last_macro:
        yield from insert(context, (context.state.last_macro,))


def pick(_: Context, __: Args) -> Iterable[Effect]:
    """Find a macro by typing, with a preview; ours and the backend's own."""
    yield ef.Open(ef.Dialog.MACROS)


def pick_server(_: Context, __: Args) -> Iterable[Effect]:
    """Find a macro of the backend's own."""
    yield ef.Open(ef.Dialog.MACROS, (THEIRS,))
