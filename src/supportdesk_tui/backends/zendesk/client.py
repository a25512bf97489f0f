"""Asking Zendesk: single things, lists by cursor, jobs, and what a refusal or a quota says."""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from supportdesk_tui.backends.calls import Answer, Call, Said
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.loose import Node, read_json, said_in
from supportdesk_tui.backends.zendesk.oauth import Rotation, signing_for
from supportdesk_tui.backends.zendesk.words import API, Lens
from supportdesk_tui.domain.errors import Ambiguous, NotFound
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.text.safe import SafeText, sanitize_line

MOST = 100
"""Rows a page may have."""
MANY_PAGES = 50
"""Pages of a list that is read whole; nobody has so many agents."""
PEOPLE = 2000
"""Names kept; the oldest are forgotten."""
SHARE = 0.1
"""The part of a quota that looking for news leaves to people."""
JOB_S = 90.0
"""How long a job may take before its end is looked for elsewhere."""
TICKET = "users,groups,organizations,slas"
"""Sideloads of an opened ticket."""
_ENDPOINT = re.compile(r"total=(?P<limit>\d+);\s*remaining=(?P<left>\d+);\s*resets=(?P<reset>\d+)")


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list."""

    rows: list[Node]
    after: str
    """The cursor of the next page; empty at the end."""
    whole: Node
    """The answer itself, with what was sideloaded."""


class Quota:
    """What is left of the account's requests, as the last answer said it; Zendesk says it in two families of headers."""

    def __init__(self) -> None:
        self._until = 0.0

    def heard(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer; nothing is learnt where it says nothing."""
        said = [
            (headers.get(f"{family}-limit" if family != "x-rate-limit" else family), headers.get(f"{family}-remaining"))
            for family in ("ratelimit", "rate-limit", "x-rate-limit")
        ]
        reset = headers.get("ratelimit-reset") or headers.get("rate-limit-reset") or "60"
        quotas = [(limit, left, reset) for limit, left in said if limit and left]
        quotas += [
            (found["limit"], found["left"], found["reset"])
            for name, value in headers.items()
            if name.startswith("zendesk-ratelimit-") and (found := _ENDPOINT.match(value))
        ]
        for limit, left, seconds in quotas:
            if limit.isdecimal() and left.isdecimal() and seconds.isdecimal() and int(left) <= int(limit) * SHARE:
                self._until = max(self._until, time.monotonic() + min(int(seconds), 600))

    @property
    def wait_s(self) -> float:
        """Seconds that work in the background should leave Zendesk alone."""
        return max(0.0, self._until - time.monotonic())


class Zendesk:
    """Requests to one Zendesk as one agent."""

    def __init__(self, secret: str, rotation: Rotation, *, limits: Limits | None = None, job_s: float = 0.5) -> None:
        """`job_s` are the seconds before a job is looked at the first time."""
        self.signing = signing_for(secret, rotation)
        self.http = Http(rotation.url, self.signing, read_refusal=said, limits=limits, ca_file=rotation.ca_file)
        self.limits, self.ca_file = limits, rotation.ca_file
        self.lens = Lens()
        self.quota = Quota()
        self._job_s = job_s

    async def send(self, call: Call) -> Answer:
        """Do a request; a token about to end is renewed first."""
        await self.signing.fresh()
        answer = await self.http.send(call)
        self.quota.heard(answer.headers)
        return answer

    async def get(
        self,
        operation: str,
        route: str,
        *,
        values: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        attempts: int | None = None,
    ) -> Node:
        """One thing."""
        call = Call(
            operation=operation, method="GET", route=API + route, values=values or {}, query=query or {}, attempts=attempts
        )
        return read_json(call, await self.send(call), dict)

    async def page(
        self,
        operation: str,
        route: str,
        key: str,
        *,
        values: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        after: str = "",
    ) -> Rows:
        """A page of a list by cursor. The cursor alone is taken: `links.next` is filled on the last page too and may name
        another host."""
        asked = {"page[size]": str(MOST), **(query or {}), **({"page[after]": after} if after else {})}
        found = await self.get(operation, route, values=values, query=asked)
        has_more = found.at("meta", "has_more").value is True
        return Rows(found.each(key), found.text("meta", "after_cursor") if has_more else "", found)

    async def every(self, operation: str, route: str, key: str, *, query: Mapping[str, str] | None = None) -> list[Rows]:
        """All pages of a list."""
        pages = [await self.page(operation, route, key, query=query)]
        while pages[-1].after and len(pages) < MANY_PAGES:
            pages.append(await self.page(operation, route, key, query=query, after=pages[-1].after))
        return pages

    async def ticket(self, ticket: TicketId, *, include: str = TICKET) -> Node:
        """One ticket as it is in its envelope, with who is on it."""
        whole = await self.get(
            "open the ticket", "/tickets/{ticket}", values={"ticket": number_of(ticket)}, query={"include": include}
        )
        if not whole.at("ticket").text("id"):
            raise NotFound("open the ticket")
        self.meet(whole)
        return whole

    async def tickets(self, ids: Sequence[str], *, include: str = "users") -> list[Node]:
        """Tickets by number as they stand now, at most a page of them; those that are not there are left out."""
        if not ids:
            return []
        found = await self.get(
            "read the tickets", "/tickets/show_many", query={"ids": ",".join(ids[:MOST]), "include": "users"}
        )
        self.meet(found)
        return found.each("tickets")

    # --- people

    def meet(self, whole: Node) -> None:
        """Remember the users of an answer."""
        met = {one.text("id"): (_name(one), one.text("role")) for one in whole.each("users") if one.text("id")}
        if met:
            people = {**self.lens.people, **met}
            self.lens = replace(self.lens, people=dict(list(people.items())[-PEOPLE:]))

    async def introduce(self, rows: Sequence[Node], *, with_copies: bool = False) -> None:
        """Learn the names of those in tickets whom no sideload brought; of those who get copies where they are shown."""
        wanted = {one for row in rows for name in ("requester_id", "assignee_id") if (one := row.text(name))}
        if with_copies:
            wanted |= {one for row in rows for copied in row.each("email_cc_ids") if (one := copied.text())}
        missing = sorted(one for one in wanted if one not in self.lens.people and one not in self.lens.agents)
        for start in range(0, len(missing), MOST):
            found = await self.get("read the names", "/users/show_many", query={"ids": ",".join(missing[start : start + MOST])})
            self.meet(found)

    # --- jobs

    async def job(self, operation: str, answer: Node) -> Node:
        """Wait for a job to end."""
        state, wait_s, ends = answer.at("job_status"), self._job_s, time.monotonic() + JOB_S
        while state.text("status") in {"queued", "working", ""}:
            if time.monotonic() > ends or not state.text("id"):
                raise Ambiguous(operation, "Zendesk has not finished it yet")
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 1.5, 5.0)
            read = await self.get(operation, "/job_statuses/{job}", values={"job": state.text("id")})
            state = read.at("job_status")
        return state

    async def close(self) -> None:
        """Let a renewal finish, then let go of sockets."""
        await self.signing.settle()
        await self.http.close()


def number_of(ticket: TicketId) -> str:
    """A ticket's number, written with or without `#`; anything else is no ticket."""
    number = ticket.removeprefix("#")
    if not (number.isascii() and number.isdecimal() and len(number) < 20):
        raise NotFound("open the ticket")
    return number


def _name(person: Node) -> SafeText:
    return person.line("name") or person.line("email") or person.line("id")


def said(body: bytes) -> Said:
    """What an error body says: `error` is a word, or an object with a title and a message."""
    node = said_in(body)
    error = node.at("error")
    word = error.text() if error.text() else error.text("title")
    text = node.text("description") or error.text("message") or node.text("error_description")
    fields = {
        name: str(sanitize_line(one.text(0, "description") or one.text("description"), 300))
        for name, one in node.pairs("details")
    }
    reason = "; ".join(filter(None, (f"{text} ({word})" if text and word else text or word, *fields.values())))
    return Said(sanitize_line(reason, 1000), fields)
