"""A desk without a store: the panes as the desk screen lays them out, fed by hand. `python -m tests.pane.harness` shows it."""

import sys
from collections.abc import Iterator
from dataclasses import replace

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from supportdesk_tui.theming.load import DEFAULT_DARK, load_theme, theme_folders
from supportdesk_tui.ui.widgets.line_pane import LinePane
from tests.pane import data

DARK = load_theme(DEFAULT_DARK, theme_folders(None)).palette


class OnePane(App[None]):
    """A single pane; messages it posts are kept."""

    def __init__(self, pane: Widget) -> None:
        super().__init__()
        self.pane = pane
        self.posted: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.pane


def texts(pane: LinePane) -> list[str]:
    """What a pane shows, line by line."""
    return [pane.render_line(y).text for y in range(pane.size.height)]


def widths(pane: LinePane) -> Iterator[int]:
    """Measured widths of the lines, not the promised ones."""
    from rich.cells import cell_len

    return (cell_len(pane.render_line(y).text) for y in range(pane.size.height))


class Desk(App[None]):
    """All panes side by side."""

    CSS = """
    #panes { height: 1fr; margin-bottom: 1; }
    QueuePane { width: 46; height: 1fr; }
    #middle { width: 1fr; }
    ConversationPane { height: 1fr; }
    CustomerPane { width: 38; height: 1fr; }
    Composer { height: 9; }
    TopPane { height: 1; }
    """

    def __init__(self, scene: str = "") -> None:
        super().__init__()
        self.scene = scene

    def compose(self) -> ComposeResult:
        from supportdesk_tui.ui.panes.bottom import BottomPane
        from supportdesk_tui.ui.panes.composer import Composer
        from supportdesk_tui.ui.panes.conversation import ConversationPane
        from supportdesk_tui.ui.panes.customer import CustomerPane
        from supportdesk_tui.ui.panes.queue import QueuePane
        from supportdesk_tui.ui.panes.top import TopPane

        self.top, self.queue, self.talk = TopPane(DARK), QueuePane(DARK), ConversationPane(DARK)
        self.customer, self.composer, self.bottom = CustomerPane(DARK), Composer(DARK), BottomPane(DARK)
        yield self.top
        with Horizontal(id="panes"):
            yield self.queue
            with Vertical(id="middle"):
                yield self.talk
                yield self.composer
            yield self.customer
        yield self.bottom

    def on_mount(self) -> None:
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
    Desk(*sys.argv[1:2]).run()
