"""Choose one of a list by typing part of it."""

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.strip import Strip

from supportdesk_tui.commands.effects import Pick
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.pressing import press
from supportdesk_tui.ui.screens.dialog import Dialog, Done, Panel, titled
from supportdesk_tui.ui.screens.offered import Offered
from supportdesk_tui.ui.text import shown, wrap
from supportdesk_tui.ui.widgets.line_edit import LineEdit

FIRST_LINE = 3
"""Line of the panel with the first choice: below title, blank and what is typed."""


class PickerDialog(Dialog):
    """A typed line and the choices that fit it; as high as they were when there were most."""

    FITS: ClassVar[bool] = True

    def __init__(self, palette: Palette, pick: Pick) -> None:
        super().__init__(palette)
        self._pick = pick
        self._edit = LineEdit()
        self._offered = Offered(pick)

    def title_text(self) -> str:
        """The question."""
        return titled(self._pick.title, self._pick.count, self._pick.about)

    def note_text(self) -> str:
        """How many fit."""
        return f"{self._offered.found}/{len(self._offered.choices)}"

    def editing(self) -> LineEdit:
        """The typed line."""
        return self._edit

    def changed(self) -> None:
        """Find what fits."""
        self._offered.find(self._edit.text)

    def press(self, event: events.Key) -> Done | None:
        """Move, choose or type."""
        if event.key == "enter":
            marked = self._offered.marked
            return None if marked is None else _answer(self._pick, marked.value)
        if not self._offered.move(event.key) and self._edit.take_key(event):
            self.changed()
        return None

    @on(events.Click)
    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def mouse(self, event: events.MouseEvent) -> None:
        """A click on a choice takes it; the wheel goes from one to the next."""
        panel = self.panel.region
        if not isinstance(event, events.Click):
            press(self.app, "↓" if isinstance(event, events.MouseScrollDown) else "↑")
        elif panel.contains(event.screen_x, event.screen_y) and self._offered.mark(event.screen_y - panel.y - FIRST_LINE):
            press(self.app, "Enter")

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The typed line and the list around the chosen one."""
        return self._offered.lines(panel, self._edit, width, height)


class PreviewPicker(PickerDialog):
    """A large picker that shows below the list what the marked choice would write."""

    FITS: ClassVar[bool] = False
    SIZE = "-large"

    def __init__(self, palette: Palette, pick: Pick, preview: Callable[[str], str]) -> None:
        super().__init__(palette, pick)
        self._preview = preview

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The list, and the preview of the marked one."""
        room = max(4, height * 2 // 5)
        lines = super().draw(panel, width, room)
        blank = panel.line().strip()
        lines += [blank] * (room - len(lines))
        marked = self._offered.marked
        text = self._preview(marked.value) if marked is not None else ""
        rest = [panel.line("background").add("  " + one, "text").strip() for one in wrap(shown(text), width - 4)]
        return [*lines, panel.line("background").strip(), *rest]


def _answer(pick: Pick, chosen: str) -> Done:
    """The command with the choice as its last argument; without a command, the choice is the command."""
    return Done(pick.command, (*pick.args, chosen)) if pick.command else Done(chosen, pick.args)
