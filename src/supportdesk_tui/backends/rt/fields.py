"""Custom fields: what a value must look like for RT, which drops what it does not know and says nothing."""

import re
from datetime import datetime

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt.client import MOST, Rt
from supportdesk_tui.backends.rt.dates import to_instant, zone_of
from supportdesk_tui.backends.rt.words import Lens
from supportdesk_tui.backends.traces import Setting
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.errors import Refused

_OPERATION = "fill in the field"


async def read(rt: Rt, queue: str, name: str) -> Node:
    """The definition of a queue's field: `Type`, `MaxValues` ("0" for many)."""
    query = {"fields": "Name,Type,MaxValues,LookupType", "per_page": str(MOST)}
    found = await rt.get(_OPERATION, "/queue/{queue}/customfields", values={"queue": queue}, query=query)
    known = (one for one in found.each("items") if one.text("Name") == name)
    field = next((one for one in known if not one.text("LookupType").endswith("-RT::Transaction")), Node())
    if not field:
        raise Refused(_OPERATION, "this queue has no such field", fields={name: "this queue has no such field"})
    return field


def to_setting(change: changes.SetField, field: Node, lens: Lens) -> Setting:
    """The value as RT wants it, and whether a row of the ticket shows it."""
    kind, value = field.text("Type"), change.value.strip()
    if kind in {"Image", "Binary"}:
        raise Refused(_OPERATION, "the field holds a file", fields={change.name: "the field holds a file"})
    if kind == "DateTime" and value:
        at = to_instant(value, lens.zone)
        if at is None:
            raise Refused(_OPERATION, "no date", fields={change.name: "like 2026-12-24 18:00"})
        local = f"{at.astimezone(zone_of(lens.zone)):%Y-%m-%d %H:%M:%S}"
        return Setting({"CustomFields": {change.name: local}}, lambda after: _moments(after, change.name) == [at])
    if field.text("MaxValues") == "0":
        wanted = list(dict.fromkeys(filter(None, (one.strip() for one in re.split(r"[,\n，]", value)))))
        return Setting({"CustomFields": {change.name: wanted}}, lambda after: set(values_of(after, change.name)) == set(wanted))
    held = [value] if value else []
    return Setting({"CustomFields": {change.name: value or None}}, lambda after: _same(values_of(after, change.name), held))


def values_of(row: Node, name: str) -> list[str]:
    """What a field of a ticket holds."""
    values = (one.each("values") for one in row.each("CustomFields") if one.text("name") == name)
    return [value.text() for value in next(values, []) if value.text()]


def _same(held: list[str], wanted: list[str]) -> bool:
    return [_plain(one) for one in held] == [_plain(one) for one in wanted]


def _plain(value: str) -> str:
    """RT keeps the case of a choice as it is defined, and line ends as a browser sends them."""
    return " ".join(value.split()).casefold()


def _moments(row: Node, name: str) -> list[datetime | None]:
    return [to_instant(value, "") for value in values_of(row, name)]
