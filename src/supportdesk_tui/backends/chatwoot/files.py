"""Files both ways. Down: an address the server gives, asked for without our token; up: only together with a message."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from supportdesk_tui.backends.calls import Call, Said
from supportdesk_tui.backends.files import download
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.domain.errors import BadPayload, Refused

MAX_FILE = 40 * 1024 * 1024
"""Chatwoot's usual limit, in bytes."""
MOST_FILES = 15
HOPS = 4
"""The file's address leads to the store's; more than this many are no store."""
_OPERATION = "fetch the file"


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
    for _ in range(HOPS):
        if not is_allowed(address, base):
            raise Refused(_OPERATION, "the file lies where the desk does not go: plain http, or inside a private net")
        parts = urlsplit(address)
        client = Http(f"{parts.scheme}://{parts.netloc}", "", read_refusal=_silent, limits=limits, ca_file=ca_file)
        try:
            async with aclosing(download(client, _call(parts.path, parts.query), size)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        except BadPayload as error:
            if not error.location:
                raise
            address = urljoin(address, error.location)
        finally:
            await client.close()
    raise BadPayload(_OPERATION, path="status", expected="a file after a few redirects")


def _call(path: str, query: str) -> Call:
    """The log tells how deep the address is and nothing of what stands in it: whoever has it has the file."""
    steps = {f"s{number}": unquote(step) for number, step in enumerate(path.split("/")) if step}
    return Call(
        operation=_OPERATION,
        method="GET",
        route="".join(f"/{{{name}}}" for name in steps) or "/",
        values=steps,
        query=dict(parse_qsl(query, keep_blank_values=True)),
    )


def _silent(_body: bytes) -> Said:
    return Said()
