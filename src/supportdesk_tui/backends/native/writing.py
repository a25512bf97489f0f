"""Domain changes to wire requests; pure."""

from collections.abc import Mapping, Sequence

import msgspec

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.errors import Refused, Unsupported
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.wire import schema as wire

_TICKETS = f"{wire.API_PREFIX}/tickets"
OPERATIONS: dict[type[object], str] = {
    changes.Reply: "send the reply",
    changes.Note: "add the note",
    changes.Create: "open a ticket",
    changes.SetAgentState: "set my state",
    changes.Undo: "undo",
}
"""What an error calls a change; others are "change the ticket"."""


def to_call(ticket: TicketId | None, change: changes.Change, key: ChangeKey, expected: int | None, reached: str = "") -> Call:
    """The request that does a change, once however often it is sent; `reached` is the newest event that was heard of."""
    operation = OPERATIONS.get(type(change), "change the ticket")
    headers = {"Content-Type": "application/json", "Idempotency-Key": key} | _reaching(reached)
    if expected is not None:
        headers["If-Match"] = f'"{expected}"'
    method, route, values, body = _request(ticket, change)
    return Call(
        operation=operation,
        method=method,
        route=route,
        values=values,
        body=None if body is None else _encoded(operation, body),
        headers=headers,
        is_write=True,
    )


def _reaching(reached: str) -> dict[str, str]:
    """A server whose log ends before the event was put back to a backup: what was written for another state it refuses."""
    return {"If-Log-Reached": reached} if reached.isdecimal() else {}


def to_bulk_call(tickets: Sequence[TicketId], change: changes.Change, key: ChangeKey, reached: str = "") -> Call:
    """The request that does a change to many tickets."""
    if not isinstance(change, changes.FollowUp | changes.MarkRead | changes.Merge | changes.Link | changes.ReturnTask):
        raise Unsupported("bulk")
    operation = "change the tickets"
    body = wire.BulkIn(tickets=list(tickets), change=_to_change(change))
    return Call(
        operation=operation,
        method="POST",
        route=f"{wire.API_PREFIX}/changes",
        body=_encoded(operation, body),
        headers={"Content-Type": "application/json", "Idempotency-Key": key} | _reaching(reached),
        is_write=True,
    )


def _encoded(operation: str, body: msgspec.Struct) -> bytes:
    try:
        return msgspec.json.encode(body, enc_hook=_as_text)
    except UnicodeEncodeError:
        raise Refused(operation, "the text holds half a character") from None


def _as_text(value: object) -> str:
    """Words of the desk are of a type of their own; on the wire they are plain strings."""
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _request(ticket: TicketId | None, change: changes.Change) -> tuple[str, str, dict[str, str], msgspec.Struct | None]:
    match change:
        case changes.Create():
            return "POST", _TICKETS, {}, _to_create(change)
        case changes.SetAgentState(state=state):
            return "PUT", f"{wire.API_PREFIX}/agents/me/state", {}, _to_state(state)
        case changes.Undo(key=undone):
            return "POST", f"{wire.API_PREFIX}/changes/{{key}}/undo", {"key": undone}, None
    values = {"ticket": ticket or ""}
    match change:
        case changes.Reply():
            return "POST", f"{_TICKETS}/{{ticket}}/replies", values, _to_reply(change)
        case changes.Note():
            return "POST", f"{_TICKETS}/{{ticket}}/notes", values, _to_note(change)
        case _:
            return "POST", f"{_TICKETS}/{{ticket}}/changes", values, _to_change(change)


def _to_create(change: changes.Create) -> msgspec.Struct:
    body: dict[str, object] = {
        "customer": change.customer,
        "channel": change.channel.value,
        "category": change.category,
        "subject": change.subject,
        "body": change.body,
        "overrides": [{"finding": one.finding, "reason": one.reason} for one in change.overrides],
    }
    return _checked("open a ticket", body, wire.CreateIn)


def _to_state(state: str) -> msgspec.Struct:
    return _checked("set my state", {"state": state}, wire.AgentStateIn)


def _checked(operation: str, body: Mapping[str, object], kind: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        expected, _, path = str(error).partition(" - at ")
        raise Refused(operation, expected, fields={path.strip("`$."): expected}) from None


def _to_reply(change: changes.Reply) -> wire.ReplyIn:
    return wire.ReplyIn(
        body=change.body,
        then=[_to_follow_up(one) for one in change.then],
        attachments=list(change.attachments),
        cc=list(change.cc),
        language=change.language,
        macro=change.macro,
        overrides=_to_overrides(change.overrides),
        seen=change.seen,
        seen_owner=change.seen_owner,
    )


def _to_note(change: changes.Note) -> wire.NoteIn:
    return wire.NoteIn(
        body=change.body,
        then=[_to_follow_up(one) for one in change.then],
        attachments=list(change.attachments),
        mentions=list(change.mentions),
        overrides=_to_overrides(change.overrides),
    )


def _to_overrides(overrides: Sequence[changes.Override]) -> list[wire.OverrideIn]:
    return [wire.OverrideIn(finding=one.finding, reason=one.reason) for one in overrides]


def _to_change(
    change: changes.FollowUp | changes.MarkRead | changes.Merge | changes.Link | changes.ReturnTask,
) -> wire.ChangeIn:
    match change:
        case changes.MarkRead(read=read, to=to):
            return wire.MarkRead(read=read, to=to)
        case changes.Merge(into=into):
            return wire.Merge(into=into)
        case changes.Link(to=to, relation=relation):
            return wire.LinkChange(to=to, relation="duplicate" if relation == "duplicate" else "related")
        case changes.ReturnTask(finding=finding, overrides=overrides):
            return wire.ReturnTask(finding=finding, overrides=_to_overrides(overrides))
        case _:
            return _to_follow_up(change)


def _to_follow_up(change: changes.FollowUp) -> wire.FollowUpIn:  # noqa: C901 - one line for each kind of change
    match change:
        case changes.Assign(agent=agent, only_if_unowned=only_if_unowned):
            return wire.Assign(agent=agent, only_if_unowned=only_if_unowned)
        case changes.Transfer(team=team, reason=reason):
            return wire.Transfer(team=team, reason=reason)
        case changes.SetStatus(status=status, reason=reason):
            return wire.SetStatus(status=status, reason=reason)
        case changes.SetPriority(priority=priority):
            return wire.SetPriority(priority=priority.value)
        case changes.Tag(add=add, remove=remove):
            return wire.TagChange(add=list(add), remove=list(remove))
        case changes.SetField(name=name, value=value):
            return wire.SetField(name=name, value=value)
        case changes.Snooze(until=until):
            return wire.Snooze(until=until)
        case changes.Watch(on=on):
            return wire.Watch(on=on)
        case changes.Escalate(team=team, summary=summary, fields=fields, overrides=overrides):
            return wire.Escalate(team=team, summary=summary, fields=dict(fields), overrides=_to_overrides(overrides))
        case changes.MakePromise(text=text, due_at=due_at, overrides=overrides):
            return wire.MakePromise(text=text, due_at=due_at, overrides=_to_overrides(overrides))
        case _:
            return wire.SettlePromise(promise=change.promise)
