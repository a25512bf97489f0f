"""What the customer pane says, in groups; and how a line of a group looks."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from textual.strip import Strip

from supportdesk_tui.domain.people import CustomerContext, Fact, MoneyDirection, Movement, RiskFlag
from supportdesk_tui.domain.ticket import PromiseState
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import cells, cut, shown_line, wrap_some
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.customer_words import amount_words, fact_name, movement_state
from supportdesk_tui.ui.widgets.glyph import Glyphs
from supportdesk_tui.ui.widgets.paint import Line, Paint


class Row(Struct, frozen=True):
    """One line of a group: what, value, colour of the value."""

    label: str
    value: str
    ink: str = "text"
    mark: str = ""


class Group(Struct, frozen=True):
    """A heading and its lines."""

    key: str
    title: str
    rows: tuple[Row, ...]
    warns: bool = False


class CustomerSaid:
    """Everything known of one customer, in words."""

    def __init__(self, context: CustomerContext, now: datetime, glyphs: Glyphs) -> None:
        self.context = context
        self.now = now
        self.glyphs = glyphs

    def identity(self) -> Iterator[tuple[str, str]]:
        """Where and how the customer is, line by line."""
        customer = self.context.customer
        zone = when.local_time(self.now, customer.time_zone)
        place = [words.language(customer.language) if customer.language else "", shown_line(customer.region), zone]
        yield " · ".join(part for part in place if part), "text"
        if customer.uid:
            yield _("UID {uid}", uid=shown_line(customer.uid)), "text_low"
        for text in (customer.email, customer.phone):
            if text:
                yield shown_line(text), "text_low"
        if customer.preferred_channel is not None:
            yield _("prefers {channel}", channel=words.channel(customer.preferred_channel)), "text_low"
        if customer.do_not_contact:
            yield _("{mark} DO NOT CONTACT", mark=self.glyphs.warn), "danger"
        if self.context.bad_items:
            yield words.unreadable(self.context.bad_items, self.glyphs.warn), "warning"

    def groups(self) -> list[Group]:
        """What there is to say, the most urgent first; groups with nothing in them are left out."""
        context = self.context
        money = Group("money", _("MONEY IN MOTION"), tuple(self._movements()))
        tags = (Row("", " ".join(map(shown_line, context.tags)), "text_low"),) if context.tags else ()
        groups = [
            Group("risk", _("RISK"), tuple(map(self._flag, context.flags)), warns=True),
            Group("promises", _("PROMISES"), tuple(self._promises())),
            Group("kyc", _("KYC"), self._facts(context.kyc)),
            Group("security", _("SECURITY"), self._facts(context.security)),
            Group("account", _("ACCOUNT"), self._facts(context.account)),
            Group("contacts", _("LAST CONTACTS"), tuple(self._contacts())),
            Group("tags", _("TAGS"), tags),
        ]
        groups.insert(0 if any(movement.is_moving for movement in context.movements) else 2, money)
        return [group for group in groups if group.rows]

    def _promises(self) -> Iterator[Row]:
        for one in self.context.promises:
            if one.state is PromiseState.OPEN:
                ink = "danger" if one.due_at <= self.now else "clock_soon"
                due = when.moment(one.due_at, self.now)
                yield Row("", f"{due} {shown_line(one.text)} · {shown_line(one.owner_name)}", ink, self.glyphs.promise)

    def _facts(self, facts: tuple[Fact, ...]) -> tuple[Row, ...]:
        return tuple(
            Row(
                fact_name(fact.name),
                own_words(shown_line(fact.value)),
                "warning" if fact.warn else "text",
                self.glyphs.warn if fact.warn else "",
            )
            for fact in facts
        )

    def _flag(self, flag: RiskFlag) -> Row:
        until = _("until {time}", time=when.moment(flag.expires_at, self.now)) if flag.expires_at else ""
        said = " · ".join(part for part in (fact_name(flag.name), own_words(shown_line(flag.source)), until) if part)
        return Row("", said, "warning", self.glyphs.warn)

    def _movements(self) -> Iterator[Row]:
        for one in sorted(self.context.movements, key=lambda each: not each.is_moving):
            mark = self.glyphs.money_in if one.direction is MoneyDirection.IN else self.glyphs.money_out
            network = one.network if one.network != one.coin else ""
            amount = f"{amount_words(one.amount)} {shown_line(one.coin)} {shown_line(network)}".rstrip()
            if one.is_moving:
                yield Row("", amount, "text_high", mark)
                yield from self._moving(one)
            else:
                yield Row(amount, f"{movement_state(one.state)} {when.day_break(one.at, self.now)}", "text_low", mark)

    def _moving(self, one: Movement) -> Iterator[Row]:
        state = movement_state(one.state)
        if one.needed:
            state = _("{state} {n}/{needed} conf", state=state, n=one.confirmations, needed=one.needed)
        yield Row("", state, "clock_soon", " ")
        if one.memo_missing:
            yield Row("", _("memo missing"), "danger", self.glyphs.warn)
        if one.txid:
            txid = shown_line(one.txid)
            yield Row("", f"{txid[:10]}…{txid[-6:]}" if len(txid) > 18 else txid, "text_low", " ")

    def _contacts(self) -> Iterator[Row]:
        for one in self.context.contacts:
            yield Row(
                "", f"{when.day_break(one.at, self.now)} · {words.status(one.status)} · {shown_line(one.subject)}", "text"
            )


class CustomerSheet:
    """Draws the lines at one width."""

    def __init__(self, paint: Paint, width: int) -> None:
        self.paint = paint
        self.width = width

    def line(self) -> Line:
        """A new empty line."""
        return Line(self.paint, self.width, "customer")

    def plain(self, text: str, ink: str) -> Strip:
        """A line by itself."""
        return self.line().add(" ").add(cut(text, self.width - 2), ink).strip()

    def heading(self, group: Group, is_folded: bool) -> Strip:
        """The title of a group; folded, how much is in it."""
        line = self.line().add(" ").add(group.title, "warning" if group.warns else "text_low", bold=True)
        if is_folded:
            return line.right(f"{len(group.rows)} {self.paint.glyphs.folded}", "text_low").strip()
        return line.strip()

    def row(self, row: Row) -> list[Strip]:
        """A line of a group, more when its value is long."""
        line = self.line().add(" ")
        if row.mark:
            line.add(row.mark + " ", row.ink)
        indent = self.width - line.room
        if row.label:
            line.add(row.label, "text_low")
            room = line.room - 3
            if cells(row.value) <= room:
                return [line.right(row.value, row.ink).strip()]
            parts, _more = wrap_some(row.value, self.width - indent - 3, 2)
            rest = [self.line().to(indent + 2).add(part, row.ink).strip() for part in parts]
            return [line.strip(), *rest]
        parts, _more = wrap_some(row.value, line.room - 1, 3)
        lines = [line.add(parts[0] if parts else "", row.ink).strip()]
        return lines + [self.line().to(indent).add(part, row.ink).strip() for part in parts[1:]]
