"""The head of a conversation: which ticket, what it waits for, who else is on it."""

from collections.abc import Iterator
from datetime import datetime

from textual.strip import Strip

from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ticket import PromiseState, Ticket, TicketSummary
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _, current_locale
from supportdesk_tui.store.views import ConversationView
from supportdesk_tui.ui import words
from supportdesk_tui.ui.text import cells, cut, shown_line, wrap_some
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.line_pane import minute_of
from supportdesk_tui.ui.widgets.paint import Line, Paint
from supportdesk_tui.ui.widgets.sla_clock import clock_text
from supportdesk_tui.ui.widgets.ticket_row import category_names, short_number

EXTRA = 4
"""Lines below title and facts at most."""
GIVEN_UP = (4, 3, 0)
"""Facts left out where not all of them fit, by their place: the channel, which every message tells, language, category."""


class TalkHead:
    """Draws the lines above the entries."""

    def __init__(self, paint: Paint, width: int) -> None:
        self.paint = paint
        self.glyphs = paint.glyphs
        self.width = width

    def lines(self, view: ConversationView, now: datetime, found: str, reach: str = "") -> list[Strip]:
        """Title, facts, then what is unusual; `found` says how a search stands, `reach` how far it has looked."""
        row = view.summary
        if row is None:
            return [self._line("chip" if view.is_focused else "").strip()]
        facts, age = self._facts(view, row), self._age(view, now)
        is_beside = cells(age) + 2 <= facts.room
        if is_beside and age:
            facts.right(age)  # where nothing moves when it is read anew
        extra = [
            self._line().to(3).add(part, ink).strip()
            for text, ink in (*([(reach, "warning")] if reach else ()), *self._extra(view, now, "" if is_beside else age))
            for part in (wrap_some(text, self.width - 5, 2)[0] if ink == "warning" else [text])
        ]
        return [self._title(view, row, now, found), facts.strip(), *extra[:EXTRA]]

    def _line(self, ground: str = "") -> Line:
        return Line(self.paint, self.width, ground or "conversation")

    def _title(self, view: ConversationView, row: TicketSummary, now: datetime, found: str) -> Strip:
        line = self._line("chip" if view.is_focused else "")
        line.add(self.glyphs.bar if view.is_focused else " ", "accent")
        number = shown_line(row.number) if self.width >= 90 else short_number(row.number)
        line.add(number, "accent" if view.is_focused else "text_low").add("  ")
        clock, ink = clock_text(row.clock, minute_of(now))
        end = found or clock.strip()
        room = line.room - cells(end) - 3
        line.add(cut(shown_line(row.subject), room), "text_high", bold=True)
        return line.right(end, "accent" if found else ink).strip()

    @staticmethod
    def _age(view: ConversationView, now: datetime) -> str:
        """How old everything is; empty when it is fresh."""
        return _("as of {time}", time=when.moment(view.shown.as_of, now)) if view.shown.as_of is not None else ""

    def _facts(self, view: ConversationView, row: TicketSummary) -> Line:
        line = self._line().to(3)
        owner = shown_line(row.owner_name or row.owner) if row.owner else _("nobody's")
        said = {name: shown_line(text) for name, text in row.unknown}
        names = category_names(view.categories, current_locale())
        parts = [
            (names.words.get(row.category) or shown_line(row.category), "text_low"),
            (said.get("priority") or row.priority.name, {1: "danger", 2: "warning"}.get(row.priority, "text_low")),
            (words.status(row.status), "text"),
            (words.language(row.language) if row.language else "", "text_low"),
            (said.get("channel") or words.channel(row.channel), "text_low"),
            (said.get("owner") or owner, "text"),
            (_("PUBLIC thread") if row.public else "", "warning"),
            (_("watched") if row.watched else "", "text_low"),
            (_("only looking") if view.is_peek else "", "accent"),
        ]
        for given_up in GIVEN_UP:
            if sum(cells(text) + 3 for text, _ink in parts if text) - 3 < line.room:
                break
            parts[given_up] = ("", "")
        for place, (text, ink) in enumerate(part for part in parts if part[0]):
            line.add(" · " if place else "", "text_low").add(text, ink)
        return line

    def _extra(self, view: ConversationView, now: datetime, age: str) -> Iterator[tuple[str, str]]:
        if view.shown.failed:
            text = _("{mark} not read: {reason} · ⟪desk.resync⟫ asks again")
            room = self.width - 4 - cells(text.format(mark=self.glyphs.warn, reason=""))
            yield (
                text.format(mark=self.glyphs.warn, reason=cut(own_words(shown_line(view.shown.failed)), max(8, room))),
                "warning",
            )
        if age:
            yield age, "text_low"
        if view.bad_items:
            yield words.unreadable(view.bad_items, self.glyphs.warn), "warning"
        if view.summary is not None and view.summary.unknown:
            said = " · ".join(f"{words.field(name)} “{shown_line(text)}”" for name, text in view.summary.unknown)
            yield _("{mark} not known to this version, left as it is: {said}", mark=self.glyphs.warn, said=said), "warning"
        writing = words.presence(view.others)
        if writing:
            writes = any(activity in {Activity.TYPING, Activity.TYPING_NOTE} for _name, activity in view.others)
            yield f"{self.glyphs.typing if writes else self.glyphs.viewing} {writing}", "warning" if writes else "text_low"
        if view.detail is not None:
            yield from self._ties(view.detail, now)

    def _ties(self, ticket: Ticket, now: datetime) -> Iterator[tuple[str, str]]:
        for promise in ticket.promises:
            if promise.state is PromiseState.OPEN:
                late = promise.due_at <= now
                said = _("promise overdue since {time}") if late else _("promise {time}")
                text = said.format(time=when.moment(promise.due_at, now))
                yield (
                    f"{self.glyphs.promise} {text} · {shown_line(promise.text)} · {shown_line(promise.owner_name)}",
                    "danger" if late else "clock_soon",
                )
        if ticket.snoozed_until is not None:
            yield _("snoozed until {time}", time=when.moment(ticket.snoozed_until, now)), "text_low"
        relations = {
            "task": _("task"),
            "task_of": _("task of"),
            "duplicate": _("duplicate of"),
            "merged_into": _("merged into"),
            "related": _("related to"),
        }
        for link in ticket.links:
            relation = relations.get(link.relation, shown_line(link.relation))
            parts = (own_words(shown_line(link.team_name)), words.status(link.status), shown_line(link.subject))
            text = " · ".join(part for part in parts if part)
            yield f"{self.glyphs.link} {relation} {shown_line(link.number)} · {text}", "text_low"

    def absent(self, view: ConversationView) -> list[Strip]:
        """What stands where there is nothing to read: why, and what to press."""
        if view.ticket is None:
            keys = _("⟪queue.open⟫ opens the one under the cursor · ⟪ticket.next_best⟫ takes the next best · ⟪desk.keys⟫ keys")
            says = [_("No ticket is open."), keys]
        elif view.shown.failed:
            says = [_("This ticket could not be read."), _("⟪desk.resync⟫ asks again · Esc goes back")]
        elif view.shown.waits:
            works = _("It is read as soon as the server answers · ⟪ticket.reply⟫ and ⟪ticket.note⟫ work already")
            says = [_("Not on this machine."), works]
        elif view.shown.is_loading:
            says = [_("Reading{dots}", dots=self.glyphs.dots)]
        else:
            says = [_("Nothing was said yet."), _("⟪ticket.reply⟫ reply · ⟪ticket.note⟫ internal note")]
        lines = []
        for place, text in enumerate(says):
            for part in wrap_some(text, self.width - 4, 3)[0]:
                lines.append(self._line().to(3).add(part, "text_low" if place else "text").strip())
        return lines

    def more(self, strip: Strip, fresh: int) -> Strip:
        """The last line in view with the quiet mark that there is more below."""
        down = self.glyphs.down
        text = _(" {down} {n} new ", down=down, n=fresh) if fresh else f" {down} "
        size = cells(text)
        mark = Line(self.paint, size, "chip").add(text, "accent" if fresh else "text_low", bold=bool(fresh))
        return Strip.join([strip.crop(0, self.width - size), mark.strip()])
