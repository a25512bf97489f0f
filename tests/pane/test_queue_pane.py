"""The queue as it is drawn: what a row says at each width, what a move repaints, where the view goes."""

from datetime import timedelta
from typing import Self

import pytest
from msgspec.structs import replace
from textual.geometry import Region

from supportdesk_tui.store.views import QueueView, Shown
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.ui.panes.queue import QueuePane
from supportdesk_tui.ui.widgets.glyph import ASCII
from tests.pane import data
from tests.pane.harness import DARK, misfits, of, showing, texts


class WatchedQueue(QueuePane):
    """Keeps what it asks to be painted again."""

    painted: list[Region]

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        self.__dict__.setdefault("painted", []).extend(regions or (Region(0, 0, 0, 0),))
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


async def test_moving_the_cursor_paints_two_rows_only() -> None:
    pane = WatchedQueue(DARK)
    async with showing(pane, 46, 24) as (_app, pilot):
        pane.show(data.queue(index=3), data.NOW)
        await pilot.pause()
        pane.painted.clear()
        pane.show(data.queue(index=4), data.NOW)
        assert [(region.y, region.height) for region in pane.painted] == [(4, 1), (5, 1)]
        assert texts(pane)[5].startswith("▸")
        assert not texts(pane)[4].startswith("▸")


async def test_an_equal_view_paints_nothing() -> None:
    pane = WatchedQueue(DARK)
    async with showing(pane, 46, 24) as (_app, pilot):
        pane.show(data.queue(), data.NOW + timedelta(seconds=5))
        await pilot.pause()
        pane.painted.clear()
        pane.show(data.queue(), data.NOW + timedelta(seconds=45))
        assert pane.painted == []


async def test_clocks_change_once_a_minute_and_alone() -> None:
    pane = WatchedQueue(DARK)
    async with showing(pane, 46, 12) as (_app, pilot):
        pane.show(data.queue(8), data.NOW)
        await pilot.pause()
        before = texts(pane)
        pane.painted.clear()
        pane.show(data.queue(8), data.NOW + timedelta(minutes=1))
        changed = [y for y, (old, new) in enumerate(zip(before, texts(pane), strict=True)) if old != new]
        assert [region.y for region in pane.painted] == changed
        assert "near 2m" in texts(pane)[1]
        assert "paused" in texts(pane)[7]


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (30, ["near 3m", "Zhang Min", "●2"]),
        (36, ["near 3m", "004213", "Zhang Min", "●2"]),
        (40, ["near 3m", "FND", "004213", "Zhang Min", "●2"]),
        (46, ["near 3m", "FND", "❝", "004213", "Zhang Min", "me", "●2"]),
        (60, ["near 3m", "FND", "❝", "004213", "Zhang Min", "Withdrawal pen", "me", "●2"]),
        (80, ["near 3m", "FND", "❝", "004213", "P2", "Zhang Min", "Withdrawal pending", "zh", "me", "●2"]),
        (160, ["near 3m", "HX-260817-004213", "P2", "Zhang Min", "Withdrawal pending 2 h — USDT/TRC20", "zh", "me", "●2"]),
    ],
)
async def test_a_row_says_more_the_wider_it_is(width: int, said: list[str]) -> None:
    pane = QueuePane(DARK)
    async with showing(pane, width, 12) as (_app, pilot):
        pane.show(data.queue(), data.NOW)
        await pilot.pause()
        row = texts(pane)[1]
        at = [row.find(word) for word in said]
        assert -1 not in at
        assert at == sorted(at)
        assert misfits(pane) == []


async def test_rows_carry_marks_for_selection_presence_and_draft() -> None:
    pane = QueuePane(DARK)
    async with showing(pane, 46, 12) as (_app, pilot):
        pane.show(data.queue(), data.NOW)
        await pilot.pause()
        rows = texts(pane)
        assert "¶" in rows[2]
        assert "✓" in rows[4]
        assert "✎" in rows[4]
        assert "◎" in rows[6]
        assert "2h!P2P" in rows[5]
        assert "2 selected" in rows[0]


async def test_plain_marks_are_ascii() -> None:
    pane = QueuePane(DARK)
    pane.use_palette(DARK, ASCII)
    async with showing(pane, 46, 4) as (_app, pilot):
        pane.show(data.queue(1), data.NOW)
        await pilot.pause()
        assert texts(pane)[1].isascii()


async def test_the_view_jumps_half_a_page_at_the_edge() -> None:
    pane = QueuePane(DARK)
    async with showing(pane, 46, 21) as (_app, pilot):
        pane.show(data.queue(index=0), data.NOW)
        await pilot.pause()
        pane.show(data.queue(index=20), data.NOW)
        rows = texts(pane)
        assert [y for y, row in enumerate(rows) if row.startswith("▸")] == [11]
        assert "11–30 of 300" in rows[0]
        pane.show(data.queue(index=9), data.NOW)
        assert [y for y, row in enumerate(texts(pane)) if row.startswith("▸")] == [10]


async def test_rows_we_do_not_hold_are_asked_for_once() -> None:
    pane = QueuePane(DARK)
    async with showing(pane, 46, 21) as (app, pilot):
        view = data.queue(100_000, index=50_000)
        pane.show(view, data.NOW)
        pane.show(replace(view, is_focused=False), data.NOW)
        await pilot.pause()
        assert [message.index for message in of(app, QueuePane.NeedRows)] == [50_000]
        assert "…" in texts(pane)[5]
        pane.show(replace(view, start=49_900), data.NOW)
        await pilot.pause()
        assert "004307" in texts(pane)[5]
        assert len(of(app, QueuePane.NeedRows)) == 1


async def test_clicks_choose_and_open() -> None:
    pane = QueuePane(DARK)
    async with showing(pane, 46, 21) as (app, pilot):
        pane.show(data.queue(), data.NOW)
        await pilot.click(offset=(10, 4), times=2)
        assert [(message.index, message.opens) for message in of(app, QueuePane.Chosen)] == [(3, False), (3, True)]


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (data.queue(0), "Nothing waits here"),
        (data.queue(0, search="status:open", title=""), "Nothing fits"),
        (data.queue(0, shown=Shown(is_loading=True)), "Reading the queue"),
        (data.queue(shown=Shown(failed="no answer from the server", as_of=data.NOW)), "F5 asks again"),
        (data.queue(have=1_200, expected=100_000), "copying 1,200 of 100,000"),
        (data.queue(filter="zhang"), "zhang"),
        (data.queue(problems=("colour: is not a key",)), "colour: is not a key"),
        (data.queue(shown=Shown(as_of=data.NOW)), "as of"),
    ],
)
async def test_every_state_says_what_it_is(view: QueueView, said: str) -> None:
    pane = QueuePane(DARK)
    async with showing(pane, 90, 12) as (_app, pilot):
        pane.show(view, data.NOW)
        await pilot.pause()
        assert said in "\n".join(texts(pane))
        assert misfits(pane) == []


@pytest.mark.parametrize("width", [20, 38, 47, 79, 120])
async def test_hostile_rows_fit_exactly(width: int, hostile_texts: list[str]) -> None:
    pane = QueuePane(DARK)
    rows = tuple(
        replace(
            data.summary(n),
            subject=sanitize_line(text),
            customer_name=sanitize_line(text),
            owner_name=sanitize_line(text),
            category=text[:9],
            language=text[:3],
            number=text[:20],
        )
        for n, text in enumerate(hostile_texts)
    )
    async with showing(pane, width, len(rows) + 2) as (_app, pilot):
        pane.show(data.queue(len(rows), rows=rows, search="\x1b[31m[/x]", title=sanitize_line("\x1b]0;x\x07")), data.NOW)
        await pilot.pause()
        assert misfits(pane) == []


@pytest.mark.parametrize("width", [36, 42])
async def test_a_narrow_title_leaves_out_the_total_before_it_cuts_what_is_selected(width: int) -> None:
    pane = QueuePane(DARK)
    chosen = frozenset(row.id for row in data.queue().rows[:1])
    async with showing(pane, width, 12) as (_app, pilot):
        pane.show(data.queue(title="Unassigned", selected=chosen, shown=Shown(as_of=data.NOW)), data.NOW)
        await pilot.pause()
        title = texts(pane)[0]
        assert "1 selected · as of " in title
        assert "of 300" not in title
        assert not title.lstrip("▎ ").startswith("Unassigned 1"), "a name and a number right behind it read as one"


@pytest.mark.parametrize("width", [30, 36, 42, 90])
async def test_no_key_is_torn_from_what_it_does_in_an_empty_list(width: int) -> None:
    pane = QueuePane(DARK)
    async with showing(pane, width, 12) as (_app, pilot):
        pane.show(data.queue(0), data.NOW)
        await pilot.pause()
        said = "\n".join(texts(pane))
        assert all(words in said for words in ("N next best ticket", "] next view", "/ search"))


@pytest.mark.parametrize("height", [1, 2, 24])
async def test_cursor_moves_in_a_pane_that_has_no_room_for_it(height: int) -> None:
    pane = QueuePane(DARK)
    async with showing(pane, 46, height) as (_app, pilot):
        for is_seen in (True, False, True):
            pane.display = is_seen
            await pilot.pause()
            for index in range(4):
                pane.show(data.queue(index=index), data.NOW)
        assert len(texts(pane)) == pane.size.height
    unseen = QueuePane(DARK)
    for index in range(4):
        unseen.show(data.queue(index=index), data.NOW)
    assert texts(unseen) == []
