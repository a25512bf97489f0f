"""The key sheet: every key that works here, in as many columns as there is room for."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from textual.strip import Strip

from supportdesk_tui.commands.sheet import Line as SheetLine
from supportdesk_tui.commands.sheet import Section
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.screens.dialog import Panel
from supportdesk_tui.ui.screens.pager import PagerDialog
from supportdesk_tui.ui.text import cells, cut, fit
from supportdesk_tui.ui.widgets.paint import Line

COLUMN = 52
"""Columns of the screen a column of the sheet needs at least."""
KEYS = 18


class Row(NamedTuple):
    """One line of the sheet: keys with what they do, or a heading."""

    text: str
    keys: str = ""
    why: str = ""
    """Why it does not work now."""
    heading: str = ""
    """The ink of a heading."""


class KeysDialog(PagerDialog):
    """Scrolls like any long text; its rows stand side by side where the screen is wide."""

    SIZE = "-whole"

    def __init__(self, palette: Palette, sections: Sequence[Section]) -> None:
        super().__init__(palette, _("Keys"), "")
        self._rows = [row for section in sections for row in _rows(section)]

    def length(self, width: int) -> int:
        """Lines of the longest column."""
        return max(map(len, self._columns(width)), default=0)

    def _columns(self, width: int) -> list[list[Row]]:
        """The rows in columns of like length; none ends with a heading."""
        count = max(1, (width - 2) // COLUMN)
        most = -(-len(self._rows) // count)
        columns: list[list[Row]] = [[]]
        for place, row in enumerate(self._rows):
            is_last = len(columns[-1]) >= most or (row.heading and len(columns[-1]) >= most - 2)
            if is_last and len(columns) < count and place:
                columns.append([])
            if row.text or columns[-1]:
                columns[-1].append(row)
        return columns

    def in_view(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The lines from the top one on, column beside column."""
        columns = self._columns(width)
        size = (width - 2) // max(1, (width - 2) // COLUMN)
        lines = []
        for at in range(self.top, min(self.top + height, self.length(width))):
            line = panel.line()
            for place, rows in enumerate(columns):
                if at < len(rows):
                    _draw(line.to(2 + place * size), rows[at], size - 2)
            lines.append(line.strip())
        return lines


def _rows(section: Section) -> Iterator[Row]:
    """A section: its title, then its groups; commands that differ by their key alone are one row."""
    yield Row(_(section.title), heading="accent")
    for group, lines in groupby(section.lines, key=lambda line: line.group):
        if group:
            yield Row(_(group), heading="text_low")
        for _title, same in groupby(lines, key=lambda line: (line.title, line.blocked)):
            yield _row(list(same))
    yield Row("")


def _row(same: list[SheetLine]) -> Row:
    first = same[0]
    why = _(first.blocked.reason, **dict(first.blocked.values)) if first.blocked else ""
    lost = "  ".join(f"{key} → {winner}" for line in same for key, winner in line.lost)
    return Row(_(first.title), " ".join(key for line in same for key in line.keys) or "–", "  ".join(filter(None, (why, lost))))


def _draw(line: Line, row: Row, room: int) -> None:
    if row.heading:
        line.add(cut(row.text, room), row.heading, bold=row.heading == "accent")
    elif row.keys:
        line.add(fit(row.keys, KEYS), "key_off" if row.why else "key", bold=not row.why).add(" ")
        said = cut(row.text, room - KEYS - 1)
        line.add(said, "key_off" if row.why else "menu_text")
        if row.why:
            line.add(cut(f" · {row.why}", max(0, room - KEYS - 1 - cells(said))), "text_low")
