"""Serves a fake product on loopback: every request is kept and looked at, and faults happen when a test asks for them."""

import json
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from supportdesk_tui.server.runner import loopback_socket


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    """Still encoded."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    @property
    def url(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def json(self) -> Any:
        """The body as JSON; None where there is none, or it is something else."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to it."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(slots=True, kw_only=True)
class Fault:
    """Something that goes wrong with the next requests that fit."""

    path: str
    """Regular expression for the whole path."""
    method: str = ""
    """Any when empty."""
    status: int = 0
    """What is answered instead; 0 leaves the answer as it is."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_done: bool = False
    """The server does what was asked all the same: only its answer is another."""
    is_cut: bool = False
    """The server does what was asked, the head of its answer goes out, and the line breaks before the body."""
    after: int = 0
    """So many requests that fit pass unharmed first."""
    times: int = 1
    """How often it happens."""

    def fits(self, request: Request) -> bool:
        """Whether it happens to this request; counts."""
        if (self.method and self.method != request.method) or not re.fullmatch(self.path, request.path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return self.times >= 0


Check = Callable[[Request], Iterable[str]]
"""What the product's specification has against a request."""


class Watched:
    """The application with an observer in front."""

    def __init__(self, app: ASGIApp, check: Check | None = None) -> None:
        self._app = app
        self._check = check
        self.requests: list[Request] = []
        """Everything asked, in order."""
        self.findings: list[str] = []
        """What the specification has against it, and where the fake itself broke; a test run fails on any."""
        self.faults: list[Fault] = []
        self.answers: list[tuple[Request, Answer]] | None = None
        """What the application answered to each request, once somebody puts a list here."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep, look at and pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = await _read(scope, receive)
        self.requests.append(request)
        if self._check is not None:
            self.findings.extend(self._check(request))
        fault = next((one for one in tuple(self.faults) if one.fits(request)), None)
        if fault is not None and fault.status and not fault.is_done:
            await _answer(send, fault)
            return
        if self.answers is not None and fault is None:
            send = _kept(send, request, self.answers)
        try:
            await self._app(scope, _again(request, receive), send if fault is None else _spoilt(send, fault))
        except Exception as error:
            self.findings.append(f"the fake broke on {request.method} {request.url}: {error!r}")
            raise
        if fault is not None and fault.status:
            await _answer(send, fault)

    def asked(self, method: str = "", path: str = ".*") -> list[Request]:
        """The requests kept so far that fit."""
        return [one for one in self.requests if (not method or one.method == method) and re.fullmatch(path, one.path)]

    def forget(self) -> None:
        """Begin a new count; findings stay."""
        self.requests.clear()


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(scope["method"], scope["raw_path"].decode(), scope["query_string"].decode(), headers, body)


def _again(request: Request, receive: Receive) -> Receive:
    """The body once more for the application; then whatever else comes, such as the end of the connection."""
    pieces: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def read() -> Message:
        return pieces.pop() if pieces else await receive()

    return read


def _kept(send: Send, request: Request, answers: list[tuple[Request, Answer]]) -> Send:
    """The answer goes out as it is, and is kept."""
    head: Message = {}
    body = bytearray()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            head.update(message)
        else:
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                headers = {name.decode().lower(): value.decode("latin-1") for name, value in head["headers"]}
                answers.append((request, Answer(head["status"], headers, bytes(body))))
        await send(message)

    return keep


def _spoilt(send: Send, fault: Fault) -> Send:
    """What becomes of the application's answer."""

    async def spoil(message: Message) -> None:
        if fault.is_cut and message["type"] == "http.response.start":
            await send(message)

    return spoil


async def _answer(send: Send, fault: Fault) -> None:
    headers = {"content-type": "application/json", **fault.headers, "content-length": str(len(fault.body))}
    head = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": head})
    await send({"type": "http.response.body", "body": fault.body})


class Served:
    """An application on a thread, on loopback, on a port of its own."""

    def __init__(self, app: ASGIApp, *, ws: Literal["none", "auto"] = "none") -> None:
        self._socket = loopback_socket()
        self._socket.listen(128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        config = uvicorn.Config(
            app, lifespan="off", ws=ws, log_config=None, access_log=False, timeout_graceful_shutdown=1, server_header=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="fake", daemon=True)

    def start(self) -> "Served":
        """Serve; a connection made at once waits in the socket's queue until requests are answered."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and let go of the port."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
