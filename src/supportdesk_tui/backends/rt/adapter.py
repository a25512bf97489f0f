"""Request Tracker 5 and 6 over REST 2: every method of the port. How to connect and what it lacks: docs/backends.md."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from supportdesk_tui.backends import views
from supportdesk_tui.backends.catalog import Connection
from supportdesk_tui.backends.files import named
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Budget, Poller, to_session
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.backends.rt import directory, mapping, talk, writing
from supportdesk_tui.backends.rt import query as sql
from supportdesk_tui.backends.rt.changing import Changing
from supportdesk_tui.backends.rt.client import MOST, PERSON, ROW, Rt
from supportdesk_tui.backends.rt.gaps import GAPS
from supportdesk_tui.backends.rt.learning import Learning
from supportdesk_tui.backends.rt.news import News
from supportdesk_tui.backends.rt.speaking import MAX_FILE
from supportdesk_tui.backends.rt.words import TAGS
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import Applied, Change, Note, Outcome, ReturnTask
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.directory import Article, Directory, MacroText
from supportdesk_tui.domain.errors import BackendError, SignInNeeded, Unsupported
from supportdesk_tui.domain.feed import Activity, Notice
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, Cursor, CustomerId, EntryId, FeedMark, TicketId, ViewId
from supportdesk_tui.domain.people import Agent, CustomerContext
from supportdesk_tui.domain.queue import Page, QueueQuery, SortKey, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.text.safe import SafeText, sanitize

_TOKEN = re.compile(r"\d+-(?P<user>\d+)-[0-9a-f]+")
OTHERS = 10
"""Other tickets of a customer that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a profile, or a test, may set."""

    tags: str = TAGS
    """Name of the custom field of many values that holds tags; empty for none."""
    budget: Budget = field(default_factory=Budget)
    page: int = MOST
    """Tickets asked for at once."""
    talk: int = talk.PAGE
    """Transactions of a conversation asked for at once."""


class RtBackend:
    """One agent at one Request Tracker; implements `backends.port.Backend`."""

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
        self._rt = Rt(url, token, ca_file=ca_file, limits=limits)
        self._rt.lens = replace(self._rt.lens, tags=choices.tags)
        matched = _TOKEN.fullmatch(token)
        self._user = matched["user"] if matched else ""
        self._me: Agent | None = None
        self._shown: TicketId | None = None
        self._bodies: tuple[str, ...] | None = None
        """Names of the custom fields that hold articles, once read."""
        self._poller = Poller(News(self._rt, lambda: self._shown).look, choices.budget)
        self._changing = Changing(self._rt)
        self._learning = Learning(self._rt, self._who)
        self._signing_in = asyncio.Lock()

    async def open(self) -> Session:
        """Who the token belongs to, and what server this is."""
        me, server = await asyncio.gather(self._sign_in(), self._rt.get("sign in", "/rt", attempts=1))
        lacking = dict(GAPS) if self._rt.lens.tags else GAPS | {Capability.TAG: "No custom field for tags is configured"}
        name = f"Request Tracker {server.text('Version')}"
        return to_session(me, lacking, name, budget=self._choices.budget, http=self._rt.http)

    async def _sign_in(self) -> Agent:
        """RT has no whoami, but the token holds the user's number; the queues are the agent's teams."""
        if not self._user:
            raise SignInNeeded("sign in", "this is no token of Request Tracker: it looks like 1-23-0a1b2c…")
        row, _ = await asyncio.gather(
            self._rt.get("sign in", "/user/{user}", values={"user": self._user}, attempts=1), directory.queues(self._rt)
        )
        self._me = me = mapping.to_agent(row, map(mapping.team_id, self._rt.lens.queues))
        self._rt.lens = replace(self._rt.lens, me=me.id, number=self._user, zone=row.text("Timezone"))
        return me

    async def _who(self) -> Agent:
        """Who we are, asked for where nobody has yet."""
        async with self._signing_in:
            return self._me or await self._sign_in()

    async def get_directory(self) -> Directory:
        """Everything the pickers show."""
        with suppress(BackendError):
            await self._rt.warm()
        return await self._learning.directory()

    async def list_views(self) -> list[View]:
        """Mine, nobody's, every queue, and the searches saved in RT; counted here once the copy is whole."""
        await self._who()
        queues = [views.of_team("queue", mapping.team_id(number), name) for number, name in self._rt.lens.queues.items()]
        return [*views.usual(), *queues, *await self._saved()]

    async def _saved(self) -> list[View]:
        found = await self._rt.get("list the views", "/searches", query={"fields": "Description,Name", "per_page": "100"})
        return [
            View(ViewId(f"search-{one.text('id')}"), one.line("Description"), QueueQuery(view=one.text("id")))
            for one in found.each("items")
            if one.text("Description") and "[_" not in one.text("Description")
        ]

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """A page of a query. By creation it is read from number to number, so that nothing moves between pages."""
        await self._learning.statuses()
        asked = sql.to_sql(query, self._rt.lens)
        where = asked.sql
        if query.view:
            saved = await self._rt.get("open the view", "/search/{search}", values={"search": query.view})
            where = f"({saved.text('Content', 'Query') or sql.NEVER}) AND {where}"
        if query.sort is SortKey.CREATED:
            page = await self._from_number(where, after)
        elif query.sort is SortKey.CLOCK:
            page = await self._by_clock(where, after)
        else:
            page = await self._numbered(where, query.sort, int(after or 1))
        return Page(page.items, page.after, page.total, unapplied=asked.unapplied)

    async def _from_number(self, where: str, after: Cursor | None) -> Page[TicketSummary]:
        below = f"({where}) AND id < {int(after)}" if after else where
        found = await self._rt.tickets(below, per_page=self._choices.page)
        last = Cursor(found.rows[-1].text("id")) if found.total > len(found.rows) and found.rows else None
        return Page(self._summaries(found.rows), last, None if after else found.total)

    async def _numbered(self, where: str, sort: SortKey, page: int) -> Page[TicketSummary]:
        found = await self._rt.tickets(where, order=sql.ORDERS[sort], page=page, per_page=self._choices.page)
        is_last = page * self._choices.page >= found.total
        return Page(self._summaries(found.rows), None if is_last else Cursor(str(page + 1)), found.total)

    async def _by_clock(self, where: str, after: Cursor | None) -> Page[TicketSummary]:
        """First those with a deadline that runs, then the others: RT sorts what has none before everything else."""
        runs = f"({where}) AND {sql.HAS_DUE} AND Status = '__Active__'"
        rests = f"({where}) AND ({sql.NO_DUE} OR Status = '__Inactive__')"
        part, _, number = (after or "runs:1").partition(":")
        page = await self._numbered(runs if part == "runs" else rests, SortKey.CLOCK, int(number or 1))
        if page.after is not None:
            return Page(page.items, Cursor(f"{part}:{page.after}"), None)
        if part == "runs" and not page.items:
            return await self._by_clock(where, Cursor("rests:1"))
        return Page(page.items, Cursor("rests:1") if part == "runs" else None, None)

    def _summaries(self, rows: Sequence[Node]) -> tuple[TicketSummary, ...]:
        return tuple(mapping.to_summary(row, self._rt.lens) for row in rows if row.text("id"))

    async def get_ticket(self, ticket: TicketId) -> Ticket:
        """One ticket, by number; one request, and one more where links lead elsewhere."""
        await self._learning.statuses()
        row = await self._rt.ticket(ticket)
        linked = mapping.linked_ids(row)
        others: list[Node] = []
        if linked:
            where = " OR ".join(f"id = {int(number)}" for number in linked if number.isdecimal())
            others = (await self._rt.tickets(where, fields={"fields": "Subject,Status,Queue"})).rows
        return mapping.to_ticket(row, others, self._rt.lens)

    async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
        """What was said and done. News of what was read last comes with its words."""
        await self._learning.agents()
        ticket = TicketId(ticket.removeprefix("#"))
        if before is None and self._shown != ticket:
            self._shown = ticket
            self._poller.wake()
        return await talk.read(self._rt, ticket, before, page=self._choices.talk)

    async def get_customer(self, customer: CustomerId) -> CustomerContext:
        """Who is asking and what else they asked: a list of tickets tells more of a person than their own record."""
        where = f"Requestor.Name = {sql.quoted(customer)}"
        fields = ROW | {
            "fields": ROW["fields"],
            "fields[Requestor]": f"{PERSON},Organization,WorkPhone,City,Country,Lang,Timezone,CustomFields",
        }
        found = await self._rt.tickets(where, order=(("LastUpdated", "DESC"),), per_page=OTHERS, fields=fields)
        people = [one for row in found.rows for one in row.each("Requestor") if one.text("id") == customer]
        if not people:
            people = [await self._rt.get("read the customer", "/user/{user}", values={"user": customer})]
        return mapping.to_customer(people[0], found.rows, self._rt.lens)

    async def search_articles(self, text: str, locale: str | None) -> list[Article]:
        """Articles with the words in name, summary or one of the fields that hold bodies."""
        await self._who()
        if self._bodies is None:
            self._bodies = await directory.article_fields(self._rt)
        return await directory.articles(self._rt, text, self._bodies)

    async def read_macro(self, ticket: TicketId, macro: str) -> MacroText:
        """RT keeps none."""
        raise Unsupported(Capability.MACROS)

    async def reveal(self, ticket: TicketId, entry: EntryId, reason: str) -> SafeText:
        """The words of an entry with its secrets. RT records no reading, so a comment on the ticket says who and why."""
        says = f"Looked at what was hidden in #{entry}: {reason}"
        await self._rt.send(writing.say(ticket, Note(says), ()))
        return sanitize(await talk.reveal(self._rt, ticket, entry))

    def read_attachment(self, attachment: Attachment) -> AsyncGenerator[bytes, None]:
        """The bytes of a file, from its web address: REST 2 would hold it whole in memory, a third larger."""
        return self._rt.file(attachment)

    async def write_attachment(self, file: LocalFile) -> AttachmentId:
        """RT takes files only with their message: this checks the file and names it."""
        return await named(file, MAX_FILE)

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None = None) -> Applied:
        """Do one change, for which nobody's name need be known; handing back solves, so that needs what statuses mean."""
        await (self._learning.statuses() if isinstance(change, ReturnTask) else self._who())
        try:
            return await self._changing.apply(ticket, change, key, expected)
        finally:
            self._poller.wake()

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncGenerator[Outcome, None]:
        """Do one change to many tickets."""
        await self._who()
        async with aclosing(self._changing.apply_each(tickets, change)) as outcomes:
            async for outcome in outcomes:
                yield outcome
        self._poller.wake()

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Look in the ticket whether a change has happened."""
        await self._who()
        return await self._changing.find(ticket, change, key, since)

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        """RT tells nobody; but what the agent looks at is looked for sooner."""
        self._shown = ticket or self._shown
        self._poller.wake()

    def feed(self, since: FeedMark | None) -> AsyncGenerator[Notice, None]:
        """What changes, for ever."""
        return self._poller.feed(since)

    async def close(self) -> None:
        """Let go of sockets."""
        await self._rt.http.close()


def connect(connection: Connection) -> RtBackend:
    """An adapter for a connection; touches no network."""
    choices = Choices(tags=connection.options.get("tags", TAGS))
    return RtBackend(connection.url, connection.token, choices, ca_file=connection.ca_file)
