"""Bodies: writing, sending, taking back."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Choice, Compose, ComposerAct, Effect, PaneAct
from supportdesk_tui.commands.forms import promise_fields
from supportdesk_tui.commands.guards import lacking
from supportdesk_tui.commands.mentions import mentions
from supportdesk_tui.commands.opening import WAITS, draft_of, form_sent, is_answered, values
from supportdesk_tui.commands.queue import next_ticket
from supportdesk_tui.commands.spec import Args, Blocked, Run, msg
from supportdesk_tui.commands.times import parse_when, zone_of
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import FollowUp, MakePromise, Note, Override, Reply, SetStatus
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ticket import Channel
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.kept import form_key
from supportdesk_tui.store.state import Draft, DraftMode, Level, Pane, value_of
from supportdesk_tui.store.views import summary_of

if TYPE_CHECKING:
    from supportdesk_tui.commands.gate import Finding
    from supportdesk_tui.commands.gate_rules import Policy


def acting(act: ComposerAct) -> Run:
    """A body that only the editor widget can do."""

    def run(_: Context, __: Args) -> Iterable[Effect]:
        return (Compose(act),)

    return run


def writable(context: Context) -> Draft | Blocked:
    """The draft that would be sent, or why there is none; whether it is fit to be sent is the gate's business."""
    ticket = context.state.conversation.ticket
    if ticket is None or not context.state.view.composer_open:
        return Blocked(msg("The composer is not open"))
    draft = draft_of(context, ticket)
    if not draft.body.strip():
        return Blocked(msg("Nothing is written yet"))
    return draft


def can_send(context: Context) -> Blocked | None:
    """Why there is nothing to send."""
    draft = writable(context)
    return draft if isinstance(draft, Blocked) else None


def send(context: Context, args: Args) -> Iterable[Effect]:
    """Send the draft through the gate: a reply is held for a while so that it can be taken back, a note goes at once.

    What the gate finds is shown instead; the arguments hold what the agent has answered so far (see `gate.anyway`).
    """
    from supportdesk_tui.commands.gate import Answers, findings
    from supportdesk_tui.commands.gate_letter import letter_of, policy_of

    draft = writable(context)
    if isinstance(draft, Blocked):
        yield ef.Tell(draft.reason, draft.values, Level.WARN)
        return
    yield ef.Emit(ev.DraftChanged(draft))
    policy = policy_of(context)
    found = (*findings(letter_of(context, draft), policy), *_found_with(context, draft, policy))
    answers = Answers.of(args)
    left = tuple(one for one in found if not answers.covers(one))
    if left:
        yield _ask(context, draft, left, args)
        return
    overrides = tuple(Override(one.kind.value, answers.reasons[one.id]) for one in found)
    yield from _post(context, draft, overrides)
    if draft.then_next:
        yield from next_ticket(context, ())


def _found_with(context: Context, draft: Draft, policy: "Policy") -> "Iterator[Finding]":
    """What is wrong with the words of what happens on sending; each can be left out."""
    if not draft.then:
        return
    from supportdesk_tui.commands.gate import Fix
    from supportdesk_tui.commands.gate_change import found_in

    for place, one in enumerate(draft.then):
        for finding in found_in((one,), context.state.session.session, policy):
            yield replace(finding, fix=Fix(msg("leave it out"), "composer.without", (str(place),)))


def without(context: Context, args: Args) -> Iterable[Effect]:
    """Leave out one of the things that would happen on sending, by its place."""
    ticket = context.state.conversation.ticket
    if ticket is not None:
        draft = draft_of(context, ticket)
        then = tuple(one for place, one in enumerate(draft.then) if place != int(args[0]))
        yield ef.Emit(ev.DraftChanged(replace(draft, then=then, is_saved=False)))
        yield ef.Emit(ev.FocusMoved(Pane.COMPOSER))


def _ask(context: Context, draft: Draft, found: "tuple[Finding, ...]", answered: Args) -> Effect:
    """A colleague who was faster is shown first, with both texts; everything else in one list."""
    from supportdesk_tui.commands.gate import anyway
    from supportdesk_tui.commands.gate_letter import arrived
    from supportdesk_tui.commands.gate_rules import Kind, Remedy

    faster = next((one for one in found if one.kind is Kind.REPLIED), None)
    if faster is None:
        return ef.ShowFindings(found, answered)
    send_anyway = ef.RunCommand("composer.send", (*answered, *anyway((faster,), "")))
    return ef.ShowConflict(
        theirs=arrived(context, draft),
        mine=draft.body,
        edit=ef.RunCommand("composer.seen"),
        send=send_anyway if faster.remedy is Remedy.REASON else None,
        discard=ef.RunCommand("composer.discard"),
    )


def _post(context: Context, draft: Draft, overrides: tuple[Override, ...]) -> Iterable[Effect]:
    hold_s = int(float(context.options.get("hold_s", "10") or 0))
    files = tuple(attachment for attachment, _ in draft.attachments)
    if draft.mode is DraftMode.NOTE:
        named = mentions(draft.body, context.state.session.directory.agents)
        note = Note(draft.body, draft.then, files, mentions=named, overrides=overrides)
        yield ef.Apply((draft.ticket,), note, clears_draft=draft.ticket)
        yield ef.Tell(msg("Adding the note") if is_answered(context) else WAITS)
    else:
        language = context.current.language if context.current else ""
        reply = Reply(
            draft.body,
            draft.then,
            files,
            draft.cc if mailed(context) is None else (),
            language,
            draft.macro,
            overrides,
            _seen(context, draft),
            _seen_owner(context),
        )
        yield ef.Apply((draft.ticket,), reply, hold=hold_s > 0, clears_draft=draft.ticket)
        if hold_s > 0:
            yield ef.Tell(msg("Sends in {seconds} s – ⟪desk.undo⟫ takes it back"), (("seconds", str(hold_s)),))
    yield ef.Emit(ev.ComposerToggled(False))
    yield ef.Attend(draft.ticket, Activity.VIEWING)


def _seen(context: Context, draft: Draft) -> int:
    """Newest entry the agent has read or answered for; 0 when the conversation was not there to be read."""
    from supportdesk_tui.commands.gate_letter import arrived

    return max((draft.base_seq, *(one.seq for one in arrived(context, draft)))) if draft.base_seq else 0


def _seen_owner(context: Context) -> str | None:
    """Who has the ticket as far as the agent knows; None where the desk does not want that asked about."""
    from supportdesk_tui.commands.gate_letter import policy_of
    from supportdesk_tui.commands.gate_rules import Kind, Remedy, remedy_of

    summary, session = summary_of(context.state), context.state.session.session
    role = session.agent.role if session else None
    if summary is None or remedy_of(Kind.CHANGED, role, policy_of(context)) is Remedy.OFF:
        return None
    return str(summary.owner or "")


def seen(context: Context, _: Args) -> Iterable[Effect]:
    """The agent has read what was said and done meanwhile, and goes on writing."""
    ticket = context.state.conversation.ticket
    if ticket is None:
        return
    draft, summary = draft_of(context, ticket), summary_of(context.state)
    entries = value_of(context.state.conversation.entries)
    draft = replace(draft, base_seq=entries[-1].seq if entries else draft.base_seq, is_saved=False)
    if summary is not None:
        draft = replace(draft, base_owner=str(summary.owner or ""), base_status=summary.status.name)
    yield ef.Emit(ev.DraftChanged(draft))


def read(context: Context, args: Args) -> Iterable[Effect]:
    """Go and read what was said and done meanwhile; the draft stays open beneath."""
    yield from seen(context, args)
    yield ef.Emit(ev.FocusMoved(Pane.CONVERSATION))
    yield ef.Move(PaneAct.SCROLL_END)


def select(_: Context, args: Args) -> Iterable[Effect]:
    """Mark a piece of the text: offset and length, in characters."""
    yield ef.Emit(ev.FocusMoved(Pane.COMPOSER))
    yield Compose(ComposerAct.SELECT, stops=((int(args[0]), int(args[1])),))


def leave(context: Context, _: Args) -> Iterable[Effect]:
    """Leave the composer; the draft is kept."""
    ticket = context.state.conversation.ticket
    if ticket is not None:
        yield ef.Emit(ev.DraftChanged(draft_of(context, ticket)))
        yield ef.Attend(ticket, Activity.VIEWING)
    yield ef.Emit(ev.ComposerToggled(False))


def can_toggle(context: Context) -> Blocked | None:
    """The other kind of text may be written here."""
    ticket = context.state.conversation.ticket
    is_note = ticket is not None and draft_of(context, ticket).mode is DraftMode.NOTE
    return lacking(context, Capability.REPLY if is_note else Capability.NOTE)


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


_ADDRESS = re.compile(r"[^@\s<>,;:\"()]{1,64}@(?:[^@\s<>,;:\"().]{1,63}\.)+[^@\s<>,;:\"().]{2,63}")
MOST_COPIES = 20
"""Addresses that may get a copy of one reply."""


def mailed(context: Context) -> Blocked | None:
    """Copies are a matter of mail: the customer of the open ticket is written to by mail."""
    current = context.current
    if current is None or current.channel in {Channel.EMAIL, Channel.TICKET}:
        return None
    return Blocked(msg("Only a reply by mail can have copies"))


def copies(context: Context, args: Args) -> Iterable[Effect]:
    """Say who gets a copy of the reply, by mail address; asks for them, with those who got one before."""
    ticket = context.state.conversation.ticket
    if ticket is None:
        return
    draft = draft_of(context, ticket)
    if not args:
        detail = value_of(context.state.conversation.detail)
        before = tuple(str(one) for one in (detail.cc if detail else ()) if _ADDRESS.fullmatch(str(one)))
        yield ef.Prompt(msg("Copies to (addresses, with commas between)"), "composer.cc", ", ".join(draft.cc or before))
        return
    given = tuple(dict.fromkeys(filter(None, re.split(r"[\s,;，；、]+", args[0]))))
    wrong = next((one for one in given if _ADDRESS.fullmatch(one) is None or not one.isprintable()), "")
    if wrong or len(given) > MOST_COPIES:
        told = msg("“{text}” is no mail address") if wrong else msg("At most {count} addresses can get a copy")
        yield ef.Tell(told, (("text", wrong[:60]), ("count", str(MOST_COPIES))), Level.WARN)
        yield ef.Prompt(msg("Copies to (addresses, with commas between)"), "composer.cc", args[0])
        return
    yield ef.Emit(ev.DraftChanged(replace(draft, cc=given, is_saved=False)))
    if draft.mode is DraftMode.NOTE and given:
        yield ef.Tell(msg("This is a note: nobody gets a copy of it"), (), Level.WARN)


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
    about = tuple(filter(None, (context.state.conversation.ticket,)))
    if what and due is not None:
        yield from _then(context, MakePromise(what, due))
        yield from form_sent(context, form_key("composer.promise", (), about))
        return
    if by and due is None:
        yield ef.Tell(msg("“{text}” is no time I know; try 2h, 18:00 or tomorrow 9"), (("text", by),), Level.WARN)
    is_again = {"what", "by"} <= given.keys()
    yield ef.Form(msg("Promise"), promise_fields(what, by), "composer.promise", tickets=about, is_again=is_again)


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
