"""The conversation of a ticket: its comments, newest first by cursor, and their files."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from supportdesk_tui.backends.calls import Call, Said
from supportdesk_tui.backends.files import download
from supportdesk_tui.backends.http import Http
from supportdesk_tui.backends.zendesk import mapping
from supportdesk_tui.backends.zendesk.client import Rows, Zendesk
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.errors import BadPayload, NotFound, Refused, SignInNeeded
from supportdesk_tui.domain.ids import Cursor, EntryId
from supportdesk_tui.domain.queue import Page

PAGE = 50
"""Comments read at once."""
HOPS = 3
"""Redirects of a file."""


async def rows(zendesk: Zendesk, ticket: str, after: str = "", *, page: int = PAGE) -> Rows:
    """Comments, newest first, with who wrote them."""
    query = {"page[size]": str(page), "sort": "-created_at", "include": "users", "include_inline_images": "true"}
    found = await zendesk.page(
        "read the conversation", "/tickets/{ticket}/comments", "comments", values={"ticket": ticket}, query=query, after=after
    )
    zendesk.meet(found.whole)
    return found


async def read(zendesk: Zendesk, ticket: str, before: Cursor | None, *, page: int = PAGE) -> Page[Entry]:
    """The newest entries, or those before a cursor, oldest first; one request."""
    found = await rows(zendesk, ticket, before or "", page=page)
    entries = sorted((mapping.to_entry(row, zendesk.lens) for row in found.rows if row.text("id")), key=lambda one: one.seq)
    return Page(tuple(entries), Cursor(found.after) if found.after else None)


async def reveal(zendesk: Zendesk, ticket: str, entry: EntryId) -> str:
    """The words of one comment with nothing hidden; Zendesk gives no single comment, so pages are read until it is met."""
    after = ""
    while True:
        found = await rows(zendesk, ticket, after, page=100)
        row = next((one for one in found.rows if one.text("id") == entry), None)
        if row is not None:
            return mapping.raw_words(row)
        if not found.after:
            raise NotFound("show what is hidden")
        after = found.after


# --- files


@dataclass(frozen=True, slots=True, kw_only=True)
class Led(Call):
    """A request for an address somebody signed: it is asked for as it is, and never logged."""

    raw: str = field(repr=False)

    @property
    def target(self) -> str:
        """Path and query as they were given."""
        return self.raw


async def file(zendesk: Zendesk, attachment: Attachment) -> AsyncGenerator[bytes, None]:
    """The bytes of a file. Its address is asked for by its number and held against our own origin; from there Zendesk sends
    on to a store of files, which gets no credentials of ours."""
    found = await zendesk.get("fetch the file", "/attachments/{file}", values={"file": attachment.id})
    described = found.at("attachment")
    if described.text("malware_scan_result") == "malware_found" and not described.flag("malware_access_override"):
        raise Refused("fetch the file", "Zendesk found malware in it")
    raw = _path_of(described.text("content_url"))
    if not raw:
        raise NotFound("fetch the file")
    try:
        async with aclosing(download(zendesk.http, _led(raw), attachment.size)) as pieces:
            async for piece in pieces:
                yield piece
        return
    except SignInNeeded:
        if not await zendesk.signing.renew():
            raise
        location = raw
    except BadPayload as error:
        if not error.location:
            raise
        location = error.location
    async with aclosing(_elsewhere(zendesk, location, attachment.size)) as pieces:
        async for piece in pieces:
            yield piece


async def _elsewhere(zendesk: Zendesk, location: str, size: int) -> AsyncGenerator[bytes, None]:
    """Follow redirects: on our own origin as ourselves, anywhere else as nobody."""
    for _ in range(HOPS):
        origin = _origin_of(location)
        is_ours = origin in {"", _origin_of(zendesk.http.base)}
        http = zendesk.http if is_ours else _stranger(zendesk, origin)
        try:
            async with aclosing(download(http, _led(_path_of(location)), size)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        except BadPayload as error:
            if not error.location:
                raise
            location = error.location
        finally:
            if not is_ours:
                await http.close()
    raise BadPayload("fetch the file", path="status", expected=f"at most {HOPS} redirects")


def _stranger(zendesk: Zendesk, origin: str) -> Http:
    """A client for another host, unsigned; plain http only where Zendesk itself is on this machine."""
    if not origin.startswith("https:") and not zendesk.http.base.startswith("http:"):
        raise Refused("fetch the file", "it lies at an address that is not https")
    return Http(origin, "", read_refusal=lambda _: Said(), limits=zendesk.limits, ca_file=zendesk.ca_file)


def _led(raw: str) -> Led:
    return Led(
        operation="fetch the file",
        method="GET",
        route="(a file)",
        raw=raw,
    )


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "invalid:"
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def _path_of(url: str) -> str:
    """Path and query of an address; empty where it has none, or holds what no request line may."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    raw = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return (
        raw
        if raw.startswith("/") and not raw.startswith("//") and raw.isascii() and raw.isprintable() and " " not in raw
        else ""
    )
