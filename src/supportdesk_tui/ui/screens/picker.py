"""Choose one of a list by typing part of it."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace
from textual import events, on
from textual.strip import Strip

from supportdesk_tui.commands.effects import Choice, Pick
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.pressing import press
from supportdesk_tui.ui.screens.dialog import Dialog, Done, Panel, draw_edit, safe, titled
from supportdesk_tui.ui.text import cells, cut, shown, wrap
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.line_edit import LineEdit
from supportdesk_tui.ui.words import unreadable

FIRST_LINE = 3
"""Line of the panel with the first choice: below title, blank and what is typed."""


def ranked(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """The choices that fit what was typed, best first; all of them, in order, when nothing was."""
    if not typed.strip():
        return list(choices)
    from textual.fuzzy import Matcher

    matcher = Matcher(typed.strip())
    scored = [(max(matcher.match(one.label), matcher.match(one.value) * 0.9), -place) for place, one in enumerate(choices)]
    return [choices[-place] for score, place in sorted(scored, reverse=True) if score > 0]


class PickerDialog(Dialog):
    """A typed line and the choices that fit it; with a preview of the chosen one where there is something to see."""

    def __init__(self, palette: Palette, pick: Pick, preview: Callable[[str], str] | None = None) -> None:
        super().__init__(palette)
        self._pick = pick
        self._preview = preview
        if preview is not None:
            self.add_class("-large")
        self._edit = LineEdit()
        self._choices = pick.choices if pick.free else tuple(replace(one, label=_(one.label)) for one in pick.choices)
        """What can be chosen, in the words one sees and types; free text is nobody's to translate."""
        self._fitting = list(self._choices)
        self._index = 0
        self._shown = range(0)
        """Places of the choices in view."""

    def title_text(self) -> str:
        """The question."""
        return titled(self._pick.title, self._pick.count)

    def note_text(self) -> str:
        """How many fit."""
        return f"{len(self._fitting)}/{len(self._choices)}"

    def editing(self) -> LineEdit:
        """The typed line."""
        return self._edit

    def changed(self) -> None:
        """Find what fits."""
        self._fitting = ranked(self._choices, self._edit.text)
        self._index = 0

    def press(self, event: events.Key) -> Done | None:
        """Move, choose or type."""
        last = max(0, len(self._fitting) - 1)
        steps = {"down": 1, "ctrl+n": 1, "tab": 1, "up": -1, "ctrl+p": -1, "shift+tab": -1, "pagedown": 10, "pageup": -10}
        if event.key in steps:
            self._index = max(0, min(last, self._index + steps[event.key]))
        elif event.key == "enter":
            return self._chosen()
        elif self._edit.take_key(event):
            self.changed()
        return None

    @on(events.Click)
    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def mouse(self, event: events.MouseEvent) -> None:
        """A click on a choice takes it; the wheel goes from one to the next."""
        panel = self.panel.region
        place = self._shown.start + event.screen_y - panel.y - FIRST_LINE
        if not isinstance(event, events.Click):
            press(self.app, "↓" if isinstance(event, events.MouseScrollDown) else "↑")
        elif panel.contains(event.screen_x, event.screen_y) and place in self._shown:
            self._index = place
            press(self.app, "Enter")

    def _chosen(self) -> Done | None:
        pick = self._pick
        if self._fitting and not (pick.free and self._edit.text and self._fitting[self._index].label != self._edit.text):
            return _answer(pick, self._fitting[self._index].value)
        if pick.free and self._edit.text.strip():
            best = self._fitting[self._index].value if self._fitting and self._index else self._edit.text.strip()
            return _answer(pick, best)
        return None

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The typed line, the list around the chosen one, and its preview below."""
        if self._preview is None:
            return self._list(panel, width, height)
        room = max(4, height * 2 // 5)
        lines = self._list(panel, width, room)
        blank = panel.line().strip()
        lines += [blank] * (room - len(lines))
        text = self._preview(self._fitting[self._index].value) if self._fitting else ""
        rest = [panel.line("background").add("  " + one, "text").strip() for one in wrap(shown(text), width - 4)]
        return [*lines, panel.line("background").strip(), *rest]

    def _list(self, panel: Panel, width: int, height: int) -> list[Strip]:
        placeholder = _("type to find, or something new") if self._pick.free else _("type to find")
        lines = [draw_edit(panel.line().add(" › ", "accent"), self._edit, width - 5, placeholder).strip()]
        room = height - 1 - bool(self._pick.bad_items)
        top = max(0, min(self._index - room // 2, len(self._fitting) - room))
        self._shown = range(top, min(top + room, len(self._fitting)))
        for place, one in enumerate(self._fitting[top : top + room], start=top):
            here = place == self._index
            line = panel.line("menu_cursor" if here else "menu")
            line.add(" ▸ " if here else "   ", "accent")
            hint = cut(safe(own_words(one.hint)), max(0, width // 2))
            label = cut(safe(one.label), max(4, width - 6 - cells(hint)))
            line.add(label, "text_high" if here else "menu_text", bold=here)
            lines.append(line.right(hint, "text_low").strip())
        if not self._fitting:
            text = (
                _("nothing fits; Enter takes it as it is")
                if self._pick.free
                else _("nothing fits; Backspace widens the search")
            )
            lines.append(panel.line().add("   " + text, "text_low").strip())
        if self._pick.bad_items:
            lines[height - 1 :] = []
            text = unreadable(self._pick.bad_items, panel.paint.glyphs.warn)
            lines.append(panel.line().add("   " + cut(text, width - 4), "warning").strip())
        return lines


def _answer(pick: Pick, chosen: str) -> Done:
    """The command with the choice as its last argument; without a command, the choice is the command."""
    return Done(pick.command, (*pick.args, chosen)) if pick.command else Done(chosen, pick.args)
