"""Drives the whole desk as a person does: press keys, read the screen, wait for what must happen and never for time."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.screen import Screen

from supportdesk_tui.app import DeskApp
from supportdesk_tui.cli.assemble import Seat, assemble
from supportdesk_tui.config.schema import Settings
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import DeskState, value_of
from supportdesk_tui.ui.diff import Gate, Painter

DEADLINE_S = 40.0
"""How long anything may take before a test calls it missing."""
LOOK_EVERY_S = 0.05
"""How often the screen is looked at while nothing is told."""


def key_event(key: str) -> events.Key:
    """A key as the terminal driver posts it."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    plain = REPLACED_KEYS.get(name, name)
    try:
        return events.Key(plain, unicodedata.lookup(_get_unicode_name_from_key(plain)))
    except KeyError:
        return events.Key(plain, key if len(key) == 1 else None)


class AgentAtDesk:
    """A person in front of the running desk."""

    def __init__(self, app: DeskApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def state(self) -> DeskState:
        """The store's state now."""
        return self.app.store.state

    @property
    def opened(self) -> TicketSummary:
        """The open ticket, as loaded."""
        detail = value_of(self.state.conversation.detail)
        assert detail is not None
        return detail.summary

    async def press(self, *keys: str) -> None:
        """Press keys as Textual names them, each once the one before is done."""
        for key in keys:
            self.app.post_message(key_event(key))
            await self.settle()

    async def settle(self) -> None:
        """Wait until app and screen have worked off what was posted to them so far."""
        for pump in (self.app, self.app.screen):
            done = asyncio.Event()
            if pump.call_later(done.set):
                await asyncio.wait_for(done.wait(), DEADLINE_S)

    async def type(self, text: str) -> None:
        """Type a text, character by character."""
        await self.press(*("space" if one == " " else "enter" if one == "\n" else one for one in text))

    async def run(self, command: str, *args: str) -> None:
        """Run a command by its id, as a menu or the palette would."""
        await self.app.run_command(command, args)

    async def until(self, holds: Callable[[DeskState], object], what: str = "") -> None:
        """Wait until the state fulfils something; looks on every change of the store, and now and then for what time brings."""
        news = asyncio.Event()
        end = self.app.store.subscribe(lambda _: news.set())
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not holds(self.state):
                    news.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), LOOK_EVERY_S)
        except TimeoutError:
            raise AssertionError(f"never came true: {what or holds}\n{self.text()}") from None
        finally:
            end()
        await self.settle()

    async def sees(self, *texts: str) -> None:
        """Wait until all texts are on the screen at once."""
        await self.until(lambda _: self._has(texts), f"on screen: {texts}")

    async def matches(self, pattern: str) -> re.Match[str]:
        """Wait until something on the screen has this form; what it is."""
        found: list[re.Match[str]] = []

        def is_there(_: DeskState) -> bool:
            found.extend(re.finditer(pattern, self.text()))
            return bool(found)

        await self.until(is_there, f"on screen: {pattern}")
        return found[0]

    async def misses(self, *texts: str) -> None:
        """Wait until none of the texts is on the screen."""
        await self.until(lambda _: not any(text in self.text() for text in texts), f"gone from the screen: {texts}")

    def _has(self, texts: tuple[str, ...]) -> bool:
        shown = self.text()
        return all(text in shown for text in texts)

    def text(self) -> str:
        """What the screen shows, line by line; what the store has told since it was drawn last is drawn first."""
        self.app.bridge.flush()
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    def lines_with(self, text: str) -> list[str]:
        """Lines of the screen that hold a text."""
        return [line for line in self.text().splitlines() if text in line]


def gated(app: DeskApp) -> Gate:
    """Hold every frame against the driver's output gate, as a real terminal's driver does."""
    gate, display = Gate(), app._display

    def watch(screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            for *_place, strip in Painter._pieces(renderable):
                gate.clean_strip(strip)
        display(screen, renderable)

    vars(app)["_display"] = watch
    return gate


def seat_in(folder: Path, **rest: Any) -> Seat:
    """A seat with its files in `folder`; what is sent goes at once unless other settings are given."""
    folders = {f"{name}_dir": folder / name for name in ("data", "cache", "state", "config")}
    return Seat(**{"settings": Settings(hold_s=0), **folders, **rest})


@asynccontextmanager
async def sitting(seat: Seat, size: tuple[int, int] = (160, 48)) -> AsyncIterator[AgentAtDesk]:
    """A person at a desk that is ready for hands; at the end every frame that was drawn was fit for a terminal."""
    app = assemble(seat)
    gate = gated(app)
    async with app.run_test(size=size) as pilot:
        agent = AgentAtDesk(app, pilot)
        await agent.until(lambda _: app.is_ready, "ready for hands")
        yield agent
        await app.close_desk()
    assert gate.count == 0, "text no terminal may be sent came as far as the output gate"


@asynccontextmanager
async def at_desk(
    server: ServerThread | None,
    folder: Path,
    *,
    login: str = "li.wei",
    size: tuple[int, int] = (160, 48),
    settings: Settings | None = None,
    url: str = "",
) -> AsyncIterator[AgentAtDesk]:
    """A desk signed in to a real server, its files in `folder`; without a server it is offline, or finds nobody at `url`."""
    token = server.token_for(login) if server else ""
    seat = seat_in(folder, settings=settings or Settings(), url=server.url if server else url, token=lambda: token)
    async with sitting(seat, size) as agent:
        if server is not None:
            await agent.until(lambda state: state.session.session and not state.session.is_cached, "signed in")
            await agent.until(lambda state: state.queue.rows and not state.queue.is_loading, "queue loaded")
        yield agent
