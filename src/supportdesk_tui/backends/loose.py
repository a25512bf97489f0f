"""Reading JSON that no schema of ours describes: whatever is missing, or is something else, is nothing, never an error."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from supportdesk_tui.backends.calls import Answer, Call
from supportdesk_tui.backends.surrogates import decode_whole
from supportdesk_tui.domain.clocks import to_utc
from supportdesk_tui.text.safe import SafeText
from supportdesk_tui.text.secrets import admit_line

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
_ANYTHING = msgspec.json.Decoder()


class Node:
    """One place in a JSON document. A path goes down through objects by name and through lists by index."""

    __slots__ = ("value",)

    def __init__(self, value: object = None) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return self.value is not None

    def at(self, *path: str | int) -> "Node":
        """The place a path leads to; an empty one where it leads nowhere."""
        value = self.value
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
                value = value[step]
            else:
                return Node()
        return Node(value)

    def text(self, *path: str | int) -> str:
        """A string as it is, a number in digits; else empty. Foreign: it is not safe to draw."""
        value = self.at(*path).value
        if isinstance(value, str):
            return value
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""

    def line(self, *path: str | int, limit: int = 200) -> SafeText:
        """The same on one line, safe to draw, its secrets hidden; cut after so many cells."""
        return admit_line(self.text(*path), limit)

    def number(self, *path: str | int, default: int = 0) -> int:
        """A whole number, also one written as a string."""
        value = self.at(*path).value
        if isinstance(value, bool):
            return default
        if isinstance(value, float):
            return int(value) if abs(value) < 2**53 else default
        if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) < 20:
            return int(value)
        return value if isinstance(value, int) else default

    def flag(self, *path: str | int) -> bool:
        """True, or a one in whatever form."""
        return self.at(*path).value in (True, 1, "1", "true")

    def each(self, *path: str | int) -> "list[Node]":
        """The items of a list; no items where there is no list."""
        value = self.at(*path).value
        return [Node(item) for item in value] if isinstance(value, list) else []

    def pairs(self, *path: str | int) -> "Iterator[tuple[str, Node]]":
        """The members of an object."""
        value = self.at(*path).value
        if isinstance(value, dict):
            yield from ((str(name), Node(item)) for name, item in value.items())

    def when(self, *path: str | int) -> datetime | None:
        """A time in ISO 8601 or Unix seconds, in UTC; None for none, for zero, and for the year 1970."""
        value = self.at(*path).value
        try:
            if isinstance(value, str):
                at = datetime.fromisoformat(value.strip())
                at = to_utc(at)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                at = to_utc(datetime.fromtimestamp(value, UTC))
            else:
                return None
        except (ValueError, OverflowError, OSError):
            return None
        return at if at.year > 1970 else None


def read_json(call: Call, answer: Answer, kind: type[dict] | type[list] | None = None) -> Node:  # type: ignore[type-arg]  # any JSON
    """The document in an answer; an answer that is none, or not of the kind the API promises, is a `BackendError`."""
    try:
        value = decode_whole(_ANYTHING, answer.body)
    except UNREADABLE:
        raise call.unreadable("body", "JSON", request_id=answer.request_id) from None
    if kind is not None and not isinstance(value, kind):
        raise call.unreadable("body", "an object" if kind is dict else "a list", request_id=answer.request_id)
    return Node(value)


def said_in(body: bytes) -> Node:
    """The document in a refusal; total: what cannot be read says nothing."""
    try:
        return Node(decode_whole(_ANYTHING, body))
    except UNREADABLE:
        return Node()
