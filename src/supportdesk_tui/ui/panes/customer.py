"""Who is asking: groups of facts that fold, money in motion first when money moves, warnings by word and colour."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.strip import Strip

from supportdesk_tui.domain.ids import CustomerId
from supportdesk_tui.domain.people import CustomerContext, Fact, MoneyDirection, Movement, RiskFlag
from supportdesk_tui.domain.ticket import PromiseState
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.views import CustomerView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import cells, cut, shown_line, wrap_some
from supportdesk_tui.ui.widgets.customer_words import amount_words, fact_name, movement_state
from supportdesk_tui.ui.widgets.line_pane import LinePane

WHEEL = 3
FOLDED_AT_FIRST = frozenset({"account", "contacts"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a group: what, value, colour of the value."""

    label: str
    value: str
    ink: str = "text"
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A heading and its lines."""

    key: str
    title: str
    rows: tuple[Row, ...]
    warns: bool = False


class CustomerPane(LinePane, can_focus=True):
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
        if view == before and then is not None and then.minute == now.minute:
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
            lines[-1] = self.line().right(f"{self.glyphs.down} ", "text_low").strip()
        return lines

    def _title(self, view: CustomerView, width: int) -> Strip:
        line = self.line("chip" if view.is_focused else "")
        line.add(self.glyphs.bar if view.is_focused else " ", "accent")
        if view.context is None:
            return line.add(_("Customer"), "accent" if view.is_focused else "text_low", bold=True).strip()
        customer = view.context.customer
        tier = shown_line(customer.tier)
        room = line.room - cells(tier) - 2
        line.add(cut(shown_line(customer.name), room), "accent" if view.is_focused else "text_high", bold=True)
        return line.right(tier, "chip_text").strip()

    def _absent(self, view: CustomerView, width: int) -> list[Strip]:
        if view.shown.failed:
            text = _("Not read: {reason} · F5 asks again", reason=shown_line(view.shown.failed))
        elif view.shown.is_loading:
            text = _("Reading{dots}", dots=self.glyphs.dots)
        else:
            text = _("Open a ticket to see who is asking.")
        return [self.line().add(" ").add(part, "text_low").strip() for part in wrap_some(text, width - 2, 4)[0]]

    def _body(self, context: CustomerContext, view: CustomerView, now: datetime, width: int) -> list[Strip]:
        lines = [self._plain(text, ink) for text, ink in self._identity(context, now)]
        if view.shown.failed:
            lines.append(self._plain(_("{mark} not read again · F5", mark=self.glyphs.warn), "warning"))
        elif view.shown.as_of is not None:
            lines.append(self._plain(_("as of {time}", time=when.moment(view.shown.as_of, now)), "text_low"))
        self._starts = []
        for group in self._groups(context, now):
            is_folded = group.key in self._folded
            lines.append(self.line().strip())
            self._starts.append((len(lines), group.key))
            lines.append(self._heading(group, is_folded))
            if not is_folded:
                for row in group.rows:
                    lines += self._row(row, width)
        return lines

    def _plain(self, text: str, ink: str) -> Strip:
        return self.line().add(" ").add(cut(text, self.size.width - 2), ink).strip()

    def _heading(self, group: Group, is_folded: bool) -> Strip:
        line = self.line().add(" ").add(group.title, "warning" if group.warns else "text_low", bold=True)
        if is_folded:
            return line.right(f"{len(group.rows)} {self.glyphs.folded}", "text_low").strip()
        return line.strip()

    def _row(self, row: Row, width: int) -> list[Strip]:
        line = self.line().add(" ")
        if row.mark:
            line.add(row.mark + " ", row.ink)
        indent = width - line.room
        if row.label:
            line.add(row.label, "text_low")
            room = line.room - 3
            if cells(row.value) <= room:
                return [line.right(row.value, row.ink).strip()]
            parts, _more = wrap_some(row.value, width - indent - 3, 2)
            rest = [self.line().to(indent + 2).add(part, row.ink).strip() for part in parts]
            return [line.strip(), *rest]
        parts, _more = wrap_some(row.value, line.room - 1, 3)
        lines = [line.add(parts[0] if parts else "", row.ink).strip()]
        return lines + [self.line().to(indent).add(part, row.ink).strip() for part in parts[1:]]

    # --- what is said

    def _identity(self, context: CustomerContext, now: datetime) -> Iterator[tuple[str, str]]:
        customer = context.customer
        zone = when.local_time(now, customer.time_zone)
        place = [words.language(customer.language) if customer.language else "", shown_line(customer.region), zone]
        yield " · ".join(part for part in place if part), "text"
        yield _("UID {uid}", uid=shown_line(customer.uid)), "text_low"
        for text in (customer.email, customer.phone):
            if text:
                yield shown_line(text), "text_low"
        if customer.preferred_channel is not None:
            yield _("prefers {channel}", channel=words.channel(customer.preferred_channel)), "text_low"
        if customer.do_not_contact:
            yield _("{mark} DO NOT CONTACT", mark=self.glyphs.warn), "danger"

    def _groups(self, context: CustomerContext, now: datetime) -> list[Group]:
        money = Group("money", _("MONEY IN MOTION"), tuple(self._movements(context.movements, now)))
        flags = Group("risk", _("RISK"), tuple(self._flag(flag, now) for flag in context.flags), warns=bool(context.flags))
        is_moving = any(movement.is_moving for movement in context.movements)
        promises = tuple(
            Row(
                when.moment(one.due_at, now),
                f"{shown_line(one.text)} · {shown_line(one.owner_name)}",
                "danger" if one.due_at <= now else "clock_soon",
                self.glyphs.promise,
            )
            for one in context.promises
            if one.state is PromiseState.OPEN
        )
        groups = [
            flags,
            Group("promises", _("PROMISES"), promises),
            Group("kyc", _("KYC"), self._facts(context.kyc)),
            Group("security", _("SECURITY"), self._facts(context.security)),
            Group("account", _("ACCOUNT"), self._facts(context.account)),
            Group("contacts", _("LAST CONTACTS"), tuple(self._contacts(context, now))),
            Group("tags", _("TAGS"), (Row("", " ".join(map(shown_line, context.tags)), "text_low"),) if context.tags else ()),
        ]
        groups.insert(1 if is_moving and context.flags else 0 if is_moving else 2, money)
        return [group for group in groups if group.rows]

    def _facts(self, facts: tuple[Fact, ...]) -> tuple[Row, ...]:
        return tuple(
            Row(
                fact_name(fact.name),
                shown_line(fact.value),
                "warning" if fact.warn else "text",
                self.glyphs.warn if fact.warn else "",
            )
            for fact in facts
        )

    def _flag(self, flag: RiskFlag, now: datetime) -> Row:
        until = _("until {time}", time=when.moment(flag.expires_at, now)) if flag.expires_at else ""
        said = " · ".join(part for part in (fact_name(flag.name), shown_line(flag.source), until) if part)
        return Row("", said, "warning", self.glyphs.warn)

    def _movements(self, movements: tuple[Movement, ...], now: datetime) -> Iterator[Row]:
        for one in sorted(movements, key=lambda each: not each.is_moving):
            mark = self.glyphs.money_in if one.direction is MoneyDirection.IN else self.glyphs.money_out
            ink = "text_high" if one.is_moving else "text_low"
            coin = shown_line(one.coin)
            network = shown_line(one.network) if one.network != one.coin else ""
            amount = " ".join(part for part in (amount_words(one.amount), coin, network) if part)
            if not one.is_moving:
                yield Row(amount, f"{movement_state(one.state)} {when.day_break(one.at, now)}", "text_low", mark)
                continue
            yield Row("", amount, ink, mark)
            state = movement_state(one.state)
            if one.needed:
                state = _("{state} {n}/{needed} conf", state=state, n=one.confirmations, needed=one.needed)
            yield Row("", state, "clock_soon", " ")
            if one.memo_missing:
                yield Row("", _("memo missing"), "danger", self.glyphs.warn)
            if one.txid:
                yield Row(
                    "", f"{one.txid[:10]}…{one.txid[-6:]}" if len(one.txid) > 18 else shown_line(one.txid), "text_low", " "
                )

    def _contacts(self, context: CustomerContext, now: datetime) -> Iterator[Row]:
        for one in context.contacts:
            yield Row("", f"{when.day_break(one.at, now)} · {words.status(one.status)} · {shown_line(one.subject)}", "text")

    # --- mouse

    def on_click(self, event: Click) -> None:
        """A click on a heading folds its group."""
        line = self._top + event.y - 1
        key = next((key for start, key in self._starts if start == line), None)
        if key is not None:
            self.toggle_group(key)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves the text."""
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves the text."""
        event.stop()
        self.scroll_lines(-WHEEL)


def _person(view: CustomerView | None) -> CustomerId | None:
    return view.context.customer.id if view is not None and view.context is not None else None
