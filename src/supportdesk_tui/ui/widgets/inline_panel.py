"""The small picker at the caret: what fits what was typed behind `::`, `??` or `@`."""

from collections.abc import Sequence

from textual.geometry import Offset
from textual.strip import Strip

from supportdesk_tui.commands.effects import Choice
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.text import cells, cut, shown_line
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.line_pane import LinePane

ROWS, WIDTH = 6, 52
"""Choices and columns shown at most."""


class InlinePanel(LinePane):
    """A few lines beside the caret; never takes the focus."""

    GROUND = "menu"
    DEFAULT_CSS = """
    InlinePanel { layer: over; dock: top; width: 52; height: 3; display: none; }
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self._choices: Sequence[Choice] = ()
        self._index = 0
        self._absent = ""

    def show(self, choices: Sequence[Choice], index: int, absent: str, caret: Offset) -> None:
        """Draw the choices around the chosen one, below the caret or, where there is no room, above it."""
        self._choices, self._index, self._absent = choices, index, absent
        width, height = min(WIDTH, self.screen.size.width), min(ROWS, max(1, len(choices))) + 1
        rows = self.screen.size.height
        below = caret.y + 1 + height < rows
        place = Offset(max(0, min(caret.x, self.screen.size.width - width)), caret.y + 1 if below else max(0, caret.y - height))
        self.styles.width, self.styles.height, self.styles.offset = width, height, (place.x, place.y)
        self.display = True
        self.redraw()

    def hide(self) -> None:
        """Give the lines below back."""
        self.display = False

    def lay(self, width: int, height: int) -> list[Strip]:
        """The choices, then the keys."""
        room = height - 1
        top = max(0, min(self._index - room // 2, len(self._choices) - room))
        lines = []
        for place, one in enumerate(self._choices[top : top + room], start=top):
            here = place == self._index
            line = self.line("menu_cursor" if here else "menu").add(" ▸ " if here else "   ", "accent")
            hint = cut(shown_line(own_words(one.hint)), width // 3)
            line.add(
                cut(shown_line(one.label), max(4, width - 6 - cells(hint))), "text_high" if here else "menu_text", bold=here
            )
            lines.append(line.right(f"{hint} ", "text_low").strip())
        if not lines:
            lines.append(self.line().add(f"   {cut(self._absent, width - 4)}", "text_low").strip())
        foot = self.line("bar").add(" Tab", "key").add(" " + _("insert") + " ", "text_low").add(" Esc", "key")
        return [*lines, foot.add(" " + _("keep what is typed"), "text_low").strip()]
