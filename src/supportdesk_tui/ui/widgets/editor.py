"""The text area of the composer: keys in strict order, no blinking, pastes bounded and made safe, tab stops."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, Selection, TextAreaTheme

from supportdesk_tui.text.clusters import border_before, clusters
from supportdesk_tui.text.safe import SHOWN_LINE, sanitize
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.widgets.tab_stops import Stop, TabStops

PASTE_CHARS = 100_000
"""Characters one paste may bring."""
LONGEST = 200_000
"""Characters a draft may have."""

_KEYS: dict[str, tuple[str, tuple[bool, ...]]] = {
    "backspace": ("delete_left", ()),
    "delete": ("delete_right", ()),
    "ctrl+w": ("delete_word_left", ()),
    "ctrl+u": ("delete_to_start_of_line", ()),
    "ctrl+k": ("delete_to_end_of_line_or_delete_line", ()),
    "ctrl+x": ("cut", ()),
    "ctrl+c": ("copy", ()),
    "super+c": ("copy", ()),
    "ctrl+v": ("paste", ()),
    "ctrl+z": ("undo", ()),
    "ctrl+y": ("redo", ()),
    "f7": ("select_all", ()),
    "pageup": ("cursor_page_up", ()),
    "pagedown": ("cursor_page_down", ()),
}
"""Keys of the editor itself; commands were asked first."""
for _key, _act in {
    "left": "cursor_left",
    "right": "cursor_right",
    "up": "cursor_up",
    "down": "cursor_down",
    "home": "cursor_line_start",
    "end": "cursor_line_end",
    "ctrl+left": "cursor_word_left",
    "ctrl+right": "cursor_word_right",
}.items():
    _KEYS[_key] = (_act, ())
    _KEYS["ctrl+shift+" + _key.removeprefix("ctrl+") if "+" in _key else "shift+" + _key] = (_act, (True,))
_KEYS["ctrl+a"] = ("cursor_line_start", ())
_KEYS["ctrl+e"] = ("cursor_line_end", ())


class Editor(TextArea):
    """Where a reply is written."""

    BINDINGS: ClassVar[list[Binding]] = []  # type: ignore[assignment]  # keys come by take_key alone
    DEFAULT_CSS = """
    Editor, Editor:focus { border: none; padding: 0 2; height: 1fr; scrollbar-size: 0 0; }
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__(soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False)
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self.stops = TabStops()
        self._field_style = Style()
        self.use_palette(palette)

    def use_palette(self, palette: Palette) -> None:
        """Draw in other colours."""
        ink, surface = palette.ink, palette.surface
        self._field_style = Style.parse(palette.on(ink.field_text, surface.field))
        cursor = Style(reverse=True)
        selection = Style.parse(palette.on(ink.text_high, surface.selection))
        for name, words, ground in (
            ("reply", ink.customer_text, surface.composer),
            ("note", ink.note_text, surface.note_background),
        ):
            base = Style.parse(palette.on(words, ground))
            self.register_theme(
                TextAreaTheme(
                    name, base_style=base, cursor_style=base + cursor, cursor_line_style=base, selection_style=selection
                )
            )
        self.theme = self.theme if self.theme in {"reply", "note"} else "reply"

    def write_as(self, name: str) -> None:
        """Look like a `reply` or a `note`."""
        if self.theme != name:
            self.theme = name

    # --- keys and pastes

    async def take_key(self, event: events.Key) -> bool:
        """Do what a key does to a text, now; False when it does nothing."""
        if event.is_printable and event.character:
            self.type_text(event.character)
        elif event.key == "enter":
            self.type_text("\n")
        elif event.key in _KEYS:
            name, args = _KEYS[event.key]
            done = getattr(self, f"action_{name}")(*args)
            if done is not None:
                await done
        else:
            return False
        return True

    def type_text(self, text: str) -> None:
        """Put text at the caret; marked text is replaced."""
        safe = text if text in {"\n", " "} or (len(text) == 1 and text.isascii()) else sanitize(text)
        if len(self.document.text) + len(safe) <= LONGEST:
            self.replace(safe, *self.selection, maintain_selection_offset=False)

    def take_paste(self, text: str) -> bool:
        """Put pasted text at the caret, made safe; False when some of it was too long and left out."""
        kept = text[: border_before(text, PASTE_CHARS)]
        room = max(0, LONGEST - len(self.document.text))
        safe = sanitize(kept)[:room]
        lines = [line[:SHOWN_LINE] for line in safe.split("\n")]
        short = "\n".join(lines)
        result = self.replace(short, *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)
        return len(kept) == len(text) and len(short) == len(safe) and len(safe) < room + 1

    def on_resize(self) -> None:
        """The caret stays in sight; the terminal's own cursor, where an input method looks for it, moves along."""
        self.call_after_refresh(self.scroll_cursor_visible)
        if self.has_focus:
            self.app.cursor_position = self.cursor_screen_offset

    async def on_paste(self, event: events.Paste) -> None:
        """A paste that came to the widget itself is made safe like every other, never taken as Textual does."""
        event.stop()
        event.prevent_default()
        self.take_paste(event.text)

    def action_delete_left(self) -> None:
        """Delete a whole character to the left, as a person sees it."""
        start, end = self.selection
        row, column = end
        if start == end and column:
            line = self.document.get_line(row)
            if not line[:column].isascii():
                *_before, last = clusters(line[:column])
                self.delete((row, column - len(last)), end, maintain_selection_offset=False)
                return
        super().action_delete_left()

    def find_matching_bracket(self, bracket: str, search_from: tuple[int, int]) -> tuple[int, int] | None:
        """Brackets are not matched in prose."""
        return None

    # --- tab stops

    def index_of(self, location: tuple[int, int]) -> int:
        """Where a place is in the text, counted in characters."""
        row, column = location
        lines = self.document.lines
        return sum(len(line) + 1 for line in lines[:row]) + column

    def location_of(self, index: int) -> tuple[int, int]:
        """Row and column of an offset."""
        for row, line in enumerate(self.document.lines):
            if index <= len(line):
                return row, index
            index -= len(line) + 1
        return self.document.end

    def edit(self, edit: Edit) -> EditResult:
        """Change the text and move the stops along."""
        if not len(self.stops):
            return super().edit(edit)
        start, end = sorted((edit.from_location, edit.to_location))
        first, past = self.index_of(start), self.index_of(end)
        result = super().edit(edit)
        self.stops.edited(first, past, len(edit.text.replace("\r\n", "\n")))
        return result

    def undo(self) -> None:
        """Take the last edit back; stops would be elsewhere, so they end."""
        self.stops.clear()
        super().undo()

    def redo(self) -> None:
        """Do it again; stops end."""
        self.stops.clear()
        super().redo()

    def insert_stops(self, text: str, stops: Sequence[tuple[int, int]], caret: int | None) -> None:
        """Put text at the caret with places to fill in; the first is marked, else the caret goes where it is told.

        Behind the last of them the caret goes there too, or to the end of the text: that is one more stop.
        """
        at = self.index_of(min(self.selection))
        self.replace(text, *self.selection, maintain_selection_offset=False)
        if stops:
            self.stops.add((*stops, (len(text) if caret is None else caret, 0)), at)
            self.select_stop(self.stops.step(1, at))
        elif caret is not None:
            self.move_cursor(self.location_of(at + caret))

    def select_stop(self, stop: Stop | None) -> bool:
        """Mark a stop, so that typing replaces it."""
        if stop is None:
            return False
        self.select_span(stop.start, stop.end)
        return True

    def select_span(self, start: int, end: int) -> None:
        """Mark from one offset to another."""
        self.selection = Selection(self.location_of(start), self.location_of(end))

    def get_line(self, line_index: int) -> Text:
        """A line, places to fill in shown."""
        line = super().get_line(line_index)
        if len(self.stops):
            start = self.index_of((line_index, 0))
            for stop in self.stops.stops:
                if stop.length and stop.start < start + len(line) and stop.end > start:
                    line.stylize(self._field_style, max(0, stop.start - start), stop.end - start)
        return line
