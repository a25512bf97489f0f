"""What a fake Zendesk reads out: lists by cursor or by page, single things, sideloads."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.zendesk_search import search
from tests.fakes.zendesk_store import BANK, FORM, ORDER, PRODUCT, STATUSES, Json, Refusal, Store

Query = Mapping[str, str]
Path = tuple[str, ...]
Reader = Callable[[Store, int, Path, Query], Json]
MACRO = 8801
VIEWS: dict[int, tuple[str, str]] = {
    501: ("Your unsolved tickets", "assignee:me status<solved"),
    502: ("Unassigned tickets", "assignee:none status<solved"),
    503: ("All unsolved tickets", "status<solved"),
    504: ("Recently solved", "status:solved"),
    505: ("Being counted", "status:hold"),
}
ARTICLES = [
    {"id": 360001, "title": "How to get a refund", "body": "<p>A refund takes <b>three</b> days.</p>", "locale": "en-us"},
    {"id": 360002, "title": "如何申请退款", "body": "<p>退款需要三天。</p>", "locale": "zh-cn"},
]
STATES = {2: "offline", 3: "online", 4: "away", 5: "transfers_only"}


def by_cursor(rows: Sequence[Json], query: Query, key: str) -> Json:
    """A page by cursor; `links.next` is filled on the last page too, and names another host."""
    size = int(query.get("page[size]", "100"))
    if size > 100:
        raise Refusal(400, {"error": {"title": "Invalid attribute", "message": "page[size] must be 100 or less"}})
    after = query.get("page[after]", "")
    start = int(base64.b64decode(after).decode().removeprefix("from ")) if after else 0
    cursor = base64.b64encode(f"from {start + size}".encode()).decode()
    return {
        key: list(rows[start : start + size]),
        "meta": {"has_more": start + size < len(rows), "after_cursor": cursor, "before_cursor": "eyJ"},
        "links": {"next": f"https://mapped.example.com/next?page[after]={cursor}", "prev": None},
    }


def _side(store: Store, tickets: Sequence[Json], query: Query) -> Json:
    """What was asked for beside tickets."""
    asked = query.get("include", "").removeprefix("tickets(").removesuffix(")").split(",")
    found: Json = {}
    if "users" in asked:
        people = {one for ticket in tickets for one in (ticket["requester_id"], ticket["assignee_id"], *ticket["follower_ids"])}
        found["users"] = [store.users[one] for one in sorted(people - {None})]
    if "groups" in asked:
        found["groups"] = store.groups
    if "last_audits" in asked:
        found["last_audits"] = [store.audits[ticket["id"]] for ticket in tickets]
    return found


def _shown(tickets: Sequence[Json], query: Query) -> list[Json]:
    with_sla = "slas" in query.get("include", "")
    return [
        {name: value for name, value in one.items() if name != "sla"}
        | ({"slas": {"policy_metrics": one.get("sla", [])}} if with_sla else {})
        for one in tickets
    ]


def _tickets(store: Store, tickets: Sequence[Json], query: Query) -> Json:
    page = by_cursor(_shown(tickets, query), query, "tickets")
    return page | _side(store, page["tickets"], query)


def _one(store: Store, number: str) -> Json:
    if int(number) not in store.tickets:
        raise Refusal(404, {"error": "RecordNotFound", "description": "Not found"})
    return store.tickets[int(number)]


# --- tickets


def list_tickets(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /tickets`."""
    rows = list(store.tickets.values())
    if "external_id" in query:
        rows = [one for one in rows if one["external_id"] == query["external_id"]]
    if query.get("sort") == "-updated_at":
        rows.sort(key=lambda one: (one["updated_at"], one["id"]), reverse=True)
    return _tickets(store, rows, query)


def show_ticket(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /tickets/{id}`."""
    ticket = _one(store, path[0])
    return {"ticket": _shown([ticket], query)[0]} | _side(store, [ticket], query)


def show_many(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /tickets/show_many`."""
    numbers = [int(one) for one in query["ids"].split(",")]
    found = [store.tickets[one] for one in numbers if one in store.tickets and one not in store.archived]
    return {"tickets": _shown(found, query), "count": len(found)} | _side(store, found, query)


def list_comments(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /tickets/{id}/comments`."""
    rows = store.comments[_one(store, path[0])["id"]]
    page = by_cursor(rows[::-1] if query.get("sort") == "-created_at" else rows, query, "comments")
    if "users" in query.get("include", ""):
        page["users"] = [store.users[one] for one in sorted({row["author_id"] for row in page["comments"]})]
    return page


def apply_macro(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /tickets/{id}/macros/{macro}/apply`: what would be, and nothing is."""
    ticket = _one(store, path[0])
    if int(path[1]) != MACRO:
        raise Refusal(404, {"error": "RecordNotFound", "description": "Not found"})
    name = store.users[ticket["requester_id"]]["name"]
    after = {
        **ticket,
        "status": "pending",
        "custom_status_id": STATUSES["pending"],
        "priority": "high",
        "type": "task",
        "tags": [*ticket["tags"], "refund"],
        "fields": [{"id": ORDER, "value": "asked"}],
        "comment": {"body": f"Hi {name}, your refund is on its way.", "public": True, "scoped_body": []},
    }
    after.pop("custom_fields")
    return {"result": {"ticket": after}}


# --- views and the search


def list_views(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /views/active`."""
    rows = [{"id": number, "title": title, "active": True, "position": number} for number, (title, _) in VIEWS.items()]
    return by_cursor(rows, query, "views")


def view_tickets(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /views/{id}/tickets`."""
    if int(path[0]) not in VIEWS:
        raise Refusal(404, {"error": "RecordNotFound", "description": "Not found"})
    return _tickets(store, search(store, VIEWS[int(path[0])][1], user), query)


def count(store: Store, view: int, user: int) -> Json:
    """One row of `count_many`; one of the views is never done counting."""
    value = len(search(store, VIEWS[view][1], user))
    is_done = VIEWS[view][0] != "Being counted"
    return {"view_id": view, "value": value if is_done else None, "pretty": f"~{value}", "fresh": is_done, "active": True}


def find(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /search`: by page, and never beyond the thousandth."""
    if any(name.startswith("page[") for name in query):
        raise Refusal(
            400, {"error": {"title": "Invalid attribute", "message": "You passed an invalid value for the page attribute."}}
        )
    page, size = int(query["page"]), int(query["per_page"])
    if page * size > 1000:
        words = "Invalid search: Requested response size was greater than Search Response Limits"
        raise Refusal(422, {"error": "invalid", "description": words})
    rows = search(store, query["query"], user)
    urgency = (None, "low", "normal", "high", "urgent")
    keys: dict[str, Callable[[Json], Any]] = {
        "updated_at": lambda one: one["updated_at"],
        "created_at": lambda one: one["created_at"],
        "priority": lambda one: urgency.index(one["priority"]),
    }
    rows.sort(key=keys[query["sort_by"]], reverse=query["sort_order"] == "desc")
    part = rows[(page - 1) * size : page * size]
    shown = [{**one, "result_type": "ticket"} for one in _shown(part, query)]
    return {"results": shown, "count": len(rows), "next_page": None, "previous_page": None} | _side(store, part, query)


def export(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /search/export`: newest first, without an end."""
    if "type:" in query["query"] or query["filter[type]"] != "ticket":
        raise Refusal(400, {"error": "invalid", "description": "type goes into filter[type]"})
    rows = search(store, query["query"], user)[::-1]
    return by_cursor([{**one, "result_type": "ticket"} for one in _shown(rows, {})], query, "results")


# --- people and words


def me(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /users/me`."""
    return {"user": {**store.users[user], "authenticity_token": "x"}}


def show_user(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /users/{id}`."""
    if int(path[0]) not in store.users:
        raise Refusal(404, {"error": "RecordNotFound", "description": "Not found"})
    return {"user": store.users[int(path[0])], "organizations": [{"id": 77, "name": "Example Ltd"}]}


def show_users(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /users/show_many`."""
    return {"users": [store.users[int(one)] for one in query["ids"].split(",") if int(one) in store.users]}


def requested(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /users/{id}/tickets/requested`."""
    rows = [one for one in store.tickets.values() if one["requester_id"] == int(path[0])]
    return _tickets(store, sorted(rows, key=lambda one: one["updated_at"], reverse=True), query)


def memberships(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /group_memberships/assignable`."""
    agents = [one for one in store.users.values() if one["role"] != "end-user"]
    return by_cursor(store.memberships, query, "group_memberships") | {"users": agents, "groups": store.groups}


def availabilities(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /agent_availabilities`."""
    rows = [
        {
            "id": f"agent_availabilities|{agent}",
            "type": "agent_availabilities",
            "attributes": {
                "agent_id": agent,
                "agent_status": {"id": state, "name": STATES[state]},
                "group_ids": [],
                "version": 1,
            },
        }
        for agent, state in store.states.items()
    ]
    return {"data": rows}


def activities(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /activities`."""
    rows = [one for one in store.activities if one["user_id"] == user and one["created_at"] >= query["since"]]
    return by_cursor(rows, query, "activities") | {"users": [], "actors": []}


def articles(store: Store, user: int, path: Path, query: Query) -> Json:
    """`GET /help_center/articles/search`."""
    found = [
        one
        for one in ARTICLES
        if query["query"].casefold() in f"{one['title']} {one['body']}".casefold()
        and query.get("locale", one["locale"]) == one["locale"]
    ]
    return {"results": found, "page": 1, "page_count": 1, "per_page": 25, "count": len(found), "next_page": None}


def _fixed(answer: Json) -> Reader:
    return lambda store, user, path, query: answer


STATUS_ROWS = [
    {"id": number, "status_category": name, "agent_label": name.title(), "active": True, "default": True}
    for name, number in STATUSES.items()
    if name != "closed"
] + [{"id": BANK, "status_category": "pending", "agent_label": "等待银行", "active": True, "default": False}]
FIELD_ROWS = [
    {"id": 700, "type": "subject", "title": "Subject", "active": True, "agent_can_edit": True},
    {
        "id": PRODUCT,
        "type": "tagger",
        "title": "Product",
        "required": True,
        "active": True,
        "agent_can_edit": True,
        "custom_field_options": [{"name": "Card", "value": "product_card"}, {"name": "Loan", "value": "product_loan"}],
    },
    {"id": ORDER, "type": "text", "title": "Order number", "required": False, "active": True, "agent_can_edit": True},
]
MACRO_ROWS = [
    {
        "id": MACRO,
        "title": "Money::refund",
        "active": True,
        "actions": [
            {"field": "status", "value": "pending"},
            {"field": "comment_value", "value": ["channel:all", "Hi {{ticket.requester.name}}"]},
        ],
    }
]


@dataclass(frozen=True, slots=True)
class Reading:
    """Routes and what answers them."""

    readers: Mapping[str, Reader]
    routes: Mapping[str, str]
    count: Callable[[Store, int, int], Json] = count


_TABLE: dict[str, tuple[str, Reader]] = {
    "me": ("/users/me", me),
    "users": ("/users/show_many", show_users),
    "user": (r"/users/(\d+)", show_user),
    "requested": (r"/users/(\d+)/tickets/requested", requested),
    "tickets": ("/tickets", list_tickets),
    "many": ("/tickets/show_many", show_many),
    "ticket": (r"/tickets/(\d+)", show_ticket),
    "comments": (r"/tickets/(\d+)/comments", list_comments),
    "macro": (r"/tickets/(\d+)/macros/(\d+)/apply", apply_macro),
    "views": ("/views/active", list_views),
    "view": (r"/views/(\d+)/tickets", view_tickets),
    "search": ("/search", find),
    "export": ("/search/export", export),
    "memberships": ("/group_memberships/assignable", memberships),
    "availabilities": ("/agent_availabilities", availabilities),
    "states": (
        "/agent_availabilities/agent_statuses",
        _fixed({"data": [{"id": number, "name": name} for number, name in STATES.items()]}),
    ),
    "activities": ("/activities", activities),
    "articles": ("/help_center/articles/search", articles),
    "statuses": ("/custom_statuses", _fixed({"custom_statuses": STATUS_ROWS})),
    "fields": ("/ticket_fields", _fixed({"ticket_fields": FIELD_ROWS})),
    "forms": (
        "/ticket_forms",
        _fixed({"ticket_forms": [{"id": FORM, "name": "Default", "active": True, "ticket_field_ids": [700, PRODUCT, ORDER]}]}),
    ),
    "macros": ("/macros/active", lambda store, user, path, query: by_cursor(MACRO_ROWS, query, "macros")),
    "tags": ("/tags", lambda store, user, path, query: by_cursor([{"name": "vip", "count": 10}], query, "tags")),
}
READING = Reading({name: reader for name, (_, reader) in _TABLE.items()}, {name: route for name, (route, _) in _TABLE.items()})
