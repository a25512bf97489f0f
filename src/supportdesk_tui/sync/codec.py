"""How domain objects lie on our own disk: msgpack and JSON, checked when read back.

Text that a stranger wrote is made SafeText anew when it is read: a file can be damaged or changed behind our back.
"""

from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

import msgspec
from msgspec.structs import fields

from supportdesk_tui.domain import changes
from supportdesk_tui.domain.changes import Change, Note, Reply
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId
from supportdesk_tui.domain.queue import Owner, QueueQuery, View
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.marks import restore
from supportdesk_tui.text.safe import SafeText, sanitize

T = TypeVar("T")

_CHANGES: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(changes.Change)}


def _plain(value: object) -> object:
    if isinstance(value, SafeText):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _typed(kind: type[object], value: object) -> object:
    if kind is SafeText and isinstance(value, str):
        return restore(value)
    if kind is SafeText:
        raise ValueError("not text")
    raise NotImplementedError(kind.__name__)


_PACK = msgspec.msgpack.Encoder(enc_hook=_plain)
_WRITE = msgspec.json.Encoder(enc_hook=_plain)


@cache
def _reader(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind, dec_hook=_typed)


@cache
def _row_reader() -> "msgspec.msgpack.Decoder[TicketSummary]":
    return msgspec.msgpack.Decoder(TicketSummary, dec_hook=_typed)


class DamagedRowError(StorageError):
    """The file can be read, but what lies in it is not what was written."""


def pack_row(row: TicketSummary) -> bytes:
    """A ticket row as the cache keeps it."""
    return _PACK.encode(row)


def unpack_row(blob: bytes) -> TicketSummary:
    """A ticket row from the cache; StorageError when the bytes are not one."""
    try:
        return _row_reader().decode(blob)
    except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
        raise DamagedRowError("a cached ticket is damaged") from error


def dump(value: object) -> bytes:
    """Any domain dataclass as JSON, unless it holds a Change or a query."""
    return _WRITE.encode(value)


def load(kind: type[T], blob: bytes | str) -> T:
    """What `dump` wrote; StorageError when it is not a `kind`."""
    try:
        value: T = _reader(cast(Any, kind)).decode(blob)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise StorageError(f"a stored {getattr(kind, '__name__', 'value')} is damaged") from error
    return value


def change_to_plain(change: Change) -> dict[str, Any]:
    """A change as plain data, its kind under `kind`."""
    plain: dict[str, Any] = {"kind": type(change).__name__}
    for one in fields(change):
        value = getattr(change, one.name)
        if one.name == "then" and isinstance(change, Reply | Note):
            value = [change_to_plain(follow_up) for follow_up in value]
        plain[one.name] = value
    return plain


def change_from_plain(plain: dict[str, Any]) -> Change:
    """What `change_to_plain` made, read back with its types checked."""
    kind = _CHANGES.get(str(plain.get("kind")))
    values = {name: value for name, value in plain.items() if name != "kind"}
    if kind is None:
        raise StorageError("a stored change is of an unknown kind")
    try:
        if kind is Reply or kind is Note:
            then = tuple(change_from_plain(follow_up) for follow_up in values.pop("then", ()))
            hints = {name: hint for name, hint in get_type_hints(kind).items() if name in values}
            words = {name: msgspec.convert(values[name], hint) for name, hint in hints.items()}
            change: Change = kind(then=then, **words)
        else:
            change = msgspec.convert(values, kind, dec_hook=_typed)
    except (msgspec.MsgspecError, TypeError, AttributeError) as error:
        raise StorageError("a stored change is damaged") from error
    return change


def query_to_plain(query: QueueQuery) -> dict[str, Any]:
    """A query as plain data; sets in order, so that equal queries give equal data."""
    plain: dict[str, Any] = msgspec.to_builtins({one.name: getattr(query, one.name) for one in fields(query)})
    return {name: sorted(value) if isinstance(value, list | set) else value for name, value in plain.items()}


def query_from_plain(plain: dict[str, Any]) -> QueueQuery:
    """What `query_to_plain` made, read back with its types checked."""
    hints = {**get_type_hints(QueueQuery), "owner": str}
    try:
        values = {name: msgspec.convert(value, hints[name]) for name, value in plain.items()}
    except (msgspec.MsgspecError, KeyError) as error:
        raise StorageError("a stored query is damaged") from error
    owner = values.get("owner", Owner.ANYONE)
    values["owner"] = Owner(owner) if owner in set(Owner) else AgentId(owner)
    return QueueQuery(**values)


def query_key(query: QueueQuery) -> str:
    """The same text for equal queries: what counts are remembered under; the order does not matter to a count."""
    plain = query_to_plain(query)
    plain.pop("sort")
    return dump(plain).decode()


def dump_views(views: tuple[View, ...]) -> bytes:
    """The view bar as JSON."""
    return dump([{"id": one.id, "title": one.title, "count": one.count, "query": query_to_plain(one.query)} for one in views])


def load_views(blob: bytes) -> tuple[View, ...]:
    """What `dump_views` wrote."""
    rows = load(list[dict[str, Any]], blob)
    try:
        return tuple(View(row["id"], sanitize(row["title"]), query_from_plain(row["query"]), row["count"]) for row in rows)
    except (KeyError, TypeError, AttributeError) as error:
        raise StorageError("stored views are damaged") from error
