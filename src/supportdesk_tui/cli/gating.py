"""The send gate at the shell: the same findings as at the desk, printed; what may be sent all the same needs a reason."""

from collections.abc import Sequence
from typing import TypeVar

import click
import msgspec

from supportdesk_tui.cli.outcomes import ExitCode, Stopped
from supportdesk_tui.cli.session import Desk
from supportdesk_tui.commands.gate import Finding, Letter, findings, said_quotes
from supportdesk_tui.commands.gate_letter import is_public, limit_of, link_hosts
from supportdesk_tui.commands.gate_rules import Policy, Remedy
from supportdesk_tui.config.schema import Gate
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Change, Note, Override, Reply
from supportdesk_tui.domain.conversation import Entry, spoken_since
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.i18n.catalog import _, msg
from supportdesk_tui.text import secrets

C = TypeVar("C", bound=Change)


async def passed(
    desk: Desk, row: TicketSummary, words: Reply | Note, reason: str, gate: Gate, read: tuple[Sequence[Entry], int] = ((), 0)
) -> Reply | Note:
    """The words as they may leave; stops with every finding when they may not, or no reason was given.

    `read` are the newest entries and the last of them the writer had read.
    """
    policy = msgspec.convert(gate, Policy, from_attributes=True)
    letter = await _letter(desk, row, words, policy)
    arrived = spoken_since(tuple(read[0]), read[1], desk.session.agent.id) if read[1] else ()
    return _judged(words, findings(msgspec.structs.replace(letter, arrived=arrived), policy), reason)


def passed_change(desk: Desk, change: C, reason: str, gate: Gate) -> C:
    """Any other change as it may leave: summaries, facts and reasons are judged like everything that is written."""
    from supportdesk_tui.commands.gate_change import found_in

    policy = msgspec.convert(gate, Policy, from_attributes=True)
    return _judged(change, found_in((change,), desk.session, policy), reason)


def _judged(change: C, found: tuple[Finding, ...], reason: str) -> C:
    if not found:
        return change
    if secrets.find(reason):
        raise Stopped(_("the reason holds a secret itself: it would stand in the log"), code=ExitCode.WRONG_USE)
    if not reason or any(one.remedy is Remedy.NEVER for one in found):
        raise _stopped(found)
    overrides = tuple(Override(one.kind.value, reason) for one in found)
    return msgspec.structs.replace(change, overrides=overrides)


async def _letter(desk: Desk, row: TicketSummary, words: Reply | Note, policy: Policy) -> Letter:
    is_note, public = isinstance(words, Note), is_public(row)
    return Letter(
        text=words.body,
        is_note=is_note,
        is_public=public,
        language=row.language,
        limit=limit_of(desk.session, row, is_note=is_note),
        has_promise=bool(row.open_promises) or Capability.PROMISE not in desk.session.capabilities,
        agents=tuple(str(one.name) for one in desk.directory.agents),
        customer_uid=(await desk.backend.get_customer(row.customer_id)).customer.uid if public else "",
        link_hosts=link_hosts(desk.directory, policy),
        role=desk.session.agent.role,
    )


def _stopped(found: tuple[Finding, ...]) -> Stopped:
    from supportdesk_tui.ui import words

    never = [one for one in found if one.remedy is Remedy.NEVER]
    for one in found:
        quotes = ", ".join(said_quotes(one, lambda text, values: _(text, **dict(values))))
        word = _("never sent") if one.remedy is Remedy.NEVER else _("needs a reason")
        said = _("{what}: {details}", what=f"{_(one.title)} ({word})", details=words.why(one))
        click.echo(f"{said} {quotes}".rstrip(), err=True)
    if never:
        return Stopped(_("not sent"), code=ExitCode.REFUSED, next_step=_(never[0].advice or msg("Change the text.")))
    return Stopped(
        _("not sent"), code=ExitCode.REFUSED, next_step=_("Change the text, or say why it is right: --anyway REASON")
    )
