"""Asking RT: lists, single tickets, and what a refusal says."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from supportdesk_tui.backends.calls import JSON, Answer, Call, Said
from supportdesk_tui.backends.files import download
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.loose import Node, read_json, said_in
from supportdesk_tui.backends.rt.mapping import FIELD, sentences
from supportdesk_tui.backends.rt.marks import Marks
from supportdesk_tui.backends.rt.twins import Twins
from supportdesk_tui.backends.rt.words import Lens
from supportdesk_tui.backends.rt.writing import REST
from supportdesk_tui.backends.signing import Token
from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.domain.errors import BadPayload, NotFound, SignInNeeded
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.text.safe import sanitize_line

PERSON = "Name,RealName,EmailAddress"
ROW = {
    "fields": "Subject,Status,Queue,Owner,Priority,Requestor,AdminCc,Created,LastUpdated,Due,Starts,Told,CustomFields",
    "fields[Queue]": "Name",
    "fields[Owner]": PERSON,
    "fields[Requestor]": PERSON,
    "fields[AdminCc]": "Name",
}
"""What a row of the queue needs; without it RT gives numbers only."""
FULL = ROW | {"fields": ROW["fields"] + ",Cc,_hyperlinks", "fields[Cc]": PERSON}
"""What an opened ticket needs besides: the single ticket does not expand people, a list of one does."""
MOST = 100
"""Rows a page may have; RT cuts more without a word."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of tickets."""

    rows: list[Node]
    total: int


class Rt:
    """Requests to one RT as one agent. The session cookie of one web page spares RT hashing the token with every request."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        ca_file: str = "",
        limits: Limits | None = None,
    ) -> None:
        signing = Token(token, scheme="token ")
        self.http = Http(url, signing, read_refusal=_said, limits=limits, ca_file=ca_file)
        self.lens = Lens()
        self.twins = Twins()
        self.marks = Marks()
        self.customers: set[str] = set()
        """Logins of those who are known to ask: not to be privileged, or asking on a ticket that was read, by an address as RT
        makes logins of mails."""

    async def send(self, call: Call) -> Answer:
        """Do a request; RT sends a client with a cookie and without a good token to its sign-in page."""
        with _no_sign_in_page(call):
            return await self.http.send(call)

    async def file(self, file: Attachment) -> AsyncGenerator[bytes, None]:
        """The bytes of a file: one of a message from its web page, one of a custom field from where the field says."""
        place, _, number = file.id.partition("/")
        route = f"{REST}/download/cf/{{number}}" if place == FIELD else "/Ticket/Attachment/{place}/{number}/file"
        call = Call(operation="fetch the file", method="GET", route=route, values={"place": place, "number": number})
        with _no_sign_in_page(call):
            size = await self._length(call) if place == FIELD else file.size
            async with aclosing(download(self.http, call, size)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _length(self, call: Call) -> int:
        """How large a file is whose size nobody told."""
        said = (await self.http.send(replace(call, method="HEAD", headers={"Accept": "*/*"}))).headers.get("content-length", "")
        return int(said) if said.isascii() and said.isdecimal() else 0

    async def get(
        self,
        operation: str,
        route: str,
        *,
        values: Mapping[str, str] | None = None,
        query: Mapping[str, str | Sequence[str]] | None = None,
        attempts: int | None = None,
    ) -> Node:
        """One thing."""
        call = Call(
            operation=operation, method="GET", route=REST + route, values=values or {}, query=query or {}, attempts=attempts
        )
        return read_json(call, await self.send(call), dict)

    async def find(self, operation: str, route: str, wanted: list[dict[str, Any]], fields: Mapping[str, str]) -> list[Node]:
        """All of a kind that fit; terms about the same field are joined by OR."""
        call = Call(
            operation=operation,
            method="POST",
            route=REST + route,
            query={"per_page": str(MOST), **fields},
            body=msgspec.json.encode(wanted),
            headers=JSON,
        )
        return read_json(call, await self.send(call), dict).each("items")

    async def tickets(
        self,
        where: str,
        *,
        order: Sequence[tuple[str, str]] = (("id", "DESC"),),
        page: int = 1,
        per_page: int = MOST,
        fields: Mapping[str, str] = ROW,
    ) -> Found:
        """A page of the tickets that TicketSQL finds."""
        query: dict[str, str | Sequence[str]] = {
            "query": where,
            "orderby": [column for column, _ in order],
            "order": [way for _, way in order],
            "page": str(page),
            "per_page": str(per_page),
            **fields,
        }
        found = await self.get("list the tickets", "/tickets", query=query)
        rows = found.each("items")
        askers = (one.text("id") for row in rows for one in row.each("Requestor"))
        self.customers |= {login for login in askers if "@" in login}
        return Found(rows, found.number("total"))

    async def ticket(self, ticket: TicketId) -> Node:
        """One ticket with everything on it; a merged one leads to the ticket it went into."""
        number = ticket.removeprefix("#")
        if not (number.isascii() and number.isdecimal()):
            raise NotFound("open the ticket")
        found = await self.tickets(f"id = {int(number)}", per_page=1, fields=FULL)
        if not found.rows:
            plain = await self.get("open the ticket", "/ticket/{ticket}", values={"ticket": number})
            found = await self.tickets(f"id = {plain.number('id')}", per_page=1, fields=FULL)
        if not found.rows:
            raise NotFound("open the ticket")
        return found.rows[0]

    async def tagged(self, ticket: TicketId) -> tuple[Node, str]:
        """The ticket without the names of people, and a tag that changes with everything that happens on it."""
        number = ticket.removeprefix("#")
        if not (number.isascii() and number.isdecimal()):
            raise NotFound("open the ticket")
        call = Call(operation="look at the ticket", method="GET", route=f"{REST}/ticket/{{ticket}}", values={"ticket": number})
        answer = await self.send(call)
        return read_json(call, answer, dict), answer.headers.get("etag", "")

    async def warm(self) -> None:
        """Ask for one web page: its cookie signs what follows, without a hash each time."""
        page = Call(
            operation="open a session", method="GET", route="/Ticket/Display.html", query={"id": "0"},
            headers={"Accept": "text/html"}, attempts=1,
        )  # fmt: skip
        try:
            await self.http.send(page)
        except (NotFound, BadPayload):
            return


@contextmanager
def _no_sign_in_page(call: Call) -> Iterator[None]:
    """Being sent to the page where people sign in means that nobody is signed in."""
    try:
        yield
    except BadPayload as error:
        if error.path == "status" and "redirect" in error.expected:
            raise SignInNeeded(call.operation, "the token was not taken") from None
        raise


def _said(body: bytes) -> Said:
    return Said(sanitize_line(sentences(said_in(body)), 1000))
