"""How the desk looks, as pictures: few, at one fixed moment, over a store that nobody changes.

`pytest tests/snapshot --snapshot-update` draws them anew; read the difference before committing it.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from supportdesk_tui.app import DeskApp, DeskParts
from supportdesk_tui.commands.catalog import CATALOG
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.commands.keymap import resolve
from supportdesk_tui.domain.directory import Category, Directory
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.i18n.catalog import set_locale
from supportdesk_tui.server.floor.words import CATEGORIES
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import LinkPhase
from supportdesk_tui.store.store import Store
from supportdesk_tui.text.safe import SafeText
from supportdesk_tui.theming.load import load_theme, theme_folders
from tests import make
from tests.pane import data

WIDE, MIDDLE, NARROW, SMALL = (160, 45), (100, 32), (81, 25), (80, 24)
ROW = data.summary(0)
Press = Callable[[Pilot[int]], Awaitable[None]]


class StillEngine:
    """Moves nothing: what is on the screen was put into the store by the test."""

    def perform(self, effect: Effect) -> None:
        """Let every wish be."""

    async def start(self) -> None:
        """Nothing to listen to."""

    async def stop(self) -> None:
        """Nothing to end."""

    def save_now(self) -> None:
        """Nothing to save."""


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same picture wherever the tests run."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    os.environ.setdefault("COLORTERM", "truecolor")
    yield
    monkeypatch.undo()
    time.tzset()


def desk(theme: str = "harbor-night", *, opened: bool = True) -> DeskApp:
    """A desk over a believable floor, at one moment."""
    store = Store()
    rows = data.queue().rows[:40]
    directory = Directory(
        agents=(make.agent(1, id=data.ME), make.agent(2), make.agent(3)),
        teams=make.directory().teams,
        statuses=(data.OPEN, data.WAITING),
        categories=tuple(Category(one.code, SafeText(one.title)) for one in CATEGORIES.values()),
    )
    view = make.view()
    store.dispatch(
        ev.SignedIn(make.session(agent=make.agent(1, id=data.ME)), directory),
        ev.LinkChanged(LinkPhase.LIVE, data.NOW),
        ev.ViewsLoaded((view, make.view("unassigned"), make.view("at risk"))),
        ev.QueueChosen(QueueQuery(), view.id),
        ev.QueueLoaded(QueueQuery(), "", len(rows), 0, rows, data.NOW),
    )
    if opened:
        store.dispatch(
            ev.TicketOpened(ROW.id),
            ev.TicketLoaded(data.detail(), data.NOW),
            ev.EntriesLoaded(ROW.id, data.entries(), None, data.NOW),
            ev.CustomerLoaded(ROW.id, data.customer_context(), data.NOW),
        )
    parts = DeskParts(
        store=store,
        load_engine=StillEngine,
        load_keymap=lambda: (resolve(CATALOG), ()),
        theme=load_theme(theme, theme_folders(None)),
        theme_folders=theme_folders(None),
        clock=lambda: data.NOW,
    )
    return DeskApp(parts)


def pressing(*keys: str) -> Press:
    """Press keys before the picture is taken, and let the panes have been laid out for what they show."""

    async def press(pilot: Pilot[int]) -> None:
        await pilot.press(*keys)
        assert isinstance(pilot.app, DeskApp)
        pilot.app.keep_draft()
        pilot.app.bridge.flush()
        async with asyncio.timeout(40):
            while not _is_laid_out(pilot.app.screen):
                await pilot.pause()

    return press


def _is_laid_out(screen: Screen[object]) -> bool:
    """Every widget that is shown has its place, and something stands on the screen."""
    shown = [widget for widget in screen.walk_children(Widget) if widget.is_on_screen or widget.region.area]
    return bool(shown) and any(strip.text.strip() for strip in screen._compositor.render_strips())


LOOKS: dict[str, tuple[str, tuple[int, int], tuple[str, ...]]] = {
    "wide": ("harbor-night", WIDE, ("l",)),
    "wide-day": ("harbor-day", WIDE, ("r", *"We have found it.")),
    "wide-note": ("harbor-night", WIDE, ("n", *"Looks right to me.")),
    "wide-menu": ("dusk", WIDE, ("a",)),
    "wide-keys": ("harbor-night", WIDE, ("question_mark",)),
    "wide-palette": ("harbor-day", WIDE, ("ctrl+p", *"esc")),
    "wide-contrast": ("high-contrast", WIDE, ("l",)),
    "wide-list": ("harbor-night", (120, 36), ("W", "j", "x")),
    "middle": ("harbor-night", MIDDLE, ("l",)),
    "middle-customer": ("harbor-night", MIDDLE, ("enter", "i", "r", *"We see it.")),
    "narrow": ("harbor-night", NARROW, ("enter",)),
    "small-queue": ("harbor-night", SMALL, ()),
    "small-conversation": ("harbor-night", SMALL, ("enter",)),
    "small-reply": ("harbor-day", SMALL, ("r", *"Hello")),
    "small-16-colours": ("ansi16", SMALL, ("enter",)),
    "middle-mono": ("mono", MIDDLE, ("l",)),
}


@pytest.mark.parametrize("look", LOOKS)
def test_desk_looks_as_it_did(look: str, snap_compare: Callable[..., bool]) -> None:
    theme, size, keys = LOOKS[look]
    assert snap_compare(desk(theme), terminal_size=size, run_before=pressing(*keys))


def test_desk_looks_as_it_did_in_chinese(snap_compare: Callable[..., bool]) -> None:
    set_locale("zh_CN")
    assert snap_compare(desk(), terminal_size=WIDE, run_before=pressing("r"))


def test_the_send_gate_looks_as_it_did_small_in_chinese_and_16_colours(snap_compare: Callable[..., bool]) -> None:
    set_locale("zh_CN")
    keys = ("r", *"Internal: buy at http://evil.example", "ctrl+d", "s", *"why")
    assert snap_compare(desk("ansi16"), terminal_size=SMALL, run_before=pressing(*keys))


def test_empty_desk_says_what_to_do(snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(desk(opened=False), terminal_size=SMALL, run_before=pressing("tab"))


def test_pictures_are_few() -> None:
    assert len(list((Path(__file__).parent / "__snapshots__").rglob("*.svg"))) <= 20
