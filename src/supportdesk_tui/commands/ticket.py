"""Bodies: what one does to tickets: reply, note, assign, status, snooze, priority, tags, watch, merge."""

from collections.abc import Iterable
from urllib.parse import quote

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.attachments import choice_of, files_of
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Choice, Effect
from supportdesk_tui.commands.opening import NAME_LENGTH, apply, draft_of, open_ticket, start_writing
from supportdesk_tui.commands.queue import next_ticket
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.commands.times import parse_when, tomorrow, zone_of
from supportdesk_tui.domain.assign import best_fit, load_of
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import (
    Assign,
    Link,
    MarkRead,
    Merge,
    SetPriority,
    SetStatus,
    Snooze,
    Tag,
    Transfer,
    Watch,
)
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.ids import AgentId, TeamId, TicketId
from supportdesk_tui.domain.ticket import Phase, Priority, Status
from supportdesk_tui.i18n.when import moment
from supportdesk_tui.store.kept import form_key
from supportdesk_tui.store.state import DraftMode, Level, value_of
from supportdesk_tui.store.views import summary_of

QUOTED_LINES = 12
"""Lines of the customer's words a quoting reply takes along."""


def _pick(context: Context, title: str, choices: Iterable[Choice], command: str, *, free: bool = False) -> ef.Pick:
    """A question about the tickets that are meant; says how many of the backend's items could not be read for it."""
    missing, count = context.state.session.directory.bad_items, len(context.targets)
    return ef.Pick(title, tuple(choices), command, free=free, bad_items=missing, count=count, about=context.about)


def reply(context: Context, _: Args) -> Iterable[Effect]:
    """Write to the customer."""
    return _write(context, DraftMode.REPLY)


def note(context: Context, _: Args) -> Iterable[Effect]:
    """Write to colleagues."""
    return _write(context, DraftMode.NOTE)


def _write(context: Context, mode: DraftMode) -> Iterable[Effect]:
    if not context.targets:
        return
    ticket = context.targets[0]
    yield from start_writing(context, ticket, mode)
    draft = draft_of(context, ticket)
    if not draft.is_empty and draft.mode is not mode:
        kind = msg("There is a note here already; ⟪composer.toggle_mode⟫ makes it a reply")
        back = msg("Your reply is a note for now; ⟪composer.toggle_mode⟫ makes it a reply again")
        yield ef.Tell(kind if mode is DraftMode.REPLY else back)


def reply_quoting(context: Context, _: Args) -> Iterable[Effect]:
    """Write to the customer, their last words quoted."""
    yield from _write(context, DraftMode.REPLY)
    entries = value_of(context.state.conversation.entries) or ()
    last = next((entry for entry in reversed(entries) if entry.kind is EntryKind.CUSTOMER), None)
    if last is not None and context.current is not None and context.state.conversation.ticket == context.current.id:
        yield ef.Compose(ef.ComposerAct.INSERT, quoted(last))


def quoted(entry: Entry) -> str:
    """The first lines of an entry, each marked as a quotation, and an empty line to write on."""
    lines = entry.body.strip().splitlines()
    kept = [f"> {line}".rstrip() for line in lines[:QUOTED_LINES]]
    return "\n".join([*kept, *(["> …"] if len(lines) > QUOTED_LINES else []), "", ""])


# --- owner


def take(context: Context, _: Args) -> Iterable[Effect]:
    """Assign to me; of two agents who take at once one wins."""
    me = context.me
    current = context.current
    if me is None:
        return
    if len(context.targets) == 1 and current is not None and current.owner == me:
        yield ef.Tell(msg("{number} is yours already"), (("number", current.number),))
        return
    if len(context.targets) > 1 or current is None or current.owner is None:
        yield from apply(context, Assign(me, only_if_unowned=True), msg("Taking {number}"))
    else:
        name = str(current.owner_name or current.owner)[:NAME_LENGTH]
        yield from apply(context, Assign(me), msg("Taking {number} from {name} – ⟪desk.undo⟫ gives it back"), name=name)


def assign(context: Context, args: Args) -> Iterable[Effect]:
    """Assign to the agent named."""
    agent = AgentId(args[0])
    known = context.state.session.directory.agent(agent)
    name = str(known.name)[:NAME_LENGTH] if known else str(agent)
    return apply(context, Assign(agent), msg("{number}: assigning to {name}"), name=name)


def unassign(context: Context, _: Args) -> Iterable[Effect]:
    """Give back to the queue: nobody owns it."""
    return apply(context, Assign(None), msg("{number}: nobody's now"))


def assign_pick(context: Context, _: Args) -> Iterable[Effect]:
    """Assign to any agent, best fit first."""
    current, agents = context.current, context.state.session.directory.agents
    if current is not None:
        choices = tuple(Choice(fit.agent.id, fit.agent.name, fit.why) for fit in best_fit(current, agents, context.me))
    else:
        choices = tuple(Choice(agent.id, agent.name, load_of(agent)) for agent in agents)
    yield _pick(context, msg("Assign to"), choices, "ticket.assign")


def transfer(context: Context, args: Args) -> Iterable[Effect]:
    """Move to a team's queue; without an argument, ask which."""
    if not args:
        choices = tuple(Choice(team.id, team.name) for team in context.state.session.directory.teams)
        yield _pick(context, msg("Transfer to"), choices, "ticket.transfer")
        return
    team = context.state.session.directory.team(TeamId(args[0]))
    name = str(team.name) if team else args[0]
    yield from apply(context, Transfer(TeamId(args[0])), msg("{number}: moving to {team}"), team=name)


# --- status and time


def status_with(context: Context, phase: Phase) -> Status | None:
    """The backend's first status of a phase."""
    return next((one for one in context.state.session.directory.statuses if one.phase is phase), None)


def status(context: Context, args: Args) -> Iterable[Effect]:
    """Set the status named; the second argument is the resolve reason."""
    known = next((one for one in context.state.session.directory.statuses if one.name == args[0]), None)
    reasons = context.state.session.directory.resolve_reasons
    if known is not None and known.phase is Phase.SOLVED and len(args) == 1 and reasons:
        return _ask_reason(context, "ticket.status", args)
    title = str(known.title) if known else args[0]
    return apply(context, SetStatus(args[0], "".join(args[1:2])), msg("{number}: {status}"), status=title)


def _ask_reason(context: Context, command: str, args: Args) -> Iterable[Effect]:
    choices = tuple(Choice(reason, reason) for reason in context.state.session.directory.resolve_reasons)
    yield ef.Pick(msg("Why is it solved?"), choices, command, args, count=len(context.targets), about=context.about)


def status_pick(context: Context, args: Args) -> Iterable[Effect]:
    """Find a status by typing: for backends with more of them than a menu has letters."""
    if args:
        yield from status(context, args)
        return
    choices = tuple(Choice(one.name, one.title) for one in context.state.session.directory.statuses)
    yield _pick(context, msg("Status"), choices, "ticket.status_pick")


def solve(context: Context, args: Args) -> Iterable[Effect]:
    """Resolve and go to the next ticket; asks for the reason where the backend knows reasons."""
    reasons = context.state.session.directory.resolve_reasons
    solved = status_with(context, Phase.SOLVED)
    if solved is None:
        yield ef.Tell(msg("This backend has no solved status"), (), Level.WARN)
        return
    if reasons and not args:
        yield from _ask_reason(context, "ticket.solve", ())
        return
    is_single = len(context.targets) == 1
    yield from apply(
        context,
        SetStatus(solved.name, "".join(args[:1])),
        _with_undo(context, msg("{number}: solved"), msg("{number}: solved – ⟪desk.undo⟫ takes it back")),
    )
    if is_single and context.state.conversation.ticket is not None and not context.state.conversation.peek:
        yield from next_ticket(context, ())


def _with_undo(context: Context, plain: str, undoable: str) -> str:
    """What is said of a change: that it can be taken back only where it can."""
    return undoable if context.can(Capability.UNDO) else plain


def reopen(context: Context, _: Args) -> Iterable[Effect]:
    """Open again."""
    opened = status_with(context, Phase.OPEN)
    if opened is None:
        return (ef.Tell(msg("This backend has no open status"), (), Level.WARN),)
    return apply(context, SetStatus(opened.name), msg("{number}: open again"))


def spam(context: Context, _: Args) -> Iterable[Effect]:
    """Call it spam; nothing is deleted."""
    known = next((one for one in context.state.session.directory.statuses if one.name == "spam"), None)
    if known is None:
        return (ef.Tell(msg("This backend has no spam status"), (), Level.WARN),)
    return apply(
        context,
        SetStatus(known.name),
        _with_undo(context, msg("{number}: spam"), msg("{number}: spam – ⟪desk.undo⟫ takes it back")),
    )


def snooze(context: Context, args: Args) -> Iterable[Effect]:
    """Take out of sight until the customer answers (`reply`), tomorrow, or a time as people write it."""
    zone = zone_of(context.options, context.now)
    if args[0] == "reply":
        return apply(context, Snooze(None), msg("{number}: back when the customer answers"))
    written = args[0].partition("=")[2] if args[0].startswith("until=") else args[0]
    until = tomorrow(context.now, zone) if written == "tomorrow" else parse_when(written, context.now, zone)
    if until is None:
        wrong = ef.Tell(msg("“{text}” is no time I know; try 2h, 18:00 or tomorrow 9"), (("text", written),), Level.WARN)
        return (wrong, *snooze_pick(context, (written,)))
    when = moment(until, context.now, zone)
    form = form_key("ticket.snooze", (), context.targets) if args[0].startswith("until=") else ""
    return apply(context, Snooze(until), msg("{number}: back {when}"), form=form, when=when)


def snooze_pick(context: Context, args: Args) -> Iterable[Effect]:
    """Ask until when."""
    about, is_again = context.targets, bool(args)
    field = ef.FormField("until", msg("Until"), "".join(args[:1]), required=True, hint=msg("2h, 18:00, tomorrow 9, 今晚8点"))
    yield ef.Form(msg("Snooze"), (field,), "ticket.snooze", tickets=about, is_again=is_again, opener="ticket.snooze_pick")


# --- priority, tags, watching, reading


def priority(context: Context, args: Args) -> Iterable[Effect]:
    """Set the priority: `1`–`4`, or `+1` and `-1` from where it is."""
    if args[0] not in {"+1", "-1"}:
        return _set_priority(context, Priority(int(args[0])))
    rows = [context.row(ticket) for ticket in context.targets] if len(context.targets) > 1 else [context.current]
    current = rows[0] if rows else None
    if current is None or any(row is None or row.priority is not current.priority for row in rows):
        # Of tickets that differ, or are not loaded, one step would be a leap for some: the agent says which priority is meant.
        return (ef.RunCommand("menu.priority"),) if context.targets else ()
    wanted = current.priority.value - int(args[0])
    if not 1 <= wanted <= 4:
        number = current.number if not rows[1:] else f"{len(rows)} tickets"
        return (ef.Tell(msg("{number} is {priority} already"), (("number", number), ("priority", current.priority.name))),)
    return _set_priority(context, Priority(wanted))


def _set_priority(context: Context, wanted: Priority) -> Iterable[Effect]:
    return apply(context, SetPriority(wanted), msg("{number}: {priority}"), priority=wanted.name)


def priority_up(context: Context, _: Args) -> Iterable[Effect]:
    """More urgent by one."""
    return priority(context, ("+1",))


def priority_down(context: Context, _: Args) -> Iterable[Effect]:
    """Less urgent by one."""
    return priority(context, ("-1",))


def tag(context: Context, args: Args) -> Iterable[Effect]:
    """Put a tag on, or take it off when it is there; without an argument, ask which."""
    current = context.current
    has = set(current.tags) if current else set()
    if not args:
        known = dict.fromkeys((*sorted(has), *context.state.session.directory.tags))
        choices = tuple(Choice(one, one, msg("take off") if one in has else "") for one in known)
        yield _pick(context, msg("Tag"), choices, "ticket.tag", free=True)
        return
    name = args[0].strip()
    if not name:
        return
    if name in has and len(context.targets) == 1:
        yield from apply(context, Tag(remove=(name,)), msg("{number}: tag {tag} taken off"), tag=name)
    else:
        yield from apply(context, Tag(add=(name,)), msg("{number}: tagged {tag}"), tag=name)


def watch(context: Context, _: Args) -> Iterable[Effect]:
    """Follow, or stop following."""
    current = context.current
    if current is not None and current.watched and len(context.targets) == 1:
        return apply(context, Watch(False), msg("{number}: no longer watched"))
    return apply(context, Watch(), msg("{number}: watched"))


def unread(context: Context, _: Args) -> Iterable[Effect]:
    """Mark as not read."""
    return apply(context, MarkRead(read=False), msg("{number}: unread again"))


def seen(context: Context, _: Args) -> Iterable[Effect]:
    """Mark the open ticket read, without a word: what came last is on the screen and somebody reads it."""
    opened = context.state.conversation
    row = summary_of(context.state)
    if opened.ticket is not None and not opened.peek and row is not None and row.unread and context.can(Capability.READ_MARK):
        entries = value_of(opened.entries) or ()
        yield ef.Apply((opened.ticket,), MarkRead(to=entries[-1].seq if entries else 0))


# --- tying tickets together


def _related(context: Context, title: str, command: str) -> ef.Pick:
    """The customer's other tickets and those in view, or any number typed."""
    current = context.current
    customer = value_of(context.state.conversation.customer)
    opened = current is not None and context.state.conversation.ticket == current.id
    choices: dict[TicketId, Choice] = {}
    for contact in customer.contacts if customer and opened else ():
        choices[contact.ticket] = Choice(contact.ticket, f"{contact.number} {contact.subject}", msg("same customer"))
    rows = sorted(context.state.queue.rows, key=lambda row: current is None or row.customer_id != current.customer_id)
    for row in rows:
        mine = current is not None and row.customer_id == current.customer_id
        hint = msg("same customer") if mine else str(row.customer_name)
        choices.setdefault(row.id, Choice(row.id, f"{row.number} {row.subject}", hint))
    if current is not None:
        choices.pop(current.id, None)
    return ef.Pick(title, tuple(choices.values()), command, free=True, count=len(context.targets), about=context.about)


def merge(context: Context, args: Args) -> Iterable[Effect]:
    """Fold this ticket into another; without an argument, ask which."""
    if not args:
        yield _related(context, msg("Merge into"), "ticket.merge")
        return
    into = args[0].strip().lstrip("#")
    if len(args) == 1:
        number = context.current.number if context.current else str(context.targets[0])
        row = context.row(TicketId(into))
        named = (("number", number), ("other", row.number if row else into))
        question = msg("Merge {number} into {other}? Its number goes on working.")
        yield ef.Confirm(question, named, "ticket.merge", (into, "sure"))
        return
    yield from apply(context, Merge(TicketId(into)), msg("{number}: merging"))
    if context.state.conversation.ticket is not None:
        yield from open_ticket(context, TicketId(into))


def link(context: Context, args: Args) -> Iterable[Effect]:
    """Tie this ticket to another; without an argument, ask which."""
    if not args:
        yield _related(context, msg("Link to"), "ticket.link")
        return
    yield from apply(context, Link(TicketId(args[0].strip().lstrip("#"))), msg("{number}: linked"))


def attachments(context: Context, args: Args) -> Iterable[Effect]:
    """Save a file of this conversation; asks which when there are several."""
    ticket = context.state.conversation.ticket
    if ticket is None:
        return
    if args:
        yield ef.SaveFile(ticket, args[0])
        return
    files = files_of(context)
    if not files:
        yield ef.Tell(msg("No attachments here"))
    elif len(files) == 1:
        yield ef.SaveFile(ticket, files[0].id)
    else:
        yield ef.Pick(msg("Save attachment"), tuple(map(choice_of, files)), "ticket.attachments")


def copy_number(context: Context, _: Args) -> Iterable[Effect]:
    """Copy the case number."""
    if context.current is not None:
        yield ef.Copy(context.current.number, msg("case number"))


def copy_title(context: Context, _: Args) -> Iterable[Effect]:
    """Copy case number and subject, and where the backend shows the ticket to a browser."""
    current = context.current
    if current is not None:
        page = context.options.get("ticket_url", "")
        link = page.replace("{number}", quote(current.number, safe="")).replace("{id}", quote(current.id, safe=""))
        what = msg("case number, subject and link") if link else msg("case number and subject")
        yield ef.Copy(" ".join(part for part in (current.number, str(current.subject), link) if part), what)


def number(_: Context, args: Args) -> Iterable[Effect]:
    """Open a ticket by its case number."""
    yield ef.Load(ef.LoadKind.NUMBER, text=args[0].strip()) if args else ef.Prompt(msg("Case number"), "ticket.number")
