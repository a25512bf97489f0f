"""The choices of a prefix key that waits for the next one: a panel over the panes, so that nothing below it moves."""

from textual.events import Click
from textual.strip import Strip

from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import Menu, MenuItem
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.pressing import press
from supportdesk_tui.ui.text import cells, cut, shown_line
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.line_pane import LinePane
from supportdesk_tui.ui.widgets.paint import Line

MENU_LINES = 9
"""Lines of choices at most; more columns come first."""
NARROWEST, WIDEST, MOST = 22, 44, 6
"""Columns of the screen a choice takes, and how many choices stand side by side."""
MARGIN = 2
LEAST_SAID = 14
"""Columns in which the beginning of a longer hint still says something."""


class MenuPanel(LinePane):
    """Title, choices in columns, and the way out."""

    GROUND = "menu"
    COVERS = True
    DEFAULT_CSS = """
    MenuPanel { dock: bottom; layer: over; width: 100%; height: 4; display: none; }
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self._menu: Menu | None = None

    def show(self, menu: Menu | None, width: int) -> None:
        """Open with a menu, or close without one; `width` is the screen's."""
        if menu == self._menu:
            return
        self._menu = menu
        self.display = menu is not None
        if menu is not None:
            self.styles.height = _rows(menu, width) + 3
            self.redraw()

    def lay(self, width: int, height: int) -> list[Strip]:
        """Title, choices, a blank, the last line."""
        menu = self._menu
        if menu is None:
            return []
        rows, columns = _rows(menu, width), _columns(menu, width)
        size = (width - MARGIN) // columns
        title = self.line().to(MARGIN).add(shown_line(_(menu.title)), "accent", bold=True)
        if menu.count > 1:
            title.add(" · " + _("{n} tickets", n=menu.count), "warning", bold=True)
        elif menu.about:
            title.add(f" · {shown_line(menu.about)}", "text_low")
        lines = [title.strip()]
        for row in range(rows):
            line = self.line().to(MARGIN)
            for column in range(columns):
                at = column * rows + row
                if at < len(menu.items):
                    line.to(MARGIN + column * size)
                    _choice(line, menu.items[at], size)
            lines.append(line.strip())
        foot = self.line("bar").add(" Esc", "key", bold=True).add(" " + _("leaves this menu"), "text_low")
        return [*lines, self.line().strip(), foot.strip()]

    def on_click(self, event: Click) -> None:
        """A click on a choice takes it, one on the last line leaves."""
        menu, width = self._menu, self.size.width
        if menu is None:
            return
        rows, columns = _rows(menu, width), _columns(menu, width)
        column, row = (event.x - MARGIN) // ((width - MARGIN) // columns), event.y - 1
        at = column * rows + row
        if event.y == self.size.height - 1:
            press(self.app, "Esc")
        elif event.x >= MARGIN and 0 <= row < rows and 0 <= column < columns and at < len(menu.items):
            press(self.app, menu.items[at].key)


def _columns(menu: Menu, width: int) -> int:
    said = (cells(_(item.label)) + cells(item.key) + cells(own_words(item.hint)) + 6 for item in menu.items)
    size = max(NARROWEST, min(max(said, default=1), WIDEST))
    fewest = -(-len(menu.items) // MENU_LINES)
    return max(1, fewest, min((width - MARGIN) // size, len(menu.items), MOST))


def _rows(menu: Menu, width: int) -> int:
    return -(-len(menu.items) // _columns(menu, width))


def _choice(line: Line, item: MenuItem, size: int) -> None:
    room = size - cells(item.key) - 3
    line.add(shown_line(item.key), "key_off" if item.blocked else "accent", bold=not item.blocked)
    label = cut(shown_line(_(item.label)), room)
    line.add(f" {label}", "key_off" if item.blocked else "menu_text")
    room -= cells(label)
    said = shown_line(own_words(item.blocked or item.hint))
    if said and room >= min(cells(said) + 3, LEAST_SAID):
        line.add(cut(f" · {said}", room), "text_low")
