"""The embedded server's client: every method of the port over the native API."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from supportdesk_tui.backends import files
from supportdesk_tui.backends.calls import Answer, Call, Said
from supportdesk_tui.backends.catalog import Connection
from supportdesk_tui.backends.http import Http, Limits, Stream
from supportdesk_tui.backends.live import Pace, live_feed
from supportdesk_tui.backends.native import customers, mapping, writing
from supportdesk_tui.backends.native.events import to_notices
from supportdesk_tui.backends.native.gaps import GAPS
from supportdesk_tui.backends.native.reading import UNREADABLE, mended, read, read_mended, read_rows
from supportdesk_tui.backends.paging import Part, merged
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import Applied, Change, Outcome, SetAgentState, Undo
from supportdesk_tui.domain.clocks import offset_of, to_utc
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.directory import Article, Directory, MacroText
from supportdesk_tui.domain.errors import BadPayload, NotFound, Unsupported
from supportdesk_tui.domain.feed import Activity, Notice
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, Cursor, CustomerId, EntryId, FeedMark, TicketId
from supportdesk_tui.domain.people import CustomerContext
from supportdesk_tui.domain.queue import Page, QueueQuery, Shortened, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.text.safe import SafeText, sanitize_line
from supportdesk_tui.wire import schema as wire
from supportdesk_tui.wire.sse import SseEvent

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

_API = wire.API_PREFIX
PAGE_TICKETS = 200
PAGE_ENTRIES = 50
MAX_ENTRIES = 16 * 1024 * 1024
"""Most bytes of a page of entries, decoded: one message may be ten million bytes long."""
LARGE = 200_000
"""Bytes of entries from which on they are read in a thread: looking through a megabyte for secrets takes a second."""
BULK = 1000
"""Most tickets of one bulk request."""
MAX_FILE = 25 * 1024 * 1024
"""Largest attachment, either way, in bytes."""


class NativeBackend:
    """One agent at one supportdesk server; implements `backends.port.Backend`."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        limits: Limits | None = None,
        pace: Pace | None = None,
        ca_file: str = "",
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self._lens = mapping.Lens()
        said = lambda body: _said(body, self._lens)  # noqa: E731  # a local name for one expression
        self._http = Http(url, token, read_refusal=said, limits=limits, ca_file=ca_file, transport=transport)
        self._pace = pace
        self._reached = ""
        """The newest event the feed has brought."""

    async def open(self) -> Session:
        """Ask who the token belongs to, once: whoever connects tries again in its own time."""
        out, _bad = await self._get("sign in", "/session", wire.SessionOut, attempts=1)
        agent = mapping.to_agent(out.agent)
        self._lens = replace(self._lens, me=agent.id)
        capabilities = mapping.to_capabilities(out.permissions)
        return Session(
            agent=agent,
            capabilities=capabilities,
            lacking={one: GAPS.get(one, "role") for one in Capability if one not in capabilities},
            server=sanitize_line(out.server),
            clock_offset=offset_of(to_utc(out.at), datetime.now(UTC)),
        )

    async def get_directory(self) -> Directory:
        """Everything the pickers show."""
        directory = mapping.to_directory(*await self._get("read the directory", "/directory", wire.DirectoryOut))
        self._lens = replace(self._lens, titles={status.name: status.title for status in directory.statuses})
        return directory

    async def list_views(self) -> list[View]:
        """Named queues with their counts."""
        views, bad_items = await self._get("list the views", "/views", list[wire.ViewOut])
        return Shortened((mapping.to_view(one) for one in views), bad_items)

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """A page of a query, exactly."""
        from supportdesk_tui.domain import grammar

        asked = {"q": grammar.render(query), "sort": query.sort.value, "after": after or "", "limit": str(PAGE_TICKETS)}
        call = Call(
            operation="list the tickets",
            method="GET",
            route=f"{_API}/tickets",
            query={name: value for name, value in asked.items() if value},
        )
        rows = read_rows(call, await self._http.send(call), wire.TicketRow)
        cursor = None if rows.after is None else Cursor(rows.after)
        return Page(tuple(mapping.to_summary(row, self._lens) for row in rows.items), cursor, rows.total, bad_items=rows.bad)

    async def get_ticket(self, ticket: TicketId) -> Ticket:
        """One ticket, by id or case number."""
        values = {"ticket": ticket}
        out, bad_items = await self._get("open the ticket", "/tickets/{ticket}", wire.TicketOut, values=values)
        return mapping.to_ticket(out, self._lens, bad_items)

    async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
        """What was said and done, in one order, though public and internal travel apart."""
        return merged(await asyncio.gather(*(_part(self._http, ticket, kind, before) for kind in ("entries", "notes"))))

    async def reveal(self, ticket: TicketId, entry: EntryId, reason: str) -> SafeText:
        """Asked once: each asking stands in the log."""
        call = Call(
            operation="reveal what is hidden",
            method="POST",
            route=f"{_API}/tickets/{{ticket}}/entries/{{entry}}/reveal",
            values={"ticket": ticket, "entry": entry},
            body=msgspec.json.encode({"reason": reason}),
            headers={"Content-Type": "application/json"},
            is_repeatable=False,
        )
        return mapping.to_revealed(read(call, await self._http.send(call), wire.RevealOut))

    async def get_customer(self, customer: CustomerId) -> CustomerContext:
        """Who is asking."""
        values = {"customer": customer}
        out, bad_items = await self._get("read the customer", "/customers/{customer}", wire.CustomerOut, values=values)
        return customers.to_customer(out, self._lens, bad_items)

    async def search_articles(self, text: str, locale: str | None) -> list[Article]:
        """Help-centre articles that fit."""
        query = {"text": text} | ({"locale": locale} if locale else {})
        out, bad_items = await self._get("search the articles", "/articles", list[wire.ArticleOut], query=query)
        return Shortened((mapping.to_article(one) for one in out), bad_items)

    async def read_macro(self, ticket: TicketId, macro: str) -> MacroText:
        """The server keeps none."""
        raise Unsupported(Capability.MACROS)

    def read_attachment(self, attachment: Attachment) -> AsyncGenerator[bytes, None]:
        """The bytes of a file; ends in an error unless they are as many as announced."""
        call = Call(
            operation="fetch the file",
            method="GET",
            route=f"{_API}/attachments/{{file}}",
            values={"file": attachment.id},
        )
        if attachment.size > MAX_FILE:
            raise files.too_large(call.operation, MAX_FILE)
        return files.download(self._http, call, attachment.size)

    async def write_attachment(self, file: LocalFile) -> AttachmentId:
        """Upload a file under its own name."""
        operation = "upload the file"
        call = Call(
            operation=operation,
            method="POST",
            route=f"{_API}/attachments",
            query={"name": file.path.name, "ticket": file.ticket},
            body=await files.read(file, MAX_FILE, operation),
            headers={"Content-Type": file.media_type, "Idempotency-Key": uuid.uuid4().hex},
            is_write=True,
            attempts=1,
        )
        return AttachmentId(read(call, await self._http.send(call), wire.AttachmentOut).id)

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None = None) -> Applied:
        """Do one change; a repeated key is answered as the first time."""
        call = writing.to_call(ticket, change, key, expected, self._reached)
        answer = await self._http.send(call)
        if isinstance(change, SetAgentState):
            read(call, answer, wire.AgentOut)
            return Applied(key, None, None)
        if isinstance(change, Undo):
            return mapping.to_undone(read(call, answer, wire.UndoOut))
        return mapping.to_applied(read(call, answer, wire.AppliedOut))

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncGenerator[Outcome, None]:
        """Do one change to many tickets; further batches have keys of their own, made from the first."""
        unique = list(dict.fromkeys(tickets))
        for start in range(0, len(unique), BULK):
            batch = unique[start : start + BULK]
            call = writing.to_bulk_call(batch, change, ChangeKey(f"{key}-{start}") if start else key, self._reached)
            out = read(call, await self._http.send(call), wire.BulkOut)
            silent = dict.fromkeys(batch)
            for outcome in map(mapping.to_outcome, out.outcomes):
                silent.pop(outcome.ticket, None)
                yield outcome
            for ticket in silent:
                yield Outcome(ticket, False, "the server said nothing about this ticket")

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Ask for the answer of a key; an agent's state has none and can simply be set again."""
        if isinstance(change, SetAgentState):
            return None
        try:
            out, _bad = await self._get("look for the change", "/changes/{key}", wire.FoundOut, values={"key": key})
        except NotFound:
            return None
        return mapping.to_found(out)

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        """Say what we look at; asked once, because the next one comes soon."""
        body = msgspec.json.encode({"ticket": ticket, "activity": activity.value})
        call = Call(
            operation="say where I am",
            method="PUT",
            route=f"{_API}/presence",
            body=body,
            headers={"Content-Type": "application/json"},
            is_repeatable=False,
        )
        await self._http.send(call)

    def feed(self, since: FeedMark | None) -> AsyncGenerator[Notice, None]:
        """What changes, for ever; writes say from now on how much of it was heard."""
        self._reached = since or ""

        def read_event(event: SseEvent) -> Iterable[Notice]:
            self._reached = event.id
            return to_notices(event, self._lens)

        return live_feed(partial(_listen, self._http), read_event, since, self._pace)

    async def close(self) -> None:
        """Let go of sockets."""
        await self._http.close()

    async def _get(
        self,
        operation: str,
        route: str,
        kind: type[T],
        *,
        values: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        attempts: int | None = None,
    ) -> tuple[T, int]:
        """What a route answers, and how many items of its lists could not be read."""
        call = Call(
            operation=operation,
            method="GET",
            route=_API + route,
            values=values or {},
            query=query or {},
            attempts=attempts,
        )
        return read_mended(call, await self._http.send(call), kind)


async def _part(http: Http, ticket: TicketId, kind: str, before: Cursor | None) -> Part:
    """A page of one kind of words; where so many are too long for one answer, fewer."""
    for limit in (PAGE_ENTRIES, 7, 1):
        call = Call(
            operation="read the conversation",
            method="GET",
            route=f"{_API}/tickets/{{ticket}}/{kind}",
            values={"ticket": ticket},
            query={"limit": str(limit)} | ({"before": before} if before else {}),
            max_bytes=MAX_ENTRIES,
        )
        try:
            answer = await http.send(call)
            break
        except BadPayload as error:
            if error.path != "body" or limit == 1:
                raise
    is_large = len(answer.body) > LARGE
    return await asyncio.to_thread(_entries, call, answer) if is_large else _entries(call, answer)


def _entries(call: Call, answer: Answer) -> Part:
    rows = read_rows(call, answer, wire.EntryOut)
    return Part([mapping.to_entry(one) for one in rows.items], rows.before, rows.bad)


@asynccontextmanager
async def _listen(http: Http, mark: str) -> AsyncIterator[Stream]:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": mark} if mark else {})
    call = Call(operation="listen", method="GET", route=f"{_API}/events", headers=headers)
    async with http.stream(call, is_endless=True) as stream:
        if stream.media_type != "text/event-stream":
            raise call.unreadable("content-type", "text/event-stream")
        yield stream


async def sign_in(url: str, login: str, password: str, label: str = "", *, ca_file: str = "") -> str:
    """Trade a password for a token; the password goes nowhere else."""
    http = Http(url, "", read_refusal=lambda body: _said(body, mapping.Lens()), ca_file=ca_file)
    call = Call(
        operation="sign in",
        method="POST",
        route=f"{_API}/session",
        body=msgspec.json.encode({"login": login, "password": password, "label": label}),
        headers={"Content-Type": "application/json"},
        is_repeatable=False,
    )
    try:
        return read(call, await http.send(call), wire.SignedIn).token
    finally:
        await http.close()


async def sign_out(url: str, token: str, *, ca_file: str = "") -> None:
    """Revoke a token."""
    http = Http(url, token, read_refusal=lambda body: _said(body, mapping.Lens()), ca_file=ca_file)
    try:
        await http.send(Call(operation="sign out", method="DELETE", route=f"{_API}/session"))
    finally:
        await http.close()


def _said(body: bytes, lens: mapping.Lens) -> Said:
    try:
        return mapping.to_said(mended(body, wire.ErrorOut)[0], lens)
    except UNREADABLE:
        return Said()


def connect(connection: Connection) -> NativeBackend:
    """An adapter for a connection; touches no network."""
    return NativeBackend(connection.url, connection.token, ca_file=connection.ca_file)
