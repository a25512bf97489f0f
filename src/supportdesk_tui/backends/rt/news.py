"""What is new on an RT: the numbers of its transactions only ever go up, so one question tells it for all tickets."""

from collections.abc import Callable
from datetime import UTC, datetime

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Seen
from supportdesk_tui.backends.rt import mapping, talk
from supportdesk_tui.backends.rt.client import MOST, Rt
from supportdesk_tui.domain.feed import EntryAdded, Gap, Notice, TicketChanged
from supportdesk_tui.domain.ids import FeedMark, TicketId

MOST_TICKETS = 50
"""With more changed at once everything is read again instead."""


class News:
    """Looks for transactions after a mark."""

    def __init__(self, rt: Rt, open_ticket: Callable[[], TicketId | None]) -> None:
        """`open_ticket` says which conversation is on screen: its new words are fetched, others only change their row."""
        self._rt = rt
        self._open = open_ticket

    async def look(self, mark: FeedMark | None) -> Seen:
        """One look; without a mark it only finds out where now is."""
        if mark is None or not mark.isdecimal():
            newest = await self._transactions("id > 0", "DESC", 1)
            return Seen(mark=FeedMark(newest[0].text("id") if newest else "0"), at=self._now())
        rows = await self._transactions(f"id > {int(mark)}", "ASC", MOST)
        if not rows:
            return Seen(at=self._now())
        last = FeedMark(rows[-1].text("id"))
        changed = list(dict.fromkeys(TicketId(row.text("ObjectId")) for row in rows if row.text("ObjectId")))
        if len(rows) >= MOST or len(changed) > MOST_TICKETS:
            newest = await self._transactions("id > 0", "DESC", 1)
            return Seen(notices=(Gap(),), mark=FeedMark(newest[0].text("id") if newest else last), requests=2, at=self._now())
        return await self._told(rows, changed, FeedMark(mark), last)

    async def _told(self, rows: list[Node], changed: list[TicketId], mark: FeedMark, last: FeedMark) -> Seen:
        where = " OR ".join(f"id = {int(one)}" for one in changed)
        found = await self._rt.tickets(where, per_page=MOST)
        summaries = {one.id: one for one in (mapping.to_summary(row, self._rt.lens) for row in found.rows)}
        actors = {TicketId(row.text("ObjectId")): row.text("Creator", "id") for row in rows}
        notices: list[Notice] = [
            TicketChanged(one, last, actor=mapping.agent_id(actors.get(one.id, ""))) for one in summaries.values()
        ]
        requests = 2
        shown = self._open()
        if shown in summaries and any(row.text("Type") in mapping.SPOKEN for row in rows):
            entries = await talk.since(self._rt, shown, int(mark))
            notices += [EntryAdded(summaries[shown], entry, last) for entry in entries]
            requests += 3
        return Seen(notices=notices, mark=last, requests=requests, at=self._now())

    def _now(self) -> datetime:
        """RT's time, by the `Date` of its answers."""
        return datetime.now(UTC) + self._rt.http.clock_offset

    async def _transactions(self, where: str, order: str, count: int) -> list[Node]:
        query = {
            "query": f"ObjectType = 'RT::Ticket' AND {where}",
            "fields": "Type,ObjectId,Creator",
            "orderby": "id",
            "order": order,
            "per_page": str(count),
        }
        return (await self._rt.get("look for news", "/transactions", query=query)).each("items")
