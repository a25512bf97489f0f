"""What a route gets and what it says about itself: one declaration feeds the router, the checks and the OpenAPI document."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from supportdesk_tui.failpoints import failpoint
from supportdesk_tui.server.desk.desk import Answer, Desk
from supportdesk_tui.server.desk.desk import Request as Asked
from supportdesk_tui.server.desk.refusals import BadRequest, Forbidden, Refusal, TooLarge, TooSlow, Unauthenticated
from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.http.hub import Hub
from supportdesk_tui.server.http.tokens import TokenBook

T = TypeVar("T")
MAX_JSON = 1_000_000
MAX_FILE = 10_000_000
MAX_UNREAD = 1_000
"""Bytes of a body where none is wanted."""
MAX_SMALL = 4_000
"""Bytes of the bodies that hold a few words."""
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_VERSION = re.compile(r'"?(\d{1,12})"?')
_PATH_IN_ERROR = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]+)`)?$", re.S)
_NAMED_IN_ERROR = re.compile(r"(?:missing required|unknown) field `([^`]+)`")
Who = Literal["agent", "inbound", "anyone"]


@dataclass(frozen=True, slots=True)
class Param:
    """A query parameter or header, for the OpenAPI document."""

    name: str
    schema: dict[str, Any]
    place: Literal["query", "header"] = "query"
    required: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route: where, who, what goes in and what comes out."""

    method: str
    path: str
    says: str
    run: Callable[["Call"], Response] | None
    """None where the route streams and has a handler of its own."""
    out: Any = None
    """A struct or list of structs; None for no content, bytes for a file or a stream."""
    status: int = 200
    body: Any = None
    """A struct or union; `bytes` for a raw upload."""
    who: Who = "agent"
    params: tuple[Param, ...] = ()
    most: int = 0
    """Most bytes of the body; 0: as much as any of its kind."""
    keyed: bool = False
    in_parts: bool = False
    """The rest of it may be asked for from a byte on."""
    refusals: tuple[int, ...] = ()

    @property
    def limit(self) -> int:
        """Most bytes of the body."""
        if self.body is None:
            return self.most or MAX_UNREAD
        return self.most or (MAX_FILE if self.body is bytes else MAX_JSON)


def reads(path: str, says: str, run: Callable[["Call"], Response], out: Any, **more: Any) -> Endpoint:
    """A route that only reads."""
    return Endpoint(method="GET", path=path, says=says, run=run, out=out, **more)


def keyed(path: str, says: str, run: Callable[["Call"], Response], out: Any, **more: Any) -> Endpoint:
    """A route whose change is made once for its key."""
    return Endpoint(method="POST", path=path, says=says, run=run, out=out, keyed=True, **more)


def few_words(place: str, says: str, run: Callable[["Call"], Response], body: Any, **more: Any) -> Endpoint:
    """A route (`METHOD /path`) whose body holds a few words."""
    method, _, path = place.partition(" ")
    return Endpoint(method=method, path=path, says=says, run=run, body=body, most=MAX_SMALL, **more)


@dataclass(slots=True)
class Call:
    """One request, read and checked as far as its declaration goes."""

    request: Request
    desk: Desk
    hub: Hub
    tokens: TokenBook
    who: Agent | None = None
    token_hash: str = ""
    raw: bytes = b""
    body: Any = None
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def agent(self) -> Agent:
        """Who asks; there is somebody, since the route demands it."""
        if self.who is None:
            raise Unauthenticated("sign in first")
        return self.who

    @property
    def path(self) -> Mapping[str, str]:
        """The variable parts of the path."""
        return self.request.path_params

    def query(self, name: str, default: str = "") -> str:
        """A query parameter as text."""
        values = self.request.query_params.getlist(name)
        if len(values) > 1:
            raise Refusal(f"{name} is given twice", field=name)
        return values[0] if values else default

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number in the query, within bounds."""
        given = self.query(name)
        if not given:
            if name in self.request.query_params:
                raise Refusal(f"{name} is a whole number", field=name)
            return default
        if not re.fullmatch(r"\d{1,15}", given, re.ASCII) or not lowest <= int(given) <= highest:
            raise Refusal(f"{name} is a whole number from {lowest} to {highest}", field=name)
        return int(given)

    def asked(self, *, key_required: bool = True) -> Asked:
        """The change as the desk takes it: who, key, bytes, expected version."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None and key_required:
            raise BadRequest("Idempotency-Key is missing", field="Idempotency-Key")
        if key is not None and not _KEY.fullmatch(key):
            raise BadRequest("Idempotency-Key is 8 to 64 of A-Z a-z 0-9 _ -", field="Idempotency-Key")
        fingerprint = f"{self.request.method} {self.request.url.path}?{self.request.url.query}\n".encode() + self.raw
        return Asked(who=self.who, key=key, fingerprint=fingerprint, expected=self._expected(), reached=self._reached())

    def _reached(self) -> int | None:
        given = self.request.headers.get("If-Log-Reached")
        if given is not None and not re.fullmatch(r"\d{1,18}", given, re.ASCII):
            raise BadRequest("If-Log-Reached is the id of an event", field="If-Log-Reached")
        return None if given is None else int(given)

    def _expected(self) -> int | None:
        given = self.request.headers.get("If-Match")
        if given is None or given == "*":
            return None
        version = _VERSION.fullmatch(given)
        if version is None:
            raise BadRequest("If-Match is a version in quotes", field="If-Match")
        return int(version[1])


async def read_body(request: Request, limit: int, wait_s: float) -> bytes:
    """The body, refused as soon as it is longer than allowed or takes too long."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"at most {limit} bytes")
    if request.method == "POST":
        failpoint("server.before_read")
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(wait_s):
            async for piece in request.stream():
                size += len(piece)
                if size > limit:
                    raise TooLarge(f"at most {limit} bytes")
                pieces.append(piece)
    except TimeoutError as error:
        raise TooSlow(f"the body did not arrive within {wait_s:.0f} seconds") from error
    except ClientDisconnect as error:
        raise BadRequest("the body ended early") from error
    return b"".join(pieces)


def decode(raw: bytes, kind: Any) -> Any:
    """The body as its struct; the error names the path and what was expected there."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        found = _PATH_IN_ERROR.match(str(error))
        what, path = (found["what"], found["path"] or "") if found else (str(error), "")
        named = _NAMED_IN_ERROR.search(what)
        parts = (path.removeprefix("$").removeprefix("."), named[1] if named else "")
        raise Refusal(what, field=".".join(filter(None, parts))) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"the body is no JSON: {error}") from error


def json_answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(msgspec.json.encode(content), status, headers, "application/json")


def keyed_answer(answer: Answer) -> Response:
    """The answer of a keyed change, marked when it is a replay."""
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, answer.status, headers, "application/json")


def need(call: Call, capability: str) -> None:
    """Refuse what the role may not do, before anything is read."""
    from supportdesk_tui.server.floor.authority import may

    if not may(call.agent.role, capability):
        raise Forbidden(f"your role ({call.agent.role}) may not use {capability.replace('_', ' ')}")
