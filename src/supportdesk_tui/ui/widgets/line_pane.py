"""A pane drawn line by line: it lays out all its lines and repaints only those that differ from what is shown."""

from typing import ClassVar

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.widgets.glyph import UNICODE, Glyphs
from supportdesk_tui.ui.widgets.paint import Line, Paint


class LinePane(Widget):
    """Base of all panes; a subclass says how its lines look in `lay`."""

    GROUND: ClassVar[str] = "background"
    """Token of the background."""

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.paint = Paint(palette)
        self.glyphs: Glyphs = UNICODE
        self._lines: list[Strip] = []
        self._laid_for = (0, 0)

    def use_palette(self, palette: Palette) -> None:
        """Draw everything in other colours."""
        self.paint = Paint(palette)
        self.forget()
        self.redraw()

    def use_glyphs(self, glyphs: Glyphs) -> None:
        """Draw marks with other characters."""
        self.glyphs = glyphs
        self.forget()
        self.redraw()

    def forget(self) -> None:
        """Drop lines kept from before; for what changes every line."""

    def lay(self, width: int, height: int) -> list[Strip]:
        """All lines of the pane, each exactly `width` columns; fewer than `height` are filled up."""
        raise NotImplementedError

    def line(self, ground: str = "") -> Line:
        """A new empty line of the pane."""
        return Line(self.paint, self.size.width, ground or self.GROUND)

    def redraw(self) -> None:
        """Lay out again and mark the lines that differ."""
        width, height = self.size
        if not self.is_mounted or not width or not height:
            return
        before, is_same_size = self._lines, self._laid_for == (width, height)
        self._lay_out(width, height)
        if not is_same_size:
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before, self._lines, strict=True)) if old is not new and old != new]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _lay_out(self, width: int, height: int) -> None:
        lines = self.lay(width, height)[:height]
        if len(lines) < height:
            blank = self.line().strip()
            lines += [blank] * (height - len(lines))
        self._lines = lines
        self._laid_for = (width, height)

    def render_line(self, y: int) -> Strip:
        """One line, as laid out for this size."""
        if self._laid_for != tuple(self.size):
            self._lay_out(*self.size)
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width)

    def on_resize(self) -> None:
        """Lay out for the new size at once."""
        self.redraw()
