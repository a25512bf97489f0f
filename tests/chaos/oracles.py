"""What the server's tables and the line between say of a schedule, and colleagues who have no desk."""

import json
import os
import urllib.request
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping

from tests.chaos.stage import START_S, Stage

NOTHING_DONE = frozenset({"401", "429", "503"})
"""Answers that say that nothing was done: what was asked may be asked again without looking."""


def tagged(stage: Stage, mark: str) -> list[tuple[str, str, bool]]:
    """Ticket, key, and whether it was put on (else taken off), of every event that did something to a tag, as committed."""
    sql = "SELECT ticket, key, before, after FROM events WHERE before LIKE ? OR after LIKE ? ORDER BY seq"
    rows = stage.ask(sql, f"%{mark}%", f"%{mark}%")
    both = [(str(ticket), str(key), _wears(before, mark), _wears(after, mark)) for ticket, key, before, after in rows]
    return [(ticket, key, after) for ticket, key, before, after in both if before != after]


def _wears(image: str, mark: str) -> bool:
    """Whether the tags in the picture of a ticket hold a mark; what is said of it may name the mark too."""
    return any(mark in json.dumps(one.get("tags", [])) for one in _objects(json.loads(image or "null")))


def _objects(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def wearing(stage: Stage, mark: str) -> set[str]:
    """Tickets that have a tag now."""
    return {str(row[0]) for row in stage.ask("SELECT id FROM tickets WHERE tags LIKE ?", f"%{mark}%")}


def owner(stage: Stage, ticket: str) -> str:
    """Id of the agent who has a ticket; empty for nobody."""
    return str(stage.ask("SELECT coalesce(owner, '') FROM tickets WHERE id = ?", ticket)[0][0])


def agent_id(stage: Stage, login: str) -> str:
    """Id of an agent."""
    return str(stage.ask("SELECT id FROM agents WHERE login = ?", login)[0][0])


def overrides(stage: Stage, mark: str) -> list[str]:
    """What the event of a text says of the gate: the reasons it was sent with all the same."""
    rows = stage.ask("SELECT after FROM events WHERE entry IN (SELECT id FROM entries WHERE body LIKE ?)", f"%{mark}%")
    kept = [json.loads(after).get("overrides") or {} for (after,) in rows]
    return [said["reason"] for one in kept for row in one.values() for said in row["overrides"]]


def done_by(stage: Stage, login: str, path: str, body: Mapping[str, object]) -> None:
    """A change of a colleague, asked of the server without a desk and past the proxy."""
    headers = {"Authorization": f"Bearer {stage.seeded.tokens[login]}", "Idempotency-Key": os.urandom(16).hex()}
    url = f"http://127.0.0.1:{stage.server_port}/api/v1{path}"
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=START_S):
        pass


def sent_unread(trace: Iterable[str], deaths: Iterable[float]) -> list[str]:
    """Changes a client sent again that another one had sent before it was killed, and that nobody looked for between."""
    ends = sorted(deaths)
    open_keys: dict[str, tuple[int, str]] = {}
    found = []
    for line in trace:
        at, way, method, _path, key, *_marks = line.split(" ")
        life = bisect(ends, float(at))
        if method == "GET":
            if way != ">":
                open_keys.pop(key, None)
        elif way == ">":
            sent_in, before = open_keys.get(key, (life, ""))
            if sent_in != life:
                found.append(f"sent again unread: {line}; before: {before}")
            open_keys[key] = (life, line)
        elif way in NOTHING_DONE:
            open_keys.pop(key, None)
    return found
