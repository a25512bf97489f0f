"""The only place that speaks HTTP: deadlines, limits, retries, errors, and a log that names no secret.

Importing this module does not import httpx: that costs 100 ms and happens in a thread, at the first request.
"""

import asyncio
import logging
import random
import ssl
import sys
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from supportdesk_tui.backends.calls import Answer, Call, ReadRefusal, http_date, to_error
from supportdesk_tui.backends.journey import Journey, told
from supportdesk_tui.backends.names import NameCheck
from supportdesk_tui.backends.signing import Signing, Token
from supportdesk_tui.backends.trust import checked_url, is_by_proxy, with_authorities
from supportdesk_tui.domain.clocks import offset_of
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from supportdesk_tui.failpoints import failpoint
from supportdesk_tui.text.safe import sanitize_line

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)
PIECE = 65_536
"""Bytes of a body handed to the socket at once: so long may a silence of the receiver be noticed by its pieces."""


class Limits(Struct, frozen=True, kw_only=True):
    """How long and how often we ask."""

    deadline_s: float = 15.0
    """From the call to its answer, retries and waits included."""
    connect_s: float = 5.0
    read_s: float = 10.0
    """Longest silence between two reads of an answer."""
    attempts: int = 3
    backoff_s: float = 0.25
    """Waits are drawn between zero and this times two to the number of failures."""
    wait_s: float = 4.0
    """A longer wait is not sat out but told to the caller."""
    retry_budget: float = 10.0
    """Retries that may be in hand; each takes one, each call gives a fifth back."""
    slowest: float = 32_768.0
    """Bytes a second a body may go out at; a larger body has so much more time, but no pause longer than `read_s`."""

    def deadline_for(self, call: Call) -> float:
        """Seconds for a call, its body included."""
        size = len(call.body or b"")
        return self.deadline_s + (size / self.slowest if size > PIECE else 0.0)


class Http:
    """Requests to one origin, signed one way; no other origin ever sees the signature."""

    def __init__(
        self,
        url: str,
        signing: Signing | str,
        *,
        read_refusal: ReadRefusal,
        limits: Limits | None = None,
        ca_file: str = "",
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        """`ca_file` names authorities to believe beside the usual ones (PEM)."""
        self.base = checked_url(url)
        self.clock_offset = timedelta()
        """Server time minus ours, from the last `Date`."""
        self._signing = Token(signing) if isinstance(signing, str) else signing
        self._read_refusal = read_refusal
        self._limits = limits or Limits()
        self._ca_file = ca_file
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._is_closed = False
        parts = urlsplit(self.base)
        self._names = NameCheck(parts.hostname or "", parts.port or 443)
        self._is_reached = False
        self._is_by_proxy = False
        self._budget = self._limits.retry_budget
        self._closed_until: dict[str, float] = {}

    async def send(self, call: Call) -> Answer:
        """Do a request within the deadline; every failure is a `BackendError`."""
        journey = Journey()
        deadline_s = self._limits.deadline_for(call)
        try:
            async with asyncio.timeout(deadline_s):
                return await self._attempts(call, journey)
        except TimeoutError:
            raise journey.broken(call, f"no answer within {deadline_s:g} s") from None

    @asynccontextmanager
    async def stream(self, call: Call, *, is_endless: bool = False) -> AsyncIterator["Stream"]:
        """Do a request once and read its body in pieces; an endless one has no limit on its size or on silence."""
        journey = Journey()
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                with told(call, journey):
                    response = await self._ask(call, journey, is_endless=is_endless)
                    if not response.is_success and response.status_code != 101:
                        raise self._refusal(call, await self._whole(call, journey, response))
        except TimeoutError:
            raise journey.broken(call, f"no answer within {self._limits.deadline_s:g} s") from None
        try:
            yield Stream(call, response, None if is_endless else call.max_bytes)
        finally:
            await response.aclose()

    def now(self) -> datetime:
        """The server's time, by the `Date` of its last answer."""
        return datetime.now(UTC) + self.clock_offset

    async def close(self) -> None:
        """Let go of every socket; safe to call twice."""
        self._is_closed = True
        async with self._opening:
            client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    # --- one call

    async def _attempts(self, call: Call, journey: Journey) -> Answer:
        self._budget = min(self._budget + 0.2, self._limits.retry_budget)
        failures = 0
        while True:
            try:
                self._check_open(call)
                with told(call, journey):
                    answer = await self._whole(call, journey, await self._ask(call, journey))
                    if 200 <= answer.status < 300:
                        return answer
                    raise self._refusal(call, answer)
            except BackendError as error:
                failures += 1
                journey.end(error)
                if isinstance(error, SignInNeeded) and failures == 1 and await self._signing.renew():
                    continue
                wait_s = self.wait_before_retry(call, error, failures)
                _log.info("%s %s failed: %s", call.method, call.route, type(error).__name__)
                if wait_s is None:
                    raise journey.last_word(error) from error.__cause__
                await asyncio.sleep(wait_s)

    def wait_before_retry(self, call: Call, error: BackendError, failures: int) -> float | None:
        """How long to wait before asking again; None when asking again is not ours to do."""
        wait_s = random.uniform(0, self._limits.backoff_s * 2**failures)  # noqa: S311 - spreads load, guards nothing
        if isinstance(error, RateLimited):
            self._closed_until[call.route] = time.monotonic() + error.after_s
            wait_s += error.after_s
        is_worth = call.is_repeatable and isinstance(error, Unreachable | Ambiguous | RateLimited)
        attempts = self._limits.attempts if call.attempts is None else call.attempts
        if not is_worth or failures >= attempts or wait_s > self._limits.wait_s or self._budget < 1:
            return None
        self._budget -= 1
        return wait_s

    def _check_open(self, call: Call) -> None:
        left_s = self._closed_until.get(call.route, 0.0) - time.monotonic()
        if left_s > 0:
            raise RateLimited(call.operation, "the server asked us to wait", after_s=left_s)

    async def _ask(self, call: Call, journey: Journey, *, is_endless: bool = False) -> "httpx.Response":
        """Send the request and read the head of its answer."""
        client = await self._opened(call)
        await self._find(call)
        headers = {"Accept-Encoding": "identity" if is_endless else "gzip", **call.headers, **self._signing.headers()}
        url = self.base + call.target
        raw_headers = {name.encode(): value.encode() for name, value in headers.items()}
        body = call.body
        if body is not None and len(body) > PIECE:
            raw_headers[b"Content-Length"] = str(len(body)).encode()
        request = client.build_request(call.method, url, content=_in_pieces(body) if body else body, headers=raw_headers)
        request.extensions["trace"] = journey.trace
        if is_endless or (body is not None and len(body) > PIECE):
            # What the sender's machine still holds of a large body must arrive before there can be an answer.
            read_s = None if is_endless else self._limits.deadline_for(call)
            request.extensions["timeout"] = {**request.extensions["timeout"], "read": read_s}
        journey.is_maybe_sent = True
        self._is_reached = False
        if call.is_write:
            failpoint("http.before_send")
        response = await client.send(request, stream=True)
        self._is_reached = True
        if call.is_write:
            failpoint("http.after_head")
        at = http_date(response.headers.get("date", ""))
        if at is not None:
            self.clock_offset = offset_of(at, datetime.now(UTC))
        return response

    async def _find(self, call: Call) -> None:
        """Check the server's name after every request that was not answered, before httpx waits for it in a shared thread."""
        if self._is_reached or self._is_by_proxy or self._transport is not None:
            return
        try:
            await self._names.resolve(self._limits.connect_s)
        except TimeoutError:
            raise Unreachable(call.operation, "the server's name was not found in time") from None
        except OSError as error:
            raise Unreachable(call.operation, sanitize_line(error.strerror or "the server's name is not known")) from error

    async def _whole(self, call: Call, journey: Journey, response: "httpx.Response") -> Answer:
        """Read the rest of an answer."""
        try:
            body = b"".join([piece async for piece in Stream(call, response, call.max_bytes).pieces()])
        finally:
            await response.aclose()
        if call.is_write:
            failpoint("http.after_body")
        request_id = sanitize_line(response.headers.get("x-request-id", ""))
        ms = (time.monotonic() - journey.started) * 1000
        _log.info("%s %s %d, %d bytes, %.0f ms, %s", call.method, call.route, response.status_code, len(body), ms, request_id)
        return Answer(response.status_code, dict(response.headers), body, request_id)

    def _refusal(self, call: Call, answer: Answer) -> BackendError:
        return to_error(call, answer, self._read_refusal(answer.body), self.now())

    async def _opened(self, call: Call) -> "httpx.AsyncClient":
        async with self._opening:
            if self._is_closed:
                raise Unreachable(call.operation, "not connected")
            if self._client is None:
                self._client = await asyncio.to_thread(self._make_client)
            return self._client

    def _make_client(self) -> "httpx.AsyncClient":
        # Without its command line, which would load click, rich and pygments: httpx takes an empty module as not installed.
        sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
        import httpx

        limits = self._limits
        is_plain = self.base.startswith("http:")
        self._is_by_proxy = not is_plain and is_by_proxy(self.base)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else httpx.create_ssl_context()
        return httpx.AsyncClient(
            transport=self._transport,
            verify=tls if is_plain else with_authorities(tls, self._ca_file),
            trust_env=not is_plain,
            follow_redirects=False,
            timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s, pool=limits.connect_s),
            limits=httpx.Limits(max_connections=10, max_keepalive_connections=5, keepalive_expiry=30),
            headers={"User-Agent": "supportdesk-tui", "Accept": "application/json"},
        )


class Stream:
    """The body of an answer, in decoded pieces."""

    def __init__(self, call: Call, response: "httpx.Response", limit: int | None) -> None:
        self._call = call
        self._response = response
        self._limit = limit

    @property
    def status(self) -> int:
        """What the answer says of itself: 200, or 206 where it is a part."""
        return int(self._response.status_code)

    @property
    def connection(self) -> Any:
        """The bytes of the connection both ways, after an upgrade the server agreed to; None without one."""
        return self._response.extensions["network_stream"] if self.status == 101 else None

    def header(self, name: str) -> str:
        """A header of the answer; empty where there is none."""
        said: str = self._response.headers.get(name, "")
        return said.strip()

    @property
    def media_type(self) -> str:
        """What the body says it is, without parameters."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def encoding(self) -> str:
        """How the body is packed; `identity` where it is not."""
        return self.header("content-encoding").lower() or "identity"

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Each piece as it comes; ends in an error when the body is larger than its limit, cut or not what it says."""
        encoding = self.encoding
        if encoding != "identity" and (encoding != "gzip" or self._limit is None):
            raise self._unreadable("content-encoding", "one we asked for")
        gunzip = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        taken = 0
        with told(self._call, Journey(is_maybe_sent=True)):
            async for raw in self._response.aiter_raw():
                piece = self._inflated(gunzip, raw, taken) if gunzip else raw
                taken += len(piece)
                if self._limit is not None and taken > self._limit:
                    raise self._unreadable("body", f"at most {self._limit} bytes")
                if piece:
                    yield piece
        if gunzip and taken and not gunzip.eof:
            raise self._unreadable("body", "all of the gzip stream")

    def _inflated(self, gunzip: "zlib._Decompress", raw: bytes, taken: int) -> bytes:
        try:
            return gunzip.decompress(raw, (self._limit or 0) - taken + 1)
        except zlib.error:
            raise self._unreadable("body", "a gzip stream") from None

    def _unreadable(self, path: str, expected: str) -> BackendError:
        request_id = sanitize_line(self._response.headers.get("x-request-id", ""))
        return self._call.unreadable(path, expected, status=self._response.status_code, request_id=request_id)


def _in_pieces(body: bytes) -> "bytes | AsyncIterator[bytes]":
    """A body as it is sent: a large one piece by piece, so that one that is not taken is noticed though it is long."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), PIECE):
            yield body[start : start + PIECE]

    return pieces() if len(body) > PIECE else body
