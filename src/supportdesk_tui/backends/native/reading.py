"""Reads the wire structs leniently: a newer or older server must not blind the desk.

Each struct of `wire.schema` gets a twin in which closed word lists are plain strings and whatever can naturally be
empty may be missing; the mapping decides what an unknown word means.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from supportdesk_tui.backends.calls import Call

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

UNREADABLE = (ValueError, RecursionError)
"""What msgspec raises: malformed, wrong type, bad UTF-8, nested too deep."""


@dataclass(frozen=True, slots=True)
class Rows(Generic[S]):
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


def read(call: Call, body: bytes, kind: type[T]) -> T:
    """Decode a whole answer; the error names the path and what was expected there."""
    try:
        return decoded(body, kind)
    except UNREADABLE as error:
        expected, _, path = str(error).partition(" - at ")
        raise call.unreadable(path.strip("`") or "$", expected) from None


def read_rows(call: Call, body: bytes, kind: type[S]) -> Rows[S]:
    """Decode `items` of a page one by one, so that a bad one hides only itself."""
    items: list[S] = []
    envelope = read(call, body, _Envelope)
    for raw in envelope.items:
        try:
            items.append(decoded(raw, kind))
        except UNREADABLE:
            continue
    bad = len(envelope.items) - len(items)
    return Rows(items, bad, envelope.after, envelope.before, envelope.total)


def decoded(body: bytes | msgspec.Raw | str, kind: type[T]) -> T:
    """Decode into the lenient twin, which has every attribute of the wire struct; raises one of `UNREADABLE`."""
    return cast(T, _decoder(cast(Hashable, kind)).decode(body))


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
    fields = [(one.name, _lenient(one.type), *_default(one)) for one in msgspec.structs.fields(kind)]
    return msgspec.defstruct(f"Lenient{kind.__name__}", fields, kw_only=True)


def _default(one: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    """What a missing field reads as; nothing for those an item is worthless without."""
    if not one.required:
        return (
            one.default if one.default_factory is msgspec.NODEFAULT else msgspec.field(default_factory=one.default_factory),
        )
    if get_origin(one.type) in {list, dict}:
        return (msgspec.field(default_factory=get_origin(one.type)),)
    return (None,) if NoneType in get_args(one.type) else ()
