"""Bodies that ask for fields: escalate, hand back, promise, new ticket; and going on with one that was left."""

from collections.abc import Iterable
from datetime import timedelta

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect, FormField
from supportdesk_tui.commands.facts import known_fact
from supportdesk_tui.commands.opening import apply, open_ticket, values
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.commands.times import parse_when, zone_of
from supportdesk_tui.domain.changes import Change, Create, Escalate, MakePromise, ReturnTask, SettlePromise
from supportdesk_tui.domain.directory import EscalationTarget
from supportdesk_tui.domain.ticket import Channel, PromiseState
from supportdesk_tui.i18n.when import moment
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.kept import FormDraft, form_key
from supportdesk_tui.store.state import Level, Loaded, Pane, value_of

SUMMARY = "summary"
AGAIN = "again"
"""The argument that shows a form once more, as it was filled in."""


def targets(context: Context) -> tuple[EscalationTarget, ...]:
    """Where one can escalate to: the directory's targets, else teams that have a letter."""
    directory = context.state.session.directory
    if directory.targets:
        return directory.targets
    return tuple(EscalationTarget(team.escalation_key, team.id, team.name) for team in directory.teams if team.escalation_key)


def escalate(context: Context, args: Args) -> Iterable[Effect]:
    """Ask for what the target (first argument) requires, prefilled; with the fields, open the task."""
    target = next((one for one in targets(context) if one.team == args[0]), None)
    if target is None:
        yield ef.Tell(msg("There is no such team any more"), (), Level.WARN)
        return
    given = values(args[1:])
    required = tuple(name for name in target.required if name != SUMMARY)
    missing = [name for name in (SUMMARY, *required) if not given.get(name, "").strip()]
    if not given or missing or AGAIN in given:
        yield ef.Form(
            msg("Escalate"),
            _escalation_fields(context, required, given),
            "ticket.escalate",
            args[:1],
            explain=str(target.title),
            tickets=context.targets,
            is_again=SUMMARY in given,
        )
        return
    fields = tuple((name, given[name].strip()) for name in given if name != SUMMARY and given[name].strip())
    change = Escalate(target.team, given[SUMMARY].strip(), fields)
    text = msg("{number}: escalating to {team}; you keep the customer")
    yield from _apply(context, change, text, ("ticket.escalate", args), args[:1], team=str(target.title))


def _apply(
    context: Context, change: Change, text: str, asked: tuple[str, Args], first: Args = (), **told: str
) -> Iterable[Effect]:
    """Make a change with words in it, unless the gate finds something.

    `asked` is the command and its arguments, `first` those of them that are not from the form.
    """
    from supportdesk_tui.commands.gate_change import checked

    passed = checked(context, change, *asked)
    if isinstance(passed, ef.ShowFindings):
        return (passed,)
    return apply(context, passed, text, form=form_key(asked[0], first, context.targets), **told)


def _escalation_fields(context: Context, required: tuple[str, ...], given: dict[str, str]) -> tuple[FormField, ...]:
    summary = given.get(SUMMARY) or default_summary(context)
    asked = FormField(SUMMARY, msg("Summary for the team"), summary, required=True)
    known = (FormField(name, name, given.get(name) or known_fact(context, name), required=True) for name in required)
    return (asked, *known)


def default_summary(context: Context) -> str:
    """What the specialist should know first: the handover when there is one, else the subject."""
    current = context.current
    detail = value_of(context.state.conversation.detail)
    if detail is not None and current is not None and detail.summary.id == current.id and detail.handover:
        return str(detail.handover)
    return str(current.subject) if current is not None else ""


def return_task(context: Context, args: Args) -> Iterable[Effect]:
    """Hand a task back with the finding."""
    given = values(args)
    finding = given.get("finding", "").strip()
    if not finding or AGAIN in given:
        field = FormField("finding", msg("Finding"), finding, required=True)
        about = context.targets
        title = msg("Hand back to the owner")
        return (ef.Form(title, (field,), "ticket.return_task", tickets=about, is_again="finding" in given),)
    return _apply(context, ReturnTask(finding), msg("{number}: handed back"), ("ticket.return_task", args))


def promise(context: Context, args: Args) -> Iterable[Effect]:
    """Record what the customer was told and by when."""
    given = values(args)
    what, by = given.get("what", "").strip(), given.get("by", "").strip()
    zone = zone_of(context.options, context.now)
    due = parse_when(by, context.now, zone)
    if what and due is not None and AGAIN not in given:
        when = moment(due, context.now, zone)
        text = msg("{number}: promised by {when}")
        yield from _apply(context, MakePromise(what, due), text, ("ticket.promise", args), when=when)
        return
    if by and due is None:
        yield ef.Tell(msg("“{text}” is no time I know; try 2h, 18:00 or tomorrow 9"), (("text", by),), Level.WARN)
    fields, is_again = promise_fields(what, by), {"what", "by"} <= given.keys()
    yield ef.Form(msg("Promise"), fields, "ticket.promise", tickets=context.targets, is_again=is_again)


def promise_fields(what: str = "", by: str = "") -> tuple[FormField, ...]:
    """What a promise consists of."""
    return (
        FormField("what", msg("What"), what, required=True),
        FormField("by", msg("By when"), by, required=True, hint=msg("2h, 18:00, tomorrow 9, 今晚8点")),
    )


def settle_promise(context: Context, args: Args) -> Iterable[Effect]:
    """Mark a promise kept; asks which when several are open."""
    detail = value_of(context.state.conversation.detail)
    still_open = [one for one in detail.promises if one.state is PromiseState.OPEN] if detail else []
    chosen = args[0] if args else still_open[0].id if len(still_open) == 1 else ""
    if chosen:
        return apply(context, SettlePromise(chosen), msg("{number}: promise kept"))
    if not still_open:
        return (ef.Tell(msg("No open promise here")),)
    zone = zone_of(context.options, context.now)
    choices = tuple(ef.Choice(one.id, one.text, moment(one.due_at, context.now, zone)) for one in still_open)
    return (ef.Pick(msg("Which promise was kept?"), choices, "ticket.settle_promise"),)


def create(context: Context, args: Args) -> Iterable[Effect]:
    """Open a new ticket for a customer."""
    given = {name: value.strip() for name, value in values(args).items()}
    names = ("customer", "channel", "category", "subject", "body")
    channel = given.get("channel", "").lower()
    is_complete = all(given.get(name) for name in names) and AGAIN not in given
    if is_complete and channel in set(Channel):
        from supportdesk_tui.commands.gate_change import checked

        written = Create(given["customer"], Channel(channel), given["category"].upper(), given["subject"], given["body"])
        change = checked(context, written, "ticket.create", args)
        if isinstance(change, ef.ShowFindings):
            yield change
            return
        yield ef.Apply((), change, clears_form=form_key("ticket.create", (), ()))
        yield ef.Tell(msg("New ticket for {customer}"), (("customer", given["customer"]),))
        return
    if channel and channel not in set(Channel):
        yield ef.Tell(msg("There is no channel {text}"), (("text", channel),), Level.WARN)
    yield ef.Form(msg("New ticket"), _create_fields(context, given), "ticket.create", is_again="body" in given)


def _create_fields(context: Context, given: dict[str, str]) -> tuple[FormField, ...]:
    customer = value_of(context.state.conversation.customer)
    codes = ", ".join(category.code for category in context.state.session.directory.categories)
    uid = customer.customer.uid if customer else ""
    return (
        FormField("customer", msg("Customer (UID)"), given.get("customer", uid), required=True),
        FormField(
            "channel", msg("Channel"), given.get("channel", Channel.TICKET.value), required=True, hint=", ".join(Channel)
        ),
        FormField("category", msg("Category"), given.get("category", ""), required=True, hint=codes),
        FormField("subject", msg("Subject"), given.get("subject", ""), required=True),
        FormField("body", msg("What the customer says"), given.get("body", ""), required=True),
    )


def discard(context: Context, args: Args) -> Iterable[Effect]:
    """Throw away what was typed into a form (its key), after asking."""
    form = context.state.forms.get(args[0])
    if form is not None and len(args) == 1:
        yield ef.Confirm(msg("Throw this text away?"), (), "form.discard", (*args, "sure"))
    elif form is not None:
        yield ef.Emit(ev.FormSent(form))


def _resume_for_many(form: FormDraft) -> Iterable[Effect]:
    """Mark the tickets of a form once more, wherever the queue stands by now, and show it over them."""
    if not form.tickets or not form.opener:
        text = msg("It is about {count} tickets: mark them again, and what you typed is there")
        yield ef.Tell(text, (("count", str(form.count)),))
        return
    yield ef.Emit(ev.FocusMoved(Pane.QUEUE))
    yield ef.Emit(ev.SelectionChanged(frozenset(form.tickets)))
    yield ef.RunCommand(form.opener, form.args)


TRIES, WAIT = 20, timedelta(milliseconds=150)
"""How often, and how long each time, a form waits for the ticket it is about."""


def resume(context: Context, args: Args) -> Iterable[Effect]:
    """Open what a form that was left is about, and the form over it; the first argument is its key, see `store.kept`."""
    form = context.state.forms.get(args[0])
    if form is None:
        yield ef.Tell(msg("This is not kept any more"))
        return
    if form.count > 1:
        yield from _resume_for_many(form)
        return
    tries = int(values(args[1:]).get("try", "0"))
    conversation = context.state.conversation
    is_open = form.ticket is None or conversation.ticket == form.ticket
    if form.ticket is not None and not tries:
        yield from open_ticket(context, form.ticket)
    elif not is_open or (form.ticket is not None and context.focus is not Pane.CONVERSATION):
        return  # the agent is somewhere else by now
    is_there = form.ticket is None or (is_open and isinstance(conversation.detail, Loaded))
    if form.opener and (is_there or tries >= TRIES):
        yield ef.RunCommand(form.opener, form.args)
    elif form.opener:
        yield ef.Later(context.now + WAIT, "form.resume", (args[0], f"try={tries + 1}"))
