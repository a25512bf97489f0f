"""Changes as requests for Zendesk, and how a ticket shows that they happened; pure."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from supportdesk_tui.backends.calls import JSON, Call, unkeyed
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zendesk.mapping import priority_of, tags_of
from supportdesk_tui.backends.zendesk.words import API, PHASES, WRITTEN, Lens
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.capabilities import NEEDED
from supportdesk_tui.domain.errors import Refused, Unsupported
from supportdesk_tui.domain.ids import AgentId, TeamId, TicketId

Body = dict[str, Any]


def steps_of(change: changes.Change) -> tuple[changes.Change, ...]:
    """A change and what follows it, in order."""
    return (change, *change.then) if isinstance(change, changes.Reply | changes.Note) else (change,)


def needs_row(change: changes.Change) -> bool:
    """Whether the request depends on how the ticket stands: tags are replaced whole, and an owner must be of its group."""
    return any(
        isinstance(step, changes.Tag) or (isinstance(step, changes.Assign) and step.agent is not None)
        for step in steps_of(change)
    )


def to_body(change: changes.Change, row: Node, lens: Lens) -> Body:
    """The `ticket` object of one request that does all of a change."""
    body: Body = {}
    if isinstance(change, changes.Reply | changes.Note):
        body["comment"] = _comment(change)
        if isinstance(change, changes.Reply) and change.cc:
            body["email_ccs"] = [{"user_email": one, "action": "put"} for one in change.cc]
        steps: tuple[changes.Change, ...] = change.then
    else:
        steps = (change,)
    for step in steps:
        _put(step, row, lens, body)
    return body


def _put(step: changes.Change, row: Node, lens: Lens, body: Body) -> None:
    match step:
        case changes.Assign():
            body |= _owner(step.agent, body, row, lens)
        case changes.Transfer(team=team, reason=reason):
            body |= {"group_id": _number(team, "group"), "assignee_id": None}
            if reason:
                body.setdefault("comment", {"body": reason, "public": False})
        case changes.SetStatus(status=status):
            body |= _status(status, lens)
        case changes.SetPriority(priority=priority):
            body["priority"] = WRITTEN[priority]
        case changes.Tag(add=add, remove=remove):
            held = body.get("tags", tags_of(row))
            body["tags"] = list(dict.fromkeys([*(tag for tag in held if tag not in remove), *add]))
        case changes.SetField(name=name, value=value):
            body.setdefault("custom_fields", []).append(_field(name, value, lens))
        case changes.Watch(on=on):
            me = str(lens.me.id) if lens.me is not None else ""
            body["followers"] = [{"user_id": me, "action": "put" if on else "delete"}]
        case changes.Link(to=to):
            body |= {"type": "incident", "problem_id": _number(to, "ticket")}
        case _:
            raise Unsupported(NEEDED[type(step)])


def _comment(said: changes.Reply | changes.Note) -> Body:
    if not said.body.strip():
        raise Refused("send the reply", "there is nothing in it", fields={"body": "is empty"})
    comment: Body = {"body": said.body, "public": isinstance(said, changes.Reply)}
    if said.attachments:
        comment["uploads"] = list(said.attachments)
    return comment


def _owner(agent: AgentId | None, body: Body, row: Node, lens: Lens) -> Body:
    """An owner must belong to the ticket's group: one who does not brings their own."""
    if agent is None:
        return {"assignee_id": None}
    known = lens.agents.get(agent)
    group = str(body.get("group_id") or row.text("group_id"))
    if known is None or not known.teams or TeamId(group) in known.teams:
        return {"assignee_id": _number(agent, "agent")}
    return {"assignee_id": _number(agent, "agent"), "group_id": _number(known.teams[0], "group")}


def _status(name: str, lens: Lens) -> Body:
    if name not in lens.statuses:
        raise Refused("set the status", f"there is no status {name!r}", fields={"status": "is not known"})
    number = lens.status_numbers.get(name)
    is_own = name not in PHASES and number is not None
    return {"custom_status_id": int(number or 0)} if is_own else {"status": name}


def _field(name: str, value: str, lens: Lens) -> Body:
    known = lens.fields.get(name)
    if known is None:
        raise Refused("fill the field", f"there is no field {name!r}", fields={name: "is not known"})
    return {"id": int(name), "value": known.written(value)}


def _number(said: str, what: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) < 20):
        raise Refused("change the ticket", f"there is no {what} {said!r}", fields={what: "is not known"})
    return int(said)


def is_done(body: Body, row: Node, lens: Lens) -> bool:
    """Whether a ticket shows what a request without words was to do."""
    shown = {
        "assignee_id": row.number("assignee_id") or None,
        "group_id": row.number("group_id") or None,
        "priority": WRITTEN[priority_of(row)],
        "status": row.text("status"),
        "custom_status_id": row.number("custom_status_id"),
        "type": row.text("type"),
        "problem_id": row.number("problem_id"),
    }
    held = {one.number("id"): one.at("value").value for one in row.each("custom_fields")}
    me = str(lens.me.id) if lens.me is not None else ""
    follows = me in {one.text() for one in row.each("follower_ids")}
    return all(
        (name in shown and shown[name] == wanted)
        or (name == "tags" and set(wanted) == set(tags_of(row)))
        or (name == "followers" and follows is (wanted[0]["action"] == "put"))
        or (name == "custom_fields" and all(held.get(one["id"]) == one["value"] for one in wanted))
        for name, wanted in body.items()
        if name != "comment"
    )


# --- requests


def put(ticket: str, body: Body, stamp: str, operation: str = "change the ticket") -> Call:
    """Change a ticket, everything or nothing, unless somebody wrote since the stamp.

    The route holds the number: Zendesk limits the updates of each ticket, and what is shut then is that ticket alone.
    """
    guard = {"safe_update": True, "updated_stamp": stamp} if stamp else {}
    return unkeyed(operation, "PUT", f"{API}/tickets/{int(ticket)}", {"ticket": body | guard})


def create(body: Body, key: str) -> Call:
    """A new ticket; the key makes a repeat within two hours harmless."""
    call = unkeyed("open a ticket", "POST", f"{API}/tickets", {"ticket": body})
    return replace(call, headers={**JSON, "Idempotency-Key": key}, is_repeatable=True)


def many(tickets: Iterable[Body]) -> Call:
    """Change up to a hundred tickets, each its own way."""
    return unkeyed("change the tickets", "PUT", f"{API}/tickets/update_many", {"tickets": list(tickets)})


def merge(ticket: str, into: str) -> Call:
    """Fold a ticket into another; neither customer reads a word of it."""
    body = {
        "ids": [int(ticket)],
        "target_comment": f"#{ticket} was merged into this one.",
        "source_comment": f"Merged into #{into}.",
        "target_comment_is_public": False,
        "source_comment_is_public": False,
    }
    return unkeyed("merge the ticket", "POST", f"{API}/tickets/{{ticket}}/merge", body, {"ticket": into})


def state(number: int) -> Call:
    """Say whether work may reach me."""
    return unkeyed("set my state", "PUT", f"{API}/agent_availabilities/agent_statuses/me", {"id": number})


def upload(name: str, media_type: str, data: bytes) -> Call:
    """Bring a file; one that is brought twice and used once is forgotten by Zendesk."""
    return Call(
        operation="attach the file",
        method="POST",
        route=f"{API}/uploads",
        query={"filename": name},
        body=data,
        headers={"Content-Type": media_type},
    )


def bulk_body(ticket: TicketId, change: changes.Change, row: Node, lens: Lens) -> Body:
    """One ticket of a bulk request; tags alone are added and taken away there, not replaced."""
    if isinstance(change, changes.Tag):
        body: Body = {"additional_tags": list(change.add)} if change.add else {}
        if change.remove:
            body["remove_tags"] = list(change.remove)
    else:
        body = to_body(change, row, lens)
    return {"id": int(ticket), **body}
