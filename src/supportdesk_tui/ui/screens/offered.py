"""Choices and what was typed to find one of them: which fit, which one the mark is on, and how they are drawn."""

from collections.abc import Sequence

from msgspec.structs import replace
from textual.strip import Strip

from supportdesk_tui.commands.effects import Choice, Pick
from supportdesk_tui.commands.spec import msg
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui.screens.dialog import Panel, draw_edit, safe
from supportdesk_tui.ui.text import cells, cut
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.line_edit import LineEdit
from supportdesk_tui.ui.words import unreadable

LEAST = 4
"""Lines of a list, however few fit: what is typed and three below it."""
_STEPS = {"down": 1, "ctrl+n": 1, "tab": 1, "up": -1, "ctrl+p": -1, "shift+tab": -1, "pagedown": 10, "pageup": -10}
_ALSO = 1.5
"""Worth of a typed letter where only the unseen words of a choice hold it: more than letters strewn over a label."""


def ranked(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """The choices that fit what was typed, best first; all of them, in order, when nothing was."""
    wanted = typed.strip()
    if not wanted:
        return list(choices)
    from textual.fuzzy import Matcher

    matcher, parts = Matcher(wanted), wanted.casefold().split()

    def score(one: Choice) -> float:
        also = one.also.casefold()
        unseen = len(wanted) * _ALSO if also and all(part in also for part in parts) else 0.0
        return max(matcher.match(one.label), matcher.match(one.value) * 0.9, unseen)

    scored = [(score(one), -place) for place, one in enumerate(choices)]
    return [choices[-place] for score, place in sorted(scored, reverse=True) if score > 0]


class Offered:
    """What a picker offers, as far as it fits, and the mark among it."""

    def __init__(self, pick: Pick) -> None:
        self._pick = pick
        self.choices = pick.choices if pick.free else tuple(replace(one, label=_(one.label)) for one in pick.choices)
        """What can be chosen, in the words one sees and types; free text is nobody's to translate."""
        self.fitting = list(self.choices)
        self.found = len(self.fitting)
        """How many of the choices fit."""
        self._index = 0
        self._shown = range(0)
        """Places of the choices in view."""

    @property
    def marked(self) -> Choice | None:
        """The choice under the mark."""
        return self.fitting[self._index] if self.fitting else None

    def find(self, typed: str, more: Sequence[Choice] = ()) -> None:
        """Keep what fits, the best under the mark; `more` fit already and stand last."""
        self.narrow(typed, more)
        self._index = 0

    def narrow(self, typed: str, more: Sequence[Choice] = ()) -> None:
        """Keep what fits and leave the mark where it is. Where anything may be typed, the typed text is a choice itself: behind
        one that contains it, else the first."""
        self.fitting = [*ranked(self.choices, typed), *more]
        self.found = len(self.fitting)
        if self._pick.free and (text := typed.strip()):
            self._add_typed(text)
        self._index = max(0, min(self._index, len(self.fitting) - 1))

    def _add_typed(self, text: str) -> None:
        same = next((one for one in self.fitting if text in (one.value, one.label)), None)
        is_begun = bool(self.fitting) and text.casefold() in self.fitting[0].label.casefold()
        if same is not None:
            self.fitting.remove(same)
        self.fitting.insert(0 if same is not None or not is_begun else self.found, same or Choice(text, text, msg("as typed")))

    def move(self, key: str) -> bool:
        """Whether a key moved the mark."""
        if key not in _STEPS:
            return False
        self._index = max(0, min(max(0, len(self.fitting) - 1), self._index + _STEPS[key]))
        return True

    def mark(self, row: int) -> bool:
        """Put the mark on the choice in a row of the list, where there is one."""
        if self._shown.start + row not in self._shown:
            return False
        self._index = self._shown.start + row
        return True

    def lines(self, panel: Panel, edit: LineEdit, width: int, height: int) -> list[Strip]:
        """The typed line and the choices around the marked one."""
        placeholder = _("type to find, or something new") if self._pick.free else _("type to find")
        lines = [draw_edit(panel.line().add(" › ", "accent"), edit, width - 5, placeholder).strip()]
        room = height - 1 - bool(self._pick.bad_items)
        top = max(0, min(self._index - room // 2, len(self.fitting) - room))
        self._shown = range(top, min(top + room, len(self.fitting)))
        lines += [self._line(panel, place, width) for place in self._shown]
        if not self.fitting and edit.text:
            lines.append(panel.line().add("   " + _("nothing fits; Backspace widens the search"), "text_low").strip())
        if self._pick.bad_items:
            lines[height - 1 :] = []
            text = unreadable(self._pick.bad_items, panel.paint.glyphs.warn)
            lines.append(panel.line().add("   " + cut(text, width - 4), "warning").strip())
        return [*lines, *([panel.line().strip()] * (min(LEAST, height) - len(lines)))]

    def _line(self, panel: Panel, place: int, width: int) -> Strip:
        one, here = self.fitting[place], place == self._index
        line = panel.line("menu_cursor" if here else "menu")
        line.add(" ▸ " if here else "   ", "accent")
        hint = cut(safe(own_words(one.hint)), max(0, width // 2))
        label = cut(safe(one.label), max(4, width - 6 - cells(hint)))
        line.add(label, "text_high" if here else "menu_text", bold=here)
        return line.right(hint, "text_low").strip()
