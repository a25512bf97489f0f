"""Textual, line API: a virtual list that draws only the rows on the screen.

    vlist.py [ROWS] [full|marker] [page|line]

full: the whole row of the cursor is highlighted; marker: only its first cells.
page: at the edge the view moves half a page (few repaints); line: by one row.
"""

import sys

from rich.segment import Segment
from rich.style import Style
from rows import line
from textual.app import App
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

N = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
MARKER = len(sys.argv) > 2 and sys.argv[2] == "marker"
PAGE = len(sys.argv) > 3 and sys.argv[3] == "page"
PLAIN = Style.parse("#e0e0e0 on #121212")
CURSOR = Style.parse("bold #ffffff on #0178d4")


class VList(ScrollView, can_focus=True):
    BINDINGS = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(40)", show=False),
        Binding("pageup", "move(-40)", show=False),
    ]

    def __init__(self, n: int, **kw):
        super().__init__(**kw)
        self.n, self.cursor = n, 0

    def on_mount(self):
        self.virtual_size = Size(120, self.n)

    def render_line(self, y: int) -> Strip:
        i = y + self.scroll_offset.y
        width = self.size.width
        if i >= self.n:
            return Strip.blank(width, PLAIN)
        text = line(i)[: width - 2].ljust(width - 2)
        here = i == self.cursor
        if MARKER:
            return Strip([Segment("> " if here else "  ", CURSOR if here else PLAIN), Segment(text, PLAIN)], width)
        return Strip([Segment(("> " if here else "  ") + text, CURSOR if here else PLAIN)], width)

    def action_move(self, d: int) -> None:
        old, new = self.cursor, max(0, min(self.n - 1, self.cursor + d))
        if old == new:
            return
        self.cursor = new
        top, height = self.scroll_offset.y, self.size.height
        if new < top or new >= top + height:
            step = height // 2 if PAGE and abs(d) == 1 else 0
            target = (new - step) if new < top else (new - height + 1 + step)
            self.scroll_to(y=max(0, target), animate=False, immediate=True)
            if MARKER or PAGE:
                self.refresh()
        else:
            width = 2 if MARKER else self.size.width
            self.refresh(Region(0, old - top, width, 1), Region(0, new - top, width, 1))


class Demo(App):
    def compose(self):
        yield VList(N)

    def on_mount(self):
        self.query_one(VList).focus()


if __name__ == "__main__":
    Demo().run()
