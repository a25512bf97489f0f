"""Frames with a checksum around what may not be lost, and the search for them in a broken file."""

import json
import struct
from pathlib import Path
from typing import Any
from zlib import crc32

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.sync import codec

_MAGIC = b"\x00SDTX1\x00"
_HEAD = struct.Struct("<II")
_READ_LIMIT = 512 * 1024 * 1024


def frame(record: dict[str, Any]) -> bytes:
    """A record with its length and checksum."""
    body = codec.dump(record)
    return _MAGIC + _HEAD.pack(len(body), crc32(body)) + body


def unframe(blob: bytes, at: int = 0) -> dict[str, Any] | None:
    """The record at an offset; None when it is not whole."""
    begin = at + len(_MAGIC) + _HEAD.size
    if not blob.startswith(_MAGIC, at) or begin > len(blob):
        return None
    size, checksum = _HEAD.unpack_from(blob, at + len(_MAGIC))
    body = blob[begin : begin + size]
    if len(body) != size or crc32(body) != checksum:
        return None
    record = json.loads(body)
    return record if isinstance(record, dict) else None


def read_intact(path: Path) -> list[dict[str, Any]]:
    """Every whole record of a broken database: by SQL as far as that leads, then by its bytes; the newest of each."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for record in (*_by_sql(path), *_by_bytes(path)):
        subject = (
            record.get("item", {}).get("key") or record.get("draft", {}).get("ticket") or record.get("form", {}).get("key")
        )
        name = (str(record.get("record")), str(record.get("agent")), str(subject))
        if name not in found or found[name]["rev"] < record["rev"]:
            found[name] = record
    return list(found.values())


def _by_bytes(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            blob = file.read(_READ_LIMIT)
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}") from error
    records: list[dict[str, Any]] = []
    at = blob.find(_MAGIC)
    while at >= 0:
        record = unframe(blob, at)
        if record is not None:
            records.append(record)
        at = blob.find(_MAGIC, at + 1)
    return records


def _by_sql(path: Path) -> list[dict[str, Any]]:
    """Rows too long for one page are whole only for SQLite."""
    import sqlite3
    from contextlib import closing, suppress

    records: list[dict[str, Any]] = []
    for table in ("items", "drafts", "forms"):
        for order in ("ASC", "DESC"):
            with (
                suppress(sqlite3.Error),
                closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db,
            ):
                for (blob,) in db.execute(f"SELECT frame FROM {table} ORDER BY rowid {order}"):
                    record = unframe(blob) if isinstance(blob, bytes) else None
                    if record is not None:
                        records.append(record)
    return records
