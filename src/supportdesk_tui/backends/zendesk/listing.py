"""Lists of tickets: views, searches in the orders the search knows, and the copy of everything that is live."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.terms import unapplied
from supportdesk_tui.backends.zendesk import mapping
from supportdesk_tui.backends.zendesk.client import MOST, Zendesk
from supportdesk_tui.backends.zendesk.query import CUT, MOST_FOUND, ORDERS, Asked, to_search
from supportdesk_tui.domain.ids import AgentId, Cursor
from supportdesk_tui.domain.queue import Page, QueueQuery, SortKey, matches
from supportdesk_tui.domain.ticket import TicketSummary

SIDELOADS = "users,groups,organizations,slas"
EMPTY_PAGES = 10
"""Pages without a matching row that are read before the desk is given an empty one."""
FAR = datetime.max.replace(tzinfo=UTC)


class Listing:
    """Reads pages of tickets."""

    def __init__(self, zendesk: Zendesk, page: int = MOST) -> None:
        """`page` are the tickets asked for at once."""
        self._zendesk = zendesk
        self._page = page
        self._sorted: tuple[QueueQuery, Page[TicketSummary]] | None = None

    async def read(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """A page of a query."""
        if query.view:
            return await self._view(query, after)
        asked = to_search(query, self._zendesk.lens)
        if asked.is_nothing:
            return Page((), None, 0, unapplied=asked.unapplied)
        if query.sort is SortKey.CREATED:
            return await self._copied(query, asked, after)
        if query.sort is SortKey.CLOCK:
            return await self._by_clock(query, asked, after)
        page, count = await self._found(query, asked, int(after or 1))
        is_last = int(after or 1) * self._page >= min(count, MOST_FOUND)
        return Page(
            page.items,
            None if is_last else Cursor(str(int(after or 1) + 1)),
            count if page.total is None else None,
            unapplied=page.unapplied + ((CUT,) if count > MOST_FOUND else ()),
        )

    # --- views

    async def _view(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """A view in its own order, or one that was asked for; what else is asked narrows it here."""
        order = {"sort_by": ORDERS[query.sort], "sort_order": "desc"} if query.sort in ORDERS else {}
        asked = Asked("", unapplied(query) + (("text",) if query.text else ()))
        cursor = after or ""
        for _ in range(EMPTY_PAGES):
            found = await self._zendesk.page(
                "open the view",
                "/views/{view}/tickets",
                "tickets",
                values={"view": query.view},
                query={"page[size]": str(self._page), "include": SIDELOADS, **order},
                after=cursor,
            )
            self._zendesk.meet(found.whole)
            page = await self._narrowed(query, asked, found.rows)
            cursor = found.after
            if page.items or not cursor:
                break
        return replace(page, after=Cursor(cursor) if cursor else None, total=None)

    # --- the search

    async def _found(self, query: QueueQuery, asked: Asked, number: int) -> tuple[Page[TicketSummary], int]:
        """A page of the search, and how many it found in all; `Page.total` is None where nothing was narrowed."""
        found = await self._zendesk.get(
            "search the tickets",
            "/search",
            query={
                "query": f"type:ticket {asked.words}".strip(),
                "sort_by": ORDERS.get(query.sort, "updated_at"),
                "sort_order": "desc",
                "per_page": str(self._page),
                "page": str(number),
                "include": "tickets(users,groups,organizations,slas)",
            },
        )
        self._zendesk.meet(found)
        rows = [row for row in found.each("results") if row.text("result_type") in {"ticket", ""}]
        page = await self._narrowed(query, asked, rows)
        return replace(page, total=None if len(page.items) == len(rows) else 0), found.number("count")

    async def _by_clock(self, query: QueueQuery, asked: Asked, after: Cursor | None) -> Page[TicketSummary]:
        """The search cannot sort by deadline: all it finds is read once and held for the pages to come."""
        if after is None or self._sorted is None or self._sorted[0] != query:
            first, count = await self._found(query, asked, 1)
            last = -(-min(count, MOST_FOUND) // self._page)
            rest = await asyncio.gather(*(self._found(query, asked, number) for number in range(2, last + 1)))
            rows = {row.id: row for page in (first, *(page for page, _ in rest)) for row in page.items}
            ordered = sorted(rows.values(), key=_by_deadline)
            lost = tuple(dict.fromkeys((*first.unapplied, *((CUT,) if count > MOST_FOUND else ()))))
            self._sorted = (query, Page(tuple(ordered), None, len(ordered), unapplied=lost))
        whole, start = self._sorted[1], int(after or 0)
        end = start + self._page
        return replace(whole, items=whole.items[start:end], after=Cursor(str(end)) if end < len(whole.items) else None)

    # --- everything, newest first

    async def _copied(self, query: QueueQuery, asked: Asked, after: Cursor | None) -> Page[TicketSummary]:
        """By cursor and without an end: the export says which tickets, newest first, and they are read as they stand now,
        because the search is minutes behind and knows no deadlines. Only an archived ticket is found there and nowhere else."""
        cursor = after or ""
        for _ in range(EMPTY_PAGES):
            found = await self._zendesk.page(
                "list the tickets",
                "/search/export",
                "results",
                query={"query": asked.words or "created>2000-01-01", "filter[type]": "ticket", "page[size]": str(self._page)},
                after=cursor,
            )
            listed = {row.text("id"): row for row in found.rows if row.text("id")}
            archived = {one: row for one, row in listed.items() if row.text("status") == "closed"}
            current = {row.text("id"): row for row in await self._zendesk.tickets(list(listed), include=SIDELOADS)}
            known = archived | current
            page = await self._narrowed(query, asked, [known[one] for one in listed if one in known])
            cursor = found.after
            if page.items or not cursor:
                break
        return replace(page, after=Cursor(cursor) if cursor else None, total=None)

    async def _narrowed(self, query: QueueQuery, asked: Asked, rows: Sequence[Node]) -> Page[TicketSummary]:
        """Rows as the desk has them, and of those the ones that match all of the query that can be told."""
        await self._zendesk.introduce(rows)
        lens = self._zendesk.lens
        lost = asked.unapplied
        known = replace(query, languages=frozenset(), promised=False, unread=False)
        if query.due_within is not None and rows and not any(row.at("slas") for row in rows):
            known, lost = replace(known, due_within=None), (*lost, "sla")
        me, teams = (lens.me.id, lens.me.teams) if lens.me is not None else (AgentId(""), ())
        now = self._zendesk.http.now()
        items = [mapping.to_summary(row, lens) for row in rows if row.text("id")]
        fitting = tuple(one for one in items if matches(known, one, me=me, my_teams=teams, now=now))
        return Page(fitting, None, None, unapplied=lost)


def _by_deadline(row: TicketSummary) -> tuple[datetime, str]:
    due = row.clock.due_at
    return (due if due is not None and not row.clock.paused else FAR, row.id)
