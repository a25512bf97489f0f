"""Lists that can only be asked for one status, team or inbox at a time, read as one: in order, nothing lost, nothing twice.

Chatwoot numbers its pages and conversations move between them while one reads. So a place in a list is not a number but
the last row that was taken: reading on begins with the page that row was on, and goes back while that page begins after it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from supportdesk_tui.backends.chatwoot.client import PAGE
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.errors import NotFound
from supportdesk_tui.domain.ids import Cursor

MOST_PAGES = 20
"""Pages read for one page of ours, where most rows do not fit what was asked."""
MORE = 4
"""Pages worth of rows given at once after the first: each time costs a second look at where reading stopped."""
Key = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of Chatwoot's."""

    rows: Sequence[Node]
    total: int


class Place(msgspec.Struct, array_like=True):
    """How far one list was read: the page, the order of the last row taken, and the rows taken that share it."""

    page: int = 1
    key: tuple[float, ...] = ()
    ids: tuple[str, ...] = ()
    is_done: bool = False
    left: int = 1
    """Rows of the page that are not taken yet."""


Read = Callable[[int, int], Awaitable[Listed]]
"""(number of the list, page) → that page."""
Order = Callable[[Node], Key]
"""Where a row stands; ascending."""


@dataclass(slots=True)
class _Head:
    """What is at hand of one list."""

    place: Place
    rows: list[Node] = field(default_factory=list)
    is_last: bool = False
    total: int = 0


@dataclass(slots=True)
class Walk:
    """Reads some lists as one."""

    read: Read
    count: int
    order: Order
    fits: Callable[[Node], bool]
    is_growing: bool = False
    """Rows never leave these lists and only ever move to their beginning: a page that was used up needs no second look."""
    pages: int = 0
    """Requests made."""

    async def go(self, after: Cursor | None) -> tuple[list[Node], Cursor | None, int]:
        """Rows that fit, where the next ones begin, and how many rows the lists say they have."""
        places = _places(after, self.count)
        heads = list(await asyncio.gather(*(self._resume(number, place) for number, place in enumerate(places))))
        found: list[Node] = []
        wanted = PAGE if after is None else PAGE * MORE
        while len(found) < wanted or (self.is_growing and any(head.rows for head in heads)):
            for number, head in enumerate(heads):
                if not head.rows and not head.is_last and self.pages < MOST_PAGES:
                    await self._next(number, head)
            if any(not head.rows and not head.is_last for head in heads):
                break
            full = [head for head in heads if head.rows]
            if not full:
                break
            row = self._take(min(full, key=lambda head: self.order(head.rows[0])))
            if self.fits(row):
                found.append(row)
        for head in heads:
            head.place.is_done = head.is_last and not head.rows
            head.place.left = len(head.rows)
        is_end = all(head.place.is_done for head in heads)
        cursor = None if is_end else Cursor(msgspec.json.encode([head.place for head in heads]).decode())
        return found, cursor, sum(head.total for head in heads)

    def _take(self, head: _Head) -> Node:
        row = head.rows.pop(0)
        key = self.order(row)
        ids = (*head.place.ids, row.text("id")) if key == head.place.key else (row.text("id"),)
        head.place = Place(head.place.page, key, ids)
        return row

    async def _resume(self, number: int, place: Place) -> _Head:
        head = _Head(place)
        if place.is_done:
            head.is_last = True
            return head
        if self.is_growing and place.left == 0:
            await self._next(number, head)
            return head
        while True:
            listed = await self._ask(number, place.page)
            is_beyond = not listed.rows or (place.key != () and self.order(listed.rows[0]) > place.key)
            if place.page == 1 or not is_beyond:
                break
            place.page -= 1
        self._hold(head, listed)
        return head

    async def _next(self, number: int, head: _Head) -> None:
        head.place.page += 1
        self._hold(head, await self._ask(number, head.place.page))

    def _hold(self, head: _Head, listed: Listed) -> None:
        place = head.place
        head.rows = [row for row in listed.rows if not self._is_taken(row, place)]
        head.is_last = len(listed.rows) < PAGE
        head.total = listed.total

    def _is_taken(self, row: Node, place: Place) -> bool:
        key = self.order(row)
        return bool(place.key) and (key < place.key or (key == place.key and row.text("id") in place.ids))

    async def _ask(self, number: int, page: int) -> Listed:
        self.pages += 1
        return await self.read(number, page)


def _places(after: Cursor | None, count: int) -> list[Place]:
    if after is None:
        return [Place() for _ in range(count)]
    try:
        places = msgspec.json.decode(after, type=list[Place])
    except msgspec.MsgspecError:
        raise NotFound("list the tickets") from None
    if len(places) != count or any(place.page < 1 for place in places):
        raise NotFound("list the tickets")
    return places
