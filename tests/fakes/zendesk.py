"""A Zendesk that is not one: state, both kinds of paging, quotas, jobs, and the quirks the facts tell of.

Its own `url` and `links` fields name another host than the one that is asked, as host-mapped accounts do.
"""

import itertools
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.serving import Request, Served, Watched
from tests.fakes.zendesk_oauth import Tokens
from tests.fakes.zendesk_reading import READING
from tests.fakes.zendesk_store import Json, Refusal, Store, seed, stamp
from tests.specs.strict import checker

ELSEWHERE = "https://mapped.example.com"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, taken apart."""

    user: int
    path: tuple[str, ...]
    """What stood in the holes of the route."""
    query: Mapping[str, str]
    body: Any
    raw: bytes
    headers: Mapping[str, str]

    def ids(self) -> list[int]:
        """The numbers in `ids`."""
        return [int(one) for one in self.query["ids"].split(",")]


Handler = Callable[["Zendesk", Ask], Json | Response]


@dataclass
class Zendesk:
    """One account, served."""

    tickets: int = 70
    store: Store = field(default_factory=Store)
    jobs: dict[str, list[Json]] = field(default_factory=dict)
    """Answers to come of each job; the last one stays."""
    made: dict[str, tuple[Any, Json]] = field(default_factory=dict)
    """Body and answer by `Idempotency-Key`."""
    counts: dict[int, list[float]] = field(default_factory=dict)
    """When each agent counted views."""
    headers: dict[str, str] = field(default_factory=dict)
    """Go out with every answer: quotas."""
    collisions: int = 0
    """So many updates to come meet a `DatabaseConflict`."""

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self.watched = Watched(Starlette(routes=[Route("/{path:path}", self._answer, methods=METHODS)]), _check)
        self.files = Watched(Starlette(routes=[Route("/{path:path}", self._file)]), _unsigned)
        self._served = (Served(self.watched), Served(self.files))
        self.url, self.files_url = (one.url for one in self._served)
        self.reset()

    def reset(self) -> None:
        """A new account at the same address."""
        self.store = Store()
        seed(self.store, self.tickets)
        self.tokens = Tokens(self.store)
        self.headers, self.collisions = {}, 0
        for kept in (self.jobs, self.made, self.counts):
            kept.clear()
        for one in (self.watched, self.files):
            one.forget()
            one.findings.clear()
            one.faults.clear()

    def start(self) -> "Zendesk":
        """Serve the account, and its files on another origin."""
        for one in self._served:
            one.start()
        return self

    def stop(self) -> None:
        """Stop serving; both at once, because each takes a moment."""
        with ThreadPoolExecutor(len(self._served)) as pool:
            list(pool.map(Served.stop, self._served))

    @property
    def findings(self) -> list[str]:
        """What anything had against a request."""
        return [*self.watched.findings, *self.files.findings, *self.store.warnings]

    async def _answer(self, asked: Asked) -> Response:
        try:
            answer = self._answered(asked.method, asked.url.path, await asked.body(), asked)
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status, headers=self.headers)
        response = answer if isinstance(answer, Response) else JSONResponse(answer)
        for name, value in self.headers.items():
            response.headers[name] = value
        if self.store.warnings:
            response.headers["X-Zendesk-API-Warn"] = self.store.warnings[-1]
        return response

    def _answered(self, method: str, path: str, raw: bytes, asked: Asked) -> Json | Response:
        plain = path.removesuffix(".json")
        is_json = asked.headers.get("content-type", "").startswith("application/json")
        body = json.loads(raw) if raw and is_json else None
        if (method, plain) == ("POST", "/oauth/tokens"):
            return self.tokens.trade(body or {})
        user = self.tokens.who(asked.headers)
        if user is None and (method, plain) == ("GET", "/api/v2/users/me"):
            return {"user": {"id": None, "name": "Anonymous user", "email": None, "authenticity_token": "x"}}
        if user is None:
            raise Refusal(401, {"error": "Couldn't authenticate you"})
        query = dict(parse_qsl(asked.url.query, keep_blank_values=True))
        for wanted, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, plain) if wanted == method else None
            if found is not None:
                holes = tuple(map(unquote, found.groups()))
                return handler(self, Ask(user, holes, query, body, raw, asked.headers))
        raise Refusal(404, {"error": "InvalidEndpoint", "description": "Not found"})

    async def _file(self, asked: Asked) -> Response:
        """The store of files: it knows an address, and nobody."""
        number = int(asked.url.path.rsplit("/", 1)[-1])
        described, data = self.store.files[number]
        return Response(data, media_type=described["content_type"])

    def job(self, *results: Json) -> Json:
        """A job that is at work when it is looked at first, and done after that."""
        number = f"V3-{next(self._numbers)}"
        base = {"id": number, "url": f"{ELSEWHERE}/{number}", "total": len(results), "message": None}
        self.jobs[number] = [
            {**base, "status": "working", "progress": 1, "results": None},
            {**base, "status": "completed", "progress": len(results), "results": list(results)},
        ]
        return {"job_status": {**base, "status": "queued", "progress": None, "results": None}}

    def seen_by_customer(self, ticket: int) -> list[str]:
        """The bodies a customer can read."""
        return [one["body"] for one in self.store.comments[ticket] if one["public"]]


def _check(request: Request) -> Iterable[str]:
    return checker("zendesk").check(request.method, request.url, _with_owner(request.json))


def _with_owner(body: Any) -> Any:
    """The one exception from the published specification: it calls `assignee_id` a number, yet tickets are read with null in
    it, and null is how a ticket is taken from its owner. Such a null is not looked at."""
    if not isinstance(body, dict):
        return body
    tickets = [body["ticket"]] if isinstance(body.get("ticket"), dict) else body.get("tickets", [])
    for one in tickets:
        if isinstance(one, dict) and one.get("assignee_id", 0) is None:
            del one["assignee_id"]
    return body


def _unsigned(request: Request) -> Iterable[str]:
    return [f"{name} was sent to another host" for name in ("authorization", "cookie") if name in request.headers]


# --- what writes


def create(desk: Zendesk, ask: Ask) -> Response:
    """`POST /tickets`: the only write with a key."""
    key, asked = ask.headers.get("idempotency-key", ""), ask.body["ticket"]
    if key in desk.made:
        body, answer = desk.made[key]
        if body != ask.body:
            words = "Request parameters are different from the ones used with this idempotency key."
            raise Refusal(400, {"error": "IdempotentRequestError", "description": words})
        return JSONResponse(answer, 201, headers={"x-idempotency-lookup": "hit"})
    store = desk.store
    if "requester" in asked:
        asker = store.customer(asked["requester"]["name"], asked["requester"]["email"])
    else:
        asker = store.users[asked["requester_id"]]
    ticket = store.open_ticket(asker, asked["subject"], asked["comment"], author=ask.user, channel="api")
    ticket["external_id"] = asked.get("external_id")
    answer = {"ticket": ticket, "audit": store.audits[ticket["id"]]}
    if key:
        desk.made[key] = (ask.body, answer)
    return JSONResponse(answer, 201, headers={"x-idempotency-lookup": "miss"})


def update(desk: Zendesk, ask: Ask) -> Json:
    """`PUT /tickets/{id}`."""
    if desk.collisions:
        desk.collisions -= 1
        raise Refusal(409, {"error": "DatabaseConflict", "description": "Database collision"})
    audit = desk.store.update(ask.user, int(ask.path[0]), ask.body["ticket"])
    return {"ticket": desk.store.tickets[int(ask.path[0])], "audit": audit}


def update_many(desk: Zendesk, ask: Ask) -> Json:
    """`PUT /tickets/update_many`: a job."""
    asked = ask.body["tickets"]
    if len(asked) > 100:
        words = "Parameter  cannot specify more than 100 values"
        raise Refusal(400, {"error": "TooManyValues", "description": words, "max_count": 100})
    results = []
    for index, one in enumerate(asked):
        result = {"id": one["id"], "index": index, "action": "update"}
        try:
            desk.store.update(ask.user, one["id"], {name: value for name, value in one.items() if name != "id"})
            results.append({**result, "success": True, "status": "Updated"})
        except Refusal as refusal:
            results.append(
                {**result, "success": False, "error": refusal.body["error"], "details": refusal.body.get("description", "")}
            )
    return desk.job(*results)


def merge(desk: Zendesk, ask: Ask) -> Json:
    """`POST /tickets/{id}/merge`: a job."""
    desk.store.merge(ask.user, int(ask.path[0]), ask.body)
    return desk.job({"id": int(ask.path[0]), "index": 0, "action": "merge", "success": True, "status": "Merged"})


def job(desk: Zendesk, ask: Ask) -> Json:
    """`GET /job_statuses/{id}`."""
    states = desk.jobs[ask.path[0]]
    return {"job_status": states.pop(0) if len(states) > 1 else states[0]}


def upload(desk: Zendesk, ask: Ask) -> Response:
    """`POST /uploads`."""
    number, token = desk.store.next_id(), f"token-{desk.store.next_id()}"
    described = {
        "id": number,
        "file_name": ask.query["filename"],
        "content_type": ask.headers["content-type"],
        "content_url": f"{ELSEWHERE}/attachments/token/{number}/?name=a%20b",
        "size": len(ask.raw),
        "inline": False,
        "deleted": False,
        "malware_scan_result": "not_scanned",
    }
    desk.store.files[number] = (described, ask.raw)
    made = {"token": token, "expires_at": stamp(int(time.time()) + 3600), "attachment": described, "attachments": [described]}
    desk.store.uploads[token] = made
    return JSONResponse({"upload": made}, 201)


def attachment(desk: Zendesk, ask: Ask) -> Json:
    """`GET /attachments/{id}`."""
    return {"attachment": desk.store.files[int(ask.path[0])][0]}


def content(desk: Zendesk, ask: Ask) -> Response:
    """Where `content_url` leads: on to the store of files."""
    return Response(status_code=302, headers={"location": f"{desk.files_url}/signed/{ask.path[0]}"})


def set_state(desk: Zendesk, ask: Ask) -> Json:
    """`PUT /agent_availabilities/agent_statuses/me`."""
    desk.store.states[ask.user] = ask.body["id"]
    return {"data": {}}


def count_views(desk: Zendesk, ask: Ask) -> Json:
    """`GET /views/count_many`: six times in five minutes."""
    counted = [at for at in desk.counts.get(ask.user, []) if at > time.monotonic() - 300]
    if len(counted) >= 6 or len(ask.ids()) > 20:
        raise Refusal(
            429, {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}
        )
    desk.counts[ask.user] = [*counted, time.monotonic()]
    return {"view_counts": [READING.count(desk.store, number, ask.user) for number in ask.ids()]}


def read(name: str) -> Handler:
    """A reading of the store."""
    reader = READING.readers[name]
    return lambda desk, ask: reader(desk.store, ask.user, ask.path, ask.query)


def token(desk: Zendesk, ask: Ask) -> Json:
    """Who asks, by their token."""
    return desk.tokens.shown(ask.headers)


def revoke(desk: Zendesk, ask: Ask) -> Response:
    """End a token."""
    desk.tokens.revoke(int(ask.path[0]))
    return Response(status_code=204)


METHODS = ["GET", "POST", "PUT", "DELETE"]
V2 = "/api/v2"
ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", f"{V2}/tickets", create),
    ("PUT", f"{V2}/tickets/update_many", update_many),
    ("PUT", rf"{V2}/tickets/(\d+)", update),
    ("POST", rf"{V2}/tickets/(\d+)/merge", merge),
    ("GET", f"{V2}/job_statuses/([^/]+)", job),
    ("POST", f"{V2}/uploads", upload),
    ("GET", rf"{V2}/attachments/(\d+)", attachment),
    ("GET", r"/attachments/token/(\d+)/", content),
    ("PUT", f"{V2}/agent_availabilities/agent_statuses/me", set_state),
    ("GET", f"{V2}/views/count_many", count_views),
    ("GET", f"{V2}/oauth/tokens/current", token),
    ("DELETE", rf"{V2}/oauth/tokens/(\d+)", revoke),
    *(("GET", V2 + pattern, read(name)) for name, pattern in READING.routes.items()),
]
