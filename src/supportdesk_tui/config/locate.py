"""From a key to its line in a TOML file, so that a problem can be pointed at."""

from collections.abc import Iterator
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]


_LONGEST = 400
"""Lines a single value is followed over; a longer one ends the search, because each line costs a parse of all before it."""


def locate(text: str) -> dict[KeyPath, int]:
    """Line of every key of a valid TOML text: lines are gathered until they parse, so strings and arrays may span lines."""
    import tomli

    found: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    chunk: list[str] = []
    start = 1
    for number, line in enumerate(text.splitlines(), 1):
        if not chunk:
            start = number
        chunk.append(line)
        if len(chunk) > _LONGEST:
            break
        try:
            parsed = tomli.loads("\n".join(chunk))
        except tomli.TOMLDecodeError:
            continue
        if chunk[0].lstrip().startswith("["):
            table = _table_path(parsed, counts)
            for depth in range(1, len(table) + 1):
                found.setdefault(table[:depth], start)
        else:
            for path in _paths(parsed):
                found.setdefault(table + path, start)
        chunk = []
    return found


def _table_path(parsed: dict[str, Any], counts: dict[KeyPath, int]) -> KeyPath:
    """The path a header opens; arrays of tables are numbered as they come."""
    path: KeyPath = ()
    here: Any = parsed
    while isinstance(here, dict) and here:
        name, here = next(iter(here.items()))
        path = (*path, name)
        if isinstance(here, list):
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        if path in counts and here:
            path = (*path, counts[path])
    return path


def _paths(value: Any, base: KeyPath = ()) -> Iterator[KeyPath]:
    items: Iterator[tuple[str | int, Any]]
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    else:
        return
    for key, inner in items:
        yield (*base, key)
        yield from _paths(inner, (*base, key))
