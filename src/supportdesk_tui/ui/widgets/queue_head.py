"""What stands above the rows of a queue, and in their place when there are none."""

from textual.strip import Strip

from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.views import QueueView
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import cells, cut, shown_line, wrap_some
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.paint import Line, Paint

LEAST_NAME = 6
"""Columns that a view's name has in any case."""


class QueueHead:
    """Draws title, chips and complaints at one width."""

    def __init__(self, paint: Paint, width: int) -> None:
        self.paint = paint
        self.width = width

    def _line(self, ground: str = "queue") -> Line:
        return Line(self.paint, self.width, ground)

    def title(self, view: QueueView, first: int, past: int) -> Strip:
        """Name and order; at the right how much there is and how old it is."""
        line = self._line("chip" if view.is_focused else "queue")
        line.add(self.paint.glyphs.bar if view.is_focused else " ", "accent")
        name = shown_line(_(view.title)) if view.title else _("Search")
        parts = self._counted(view, first, past)
        if len(parts) > 1 and cells(" · ".join([name, *parts])) + 2 > self.width:
            parts.pop()  # how many there are stands in the line of views too
        counted = " · ".join(parts)
        name = cut(name, max(LEAST_NAME, self.width - cells(counted) - 5))
        line.add(name, "accent" if view.is_focused else "text_high", bold=True)
        order = " · " + words.order(view.query.sort)
        if cells(order) + cells(counted) + 2 < line.room:
            line.add(order, "text_low")
        return line.right(counted, "warning" if view.shown.as_of and not view.shown.is_loading else "text_low").strip()

    def _counted(self, view: QueueView, first: int, past: int) -> list[str]:
        """What is told of the list at the right, the most telling first."""
        if view.expected > view.have:
            return [_("copying {have} of {expected}", have=when.number(view.have), expected=when.number(view.expected))]
        parts = []
        if view.selected:
            parts.append(_("{n} selected", n=len(view.selected)))
        if view.shown.as_of is not None:
            parts.append(_("as of {time}", time=when.clock_time(view.shown.as_of)))
        elif view.shown.is_loading:
            parts.append(_("loading{dots}", dots=self.paint.glyphs.dots))
        total = when.number(view.total)
        if view.total > past - first:
            said = _("{first}–{last} of {total}", first=when.number(first + 1), last=when.number(past), total=total)
        else:
            said = _("{n} of {total}", n=total, total=total)
        return [*parts, said]

    def notes(self, view: QueueView) -> list[Strip]:
        """Chips of what narrows the list, then what was not understood or not read."""
        lines = []
        if view.search or view.filter:
            line = self._line().add(" ")
            for label, text in ((_("search"), view.search), (_("only"), view.filter)):
                if text:
                    line.add(f" {label} ", "text_low", ground="chip")
                    line.add(f"{shown_line(text)} ", "chip_text", ground="chip").add(" ")
            lines.append(line.strip())
        complaints: list[str] = [shown_line(problem) for problem in view.problems[:2]]
        if view.shown.failed:
            reason = own_words(shown_line(view.shown.failed))
            complaints.append(_("{reason} · what you see may be old · ⟪desk.resync⟫ asks again", reason=reason))
        for complaint in complaints:
            mark = f" {self.paint.glyphs.warn} "
            for part in wrap_some(complaint, self.width - 4, 2)[0]:
                lines.append(self._line().add(mark, "warning").add(part, "warning").strip())
                mark = "   "
        return lines

    def empty(self, view: QueueView) -> list[Strip]:
        """Why there is nothing, and what to do."""
        if view.shown.is_loading:
            says = [_("Reading the queue{dots}", dots=self.paint.glyphs.dots)]
        elif view.search or view.filter:
            says = [_("Nothing fits."), _("Esc shows the whole queue again.")]
        else:
            keys = _("⟪ticket.next_best⟫ next best ticket · ⟪queue.next_view⟫ next view · ⟪queue.search⟫ search")
            says = [_("Nothing waits here."), keys]
        lines = [self._line().strip()]
        for place, text in enumerate(says):
            for part in _broken(text, self.width - 4) if place else wrap_some(text, self.width - 4, 3)[0]:
                lines.append(self._line().to(2).add(part, "text_low" if place else "text").strip())
        return lines


def _broken(text: str, width: int) -> list[str]:
    """Keys and what they do, on as many lines as it takes; none is torn from its words where a line has room for both."""
    lines: list[str] = []
    for part in text.split(" · "):
        is_first = not lines or cells(lines[-1]) + cells(part) + 3 > width
        lines[len(lines) if is_first else -1 :] = wrap_some(part if is_first else f"{lines[-1]} · {part}", width, 3)[0]
    return lines
