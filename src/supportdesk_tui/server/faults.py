"""Everything a network or a server does wrong, on demand: for tests, never switched on by `serve` or `demo`."""

import asyncio
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal, cast

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from supportdesk_tui.server.http.connection import Bounded
from supportdesk_tui.wire import schema

FaultKind = Literal["latency", "status", "cut_before", "cut_after", "truncate", "expired"]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong, for the next `times` requests that fit."""

    kind: FaultKind
    method: str = ""
    """Empty: any."""
    path: str = ""
    """A part of the path; empty: any."""
    times: int = 1
    status: int = 500
    """For `status`."""
    retry_after: str = ""
    """For `status`; sent as it is, sensible or not."""
    seconds: float = 0.0
    """For `latency`."""
    keep: int = 0
    """For `truncate`: how many bytes of the body arrive."""

    def fits(self, scope: Scope) -> bool:
        """Whether it strikes this request."""
        return self.times > 0 and self.method in {"", scope["method"]} and self.path in scope["path"]


class Faults:
    """The plan of what goes wrong, and a record of what did; safe to use from the test's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plan: list[Fault] = []
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}
        self._streams: set[tuple[str, int]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.struck: deque[tuple[str, str, str]] = deque(maxlen=10_000)
        """(kind, method, path) of every fault that struck."""
        self.requests: deque[tuple[str, str]] = deque(maxlen=10_000)
        """(method, path) of every request that arrived."""

    def plan(self, fault: Fault) -> None:
        """Let this go wrong from now on."""
        with self._lock:
            self._plan.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._plan.clear()

    def drop_streams(self) -> None:
        """Cut every open event stream, without a word."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._drop_streams)

    def _drop_streams(self) -> None:
        for client in list(self._streams):
            self.cut(client)

    def next_for(self, scope: Scope) -> Fault | None:
        """The fault that strikes this request, if one does."""
        with self._lock:
            self.requests.append((scope["method"], scope["path"]))
            fault = next((one for one in self._plan if one.fits(scope)), None)
            if fault is not None:
                fault.times -= 1
                self.struck.append((fault.kind, scope["method"], scope["path"]))
            return fault

    def cut(self, client: tuple[str, int]) -> None:
        """Abort the client's connection at once."""
        transport = self._transports.pop(client, None)
        if transport is not None:
            transport.abort()

    def protocol(self) -> type[asyncio.Protocol]:
        """Uvicorn's HTTP protocol, with its connections in our reach."""
        faults = self

        class Reachable(Bounded):
            """Registers its transport by the client's address."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as H11Protocol declares it
                super().connection_made(transport)
                faults._loop = self.loop
                faults._transports[transport.get_extra_info("peername")[:2]] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                faults._transports.pop(self.transport.get_extra_info("peername", ("", 0))[:2], None)
                super().connection_lost(exc)

        return Reachable

    async def pass_on(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """One request through the faults planned for it."""
        client: tuple[str, int] = tuple(scope["client"])
        fault = self.next_for(scope)
        if scope["path"].endswith("/events"):
            self._streams.add(client)
        try:
            await self._strike(fault, client, lambda said: app(scope, receive, said), send)
        finally:
            self._streams.discard(client)

    async def _strike(self, fault: Fault | None, client: tuple[str, int], go: Any, send: Send) -> None:
        kind = fault.kind if fault else ""
        if fault is not None and kind == "latency":
            await asyncio.sleep(fault.seconds)
        if fault is not None and kind in {"status", "expired"}:
            await _answer(fault, send)
        elif kind == "cut_before":
            self.cut(client)
        elif kind == "cut_after":
            await go(_swallow)
            self.cut(client)
        elif fault is not None and kind == "truncate":
            await go(_truncating(fault.keep, send, lambda: self.cut(client)))
        else:
            await go(send)


class FaultGate:
    """The middleware that stands before the application."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request meet its fault."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.faults.pass_on(self.app, scope, receive, send)


async def _swallow(_message: Message) -> None:
    """The answer nobody hears."""


async def _answer(fault: Fault, send: Send) -> None:
    status = 401 if fault.kind == "expired" else fault.status
    code = {401: "unauthenticated", 429: "rate_limited"}.get(status, "internal")
    message = "the token has expired" if status == 401 else "planned fault"
    body = msgspec.json.encode(schema.ErrorOut(code=code, message=message))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if fault.retry_after:
        headers.append((b"retry-after", fault.retry_after.encode("latin-1")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _truncating(keep: int, send: Send, cut: Any) -> Send:
    left = keep

    async def send_some(message: Message) -> None:
        nonlocal left
        if message["type"] != "http.response.body":
            await send(message)
            return
        piece = cast(bytes, message.get("body", b""))[:left]
        left -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if not message.get("more_body") or left <= 0:
            await asyncio.sleep(0)
            cut()

    return send_some
