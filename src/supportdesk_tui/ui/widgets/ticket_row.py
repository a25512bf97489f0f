"""A ticket as one line of a queue: what decides first, what tells apart next, the rest as width allows."""

from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct
from textual.strip import Strip

from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ticket import Priority, TicketSummary
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui.text import cut, fit, fit_right, shown_line
from supportdesk_tui.ui.widgets.glyph import Glyphs
from supportdesk_tui.ui.widgets.paint import Line, Paint
from supportdesk_tui.ui.widgets.sla_clock import WIDTH as CLOCK

MARKS = 7
"""Columns at the right end: draft, who else, unread, margin."""


class RowLook(NamedTuple):
    """Everything a row's picture depends on; equal looks are drawn once."""

    row: TicketSummary
    clock: str
    clock_ink: str
    at_cursor: bool
    is_focused: bool
    is_selected: bool
    is_open: bool
    has_draft: bool
    is_mine: bool
    other: Activity | None


class Columns(Struct, frozen=True):
    """Widths of the columns of a queue; 0 leaves one out."""

    category: int
    channel: int
    number: int
    priority: int
    customer: int
    subject: int
    language: int
    owner: int


@lru_cache(maxsize=32)
def columns_for(width: int) -> Columns:
    """Which columns fit, customer first, subject as soon as there is room to read one."""
    category = (6 if width >= 72 else 4) if width >= 38 else 0
    channel = 2 if width >= 46 else 0
    priority = 3 if width >= 66 else 0
    number = (18 if width >= 118 else 7) if width >= 42 else 0
    language = 3 if width >= 84 else 0
    owner = 9 if width >= 72 else 0
    left = width - (2 + CLOCK + 1) - MARKS - category - channel - number - priority - language - owner
    if left >= 26:
        customer = min(26, max(13 if left >= 30 else 11, left // 3))
        return Columns(category, channel, number, priority, customer, left - customer, language, owner)
    return Columns(category, channel, number, priority, max(0, left), 0, language, owner)


def short_number(number: str) -> str:
    """The end of a case number, enough to say it aloud: `004213` of `HX-260817-004213`."""
    safe = shown_line(number)
    return safe.rpartition("-")[2][-6:] or safe[-6:]


def ticket_row(paint: Paint, width: int, look: RowLook, ground: str) -> Strip:
    """Draw one row, exactly `width` columns."""
    columns, row, glyphs = columns_for(width), look.row, paint.glyphs
    line = Line(paint, width, ground)
    line.add(glyphs.cursor if look.at_cursor else " ", "accent" if look.is_focused else "text_low", bold=True)
    line.add(glyphs.selected if look.is_selected else " ", "accent", bold=True)
    line.add(look.clock, look.clock_ink)
    other_priority = row.said("priority")
    is_hot = row.priority is Priority.P1 and not columns.priority and other_priority is None
    line.add("!" if is_hot else " ", "danger" if is_hot else "text_low")
    if columns.category:
        line.add(fit(shown_line(row.category), columns.category - 1) + " ", "text_low")
    if columns.channel:
        line.add(glyphs.channels[row.channel] + " ", "text_low")
    if columns.number:
        number = shown_line(row.number) if columns.number > 7 else short_number(row.number)
        line.add(fit(number, columns.number - 1) + " ", "accent" if look.is_open else "text_low")
    if columns.priority:
        if other_priority is not None:
            line.add(fit(shown_line(other_priority), columns.priority - 1, "") + " ", "warning")
        else:
            line.add(f"{row.priority.name} ", _priority_ink(row.priority))
    _words(line, columns, look)
    if columns.language:
        line.add(fit(shown_line(row.language), columns.language - 1) + " ", "text_low")
    if columns.owner:
        line.add(fit(owner_word(look), columns.owner - 1) + " ", "accent" if look.is_mine else "text_low")
    _marks(line, glyphs, look)
    return line.strip()


def placeholder(paint: Paint, width: int, ground: str) -> Strip:
    """A row that is not here yet."""
    columns, dots = columns_for(width), paint.glyphs.dots
    return Line(paint, width, ground).to(9).add(dots, "rule").to(11 + columns.category).add(dots, "rule").strip()


def _words(line: Line, columns: Columns, look: RowLook) -> None:
    """Name and subject; only they and the marker change when the cursor comes, so that a move writes few bytes."""
    row = look.row
    name = shown_line(row.customer_name)
    ink, ground = "text_high" if row.unread else "text", line.ground
    if look.at_cursor:
        ink, ground = "cursor_text", "cursor" if look.is_focused else "cursor_blurred"
    if columns.subject:
        line.add(fit(name, columns.customer - 1) + " ", ink, bold=look.at_cursor, ground=ground)
        ink = ink if look.at_cursor else "text"
        line.add(fit(shown_line(row.subject), columns.subject - 1) + " ", ink, bold=look.at_cursor, ground=ground)
    elif columns.customer:
        line.add(fit(name, columns.customer), ink, bold=look.at_cursor, ground=ground)


def _priority_ink(priority: Priority) -> str:
    return {Priority.P1: "danger", Priority.P2: "warning"}.get(priority, "text_low")


def owner_word(look: RowLook) -> str:
    """Whose ticket it is: me, a first name, or a dash."""
    if look.is_mine:
        return _("me")
    if look.row.owner is None:
        return "–"
    return cut(shown_line(look.row.owner_name or look.row.owner), 8)


def _marks(line: Line, glyphs: Glyphs, look: RowLook) -> None:
    line.add(glyphs.draft if look.has_draft else " ", "accent")
    writes = look.other in {Activity.TYPING, Activity.TYPING_NOTE}
    line.add(glyphs.typing if writes else glyphs.viewing if look.other else " ", "warning" if writes else "text_low")
    unread = min(look.row.unread, 99)
    line.add(fit_right(f"{glyphs.unread}{unread}" if unread else "", 4), "accent", bold=True)
