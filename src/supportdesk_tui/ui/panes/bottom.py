"""The last line: the keys that work here, or what was just said."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.events import Click
from textual.strip import Strip

from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import Level, Notice
from supportdesk_tui.store.views import BottomView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.pressing import Place, press, pressed
from supportdesk_tui.ui.text import cells, shown_line
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.glyph import Glyphs
from supportdesk_tui.ui.widgets.line_pane import LinePane
from supportdesk_tui.ui.widgets.paint import Line

if TYPE_CHECKING:
    from supportdesk_tui.commands.sheet import Hint
    from supportdesk_tui.ui.widgets.menu_panel import MenuPanel


class BottomPane(LinePane):
    """One line; a menu opens in a panel of its own over the panes."""

    GROUND = "bar"
    DEFAULT_CSS = """
    BottomPane { dock: bottom; height: 1; width: 100%; }
    """

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(palette, id=id)
        self.panel: MenuPanel | None = None
        self._view: BottomView | None = None
        self._hints: tuple[Hint, ...] = ()
        self._places: list[Place] = []

    async def furnish(self) -> None:
        """Hang the panel of menus on the screen, closed; the first paint does without it."""
        from supportdesk_tui.ui.widgets.menu_panel import MenuPanel

        self.panel = MenuPanel(self.paint.palette)
        self.panel.use_palette(self.paint.palette, self.paint.glyphs)
        await self.screen.mount(self.panel)

    def use_palette(self, palette: Palette, glyphs: Glyphs | None = None) -> None:
        """Draw in other colours, panel included."""
        super().use_palette(palette, glyphs)
        if self.panel is not None:
            self.panel.use_palette(palette, glyphs)

    def show(self, view: BottomView, now: datetime, hints: "Sequence[Hint]") -> None:
        """Draw what differs from the view before; `now` is not drawn."""
        if view == self._view and tuple(hints) == self._hints and self._laid_for == tuple(self.size):
            return
        self._view, self._hints = view, tuple(hints)
        if self.panel is not None:
            self.panel.show(view.menu, self.app.size.width)
        self.redraw()

    def lay(self, width: int, height: int) -> list[Strip]:
        """What was just said, else the keys."""
        view = self._view
        self._places.clear()
        if view is None:
            return []
        return [self._notice(view.notice) if view.notice is not None else self._keys()]

    # --- the last line

    def _notice(self, notice: Notice) -> Strip:
        mark, ink = {
            Level.INFO: ("·", "text"),
            Level.DONE: (self.paint.glyphs.good, "success"),
            Level.WARN: (self.paint.glyphs.warn, "warning"),
            Level.ERROR: (self.paint.glyphs.bad, "danger"),
        }[notice.level]
        return self.line().add(f" {mark} {own_words(shown_line(notice.text))}", ink).strip()

    def _keys(self) -> Strip:
        line = self.line().add(" ")
        right = [hint for hint in self._hints if hint.is_right]
        kept = sum(cells(hint.key) + cells(_(hint.label)) + 3 for hint in right)
        for hint in self._hints:
            if not hint.is_right:
                if cells(hint.key) + cells(_(hint.label)) + 3 > line.room - kept:
                    break
                self._key(line, hint)
        line.to(line.width - kept)
        for hint in right:
            self._key(line, hint)
        return line.strip()

    def _key(self, line: Line, hint: "Hint") -> None:
        start = line.width - line.room
        line.add(hint.key, "key_off" if hint.blocked else "key", bold=not hint.blocked)
        line.add(f" {_(hint.label)}  ", "key_off" if hint.blocked else "text_low")
        self._places.append(Place(start, line.width - line.room - 1, hint.key))

    def on_click(self, event: Click) -> None:
        """A click on a key presses it."""
        key = pressed(self._places, event.x)
        if key:
            press(self.app, key)
