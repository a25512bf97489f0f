"""The last line: the keys that work here, or what was just said; above it the choices of a waiting prefix key."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.strip import Strip

from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import Level, Menu, MenuItem, Notice
from supportdesk_tui.store.views import BottomView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.text import cells, cut, fit, shown_line
from supportdesk_tui.ui.widgets.line_pane import LinePane
from supportdesk_tui.ui.widgets.paint import Line

if TYPE_CHECKING:
    from supportdesk_tui.commands.sheet import Hint

MENU_LINES = 9
"""Lines of choices at most; more columns come first."""
NARROWEST = 22
"""Columns a choice needs to be read."""


class BottomPane(LinePane):
    """One line, and upward from it a panel while a menu is open."""

    GROUND = "bar"
    DEFAULT_CSS = """
    BottomPane { dock: bottom; layer: over; height: 1; width: 100%; }
    """

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(palette, id=id)
        self._view: BottomView | None = None
        self._hints: tuple[Hint, ...] = ()
        self._rows = 1

    def show(self, view: BottomView, now: datetime, hints: "Sequence[Hint]") -> None:
        """Draw what differs from the view before; `now` is not drawn."""
        self._view, self._hints = view, tuple(hints)
        rows = 1 + (self._menu_rows(view.menu) if view.menu else 0)
        if rows != self._rows:
            self._rows = rows
            self.styles.height = rows
        self.redraw()

    def lay(self, width: int, height: int) -> list[Strip]:
        """The menu, if any, then the last line."""
        view = self._view
        if view is None:
            return []
        lines = self._menu(view.menu, width) if view.menu and height > 1 else []
        lines = lines[: height - 1]
        if view.notice is not None:
            return [*lines, self._notice(view.notice)]
        return [*lines, self._menu_foot() if view.menu else self._keys()]

    # --- the last line

    def _notice(self, notice: Notice) -> Strip:
        mark, ink = {
            Level.INFO: ("·", "text"),
            Level.DONE: (self.paint.glyphs.good, "success"),
            Level.WARN: (self.paint.glyphs.warn, "warning"),
            Level.ERROR: (self.paint.glyphs.bad, "danger"),
        }[notice.level]
        return self.line().add(f" {mark} {shown_line(notice.text)}", ink).strip()

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

    @staticmethod
    def _key(line: Line, hint: "Hint") -> None:
        line.add(hint.key, "key_off" if hint.blocked else "key", bold=not hint.blocked)
        line.add(f" {_(hint.label)}  ", "key_off" if hint.blocked else "text_low")

    def _menu_foot(self) -> Strip:
        return self.line().add(" Esc", "key", bold=True).add(" " + _("leaves this menu"), "text_low").strip()

    # --- the menu

    def _columns(self, menu: Menu, width: int) -> int:
        widest = max((cells(item.label) + cells(item.key) + cells(item.hint) + 6 for item in menu.items), default=1)
        return max(1, min((width - 2) // max(NARROWEST, min(widest, 44)), len(menu.items), 6))

    def _menu_rows(self, menu: Menu) -> int:
        columns = self._columns(menu, self.size.width or 80)
        return min(MENU_LINES, -(-len(menu.items) // columns)) + 2

    def _menu(self, menu: Menu, width: int) -> list[Strip]:
        columns = self._columns(menu, width)
        rows = min(MENU_LINES, -(-len(menu.items) // columns))
        title = Line(self.paint, width, "menu").add("  ").add(shown_line(_(menu.title)), "accent", bold=True).strip()
        lines = [title]
        size = (width - 2) // columns
        for row in range(rows):
            line = Line(self.paint, width, "menu").add("  ")
            for column in range(columns):
                at = column * rows + row
                if at < len(menu.items):
                    line.to(2 + column * size)
                    self._choice(line, menu.items[at], size)
            lines.append(line.strip())
        return [*lines, Line(self.paint, width, "menu").strip()]

    def _choice(self, line: Line, item: MenuItem, size: int) -> None:
        room = size - cells(item.key) - 3
        line.add(item.key, "key_off" if item.blocked else "accent", bold=not item.blocked)
        said = item.blocked or item.hint
        label = cut(shown_line(_(item.label)), room)
        line.add(f" {label}", "key_off" if item.blocked else "menu_text")
        room -= cells(label)
        if said and room > 4:
            line.add(cut(f" · {shown_line(_(said))}", room), "text_low")
        elif item.blocked:
            line.add(fit(" –", min(2, max(0, room))), "text_low")
