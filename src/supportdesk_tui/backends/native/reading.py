"""Reads the wire structs leniently: a newer or older server must not blind the desk.

Each struct of `wire.schema` gets a twin in which closed word lists are plain strings and whatever can naturally be
empty may be missing; the mapping decides what an unknown word means.
"""

import logging
import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from supportdesk_tui.backends.calls import Answer, Call
from supportdesk_tui.backends.surrogates import decode_whole

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

_log = logging.getLogger(__name__)
_STEP = re.compile(r"\[(\d+)\]|\.([^.\[\]]+)|\[\.\.\.\]")
MOST_BAD = 50
"""Unreadable parts of one answer that are left out one by one; with more, the answer is not what the API promises."""
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


def read(call: Call, answer: Answer, kind: type[T]) -> T:
    """Decode a whole answer; the error names the path, what was expected there and the request.

    What a list of a read answer holds that cannot be read is left out, and the rest stands.
    """
    try:
        return decoded(answer.body, kind) if call.is_write else mended(answer.body, kind)[0]
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


def mended(body: bytes | msgspec.Raw, kind: type[T]) -> tuple[T, int]:
    """Decode, leaving out what lists hold that is not of their kind, and how many such items there were."""
    try:
        return decoded(body, kind), 0
    except msgspec.ValidationError as error:
        last = error
    loose = msgspec.json.decode(body)
    for lost in range(1, MOST_BAD + 1):
        if not _left_out(loose, str(last)):
            break
        try:
            return cast(T, msgspec.convert(loose, _lenient(cast(Hashable, kind)))), lost
        except msgspec.ValidationError as error:
            last = error
    raise last


def _left_out(loose: Any, said: str) -> bool:
    """Take the innermost list item that an error of msgspec names (`… - at `$.a[3].b``) out of the decoded answer."""
    steps = _STEP.findall(said.rpartition(" - at ")[2].strip("`"))
    places = [at for at, (index, _) in enumerate(steps) if index]
    if not places:
        return False
    for index, name in steps[: places[-1]]:
        if not (isinstance(loose, list) if index else isinstance(loose, dict) and name in loose):
            return False
        loose = loose[int(index)] if index else loose[name]
    place = int(steps[places[-1]][0])
    if not isinstance(loose, list) or place >= len(loose):
        return False
    del loose[place]
    return True


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
