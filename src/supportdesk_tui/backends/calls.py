"""One request to a backend and what its answer means; pure, and the same for every HTTP adapter."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    BadPayload,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    SignInNeeded,
    Unreachable,
)
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.safe import NO_TEXT, SafeText, sanitize_line

JSON: Mapping[str, str] = {"Content-Type": "application/json"}
MAX_JSON = 8 * 1024 * 1024
"""Most bytes of a decoded answer."""
WAIT_MIN_S, WAIT_MAX_S, WAIT_UNSAID_S = 1.0, 300.0, 5.0
"""How long `Retry-After` may make us wait, and what we wait when it says nothing we understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, described."""

    operation: str
    """What the agent wanted, for error messages."""
    method: str
    route: str
    """Template with `{names}`; logged instead of the path."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What stands in the braces of the route."""
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    """A name with several values is said once for each."""
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_write: bool = False
    """It changes something, so that a broken connection leaves the outcome unknown."""
    is_repeatable: bool = True
    """Asking twice does no more than asking once: a read, or a write with a key."""
    max_bytes: int = MAX_JSON
    attempts: int | None = None
    """Fewer than usual, where the caller itself asks again."""

    @property
    def target(self) -> str:
        """Path and query with every value encoded; a value can never become a path of its own."""
        if not all(self.values.values()):
            raise NotFound(self.operation)
        path = self.route.format(**{name: _segment(value) for name, value in self.values.items()})
        query = urlencode(self.query, doseq=True, errors="replace", quote_via=quote)
        return f"{path}?{query}" if query else path

    def unreadable(self, path: str, expected: str, *, status: int = 200, request_id: str = "") -> BackendError:
        """The error for an answer we cannot read: a write that was accepted may well have happened."""
        if self.is_write and 200 <= status < 300:
            reason = sanitize_line(f"unreadable answer at {path}: {expected}")
            return Ambiguous(self.operation, reason, request_id=request_id)
        path, expected = sanitize_line(path), sanitize_line(expected)
        return BadPayload(self.operation, path=path, expected=expected, request_id=request_id)


def unkeyed(
    operation: str,
    method: str,
    route: str,
    body: object = None,
    values: Mapping[str, str] | None = None,
    headers: Mapping[str, str] = JSON,
) -> Call:
    """A change for a product that knows no keys: it is never sent twice by itself. The body is JSON unless it is bytes."""
    data = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
    return Call(
        operation=operation,
        method=method,
        route=route,
        values=values or {},
        body=data,
        headers={} if body is None else headers,
        is_write=True,
        is_repeatable=False,
    )


class Answer(Struct, frozen=True):
    """A whole answer with a status of 2xx."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    request_id: str = ""


class Said(Struct, frozen=True):
    """What an error body says, where it is one this backend writes."""

    reason: SafeText = NO_TEXT
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)
    current: TicketSummary | None = None


ReadRefusal: TypeAlias = Callable[[bytes], Said]
"""Reads an error body; total: a body it does not know says nothing."""


def to_error(call: Call, answer: Answer, said: Said, now: datetime) -> BackendError:
    """The error a status outside 2xx stands for; a server that quotes what a customer wrote quotes no secret to us."""
    from supportdesk_tui.text import secrets

    operation, status, request_id = call.operation, answer.status, answer.request_id
    reason = secrets.mask(said.reason)[0] or sanitize_line(f"HTTP {status}")
    fields = {name: str(secrets.admit_line(text, 1000, keeps_marks=True)) for name, text in said.fields.items()}
    if 300 <= status < 400:
        where = answer.headers.get("location", "")
        expected = sanitize_line(f"no redirect to {where}")
        return BadPayload(operation, path="status", expected=expected, location=where, request_id=request_id)
    if status in {409, 412}:
        return Conflict(operation, reason, current=said.current, request_id=request_id)
    if status == 429:
        return RateLimited(operation, reason, after_s=wait_s(answer.headers.get("retry-after"), now), request_id=request_id)
    if status in _BY_STATUS:
        return _BY_STATUS[status](operation, reason, request_id=request_id)
    if 400 <= status < 500:
        return Refused(operation, reason, fields=fields, request_id=request_id)
    if status == 503 and "retry-after" in answer.headers:
        return RateLimited(operation, reason, after_s=wait_s(answer.headers["retry-after"], now), request_id=request_id)
    if call.is_write and status != 503:
        return Ambiguous(operation, reason, request_id=request_id)
    return Unreachable(operation, reason, request_id=request_id)


_BY_STATUS: dict[int, type[SignInNeeded | Forbidden | NotFound | Unreachable]] = {
    401: SignInNeeded,
    403: Forbidden,
    404: NotFound,
    408: Unreachable,
    410: NotFound,
    425: Unreachable,
}


_SECONDS = re.compile("[+-]?[0-9]+")


def wait_s(retry_after: str | None, now: datetime) -> float:
    """Read `Retry-After`, seconds or a date, into 1–300 s whatever it says."""
    said = (retry_after or "").strip()
    if _SECONDS.fullmatch(said):
        seconds = float(said[:12])
    else:
        at = http_date(said)
        seconds = (at - now).total_seconds() if at else WAIT_UNSAID_S
    return min(max(seconds, WAIT_MIN_S), WAIT_MAX_S)


def http_date(said: str) -> datetime | None:
    """Read an HTTP date; None when it is none."""
    try:
        at = parsedate_to_datetime(said)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _segment(value: str) -> str:
    encoded = quote(value, safe="", errors="replace")
    return encoded.replace(".", "%2E") if set(encoded) == {"."} else encoded
