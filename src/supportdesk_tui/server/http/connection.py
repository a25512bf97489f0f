"""One TCP connection: a deadline for its request's headers, and a place among a bounded number of others."""

import asyncio
from typing import TYPE_CHECKING

import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from supportdesk_tui.server.http.limits import UNHURRIED, Limits
from supportdesk_tui.wire import schema

if TYPE_CHECKING:
    from asyncio import TimerHandle

_BODY = msgspec.json.encode(schema.ErrorOut(code="unavailable", message="too many connections"))
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\ncontent-type: application/json\r\n"
    b"cache-control: no-store\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)
"""What a connection beyond the number is told."""


class Bounded(H11Protocol):
    """Closes a connection that is one too many, and one that does not say what it wants.

    Uvicorn itself watches only connections that are idle between two requests.
    """

    limits = UNHURRIED
    _deadline: "TimerHandle | None" = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as H11Protocol declares it
        """Begin to wait for a request, or answer that there are too many connections."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.write(FULL)
            transport.close()
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """A piece of a request; its first one starts the clock, the end of its headers stops it."""
        if self.transport.is_closing():
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._rest()
        elif getattr(before, "response_complete", True):  # None before the first request
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._rest()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.limits.head_s, self._too_slow)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


def protocol_of(limits: Limits) -> type[Bounded]:
    """The protocol with these limits; uvicorn makes an instance for every connection."""
    return type("BoundedBy", (Bounded,), {"limits": limits})
