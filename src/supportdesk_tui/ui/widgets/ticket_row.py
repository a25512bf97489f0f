"""A ticket as one line of a queue: what decides first, what tells apart next, the rest as width allows."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct
from textual.strip import Strip

from supportdesk_tui.domain.directory import Category
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ticket import Priority, TicketSummary
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.text.clusters import clusters
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import cells, cut, fit, fit_right, shown_line
from supportdesk_tui.ui.vocabulary import SHORT_CATEGORIES, category_word
from supportdesk_tui.ui.widgets.glyph import Glyphs
from supportdesk_tui.ui.widgets.paint import Line, Paint
from supportdesk_tui.ui.widgets.sla_clock import WIDTH as CLOCK

FIXED = 2 + CLOCK + 1
"""Columns at the left end: cursor, selected, clock, urgent."""
MARKS = 6
"""Columns at the right end: draft, who else, unread, margin."""
NUMBER = 7
CODE, WORD = 4, 12
"""Columns of a category's code, and of its longest word, the blank behind it included."""
INITIALS, NAME, WHOLE_NAME = 3, 9, 15
"""Columns of an owner: briefly, as a name, and as a long one."""
STATUS = 23
"""Columns of a status in words."""
LEAST = 11
"""A name is not read in fewer columns than these."""


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
    other: tuple[str, Activity] | None
    """Who else is on it, and what they do."""
    category: str = ""
    """What its category is called; empty when only the code is known."""


class Columns(Struct, frozen=True):
    """Widths of the columns of a queue; 0 leaves one out."""

    width: int
    category: int
    channel: int
    number: int
    priority: int
    customer: int
    subject: int
    status: int
    language: int
    owner: int
    who: int
    """The name of somebody else who is on it; their mark is always there."""
    has_words: bool
    """There is room for what a category is called, not only for its code."""


@lru_cache(maxsize=32)
def columns_for(width: int, longest: int = 0, *, has_codes: bool = True, is_spread: bool = True) -> Columns:
    """Which columns fit: clock, number and customer first, subject as soon as there is room to read one.

    `longest` are the columns of the longest word for a category, 0 where only codes are known; without `has_codes` a code
    says nothing. `is_spread` means that the rows have different owners.
    """
    number = (17 if width >= 118 else NUMBER) if width >= FIXED + MARKS + NUMBER + 10 else 0
    has_words = bool(longest) and width >= (58 + longest if longest > CODE + 1 else 40)
    code = (CODE if width < 66 or longest else 6) if has_codes and width >= 38 else 0
    category = longest if has_words else code
    channel = 2 if width >= 41 else 0
    priority = 3 if width >= 70 else 0
    language = 3 if width >= 74 else 0
    status = STATUS if width >= 150 else 0
    owner = _owner_columns(width) if is_spread else INITIALS if width >= 78 else 0
    who = NAME + 1 if width >= 118 else 0
    left = width - FIXED - MARKS - number - category - channel - priority - status - language - owner - who
    customer = min(26, max(LEAST, 5 + left // 5)) if left >= 2 * LEAST + 4 else max(0, left)
    subject = max(0, left - customer)
    return Columns(
        width, category, channel, number, priority, customer, subject, status, language, owner, who, has_words=has_words
    )


def _owner_columns(width: int) -> int:
    steps = ((150, WHOLE_NAME), (84, NAME), (46, INITIALS))
    return next((columns for least, columns in steps if width >= least), 0)


class CategoryNames(NamedTuple):
    """What the categories of a backend are called in the agent's language."""

    words: Mapping[str, str]
    """By code."""
    columns: int
    """Of the longest of them and the blank behind it, 0 when there are none; for `columns_for`."""
    has_codes: bool
    """The codes themselves tell something: they are ours, or nothing else is known."""


@lru_cache(maxsize=4)
def category_names(categories: tuple[Category, ...], locale: str) -> CategoryNames:
    """Short words for the categories of our own server, their titles for those of others; `locale` is the one spoken."""
    called = {one.code: shown_line(category_word(one.title)) for one in categories}
    columns = min(WORD, max(map(cells, called.values()), default=-1) + 1)
    return CategoryNames(called, columns, all(one.title in SHORT_CATEGORIES for one in categories))


def short_number(number: str) -> str:
    """The end of a case number, enough to say it aloud: `004213` of `HX-260817-004213`."""
    safe = shown_line(number)
    return safe.rpartition("-")[2][-6:] or safe[-6:]


def ticket_row(paint: Paint, columns: Columns, look: RowLook, ground: str) -> Strip:
    """Draw one row, exactly as wide as its columns."""
    row, glyphs = look.row, paint.glyphs
    line = Line(paint, columns.width, ground)
    line.add(glyphs.cursor if look.at_cursor else " ", "accent" if look.is_focused else "text_low", bold=True)
    line.add(glyphs.selected if look.is_selected else " ", "accent", bold=True)
    line.add(look.clock, look.clock_ink)
    other_priority = row.said("priority")
    is_hot = row.priority is Priority.P1 and not columns.priority and other_priority is None
    line.add("!" if is_hot else " ", "danger" if is_hot else "text_low")
    if columns.category:
        word = look.category if columns.has_words and look.category else shown_line(row.category)
        line.add(fit(word, columns.category - 1) + " ", "text_low")
    if columns.channel:
        line.add(glyphs.channels[row.channel] + " ", "text_low")
    if columns.number:
        number = shown_line(row.number) if columns.number > NUMBER else short_number(row.number)
        line.add(fit(number, columns.number - 1) + " ", "accent" if look.is_open else "text_low")
    if columns.priority:
        if other_priority is not None:
            line.add(fit(shown_line(other_priority), columns.priority - 1, "") + " ", "warning")
        else:
            line.add(f"{row.priority.name} ", _priority_ink(row.priority))
    _words(line, columns, look)
    if columns.status:
        line.add(fit(words.status(row.status), columns.status - 1) + " ", "text_low")
    if columns.language:
        line.add(fit(shown_line(row.language), columns.language - 1) + " ", "text_low")
    if columns.owner:
        line.add(
            fit(owner_word(look, columns.owner - 1), columns.owner - 1, "") + " ", "accent" if look.is_mine else "text_low"
        )
    _marks(line, glyphs, look, columns.who)
    return line.strip()


def placeholder(paint: Paint, columns: Columns, ground: str) -> Strip:
    """A row that is not here yet."""
    dots, names = paint.glyphs.dots, FIXED + columns.category + columns.channel + columns.number + columns.priority
    line = Line(paint, columns.width, ground).to(FIXED - 2).add(dots, "rule").to(names).add(dots, "rule")
    return (line.to(names + columns.customer).add(dots, "rule") if columns.subject else line).strip()


def _words(line: Line, columns: Columns, look: RowLook) -> None:
    """Name and subject; only they and the marker change when the cursor comes, so that a move writes few bytes."""
    row = look.row
    name = shown_line(row.customer_name)
    ink, ground = "text_high" if row.unread else "text", line.ground
    if look.at_cursor:
        ink, ground = "cursor_text", "cursor" if look.is_focused else "cursor_blurred"
    if columns.customer:
        line.add(fit(name, columns.customer - 1) + " ", ink, bold=look.at_cursor, ground=ground)
    if columns.subject:
        ink = ink if look.at_cursor else "text"
        line.add(fit(shown_line(row.subject), columns.subject - 1) + " ", ink, bold=look.at_cursor, ground=ground)


def _priority_ink(priority: Priority) -> str:
    return {Priority.P1: "danger", Priority.P2: "warning"}.get(priority, "text_low")


def owner_word(look: RowLook, room: int) -> str:
    """Whose ticket it is: me, a name as far as there is room, or a dash for nobody."""
    if look.is_mine:
        return _("me")
    name = shown_line(look.row.owner_name or look.row.owner or look.row.said("owner") or "")
    if not name:
        return "–"
    return cut(name, room) if room >= NAME - 1 else initials(name)


def initials(name: str) -> str:
    """Two columns of a name: the first letters of its first and last word, or the one character that fills them."""
    first, *rest = re.split(r"[\s.@_-]+", name.strip()) or [""]
    begins = next(clusters(first), "").upper()
    if cells(begins) > 1 or not rest:
        return fit(begins if cells(begins) > 1 else first, 2, "")
    return fit(begins + next(clusters(rest[-1]), "").upper(), 2, "")


def _marks(line: Line, glyphs: Glyphs, look: RowLook, who: int) -> None:
    line.add(glyphs.draft if look.has_draft else " ", "accent")
    name, activity = look.other or ("", None)
    writes = activity in {Activity.TYPING, Activity.TYPING_NOTE}
    ink = "warning" if writes else "text_low"
    line.add(glyphs.typing if writes else glyphs.viewing if activity else " ", ink)
    if who:
        line.add(" " + fit(shown_line(name), who - 2) + " ", ink)
    unread = min(look.row.unread, 99)
    line.add(fit_right(f"{glyphs.unread}{unread}" if unread else "", MARKS - 3), "accent", bold=True)
