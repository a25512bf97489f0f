"""A pane drawn line by line: it lays out all its lines and repaints only those that differ from what is shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final, Literal

from textual.color import Color
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.widgets.glyph import UNICODE, Glyphs
from supportdesk_tui.ui.widgets.paint import Line, Paint

NO_GROUND: Final = Color(0, 0, 0)
"""What shows through behind a line: nothing, every piece of it has its own ground."""


class LinePane(Widget):
    """Base of all panes; a subclass says how its lines look in `lay`, and keeps pictures no longer than its `paint`."""

    GROUND: ClassVar[str] = "background"
    """Token of the background."""
    COVERS: ClassVar[bool] = False
    """Lies over other panes from edge to edge of the screen; see `ui.layers`."""
    edge: Literal["left", "right", ""] = ""
    """The side on which another pane stands: a wall is drawn there where no ground tells them apart."""

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.paint = Paint(palette, UNICODE)
        self._lines: list[Strip] = []
        self._laid_for = (0, 0)

    def use_palette(self, palette: Palette, glyphs: Glyphs | None = None) -> None:
        """Draw everything in other colours, and with other marks if given."""
        self.paint = Paint(palette, glyphs or self.paint.glyphs)
        self.redraw()

    def forget(self) -> None:
        """Drop every picture kept, because words or widths have changed."""
        self.paint = Paint(self.paint.palette, self.paint.glyphs)
        self._laid_for = (0, 0)

    def lay(self, width: int, height: int) -> list[Strip]:
        """All lines of the pane, each exactly `width` columns (a wall is not among them); fewer than `height` are filled up."""
        return []

    def line(self, ground: str = "") -> Line:
        """A new empty line of the pane."""
        return Line(self.paint, self.size.width - _has_wall(self), ground or self.GROUND)

    def redraw(self) -> None:
        """Lay out again and mark the lines that differ."""
        width, height = self.size
        if not self.is_mounted or not width or not height:
            self._laid_for = (0, 0)  # out of sight now: what is held is another picture than the next one
            return
        before, is_same_size = self._lines, self._laid_for == (width, height)
        self._lines = _filled(self, width, height)
        self._laid_for = (width, height)
        if not is_same_size:
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before, self._lines, strict=True)) if old is not new and old != new]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """One line, as laid out for this size."""
        size = self.size.width, self.size.height
        if self._laid_for != size:
            self._lines = _filled(self, *size)
            self._laid_for = size
        return self._lines[y] if y < len(self._lines) else self.line().strip()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in a part of the pane: they are whole already, so no style of a widget is laid over them again."""
        width, height = self.size
        if self._laid_for != (width, height):
            self._lines = _filled(self, width, height)
            self._laid_for = (width, height)
        strips = self._lines[crop.y : crop.bottom]
        for line_filter in self.get_line_filters():
            if isinstance(line_filter, ANSIToTruecolor):
                continue  # a palette is all of true colours, or the filter is off
            strips = [strip.apply_filter(line_filter, NO_GROUND) for strip in strips]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips


def redraw_lines(pane: LinePane, lines: Mapping[int, Strip]) -> None:
    """Put single lines in place of those shown; the rest is known to be as it was."""
    if pane._laid_for != tuple(pane.size) or not all(pane.size):
        pane.redraw()
        return
    changed = [y for y, strip in lines.items() if y < len(pane._lines) and strip is not pane._lines[y]]
    for y in changed:
        pane._lines[y] = _walled(pane, lines[y])
    if changed:
        pane.refresh(*(Region(0, y, pane._laid_for[0], 1) for y in changed))


def minute_of(moment: datetime) -> datetime:
    """The minute a moment lies in: panes tell no finer time, so within one they look the same."""
    return moment.replace(second=0, microsecond=0)


def _has_wall(pane: LinePane) -> bool:
    return bool(pane.edge) and pane.paint.is_flat


def _filled(pane: LinePane, width: int, height: int) -> list[Strip]:
    lines = pane.lay(width - _has_wall(pane), height)[:height]
    if len(lines) < height:
        lines += [pane.line().strip()] * (height - len(lines))
    return [_walled(pane, line) for line in lines]


def _walled(pane: LinePane, line: Strip) -> Strip:
    """The line with the wall between two panes beside it, where there is to be one."""
    if not _has_wall(pane):
        return line
    wall = Line(pane.paint, 1, pane.GROUND).add(pane.paint.glyphs.wall, "rule").strip()
    return Strip.join([wall, line] if pane.edge == "left" else [line, wall])
