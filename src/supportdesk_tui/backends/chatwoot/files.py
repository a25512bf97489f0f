"""Files both ways. Down: an address the server gives, asked for without our token; up: only together with a message."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from supportdesk_tui.backends.calls import Call, Said
from supportdesk_tui.backends.chatwoot.writing import File
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.errors import BadPayload, Refused, StorageError, Unreachable
from supportdesk_tui.domain.ids import AttachmentId
from supportdesk_tui.text.safe import sanitize_line

LOCAL = "file:"
"""Attachment ids that name a file of ours: Chatwoot takes files only together with the message."""
MAX_FILE = 40 * 1024 * 1024
"""Chatwoot's usual limit, in bytes."""
MOST_FILES = 15
FILE_TIME_S = 600.0
"""Longest download."""
HOPS = 4
"""The file's address leads to the store's; more than this many are no store."""
_OPERATION = "fetch the file"


def checked(file: LocalFile) -> AttachmentId:
    """Look that a file can be read and is not too large, and name it."""
    try:
        with file.path.open("rb") as opened:
            size = opened.seek(0, 2)
    except OSError as error:
        raise StorageError(sanitize_line(f"{file.path.name}: {error.strerror}")) from error
    if size > MAX_FILE:
        raise Refused("attach the file", f"larger than {MAX_FILE // 1024 // 1024} MB")
    return AttachmentId(f"{LOCAL}{file.media_type};{file.path.absolute()}")


def read(file: AttachmentId) -> File:
    """A file of ours, by the id `checked` gave it."""
    if not file.startswith(LOCAL):
        raise Refused("send the reply", "an attachment is not known")
    kind, _, name = file.removeprefix(LOCAL).partition(";")
    path = Path(name)
    try:
        return File(path.name, kind, path.read_bytes())
    except OSError as error:
        raise StorageError(sanitize_line(f"{path.name}: {error.strerror}")) from error


def is_allowed(address: str, base: str) -> bool:
    """Whether a file may be fetched from there: our own server, or https to a host of the public net."""
    try:
        there, ours = urlsplit(address), urlsplit(base)
        host = there.hostname or ""
        if "@" in there.netloc or not host:
            return False
        if (there.scheme, host, there.port) == (ours.scheme, ours.hostname, ours.port):
            return True
    except ValueError:
        return False
    if there.scheme != "https" or host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host


async def fetch(address: str, base: str, size: int, *, ca_file: str, limits: Limits | None) -> AsyncGenerator[bytes, None]:
    """The bytes behind a signed address. Each step is a client of its own that knows no token; nothing of it is logged."""
    started, taken = time.monotonic(), 0
    for _ in range(HOPS):
        if not is_allowed(address, base):
            raise Refused(_OPERATION, "the file lies where the desk does not go: plain http, or inside a private net")
        parts = urlsplit(address)
        client = Http(f"{parts.scheme}://{parts.netloc}", "", read_refusal=_silent, limits=limits, ca_file=ca_file)
        try:
            async with client.stream(_call(parts.path, parts.query, size)) as stream, aclosing(stream.pieces()) as pieces:
                async for piece in pieces:
                    taken += len(piece)
                    if time.monotonic() - started > FILE_TIME_S:
                        raise Unreachable(_OPERATION, "too slow")
                    yield piece
            if taken != size:
                raise BadPayload(_OPERATION, path="body", expected=f"{size} bytes")
            return
        except BadPayload as error:
            if not error.location:
                raise
            address = urljoin(address, error.location)
        finally:
            await client.close()
    raise BadPayload(_OPERATION, path="status", expected="a file after a few redirects")


def _call(path: str, query: str, size: int) -> Call:
    """The log tells how deep the address is and nothing of what stands in it: whoever has it has the file."""
    steps = {f"s{number}": unquote(step) for number, step in enumerate(path.split("/")) if step}
    return Call(
        operation=_OPERATION,
        method="GET",
        route="".join(f"/{{{name}}}" for name in steps) or "/",
        values=steps,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={"Accept": "*/*"},
        max_bytes=max(size, 1),
    )


def _silent(_body: bytes) -> Said:
    return Said()
