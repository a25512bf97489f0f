"""What is on its way, what was refused, what nobody knows: every change of ours, and what can be done about it."""

from typing import TypeAlias

from msgspec import Struct
from textual import events
from textual.strip import Strip

from supportdesk_tui.domain.changes import Change, MarkRead, Note, Outcome, Reply, Undo
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.kept import FormDraft
from supportdesk_tui.store.state import DeskState, Draft, OutboxItem, OutboxPhase
from supportdesk_tui.store.store import Store
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.screens.dialog import LEFT, Dialog, Done, Panel, safe
from supportdesk_tui.ui.text import cells, fit
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.words import follow_up

PHASE_INK = {
    OutboxPhase.HELD: "warning",
    OutboxPhase.QUEUED: "text_low",
    OutboxPhase.SENDING: "accent",
    OutboxPhase.SENT: "success",
    OutboxPhase.REFUSED: "danger",
    OutboxPhase.UNKNOWN: "danger",
}


UNFOLDED = 12
"""Tickets of a refused change that are listed without asking."""


class Part(Struct, frozen=True):
    """One ticket of a change of many."""

    item: OutboxItem
    ticket: TicketId
    outcome: Outcome | None
    """None while the server has not said anything of it."""


Row: TypeAlias = OutboxItem | Draft | FormDraft | Part


def name_of(row: Row) -> tuple[str, ...]:
    """What stays the same of a row while it is in the list."""
    match row:
        case Part(item=item, ticket=ticket):
            return "part", item.key, ticket
        case OutboxItem(key=key):
            return "change", key
        case FormDraft(key=key):
            return "form", key
        case Draft(ticket=ticket):
            return "draft", ticket


def followed(rows: list[Row], seen: list[Row], index: int) -> int:
    """Where the row now stands that the cursor was on, however the list has changed; where it is gone, the same line."""
    name = name_of(seen[index]) if index < len(seen) else None
    at = next((at for at, row in enumerate(rows) if name_of(row) == name), index)
    return max(0, min(at, len(rows) - 1))


def parts_of(item: OutboxItem) -> tuple[Part, ...]:
    """The tickets of a change of many, those that were refused first."""
    said = {one.ticket: one for one in item.outcomes}
    parts = [Part(item, ticket, said.get(ticket)) for ticket in dict.fromkeys((*said, *item.tickets))]
    return tuple(sorted(parts, key=lambda part: part.outcome is None or part.outcome.done)) if len(parts) > 1 else ()


def _count(item: OutboxItem) -> str:
    """How many tickets a change of many is about, or was done to; empty for a change of one."""
    parts = parts_of(item)
    done = sum(part.outcome is None or part.outcome.done for part in parts)
    if done in {0, len(parts)}:
        return _("{n} tickets", n=len(parts)) if parts else ""
    return _("{done} of {all} tickets", done=done, all=len(parts))


def is_told(item: OutboxItem) -> bool:
    """Whether a change is listed: what reading alone has done, and the server has taken, is nothing to look for."""
    return not (item.phase is OutboxPhase.SENT and isinstance(item.change, MarkRead) and item.change.read)


def phase_word(phase: OutboxPhase) -> str:
    """A phase in one word."""
    words = {
        OutboxPhase.HELD: _("held"),
        OutboxPhase.QUEUED: _("queued"),
        OutboxPhase.SENDING: _("sending"),
        OutboxPhase.SENT: _("sent"),
        OutboxPhase.REFUSED: _("refused"),
        OutboxPhase.UNKNOWN: _("unknown"),
    }
    return words[phase]


class OutboxDialog(Dialog):
    """Newest first; troubled ones on top, and under a change of many tickets what became of each."""

    SIZE = "-large"

    def __init__(self, palette: Palette, store: Store) -> None:
        super().__init__(palette)
        self._store = store
        self._index = 0
        self._toggled: set[ChangeKey] = set()
        """Changes whose tickets are listed although they were not, or the other way round."""
        self._seen: list[Row] = []
        """The rows as they are drawn: a key is about the one that is seen, wherever it stands by now."""

        def redraw(_: object) -> None:
            self.call_later(self.panel.redraw)

        self._end = store.subscribe(redraw)

    def on_unmount(self) -> None:
        """Nothing is drawn any more."""
        self._end()

    def _items(self) -> list[OutboxItem | Draft | FormDraft]:
        state = self._store.state
        trouble = {
            OutboxPhase.REFUSED: 0,
            OutboxPhase.UNKNOWN: 0,
            OutboxPhase.HELD: 1,
            OutboxPhase.SENDING: 1,
            OutboxPhase.QUEUED: 1,
        }
        newest_first = filter(is_told, reversed(state.outbox))
        changes = sorted(newest_first, key=lambda item: trouble.get(item.phase, 3))
        drafts = [draft for draft in state.drafts.values() if not draft.is_empty]
        at = sum(trouble.get(item.phase, 3) < 3 for item in changes)
        return [*changes[:at], *drafts, *state.forms.values(), *changes[at:]]

    def _rows(self) -> list[Row]:
        return [row for item in self._items() for row in (item, *(self._shown(item) if isinstance(item, OutboxItem) else ()))]

    def _shown(self, item: OutboxItem) -> tuple[Part, ...]:
        """The tickets of a change that are listed: those that were refused unasked, all of them when it is asked for."""
        parts = parts_of(item)
        if item.key in self._toggled:
            return parts
        is_trouble = item.phase is OutboxPhase.REFUSED or isinstance(item.change, Undo)
        refused = [part for part in parts if part.outcome is not None and not part.outcome.done] if is_trouble else []
        return tuple(refused[:UNFOLDED])

    def title_text(self) -> str:
        """What is listed."""
        return _("Drafts and outbox")

    def note_text(self) -> str:
        """How many."""
        return str(len(self._items()))

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """What can be done with the chosen one."""
        rows = self._rows()
        row = rows[min(self._index, len(rows) - 1)] if rows else None
        opens = _("tickets") if isinstance(row, OutboxItem) and parts_of(row) else _("open ticket")
        if isinstance(row, FormDraft):
            return (("Enter", _("go on with it")), ("x", _("throw away")), ("Esc", _("back")))
        return (
            ("Enter", opens), ("u", _("take back")), ("r", _("try again")), ("x", _("forget")), ("Esc", _("back")),
        )  # fmt: skip

    def press(self, event: events.Key) -> Done | None:
        """Move, or act on the chosen one."""
        rows = self._rows()
        self._index, self._seen = followed(rows, self._seen, self._index), rows
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "pagedown": 10, "pageup": -10}
        self._index = max(0, min(len(rows) - 1, self._index + steps.get(event.key, 0)))
        if event.key in {"q", "h", "left"}:
            return LEFT
        return self._act(event.key, rows[self._index]) if rows else None

    def _act(self, key: str, row: Row) -> Done | None:
        if key == "enter":
            return self._enter(row)
        if isinstance(row, FormDraft):
            return Done("form.discard", (row.key,)) if key == "x" else None
        if isinstance(row, Draft):
            return None
        item = row.item if isinstance(row, Part) else row
        waiting = item.phase in {OutboxPhase.HELD, OutboxPhase.QUEUED}
        failed = item.phase in {OutboxPhase.REFUSED, OutboxPhase.UNKNOWN}
        failed = failed or (item.phase is OutboxPhase.HELD and item.held_until is None)
        if key == "u" and (waiting or item.phase is OutboxPhase.UNKNOWN):
            return Done("outbox.take_back", (item.key,))
        if key == "r" and failed:
            return Done("outbox.retry", (item.key,))
        if key == "x" and item.phase is OutboxPhase.REFUSED:
            return Done("outbox.forget", (item.key,))
        return None

    def _enter(self, row: Row) -> Done | None:
        """Go to the ticket; of a change of many, list its tickets or list them no more."""
        if isinstance(row, OutboxItem) and parts_of(row):
            self._toggled ^= {row.key}
            return None
        if isinstance(row, OutboxItem):
            return Done("ticket.open", (row.tickets[0],)) if row.tickets else None
        if isinstance(row, FormDraft):
            return Done("form.resume", (row.key,))
        return Done("ticket.open", (row.ticket,))

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """A line each: phase, ticket, what, why."""
        rows = self._rows()
        if not rows:
            return [
                panel.line()
                .add("  " + _("Nothing is waiting. Everything you sent has been taken by the server."), "text_low")
                .strip()
            ]
        self._index, self._seen = followed(rows, self._seen, self._index), rows
        top = max(0, min(self._index - height // 2, len(rows) - height))
        return [self._line(panel, row, place == self._index) for place, row in enumerate(rows[top : top + height], start=top)]

    def _line(self, panel: Panel, row: Row, is_here: bool) -> Strip:
        line = panel.line("menu_cursor" if is_here else "menu").add(" ▸ " if is_here else "   ", "accent")
        if isinstance(row, Draft):
            number = number_of(row, self._store.state)
            said = (_("draft"), "accent", number, row.body, "" if row.is_saved else _("not saved"))
        elif isinstance(row, FormDraft):
            said = said_of_form(row, self._store.state)
        elif isinstance(row, Part):
            said = said_of_part(row, self._store.state)
        else:
            said = self._said(row)
        word, ink, number, what, why = said
        line.add(fit(word, 9), ink).add(" " + fit(number, 18), "text_low")
        line.add(fit(safe(what), max(10, line.width - 34 - min(40, cells(why)))), "text_high" if is_here else "menu_text")
        return line.add(" " + safe(why), "danger").strip()

    def _said(self, item: OutboxItem) -> tuple[str, str, str, str, str]:
        number = _count(item) or item.number or " ".join(item.tickets[:1])
        what, why = self._what(item.change, item), own_words(item.reason)
        return phase_word(item.phase), PHASE_INK[item.phase], number, what, why

    def _what(self, change: Change, item: OutboxItem) -> str:
        what = follow_up(change, item.created_at, self._store.state.session.directory)
        if isinstance(change, Reply | Note):
            return f"{what}: {change.body}"
        undone = change.key if isinstance(change, Undo) else None
        of = next((one for one in self._store.state.outbox if one.key == undone), None) if undone is not None else None
        return f"{what}: {self._what(of.change, of)}" if of is not None else what


def number_of(draft: Draft | FormDraft, state: DeskState) -> str:
    """The case number a person knows; the id only of a ticket that nothing here has the number of."""
    rows = (row.number for row in state.queue.rows if row.id == draft.ticket)
    waiting = (dict(item.numbers).get(draft.ticket, item.number) for item in state.outbox if draft.ticket in item.tickets)
    return draft.number or next(rows, "") or next(filter(None, waiting), "") or str(draft.ticket)


def said_of_form(form: FormDraft, state: DeskState) -> tuple[str, str, str, str, str]:
    """What is asked, for which ticket, and what was typed so far."""
    about = number_of(form, state) if form.ticket is not None else ""
    if form.count > 1:
        about = _("{n} tickets", n=form.count)
    typed = " · ".join(text for _name, text in form.texts or form.other if text.strip())
    return _("form"), "accent", about, f"{_(form.title)}: {typed}", "" if form.is_saved else _("not saved")


def said_of_part(part: Part, state: DeskState) -> tuple[str, str, str, str, str]:
    """One ticket of many: what became of it, its number and subject where they are known, and why not."""
    rows = state.queue.rows
    row = next((row for row in rows if row.id == part.ticket), None)
    number = dict(part.item.numbers).get(part.ticket, "") or (row.number if row is not None else str(part.ticket))
    subject = str(row.subject) if row is not None else ""
    if part.outcome is None:
        return "", "text_low", number, subject, ""
    if part.outcome.done:
        return f"  {_('done')}", "success", number, subject, ""
    why = own_words(part.outcome.reason).removeprefix(number).lstrip(" :")
    return f"  {phase_word(OutboxPhase.REFUSED)}", "danger", number, subject, why
