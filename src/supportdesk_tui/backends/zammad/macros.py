"""Macros and text modules, filled in for a ticket by the client, as Zammad leaves it to its own pages; pure."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from html import escape

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad import mapping
from supportdesk_tui.backends.zammad.mapping import Assets
from supportdesk_tui.backends.zammad.words import NOBODY, REMINDER, Lens
from supportdesk_tui.domain.changes import Assign, FollowUp, SetField, SetPriority, SetStatus, Snooze, Tag, Transfer
from supportdesk_tui.domain.directory import MacroText
from supportdesk_tui.domain.ids import AgentId, TeamId
from supportdesk_tui.text.html import html_to_text
from supportdesk_tui.text.safe import SafeText, sanitize_line
from supportdesk_tui.text.secrets import mask

MACRO, MODULE = "macro-", "text-"
"""What ids of macros and of text modules begin with."""
_PLACE = re.compile(r"#\{([\w.]{1,100})\}")
_PEOPLE = {"customer": "customer_id", "owner": "owner_id", "created_by": "created_by_id", "updated_by": "updated_by_id"}
_STEPS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000, "year": 31_536_000}
_UNSAID = frozenset({"ticket.ux_flow_next_up"})


def from_module(row: Node, whole: Node, lens: Lens) -> MacroText:
    """A text module with its places filled."""
    return _filled(row.text("content"), whole, lens)


def from_macro(row: Node, whole: Node, lens: Lens, now: datetime) -> MacroText:
    """What a macro would write and do on a ticket. A note a macro would show to customers stays internal here."""
    then: list[FollowUp] = []
    left: list[str] = []
    text = MacroText(SafeText(""))
    wanted = dict(row.pairs("perform"))
    for name, value in wanted.items():
        if name == "article.note":
            text = _filled(value.text("body"), whole, lens, is_note=True)
            left += [] if value.flag("internal") else ["its note would be public; here it stays internal"]
        elif name not in _UNSAID and name != "ticket.pending_time":
            step = _STEPS_OF.get(name, _other)(name, value, lens)
            then += step if isinstance(step, list) else []
            left += [step] if isinstance(step, str) else []
    then = _slept(then, wanted.get("ticket.pending_time"), lens, now, left)
    if not _covers(row, whole):
        left.append("Zammad allows this macro in other groups only")
    return MacroText(text.body, text.is_note, tuple(then), (*text.left_out, *(sanitize_line(one) for one in left)))


def _covers(row: Node, whole: Node) -> bool:
    groups = {one.text() for one in row.each("group_ids")}
    return not groups or mapping.parts_of(whole)[1].text("group_id") in groups


Step = list[FollowUp] | str
"""What follows, or in words what does not."""


def _state(name: str, value: Node, lens: Lens) -> Step:
    known = lens.states.get(value.text("value"))
    return [SetStatus(known.status.name)] if known else f"set the unknown state {value.text('value')}"


def _owner(name: str, value: Node, lens: Lens) -> Step:
    match value.text("pre_condition"):
        case "current_user.id":
            return [Assign(lens.me)]
        case "not_set":
            return [Assign(None)]
    owner = value.text("value")
    return [Assign(AgentId(owner) if owner not in {"", NOBODY} else None)]


def _group(name: str, value: Node, lens: Lens) -> Step:
    return [Transfer(TeamId(value.text("value")))]


def _priority(name: str, value: Node, lens: Lens) -> Step:
    known = lens.priorities.get(value.text("value"))
    return [SetPriority(known.rank)] if known else f"set the unknown priority {value.text('value')}"


def _tags(name: str, value: Node, lens: Lens) -> Step:
    tags = tuple(tag.strip() for tag in value.text("value").split(",") if tag.strip())
    return [Tag(remove=tags) if value.text("operator") == "remove" else Tag(add=tags)]


def _other(name: str, value: Node, lens: Lens) -> Step:
    """A field the admin made, or something else altogether."""
    scope, _, field = name.partition(".")
    is_plain = isinstance(value.at("value").value, str | int | float) and not value.text("pre_condition")
    if scope != "ticket" or not is_plain or field in {"action", "subscribe", "unsubscribe"}:
        return f"{name}: {value.text('value') or value.text('body') or value.text('recipient')}"
    return [SetField(field, value.text("value"))]


_STEPS_OF: dict[str, Callable[[str, Node, Lens], Step]] = {
    "ticket.state_id": _state,
    "ticket.owner_id": _owner,
    "ticket.group_id": _group,
    "ticket.priority_id": _priority,
    "ticket.tags": _tags,
}


def _slept(then: Sequence[FollowUp], value: Node | None, lens: Lens, now: datetime, left: list[str]) -> list[FollowUp]:
    """A state that reminds together with its time is one change here."""
    if value is None:
        return list(then)
    until = value.when("value")
    if value.text("operator") == "relative":
        until = now + timedelta(seconds=value.number("value") * _STEPS.get(value.text("range"), 86_400))
    states = [one for one in then if isinstance(one, SetStatus)]
    known = lens.state_named(states[-1].status) if states else None
    if until is None or known is None or known.kind != REMINDER:
        left.append("set the time a state ends")
        return list(then)
    return [*(one for one in then if not isinstance(one, SetStatus)), Snooze(until)]


# --- places


def _filled(content: str, whole: Node, lens: Lens, *, is_note: bool = False) -> MacroText:
    """HTML with its places filled, as lines; a place nobody can fill is left empty, and said."""
    assets, row = mapping.parts_of(whole)
    unknown: list[str] = []

    def fill(place: re.Match[str]) -> str:
        value = _value(place[1], assets, row, lens)
        if value is None:
            unknown.append(place[0])
        return escape(value or "")

    read = html_to_text(_PLACE.sub(fill, content))
    body, _ = mask(read.text)
    left = tuple(sanitize_line(f"{one} is not known here and was left empty") for one in dict.fromkeys(unknown))
    return MacroText(body, is_note, (), left)


def _value(place: str, assets: Assets, row: Node, lens: Lens) -> str | None:
    """What stands in a place, not yet safe; None for a place that is not known."""
    scope, _, path = place.partition(".")
    if scope == "user":
        return _of_person(assets.find("User", lens.me or ""), path)
    if scope != "ticket" or not path:
        return None
    first, _, rest = path.partition(".")
    if first in _PEOPLE:
        number = row.text(_PEOPLE[first])
        return _of_person(assets.find("User", number if number != NOBODY else ""), rest or "fullname")
    if first in {"group", "state", "priority", "organization"}:
        return _of_thing(first, rest or "name", assets, row, lens)
    return row.text(first) if row.at(first) else None


def _of_person(user: Node, field: str) -> str | None:
    if not user:
        return ""
    if field == "fullname":
        return str(mapping.name_of(user))
    return user.text(field) if field in dict(user.pairs()) else None


def _of_thing(kind: str, field: str, assets: Assets, row: Node, lens: Lens) -> str | None:
    number = row.text(f"{kind}_id")
    if kind == "group" and field == "name":
        return lens.groups.get(number, "")
    if kind == "state" and field == "name":
        return lens.state(number).status.name
    classes = {"priority": "TicketPriority", "organization": "Organization", "group": "Group", "state": "TicketState"}
    found = assets.find(classes[kind], number)
    return found.text(field) if found or not number else None
