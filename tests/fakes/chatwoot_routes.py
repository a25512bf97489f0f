"""What the fake Chatwoot answers, path by path."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.chatwoot_lists import filtered, listed, paged
from tests.fakes.chatwoot_world import PRIORITIES, STATUSES, Refusal, Row

if TYPE_CHECKING:
    from tests.fakes.chatwoot import Desk

GONE = {"error": "Resource could not be found"}
LONGEST = 150_000
A_MINUTE = 200
"""Messages one conversation takes in a minute."""
Handler = Callable[["Desk", Row, "re.Match[str]", Row], Any]
ROUTES: list[tuple[str, "re.Pattern[str]", Handler]] = []
A = r"/api/v1/accounts/1"
C = A + r"/conversations/(?P<id>[^/]+)"


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    """Answers a path."""

    def keep(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(pattern), handler))
        return handler

    return keep


@route("GET", "/api/v1/profile")
def _profile(desk: "Desk", user: Row, _found: Any, _asked: Row) -> Any:
    return desk.world.as_profile(user)


@route("POST", "/api/v1/profile/availability")
def _availability(desk: "Desk", user: Row, _found: Any, asked: Row) -> Any:
    user["availability"] = asked["body"]["profile"]["availability"]
    return desk.world.as_profile(user)


@route("GET", A + "/agents")
def _agents(desk: "Desk", _user: Row, _found: Any, _asked: Row) -> Any:
    return [desk.world.as_user(one) for one in desk.world.users.values()]


@route("GET", A + "/teams")
def _teams(desk: "Desk", user: Row, _found: Any, _asked: Row) -> Any:
    return [{**one, "members": None, "is_member": user["id"] in one["members"]} for one in desk.world.teams.values()]


@route("GET", A + "/inboxes")
def _inboxes(desk: "Desk", _user: Row, _found: Any, _asked: Row) -> Any:
    return {"payload": list(desk.world.inboxes.values())}


@route("GET", A + "/labels")
def _account_labels(_desk: "Desk", _user: Row, _found: Any, _asked: Row) -> Any:
    titles = ["vip", "退款"]
    return {"payload": [{"id": number, "title": title, "color": "#f00"} for number, title in enumerate(titles, 1)]}


@route("GET", A + "/canned_responses")
def _canned(desk: "Desk", _user: Row, _found: Any, _asked: Row) -> Any:
    return desk.world.canned


@route("GET", A + "/macros")
def _macros(desk: "Desk", _user: Row, _found: Any, _asked: Row) -> Any:
    return {"payload": desk.world.macros}


@route("GET", A + r"/macros/(?P<macro>\d+)")
def _macro(desk: "Desk", _user: Row, found: "re.Match[str]", _asked: Row) -> Any:
    for one in desk.world.macros:
        if one["id"] == int(found["macro"]):
            return {"payload": one}
    raise Refusal(404, GONE)


@route("GET", A + "/custom_attribute_definitions")
def _definitions(_desk: "Desk", _user: Row, _found: Any, _asked: Row) -> Any:
    return [
        {"id": 1, "attribute_key": "txid", "attribute_display_name": "Transaction", "attribute_model": "conversation_attribute"}
    ]


@route("GET", A + "/custom_filters")
def _filters(desk: "Desk", _user: Row, _found: Any, _asked: Row) -> Any:
    return list(desk.world.filters.values())


@route("GET", A + r"/custom_filters/(?P<filter>\d+)")
def _filter(desk: "Desk", _user: Row, found: "re.Match[str]", _asked: Row) -> Any:
    if int(found["filter"]) not in desk.world.filters:
        raise Refusal(404, GONE)
    return desk.world.filters[int(found["filter"])]


@route("GET", A + "/search/articles")
def _articles(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    words = asked["query"]["q"][0].casefold()
    return {
        "payload": {"articles": [one for one in desk.world.articles if words in (one["title"] + one["content"]).casefold()]}
    }


# --- contacts


@route("GET", A + r"/contacts/(?P<contact>\d+)(?P<more>/conversations|/contactable_inboxes)?")
def _contact(desk: "Desk", _user: Row, found: "re.Match[str]", _asked: Row) -> Any:
    contact = desk.world.contacts.get(int(found["contact"]))
    if contact is None:
        raise Refusal(404, GONE)
    if found["more"] == "/conversations":
        rows = [one for one in desk.world.conversations.values() if one["contact"] == contact["id"]]
        return {"payload": [desk.shown(one) for one in sorted(rows, key=lambda one: -one["activity"])[:20]]}
    if found["more"] == "/contactable_inboxes":
        mail = next(one for one in desk.world.inboxes.values() if one["channel_type"] == "Channel::Email")
        return {"payload": [{"inbox": mail, "source_id": contact["email"]}]}
    return {"payload": contact}


# --- lists


@route("GET", A + "/conversations")
def _list(desk: "Desk", user: Row, _found: Any, asked: Row) -> Any:
    rows, meta = listed(desk.world, user, asked["query"])
    return {"data": {"meta": meta, "payload": [desk.shown(one) for one in rows]}}


@route("POST", A + "/conversations/filter")
def _filter_by(desk: "Desk", user: Row, _found: Any, asked: Row) -> Any:
    desk.allow(user)
    rows = filtered(desk.world, asked["body"]["payload"])
    meta = {"mine_count": 0, "unassigned_count": 0, "all_count": len(rows)}
    return {"meta": meta, "payload": [desk.shown(one) for one in paged(rows, asked["query"])]}


@route("POST", A + "/conversations")
def _create(desk: "Desk", user: Row, _found: Any, asked: Row) -> Any:
    desk.allow(user)
    body, world = asked["body"], desk.world
    row = world.add_conversation(world.contacts[body["contact_id"]], body["inbox_id"])
    row["additional_attributes"] = body.get("additional_attributes", {})
    desk.tell("conversation.created", row, user)
    return desk.shown(row)


# --- one conversation


@route("GET", C)
def _show(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    return desk.shown(asked["row"])


@route("POST", C + "/toggle_status")
def _status(desk: "Desk", user: Row, _found: Any, asked: Row) -> Any:
    row, status = asked["row"], asked["body"]["status"]
    if status not in STATUSES:
        raise Refusal(500, {"status": 500, "error": "Internal Server Error"})
    until = asked["body"].get("snoozed_until")
    row |= {"status": status, "snoozed_until": _iso(until) if status == "snoozed" and until else None}
    if status == "open" and row["assignee"] is None:
        row["assignee"] = user["id"]
    desk.world.note_activity(row, f"Conversation was marked {status} by {user['name']}")
    return {"meta": {}, "payload": {"success": True, "conversation_id": row["id"], "current_status": status}}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


@route("POST", C + "/toggle_priority")
def _priority(desk: "Desk", user: Row, _found: Any, asked: Row) -> Any:
    if asked["body"]["priority"] not in PRIORITIES:
        raise Refusal(500, {"status": 500, "error": "Internal Server Error"})
    asked["row"]["priority"] = asked["body"]["priority"]
    desk.world.note_activity(asked["row"], f"{user['name']} set the priority to {asked['body']['priority']}")


@route("POST", C + "/assignments")
def _assign(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    """A team is ignored beside an agent, and what nobody knows takes away what was there."""
    row, body, world = asked["row"], asked["body"], desk.world
    if "assignee_id" in body:
        row["assignee"] = body["assignee_id"] if body["assignee_id"] in world.users else None
        if row["assignee"]:
            row["participants"].add(row["assignee"])
        row["updated"] = world.now()
        return world.as_user(world.users[row["assignee"]]) if row["assignee"] else None
    row["team"] = body["team_id"] if body["team_id"] in world.teams else None
    row["updated"] = world.now()
    return world.teams[row["team"]] | {"members": None} if row["team"] else None


@route("POST", C + "/labels")
def _labels(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    asked["row"] |= {"labels": asked["body"]["labels"], "updated": desk.world.now()}
    return {"payload": asked["row"]["labels"]}


@route("POST", C + "/custom_attributes")
def _attributes(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    asked["row"] |= {"custom_attributes": asked["body"]["custom_attributes"], "updated": desk.world.now()}
    return {"custom_attributes": asked["row"]["custom_attributes"]}


@route("POST", C + "/update_last_seen")
def _seen(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    """Written past the time of the last update."""
    asked["row"]["seen"] = desk.world.now()
    return desk.shown(asked["row"])


@route("POST", C + "/unread")
def _unread(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    asked["row"]["seen"] = 0.0
    return desk.shown(asked["row"])


@route("GET", C + "/participants")
def _participants(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    return [desk.world.as_user(desk.world.users[one]) for one in sorted(asked["row"]["participants"])]


@route("POST", C + "/participants")
def _join(desk: "Desk", user: Row, found: Any, asked: Row) -> Any:
    asked["row"]["participants"] |= set(asked["body"]["user_ids"])
    return _participants(desk, user, found, asked)


@route("DELETE", C + "/participants")
def _leave(_desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    asked["row"]["participants"] -= set(asked["body"]["user_ids"])


@route("POST", C + "/toggle_typing_status")
def _typing(desk: "Desk", user: Row, _found: Any, asked: Row) -> Any:
    body = asked["body"]
    desk.world.typed.append((user["id"], asked["row"]["id"], body["typing_status"], bool(body.get("is_private"))))
    desk.tell_typing(asked["row"], user, body["typing_status"], is_private=bool(body.get("is_private")))


@route("GET", C + "/messages")
def _messages(desk: "Desk", _user: Row, _found: Any, asked: Row) -> Any:
    row, query = asked["row"], asked["query"]
    held = desk.world.messages[row["id"]]
    after, before = (int(query[name][0]) if name in query else None for name in ("after", "before"))
    if after is not None and before is not None:
        held = [one for one in held if after <= one["id"] < before][:1000]
    elif after is not None:
        held = [one for one in held if one["id"] > after][:100]
    else:
        held = [one for one in held if before is None or one["id"] < before][-20:]
    meta = {"labels": row["labels"], "additional_attributes": row["additional_attributes"], "contact": {}}
    return {"meta": meta, "payload": [desk.world.as_message(one, row, desk.base) for one in held]}


@route("POST", C + "/messages")
def _say(desk: "Desk", user: Row, _found: Any, asked: Row) -> Any:
    row, body, world = asked["row"], asked["body"], desk.world
    is_private = body.get("private") in {True, "true"}
    recent = [one for one in world.messages[row["id"]] if one["at"] > world.now() - 60]
    if len(recent) >= A_MINUTE:
        raise Refusal(422, {"error": "Too many messages"})
    if len(body["content"]) > LONGEST:
        raise Refusal(422, {"message": "Content is too long (maximum is 150000 characters)", "attributes": ["content"]})
    if len(asked["files"]) > 15:
        raise Refusal(422, {"error": "exceeded maximum allowed"})
    failed = not row["can_reply"] and not is_private
    attributes: Row = {"external_error": "outside the window"} if failed else {}
    if body.get("cc_emails"):
        attributes["cc_emails"] = body["cc_emails"].split(",")
    message = world.say(
        row, _rendered(desk, row, user, body["content"]), 1, private=is_private, sender=("user", user["id"]),
        status="failed" if failed else "sent", content_attributes=attributes,
        attachments=[world.store(*one) for one in asked["files"]], echo=body.get("echo_id"),
    )  # fmt: skip
    return world.as_message(message, row, desk.base, body.get("echo_id"))


def _rendered(desk: "Desk", row: Row, user: Row, content: str) -> str:
    """What stands in braces is filled in by the server, and nothing where it is not known."""
    known = {"contact.name": desk.world.contacts[row["contact"]]["name"].title(), "agent.name": user["name"]}
    return re.sub(r"\{\{\s*([\w.]+)\s*\}\}", lambda found: known.get(found[1], ""), content)
