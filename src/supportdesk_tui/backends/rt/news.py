"""What is new on an RT: the numbers of its transactions only ever go up, so one question tells it for all tickets."""

import time
from collections.abc import Callable

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Seen
from supportdesk_tui.backends.rt import mapping, talk
from supportdesk_tui.backends.rt.client import MOST, Rt
from supportdesk_tui.domain.feed import EntryAdded, Gap, Notice, TicketChanged
from supportdesk_tui.domain.ids import FeedMark, TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.safe import NO_TEXT, SafeText, sanitize_line

MOST_TICKETS = 50
"""With more changed at once everything is read again instead."""
MOST_ROWS = MOST // 2
"""RT takes rows the agent may not see out of a page, so that a page half full may be all of it, or the end of much more."""
LONG_S = 120.0
"""After so long without a look a page may not reach back to the mark."""
GIVEN = {"Give", "Force", "Steal", "Take"}
"""What older RTs call a change of owner."""


class News:
    """Looks for transactions after a mark."""

    def __init__(
        self, rt: Rt, open_ticket: Callable[[], TicketId | None], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`open_ticket` says which conversation is on screen: its new words are fetched, others only change their row."""
        self._rt = rt
        self._open = open_ticket
        self._clock = now
        self._looked_at = 0.0

    async def look(self, mark: FeedMark | None) -> Seen:
        """One look; without a mark it only finds out where now is.

        The newest come first: an agent who sees little would find nothing in a page that begins at an old mark.
        """
        if mark is None or not mark.isdecimal():
            newest = await self._transactions("id > 0", 1)
            return Seen(mark=FeedMark(newest[0].text("id") if newest else "0"), at=self._rt.http.now())
        rows = await self._transactions(f"id > {int(mark)}", MOST)
        is_long_ago = self._clock() - self._looked_at > LONG_S
        self._looked_at = self._clock()
        if not rows:
            return Seen(at=self._rt.http.now())
        last = FeedMark(rows[0].text("id"))
        changed = list(dict.fromkeys(TicketId(row.text("ObjectId")) for row in reversed(rows) if row.text("ObjectId")))
        is_beyond = is_long_ago and int(last) - int(mark) > MOST
        if is_beyond or len(rows) >= MOST_ROWS or len(changed) > MOST_TICKETS:
            return Seen(notices=(Gap(last),), mark=last, at=self._rt.http.now())
        return await self._told(rows[::-1], changed, FeedMark(mark), last)

    async def _told(self, rows: list[Node], changed: list[TicketId], mark: FeedMark, last: FeedMark) -> Seen:
        where = " OR ".join(f"id = {int(one)}" for one in changed if one.isdecimal())
        at, found = self._rt.http.now(), await self._rt.tickets(where, per_page=MOST)
        for row in rows:
            self._rt.marks.saw(TicketId(row.text("ObjectId")), row.number("id"), at)
        summaries = {one.id: one for one in (mapping.to_summary(row, self._rt.lens) for row in found.rows)}
        notices: list[Notice] = [
            self._changed(one, [row for row in rows if row.text("ObjectId") == one.id], last) for one in summaries.values()
        ]
        requests = 2
        shown = self._open()
        if shown in summaries and any(row.text("Type") in mapping.SPOKEN for row in rows):
            entries = await talk.since(self._rt, shown, int(mark))
            notices += [EntryAdded(summaries[shown], entry, last) for entry in entries]
            requests += 3
        return Seen(notices=notices, mark=last, requests=requests, at=self._rt.http.now())

    def _changed(self, ticket: TicketSummary, rows: list[Node], mark: FeedMark) -> TicketChanged:
        """A ticket's news; its owner is told when they were made owner, and when somebody outside wrote."""
        actor = mapping.agent_id(rows[-1].text("Creator", "id")) if rows else None
        says = next(filter(None, (self._says(ticket, row) for row in reversed(rows))), NO_TEXT)
        is_mine = ticket.owner is not None and ticket.owner == self._rt.lens.me
        return (
            TicketChanged(ticket, mark, actor, says, ticket.owner) if is_mine and says else TicketChanged(ticket, mark, actor)
        )

    def _says(self, ticket: TicketSummary, row: Node) -> SafeText:
        kind, author = row.text("Type"), row.text("Creator", "id")
        if author == self._rt.lens.me:
            return NO_TEXT
        is_owner = kind in GIVEN or (kind == "Set" and row.text("Field") == "Owner")
        if is_owner and row.text("NewValue") == self._rt.lens.number:
            return sanitize_line(f"assigned to you by {author}")
        if kind == "Correspond" and author not in self._rt.lens.agents:
            return sanitize_line(f"{ticket.customer_name if author == ticket.customer_id else author} wrote")
        return NO_TEXT

    async def _transactions(self, where: str, count: int) -> list[Node]:
        query = {
            "query": f"ObjectType = 'RT::Ticket' AND {where}",
            "fields": "Type,Field,NewValue,ObjectId,Creator",
            "orderby": "id",
            "order": "DESC",
            "per_page": str(count),
        }
        return (await self._rt.get("look for news", "/transactions", query=query)).each("items")
