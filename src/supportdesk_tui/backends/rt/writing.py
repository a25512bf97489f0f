"""Changes as requests for RT, and how to tell from a ticket that they happened; pure.

RT answers 200 to a refusal, in the agent's language: only reading the ticket again says what became of a change.
"""

import base64
from collections.abc import Sequence
from email.header import Header
from typing import Any

from supportdesk_tui.backends.calls import JSON, Call, unkeyed
from supportdesk_tui.backends.files import File
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt.mapping import linked_ids, tags_of
from supportdesk_tui.backends.rt.words import NOBODY, WRITTEN, Lens, priority_of
from supportdesk_tui.backends.traces import Setting
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.capabilities import NEEDED, Capability
from supportdesk_tui.domain.errors import Unsupported
from supportdesk_tui.domain.ids import TicketId

REST = "/REST/2.0"


def to_setting(change: changes.Change, row: Node, lens: Lens) -> Setting:
    """The change as a `PUT`, given the ticket as it stands; lists of RT are replaced whole."""
    match change:
        case changes.Assign(agent=agent):
            owner = agent or NOBODY
            return Setting({"Owner": owner}, lambda after: after.text("Owner", "id") == owner)
        case changes.Transfer(team=team):
            return Setting({"Queue": lens.queues.get(team, team)}, lambda after: after.text("Queue", "id") == team)
        case changes.SetStatus(status=status):
            return Setting({"Status": status}, lambda after: after.text("Status").casefold() == status.casefold())
        case changes.SetPriority(priority=priority):
            return Setting({"Priority": WRITTEN[priority]}, lambda after: priority_of(after.number("Priority")) is priority)
        case changes.Tag():
            return _tags(change, row, lens)
        case changes.Watch(on=on):
            return _watch(row, lens, on=on)
        case changes.Merge(into=into):
            return Setting({"MergeInto": int(into)}, lambda after: after.text("id") == into)
        case changes.Link(to=to):
            return Setting({"AddRefersTo": [int(to)]}, lambda after: to in linked_ids(after))
        case _:
            raise Unsupported(NEEDED[type(change)])


def _tags(change: changes.Tag, row: Node, lens: Lens) -> Setting:
    if not lens.tags:
        raise Unsupported(Capability.TAG)
    wanted = [tag for tag in tags_of(row, lens) if tag not in change.remove]
    wanted += [tag for tag in change.add if tag not in wanted]
    return Setting({"CustomFields": {lens.tags: wanted}}, lambda after: set(tags_of(after, lens)) == set(wanted))


def _watch(row: Node, lens: Lens, *, on: bool) -> Setting:
    held = [one.text("id") for one in row.each("AdminCc") if one.text("type") != "group"]
    groups = [f"group:{one.text('id')}" for one in row.each("AdminCc") if one.text("type") == "group"]
    wanted = [login for login in held if login != lens.me] + ([str(lens.me)] if on and lens.me else [])
    return Setting(
        {"AdminCc": wanted + groups}, lambda after: (lens.me in {one.text("id") for one in after.each("AdminCc")}) is on
    )


def take(ticket: TicketId) -> Call:
    """Become owner of what nobody owns: the only change that RT decides under a lock, so that one of two agents wins."""
    return unkeyed("take the ticket", "PUT", f"{REST}/ticket/{{ticket}}/take", {}, {"ticket": ticket})


def put(ticket: TicketId, body: dict[str, Any], etag: str) -> Call:
    """Change the ticket's data unless somebody changed it since `etag`."""
    headers = {**JSON, "If-Match": etag} if etag else JSON
    return unkeyed("change the ticket", "PUT", f"{REST}/ticket/{{ticket}}", body, {"ticket": ticket}, headers)


def say(ticket: TicketId, said: changes.Reply | changes.Note, files: Sequence[File]) -> Call:
    """A reply or a note. Without files in the form whose answer RT encodes right in every language."""
    verb = "correspond" if isinstance(said, changes.Reply) else "comment"
    words: dict[str, Any] = {"Content": said.body, "ContentType": "text/plain"}
    if files:
        route, values = f"{REST}/ticket/{{ticket}}/{verb}", {"ticket": str(ticket)}
        body: Any = words | {"Attachments": [_file(one) for one in files]}
    else:
        route, values = f"{REST}/tickets/bulk/{verb}", {}
        body = [words | {"id": int(ticket)}]
    return unkeyed("send the reply" if verb == "correspond" else "add the note", "POST", route, body, values)


def _file(file: File) -> dict[str, str]:
    """RT stores a name outside ASCII damaged, or not at all, unless it is written as RFC 2047."""
    name = file.name if file.name.isascii() else Header(file.name, "utf-8", maxlinelen=10_000).encode()
    return {"FileName": name, "FileType": file.media_type, "FileContent": base64.b64encode(file.data).decode()}


def create(body: dict[str, Any], operation: str = "open a ticket") -> Call:
    """A new ticket."""
    return unkeyed(operation, "POST", f"{REST}/ticket", body)
