"""The queue: rows by viewport, drawn from a window of rows; a cursor move repaints two of them."""

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace
from textual import on
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip

from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import Owner
from supportdesk_tui.domain.sla import Clock
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.i18n.catalog import current_locale
from supportdesk_tui.store.views import QueueView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.widgets.line_pane import LinePane, minute_of, redraw_lines
from supportdesk_tui.ui.widgets.queue_head import QueueHead
from supportdesk_tui.ui.widgets.sla_clock import clock_text
from supportdesk_tui.ui.widgets.ticket_row import RowLook, category_names, columns_for, placeholder, ticket_row

KEPT = 600
"""Pictures of rows kept; more are dropped all at once."""
RANK = {activity: rank for rank, activity in enumerate((Activity.TYPING, Activity.TYPING_NOTE, Activity.VIEWING))}
WHEEL = 3
"""Rows a notch of the wheel moves the view."""


class QueuePane(LinePane):
    """Which tickets wait, the most urgent first."""

    GROUND = "queue"

    class Chosen(Message):
        """A row was clicked, twice when it `opens`; `index` counts in the whole order."""

        def __init__(self, index: int, opens: bool) -> None:
            super().__init__()
            self.index, self.opens = index, opens

    class NeedRows(Message):
        """The view has left the rows we hold; `index` is in its middle."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(palette, id=id)
        self._view: QueueView | None = None
        self._now: datetime | None = None
        self._top = 0
        self._head = 1
        self._kept: dict[tuple[TicketId, bool], tuple[RowLook, Strip]] = {}
        self._columns = columns_for(0)
        self._words: Mapping[str, str] = {}
        self._kept_for: tuple[object, ...] = ()
        self._clocks: dict[Clock, tuple[str, str]] = {}
        self._clocks_at: datetime | None = None
        self._room_for = (0, 0)
        self._asked: tuple[int, int, int] | None = None

    def show(self, view: QueueView, now: datetime) -> None:
        """Draw what differs from the view before; the cursor is kept in sight by half-page jumps."""
        before, then, top = self._view, self._now, self._top
        self._view, self._now = view, now
        moved = before is None or (before.index, before.total, before.query) != (view.index, view.total, view.query)
        if moved and self.size.height:
            self._follow(view)
        is_only_cursor = before is not None and top == self._top and view == replace(before, index=view.index)
        if before is not None and is_only_cursor and then is not None and minute_of(then) == minute_of(now):
            self._move_cursor(view, (before.index, view.index), now)
        else:
            self.redraw()
        self._ask_for_rows(view)

    def _move_cursor(self, view: QueueView, indexes: tuple[int, int], now: datetime) -> None:
        """Draw the rows the cursor left and came to; nothing else has changed."""
        past = min(self._top + self._rows_in_view(), view.start + len(view.rows))
        redraw_lines(
            self,
            {
                self._head + index - self._top: self._row(view, view.rows[index - view.start], index == view.index, now)
                for index in indexes
                if max(self._top, view.start) <= index < past
            },
        )

    def scroll_lines(self, by: int) -> None:
        """Move the view without the cursor."""
        if self._view is not None:
            self._top = self._clamped(self._top + by, self._view)
            self.redraw()
            self._ask_for_rows(self._view)

    def lay(self, width: int, height: int) -> list[Strip]:
        """Title, chips, rows."""
        view, now = self._view, self._now
        if view is None or now is None:
            return []
        head = QueueHead(self.paint, width)
        notes = head.notes(view)
        if (1 + len(notes), height) != self._room_for:
            self._head, self._room_for = 1 + len(notes), (1 + len(notes), height)
            self._follow(view)
        past = min(self._top + self._rows_in_view(), view.total)
        lines = [head.title(view, self._top, past), *notes]
        if not view.total and not view.rows:
            return lines + head.empty(view)
        names = category_names(view.categories, current_locale())
        self._words = names.words
        self._columns = columns_for(width, names.columns, has_codes=names.has_codes, is_spread=view.query.owner == Owner.ANYONE)
        if self._kept_for != (self.paint, self._columns) or len(self._kept) > KEPT:
            self._kept.clear()
            self._clocks.clear()
            self._kept_for = (self.paint, self._columns)
        missing = placeholder(self.paint, self._columns, self.GROUND)
        for index in range(self._top, past):
            at = index - view.start
            is_here = 0 <= at < len(view.rows)
            lines.append(self._row(view, view.rows[at], index == view.index, now) if is_here else missing)
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
        clock, ink = self._clock(row, now)
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
            other=_other(view, row.id),
            category=self._words.get(row.category, ""),
        )
        kept = self._kept.get((row.id, at_cursor))
        if kept is not None and kept[0] == look:
            return kept[1]
        strip = ticket_row(self.paint, self._columns, look, self.GROUND)
        self._kept[row.id, at_cursor] = (look, strip)
        return strip

    def _clock(self, row: TicketSummary, now: datetime) -> tuple[str, str]:
        """What the row's clock reads; worked out once a minute."""
        minute = minute_of(now)
        if minute != self._clocks_at or len(self._clocks) > KEPT:
            self._clocks.clear()
            self._clocks_at = minute
        text = self._clocks.get(row.clock)
        if text is None:
            text = self._clocks[row.clock] = clock_text(row.clock, minute)
        return text

    # --- mouse

    def on_click(self, event: Click) -> None:
        """A click chooses, two open."""
        view = self._view
        index = self._top + event.y - self._head
        if view is not None and event.y >= self._head and index < view.total:
            self.post_message(self.Chosen(index, event.chain > 1))

    @on(MouseScrollDown)
    @on(MouseScrollUp)
    def wheel(self, event: MouseScrollDown | MouseScrollUp) -> None:
        """The wheel moves the view."""
        event.stop()
        self.scroll_lines(WHEEL if isinstance(event, MouseScrollDown) else -WHEEL)


def _other(view: QueueView, ticket: TicketId) -> tuple[str, Activity] | None:
    """Who else is on a ticket, and what they do; writing outranks reading."""
    there = view.presence.get(ticket)
    if not there:
        return None
    others = (seen for agent, seen in there.items() if agent != view.me and seen[1] in RANK)
    return min(others, key=lambda seen: (RANK[seen[1]], seen[0]), default=None)
