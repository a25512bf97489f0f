"""Several lists read as one, while what is in them moves."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supportdesk_tui.backends.chatwoot.walk import MOST_PAGES, Key, Listed, Walk
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.ids import Cursor

PAGE = 25


class Shelf:
    """Lists as a server holds them: rows with an id and the second they were made in, several in one second."""

    def __init__(self, sizes: list[int]) -> None:
        self.lists: list[list[int]] = [[] for _ in sizes]
        self.asked = 0
        for number in range(sum(sizes)):
            free = [one for one, size in enumerate(sizes) if len(self.lists[one]) < size]
            self.lists[free[number % len(free)]].append(number)

    async def read(self, number: int, page: int) -> Listed:
        """A page, newest first."""
        self.asked += 1
        rows = sorted(self.lists[number], reverse=True)
        return Listed([Node({"id": one, "at": one // 3}) for one in rows[(page - 1) * PAGE : page * PAGE]], len(rows))


def order(row: Node) -> Key:
    """Newest first, by second."""
    return (-float(row.number("at")),)


async def step(shelf: Shelf, after: Cursor | None) -> tuple[list[int], Cursor | None]:
    rows, cursor, _ = await Walk(shelf.read, len(shelf.lists), order, lambda _: True).go(after)
    return [row.number("id") for row in rows], cursor


async def rest(shelf: Shelf, after: Cursor | None) -> list[int]:
    found: list[int] = []
    while True:
        rows, after = await step(shelf, after)
        found += rows
        if after is None:
            return found


@pytest.mark.parametrize("sizes", [[0], [1], [24], [25], [26], [50], [75, 0, 3], [25, 25, 25], [1, 1, 60]])
def test_everything_comes_once_and_in_order(sizes: list[int]) -> None:
    shelf = Shelf(sizes)
    found = asyncio.run(rest(shelf, None))
    assert sorted(found) == list(range(sum(sizes)))
    assert [number // 3 for number in found] == sorted((number // 3 for number in found), reverse=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 70), min_size=1, max_size=4), st.data())
def test_what_stays_comes_once_however_the_rest_moves(sizes: list[int], data: st.DataObject) -> None:
    shelf = Shelf(sizes)
    total = sum(sizes)
    moved: set[int] = set()
    fresh = total + 30

    async def go() -> list[int]:
        nonlocal fresh
        found, after = await step(shelf, None)
        while after is not None:
            for rows in shelf.lists:
                gone = data.draw(st.lists(st.sampled_from(rows), max_size=12, unique=True)) if rows else []
                moved.update(gone)
                rows[:] = [one for one in rows if one not in gone]
                for _ in range(data.draw(st.integers(0, 5))):
                    fresh += 1
                    rows.append(fresh)
            rows, after = await step(shelf, after)
            found += rows
        return found

    found = asyncio.run(go())
    assert len(found) == len(set(found))
    assert set(range(total)) - moved <= set(found)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 130), st.data())
def test_list_that_only_grows_is_read_with_one_request_a_page(size: int, data: st.DataObject) -> None:
    shelf = Shelf([size])
    fresh = 1000

    async def go() -> list[int]:
        nonlocal fresh
        found: list[int] = []
        after: Cursor | None = None
        while True:
            walk = Walk(shelf.read, 1, order, lambda _: True, is_growing=True)
            rows, after, _ = await walk.go(after)
            found += [row.number("id") for row in rows]
            if after is None:
                return found
            for _ in range(data.draw(st.integers(0, 60), label="new") if len(found) < 60 else 0):
                fresh += 1
                shelf.lists[0].append(fresh)

    found = asyncio.run(go())
    assert sorted(found) == list(range(size))
    assert shelf.asked <= len(shelf.lists[0]) // PAGE + 1


def test_rows_that_do_not_fit_are_read_past_within_bounds() -> None:
    shelf = Shelf([25 * MOST_PAGES * 2])

    async def go() -> tuple[int, Cursor | None]:
        walk = Walk(shelf.read, 1, order, lambda row: row.number("id") == 0)
        rows, cursor, _ = await walk.go(None)
        return len(rows), cursor

    found, cursor = asyncio.run(go())
    assert found == 0
    assert cursor is not None
    assert shelf.asked == MOST_PAGES
