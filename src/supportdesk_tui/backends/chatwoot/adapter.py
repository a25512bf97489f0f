"""Chatwoot 4 over its Application API: every method of the port. How to connect and what differs: docs/backends-chatwoot.md."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from msgspec.structs import replace as changed

from supportdesk_tui.backends import views
from supportdesk_tui.backends.catalog import Connection
from supportdesk_tui.backends.chatwoot import directory, files, mapping, talk
from supportdesk_tui.backends.chatwoot import macro as macro_of
from supportdesk_tui.backends.chatwoot import query as asking
from supportdesk_tui.backends.chatwoot.cable import CablePace
from supportdesk_tui.backends.chatwoot.changing import Changing
from supportdesk_tui.backends.chatwoot.client import Chatwoot, numbered
from supportdesk_tui.backends.chatwoot.gaps import GAPS
from supportdesk_tui.backends.chatwoot.push import Push
from supportdesk_tui.backends.chatwoot.walk import Listed, Order, Walk
from supportdesk_tui.backends.files import named
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Budget, to_session
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import Applied, Change, Note, Outcome
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.directory import Article, Directory, MacroText
from supportdesk_tui.domain.errors import BackendError, Forbidden, NotFound
from supportdesk_tui.domain.feed import Activity, Notice
from supportdesk_tui.domain.ids import (
    AgentId,
    AttachmentId,
    ChangeKey,
    Cursor,
    CustomerId,
    EntryId,
    FeedMark,
    TeamId,
    TicketId,
    ViewId,
)
from supportdesk_tui.domain.people import Agent, CustomerContext
from supportdesk_tui.domain.queue import Page, QueueQuery, View, matches
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.text.safe import SafeText, sanitize, sanitize_line

LONGEST = 150_000
"""Characters of a message."""
_READING = frozenset({Capability.SEARCH, Capability.ARTICLES, Capability.AGENT_STATE})
"""What needs no permission to work on conversations."""
_WORKING = frozenset(
    {
        "administrator",
        "agent",
        "conversation_manage",
        "conversation_unassigned_manage",
        "conversation_participating_manage",
    }
)
"""Permissions of which one is enough to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a profile, or a test, may set."""

    account: str = ""
    """Number of the account; the first of the profile when empty."""
    budget: Budget = field(default_factory=Budget)
    pace: CablePace = field(default_factory=CablePace)


class ChatwootBackend:
    """One agent in one account of one Chatwoot; implements `backends.port.Backend`."""

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
        self._desk = Chatwoot(url, token, account=choices.account, ca_file=ca_file, limits=limits)
        self._ca_file = ca_file
        self._limits = limits
        self._me: Agent | None = None
        self._shown: TicketId | None = None
        self._typing: tuple[TicketId, bool] | None = None
        self._push = Push(self._desk, lambda: self._shown, choices.budget, choices.pace)
        self._changing = Changing(self._desk)
        self._learning = asyncio.Lock()
        self._telling = asyncio.Lock()
        """Words about typing arrive in order, so that the last one counts."""
        self._saved: dict[str, tuple[dict[str, object], ...]] = {}

    async def open(self) -> Session:
        """Who the token belongs to, and what they may do in the account. Four requests."""
        profile = await self._desk.profile(attempts=1)
        accounts = profile.each("accounts")
        wanted = self._choices.account or (accounts[0].text("id") if accounts else "")
        mine = next((one for one in accounts if wanted and one.text("id") == wanted), None)
        if mine is None:
            known = ", ".join(one.text("id") for one in accounts) or "none"
            raise Forbidden("sign in", sanitize_line(f"you are not in account {wanted or '?'}; your accounts: {known}"))
        self._desk.account = wanted
        me = mapping.to_agent(profile)
        self._desk.lens = replace(self._desk.lens, me=me.id, my_name=str(me.name), my_email=profile.text("email"))
        await directory.learn(self._desk)
        shown = mapping.to_agent(mine, self._desk.lens.my_teams)
        self._me = changed(shown, id=me.id, name=me.name)
        lacking = dict(GAPS)
        permissions = {one.text() for one in mine.each("permissions")} or {mine.text("role")}
        if not permissions & _WORKING:
            lacking |= {one: "role" for one in Capability if one not in lacking and one not in _READING}
        budget = self._choices.budget
        return to_session(self._me, lacking, "Chatwoot", budget=budget, http=self._desk.http, longest=LONGEST)

    async def get_directory(self) -> Directory:
        """Everything the pickers show."""
        await self._learnt()
        async with self._learning:
            return await directory.read(self._desk, await self._who())

    async def _who(self) -> Agent:
        if self._me is None:
            await self.open()
        if self._me is None:
            raise NotFound("sign in")
        return self._me

    async def _learnt(self) -> None:
        """Which account, who we are, teams and inboxes are known: every request needs them."""
        if self._me is None:
            async with self._learning:
                await self._who()

    async def list_views(self) -> list[View]:
        """Mine, nobody's, all, Chatwoot's own, teams, and the agent's filters; counted here once the copy is whole."""
        await self._learnt()
        own = asking.BUILT_IN.items()
        shown = views.usual()
        shown += [View(ViewId(kind), sanitize_line(title), changed(views.LIVE, view=kind)) for kind, title in own]
        shown += [views.of_team("team", TeamId(number), name) for number, name in self._desk.lens.teams.items()]
        found = await self._desk.get("list the views", "/custom_filters", query={"filter_type": "conversation"})
        self._saved = {one.text("id"): asking.saved(one) for one in found.each() if one.text("id") and one.text("name")}
        named = {one.text("id"): one.line("name") for one in found.each()}
        return shown + [View(ViewId(f"filter-{one}"), named[one], QueueQuery(view=one)) for one in self._saved]

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """A page of a query."""
        await self._learnt()
        asked = asking.to_asked(query, self._desk.lens)
        conditions, order = asked.filter, asking.ORDERS[query.sort][1]
        if query.view and query.view not in asking.BUILT_IN:
            conditions = await self._conditions(query.view)
        if conditions:
            order = asking.activity
        if not asked.lists and not conditions:
            return Page((), None, 0, unapplied=asked.unapplied)
        return await self._walk(asked, conditions, order, after)

    async def _conditions(self, view: str) -> tuple[dict[str, object], ...]:
        if view not in self._saved:
            values = {"filter": numbered(view, "open the view")}
            self._saved[view] = asking.saved(await self._desk.get("open the view", "/custom_filters/{filter}", values=values))
        return self._saved[view]

    async def _walk(
        self, asked: asking.Asked, conditions: Sequence[dict[str, object]], order: Order, after: Cursor | None
    ) -> Page[TicketSummary]:
        lens = self._desk.lens
        summaries: dict[str, TicketSummary] = {}

        async def read(number: int, page: int) -> Listed:
            if conditions:
                found = await self._desk.find(
                    "list the tickets", "/conversations/filter", {"payload": conditions}, {"page": str(page)}
                )
                return Listed(_rows(found.each("payload")), found.number("meta", "all_count"))
            parameters = asked.lists[number]
            found = await self._desk.get("list the tickets", "/conversations", query={**parameters, "page": str(page)})
            count = {"me": "mine_count", "unassigned": "unassigned_count", "assigned": "assigned_count"}
            meta = count.get(str(parameters["assignee_type"]), "all_count")
            return Listed(_rows(found.each("data", "payload")), found.number("data", "meta", meta))

        def fits(row: Node) -> bool:
            summary = summaries[row.text("id")] = mapping.to_summary(row, lens)
            return matches(asked.rest, summary, me=lens.me or AgentId(""), my_teams=lens.my_teams, now=summary.updated_at)

        walk = Walk(read, 1 if conditions else len(asked.lists), order, fits, is_growing=asked.is_growing and not conditions)
        rows, cursor, total = await walk.go(after)
        items = tuple(summaries[row.text("id")] for row in rows)
        return Page(items, cursor, None if after else len(items) if cursor is None else total, unapplied=asked.unapplied)

    async def get_ticket(self, ticket: TicketId) -> Ticket:
        """One conversation, by number; two requests."""
        await self._learnt()
        number = TicketId(numbered(ticket, "open the ticket"))
        row, participants = await asyncio.gather(self._desk.ticket(number), self._changing.participants(number))
        return mapping.to_ticket(row, participants, self._desk.lens)

    async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
        """What was said and done; one request."""
        await self._learnt()
        return await talk.read(self._desk, ticket, before)

    async def get_customer(self, customer: CustomerId) -> CustomerContext:
        """Who is asking and what else they asked; two requests."""
        await self._learnt()
        values = {"contact": numbered(customer, "read the customer")}
        contact, others = await asyncio.gather(
            self._desk.get("read the customer", "/contacts/{contact}", values=values),
            self._desk.get("read the customer", "/contacts/{contact}/conversations", values=values),
        )
        return mapping.to_customer(contact.at("payload"), others.each("payload"), self._desk.lens)

    async def search_articles(self, text: str, locale: str | None) -> list[Article]:
        """Articles of every portal; those in the language asked for come first."""
        await self._learnt()
        found = await self._desk.get("search the articles", "/search/articles", query={"q": text})
        articles = [
            mapping.to_article(one, self._desk.http.base) for one in found.each("payload", "articles") if one.text("title")
        ]
        return sorted(articles, key=lambda article: article.language != (locale or article.language))

    async def read_macro(self, ticket: TicketId, macro: str) -> MacroText:
        """A canned response or macro, filled in here as the server would."""
        await self._learnt()
        kind, number = macro[: macro.find("-") + 1], macro.partition("-")[2]
        row = await self._desk.ticket(ticket, "read the macro")
        if kind == macro_of.MACRO:
            values = {"macro": numbered(number, "read the macro")}
            found = await self._desk.get("read the macro", "/macros/{macro}", values=values)
            return macro_of.read(found.at("payload"), row, self._desk.lens)
        for one in (await self._desk.get("read the macro", "/canned_responses")).each():
            if kind == macro_of.CANNED and one.text("id") == number:
                return MacroText(macro_of.filled(one.text("content"), row, self._desk.lens))
        raise NotFound("read the macro")

    async def reveal(self, ticket: TicketId, entry: EntryId, reason: str) -> SafeText:
        """The words of a message with its secrets. Chatwoot records no reading, so a private note says who and why, first."""
        await self._learnt()
        await self._changing.apply(ticket, Note(f"Looked at what was hidden in #{entry}: {reason}"), ChangeKey(uuid4().hex))
        return sanitize(mapping.raw_words(await talk.one(self._desk, ticket, entry, "show what is hidden")))

    async def read_attachment(self, attachment: Attachment) -> AsyncGenerator[bytes, None]:
        """The bytes of a file: its signed address is asked for anew, and then fetched without our token."""
        await self._learnt()
        ticket, _, place = attachment.id.partition("/")
        message, _, number = place.partition("/")
        row = await talk.one(self._desk, TicketId(ticket), message, "fetch the file")
        found = next((one for one in row.each("attachments") if one.text("id") == number), None)
        if found is None or not found.text("data_url"):
            raise NotFound("fetch the file")
        address, size = found.text("data_url"), found.number("file_size") or attachment.size
        base = self._desk.http.base
        async with aclosing(files.fetch(address, base, size, ca_file=self._ca_file, limits=self._limits)) as pieces:
            async for piece in pieces:
                yield piece

    async def write_attachment(self, file: LocalFile) -> AttachmentId:
        """Chatwoot takes files with their message: this checks the file and names it."""
        return await named(file, files.MAX_FILE)

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None = None) -> Applied:
        """Do one change; nothing in Chatwoot could refuse one made on an older version."""
        await self._learnt()
        return await self._changing.apply(ticket, change, key)

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncGenerator[Outcome, None]:
        """Do one change to many tickets."""
        await self._learnt()
        async for outcome in self._changing.apply_each(tickets, change, key):
            yield outcome

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Look in the conversation whether a change has happened."""
        await self._learnt()
        return await self._changing.find(ticket, change, key, since)

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        """Tell who types. Of a note only the other agents are told: that word must never reach the customer's window."""
        self._shown = TicketId(ticket.removeprefix("#")) if ticket else None
        self._push.wake()
        is_typing = activity in {Activity.TYPING, Activity.TYPING_NOTE} and self._shown is not None
        typing = (self._shown, activity is Activity.TYPING_NOTE) if is_typing and self._shown else None
        before, self._typing = self._typing, typing
        async with self._telling:
            with suppress(BackendError):
                if before is not None and before != typing:
                    await self._type(before, "off")
                if typing is not None:
                    await self._type(typing, "on")

    async def _type(self, typing: tuple[TicketId, bool], word: str) -> None:
        await self._learnt()
        ticket, is_private = typing
        body = {"typing_status": word, "is_private": is_private}
        values = {"ticket": numbered(ticket, "tell who types")}
        call = self._desk.writing("tell who types", "POST", "/conversations/{ticket}/toggle_typing_status", values, body)
        await self._desk.send(replace(call, attempts=1))

    async def feed(self, since: FeedMark | None) -> AsyncGenerator[Notice, None]:
        """What changes, for ever: pushed where Chatwoot's socket can be opened, looked for where it can not."""
        await self._learnt()
        async with aclosing(self._push.feed(since)) as notices:
            async for notice in notices:
                yield notice

    async def close(self) -> None:
        """Let go of sockets."""
        await self._desk.http.close()


def _rows(rows: Sequence[Node]) -> list[Node]:
    return [row for row in rows if row.text("id")]


def connect(connection: Connection) -> ChatwootBackend:
    """An adapter for a connection; touches no network."""
    choices = Choices(account=connection.options.get("account", ""))
    return ChatwootBackend(connection.url, connection.token, choices, ca_file=connection.ca_file)
