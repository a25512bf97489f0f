"""Files both ways, the same for every product: a download that comes whole or not at all, and a file of the agent's own.

A download whose line breaks goes on where it stopped (RFC 9110, 13.1.5 and 14): the rest is asked for under the condition that
the file is still the one whose beginning is here, which only a strong `ETag` can say. Bytes of two files never meet.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path

from msgspec import Struct, field

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.backends.http import Http, Stream
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.errors import BackendError, Refused, StorageError, Unreachable
from supportdesk_tui.domain.ids import AttachmentId
from supportdesk_tui.text.safe import sanitize_line

LOCAL = "file:"
"""Begins the ids of files that lie here: for products that take a file only together with the message."""
TIME_S = 600.0
"""Longest download."""
_STRONG = re.compile(r'"[\x21\x23-\x7e]*"')
"""An `ETag` that promises the same bytes, not only the same meaning."""


class File(Struct, frozen=True):
    """A file that goes with a message."""

    name: str
    media_type: str
    data: bytes


# --- from the server


async def download(http: Http, call: Call, size: int) -> AsyncGenerator[bytes, None]:
    """The bytes of a file, in pieces; ends in an error unless they are as many as announced."""
    way = _Way(replace(call, headers={"Accept": "*/*", **call.headers}, max_bytes=max(size, 1)), size)
    failures = 0
    while True:
        before = way.taken
        try:
            async with http.stream(way.call()) as stream, aclosing(stream.pieces()) as pieces:
                skip = way.skip(stream)
                async for piece in pieces:
                    fresh, skip = piece[skip:], max(0, skip - len(piece))
                    way.take(fresh)
                    if fresh:
                        yield fresh
            break
        except Unreachable as error:
            failures = 1 if way.taken > before else failures + 1
            wait_s = http.wait_before_retry(call, error, failures) if way.can_go_on else None
            if wait_s is None:
                raise
            await asyncio.sleep(wait_s)
    if way.taken != size:
        raise way.unreadable()


class _Way(Struct):
    """How far a download came, and which file it is a part of."""

    whole: Call
    size: int
    taken: int = 0
    tag: str = ""
    """What names these very bytes; empty where the server has no such name."""
    started: float = field(default_factory=time.monotonic)

    def call(self) -> Call:
        """The request for all of it, or for what is missing."""
        if not self.taken:
            return self.whole
        asked = {"Range": f"bytes={self.taken}-", "If-Range": self.tag, "Accept-Encoding": "identity"}
        return replace(self.whole, headers={**self.whole.headers, **asked})

    def skip(self, stream: Stream) -> int:
        """How many bytes of an answer are here already; an answer that is not about the same file is an error."""
        tag, is_plain = stream.header("etag"), stream.encoding == "identity"
        if not self.taken:
            self.tag = tag if is_plain and _STRONG.fullmatch(tag) else ""
            return 0
        place = f"bytes {self.taken}-{self.size - 1}/"
        is_rest = stream.status == 206 and stream.header("content-range").lower() in {f"{place}{self.size}", f"{place}*"}
        if is_plain and is_rest and tag in {"", self.tag}:
            return 0
        if is_plain and stream.status == 200 and tag == self.tag:
            return self.taken
        raise self.whole.unreadable("content-range", "the rest of the same file")

    def take(self, piece: bytes) -> None:
        """A piece came."""
        self.taken += len(piece)
        if self.taken > self.size:
            raise self.unreadable()
        if self.is_late:
            raise Unreachable(self.whole.operation, "too slow")

    @property
    def is_late(self) -> bool:
        """No time is left."""
        return time.monotonic() - self.started > TIME_S

    @property
    def can_go_on(self) -> bool:
        """Whether the rest may be asked for."""
        return bool(self.tag) and 0 < self.taken < self.size and not self.is_late

    def unreadable(self) -> BackendError:
        """The error for a file of another size."""
        return self.whole.unreadable("body", f"{self.size} bytes")


# --- from the agent's disk


async def named(file: LocalFile, most: int) -> AttachmentId:
    """Look that a file can be read and has at most so many bytes; its id says where it lies until the message goes out."""
    if await asyncio.to_thread(_size_of, file.path) > most:
        raise too_large("attach the file", most)
    return AttachmentId(f"{LOCAL}{file.media_type};{file.path.absolute()}")


async def held(ids: Sequence[AttachmentId]) -> list[File]:
    """Files of ours by the ids `named` gave them."""
    return [await asyncio.to_thread(_held, one) for one in ids]


async def read(file: LocalFile, most: int, operation: str) -> bytes:
    """All of a file for a product that takes files alone; more than so many bytes are refused."""
    data = await asyncio.to_thread(_read, file.path, most + 1)
    if len(data) > most:
        raise too_large(operation, most)
    return data


def _held(file: AttachmentId) -> File:
    if not file.startswith(LOCAL):
        raise Refused("send the reply", "an attachment is not known")
    kind, _, name = file.removeprefix(LOCAL).partition(";")
    return File(Path(name).name, kind, _read(Path(name), -1))


def _read(path: Path, most: int) -> bytes:
    with _on_disk(path), path.open("rb") as opened:
        return opened.read(most)


def _size_of(path: Path) -> int:
    with _on_disk(path), path.open("rb") as opened:
        return opened.seek(0, 2)


@contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(sanitize_line(f"{path.name}: {error.strerror}")) from error


def too_large(operation: str, most: int) -> Refused:
    """The refusal of a file with more than so many bytes."""
    return Refused(operation, f"larger than {most // 1024 // 1024} MB")
