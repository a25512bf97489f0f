"""Bodies that ask for fields: escalate, hand back, promise, new ticket."""

from collections.abc import Iterable

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect, FormField
from supportdesk_tui.commands.facts import known_fact
from supportdesk_tui.commands.opening import apply, values
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.commands.times import parse_when, zone_of
from supportdesk_tui.domain.changes import Change, Create, Escalate, MakePromise, ReturnTask, SettlePromise
from supportdesk_tui.domain.directory import EscalationTarget
from supportdesk_tui.domain.ticket import Channel, PromiseState
from supportdesk_tui.store.state import Level, value_of

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
        )
        return
    fields = tuple((name, given[name].strip()) for name in given if name != SUMMARY and given[name].strip())
    change = Escalate(target.team, given[SUMMARY].strip(), fields)
    text = msg("{number}: escalating to {team}; you keep the customer")
    yield from _apply(context, change, text, ("ticket.escalate", args), team=str(target.title))


def _apply(context: Context, change: Change, text: str, asked: tuple[str, Args], **told: str) -> Iterable[Effect]:
    """Make a change with words in it, unless the gate finds something; `asked` is the command and its arguments."""
    from supportdesk_tui.commands.gate_change import checked

    passed = checked(context, change, *asked)
    return (passed,) if isinstance(passed, ef.ShowFindings) else apply(context, passed, text, **told)


def _escalation_fields(context: Context, required: tuple[str, ...], given: dict[str, str]) -> tuple[FormField, ...]:
    summary = given.get(SUMMARY) or default_summary(context)
    asked = FormField(SUMMARY, msg("Summary for the team"), summary, required=True, multiline=True)
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
        field = FormField("finding", msg("Finding"), finding, required=True, multiline=True)
        return (ef.Form(msg("Hand back to the owner"), (field,), "ticket.return_task"),)
    return _apply(context, ReturnTask(finding), msg("{number}: handed back"), ("ticket.return_task", args))


def promise(context: Context, args: Args) -> Iterable[Effect]:
    """Record what the customer was told and by when."""
    given = values(args)
    what, by = given.get("what", "").strip(), given.get("by", "").strip()
    zone = zone_of(context.options, context.now)
    due = parse_when(by, context.now, zone)
    if what and due is not None and AGAIN not in given:
        when = due.astimezone(zone).strftime("%m-%d %H:%M")
        text = msg("{number}: promised by {when}")
        yield from _apply(context, MakePromise(what, due), text, ("ticket.promise", args), when=when)
        return
    if by and due is None:
        yield ef.Tell(msg("“{text}” is no time I know; try 2h, 18:00 or tomorrow 9"), (("text", by),), Level.WARN)
    yield ef.Form(msg("Promise"), promise_fields(what, by), "ticket.promise")


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
    choices = tuple(ef.Choice(one.id, one.text, one.due_at.astimezone(zone).strftime("%m-%d %H:%M")) for one in still_open)
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
        yield ef.Apply((), change)
        yield ef.Tell(msg("New ticket for {customer}"), (("customer", given["customer"]),))
        return
    if channel and channel not in set(Channel):
        yield ef.Tell(msg("There is no channel {text}"), (("text", channel),), Level.WARN)
    yield ef.Form(msg("New ticket"), _create_fields(context, given), "ticket.create")


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
        FormField("body", msg("What the customer says"), given.get("body", ""), required=True, multiline=True),
    )
