"""Which panes stand where: the list over the full width, and walls where no ground tells one pane from the next."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from supportdesk_tui import splash
from supportdesk_tui.app import DeskApp
from supportdesk_tui.store.state import Pane
from supportdesk_tui.theming.load import load_theme, theme_folders
from supportdesk_tui.ui.panes.customer import CustomerPane
from supportdesk_tui.ui.panes.queue import QueuePane
from supportdesk_tui.ui.text import cells
from supportdesk_tui.ui.widgets.glyph import UNICODE
from tests.pane import data
from tests.pane.harness import misfits, showing, texts
from tests.snapshot.test_looks import desk, pressing

WALL = UNICODE.wall


@asynccontextmanager
async def sitting(size: tuple[int, int], theme: str = "harbor-night") -> AsyncIterator[tuple[DeskApp, Pilot[int]]]:
    """The desk at a size with a ticket open, the queue in focus."""
    app = desk(theme)
    async with app.run_test(size=size) as pilot:
        await pressing()(pilot)
        yield app, pilot


def columns(app: DeskApp) -> list[tuple[int, int]]:
    """Where each pane that is shown begins and ends."""
    panes = (app.desk.queue_pane, app.desk.conversation, app.desk.customer)
    return [pane.region.column_span for pane in panes if pane.region.area]


def lines(app: DeskApp) -> list[str]:
    """The lines of the screen between its bars."""
    return [strip.text for strip in app.screen._compositor.render_strips()][1:-1]


@pytest.mark.parametrize("size", [(81, 30), (100, 30), (120, 36), (160, 48), (200, 50)])
async def test_the_list_takes_the_full_width_and_gives_it_back(size: tuple[int, int]) -> None:
    async with sitting(size) as (app, pilot):
        before = columns(app)
        assert len(before) > 1
        for back in ("W", "escape"):
            await pressing("W")(pilot)
            assert columns(app) == [(0, size[0])]
            assert "Withdrawal pending" in lines(app)[1]
            assert "004213" in lines(app)[1]
            await pressing(back)(pilot)
            assert columns(app) == before
            assert app.store.state.view.focus is Pane.QUEUE


@pytest.mark.parametrize("size", [(100, 30), (120, 36), (160, 48)])
@pytest.mark.parametrize("key", ["enter", "space", "r", "tab"])
async def test_opening_a_ticket_from_the_wide_list_shows_it(size: tuple[int, int], key: str) -> None:
    async with sitting(size) as (app, pilot):
        before = columns(app)
        await pressing("W", "j", key)(pilot)
        assert columns(app)[:2] == before[:2]
        assert not app.store.state.view.queue_wide


async def test_what_is_being_written_is_there_after_a_look_at_the_wide_list() -> None:
    async with sitting((120, 36)) as (app, pilot):
        await pressing("r", *"Dear Min", "escape", "W", "j", "j", "W")(pilot)
        assert app.desk.composer.text == "Dear Min"
        await pressing("tab", "r", *"!")(pilot)
        assert app.desk.composer.text == "Dear Min!"
        await pressing("escape", "W", "enter")(pilot)
        assert app.desk.composer.text == "Dear Min!"


async def test_a_single_pane_has_the_full_width_already() -> None:
    async with sitting((80, 24)) as (app, pilot):
        await pressing("W")(pilot)
        notice = app.store.state.view.notice
        assert notice is not None
        assert notice.text == "The list has the full width here"


@pytest.mark.parametrize("theme", ["mono", "ansi16", "high-contrast"])
@pytest.mark.parametrize(("size", "keys"), [((120, 36), ()), ((100, 30), ()), ((100, 30), ("enter", "i")), ((160, 48), ())])
async def test_a_wall_stands_between_panes_of_one_ground(theme: str, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    async with sitting(size, theme) as (app, pilot):
        await pressing(*keys)(pilot)
        starts = [start for start, _end in columns(app)][1:] if not keys else [app.desk.conversation.region.x]
        walls = [starts[0] - 1, *starts[1:]]
        assert all(line[at] == WALL for line in drawn(app) for at in walls)
        assert [x for x, char in enumerate(drawn(app)[-1]) if char == WALL] == walls
        assert misfits(app.desk.customer if keys else app.desk.queue_pane) == []


def drawn(app: DeskApp) -> list[list[str]]:
    """The lines between the bars, one character a column; nothing in the second column of a wide one."""
    shown = []
    for line in lines(app):
        row: list[str] = []
        for char in line:
            row += [char, *[""] * (cells(char) - 1)] if cells(char) else []
        shown.append(row)
    return shown


async def test_no_wall_stands_where_grounds_differ_or_nothing_is_beside() -> None:
    async with sitting((120, 36)) as (app, pilot):
        assert WALL not in "".join(texts(app.desk.queue_pane) + texts(app.desk.customer))
        app.use_theme("mono")
        await pressing()(pilot)
        assert all(line.endswith(WALL) for line in texts(app.desk.queue_pane))
        await pressing("j", "j")(pilot)
        assert all(line.endswith(WALL) for line in texts(app.desk.queue_pane))
        await pressing("W")(pilot)
        assert WALL not in "".join(texts(app.desk.queue_pane))
    async with sitting((80, 24), "mono") as (app, _pilot):
        assert WALL not in "".join(lines(app))


@pytest.mark.parametrize("size", [(81, 30), (120, 36), (160, 48)])
async def test_the_skeleton_draws_its_walls_where_the_desk_does(size: tuple[int, int]) -> None:
    async with sitting(size, "mono") as (app, _pilot):
        drawn_first = splash.skeleton(*size, {"NO_COLOR": "1", "TERM": "xterm"})
        walls = [x for x, char in enumerate(drawn(app)[-1]) if char == WALL]
        assert sorted({int(x) - 1 for x in re.findall(rf"\x1b\[\d+;(\d+)H{WALL}", drawn_first)}) == walls


@pytest.mark.parametrize("edge", ["left", "right"])
async def test_nothing_is_lost_beside_a_wall(edge: Literal["left", "right"]) -> None:
    mono = load_theme("mono", theme_folders(None)).palette
    chips = replace(data.queue(8), filter="a long text that the list is narrowed to, longer than it is wide")
    queue, customer = QueuePane(mono), CustomerPane(mono)
    for pane in (queue, customer):
        pane.edge = edge
        async with showing(pane, 36, 12) as (_app, pilot):
            queue.show(chips, data.NOW)
            customer.show(data.customer(), data.NOW)
            await pilot.pause()
            assert misfits(pane) == []
            assert {line[0 if edge == "left" else -1] for line in texts(pane)} == {WALL}
