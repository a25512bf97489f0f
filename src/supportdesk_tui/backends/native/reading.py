"""Reads the wire structs leniently: a newer or older server must not blind the desk.

Each struct of `wire.schema` gets a twin in which closed word lists are plain strings and whatever can naturally be
empty may be missing; the mapping decides what an unknown word means. A value of another type costs an item only that
field, where the item is still worth showing without it: the twin's `misread` says what stood there.
"""

import logging
import re
from collections.abc import Hashable, Mapping
from copy import copy
from functools import cache
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from supportdesk_tui.backends.calls import Answer, Call
from supportdesk_tui.backends.surrogates import decode_whole
from supportdesk_tui.wire import schema as wire

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

_log = logging.getLogger(__name__)
_STEP = re.compile(r"\[(\d+)\]|\.([^.\[\]]+)|\[\.\.\.\]")
MOST_BAD = 50
"""Unreadable parts of one answer that are left out one by one; with more, the answer is not what the API promises."""
UNREADABLE = (ValueError, RecursionError)
"""What msgspec raises: malformed, wrong type, bad UTF-8, nested too deep."""
MISREAD_CHARS = 200
"""How much is kept of a value that was not of the type the API promises."""
_SPARE: dict[type[Struct], dict[str, Any]] = {
    wire.TicketRow: {
        "subject": "", "channel": "", "status": "", "phase": "", "priority": 0, "category": "", "language": "",
        "customer_name": "", "tier": "", "owner": None, "owner_name": "", "team": None, "tags": [], "unread": 0,
        "watchers": [], "open_promises": 0, "clock": wire.ClockOut(kind="none"),
    },
    wire.FieldOut: {"title": "", "value": "", "required": False},
    wire.CustomerOut: {
        "tier": "", "language": "", "region": "", "time_zone": "", "email": "", "phone": "", "joined_at": None,
        "preferred_channel": None,
    },
}  # fmt: skip
"""Fields that may be missing or of another type, and what they then read as."""


class Rows(Struct, Generic[S], frozen=True):
    """The readable items of a page, and the marks that lead on."""

    items: list[S]
    bad: int = 0
    after: str | None = None
    before: int | None = None
    total: int | None = None


class _Envelope(Struct):
    items: list[msgspec.Raw]
    after: str | None = None
    before: int | None = None
    total: int | None = None


def misread(item: Struct) -> Mapping[str, str]:
    """The fields of an item whose value was not of their type, and what stood there, as JSON unless it was text."""
    found: dict[str, str] = getattr(item, "misread", {})
    return found


def read(call: Call, answer: Answer, kind: type[T]) -> T:
    """`read_mended` for an answer whose lists nobody misses an item of."""
    return read_mended(call, answer, kind)[0]


def read_mended(call: Call, answer: Answer, kind: type[T]) -> tuple[T, int]:
    """Decode a whole answer; the error names the path, what was expected there and the request.

    What a list of a read answer holds that cannot be read is left out and counted, and the rest stands.
    """
    try:
        return (decoded(answer.body, kind), 0) if call.is_write else mended(answer.body, kind)
    except UNREADABLE as error:
        expected, _, path = str(error).partition(" - at ")
        raise call.unreadable(path.strip("`") or "$", expected, request_id=answer.request_id) from None


def read_rows(call: Call, answer: Answer, kind: type[S]) -> Rows[S]:
    """Decode `items` of a page one by one, so that a bad one hides only itself."""
    items: list[S] = []
    envelope = read(call, answer, _Envelope)
    bad = 0
    for raw in envelope.items:
        try:
            item, lost = mended(raw, kind)
        except UNREADABLE:
            bad += 1
        else:
            items.append(item)
            bad += lost
    if bad:
        _log.warning("%s: %d parts of the answer are unreadable, %s", call.route, bad, answer.request_id)
    return Rows(items, bad, envelope.after, envelope.before, envelope.total)


def decoded(body: bytes | msgspec.Raw | str, kind: type[T]) -> T:
    """Decode into the lenient twin, which has every attribute of the wire struct; raises one of `UNREADABLE`."""
    return cast(T, decode_whole(_decoder(cast(Hashable, kind)), body))


def mended(body: bytes | msgspec.Raw | str, kind: type[T]) -> tuple[T, int]:
    """Decode, leaving out what lists hold that is not of their kind, and how many such items there were."""
    try:
        return decoded(body, kind), 0
    except msgspec.ValidationError as error:
        last = error
    loose = msgspec.json.decode(body)
    lost = 0
    for _ in range(MOST_BAD):
        taken = _taken_out(loose, kind, str(last))
        if taken is None:
            break
        lost += taken
        try:
            return cast(T, msgspec.convert(loose, _lenient(cast(Hashable, kind)))), lost
        except msgspec.ValidationError as error:
            last = error
    raise last


def _taken_out(loose: Any, kind: Any, said: str) -> int | None:
    """Take out the innermost thing that can be spared on the path of an error of msgspec (`… - at `$.a[3].b``).

    A field leaves its text in `misread` and no gap: 0. An item of a list is gone: 1. None when nothing can be spared.
    """
    spared: tuple[Any, int | str] | None = None
    for index, name in _STEP.findall(said.rpartition(" - at ")[2].strip("`")):
        if index and isinstance(loose, list) and int(index) < len(loose):
            spared = (loose, int(index))
            loose, kind = loose[int(index)], _within(kind, "")
        elif name and isinstance(loose, dict) and name in loose:
            spared = (loose, name) if name in _SPARE.get(kind, {}) else spared
            loose, kind = loose[name], _within(kind, name)
        else:
            return None
    if spared is None:
        return None
    holder, place = spared
    value = holder.pop(place)
    if isinstance(place, int):
        return 1
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    holder.setdefault("misread", {})[place] = text[:MISREAD_CHARS]
    return 0


def _within(kind: Any, name: str) -> Any:
    """The type of a field of a struct, or of an item of a list; what may be missing counts as if it were there."""
    if get_origin(kind) in {Union, UnionType}:
        kind = next((one for one in get_args(kind) if one is not NoneType), kind)
    if name and isinstance(kind, type) and issubclass(kind, Struct):
        found = next((one.type for one in msgspec.structs.fields(kind) if one.name == name), None)
    else:
        found = next(iter(get_args(kind)), None)
    if get_origin(found) in {Union, UnionType}:
        found = next((one for one in get_args(found) if one is not NoneType), found)
    return found


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_lenient(kind))


@cache
def _lenient(kind: Any) -> Any:
    """The lenient form of a type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _twin(kind)
    if origin is Literal:
        return str
    if origin in {Union, UnionType}:
        return Union[tuple(_lenient(one) for one in arguments)]  # noqa: UP007 - built from a tuple
    if origin is list or origin is dict:
        return origin[tuple(_lenient(one) for one in arguments)]
    return kind


@cache
def _twin(kind: type[Struct]) -> type[Struct]:
    spare = _SPARE.get(kind, {})
    fields: list[tuple[Any, ...]] = [
        (one.name, _lenient(one.type), *((_fresh(spare[one.name]),) if one.name in spare else _default(one)))
        for one in msgspec.structs.fields(kind)
    ]
    if spare:
        fields.append(("misread", dict[str, str], msgspec.field(default_factory=dict)))
    return msgspec.defstruct(f"Lenient{kind.__name__}", fields, kw_only=True)


def _fresh(value: Any) -> Any:
    return msgspec.field(default_factory=lambda: copy(value)) if isinstance(value, list | Struct) else value


def _default(one: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    """What a missing field reads as; nothing for those an item is worthless without."""
    if not one.required:
        return (
            one.default if one.default_factory is msgspec.NODEFAULT else msgspec.field(default_factory=one.default_factory),
        )
    if get_origin(one.type) in {list, dict}:
        return (msgspec.field(default_factory=get_origin(one.type)),)
    return (None,) if NoneType in get_args(one.type) else ()
