"""The only place that speaks WebSocket (RFC 6455).

A socket is opened by a request of `backends.http`: origin, TLS, proxy, name check and deadline are those of every other
request, and no address a server names is ever followed. Importing this module does not import wsproto: that happens in a
thread, at the first socket.
"""

import asyncio
import secrets
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha1
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.backends.http import PIECE, Http
from supportdesk_tui.domain.errors import Unreachable
from supportdesk_tui.text.safe import sanitize_line

if TYPE_CHECKING:
    from wsproto.events import Event

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Answers a key, as RFC 6455 section 1.3 says."""
WRITE_S = 5.0
"""Longest a text of ours may take to leave."""
T = TypeVar("T")


class Connection(Protocol):
    """The bytes of an upgraded connection, both ways."""

    async def read(self, max_bytes: int) -> bytes:
        """What comes next; nothing at its end."""
        ...

    async def write(self, buffer: bytes) -> None:
        """Send all of it."""
        ...


class Socket:
    """One open socket: whole texts both ways. Everything that ends it is `Unreachable`, with words of ours alone."""

    def __init__(self, call: Call, connection: Connection) -> None:
        """`call.max_bytes` is the most characters of one text."""
        import wsproto.connection
        import wsproto.events

        self._call = call
        self._connection = connection
        self._frames = wsproto.connection.Connection(wsproto.connection.CLIENT)
        self._events = wsproto.events
        self._parts: list[str] = []
        self._size = 0

    async def receive(self, silence_s: float) -> list[str]:
        """The texts that the next bytes make whole, perhaps none; waits so long for a byte."""
        data = await self._within(silence_s, self._connection.read(PIECE), f"nothing heard for {silence_s:g} s")
        if not data:
            raise self._ended("the server ended the connection")
        self._frames.receive_data(data)
        return [text for event in self._frames.events() for text in await self._take(event)]

    async def send(self, text: str) -> None:
        """One text."""
        await self._write(self._frames.send(self._events.TextMessage(data=text)))

    async def _take(self, event: "Event") -> list[str]:
        kinds = self._events
        if isinstance(event, kinds.Ping):
            await self._write(self._frames.send(event.response()))
        elif isinstance(event, kinds.TextMessage):
            return self._grown(event.data, is_whole=event.message_finished)
        elif isinstance(event, kinds.CloseConnection):
            raise self._ended(f"the server closed the socket ({int(event.code)})")
        elif not isinstance(event, kinds.Pong):
            raise self._ended("a frame that is no text")
        return []

    def _grown(self, part: str, *, is_whole: bool) -> list[str]:
        self._size += len(part)
        if self._size > self._call.max_bytes:
            raise self._ended(f"a text of more than {self._call.max_bytes} characters")
        self._parts.append(part)
        if not is_whole:
            return []
        text, self._parts, self._size = "".join(self._parts), [], 0
        return [text]

    async def _write(self, data: bytes) -> None:
        await self._within(WRITE_S, self._connection.write(data), f"nothing taken for {WRITE_S:g} s")

    async def _within(self, limit_s: float, work: Awaitable[T], late: str) -> T:
        try:
            async with asyncio.timeout(limit_s):
                return await work
        except TimeoutError:
            raise self._ended(late) from None
        except _breaks() as error:
            raise self._ended("the connection broke") from error

    def _ended(self, reason: str) -> Unreachable:
        return Unreachable(self._call.operation, sanitize_line(reason))


@asynccontextmanager
async def open_socket(http: Http, call: Call, protocol: str) -> AsyncIterator[Socket]:
    """Upgrade a request to a socket that speaks this protocol; closed without a goodbye at the end, as RFC 6455 allows.

    Any `BackendError` says that the server, or something on the way to it, did not agree.
    """
    await asyncio.to_thread(import_module, "wsproto")
    key = b64encode(secrets.token_bytes(16)).decode()
    parts = urlsplit(http.base)
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": protocol,
        "Origin": f"{parts.scheme}://{parts.netloc}",
    }
    async with http.stream(replace(call, headers={**call.headers, **asked}), is_endless=True) as stream:
        connection = stream.connection
        accept = b64encode(sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()).decode()
        if connection is None or stream.header("sec-websocket-accept") != accept:
            raise Unreachable(call.operation, sanitize_line(f"no socket where one was asked for (HTTP {stream.status})"))
        if stream.header("sec-websocket-protocol") != protocol or stream.header("sec-websocket-extensions"):
            raise Unreachable(call.operation, "a socket that speaks something else")
        yield Socket(call, connection)


def _breaks() -> tuple[type[Exception], ...]:
    """What a connection raises that breaks under a read or write, without importing it before it is there."""
    httpcore = sys.modules.get("httpcore")
    return (httpcore.NetworkError, httpcore.TimeoutException, OSError) if httpcore else (OSError,)
