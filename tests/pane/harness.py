"""A desk without a store: the panes as the desk screen lays them out, fed by hand. `python -m tests.pane.harness` shows it."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from msgspec.structs import replace
from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from supportdesk_tui.text.safe import FORBIDDEN
from supportdesk_tui.theming.load import DEFAULT_DARK, load_theme, theme_folders
from supportdesk_tui.ui.widgets.line_pane import LinePane
from tests.pane import data

M = TypeVar("M", bound=Message)
DARK = load_theme(DEFAULT_DARK, theme_folders(None)).palette


class OnePane(App[None]):
    """A single pane; messages it posts are kept, and the lines it asks to be painted again."""

    CSS = "Screen { layers: base over; }"

    def __init__(self, pane: Widget) -> None:
        super().__init__()
        self.pane = pane
        self.posted: list[Message] = []

    def compose(self) -> ComposeResult:
        """The pane alone."""
        yield self.pane

    async def on_event(self, event: events.Event) -> None:
        """Keys are fed by hand, as the desk does."""
        if not isinstance(event, events.Key):
            await super().on_event(event)


@asynccontextmanager
async def showing(pane: Widget, width: int, height: int) -> AsyncIterator[tuple[OnePane, Pilot[None]]]:
    """An app that shows a pane at a size; what the pane posts ends up in `posted`."""
    app = OnePane(pane)
    async with app.run_test(size=(width, height), message_hook=app.posted.append) as pilot:
        yield app, pilot


def texts(pane: LinePane) -> list[str]:
    """What a pane shows, line by line."""
    return [pane.render_line(y).text for y in range(pane.size.height)]


def misfits(pane: LinePane) -> list[str]:
    """Lines whose measured width is not the pane's, or that hold what no terminal may be sent."""
    width = pane.size.width
    lines = [pane.render_line(y) for y in range(pane.size.height)]
    return [
        line.text for line in lines if cell_len(line.text) != width or line.cell_length != width or FORBIDDEN.search(line.text)
    ]


def on_surface(pane: LinePane, y: int, surface: str) -> list[str]:
    """The pieces of a line drawn on a surface of the theme."""
    styled = [(piece.text, piece.style.bgcolor) for piece in pane.render_line(y) if piece.style]
    return [text for text, ground in styled if ground is not None and ground.name == surface]


def of(app: OnePane, kind: type[M]) -> list[M]:
    """The messages of a kind the pane posted."""
    seen = {id(message): message for message in app.posted if isinstance(message, kind)}
    return list(seen.values())


def presses(text: str) -> list[events.Key]:
    """Key events for characters, as the terminal's parser makes them."""
    return [events.Key("enter" if char == "\n" else char, None if char == "\n" else char) for char in text]


class Desk(App[None]):
    """All panes side by side."""

    CSS = """
    Screen { layers: base over; }
    #panes { height: 1fr; }
    QueuePane { width: 46; height: 1fr; }
    #middle { width: 1fr; }
    ConversationPane { height: 1fr; }
    CustomerPane { width: 38; height: 1fr; }
    Composer { height: 9; }
    TopPane { height: 1; }
    """

    def __init__(self, scene: str = "", theme: str = DEFAULT_DARK) -> None:
        super().__init__()
        self.scene = scene
        self.palette = load_theme(theme, theme_folders(None)).palette

    def compose(self) -> ComposeResult:
        from supportdesk_tui.ui.panes.bottom import BottomPane
        from supportdesk_tui.ui.panes.composer import Composer
        from supportdesk_tui.ui.panes.conversation import ConversationPane
        from supportdesk_tui.ui.panes.customer import CustomerPane
        from supportdesk_tui.ui.panes.queue import QueuePane
        from supportdesk_tui.ui.panes.top import TopPane

        palette = self.palette
        self.top, self.queue, self.talk = TopPane(palette), QueuePane(palette), ConversationPane(palette)
        self.customer, self.composer, self.bottom = CustomerPane(palette), Composer(palette), BottomPane(palette)
        yield self.top
        with Horizontal(id="panes"):
            yield self.queue
            with Vertical(id="middle"):
                yield self.talk
                yield self.composer
            yield self.customer
        yield self.bottom

    async def on_mount(self) -> None:
        await self.bottom.furnish()
        width = self.size.width
        self.queue.display = width >= 80 or self.scene == "queue"
        self.customer.display = width >= 120 or self.scene == "customer"
        if self.scene in {"queue", "customer"}:
            self.query_one("#middle").display = False
            (self.queue if self.scene == "queue" else self.customer).styles.width = "1fr"
        self.index = 0
        self.composer.display = self.scene in {"", "note"}
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        from supportdesk_tui.store.state import DraftMode, OutboxPhase

        self.top.show(data.top(), data.NOW)
        self.queue.show(data.queue(index=self.index), data.NOW)
        pending = tuple(data.sending(phase) for phase in OutboxPhase) if self.scene == "outbox" else ()
        self.talk.show(data.conversation(pending=pending), data.NOW)
        self.customer.show(data.customer(), data.NOW)
        view = data.composer()
        if self.scene == "note" and view.draft is not None:
            view = replace(view, draft=replace(view.draft, mode=DraftMode.NOTE))
        self.composer.show(view, data.NOW)
        menu = data.menu() if self.scene == "menu" else None
        self.bottom.show(data.bottom(menu=menu, notice=data.NOTICE if self.scene == "notice" else None), data.NOW, data.HINTS)

    async def on_key(self, event: events.Key) -> None:
        if self.scene in {"", "note"}:
            await self.composer.take_key(event)
        elif event.key in {"j", "k"}:
            self.index = max(0, self.index + (1 if event.key == "j" else -1))
            self.draw()
        elif event.key == "q":
            self.exit()


if __name__ == "__main__":
    Desk(*sys.argv[1:3]).run()
