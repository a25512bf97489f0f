"""The search of a fake Zendesk: the terms its manual names; repeated ones mean OR, words mean AND."""

import re
from typing import Any

from tests.fakes.zendesk_store import Json, Store

ORDER = ("new", "open", "pending", "hold", "solved", "closed")
URGENCY = (None, "low", "normal", "high", "urgent")
_TERM = re.compile(r'(?P<name>[a-z_]+)(?P<sign>[:<>])(?P<value>"[^"]*"|\S+)|"(?P<phrase>[^"]*)"|(?P<word>\S+)')


def search(store: Store, query: str, me: int) -> list[Json]:
    """The tickets that fit, in the order they were made."""
    asked: dict[str, list[tuple[str, str]]] = {}
    words: list[str] = []
    for found in _TERM.finditer(query):
        if found["name"]:
            asked.setdefault(found["name"], []).append((found["sign"], found["value"].strip('"')))
        else:
            words.append(found["phrase"] if found["phrase"] is not None else found["word"])
    return [
        ticket
        for number, ticket in sorted(store.tickets.items())
        if number not in store.unindexed
        and all(any(_fits(store, ticket, name, one, me) for one in values) for name, values in asked.items())
        and all(_has(store, ticket, word) for word in words)
    ]


def _has(store: Store, ticket: Json, word: str) -> bool:
    texts = [ticket["subject"], *(comment["body"] for comment in store.comments[ticket["id"]])]
    return any(word.casefold() in text.casefold() for text in texts)


def _fits(store: Store, ticket: Json, name: str, asked: tuple[str, str], me: int) -> bool:
    sign, value = asked
    held: Any
    match name:
        case "type":
            return value == "ticket"
        case "status":
            return _ordered(ORDER.index(ticket["status"]), sign, ORDER.index(value))
        case "priority":
            return _ordered(URGENCY.index(ticket["priority"]), sign, URGENCY.index(value))
        case "assignee":
            held = ticket["assignee_id"]
            return held is None if value == "none" else held == (me if value == "me" else int(value))
        case "group":
            held = next((one["name"] for one in store.groups if one["id"] == ticket["group_id"]), None)
            return bool(held == value)
        case "tags":
            return value in ticket["tags"]
        case "created" | "updated":
            return _ordered(ticket[f"{name}_at"], sign, value)
        case _:
            raise AssertionError(f"no such term: {name}")


def _ordered(held: Any, sign: str, value: Any) -> bool:
    return bool(held < value if sign == "<" else held > value if sign == ">" else held == value)
