"""What becomes of a request on its way: how far it came, and the error of the desk for what httpx raises."""

import os
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct, field

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.domain.errors import Ambiguous, BackendError, Conflict, NotFound, Refused, Unreachable
from supportdesk_tui.text.safe import sanitize_line


class Journey(Struct):
    """How far the attempts of one call came: whether a broken one may have reached the server."""

    is_maybe_sent: bool = False
    """The attempt under way may have reached the server."""
    is_unknown: bool = False
    """An earlier attempt may have done the change."""
    started: float = field(default_factory=time.monotonic)

    async def trace(self, event: str, _info: dict[str, Any]) -> None:
        """httpcore says what it does: while it connects, nothing of ours is under way."""
        if event.startswith("connection.connect") and event.endswith(".started"):
            self.is_maybe_sent = False
        elif event.endswith("send_request_headers.started"):
            self.is_maybe_sent = True

    def end(self, error: BackendError) -> None:
        """An attempt is over."""
        self.is_unknown = self.is_unknown or isinstance(error, Ambiguous)
        self.is_maybe_sent = False

    def broken(self, call: Call, reason: str) -> BackendError:
        """The error for an attempt without an answer."""
        is_unknown = call.is_write and (self.is_maybe_sent or self.is_unknown)
        return (Ambiguous if is_unknown else Unreachable)(call.operation, sanitize_line(reason))

    def last_word(self, error: BackendError) -> BackendError:
        """After an unknown outcome only an answer about the change itself settles it."""
        if self.is_unknown and not isinstance(error, Conflict | Refused | NotFound | Ambiguous):
            return Ambiguous(error.operation, error.reason, request_id=error.request_id)
        return error


@contextmanager
def told(call: Call, journey: Journey) -> Iterator[None]:
    """What httpx raises, as errors of the desk."""
    try:
        yield
    except _httpx_errors() as error:
        causes = _causes(error)
        if any(isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError) for cause in causes):
            raise Refused(call.operation, sanitize_line(f"TLS: {causes[-1]}")) from error
        if isinstance(
            error, _httpx_errors("ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "ProxyError")
        ):
            journey.is_maybe_sent = False
        last = causes[-1]
        number = last.errno if isinstance(last, OSError) and not isinstance(last, ssl.SSLError) else None
        reason = os.strerror(number) if number else f"{type(error).__name__}: {last}"
        raise journey.broken(call, reason) from error


def _httpx_errors(*names: str) -> tuple[type[Exception], ...]:
    """Classes of httpx, without importing it before it is there."""
    httpx = sys.modules.get("httpx")
    return tuple(getattr(httpx, name) for name in names or ("HTTPError", "InvalidURL", "StreamError")) if httpx else ()


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    return chain
