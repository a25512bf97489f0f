"""Asking Zammad: one object, lists, searches in all the shapes their answers have had, and what a refusal says."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from supportdesk_tui.backends.calls import JSON, Answer, Call, Said
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.loose import Node, read_json, said_in
from supportdesk_tui.backends.signing import Token
from supportdesk_tui.backends.zammad import mapping
from supportdesk_tui.backends.zammad import query as asking
from supportdesk_tui.backends.zammad.mapping import Assets
from supportdesk_tui.backends.zammad.words import Lens
from supportdesk_tui.domain.errors import Forbidden, NotFound, SignInNeeded
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.text.safe import sanitize_line

API = "/api/v1"
PAGE = 100
"""Tickets asked for at once; the search allows twice as many."""
WHOLE = 32 * 1024 * 1024
"""Most bytes of a ticket with its thread; one article may have 20 MB."""
LIST = 200
"""Rows of other lists; the least of the limits they have."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of tickets with what came along."""

    rows: list[Node]
    assets: Assets
    total: int | None = None


class Zammad:
    """Requests to one Zammad as one agent."""

    def __init__(self, url: str, token: str, *, ca_file: str = "", limits: Limits | None = None) -> None:
        self.http = Http(url, Token(token, scheme="Token token="), read_refusal=read_refusal, limits=limits, ca_file=ca_file)
        self.lens = Lens()
        self.has_index: bool | None = None
        """Whether texts are looked for in a search index; None while nobody has asked."""
        self._opening: dict[str, asyncio.Task[Node]] = {}

    async def send(self, call: Call) -> Answer:
        """Do a request; Zammad says 403 to one without credentials."""
        try:
            return await self.http.send(call)
        except Forbidden as error:
            if "authentication required" in str(error.reason).casefold():
                raise SignInNeeded(call.operation, error.reason) from None
            raise

    async def get(
        self,
        operation: str,
        route: str,
        *,
        values: Mapping[str, str] | None = None,
        query: Mapping[str, str | Sequence[str]] | None = None,
        attempts: int | None = None,
    ) -> Node:
        """One document."""
        call = Call(
            operation=operation, method="GET", route=API + route, values=values or {}, query=query or {}, attempts=attempts
        )
        return read_json(call, await self.send(call))

    async def ask(self, operation: str, route: str, body: dict[str, Any]) -> Node:
        """A question that goes by `POST` and changes nothing."""
        call = Call(operation=operation, method="POST", route=API + route, body=msgspec.json.encode(body), headers=JSON)
        return read_json(call, await self.send(call))

    async def write(self, call: Call) -> Node:
        """A request that changes something, and what it answers."""
        return read_json(call, await self.send(call))

    async def every(self, operation: str, route: str, query: Mapping[str, str | Sequence[str]]) -> list[Node]:
        """All rows of a list that is paged by number; a short page is the last."""
        rows: list[Node] = []
        for page in range(1, 51):
            found = await self.get(operation, route, query={**query, "page": str(page), "per_page": str(LIST)})
            part = found.each()
            rows += part
            if len(part) < LIST:
                break
        return rows

    # --- tickets

    async def tickets(
        self,
        terms: Sequence[asking.Term],
        *,
        text: str = "",
        sort: str = "updated_at",
        order: str = "desc",
        page: int = 1,
        per_page: int = PAGE,
    ) -> Found:
        """A page of the tickets that fit; a text is looked for in the index or by the database."""
        terms = list(terms)
        body: dict[str, Any] = {}
        if text and await self._asks_index():
            body["query"] = asking.in_index(text)
        elif text:
            terms += asking.in_database(text)
        body |= {
            "condition": asking.to_condition(terms),
            "page": page,
            "per_page": per_page,
            "sort_by": sort,
            "order_by": order,
            "full": True,
            "with_total_count": True,
        }
        return to_found(await self.ask("list the tickets", "/tickets/search", body))

    async def _asks_index(self) -> bool:
        """Whether there is a search index: without one the operators of its language are only letters."""
        if self.has_index is None:
            body = {"query": asking.INDEX_PROBE, "per_page": 1, "full": True}
            self.has_index = bool(to_found(await self.ask("look for an index", "/tickets/search", body)).rows)
        return self.has_index

    async def by_ids(self, numbers: Sequence[str]) -> dict[TicketId, tuple[Node, Assets]]:
        """Tickets by their ids, those we may see."""
        known = [one for one in dict.fromkeys(numbers) if is_id(one)]
        rows: dict[TicketId, tuple[Node, Assets]] = {}
        for start in range(0, len(known), PAGE):
            found = await self.tickets([asking.one_of("ticket.id", known[start : start + PAGE])], sort="id")
            rows |= {TicketId(row.text("id")): (row, found.assets) for row in found.rows}
        return rows

    async def whole(self, ticket: TicketId) -> Node:
        """A ticket with its thread, people, tags, links and followers, in one request; who asks meanwhile shares it."""
        if not is_id(ticket):
            raise NotFound("open the ticket")
        running = self._opening.get(ticket)
        if running is None:
            running = self._opening[ticket] = asyncio.create_task(self._whole(ticket))
            running.add_done_callback(lambda done: self._opened(ticket, done))
        return await asyncio.shield(running)

    async def _whole(self, ticket: str) -> Node:
        call = Call(
            operation="open the ticket", method="GET", route=f"{API}/tickets/{{ticket}}", values={"ticket": ticket},
            query={"all": "true"}, max_bytes=WHOLE,
        )  # fmt: skip
        return self.checked(call, read_json(call, await self.send(call), dict))

    def _opened(self, ticket: str, done: "asyncio.Task[Node]") -> None:
        if self._opening.get(ticket) is done:
            del self._opening[ticket]
        if not done.cancelled():
            done.exception()

    def forget(self, ticket: TicketId) -> None:
        """The ticket is being changed: what is on its way now is older than that, and nobody else shares it."""
        self._opening.pop(ticket, None)

    def checked(self, call: Call, whole: Node) -> Node:
        """The answer, when the ticket is in it."""
        _, row = mapping.parts_of(whole)
        if not row.text("id"):
            raise call.unreadable("assets", "the ticket")
        return whole

    async def close(self) -> None:
        """Let go of sockets and of what is under way."""
        running = tuple(self._opening.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.http.close()


def is_id(number: str) -> bool:
    """Whether this can be the id of anything in Zammad."""
    return number.isascii() and number.isdecimal() and 0 < len(number) < 19


def to_found(answer: Node) -> Found:
    """The answer of a search: a list, records, or ids with everything about them beside."""
    assets = Assets(answer.at("assets"))
    total = answer.number("total_count", default=-1)
    if isinstance(answer.value, list):
        rows = answer.each()
    elif answer.at("records"):
        rows = answer.each("records")
    else:
        named = answer.each("record_ids") or answer.each("tickets")
        rows = [one if isinstance(one.value, dict) else assets.find("Ticket", one.text()) for one in named]
    return Found([row for row in rows if row.text("id")], assets, total if total >= 0 else None)


def read_refusal(body: bytes) -> Said:
    """What a refusal says, in words for people where there are such; that of a list names the ticket it is about."""
    node = said_in(body)
    reason = node.text("error_human") or node.text("error") or node.text("message")
    fields = {"ticket_id": node.text("ticket_id")} if node.text("ticket_id") else {}
    return Said(sanitize_line(reason, 1000), fields)
