"""A small desk-like app on our driver, started by the pty tests: a list, an editor, an overlay, and a log of events."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Region, Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static, TextArea

from supportdesk_tui import splash
from supportdesk_tui.ui.driver import DeskDriver, desk_driver
from supportdesk_tui.ui.editor import edit_text
from supportdesk_tui.ui.terminal import TerminalSettings

SURE_WORDS = ("提现", "已审核", "withdrawal", "αβγ", "Ежедневно", "2 h", "がんばって")
"""Words on whose width every terminal and every emulator agrees."""
LOG = Path(os.environ.get("HARNESS_LOG", os.devnull))
PLAIN = Style.parse("#e0e0e0 on #121212")
CURSOR = Style.parse("bold #ffffff on #0178d4")
WORDS = (
    "提现",
    "已审核",
    "withdrawal",
    "αβγ",
    "Ежедневно",
    "✓ done",
    "👍🏽 ok",
    "é\u0301t",
    "नमस्ते",
    "2 h",
    "⚠️ late",
    "がんばって",
)


def note(line: str) -> None:
    """Add a line to the log the test reads."""
    with LOG.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


class Rows(ScrollView, can_focus=True):
    """Ten thousand rows in several scripts, drawn line by line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)"),
        Binding("up", "move(-1)"),
        Binding("pagedown", "move(15)"),
        Binding("pageup", "move(-15)"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.at = 0

    def on_mount(self) -> None:
        """Say how large the list is."""
        self.virtual_size = Size(60, 10_000)

    def render_line(self, y: int) -> Strip:
        """One row; the one under the cursor stands out."""
        index = y + self.scroll_offset.y
        source = random.Random(index)
        text = f"{index:06d} " + " ".join(source.choice(SURE_WORDS if "sure" in sys.argv else WORDS) for _ in range(5))
        style = CURSOR if index == self.at else PLAIN
        return Strip([Segment("▸ " if index == self.at else "  ", style), Segment(text, style)]).adjust_cell_length(
            self.size.width, style
        )

    def action_move(self, by: int) -> None:
        """Move the cursor, keep it in view."""
        old, self.at = self.at, max(0, min(9_999, self.at + by))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= self.at < top + height:
            self.scroll_to(y=max(0, self.at - height // 2), animate=False, immediate=True)
            self.refresh()
        else:
            self.refresh(Region(0, old - top, self.size.width, 1), Region(0, self.at - top, self.size.width, 1))


class Overlay(ModalScreen[None]):
    """A box over everything."""

    CSS = "Overlay { align: center middle; } Overlay Static { width: 31; height: 5; background: #444400; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss"), Binding("f2", "dismiss")]

    def compose(self) -> ComposeResult:
        """One box with wide characters, so that its edge cuts others."""
        yield Static("浮层 overlay 浮层 overlay 浮层 overlay\n第二行", markup=False)


class Harness(App[int]):
    """The app."""

    CSS = "Rows { width: 45; } #side { width: 17; background: #203040; } TextArea { height: 8; } #mid { width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", priority=True),
        Binding("ctrl+l", "redraw", priority=True),
        Binding("f2", "overlay"),
        Binding("f3", "hostile"),
        Binding("f4", "fail"),
        Binding("f5", "announce"),
        Binding("f6", "edit"),
    ]

    def __init__(self) -> None:
        report_dir = os.environ.get("HARNESS_REPORTS")
        self.terminal_settings = TerminalSettings(report_dir=Path(report_dir) if report_dir else None)
        super().__init__(driver_class=DeskDriver)
        self.ticks = 0
        self._telling: set[asyncio.Task[None]] = set()

    def compose(self) -> ComposeResult:
        """Three panes."""
        with Horizontal():
            yield Rows()
            with Vertical(id="mid"):
                yield Static("", id="body", markup=False)
                yield TextArea(id="reply")
            yield Static("客户 side", id="side", markup=False)

    def on_mount(self) -> None:
        """Begin on the list, with a clock that shows the loop is alive."""
        self.query_one(Rows).focus()
        self.query_one(TextArea).cursor_blink = False
        if "tick" in sys.argv:
            self.set_interval(0.05, self.tick)
        self.query_one("#body", Static).update("ready")

    def tick(self) -> None:
        """Count and show."""
        self.ticks += 1
        note(f"tick {self.ticks}")
        self.query_one("#body", Static).update(f"tick {self.ticks} " + f"{self.ticks:03d}" * 1500)

    def on_hangup(self, why: str) -> None:
        """What the driver calls before it ends us."""
        note(f"hangup {why}")

    async def on_event(self, event: events.Event) -> None:
        """Log keys and pastes as they arrive, and of each key when all that came of it is done."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            note(f"key {event.key}")
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            note(f"paste {event.text!r}")
        elif isinstance(event, events.MouseDown) and not event.is_forwarded:
            note(f"mouse {event.x},{event.y}")
        is_new = isinstance(event, events.Key) and not event.is_forwarded
        await super().on_event(event)
        if is_new:
            task = asyncio.create_task(self._tell_done())
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell_done(self) -> None:
        """Log it when what waits in the app, the screen and what has the focus is done; a screen may go away meanwhile."""
        for _ in range(2):
            for pump in (self, self.screen, self.screen.focused or self):
                done = asyncio.Event()
                pump.call_later(done.set)
                while pump.is_running and not done.is_set():  # noqa: ASYNC110  # a screen that goes away tells nobody
                    await asyncio.sleep(0.001)
        note("did")

    def action_leave(self) -> None:
        """End in order."""
        driver = desk_driver(self)
        assert driver is not None
        note(f"gate {driver.gate.count} skipped {driver.skipped_frames}")
        self.exit(0)

    def action_redraw(self) -> None:
        """Paint everything anew."""
        driver = desk_driver(self)
        assert driver is not None
        driver.redraw()

    def action_overlay(self) -> None:
        """Show the box."""
        self.push_screen(Overlay())

    def action_hostile(self) -> None:
        """Try to get raw sequences to the terminal."""
        self.query_one("#body", Static).update("evil \x1b]2;owned\x07 \x1b[31m \u202e rtl \x9b2J end")

    def action_fail(self) -> None:
        """Break with a secret in the message and in a local variable."""
        secret = "canary-token-12345"
        raise ValueError(secret)

    def action_announce(self) -> None:
        """Everything the driver sends for us."""
        driver = desk_driver(self)
        assert driver is not None
        driver.emit("title", "Desk \x1b]0;evil\x07 " + "x" * 200)
        driver.emit("notification", "new ticket")
        sent = [driver.emit("bell"), driver.emit("bell")]
        note(f"bells {sent} large {driver.emit('clipboard', 'x' * 100_001)} small {driver.emit('clipboard', '好')}")

    async def action_edit(self) -> None:
        """Edit a text outside."""
        edited = await edit_text(self, "before")
        note(f"edited {edited.text!r} {edited.problem}")


if __name__ == "__main__":
    if "deaf" in sys.argv:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if "splash" in sys.argv:
        splash.paint()
    app = Harness()
    app.run(mouse="mouse" in sys.argv)
    sys.exit(app.return_code or 0)
