"""Changes as requests for Chatwoot, and how to tell from a conversation that they happened; pure."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from supportdesk_tui.backends.chatwoot.mapping import owner_of
from supportdesk_tui.backends.chatwoot.words import PHASES, SHOWN_AS, WRITTEN, Lens
from supportdesk_tui.backends.files import File
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.traces import words
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.capabilities import NEEDED
from supportdesk_tui.domain.errors import Refused, Unsupported
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.text.safe import sanitize_line

_OPERATION = "change the ticket"
_NOBODY = 0
"""What takes an agent away: the specification knows no null there."""
_SLACK_S = 60
"""Seconds a kept time may differ from the one asked for."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A change of the conversation's own data: requests in order, and whether a conversation shows it."""

    steps: tuple[tuple[str, dict[str, Any]], ...]
    """(action of the conversation, body)."""
    is_done: Callable[[Node], bool]
    is_idle: bool = False
    """The conversation shows it already: nothing needs to be sent."""


def to_setting(change: changes.Change, row: Node, lens: Lens) -> Setting:
    """The change as requests, given the conversation as it stands; labels and attributes are replaced whole."""
    setting = _data(change, row, lens) or _state(change, row)
    if setting is None:
        raise Unsupported(NEEDED[type(change)])
    is_marking = isinstance(change, changes.MarkRead)
    return Setting(setting.steps, setting.is_done, is_idle=not is_marking and setting.is_done(row))


def _data(change: changes.Change, row: Node, lens: Lens) -> Setting | None:
    match change:
        case changes.Assign(agent=agent):
            if agent is not None and (agent not in lens.agents or not agent.isdecimal()):
                raise Refused(_OPERATION, "Chatwoot has no such agent, and would take it from whoever has it")
            return Setting((_assign(assignee_id=int(agent or _NOBODY)),), lambda after: owner_of(after) == agent)
        case changes.Transfer(team=team):
            return _transfer(team, row, lens)
        case changes.Tag():
            return _tags(change, row)
        case changes.SetField(name=name, value=value):
            return _field(name, value, row)
        case _:
            return None


def _state(change: changes.Change, row: Node) -> Setting | None:
    match change:
        case changes.SetStatus(status=status):
            if status not in PHASES:
                raise Refused(_OPERATION, "no such status", fields={"status": "open, pending, snoozed or resolved"})
            return Setting((("toggle_status", {"status": status}),), lambda after: after.text("status") == status)
        case changes.Snooze(until=until):
            return _snooze(until)
        case changes.SetPriority(priority=priority):
            written = WRITTEN[priority]
            return Setting((("toggle_priority", {"priority": written}),), lambda after: after.text("priority") == written)
        case changes.MarkRead(read=True):
            return Setting((("update_last_seen", {}),), lambda after: after.number("unread_count") == 0)
        case changes.MarkRead(read=False):
            return Setting((("unread", {}),), lambda _: True)
        case _:
            return None


def _assign(**body: int) -> tuple[str, dict[str, Any]]:
    return "assignments", body


def _transfer(team: str, row: Node, lens: Lens) -> Setting:
    """Two requests, since a team is ignored beside an agent; nobody first, so that a team that assigns by itself can."""
    if team not in lens.teams:
        raise Refused(_OPERATION, "Chatwoot has no such team, and would take it from whichever has it")
    freed = (_assign(assignee_id=_NOBODY),) if row.at("meta", "assignee") else ()
    return Setting((*freed, _assign(team_id=int(team))), lambda after: after.text("meta", "team", "id") == team)


def _tags(change: changes.Tag, row: Node) -> Setting:
    held = [one.text() for one in row.each("labels")]
    wanted = [tag for tag in held if tag not in change.remove]
    wanted += [tag for tag in change.add if tag not in wanted]
    return Setting(
        (("labels", {"labels": wanted}),),
        lambda after: {one.text().casefold() for one in after.each("labels")} == {tag.casefold() for tag in wanted},
    )


def _field(name: str, value: str, row: Node) -> Setting:
    held = {key: one.value for key, one in row.pairs("custom_attributes")}
    wanted = {key: one for key, one in held.items() if key != name}
    if value:
        wanted[name] = _typed(value, held.get(name))
    return Setting(
        (("custom_attributes", {"custom_attributes": wanted}),),
        lambda after: after.at("custom_attributes", name).value == wanted.get(name),
    )


def _typed(value: str, held: object) -> object:
    """A number stays a number, a checkbox a checkbox."""
    if isinstance(held, bool) and value.casefold() in {"true", "false"}:
        return value.casefold() == "true"
    if isinstance(held, int | float) and re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", value):
        return float(value) if "." in value else int(value)
    return value


def _snooze(until: datetime | None) -> Setting:
    body: dict[str, Any] = {"status": "snoozed"}
    if until is not None:
        body["snoozed_until"] = int(until.timestamp())

    def is_done(after: Node) -> bool:
        at = after.when("snoozed_until")
        if after.text("status") != "snoozed" or (at is None) is not (until is None):
            return False
        return at is None or until is None or abs((at - until).total_seconds()) < _SLACK_S

    return Setting((("toggle_status", body),), is_done)


def shown_as(state: str) -> str:
    """An agent's state in one of the three words of Chatwoot."""
    return SHOWN_AS.get(AgentState(state), "busy") if state in set(AgentState) else "busy"


# --- words


def content_of(said: changes.Reply | changes.Note, lens: Lens) -> str:
    """What is sent: whom a note mentions goes in as the dashboard writes it, for that is what tells them."""
    if isinstance(said, changes.Reply) or not said.mentions:
        return said.body
    names = [(one, lens.agents.get(one, str(one))) for one in said.mentions]
    mentions = " ".join(f"[@{name}](mention://user/{one}/{quote(name)})" for one, name in names)
    return f"{said.body}\n\n{mentions}"


def message(said: changes.Reply | changes.Note, key: str, lens: Lens) -> dict[str, Any]:
    """The body of a message; the key comes back in the answer and in events, and is kept nowhere."""
    body: dict[str, Any] = {
        "content": content_of(said, lens),
        "message_type": "outgoing",
        "private": isinstance(said, changes.Note),
        "echo_id": key,
    }
    if isinstance(said, changes.Reply) and said.cc:
        body["cc_emails"] = ",".join(said.cc)
    return body


def multipart(body: dict[str, Any], files: Sequence[File]) -> tuple[str, bytes]:
    """A message with files as a form: (content type, body)."""
    boundary = f"desk-{secrets.token_hex(16)}"
    parts = []
    for name, value in body.items():
        said = str(value).lower() if isinstance(value, bool) else str(value)
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{said}\r\n'.encode())
    for file in files:
        name = file.name.replace("\\", "%5C").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        kind = file.media_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", file.media_type) else "application/octet-stream"
        head = f'Content-Disposition: form-data; name="attachments[]"; filename="{name}"\r\nContent-Type: {kind}'
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + file.data + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)


_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def same_words(written: str, read: str) -> bool:
    """Whether a message holds what was written: white space may change, and the server fills in what stands in braces."""
    parts = [words(part) for part in _LIQUID.split(written)]
    told = words(read)
    if len(parts) == 1:
        return parts[0] == told
    return re.fullmatch(r"\s*.*?\s*".join(re.escape(part) for part in parts), told, re.DOTALL) is not None


def one_line(text: str) -> str:
    """A reason, fit to be shown."""
    return str(sanitize_line(text, 500))
