"""The diff layer below Textual's compositor: a shadow of the screen, so that only changed cells are written.

The compositor repaints whole regions; over a slow line that is what an agent waits for. The painter keeps, for every
cell, the text and the look last written there, and turns an update into the shortest writes that make the terminal
equal to it. Whatever else writes to the screen must call `forget`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from rich.cells import get_character_cell_size, split_graphemes
from rich.color import Color, ColorSystem, ColorType
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from supportdesk_tui.splash import is_screen
from supportdesk_tui.text.safe import FORBIDDEN, SYMBOL
from supportdesk_tui.ui.pen import Look, Pen

UNKNOWN: Final = "\0"
"""A shadow cell of which nobody knows what the terminal shows."""
KEPT_GAP: Final = 4
"""Unchanged cells between two changes that are cheaper to write again than to skip."""
CACHE_SIZE: Final = 8192
_SURE: Final = (
    *(" ~", "\u00a1\u00ac", "\u00ae\u02ff", "\u0370\u0377", "\u037a\u037f", "\u0384\u038a", "\u038c\u038c", "\u038e\u03a1"),
    *("\u03a3\u0482", "\u048a\u052f", "\u2010\u2027", "\u2030\u203b", "\u2190\u21ff", "\u2500\u25fc", "\u25ff\u25ff"),
    *("\u3000\u3029", "\u3030\u3030", "\u3041\u3096", "\u309b\u30ff", "\u3400\u4dbf", "\u4e00\u9fff", "\uac00\ud7a3"),
    "\uff01\uff5e",
)
"""First and last of the characters on whose width every terminal agrees; after any other the cursor is placed by column."""
_ON_CODES: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "21", "51", "52", "53")
_CUBE: Final = (0, 95, 135, 175, 215, 255)
"""Levels of red, green and blue in the cube of the 256 colours (xterm's); greys are 8, 18 … 238."""
_SYSTEMS: Final = {"full": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT}
"""By what the agent set; with 16 and none the theme has no other colours."""
_SHOWS_ON_BLANK: Final = frozenset({"4", "7", "9", "21", "51", "52", "53"})


@lru_cache(CACHE_SIZE)
def _is_sure(character: str) -> bool:
    return any(first <= character <= last for first, last in _SURE)


class Gate:
    """The last look at text before the terminal: takes out what must never get there, and counts it."""

    def __init__(self) -> None:
        self.count = 0
        """Forbidden code points that came this far; in tests it must stay 0."""

    def clean(self, text: str) -> str:
        """Text without forbidden code points and line breaks, as wide as it was."""
        if FORBIDDEN.search(text) is None and "\n" not in text:
            return text
        return FORBIDDEN.sub(self._replacement, text.replace("\n", "\r"))

    def _replacement(self, found: re.Match[str]) -> str:
        self.count += 1
        width = get_character_cell_size(found[0])
        return SYMBOL.ljust(width) if width else ""

    def clean_strip(self, strip: Strip) -> Strip:
        """A strip whose text passed the gate; the same object when nothing was wrong."""
        if FORBIDDEN.search(strip.text) is None and "\n" not in strip.text:
            return strip
        return Strip([Segment(self.clean(text), style) for text, style, control in strip if not control])


class Looks:
    """Makes looks from Rich styles, one object per distinct look."""

    def __init__(self, system: ColorSystem | None) -> None:
        self._system = system
        self._known: dict[tuple[tuple[str, ...], str, str], Look] = {}
        self._by_style: dict[Style | None, Look] = {}
        self.plain = self._look((), "", "")

    def of(self, style: Style | None) -> Look:
        """The look of a style; links are left out, they are never sent to a terminal."""
        if (look := self._by_style.get(style)) is None:
            if len(self._by_style) > CACHE_SIZE:
                self._by_style.clear()
            look = self._by_style[style] = self._make(style) if style is not None else self.plain
        return look

    def _make(self, style: Style) -> Look:
        bits = style._attributes & style._set_attributes
        codes = tuple(code for bit, code in enumerate(_ON_CODES) if bits >> bit & 1)
        if self._system is None:
            return self._look(codes, "", "")
        fg = ";".join(nearest(style.color, self._system).get_ansi_codes()) if style.color else ""
        bg = ";".join(nearest(style.bgcolor, self._system).get_ansi_codes(False)) if style.bgcolor else ""
        return self._look(codes, "" if fg == "39" else fg, "" if bg == "49" else bg)

    def _look(self, codes: tuple[str, ...], fg: str, bg: str) -> Look:
        key = (codes, fg, bg)
        if (look := self._known.get(key)) is None:
            look = self._known[key] = Look(codes, fg, bg)
            shown = tuple(code for code in codes if code in _SHOWS_ON_BLANK)
            look.blank = look if shown or not (codes or fg) else self._look((), "", bg)
        return look


class Painter:
    """Turns compositor updates into the writes that make the terminal equal to them."""

    def __init__(self, system: ColorSystem | None, gate: Gate, *, erases: bool = True) -> None:
        self._looks = Looks(system)
        self._gate = gate
        self._pen = Pen(self._looks.plain, erases=erases)
        self._split: dict[tuple[str, Style | None], tuple[list[str], list[Look]]] = {}
        self._unsure: set[str] = set()
        self._size = (0, 0)
        self._cells: list[list[str]] = []
        self._drawn: list[list[Look]] = []
        self._is_fresh = False

    def forget(self) -> None:
        """Assume nothing about what the terminal shows; the next full update paints everything."""
        self._size = (0, 0)

    def paint(self, update: CompositorUpdate, size: tuple[int, int], cursor: tuple[int, int]) -> str:
        """What to write so that the terminal shows an update and its cursor stands where the app has it."""
        if size != self._size:
            self._reset(size)
        rows = [(y, x, *self._strip_cells(strip, end - x)) for y, x, end, strip in self._pieces(update)]
        if self._is_fresh and isinstance(update, LayoutUpdate):
            self._clear(Counter(look.blank for *_, looks in rows for look in looks))
        width, height = size
        for y, x, cells, looks in rows:
            if y < height and x + len(cells) <= width:
                self._paint_piece(y, x, cells, looks)
        self._pen.move(*cursor)
        return self._pen.take()

    def _reset(self, size: tuple[int, int]) -> None:
        self._size = size
        width, height = size
        self._cells = [[UNKNOWN] * width for _ in range(height)]
        self._drawn = [[self._looks.plain] * width for _ in range(height)]
        self._unsure.clear()
        self._split.clear()
        self._pen.forget()
        self._is_fresh = True

    def _clear(self, looks: Counter[Look]) -> None:
        self._is_fresh = False
        ground = looks.most_common(1)[0][0] if looks else self._looks.plain
        if not (self._pen.erases and ground.is_erasable):
            return
        width, height = self._size
        self._pen.clear(ground)
        self._cells = [[" "] * width for _ in range(height)]
        self._drawn = [[ground] * width for _ in range(height)]

    @staticmethod
    def _pieces(update: CompositorUpdate) -> Iterator[tuple[int, int, int, Strip]]:
        if isinstance(update, LayoutUpdate):
            for y, line in enumerate(update.strips, update.region.y):
                x = update.region.x
                for strip in line:
                    yield y, x, x + strip.cell_length, strip
                    x += strip.cell_length
        elif isinstance(update, ChopsUpdate):
            for y, x1, x2 in update.spans:
                for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                    if chop is not None and x < x2 and end > x1:
                        yield y, x, end, chop

    def _strip_cells(self, strip: Strip, width: int) -> tuple[list[str], list[Look]]:
        cells: list[str] = []
        looks: list[Look] = []
        split = self._split
        for text, style, control in strip._segments:
            if not control:
                known = split.get((text, style)) or self._split_text(text, style)
                cells += known[0]
                looks += known[1]
        if len(cells) > width:
            if cells[width] == "" and width:
                cells[width - 1] = " "
            del cells[width:], looks[width:]
        return cells, looks

    def _split_text(self, text: str, style: Style | None) -> tuple[list[str], list[Look]]:
        if len(self._split) > CACHE_SIZE:
            self._split.clear()
        look = self._looks.of(style)
        cells: list[str] = []
        clean = self._gate.clean(text)
        if clean.isascii():
            cells += clean
        elif all(map(_is_sure, clean)):
            for character in clean:
                cells += (character, "") if get_character_cell_size(character) == 2 else (character,)
        else:
            self._split_unsure(clean, cells)
        looks = [look.blank if cell == " " else look for cell in cells] if look.blank is not look else [look] * len(cells)
        self._split[text, style] = cells, looks
        return cells, looks

    def _split_unsure(self, text: str, cells: list[str]) -> None:
        spans, _ = split_graphemes(text)
        for start, end, width in spans:
            if width:
                cluster = text[start:end]
                cells += (cluster, *([""] * (width - 1)))
                if not all(map(_is_sure, cluster)):
                    self._unsure.add(cluster)

    def _paint_piece(self, y: int, x: int, cells: list[str], looks: list[Look]) -> None:
        row, drawn = self._cells[y], self._drawn[y]
        end = x + len(cells)
        old_cells, old_looks = row[x:end], drawn[x:end]
        if cells == old_cells and looks == old_looks:
            return
        changed = [
            i
            for i, (new, old, look, old_look) in enumerate(zip(cells, old_cells, looks, old_looks, strict=True))
            if new != old or look is not old_look
        ]
        if self._unsure and not (self._unsure.isdisjoint(cells) and self._unsure.isdisjoint(old_cells)):
            changed = self._widened(changed, cells, old_cells)
        for start, stop in self._runs(changed, cells, looks):
            self._paint_run(y, x, (start, stop), cells, looks)
        self._doubt_neighbours(row, x, changed, cells, old_cells)
        row[x:end], drawn[x:end] = cells, looks

    def _doubt_neighbours(self, row: list[str], x: int, changed: list[int], cells: list[str], old_cells: list[str]) -> None:
        """Mark cells beside a piece that writing it may have spoiled: halves of wide characters, spilt clusters."""
        end, last = x + len(cells), len(cells) - 1
        if changed[0] == 0 and x and old_cells[0] == "":
            row[x - 1] = UNKNOWN
        if changed[-1] == last and end < len(row) and row[end] == "":
            row[end] = UNKNOWN
        near = [i for i in changed if i >= last - 1]
        if self._unsure and any(cells[i] in self._unsure or old_cells[i] in self._unsure for i in near):
            row[end : end + 2] = [UNKNOWN] * len(row[end : end + 2])

    def _widened(self, changed: list[int], cells: list[str], old_cells: list[str]) -> list[int]:
        """Changes, with the two cells after each cluster a terminal may have drawn too wide or too narrow."""
        wide = set(changed)
        for i in range(len(cells)):
            if i in wide and (cells[i] in self._unsure or old_cells[i] in self._unsure):
                wide.update(j for j in range(i + 1, min(i + 4, len(cells))))
        return sorted(wide)

    @staticmethod
    def _runs(changed: list[int], cells: list[str], looks: list[Look]) -> Iterator[tuple[int, int]]:
        start = last = changed[0]
        for i in (*changed[1:], len(cells) + KEPT_GAP + 2):
            gap = i - last - 1
            if gap <= KEPT_GAP and all(look is looks[last] or look is looks[last].blank for look in looks[last + 1 : i]):
                last = i
                continue
            while start and cells[start] == "":
                start -= 1
            stop = last + 1
            while stop < len(cells) and cells[stop] == "":
                stop += 1
            yield start, stop
            start = last = i

    def _paint_run(self, y: int, x: int, run: tuple[int, int], cells: list[str], looks: list[Look]) -> None:
        pen, unsure, width = self._pen, self._unsure, self._size[0]
        i, stop = run
        while i < stop:
            look = looks[i]
            j = i + 1
            pen.move(x + i, y)
            if cells[i] == " ":
                while j < stop and cells[j] == " " and looks[j] is look:
                    j += 1
                to_end = x + j == width
                if pen.erases and look.is_erasable and j - i > (3 if to_end else 6 if j == stop else 12):
                    pen.erase(look, j - i, to_end=to_end)
                else:
                    pen.blanks(look, j - i)
            elif cells[i] in unsure:
                while j < stop and cells[j] == "":
                    j += 1
                pen.unsure(look, cells[i], j - i)
            else:
                while j < stop and looks[j] is look and cells[j] != " " and cells[j] not in unsure:
                    j += 1
                pen.text(look, "".join(cells[i:j]), j - i)
            i = j
        if x + stop >= width:
            pen.forget_column()


def nearest(color: Color, system: ColorSystem) -> Color:
    """A colour as the terminal has it: of 256 the nearest of the cube and the greys, so that dark grounds stay apart."""
    if system is not ColorSystem.EIGHT_BIT or color.type is not ColorType.TRUECOLOR or color.triplet is None:
        return color.downgrade(system)
    wanted = color.triplet
    steps = [min(range(6), key=lambda step: abs(_CUBE[step] - part)) for part in wanted]
    grey = min(23, max(0, round((sum(wanted) / 3 - 8) / 10)))
    in_cube = sum((_CUBE[step] - part) ** 2 for step, part in zip(steps, wanted, strict=True))
    in_greys = sum((8 + 10 * grey - part) ** 2 for part in wanted)
    return Color.from_ansi(232 + grey if in_greys < in_cube else 16 + 36 * steps[0] + 6 * steps[1] + steps[2])


def color_system(console: Console, environ: Mapping[str, str], wanted: str = "auto") -> ColorSystem | None:
    """The colours to write: as the agent set them, else what the console was made for as far as it arrives.

    None where NO_COLOR asks for none, whatever a style says.
    """
    if environ.get("NO_COLOR"):
        return None
    if wanted in _SYSTEMS:
        return _SYSTEMS[wanted]
    system = console._color_system or ColorSystem.TRUECOLOR
    is_lost = system is ColorSystem.TRUECOLOR and is_screen(environ)
    return ColorSystem.EIGHT_BIT if is_lost else system
