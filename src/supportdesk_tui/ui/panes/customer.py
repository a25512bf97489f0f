"""Who is asking: groups of facts that fold, money in motion first when money moves, warnings by word and colour."""

from datetime import datetime

from textual import on
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.strip import Strip

from supportdesk_tui.domain.ids import CustomerId
from supportdesk_tui.domain.people import CustomerContext
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.views import CustomerView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.text import cells, cut, shown_line, wrap_some
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.customer_groups import CustomerSaid, CustomerSheet
from supportdesk_tui.ui.widgets.line_pane import LinePane, minute_of

WHEEL = 3
FOLDED_AT_FIRST = frozenset({"account", "contacts"})


class CustomerPane(LinePane):
    """Everything about the person behind the ticket."""

    GROUND = "customer"

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(palette, id=id)
        self._view: CustomerView | None = None
        self._now: datetime | None = None
        self._top = 0
        self._folded = set(FOLDED_AT_FIRST)
        self._group = 0
        self._starts: list[tuple[int, str]] = []
        self._length = 0

    def show(self, view: CustomerView, now: datetime) -> None:
        """Draw what differs from the view before."""
        before, then = self._view, self._now
        self._view, self._now = view, now
        if view == before and then is not None and minute_of(then) == minute_of(now):
            return
        if _person(before) != _person(view):
            self._top = 0
        self.redraw()

    # --- moving

    def scroll_lines(self, by: int) -> None:
        """Move by lines; up is negative."""
        self._top += by
        self.redraw()

    def page(self, by: int) -> None:
        """Move by screens."""
        self.scroll_lines(by * max(1, self.size.height - 3))

    def home(self) -> None:
        """To the top."""
        self.scroll_lines(-self._top)

    def end(self) -> None:
        """To the bottom."""
        self.scroll_lines(self._length)

    def toggle_fold(self) -> bool:
        """Fold or unfold the first group in sight that is folded, else all of them."""
        keys = [key for line, key in self._starts if line >= self._top]
        hidden = next((key for key in keys if key in self._folded), None)
        if hidden is not None:
            self._folded.discard(hidden)
        elif self._folded:
            self._folded.clear()
        else:
            self._folded = set(FOLDED_AT_FIRST)
        self.redraw()
        return True

    def toggle_group(self, key: str) -> None:
        """Fold or unfold one group."""
        self._folded ^= {key}
        self.redraw()

    # --- lines

    def lay(self, width: int, height: int) -> list[Strip]:
        """Name on top, then the groups in view."""
        view, now = self._view, self._now
        if view is None or now is None:
            return []
        title = self._title(view, width)
        if view.context is None:
            return [title, self.line().strip(), *self._absent(view, width)]
        body = self._body(view.context, view, now, width)
        self._length = len(body)
        self._top = max(0, min(self._top, len(body) - height + 1))
        lines = [title, *body[self._top : self._top + height - 1]]
        if self._top + height - 1 < len(body):
            lines[-1] = self.line().right(f"{self.paint.glyphs.down} ", "text_low").strip()
        return lines

    def _title(self, view: CustomerView, width: int) -> Strip:
        line = self.line("chip" if view.is_focused else "")
        line.add(self.paint.glyphs.bar if view.is_focused else " ", "accent")
        if view.context is None:
            return line.add(_("Customer"), "accent" if view.is_focused else "text_low", bold=True).strip()
        customer = view.context.customer
        tier = own_words(shown_line(customer.tier))
        room = line.room - cells(tier) - 2
        line.add(cut(shown_line(customer.name), room), "accent" if view.is_focused else "text_high", bold=True)
        return line.right(tier, "chip_text").strip()

    def _absent(self, view: CustomerView, width: int) -> list[Strip]:
        if view.shown.failed:
            text = _("Not read: {reason} · ⟪desk.resync⟫ asks again", reason=own_words(shown_line(view.shown.failed)))
        elif view.shown.waits:
            text = _("Not on this machine.")
        elif view.shown.is_loading:
            text = _("Reading{dots}", dots=self.paint.glyphs.dots)
        else:
            text = _("Open a ticket to see who is asking.")
        return [self.line().add(" ").add(part, "text_low").strip() for part in wrap_some(text, width - 2, 4)[0]]

    def _body(self, context: CustomerContext, view: CustomerView, now: datetime, width: int) -> list[Strip]:
        sheet, said = CustomerSheet(self.paint, width), CustomerSaid(context, now, self.paint.glyphs)
        lines = [sheet.plain(text, ink) for text, ink in said.identity()]
        if view.shown.failed:
            lines.append(sheet.plain(_("{mark} not read again · ⟪desk.resync⟫", mark=self.paint.glyphs.warn), "warning"))
        age = _("as of {time}", time=when.moment(view.shown.as_of, now)) if view.shown.as_of is not None else ""
        self._starts = []
        for group in said.groups():
            is_folded = group.key in self._folded
            lines.append(self.line().right(age).strip())
            age = ""  # on the first blank line, so that nothing moves when it is read anew
            self._starts.append((len(lines), group.key))
            lines.append(sheet.heading(group, is_folded))
            if not is_folded:
                for row in group.rows:
                    lines += sheet.row(row)
        return lines

    # --- mouse

    def on_click(self, event: Click) -> None:
        """A click on a heading folds its group."""
        line = self._top + event.y - 1
        key = next((key for start, key in self._starts if start == line), None)
        if key is not None:
            self.toggle_group(key)

    @on(MouseScrollDown)
    @on(MouseScrollUp)
    def wheel(self, event: MouseScrollDown | MouseScrollUp) -> None:
        """The wheel moves the text."""
        event.stop()
        self.scroll_lines(WHEEL if isinstance(event, MouseScrollDown) else -WHEEL)


def _person(view: CustomerView | None) -> CustomerId | None:
    return view.context.customer.id if view is not None and view.context is not None else None
