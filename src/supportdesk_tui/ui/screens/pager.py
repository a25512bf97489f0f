"""A long text, whole: an entry, the key sheet, an article."""

from textual import events, on
from textual.strip import Strip

from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.pressing import press
from supportdesk_tui.ui.screens.dialog import LEFT, Dialog, Done, Panel
from supportdesk_tui.ui.text import shown, wrap

WHEEL = 3


class PagerDialog(Dialog):
    """Scrolls; wraps once per width."""

    SIZE = "-large"

    def __init__(self, palette: Palette, title: str, text: str) -> None:
        super().__init__(palette)
        self._title = title
        self._text = shown(text)
        self.top = 0
        self._page = 1
        self._wrapped: tuple[int, list[str]] = (0, [])

    def title_text(self) -> str:
        """What is read."""
        return self._title

    def note_text(self) -> str:
        """How far down."""
        lines = self.length(self.panel.size.width)
        return f"{min(lines, self.top + self._page)}/{lines}" if lines else ""

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """How to move and leave."""
        return (("j k", _("scroll")), ("Space", _("page")), ("Esc", _("back")))

    def press(self, event: events.Key) -> Done | None:
        """Scroll or leave."""
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "enter": 1}
        pages = {"space": 1, "pagedown": 1, "ctrl+d": 1, "pageup": -1, "ctrl+u": -1, "b": -1}
        lines = self.length(self.panel.size.width)
        if event.key in {"q", "left", "h"}:
            return LEFT
        if event.key in {"home", "g"}:
            self.top = 0
        elif event.key in {"end", "G"}:
            self.top = lines
        self.top += steps.get(event.key, 0) + pages.get(event.key, 0) * max(1, self._page - 1)
        self.top = max(0, min(self.top, lines - self._page))
        return None

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def wheel(self, event: events.MouseScrollDown | events.MouseScrollUp) -> None:
        """The wheel moves the text."""
        for _line in range(WHEEL):
            press(self.app, "↓" if isinstance(event, events.MouseScrollDown) else "↑")

    def length(self, width: int) -> int:
        """Lines there are at a width."""
        return len(self._lines(width))

    def _lines(self, width: int) -> list[str]:
        if self._wrapped[0] != width:
            self._wrapped = (width, list(wrap(self._text, max(10, width - 4))))
        return self._wrapped[1]

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The lines in view, and how many that may be."""
        self._page = height
        return self.in_view(panel, width, height)

    def in_view(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The lines from the top one on."""
        lines = self._lines(width)[self.top : self.top + height]
        return [panel.line().add("  " + text, "menu_text").strip() for text in lines]
