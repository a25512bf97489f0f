"""How widgets lie over each other: a line that one of them covers whole is not cut where panes below it meet.

Textual divides every line at the edges of all widgets on it, those out of sight included. A wide character that stands on
such an edge is lost: two blanks are drawn in its place.
"""

from typing import Any

from textual._compositor import Compositor
from textual.screen import Screen


class WholeLines(Compositor):
    """Textual's compositor, which lets alone the lines of widgets that say that they cover theirs."""

    @property
    def cuts(self) -> list[list[int]]:
        """Where each line is divided, from left to right, both ends included."""
        if self._cuts is None:
            cuts, width = super().cuts, self.size.width
            for widget, (region, clip) in self.visible_widgets.items():
                if getattr(widget, "COVERS", False) and region.intersection(clip).column_span == (0, width):
                    for y in region.intersection(clip).line_range:
                        cuts[y] = [0, width]
        return super().cuts


def keep_lines_whole(screen: Screen[Any]) -> None:
    """Let a screen that shows nothing yet compose its lines this way."""
    screen._compositor = WholeLines()
