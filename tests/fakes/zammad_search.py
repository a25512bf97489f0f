"""How Zammad finds tickets: by conditions in its database, or by words in its index, where it has one."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.zammad_desk import NOBODY, Desk, Refusal, Row, stamp


def found(desk: Desk, user: int, asked: Row, *, has_index: bool) -> list[Row]:
    """Every ticket of a search, in its order."""
    rows = [one for one in desk.tickets.values() if desk.may(user, one, "read")]
    query = str(asked.get("query") or "")
    condition = asked.get("condition")
    if not query and not condition:
        return []
    if query:
        fits = _by_index if has_index else _by_substring
        rows = [one for one in rows if fits(desk, one, query)]
    if condition:
        edge = timedelta() if not (query and has_index) else timedelta(milliseconds=1)
        rows = [one for one in rows if _matches(desk, user, one, _nested(condition), edge)]
    column, is_descending = str(asked.get("sort_by") or "updated_at"), asked.get("order_by", "desc") == "desc"
    filled = sorted((one for one in rows if one[column] is not None), key=lambda one: one[column], reverse=is_descending)
    return filled + [one for one in rows if one[column] is None]


def _by_substring(desk: Desk, row: Row, query: str) -> bool:
    texts = [row["title"], row["number"], *_said(desk, row, ("body", "from", "to", "subject"))]
    return any(query.casefold() in str(text).casefold() for text in texts)


def _by_index(desk: Desk, row: Row, query: str) -> bool:
    if query == "id:>0":
        return True
    texts = " ".join(map(str, [row["title"], row["number"], *_said(desk, row, ("body",))])).casefold()
    parts = query.split(" AND ")
    if not all(re.fullmatch(r'"[^"]+"', part) for part in parts):
        raise Refusal(500, f"the index cannot read {query!r}")
    return all(part.strip('"').casefold() in texts for part in parts)


def _said(desk: Desk, row: Row, fields: tuple[str, ...]) -> list[Any]:
    return [desk.articles[one].get(field) or "" for one in row["article_ids"] for field in fields]


def _nested(condition: Row) -> Row:
    if "conditions" in condition:
        return condition
    return {"operator": "AND", "conditions": [{"name": name, **rest} for name, rest in condition.items()]}


def _matches(desk: Desk, user: int, row: Row, block: Row, edge: timedelta) -> bool:
    """Whether a ticket fits; the index takes "before" and "after" without the edge itself, the database with it."""
    if "conditions" in block:
        results = (_matches(desk, user, row, one, edge) for one in block["conditions"])
        return all(results) if block["operator"] == "AND" else any(results)
    scope, _, field = block["name"].partition(".")
    if scope == "article":
        return any(_fits(desk.articles[one].get(field), block, user, edge) for one in row["article_ids"])
    if scope == "customer":
        return _fits(desk.users[row["customer_id"]].get(field), block, user, edge)
    if field == "tags":
        return set(map(str.strip, block["value"].split(","))) <= set(desk.tags.get(row["id"], []))
    if field == "mention_user_ids":
        return any(one["user_id"] == user and one["mentionable_id"] == row["id"] for one in desk.mentions.values())
    if field not in row:
        raise Refusal(500, f"invalid selector {block['name']}")
    return _fits(row[field], block, user, edge)


def _fits(value: Any, block: Row, user: int, edge: timedelta) -> bool:
    wanted, before = block.get("value"), block.get("pre_condition")
    match block["operator"]:
        case "is" if before == "current_user.id":
            return bool(value == user)
        case "is" if before == "not_set":
            return value is None or value == NOBODY
        case "is":
            values = wanted if isinstance(wanted, list) else [wanted]
            return str(value) in map(str, values)
        case "contains":
            return str(wanted).casefold() in str(value or "").casefold()
        case "before (absolute)":
            return value is not None and value <= _shifted(str(wanted), -edge)
        case "after (absolute)":
            return value is not None and value >= _shifted(str(wanted), edge)
        case "till (relative)":
            minutes = {"minute": 1, "hour": 60, "day": 1440}[block["range"]] * int(str(wanted))
            return value is not None and value <= stamp(datetime.now(UTC) + timedelta(minutes=minutes))
    raise Refusal(500, f"Invalid operator '{block['operator']}'")


def _shifted(at: str, by: timedelta) -> str:
    return stamp(datetime.fromisoformat(at) + by)
