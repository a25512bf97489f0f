"""Zammad 6 and 7: every method of the port. How to connect and what it lacks: docs/backends-zammad.md."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.backends.catalog import Connection
from supportdesk_tui.backends.files import download, named
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Budget, Poller, Seen, to_session
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.backends.signing import Token
from supportdesk_tui.backends.zammad import directory, macros, mapping, writing
from supportdesk_tui.backends.zammad.bulk import Bulk
from supportdesk_tui.backends.zammad.changing import MAX_FILE, Changing
from supportdesk_tui.backends.zammad.client import API, PAGE, Zammad, is_id, read_refusal
from supportdesk_tui.backends.zammad.gaps import GAPS
from supportdesk_tui.backends.zammad.listing import Listing
from supportdesk_tui.backends.zammad.news import Ears, News, patient
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import Applied, Change, Outcome
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.directory import Article, Directory, MacroText
from supportdesk_tui.domain.errors import BackendError, NotFound
from supportdesk_tui.domain.feed import Activity, Notice
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, Cursor, CustomerId, EntryId, FeedMark, TicketId
from supportdesk_tui.domain.people import Agent, CustomerContext
from supportdesk_tui.domain.queue import Page, QueueQuery, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.text.safe import SafeText, sanitize

WRITES = frozenset(
    {
        Capability.REPLY, Capability.NOTE, Capability.ASSIGN, Capability.TAKE, Capability.TRANSFER, Capability.STATUS,
        Capability.PRIORITY, Capability.TAG, Capability.FIELD, Capability.SNOOZE, Capability.MERGE, Capability.LINK,
        Capability.BULK, Capability.ATTACH, Capability.REVEAL,
    }
)  # fmt: skip
"""What needs a group whose tickets the agent may change."""
OPENS = frozenset({Capability.CREATE, Capability.ESCALATE})
"""What needs a group the agent may open tickets in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a profile, or a test, may set."""

    budget: Budget = field(default_factory=Budget)
    page: int = PAGE
    """Tickets asked for at once."""
    talk: int = 50
    """Articles of a conversation handed over at once; Zammad gives all of them in one answer."""
    is_listening: bool = True
    """Whether the long poll is used beside looking."""


class ZammadBackend:
    """One agent at one Zammad; implements `backends.port.Backend`."""

    def __init__(
        self,
        url: str,
        token: str,
        choices: Choices | None = None,
        *,
        ca_file: str = "",
        limits: Limits | None = None,
    ) -> None:
        self._choices = choices = choices or Choices()
        self._zammad = Zammad(url, token, ca_file=ca_file, limits=limits)
        signing = Token(token, scheme="Token token=")
        slow = patient(limits or Limits())
        self._long = Http(url, signing, read_refusal=read_refusal, limits=slow, ca_file=ca_file)
        self._me: Agent | None = None
        self._shown: TicketId | None = None
        self._last: tuple[TicketId, Node] | None = None
        """The conversation that was read last: older pages of it are in the same answer."""
        self._listing = Listing(self._zammad, choices.page)
        self._poller = Poller(self._look, choices.budget)
        self._news = News(self._zammad, lambda: self._shown)
        self._changing = Changing(self._zammad)
        self._bulk = Bulk(self._zammad, self._changing)
        self._learning = asyncio.Lock()

    async def open(self) -> Session:
        """Who the token belongs to, what its groups allow, and what server it is where it says so."""
        user, server = await asyncio.gather(directory.learn(self._zammad, attempts=1), self._version())
        self._me = mapping.to_agent(user)
        access = mapping.access_of(user)
        lacking: dict[Capability, str] = dict(GAPS)
        if not access & {"full", "change"}:
            lacking |= dict.fromkeys(WRITES - set(GAPS), "role")
        if not access & {"full", "create"}:
            lacking |= dict.fromkeys(OPENS, "role")
        name = f"Zammad {server}".strip()
        return to_session(self._me, lacking, name, budget=self._choices.budget, http=self._zammad.http)

    async def _version(self) -> str:
        """Only administrators are told."""
        with suppress(BackendError):
            return (await self._zammad.get("ask the version", "/version", attempts=1)).text("version").partition("-")[0]
        return ""

    async def _who(self) -> Agent:
        """Who we are; groups, states and priorities are known from then on, as reading and asking need them."""
        async with self._learning:
            if self._me is None:
                self._me = mapping.to_agent(await directory.learn(self._zammad))
            return self._me

    async def get_directory(self) -> Directory:
        """Everything the pickers show."""
        return await directory.read(self._zammad, await self._who())

    async def list_views(self) -> list[View]:
        """Queries of our own, then the product's overviews with its counts."""
        await self._who()
        return await self._listing.views()

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """A page of a query, walked by values of a column so that nothing moves between pages."""
        await self._who()
        return await self._listing.page(query, after)

    async def get_ticket(self, ticket: TicketId) -> Ticket:
        """One ticket in one request; a number begins with `#`, and a merged ticket leads to the one it went into."""
        await self._who()
        whole = await self._opened(ticket)
        into = mapping.merged_into(whole, self._zammad.lens)
        if into is not None:
            whole = await self._zammad.whole(into)
        return mapping.to_ticket(whole, self._zammad.lens)

    async def _opened(self, ticket: TicketId) -> Node:
        number = ticket.removeprefix("#")
        if not is_id(number):
            raise NotFound("open the ticket")
        if not ticket.startswith("#"):
            with suppress(NotFound):
                return await self._zammad.whole(ticket)
        return await self._zammad.whole(await self._listing.numbered(number))

    async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
        """What was said; Zammad gives the whole thread, and the answer is shared with `get_ticket` while it is on its way."""
        await self._who()
        if before is None or self._last is None or self._last[0] != ticket:
            self._last = (ticket, await self._zammad.whole(ticket))
        whole = self._last[1]
        assets, _ = mapping.parts_of(whole)
        rows = [row for row in mapping.articles_of(whole) if before is None or row.number("id") < int(before)]
        shown = rows[-self._choices.talk :]
        older = Cursor(shown[0].text("id")) if len(rows) > len(shown) else None
        return Page(tuple(mapping.to_entry(row, assets) for row in shown), older)

    async def get_customer(self, customer: CustomerId) -> CustomerContext:
        """Who is asking, and their other tickets."""
        await self._who()
        user, tickets = await asyncio.gather(
            self._zammad.get("read the customer", "/users/{user}", values={"user": customer}, query={"expand": "true"}),
            self._zammad.get("read their tickets", "/ticket_customer", query={"customer_id": customer}),
        )
        return mapping.to_customer(user, tickets, self._zammad.lens)

    async def search_articles(self, text: str, locale: str | None) -> list[Article]:
        """Knowledge base search, in all its languages: it shows the beginning of each answer and where the whole stands."""
        body = {
            "query": text,
            "flavor": "agent",
            "index": "KnowledgeBase::Answer::Translation",
            "url_type": "agent",
            "highlight_enabled": False,
            "page": 1,
            "per_page": 20,
        }
        found = await self._zammad.ask("search the articles", "/knowledge_bases/search", body)
        return [mapping.to_article(row, self._zammad.http.base) for row in found.each("details")]

    async def read_macro(self, ticket: TicketId, macro: str) -> MacroText:
        """A macro or a text module, filled in here: Zammad leaves that to its clients."""
        await self._who()
        is_macro = macro.startswith(macros.MACRO)
        route = "/macros/{macro}" if is_macro else "/text_modules/{macro}"
        number = macro.removeprefix(macros.MACRO if is_macro else macros.MODULE)
        if not is_id(number):
            raise NotFound("read the macro")
        row, whole = await asyncio.gather(
            self._zammad.get("read the macro", route, values={"macro": number}), self._zammad.whole(ticket)
        )
        lens, now = self._zammad.lens, self._zammad.http.now()
        return macros.from_macro(row, whole, lens, now) if is_macro else macros.from_module(row, whole, lens)

    async def reveal(self, ticket: TicketId, entry: EntryId, reason: str) -> SafeText:
        """The words of an entry with its secrets. Zammad records no reading, so a note on the ticket says who and why."""
        whole = await self._zammad.whole(ticket)
        row = next((one for one in mapping.articles_of(whole) if one.text("id") == entry), None)
        if row is None:
            raise NotFound("show what is hidden")
        body = {"ticket_id": int(ticket)} | writing.note(f"Looked at what was hidden in article {entry}: {reason}")
        await self._zammad.send(writing.write("note the reason", "POST", "/ticket_articles", body))
        self._zammad.forget(ticket)
        return sanitize(mapping.raw_words(row))

    def read_attachment(self, attachment: Attachment) -> AsyncGenerator[bytes, None]:
        """The bytes of a file."""
        ticket, _, rest = attachment.id.partition("/")
        article, _, number = rest.partition("/")
        call = Call(
            operation="fetch the file",
            method="GET",
            route=f"{API}/ticket_attachment/{{ticket}}/{{article}}/{{number}}",
            values={"ticket": ticket, "article": article, "number": number},
        )
        return download(self._zammad.http, call, attachment.size)

    async def write_attachment(self, file: LocalFile) -> AttachmentId:
        """Zammad takes files together with their article: this checks the file and names it."""
        return await named(file, MAX_FILE)

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None = None) -> Applied:
        """Do one change."""
        await self._who()
        return await self._changing.apply(ticket, change, key, expected)

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncGenerator[Outcome, None]:
        """Do one change to many tickets."""
        await self._who()
        async for outcome in self._bulk.apply(tickets, change, key):
            yield outcome

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Look in the ticket whether a change has happened."""
        await self._who()
        return await self._changing.find(ticket, change, key, since)

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        """Nobody is told; but what the agent looks at is looked for sooner."""
        self._shown = ticket
        self._poller.wake()

    async def feed(self, since: FeedMark | None) -> AsyncGenerator[Notice, None]:
        """What changes, for ever: looked for, and at once when the long poll hears of something."""
        listening = asyncio.create_task(Ears(self._long, self._poller.wake).listen()) if self._choices.is_listening else None
        try:
            async for notice in self._poller.feed(since):
                yield notice
        finally:
            if listening is not None:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _look(self, mark: FeedMark | None) -> Seen:
        await self._who()
        return await self._news.look(mark)

    async def close(self) -> None:
        """Let go of sockets."""
        await asyncio.gather(self._zammad.close(), self._long.close())


def connect(connection: Connection) -> ZammadBackend:
    """An adapter for a connection; touches no network."""
    return ZammadBackend(connection.url, connection.token, ca_file=connection.ca_file)
