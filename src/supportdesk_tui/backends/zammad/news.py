"""What is new on a Zammad: tickets changed since a mark, looked for at once when its long poll says that something happened."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from supportdesk_tui.backends.calls import JSON, Call
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.loose import Node, read_json
from supportdesk_tui.backends.polling import Seen
from supportdesk_tui.backends.zammad import mapping
from supportdesk_tui.backends.zammad import query as asking
from supportdesk_tui.backends.zammad.client import API, PAGE, Found, Zammad
from supportdesk_tui.backends.zammad.words import NOBODY
from supportdesk_tui.domain.errors import BackendError, Forbidden, NotFound, SignInNeeded
from supportdesk_tui.domain.feed import EntryAdded, Gap, Notice, TicketChanged
from supportdesk_tui.domain.ids import AgentId, FeedMark, TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.text.safe import NO_TEXT, sanitize_line

_log = logging.getLogger(__name__)
OVERLAP = timedelta(seconds=5)
"""A change becomes visible a moment after the time it carries, so each look begins a little before the last one ended."""
RECENT = 25
"""Tickets looked at to find out where now is: among them is the one with the newest article."""
HOLD_S = 40.0
"""A long poll is answered after some 25 s at the latest."""
GATHER_S = 1.0
"""Between two answers with events: on a busy desk there are always some, and one look tells of them all."""
REST_S = 30.0
"""Longest wait before a long poll that failed is tried again; news are looked for meanwhile all the same."""


class News:
    """Looks for tickets that changed. A mark is the newest change seen and the newest article, as `time|article`."""

    def __init__(self, zammad: Zammad, open_ticket: Callable[[], TicketId | None]) -> None:
        """`open_ticket` says which conversation is on screen: its new words are fetched, others only change their row."""
        self._zammad = zammad
        self._open = open_ticket
        self._told: dict[TicketId, datetime] = {}
        """Changes already told that a look may meet again."""
        self._heard: dict[TicketId, int] = {}
        """Newest article told of conversations that were on screen."""

    async def look(self, mark: FeedMark | None) -> Seen:
        """One look; without a mark it only finds out where now is."""
        since, article = _read(mark)
        if since is None:
            newest = await self._changed(None, per_page=RECENT)
            row = newest.rows[0] if newest.rows else Node()
            self._told = {TicketId(one.text("id")): one.when("updated_at") or mapping.EPOCH for one in newest.rows}
            now = self._zammad.http.now()
            return Seen(mark=_mark(row.when("updated_at") or now, _last_article(newest.rows)), at=now)
        found = await self._changed(since - OVERLAP, per_page=PAGE)
        fresh = [row for row in found.rows if self._told.get(TicketId(row.text("id"))) != row.when("updated_at")]
        newest_at = max((row.when("updated_at") or since for row in found.rows), default=since)
        last = _mark(max(newest_at, since), max(article, _last_article(found.rows)))
        if len(found.rows) >= PAGE and len(fresh) >= PAGE:
            return Seen(notices=(Gap(),), mark=last, at=self._zammad.http.now())
        seen = await self._tell(fresh, found, since, article, last)
        self._remember(found.rows, newest_at)
        return seen

    async def _tell(self, fresh: list[Node], found: Found, since: datetime, article: int, last: FeedMark) -> Seen:
        notices: list[Notice] = []
        requests = 1
        for row in sorted(fresh, key=lambda one: one.when("updated_at") or since):
            summary = mapping.to_summary(row, found.assets, self._zammad.lens)
            notices.append(self._as_notice(row, found, since, last))
            if summary.id == self._open():
                requests += 1
                notices += await self._words(summary.id, article, last)
        return Seen(notices=notices, mark=last, requests=requests, at=self._zammad.http.now())

    def _as_notice(self, row: Node, found: Found, since: datetime, last: FeedMark) -> TicketChanged:
        """A changed row; whoever was made owner by somebody else since the last look is told."""
        lens, actor = self._zammad.lens, AgentId(row.text("updated_by_id"))
        summary = mapping.to_summary(row, found.assets, lens)
        given_at = row.when("last_owner_update_at")
        is_given = summary.owner == lens.me and actor != lens.me and given_at is not None and given_at > since
        return TicketChanged(
            summary,
            last,
            actor=actor if actor not in {"", NOBODY} else None,
            says=sanitize_line(f"{found.assets.name(actor) or 'Somebody'} gave you {summary.number}") if is_given else NO_TEXT,
            tells=lens.me if is_given else None,
        )

    async def _words(self, ticket: TicketId, article: int, last: FeedMark) -> list[Notice]:
        """What was said on the ticket on screen since it was last looked at."""
        whole = await self._zammad.whole(ticket)
        assets, _ = mapping.parts_of(whole)
        summary = mapping.to_ticket(whole, self._zammad.lens).summary
        known = self._heard.get(ticket, article)
        entries = [mapping.to_entry(row, assets) for row in mapping.articles_of(whole) if row.number("id") > known]
        self._heard[ticket] = max((entry.seq for entry in entries), default=known)
        return [EntryAdded(summary, entry, last) for entry in entries]

    async def _changed(self, since: datetime | None, *, per_page: int) -> Found:
        """Tickets by their last change, newest first."""
        terms = asking.to_terms(QueueQuery(), self._zammad.lens).terms
        terms += [asking.at_least("ticket.updated_at", since)] if since else []
        return await self._zammad.tickets(terms, sort="updated_at", order="desc", per_page=per_page)

    def _remember(self, rows: list[Node], newest_at: datetime) -> None:
        seen = {TicketId(row.text("id")): row.when("updated_at") or newest_at for row in rows}
        keep = newest_at - 2 * OVERLAP
        self._told = {ticket: at for ticket, at in (self._told | seen).items() if at >= keep}


def _mark(at: datetime, article: int) -> FeedMark:
    return FeedMark(f"{asking.stamp(at)}|{article}")


def _read(mark: FeedMark | None) -> tuple[datetime | None, int]:
    at, _, article = (mark or "").partition("|")
    return Node(at).when(), Node(article).number()


def _last_article(rows: list[Node]) -> int:
    return max((one.number() for row in rows for one in row.each("article_ids")), default=0)


class Ears:
    """The long poll: hears that something changed, of any ticket and for everybody; what it was is then asked for."""

    def __init__(self, http: Http, wake: Callable[[], None]) -> None:
        self._http = http
        self._wake = wake

    async def listen(self) -> None:
        """Listen until cancelled, or until Zammad says that it has no long poll for us; a session it forgot is begun again."""
        client, failures = "", 0
        while True:
            try:
                client = client or await self._sign_in()
                said = await self._post("/message_receive", {"client_id": client})
            except (SignInNeeded, Forbidden, NotFound):
                return
            except BackendError as error:
                _log.info("the long poll failed: %s", type(error).__name__)
                client, failures = "", failures + 1
                longest = min(REST_S, 0.5 * 2 ** min(failures, 10))
                await asyncio.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - spreads load, guards nothing
                continue
            failures = 0
            events = [one.text("event") for one in said.each()]
            if any(name.startswith(("Ticket:", "TicketArticle:", "ticket_overview")) for name in events):
                self._wake()
            if said.text("event") != "pong":
                await asyncio.sleep(GATHER_S)

    async def _sign_in(self) -> str:
        said = await self._post("/message_send", {"data": {"event": "login"}})
        client = said.text("client_id")
        if not client:
            raise NotFound("listen")
        return client

    async def _post(self, route: str, body: dict[str, Any]) -> Node:
        call = Call(
            operation="listen", method="POST", route=API + route, body=msgspec.json.encode(body), headers=JSON, attempts=1
        )
        return read_json(call, await self._http.send(call))


def patient(limits: Limits) -> Limits:
    """Limits for a request whose answer takes its time."""
    from msgspec.structs import replace

    return replace(limits, deadline_s=HOLD_S + 5, read_s=HOLD_S)
