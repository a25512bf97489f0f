"""Zendesk Support over API v2: every method of the port. How to connect and what it lacks: docs/backends-zendesk.md."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from supportdesk_tui.backends import views
from supportdesk_tui.backends.catalog import Connection
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Budget, Poller, Seen, to_session
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.backends.zendesk import directory, macros, mapping, talk, writing
from supportdesk_tui.backends.zendesk.changing import Changing
from supportdesk_tui.backends.zendesk.client import MOST, Zendesk, number_of
from supportdesk_tui.backends.zendesk.gaps import GAPS, NO_ROUTING
from supportdesk_tui.backends.zendesk.listing import Listing
from supportdesk_tui.backends.zendesk.news import News
from supportdesk_tui.backends.zendesk.oauth import Rotation
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import Applied, Change, Note, Outcome
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.directory import Article, Directory, MacroText
from supportdesk_tui.domain.errors import NotFound, RateLimited, SignInNeeded
from supportdesk_tui.domain.feed import Activity, Notice
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, Cursor, CustomerId, EntryId, FeedMark, TicketId
from supportdesk_tui.domain.people import CustomerContext
from supportdesk_tui.domain.queue import Page, QueueQuery, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.text.safe import SafeText, sanitize

QUIET = Budget(per_minute=12, quick_s=5.0, slow_s=60.0)
"""Two hundred requests a minute are all that a small account has, for all of its agents and their programs."""
COUNTED = 20
"""Views whose tickets are counted in one request; more are not."""
COUNT_S = 60.0
"""Seconds between two counts: Zendesk allows six in five minutes."""
OTHERS = 10
"""Other tickets of a customer that are shown."""
RESTRICTED = {
    "organization": "sees the tickets of their organization",
    "groups": "sees the tickets of their groups",
    "assigned": "sees the tickets assigned to them",
    "requested": "sees the tickets they asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a test may set."""

    budget: Budget = field(default_factory=lambda: QUIET)
    page: int = MOST
    """Tickets asked for at once."""
    talk: int = talk.PAGE
    """Comments asked for at once."""
    job_s: float = 0.5
    """Seconds before a job is looked at the first time."""
    limits: Limits | None = None


class ZendeskBackend:
    """One agent at one Zendesk; implements `backends.port.Backend`."""

    def __init__(self, secret: str, rotation: Rotation, choices: Choices | None = None) -> None:
        self._choices = choices = choices or Choices()
        self._zendesk = Zendesk(secret, rotation, limits=choices.limits, job_s=choices.job_s)
        self._user = Node()
        self._shown: TicketId | None = None
        self._changing = Changing(self._zendesk)
        self._listing = Listing(self._zendesk, choices.page)
        self._news = News(self._zendesk, lambda: self._shown)
        self._poller = Poller(self._look, choices.budget)
        self._learning = asyncio.Lock()
        self._is_learnt = False
        self._counts: dict[str, int | None] = {}
        self._counted_at = -COUNT_S

    async def open(self) -> Session:
        """Who we are. Zendesk answers 200 to a stranger too, so it is the role that tells an agent."""
        async with self._learning:
            await self._open()
        me = self._zendesk.lens.me
        if me is None:
            raise SignInNeeded("sign in")
        lacking = dict(GAPS)
        if self._changing.is_silent:
            lacking[Capability.REPLY] = "role"
        restriction = self._user.text("ticket_restriction")
        if restriction in {"assigned", "requested"}:
            lacking |= {Capability.TAKE: "role", Capability.TRANSFER: "role"}
        if not self._zendesk.lens.has_states:
            lacking[Capability.AGENT_STATE] = NO_ROUTING
        says = RESTRICTED.get(restriction, "")
        server = f"Zendesk Support ({says})" if says else "Zendesk Support"
        return to_session(me, lacking, server, budget=self._choices.budget, http=self._zendesk.http)

    async def _open(self) -> None:
        try:
            user = (await self._zendesk.get("sign in", "/users/me", attempts=1)).at("user")
        except NotFound:
            raise NotFound("sign in", "there is no Zendesk at this address") from None
        if not user.text("role") or not user.text("email"):
            raise SignInNeeded("sign in", "Zendesk takes us for nobody: the token was not taken")
        if user.text("role") == "end-user":
            raise SignInNeeded("sign in", "this is the account of a customer, not of an agent")
        self._user = user
        self._changing.is_silent = user.flag("only_private_comments")
        await directory.learn_people(self._zendesk, user)

    async def get_directory(self) -> Directory:
        """Everything the pickers show."""
        async with self._learning:
            return await self._read()

    async def _read(self) -> Directory:
        if not self._user:
            await self._open()
        found = await directory.read(self._zendesk, self._user)
        self._is_learnt = True
        return found

    async def _learnt(self) -> None:
        """Who we are, statuses, groups and fields are known: reading and asking need them. Many may ask, one reads."""
        if not self._is_learnt:
            async with self._learning:
                if not self._is_learnt:
                    await self._read()

    async def list_views(self) -> list[View]:
        """Mine, nobody's, all that is live, and the views of Zendesk with their counts."""
        await self._learnt()
        found = await self._zendesk.every("list the views", "/views/active", "views")
        rows = [row for page in found for row in page.rows if row.text("id") and row.at("active").value is not False]
        await self._count([row.text("id") for row in rows][:COUNTED])
        return [*views.usual(), *(mapping.to_view(row, self._counts) for row in rows)]

    async def _count(self, wanted: Sequence[str]) -> None:
        """Count within the quota; a count Zendesk is still at, or that is too old, is none."""
        if not wanted or time.monotonic() - self._counted_at < COUNT_S:
            return
        self._counted_at, self._counts = time.monotonic(), {}
        try:
            found = await self._zendesk.get("count the views", "/views/count_many", query={"ids": ",".join(wanted)}, attempts=1)
        except (RateLimited, NotFound):
            return
        self._counts = {
            one.text("view_id"): one.number("value") if isinstance(one.at("value").value, int) else None
            for one in found.each("view_counts")
        }

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """A page of a query."""
        await self._learnt()
        return await self._listing.read(query, after)

    async def get_ticket(self, ticket: TicketId) -> Ticket:
        """One ticket, by number; one request, and one more where it names others."""
        number_of(ticket)
        await self._learnt()
        row = (await self._zendesk.ticket(ticket)).at("ticket")
        await self._zendesk.introduce([row], with_copies=True)
        linked = await self._zendesk.tickets(list(mapping.linked_ids(row)))
        return mapping.to_ticket(row, linked, self._zendesk.lens)

    async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
        """What was said; one request."""
        await self._learnt()
        return await talk.read(self._zendesk, number_of(ticket), before, page=self._choices.talk)

    async def get_customer(self, customer: CustomerId) -> CustomerContext:
        """Who is asking and what else they asked; two requests at once."""
        await self._learnt()
        values = {"user": number_of(TicketId(customer))}
        person, tickets = await asyncio.gather(
            self._zendesk.get("read the customer", "/users/{user}", values=values, query={"include": "organizations"}),
            self._zendesk.page(
                "read their tickets",
                "/users/{user}/tickets/requested",
                "tickets",
                values=values,
                query={"page[size]": str(OTHERS), "sort": "-updated_at"},
            ),
        )
        self._zendesk.meet(Node({"users": [person.at("user").value]}))
        return mapping.to_customer(person, tickets.rows, self._zendesk.lens)

    async def search_articles(self, text: str, locale: str | None) -> list[Article]:
        """Articles of the help center; none where there is no help center."""
        return await macros.articles(self._zendesk, text, locale)

    async def read_macro(self, ticket: TicketId, macro: str) -> MacroText:
        """A macro as Zendesk would apply it: asking changes nothing."""
        await self._learnt()
        return await macros.preview(self._zendesk, ticket, macro)

    async def reveal(self, ticket: TicketId, entry: EntryId, reason: str) -> SafeText:
        """The words of an entry with its secrets. Zendesk records no reading, so a note on the ticket says who and why."""
        await self._learnt()
        number = number_of(ticket)
        says = Note(f"Looked at what was hidden in #{entry}: {reason}")
        await self._zendesk.send(writing.put(number, writing.to_body(says, Node(), self._zendesk.lens), ""))
        return sanitize(await talk.reveal(self._zendesk, number, entry))

    def read_attachment(self, attachment: Attachment) -> AsyncGenerator[bytes, None]:
        """The bytes of a file."""
        return talk.file(self._zendesk, attachment)

    async def write_attachment(self, file: LocalFile) -> AttachmentId:
        """Upload a file."""
        return await self._changing.upload(file)

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None = None) -> Applied:
        """Do one change."""
        await self._learnt()
        return await self._changing.apply(ticket, change, key, expected)

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncIterator[Outcome]:
        """Do one change to many tickets."""
        await self._learnt()
        async for outcome in self._changing.apply_each(tickets, change, key):
            yield outcome

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Look whether a change has happened."""
        await self._learnt()
        return await self._changing.find(ticket, change, key, since)

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        """Zendesk tells nobody; but what the agent looks at is looked for sooner."""
        self._shown = TicketId(ticket.removeprefix("#")) if ticket is not None else None
        self._poller.wake()

    async def _look(self, mark: FeedMark | None) -> Seen:
        await self._learnt()
        return await self._news.look(mark)

    def feed(self, since: FeedMark | None) -> AsyncGenerator[Notice, None]:
        """What changes, for ever."""
        return self._poller.feed(since)

    async def close(self) -> None:
        """Let a renewal of the sign-in finish, and let go of sockets."""
        await self._zendesk.close()


def connect(connection: Connection) -> ZendeskBackend:
    """An adapter for a connection; touches no network."""
    return ZendeskBackend(connection.token, rotation_of(connection))


def rotation_of(connection: Connection) -> Rotation:
    """Where its tokens are renewed, and where they are kept."""
    return Rotation(
        url=connection.url,
        client_id=connection.options.get("client_id", ""),
        ca_file=connection.ca_file,
        keep=connection.keep,
        load=connection.load,
        alone=connection.alone,
    )
