"""The send gate before everything else that is written: summaries, findings, promises, facts, new tickets. Pure.

`checked` stands in the body of every command that makes a change with words in it; the findings, the reasons and the rules
are those of `gate`.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.forms import AGAIN
from supportdesk_tui.commands.gate import Answers, Finding, Fix, Letter, findings
from supportdesk_tui.commands.gate_letter import policy_of
from supportdesk_tui.commands.gate_rules import Policy, Remedy
from supportdesk_tui.commands.spec import Args, msg
from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.changes import (
    Change,
    Create,
    Escalate,
    MakePromise,
    Override,
    ReturnTask,
    SetField,
    SetStatus,
    Tag,
    Transfer,
)
from supportdesk_tui.domain.ticket import DEFAULT_LIMIT

C = TypeVar("C", bound=Change)
_LOGGED = Escalate | ReturnTask | MakePromise | Create
"""Changes whose reasons the log keeps."""


def texts_of(change: Change) -> Iterator[tuple[str, str]]:
    """Every text somebody wrote into a change that is neither reply nor note, by the name of its field."""
    match change:
        case Escalate(summary=summary, fields=fields):
            yield "summary", summary
            yield from fields
        case ReturnTask(finding=finding):
            yield "finding", finding
        case MakePromise(text=text):
            yield "what", text
        case Create(subject=subject, body=body):
            yield "subject", subject
            yield "body", body
        case SetField(name=name, value=value):
            yield name, value
        case Transfer(reason=reason) | SetStatus(reason=reason):
            yield "reason", reason
        case Tag(add=add):
            yield "tag", " ".join(add)


def found_in(changes: Iterable[Change], session: Session | None, policy: Policy) -> tuple[Finding, ...]:
    """What is wrong with the texts of changes, the gravest first."""
    found = [one for change in changes for one in _found(change, session, policy)]
    return tuple(sorted(found, key=lambda one: one.remedy is not Remedy.NEVER))


def _found(change: Change, session: Session | None, policy: Policy) -> Iterator[Finding]:
    role = session.agent.role if session else None
    limit = session.longest(None) if session else DEFAULT_LIMIT
    for _, text in texts_of(change):
        letter = Letter(text=text, is_note=True, is_told=isinstance(change, Create), limit=limit, role=role)
        for one in findings(letter, policy):
            if isinstance(change, _LOGGED) or one.remedy is Remedy.NEVER:
                yield replace(one, fix=None)


def checked(context: Context, change: C, command: str, args: Args) -> C | ef.ShowFindings:
    """The change as it may leave, reasons with it, or what is wrong with it: `command` is run again with the agent's answers.

    Whatever the agent decides, the form comes back as it was filled in: Esc, and the way to put it right, lead there.
    """
    found = found_in((change,), context.state.session.session, policy_of(context))
    if not found:
        return change
    answers = Answers.of(args)
    left = tuple(one for one in found if not answers.covers(one))
    if left:
        back = ef.RunCommand(command, (*args, f"{AGAIN}=1"))
        fix = Fix(msg("back to the text"), back.command, back.args)
        return ef.ShowFindings(tuple(replace(one, fix=fix) for one in left), args, command, back)
    overrides = tuple(Override(one.kind.value, answers.reasons[one.id]) for one in found)
    return replace(change, overrides=overrides) if isinstance(change, _LOGGED) else change
