"""How the fake Chatwoot finds conversations: its lists, and its filters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.fakes.chatwoot_world import Refusal, Row, World

PAGE = 25
Query = Mapping[str, Sequence[str]]
_RANK = {None: 0, "low": 1, "medium": 2, "high": 3, "urgent": 4}
_NEVER = 2.0**60
ORDERS: dict[str, Callable[[Row], Any]] = {
    "last_activity_at_desc": lambda row: -row["activity"],
    "last_activity_at_asc": lambda row: row["activity"],
    "created_at_desc": lambda row: -row["created"],
    "created_at_asc": lambda row: row["created"],
    "priority_desc": lambda row: (-_RANK[row["priority"]], -row["activity"]),
    "waiting_since_asc": lambda row: (row["waiting"] or _NEVER, row["created"]),
}


def paged(rows: Sequence[Row], query: Query) -> Sequence[Row]:
    """Twenty-five, without a word about more."""
    page = int(query.get("page", ["1"])[0])
    return rows[(page - 1) * PAGE : page * PAGE]


def listed(world: World, user: Row, query: Query) -> tuple[Sequence[Row], Row]:
    """A list: open ones unless another status is asked for, which counts for nothing beside a search."""

    def said(name: str) -> str:
        return query.get(name, [""])[0]

    rows = list(world.conversations.values()) if "report_manage" not in user["permissions"] else []
    if said("q"):
        rows = [row for row in rows if _says(world, row, said("q"))]
    elif said("status") != "all":
        rows = [row for row in rows if row["status"] == (said("status") or "open")]
    for name, key in (("inbox_id", "inbox_id"), ("team_id", "team")):
        if said(name):
            rows = [row for row in rows if str(row[key]) == said(name)]
    if query.get("labels[]"):
        rows = [row for row in rows if set(query["labels[]"]) & set(row["labels"])]
    if said("conversation_type"):
        rows = [row for row in rows if _is_of(row, user, said("conversation_type"))]
    if said("updated_within"):
        rows = [row for row in rows if row["updated"] > world.now() - int(said("updated_within"))]
    mine = [row for row in rows if row["assignee"] == user["id"]]
    free = [row for row in rows if row["assignee"] is None]
    taken = [row for row in rows if row["assignee"] is not None]
    meta = {
        "mine_count": len(mine), "assigned_count": len(taken), "unassigned_count": len(free), "all_count": len(rows),
    }  # fmt: skip
    rows = {"me": mine, "unassigned": free, "assigned": taken}.get(said("assignee_type"), rows)
    rows = sorted(rows, key=ORDERS.get(said("sort_by"), ORDERS["last_activity_at_desc"]))
    return (rows if said("updated_within") else paged(rows, query)), meta


def _says(world: World, row: Row, words: str) -> bool:
    return any(
        words.casefold() in (one["content"] or "").casefold()
        for one in world.messages[row["id"]]
        if one["message_type"] in {0, 1}
    )


def _is_of(row: Row, user: Row, kind: str) -> bool:
    return user["id"] in row["participants"] if kind == "participating" else kind == "unattended" and bool(row["waiting"])


_KEYS: dict[str, Callable[[Row], list[str]]] = {
    "status": lambda row: [row["status"]],
    "priority": lambda row: [row["priority"] or ""],
    "assignee_id": lambda row: [str(row["assignee"] or "")],
    "team_id": lambda row: [str(row["team"] or "")],
    "inbox_id": lambda row: [str(row["inbox_id"])],
    "labels": lambda row: row["labels"],
}


def filtered(world: World, terms: Sequence[Row]) -> list[Row]:
    """Conditions joined from left to right; the newest activity first, and no other order."""
    if not terms or terms[-1]["query_operator"] is not None:
        raise Refusal(422, {"error": "Invalid query operator"})
    found = [row for row in world.conversations.values() if _fits(row, terms)]
    return sorted(found, key=ORDERS["last_activity_at_desc"])


def _fits(row: Row, terms: Sequence[Row]) -> bool:
    fits, joint = True, "AND"
    for term in terms:
        if term["attribute_key"] not in _KEYS or term["filter_operator"] not in {"equal_to", "not_equal_to"}:
            raise Refusal(422, {"error": f"Invalid attribute key - [{term['attribute_key']}]"})
        is_one = bool(set(term["values"]) & set(_KEYS[term["attribute_key"]](row)))
        is_it = is_one is (term["filter_operator"] == "equal_to")
        fits = (fits and is_it) if joint == "AND" else (fits or is_it)
        joint = (term["query_operator"] or "").upper()
    return fits
