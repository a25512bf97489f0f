"""Bodies: writing, sending, taking back."""

from collections.abc import Iterable

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.blanks import unresolved
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Choice, Compose, ComposerAct, Effect
from supportdesk_tui.commands.forms import promise_fields
from supportdesk_tui.commands.opening import WAITS, draft_of, is_answered, values
from supportdesk_tui.commands.queue import next_ticket
from supportdesk_tui.commands.spec import Args, Blocked, Run, msg
from supportdesk_tui.commands.times import parse_when, zone_of
from supportdesk_tui.domain.changes import FollowUp, MakePromise, Note, Reply, SetStatus
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ticket import CHANNEL_LIMITS, DEFAULT_LIMIT
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Draft, DraftMode, Level, value_of

ANYWAY = "anyway"
"""Argument of `composer.send` once the agent has seen what the customer wrote meanwhile."""


def acting(act: ComposerAct) -> Run:
    """A body that only the editor widget can do."""

    def run(_: Context, __: Args) -> Iterable[Effect]:
        return (Compose(act),)

    return run


def limit_of(context: Context, mode: DraftMode) -> int:
    """Longest text of the current ticket's channel; notes have the common one."""
    current = context.current
    if mode is DraftMode.NOTE or current is None:
        return DEFAULT_LIMIT
    return CHANNEL_LIMITS.get(current.channel, DEFAULT_LIMIT)


def writable(context: Context) -> Draft | Blocked:
    """The draft that would be sent, or why not: nothing written, too long, or a blank of a macro is still open."""
    ticket = context.state.conversation.ticket
    if ticket is None or not context.state.view.composer_open:
        return Blocked(msg("The composer is not open"))
    draft = draft_of(context, ticket)
    if not draft.body.strip():
        return Blocked(msg("Nothing is written yet"))
    if blanks := unresolved(draft.body):
        return Blocked(msg("Not filled in yet: {blanks}"), (("blanks", ", ".join(blanks[:3])),))
    over = len(draft.body) - limit_of(context, draft.mode)
    if over > 0:
        return Blocked(msg("{count} characters too long for this channel"), (("count", str(over)),))
    return draft


def can_send(context: Context) -> Blocked | None:
    """Why the draft cannot be sent."""
    draft = writable(context)
    return draft if isinstance(draft, Blocked) else None


def send(context: Context, args: Args) -> Iterable[Effect]:
    """Send the draft: a reply is held for a while so that it can be taken back, a note goes at once."""
    draft = writable(context)
    if isinstance(draft, Blocked):
        yield ef.Tell(draft.reason, draft.values, Level.WARN)
        return
    news = _news(context, draft)
    if news and args[:1] != (ANYWAY,):
        seen = value_of(context.state.conversation.entries) or ()
        yield ef.Emit(ev.DraftChanged(replace(draft, base_seq=seen[-1].seq)))
        question = msg("{name} wrote while you were writing. Send all the same?")
        yield ef.Confirm(question, (("name", news),), "composer.send", (ANYWAY,))
        return
    yield ef.Emit(ev.DraftChanged(draft))
    yield from _post(context, draft)
    if draft.then_next:
        yield from next_ticket(context, ())


def _post(context: Context, draft: Draft) -> Iterable[Effect]:
    hold_s = int(float(context.options.get("hold_s", "10") or 0))
    files = tuple(attachment for attachment, _ in draft.attachments)
    if draft.mode is DraftMode.NOTE:
        note = Note(draft.body, draft.then, files)
        yield ef.Apply((draft.ticket,), note, clears_draft=draft.ticket)
        yield ef.Tell(msg("Adding the note") if is_answered(context) else WAITS)
    else:
        language = context.current.language if context.current else ""
        reply = Reply(draft.body, draft.then, files, language=language, macro=draft.macro)
        yield ef.Apply((draft.ticket,), reply, hold=hold_s > 0, clears_draft=draft.ticket)
        if hold_s > 0:
            yield ef.Tell(msg("Sends in {seconds} s – z takes it back"), (("seconds", str(hold_s)),))
    yield ef.Emit(ev.ComposerToggled(False))
    yield ef.Attend(draft.ticket, Activity.VIEWING)


def _news(context: Context, draft: Draft) -> str:
    """Who spoke after writing began: the customer, or another agent in public; empty when nobody did."""
    entries = value_of(context.state.conversation.entries) or ()
    public = {EntryKind.CUSTOMER, EntryKind.AGENT}
    for entry in reversed(entries if draft.base_seq else ()):
        if entry.seq <= draft.base_seq:
            return ""
        if entry.kind in public and (entry.author_id is None or entry.author_id != context.me):
            return str(entry.author)
    return ""


def leave(context: Context, _: Args) -> Iterable[Effect]:
    """Leave the composer; the draft is kept."""
    ticket = context.state.conversation.ticket
    if ticket is not None:
        yield ef.Emit(ev.DraftChanged(draft_of(context, ticket)))
        yield ef.Attend(ticket, Activity.VIEWING)
    yield ef.Emit(ev.ComposerToggled(False))


def toggle_mode(context: Context, _: Args) -> Iterable[Effect]:
    """Reply becomes note and the other way round; the text stays."""
    ticket = context.state.conversation.ticket
    if ticket is None:
        return
    draft = draft_of(context, ticket)
    mode = DraftMode.NOTE if draft.mode is DraftMode.REPLY else DraftMode.REPLY
    yield ef.Emit(ev.DraftChanged(replace(draft, mode=mode, is_saved=False)))
    yield ef.Attend(ticket, Activity.TYPING_NOTE if mode is DraftMode.NOTE else Activity.TYPING)
    told = msg("Note: the customer never reads it") if mode is DraftMode.NOTE else msg("Reply: the customer will read it")
    yield ef.Tell(told, (), Level.INFO if mode is DraftMode.NOTE else Level.WARN)


def discard(context: Context, args: Args) -> Iterable[Effect]:
    """Throw the draft away, after asking when there is something in it."""
    ticket = context.state.conversation.ticket
    if ticket is None:
        return
    draft = draft_of(context, ticket)
    if not draft.is_empty and not args:
        yield ef.Confirm(msg("Throw this text away?"), (), "composer.discard", ("sure",))
        return
    yield Compose(ComposerAct.CLEAR)
    yield ef.Emit(ev.DraftChanged(Draft(ticket, draft.mode)))
    yield ef.Emit(ev.ComposerToggled(False))
    yield ef.Attend(ticket, Activity.VIEWING)


def attach(context: Context, args: Args) -> Iterable[Effect]:
    """Put a file on the draft; without an argument, ask for its path."""
    ticket = context.state.conversation.ticket
    if args and args[0].strip() and ticket is not None:
        yield ef.AttachFile(ticket, args[0].strip())
    else:
        yield ef.Prompt(msg("File to attach"), "composer.attach")


def status_after(context: Context, args: Args) -> Iterable[Effect]:
    """Choose the status the ticket gets when the text is sent."""
    if not args:
        statuses = context.state.session.directory.statuses
        yield ef.Pick(msg("Status after sending"), tuple(Choice(one.name, one.title) for one in statuses), "composer.status")
        return
    yield from _then(context, SetStatus(args[0]))


def promise(context: Context, args: Args) -> Iterable[Effect]:
    """Record a promise together with the text that makes it."""
    given = values(args)
    what, by = given.get("what", "").strip(), given.get("by", "").strip()
    due = parse_when(by, context.now, zone_of(context.options, context.now))
    if what and due is not None:
        yield from _then(context, MakePromise(what, due))
        return
    if by and due is None:
        yield ef.Tell(msg("“{text}” is no time I know; try 2h, 18:00 or tomorrow 9"), (("text", by),), Level.WARN)
    yield ef.Form(msg("Promise"), promise_fields(what, by), "composer.promise")


def _then(context: Context, follow_up: FollowUp) -> Iterable[Effect]:
    ticket = context.state.conversation.ticket
    if ticket is not None:
        draft = draft_of(context, ticket)
        then = with_follow_ups(draft.then, (follow_up,))
        yield ef.Emit(ev.DraftChanged(replace(draft, then=then, is_saved=False)))


def with_follow_ups(held: tuple[FollowUp, ...], added: tuple[FollowUp, ...]) -> tuple[FollowUp, ...]:
    """Both, in order; of a status, an owner or a priority only the last one counts."""
    many = {"Tag", "SetField", "MakePromise", "SettlePromise"}
    kinds = {type(one).__name__ for one in added} - many
    return (*(one for one in held if type(one).__name__ not in kinds and one not in added), *added)


def insert_text(_: Context, args: Args) -> Iterable[Effect]:
    """Put words at the caret: an article, a quotation."""
    yield Compose(ComposerAct.INSERT, args[0])
