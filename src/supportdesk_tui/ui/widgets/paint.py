"""Colours of the line API: a rich style for each pair of ink and ground, made once per palette."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.text import cells, cut
from supportdesk_tui.ui.widgets.glyph import UNICODE, Glyphs


class Paint:
    """Styles by token name and the marks beside words, kept, so that drawing a line never parses a colour."""

    def __init__(self, palette: Palette, glyphs: Glyphs = UNICODE) -> None:
        self.glyphs = glyphs
        self.palette = palette
        self.is_flat = palette.surface.conversation in {palette.surface.queue, palette.surface.customer}
        """No ground tells one pane from the next: a thin wall does."""
        self._styles: dict[tuple[str, str, bool], Style] = {}

    def style(self, ink: str, ground: str, bold: bool = False) -> Style:
        """The style of an ink on a ground."""
        key = (ink, ground, bold)
        style = self._styles.get(key)
        if style is None:
            palette = self.palette
            surface = getattr(palette.surface, ground)
            style = Style.parse(palette.on(getattr(palette.ink, _seen(ink, ground, surface)), surface))
            if bold:
                style += Style(bold=True)
            self._styles[key] = style
        return style


def _seen(ink: str, ground: str, surface: str) -> str:
    """The ink that is drawn: on a note in one of the terminal's own colours only ink made for it is sure to be seen."""
    is_own = ground == "note_background" and not surface.startswith("#") and surface != "default"
    return "note_text" if is_own and not ink.startswith("note_m") else ink


class Line:
    """One line of a pane while it is put together; it never grows wider than its pane."""

    __slots__ = ("_segments", "_strip", "_used", "ground", "paint", "width")

    def __init__(self, paint: Paint, width: int, ground: str) -> None:
        self.paint = paint
        self.width = width
        self.ground = ground
        self._segments: list[Segment] = []
        self._used = 0
        self._strip: Strip | None = None

    @property
    def room(self) -> int:
        """Columns left."""
        return self.width - self._used

    def add(self, text: str, ink: str = "text", *, bold: bool = False, ground: str = "") -> "Line":
        """Put safe text at the end, cut to what is left."""
        size = cells(text)
        if size > self.room:
            text = cut(text, self.room)
            text += " " * (self.room - cells(text))  # a wide character cut off must not leave room for another mark
            size = self.room
        if text:
            self._segments.append(Segment(text, self.paint.style(ink, ground or self.ground, bold)))
            self._used += size
        return self

    def to(self, column: int, ink: str = "text") -> "Line":
        """Blank up to a column."""
        gap = min(column, self.width) - self._used
        return self.add(" " * gap, ink) if gap > 0 else self

    def right(self, text: str, ink: str = "text_low", *, bold: bool = False, margin: int = 1) -> "Line":
        """Blank so that the text ends at the right edge but for a margin."""
        text = cut(text, max(0, self.room - margin - 1))
        self.to(self.width - margin - cells(text))
        return self.add(text, ink, bold=bold)

    def strip(self) -> Strip:
        """The finished line, exactly as wide as the pane; the same strip every time, made when first drawn."""
        if self._strip is None:
            if self.room > 0:
                self.add(" " * self.room)
            self._strip = Strip(self._segments, self.width)
        return self._strip
