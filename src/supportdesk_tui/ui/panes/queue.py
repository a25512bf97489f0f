"""The queue: rows by viewport, drawn from a window of rows; a cursor move repaints two of them."""

from dataclasses import dataclass
from datetime import datetime

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip

from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.views import QueueView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import cells, shown_line, wrap_some
from supportdesk_tui.ui.widgets.line_pane import LinePane
from supportdesk_tui.ui.widgets.sla_clock import clock_text
from supportdesk_tui.ui.widgets.ticket_row import RowLook, columns_for, ticket_row

KEPT = 600
"""Pictures of rows kept; more are dropped all at once."""
WHEEL = 3
"""Rows a notch of the wheel moves the view."""


class QueuePane(LinePane, can_focus=True):
    """Which tickets wait, the most urgent first."""

    GROUND = "queue"

    @dataclass
    class Chosen(Message):
        """A row was clicked; `index` counts in the whole order."""

        index: int
        opens: bool
        """Clicked twice."""

    @dataclass
    class NeedRows(Message):
        """The view has left the rows we hold; `index` is in its middle."""

        index: int

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(palette, id=id)
        self._view: QueueView | None = None
        self._now: datetime | None = None
        self._top = 0
        self._head = 1
        self._kept: dict[str, tuple[RowLook, Strip]] = {}
        self._kept_for = 0
        self._asked: tuple[int, int, int] | None = None

    @property
    def page_rows(self) -> int:
        """Rows a page key moves by."""
        return max(1, self.size.height - self._head - 1)

    def show(self, view: QueueView, now: datetime) -> None:
        """Draw what differs from the view before; the cursor is kept in sight by half-page jumps."""
        before = self._view
        self._view, self._now = view, now
        if before is None or (before.index, before.total, before.query) != (view.index, view.total, view.query):
            self._follow(view)
        self.redraw()
        self._ask_for_rows(view)

    def scroll_lines(self, by: int) -> None:
        """Move the view without the cursor."""
        if self._view is not None:
            self._top = self._clamped(self._top + by, self._view)
            self.redraw()
            self._ask_for_rows(self._view)

    def forget(self) -> None:
        """Drop the pictures of rows."""
        self._kept.clear()

    def lay(self, width: int, height: int) -> list[Strip]:
        """Title, chips, rows."""
        view, now = self._view, self._now
        if view is None or now is None:
            return []
        lines = [self._title(view), *self._notes(view, width)]
        if len(lines) != self._head:
            self._head = len(lines)
            self._follow(view)
        if not view.total and not view.rows:
            return lines + self._empty(view, width)
        if self._kept_for != width or len(self._kept) > KEPT:
            self._kept.clear()
            self._kept_for = width
        for index in range(self._top, min(self._top + height - self._head, view.total)):
            at = index - view.start
            if 0 <= at < len(view.rows):
                lines.append(self._row(view, view.rows[at], index == view.index, now))
            else:
                lines.append(self._placeholder())
        return lines

    # --- where the view stands

    def _rows_in_view(self) -> int:
        return max(1, self.size.height - self._head)

    def _clamped(self, top: int, view: QueueView) -> int:
        return max(0, min(top, view.total - self._rows_in_view()))

    def _follow(self, view: QueueView) -> None:
        shown = self._rows_in_view()
        if view.index < self._top:
            self._top = view.index - shown // 2 if self._top - view.index < shown else view.index - shown // 3
        elif view.index >= self._top + shown:
            self._top = view.index - shown // 2
        self._top = self._clamped(self._top, view)

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        if self._view is not None:
            self._follow(self._view)
        super().on_resize()

    def _ask_for_rows(self, view: QueueView) -> None:
        last = min(self._top + self._rows_in_view(), view.total)
        if view.start <= self._top and last <= view.start + len(view.rows):
            self._asked = None
            return
        asked = (self._top, view.start, len(view.rows))
        if asked != self._asked:
            self._asked = asked
            self.post_message(self.NeedRows((self._top + last) // 2))

    # --- lines

    def _row(self, view: QueueView, row: TicketSummary, at_cursor: bool, now: datetime) -> Strip:
        clock, ink = clock_text(row.clock, now)
        look = RowLook(
            row=row,
            clock=clock,
            clock_ink=ink,
            at_cursor=at_cursor,
            is_focused=at_cursor and view.is_focused,
            is_selected=row.id in view.selected,
            is_open=row.id == view.opened,
            has_draft=row.id in view.drafts,
            is_mine=row.owner is not None and row.owner == view.me,
            other=_other(view, row),
        )
        kept = self._kept.get(row.id)
        if kept is not None and kept[0] == look:
            return kept[1]
        strip = ticket_row(self.paint, self.glyphs, self.size.width, look, self.GROUND)
        self._kept[row.id] = (look, strip)
        return strip

    def _placeholder(self) -> Strip:
        columns = columns_for(self.size.width)
        return (
            self.line()
            .to(10)
            .add(self.glyphs.dots, "text_low")
            .to(12 + columns.category)
            .add(self.glyphs.dots, "text_low")
            .strip()
        )

    def _title(self, view: QueueView) -> Strip:
        line = self.line("chip" if view.is_focused else self.GROUND)
        line.add(self.glyphs.bar if view.is_focused else " ", "accent")
        name = shown_line(_(view.title)) if view.title else _("Search")
        line.add(name, "accent" if view.is_focused else "text_high", bold=True)
        counted = self._counted(view)
        order = " · " + words.order(view.query.sort)
        if cells(order) + cells(counted) + 2 < line.room:
            line.add(order, "text_low")
        return line.right(counted, "warning" if view.shown.as_of and not view.shown.is_loading else "text_low").strip()

    def _counted(self, view: QueueView) -> str:
        if view.expected > view.have:
            return _("copying {have} of {expected}", have=when.number(view.have), expected=when.number(view.expected))
        parts = []
        if view.selected:
            parts.append(_("{n} selected", n=len(view.selected)))
        if view.shown.as_of is not None:
            parts.append(_("as of {time}", time=when.clock_time(view.shown.as_of)))
        elif view.shown.is_loading:
            parts.append(_("loading{dots}", dots=self.glyphs.dots))
        last = min(self._top + self._rows_in_view(), view.total)
        if view.total > last - self._top:
            parts.append(
                _(
                    "{first}–{last} of {total}",
                    first=when.number(self._top + 1),
                    last=when.number(last),
                    total=when.number(view.total),
                )
            )
        else:
            parts.append(_("{n} of {total}", n=view.total, total=view.total))
        return " · ".join(parts)

    def _notes(self, view: QueueView, width: int) -> list[Strip]:
        lines = []
        if view.search or view.filter:
            line = self.line().add(" ")
            for label, text in ((_("search"), view.search), (_("only"), view.filter)):
                if text:
                    line.add(f" {label} ", "text_low", ground="chip").add(f"{shown_line(text)} ", "chip_text", ground="chip")
                    line.add(" ")
            lines.append(line.strip())
        lines += [
            self.line().add(f" {self.glyphs.warn} {shown_line(problem)}", "warning").strip() for problem in view.problems[:2]
        ]
        if view.shown.failed:
            text = _("{reason} · what you see may be old · F5 asks again", reason=shown_line(view.shown.failed))
            for part in wrap_some(text, width - 4, 2)[0]:
                lines.append(
                    self.line()
                    .add("   " if lines and part != text else f" {self.glyphs.warn} ", "warning")
                    .add(part, "warning")
                    .strip()
                )
        return lines

    def _empty(self, view: QueueView, width: int) -> list[Strip]:
        if view.shown.is_loading:
            says = [_("Reading the queue{dots}", dots=self.glyphs.dots)]
        elif view.search or view.filter:
            says = [_("Nothing fits."), _("Esc shows the whole queue again.")]
        else:
            says = [_("Nothing waits here."), _("N next best ticket · ] next view · / search")]
        lines = [self.line().strip()]
        for place, text in enumerate(says):
            for part in wrap_some(text, width - 4, 3)[0]:
                lines.append(self.line().add("  ").add(part, "text_low" if place else "text").strip())
        return lines

    # --- mouse

    def on_click(self, event: Click) -> None:
        """A click chooses, two open."""
        view = self._view
        index = self._top + event.y - self._head
        if view is not None and event.y >= self._head and index < view.total:
            self.post_message(self.Chosen(index, event.chain > 1))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves the view."""
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves the view."""
        event.stop()
        self.scroll_lines(-WHEEL)


def _other(view: QueueView, row: TicketSummary) -> Activity | None:
    """What somebody else does on a ticket; writing outranks reading."""
    others = {activity for agent, (_name, activity) in view.presence.get(row.id, {}).items() if agent != view.me}
    for activity in (Activity.TYPING, Activity.TYPING_NOTE, Activity.VIEWING):
        if activity in others:
            return activity
    return None
