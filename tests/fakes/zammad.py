"""A Zammad as its documentation and its source describe it: `/api/v1`, with its quirks and refusals, on one event loop."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.fakes import zammad_search
from tests.fakes.serving import Request as Heard
from tests.fakes.zammad_desk import NOTE, SENDERS, TYPES, Desk, Refusal, Row, stamp
from tests.fakes.zammad_shapes import assets, expanded, whole
from tests.specs.strict import checker

Release = Literal["6.2", "6.5", "7.0"]
HOLD_S = 0.5
"""How long a long poll is held; the product holds it 25 s."""


def check(request: Heard) -> list[str]:
    """What Zammad's documentation has against a request."""
    return checker("zammad").check(request.method, request.url, request.json)


@dataclass(slots=True)
class _Client:
    """Somebody who listens."""

    loop: asyncio.AbstractEventLoop
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    events: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Ask:
    """One request, read."""

    user: int
    query: dict[str, str]
    body: Row
    values: tuple[str, ...]

    @property
    def number(self) -> int:
        """The id in the path."""
        return int(self.values[0]) if self.values[0].isdecimal() else 0


class FakeZammad:
    """The routes an agent's client uses."""

    def __init__(self, desk: Desk, *, release: Release = "7.0", has_index: bool = False) -> None:
        self.desk = desk
        self.release = release
        """Which shape answers of searches have."""
        self.has_index = has_index
        self.lists_groups = True
        """Whether agents may list groups."""
        self.clients: dict[str, _Client] = {}
        desk.on_event = self._push

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except Refusal as refusal:
            headers = {"X-Failure": str(refusal)} if refusal.status == 401 else {}
            answer = JSONResponse(refusal.body, refusal.status, headers)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/api/v1")
        body = (await request.json()) if await request.body() else {}
        for method, pattern, handler in _ROUTES:
            matched = re.fullmatch(pattern, path)
            if method == request.method and matched is not None:
                query = {name: values[-1] for name, values in parse_qs(request.url.query).items()}
                ask = _Ask(self._signed(request), query, body, matched.groups())
                if handler is FakeZammad._receive:
                    return await self._receive(ask)
                with self.desk.lock:
                    said = handler(self, ask)
                return said if isinstance(said, Response) else JSONResponse(said)
        raise Refusal(404, f"No route matches [{request.method}] {request.url.path}")

    def _signed(self, request: Request) -> int:
        """Who asks: no credentials are 403, wrong ones 401."""
        said = request.headers.get("authorization", "")
        if not said:
            raise Refusal(403, "Authentication required")
        user = self.desk.tokens.get(said.removeprefix("Token token="))
        if user is None:
            raise Refusal(401, "Invalid token")
        return user

    def _shown(self, ask: _Ask, ticket: Row, status: int = 200) -> Response:
        if ask.query.get("all") == "true":
            return JSONResponse(whole(self.desk, ticket), status)
        return JSONResponse(ticket, status)

    # --- tickets

    def _search(self, ask: _Ask) -> Any:
        rows = zammad_search.found(self.desk, ask.user, ask.body, has_index=self.has_index)
        size = min(int(ask.body.get("per_page") or 50), 200)
        start = (int(ask.body.get("page") or 1) - 1) * size
        if self.has_index and ask.body.get("query") and start + size > 10_000:
            raise Refusal(500, "Result window is too large")
        page, ids = rows[start : start + size], [one["id"] for one in rows[start : start + size]]
        if self.release == "6.2":
            return {"tickets": ids, "tickets_count": len(ids), "assets": assets(self.desk, page)}
        if ask.body.get("full"):
            return {"record_ids": ids, "assets": assets(self.desk, page), "total_count": len(rows)}
        expanded = [expanded(self.desk, one) for one in page]
        if self.release == "7.0" and ask.body.get("with_total_count"):
            return {"records": expanded, "total_count": len(rows)}
        return expanded

    def _show(self, ask: _Ask) -> Any:
        return self._shown(ask, self.desk.allowed(ask.user, ask.number, "read"))

    def _update(self, ask: _Ask) -> Any:
        """Fields and an article in one transaction."""
        ticket = self.desk.allowed(ask.user, ask.number, "change")
        before, ids = dict(ticket), set(self.desk.articles)
        fields = {name: value for name, value in ask.body.items() if name != "article"}
        try:
            if fields:
                self.desk.change(ticket, ask.user, fields)
            if ask.body.get("article"):
                self.desk.say(ticket, ask.user, ask.body["article"])
        except Refusal:
            ticket.clear()
            ticket.update(before)
            for number in set(self.desk.articles) - ids:
                del self.desk.articles[number]
            raise
        return self._shown(ask, ticket)

    def _create(self, ask: _Ask) -> Any:
        desk, body = self.desk, ask.body
        access = desk.users[ask.user]["group_ids"].get(str(body["group_id"]), [])
        if not {"full", "create"} & set(access):
            raise Refusal(403, "Not authorized")
        customer = str(body["customer_id"])
        number = desk.customer(customer.removeprefix("guess:")) if customer.startswith("guess:") else int(customer)
        ticket = desk.open_ticket(body["title"], body["group_id"], number, ask.user)
        desk.say(ticket, ask.user, body["article"])
        desk.links += [("parent", ticket["id"], one) for one in body.get("links", {}).get("Ticket", {}).get("parent", [])]
        return self._shown(ask, ticket, 201)

    def _mass_update(self, ask: _Ask) -> Any:
        """All or nothing; blank values are dropped."""
        desk, wanted = self.desk, {name: value for name, value in ask.body["attributes"].items() if value not in ("", None)}
        before = {one: dict(desk.tickets[one]) for one in ask.body["ticket_ids"] if one in desk.tickets}
        for number in ask.body["ticket_ids"]:
            try:
                desk.change(desk.allowed(ask.user, number, "change"), ask.user, wanted)
            except Refusal as refusal:
                for one, row in before.items():
                    desk.tickets[one] = row
                if refusal.status == 404:
                    raise
                raise Refusal(422, {"error": True, "ticket_id": number}) from None
        return {"ticket_ids": ask.body["ticket_ids"], "assets": assets(self.desk, [desk.tickets[one] for one in before])}

    def _merge(self, ask: _Ask) -> Any:
        source = self.desk.tickets.get(ask.number)
        if source is None:
            return {"result": "failed", "message": "The source ticket was not found!"}
        self.desk.allowed(ask.user, ask.number, "change")
        return self.desk.merge(source, ask.values[1], ask.user)

    def _article(self, ask: _Ask) -> Any:
        ticket = self.desk.allowed(ask.user, ask.body["ticket_id"], "change")
        return JSONResponse(self.desk.say(ticket, ask.user, ask.body), 201)

    def _thread(self, ask: _Ask) -> Any:
        rows = [self.desk.articles[one] for one in self.desk.allowed(ask.user, ask.number, "read")["article_ids"]]
        return [one | {"type": TYPES[one["type_id"]], "sender": SENDERS[one["sender_id"]]} for one in rows]

    def _file(self, ask: _Ask) -> Any:
        ticket, article, file = (int(one) for one in ask.values)
        self.desk.allowed(ask.user, ticket, "read")
        row = self.desk.articles.get(article, {})
        known = next((one for one in row.get("attachments", []) if one["id"] == file), None)
        if row.get("ticket_id") != ticket or known is None:
            raise Refusal(403, "Not authorized")
        return Response(self.desk.files[file], media_type=known["preferences"]["Mime-Type"])

    def _overviews(self, ask: _Ask) -> Any:
        own = {"condition": {"ticket.owner_id": {"operator": "is", "pre_condition": "current_user.id", "value": ""}}}
        free = {
            "condition": {
                "ticket.owner_id": {"operator": "is", "value": ["1"]},
                "ticket.state_id": {"operator": "is", "value": ["1", "2"]},
            }
        }
        kinds: dict[str, tuple[str, Row]] = {
            "my_assigned": ("My assigned Tickets", own),
            "all_unassigned": ("Unassigned & Open Tickets", free),
        }
        rows = {
            link: zammad_search.found(self.desk, ask.user, asked | {"sort_by": "created_at"}, has_index=False)
            for link, (_, asked) in kinds.items()
        }
        view = ask.query.get("view")
        if view is None:
            names = enumerate(kinds.items(), 1)
            return [
                {"id": n, "name": name, "prio": n * 1000, "link": link, "count": len(rows[link])}
                for n, (link, (name, _)) in names
            ]
        if view not in kinds:
            raise Refusal(404, "No such overview")
        tickets = [{"id": one["id"], "updated_at": one["updated_at"]} for one in rows[view]]
        index = {"overview": {"id": 1, "name": kinds[view][0], "view": view}, "tickets": tickets, "count": len(tickets)}
        return {"assets": assets(self.desk, rows[view]), "index": index}

    def _of_customer(self, ask: _Ask) -> Any:
        customer = int(ask.query["customer_id"])
        rows = [
            one for one in self.desk.tickets.values() if one["customer_id"] == customer and self.desk.may(ask.user, one, "read")
        ]
        rows.sort(key=lambda one: str(one["created_at"]), reverse=True)
        live = [one for one in rows if self.desk.states[one["state_id"]]["state_type_id"] <= 4][:15]
        done = [one for one in rows if self.desk.states[one["state_id"]]["state_type_id"] > 4][:15]
        ids = {"ticket_ids_open": [one["id"] for one in live], "ticket_ids_closed": [one["id"] for one in done]}
        return ids | {"assets": assets(self.desk, live + done)}

    # --- tags, followers, links

    def _tag(self, ask: _Ask) -> Any:
        self.desk.allowed(ask.user, ask.body["o_id"], "change")
        held = self.desk.tags.setdefault(ask.body["o_id"], [])
        if ask.body["item"] not in held:
            held.append(ask.body["item"])
        self.desk.touch(self.desk.tickets[ask.body["o_id"]], ask.user)
        return JSONResponse(True, 201)

    def _untag(self, ask: _Ask) -> Any:
        ticket = self.desk.allowed(ask.user, ask.body["o_id"], "change")
        self.desk.tags[ticket["id"]] = [one for one in self.desk.tags.get(ticket["id"], []) if one != ask.body["item"]]
        self.desk.touch(ticket, ask.user)
        return True

    def _follow(self, ask: _Ask) -> Any:
        ticket = self.desk.allowed(ask.user, ask.body["mentionable_id"], "read")
        number = max(self.desk.mentions, default=0) + 1
        self.desk.mentions[number] = {
            "id": number,
            "mentionable_type": "Ticket",
            "mentionable_id": ticket["id"],
            "user_id": ask.user,
        }
        return JSONResponse(True, 201)

    def _unfollow(self, ask: _Ask) -> Any:
        mention = self.desk.mentions.get(ask.number)
        if mention is None or mention["user_id"] != ask.user:
            raise Refusal(403, "Not authorized")
        return self.desk.mentions.pop(ask.number)

    def _link(self, ask: _Ask) -> Any:
        """The target by its id, the source by its number."""
        source = next(
            (one for one in self.desk.tickets.values() if one["number"] == str(ask.body["link_object_source_number"])), None
        )
        target = self.desk.tickets.get(ask.body["link_object_target_value"])
        if source is None or target is None:
            raise Refusal(404, "Couldn't find Ticket")
        self.desk.links.append((ask.body["link_type"], source["id"], target["id"]))
        return JSONResponse({"id": len(self.desk.links), "link_object_source_value": source["id"]}, 201)

    # --- words

    def _me(self, ask: _Ask) -> Any:
        user, groups = self.desk.users[ask.user], assets(self.desk, [])["Group"]
        if ask.query.get("full") != "true":
            return user
        mine = {number: row for number, row in groups.items() if number in user["group_ids"]}
        return {"id": ask.user, "assets": {"User": {str(ask.user): user}, "Group": mine}}

    def _groups(self, ask: _Ask) -> Any:
        if not self.lists_groups:
            raise Refusal(403, "Not authorized")
        return [{"id": number, "name": name, "active": True} for number, name in self.desk.groups.items()]

    def _agents(self, ask: _Ask) -> Any:
        rows = [one for one in self.desk.users.values() if one["group_ids"] or ask.query.get("permissions[]") is None]
        size, page = int(ask.query.get("per_page", 50)), int(ask.query.get("page", 1))
        return rows[(page - 1) * size : page * size]

    def _user(self, ask: _Ask) -> Any:
        user = self.desk.users.get(ask.number)
        if user is None:
            raise Refusal(404, f"Couldn't find User with 'id'={ask.number}")
        return user | {"organization": ""}

    def _one(self, kept: dict[int, Row], ask: _Ask) -> Row:
        if ask.number not in kept:
            raise Refusal(404, "Couldn't find it")
        return kept[ask.number]

    def _knowledge(self, ask: _Ask) -> Any:
        word = ask.body["query"].casefold()
        rows = [one for one in self.desk.answers if word in f"{one['title']} {one['body']}".casefold()]
        result = [{"type": one["type"], "id": one["id"]} for one in rows]
        return {"result": result, "details": [one | {"body": one["body"][:100]} for one in rows]}

    # --- the long poll

    def _push(self, name: str, data: Row) -> None:
        for client in tuple(self.clients.values()):
            client.events.append({"event": name, "data": data})
            client.loop.call_soon_threadsafe(client.ready.set)

    def _send(self, ask: _Ask) -> Any:
        if ask.body.get("data", {}).get("event") != "login":
            return {}
        client = str(uuid.uuid4())
        self.clients[client] = _Client(asyncio.get_running_loop())
        return {"client_id": client}

    async def _receive(self, ask: _Ask) -> Response:
        client = self.clients.get(ask.body.get("client_id", ""))
        if client is None:
            raise Refusal(422, "Invalid client_id received!")
        try:
            await asyncio.wait_for(client.ready.wait(), HOLD_S)
        except TimeoutError:
            return JSONResponse({"event": "pong"})
        client.ready.clear()
        events, client.events = client.events, []
        return JSONResponse(events)


Handler = Callable[[FakeZammad, _Ask], Any] | Callable[[FakeZammad, _Ask], Awaitable[Response]]
_ID = r"([^/]+)"


def _no(ask: _Ask) -> Any:
    raise Refusal(403, "Not authorized")


_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/users/me", FakeZammad._me),
    ("GET", "/users/search", FakeZammad._agents),
    ("GET", f"/users/{_ID}", FakeZammad._user),
    ("GET", "/version", lambda self, ask: _no(ask)),
    ("GET", "/groups", FakeZammad._groups),
    ("GET", "/ticket_states", lambda self, ask: list(self.desk.states.values())),
    (
        "GET",
        "/ticket_priorities",
        lambda self, ask: [{"id": n, "name": name, "active": True} for n, name in self.desk.priorities.items()],
    ),
    ("GET", "/macros", lambda self, ask: list(self.desk.macros.values())),
    ("GET", f"/macros/{_ID}", lambda self, ask: self._one(self.desk.macros, ask)),
    ("GET", "/text_modules", lambda self, ask: list(self.desk.modules.values())),
    ("GET", f"/text_modules/{_ID}", lambda self, ask: self._one(self.desk.modules, ask)),
    ("GET", "/ticket_overviews", FakeZammad._overviews),
    ("GET", "/ticket_customer", FakeZammad._of_customer),
    ("POST", "/tickets/search", FakeZammad._search),
    ("POST", "/tickets/mass_update", FakeZammad._mass_update),
    ("POST", "/tickets", FakeZammad._create),
    ("GET", f"/tickets/{_ID}", FakeZammad._show),
    ("PUT", f"/tickets/{_ID}", FakeZammad._update),
    ("PUT", f"/ticket_merge/{_ID}/{_ID}", FakeZammad._merge),
    ("POST", "/ticket_articles", FakeZammad._article),
    ("GET", f"/ticket_articles/by_ticket/{_ID}", FakeZammad._thread),
    ("GET", f"/ticket_attachment/{_ID}/{_ID}/{_ID}", FakeZammad._file),
    ("POST", "/tags/add", FakeZammad._tag),
    ("DELETE", "/tags/remove", FakeZammad._untag),
    ("POST", "/mentions", FakeZammad._follow),
    ("DELETE", f"/mentions/{_ID}", FakeZammad._unfollow),
    ("POST", "/links/add", FakeZammad._link),
    ("POST", "/knowledge_bases/search", FakeZammad._knowledge),
    ("POST", "/message_send", FakeZammad._send),
    ("POST", "/message_receive", FakeZammad._receive),
]

__all__ = ["NOTE", "FakeZammad", "check", "stamp"]
