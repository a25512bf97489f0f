"""Queues of Zammad: views, and pages that lose and double nothing while tickets come and go."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from supportdesk_tui.backends import views
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.zammad import mapping
from supportdesk_tui.backends.zammad import query as asking
from supportdesk_tui.backends.zammad.client import Found, Zammad
from supportdesk_tui.backends.zammad.query import Stretch, Term
from supportdesk_tui.domain.errors import Forbidden, NotFound
from supportdesk_tui.domain.ids import Cursor, TeamId, TicketId, ViewId
from supportdesk_tui.domain.queue import Page, QueueQuery, View
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.secrets import admit_line

MOST_TIES = 20
"""Pages read at most to get past tickets of one and the same time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: in which stretch, at which value, and which tickets of that value were in it already."""

    stretch: int = 0
    at: datetime | None = None
    seen: frozenset[str] = frozenset()

    @classmethod
    def read(cls, cursor: Cursor | None) -> "Place":
        """A cursor as it was written; anything else begins at the beginning."""
        if not cursor:
            return cls()
        stretch, _, rest = cursor.partition("|")
        at, _, seen = rest.partition("|")
        return cls(Node(stretch).number(), Node(at).when(), frozenset(filter(None, seen.split(","))))

    def written(self) -> Cursor:
        """The cursor."""
        at = self.at.isoformat() if self.at else ""
        return Cursor(f"{self.stretch}|{at}|{','.join(sorted(self.seen))}")


class Listing:
    """Reads queues of one Zammad."""

    def __init__(self, zammad: Zammad, page: int) -> None:
        self._zammad = zammad
        self._page = page
        self._views: dict[str, list[str]] = {}
        """Tickets of overviews as they were when their first page was read: asking costs the server all overviews."""

    async def views(self) -> list[View]:
        """Mine, nobody's, every group of ours, and the overviews, which Zammad counts."""
        lens = self._zammad.lens
        groups = [
            views.of_team("group", TeamId(one), name) for one, name in lens.groups.items() if TeamId(one) in lens.my_teams
        ]
        return [*views.usual(), *groups, *await self._overviews()]

    async def _overviews(self) -> list[View]:
        try:
            rows = (await self._zammad.get("list the views", "/ticket_overviews")).each()
        except (Forbidden, NotFound):
            return []
        return [
            View(
                ViewId(f"overview-{one.text('link')}"),
                one.line("name"),
                QueueQuery(view=one.text("link")),
                one.number("count") if one.at("count") else None,
            )
            for one in sorted(rows, key=lambda one: one.number("prio"))
            if one.text("link")
        ]

    async def page(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """The next tickets of a query."""
        asked = asking.to_terms(query, self._zammad.lens)
        terms = [*asked.terms, *await self._in_view(query.view, is_first=after is None)]
        walk = asking.stretches(query.sort, self._zammad.lens)
        place, total = Place.read(after), None
        items: tuple[TicketSummary, ...] = ()
        while place.stretch < len(walk) and not items:
            rows, place, found = await self._walked(walk[place.stretch], terms, asked.text, place)
            total = found.total if after is None and len(walk) == 1 else None
            items = tuple(self._summary(row, found, query) for row in rows)
        return Page(items, place.written() if place.stretch < len(walk) else None, total, unapplied=asked.unapplied)

    async def _walked(self, stretch: Stretch, terms: list[Term], text: str, place: Place) -> tuple[list[Node], Place, Found]:
        """A page from a place on, and the place after it."""
        if place.at is None:
            terms = [*terms, *stretch.terms]
        else:
            column = f"ticket.{stretch.column}"
            terms = [*terms, *(one for one in stretch.terms if one["name"] != column), stretch.beyond(place.at)]
        for number in range(1, MOST_TIES + 1):
            found = await self._zammad.tickets(
                terms, text=text, sort=stretch.column, order=stretch.order, page=number, per_page=self._page
            )
            rows = [row for row in found.rows if row.text("id") not in place.seen and _is_beyond(row, stretch, place.at)]
            if len(found.rows) < self._page:
                return rows, Place(place.stretch + 1), found
            if rows:
                return rows, _after(rows, stretch, place), found
        return [], Place(place.stretch + 1), found

    async def _in_view(self, view: str, *, is_first: bool) -> list[Term]:
        """The tickets of an overview: whichever conditions it has, only Zammad can tell."""
        if not view:
            return []
        if is_first or view not in self._views:
            found = await self._zammad.get("open the view", "/ticket_overviews", query={"view": view})
            self._views[view] = [one.text("id") for one in found.each("index", "tickets") if one.text("id")]
        return [asking.one_of("ticket.id", self._views[view])]

    def _summary(self, row: Node, found: Found, query: QueueQuery) -> TicketSummary:
        """A row. Lists do not say who follows and which tags there are, but what was asked for is so."""
        summary = mapping.to_summary(row, found.assets, self._zammad.lens)
        if query.tags or query.watched:
            tags = tuple(admit_line(tag) for tag in sorted(query.tags))
            summary = mapping.changed(summary, tags=tags, watched=query.watched)
        return summary

    async def numbered(self, number: str) -> TicketId:
        """The ticket with a number."""
        found = await self._zammad.tickets([asking.one_of("ticket.number", [number])], sort="id", per_page=2)
        if not found.rows:
            raise NotFound("open the ticket")
        return TicketId(found.rows[0].text("id"))


def _is_beyond(row: Node, stretch: Stretch, at: datetime | None) -> bool:
    """Whether a row is not before the place: a millisecond too many was asked for."""
    value = row.when(stretch.column)
    if at is None or value is None:
        return True
    slack = timedelta(microseconds=999)
    return value >= at - slack if stretch.is_ascending else value <= at + slack


def _after(rows: list[Node], stretch: Stretch, place: Place) -> Place:
    """The place at the last of these rows."""
    last = rows[-1].when(stretch.column)
    ties = frozenset(row.text("id") for row in rows if row.when(stretch.column) == last)
    return Place(place.stretch, last, ties | (place.seen if last == place.at else frozenset()))
