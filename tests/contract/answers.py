"""Scripted answers of a server, and a backend that hears them without a network."""

import json
from collections.abc import AsyncIterator, Callable

import httpx

from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.domain.changes import Reply
from supportdesk_tui.domain.ids import ChangeKey, TicketId

QUICK = Limits(deadline_s=20.0, connect_s=10.0, read_s=10.0, backoff_s=0.002, wait_s=0.5)
REPLY = Reply(body="On its way.")
KEY = ChangeKey("key-00000001")
TICKET = TicketId("t1")
APPLIED = json.dumps({"key": KEY, "ticket": "t1", "version": 2, "says": "replied"}).encode()


class Body(httpx.AsyncByteStream):
    """A body that has not been read yet, as a socket gives it."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.data), 65_536):
            yield self.data[start : start + 65_536]


def answered(status: int, body: bytes = b"{}", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers={"Content-Type": "application/json", **named}, stream=Body(body))


def backend(handler: Callable[[httpx.Request], httpx.Response], limits: Limits = QUICK) -> NativeBackend:
    return NativeBackend("https://desk.example", "secret-token", limits=limits, transport=httpx.MockTransport(handler))


def error_body(code: str, message: str, field: str = "") -> bytes:
    return json.dumps({"code": code, "message": message, "field": field, "request_id": "r1"}).encode()
