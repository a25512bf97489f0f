"""Server-sent events on the wire: bytes to events and back, incremental and bounded, without I/O."""

import re

from msgspec import Struct

MAX_LINE = 1_048_576
"""Longest line kept, in bytes; the rest of a longer one is thrown away and its event marked."""
MAX_EVENT = 2_097_152
"""Most data kept for one event, in characters."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


class SseEvent(Struct, frozen=True):
    """One event as the stream said it."""

    event: str
    """`message` when the stream names none."""
    data: str
    id: str
    """The last id the stream gave, with this event or before it; what `Last-Event-ID` should carry."""
    is_oversize: bool = False
    """It was larger than our limits; `data` is empty."""


class SseParser:
    """Turns chunks into events; memory stays within the limits whatever arrives. `retry` is ignored: the client decides."""

    def __init__(self, *, last_id: str = "", max_line: int = MAX_LINE, max_event: int = MAX_EVENT) -> None:
        self.last_id = last_id
        """The id to resume from."""
        self._max_line = max_line
        self._max_event = max_event
        self._line = bytearray()
        self._line_is_cut = False
        self._at_start = True
        self._after_cr = False
        self._id = last_id
        self._event = ""
        self._data: list[str] = []
        self._size = 0
        self._has_data = False
        self._is_oversize = False

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Take the next bytes; give the events they complete."""
        events: list[SseEvent] = []
        if not chunk:
            return events
        start = 1 if self._after_cr and chunk[0] == 0x0A else 0
        self._after_cr = chunk[-1] == 0x0D
        for end in _LINE_END.finditer(chunk, start):
            self._extend(chunk[start : end.start()])
            start = end.end()
            event = self._end_line()
            if event is not None:
                events.append(event)
        self._extend(chunk[start:])
        return events

    def _extend(self, piece: bytes) -> None:
        room = self._max_line - len(self._line)
        self._line_is_cut = self._line_is_cut or len(piece) > room
        self._line += piece[:room]

    def _end_line(self) -> SseEvent | None:
        raw, is_cut = bytes(self._line), self._line_is_cut
        self._line.clear()
        self._line_is_cut = False
        if self._at_start:
            raw = raw.removeprefix(_BOM)
            self._at_start = False
        if not raw:
            return self._dispatch()
        name, _, value = raw.decode("utf-8", "replace").partition(":")
        self._field(name, value.removeprefix(" "), is_cut)
        return None

    def _field(self, name: str, value: str, is_cut: bool) -> None:
        if name == "data":
            self._size += len(value) + 1
            if is_cut or self._size > self._max_event:
                self._is_oversize = True
                self._data.clear()
            elif not self._is_oversize:
                self._data.append(value)
            self._has_data = True
        elif is_cut:
            return
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _dispatch(self) -> SseEvent | None:
        self.last_id = self._id
        event = None
        if self._has_data:
            event = SseEvent(self._event or "message", "\n".join(self._data), self.last_id, self._is_oversize)
        self._clear()
        return event

    def _clear(self) -> None:
        self._event = ""
        self._data = []
        self._size = 0
        self._has_data = False
        self._is_oversize = False


def format_event(data: str, *, event: str = "", id: str = "") -> bytes:
    """One event for the wire; line breaks in `data` survive as such, in `event` and `id` they are refused."""
    for value in (event, id):
        if re.search(r"[\r\n\0]", value):
            raise ValueError("an event name or id is one line without NUL")
    head = (f"event: {event}\n" if event else "") + (f"id: {id}\n" if id else "")
    body = "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", data))
    return f"{head}{body}\n".encode()
