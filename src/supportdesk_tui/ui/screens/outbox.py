"""What is on its way, what was refused, what nobody knows: every change of ours, and what can be done about it."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import Draft, OutboxItem, OutboxPhase
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
    """Newest first; troubled ones on top."""

    SIZE = "-large"

    def __init__(self, palette: Palette, store: Store) -> None:
        super().__init__(palette)
        self._store = store
        self._index = 0

    def _items(self) -> list[OutboxItem | Draft]:
        state = self._store.state
        trouble = {
            OutboxPhase.REFUSED: 0,
            OutboxPhase.UNKNOWN: 0,
            OutboxPhase.HELD: 1,
            OutboxPhase.SENDING: 1,
            OutboxPhase.QUEUED: 1,
        }
        newest_first = tuple(reversed(state.outbox))
        changes = sorted(newest_first, key=lambda item: trouble.get(item.phase, 3))
        drafts = [draft for draft in state.drafts.values() if not draft.is_empty]
        at = sum(trouble.get(item.phase, 3) < 3 for item in changes)
        return [*changes[:at], *drafts, *changes[at:]]

    def title_text(self) -> str:
        """What is listed."""
        return _("Drafts and outbox")

    def note_text(self) -> str:
        """How many."""
        return str(len(self._items()))

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """What can be done with the chosen one."""
        return (
            ("Enter", _("open ticket")), ("u", _("take back")), ("r", _("try again")), ("x", _("forget")), ("Esc", _("back")),
        )  # fmt: skip

    def press(self, event: events.Key) -> Done | None:
        """Move, or act on the chosen one."""
        items = self._items()
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "pagedown": 10, "pageup": -10}
        self._index = max(0, min(len(items) - 1, self._index + steps.get(event.key, 0)))
        if event.key in {"q", "h", "left"}:
            return LEFT
        return self._act(event.key, items[self._index]) if items else None

    def _act(self, key: str, item: OutboxItem | Draft) -> Done | None:
        if isinstance(item, Draft):
            return Done("ticket.open", (item.ticket,)) if key == "enter" else None
        if key == "enter" and item.tickets:
            return Done("ticket.open", (item.tickets[0],))
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

    def _number_of(self, draft: Draft) -> str:
        """The case number a person knows; the id only of a ticket that nothing here has the number of."""
        state = self._store.state
        rows = (row.number for row in state.queue.rows if row.id == draft.ticket)
        waiting = (item.number for item in state.outbox if draft.ticket in item.tickets)
        return draft.number or next(rows, "") or next(waiting, "") or str(draft.ticket)

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """A line each: phase, ticket, what, why."""
        items = self._items()
        if not items:
            return [
                panel.line()
                .add("  " + _("Nothing is waiting. Everything you sent has been taken by the server."), "text_low")
                .strip()
            ]
        top = max(0, min(self._index - height // 2, len(items) - height))
        lines = []
        for place, item in enumerate(items[top : top + height], start=top):
            here = place == self._index
            line = panel.line("menu_cursor" if here else "menu").add(" ▸ " if here else "   ", "accent")
            if isinstance(item, Draft):
                word, ink, number, what, why = (
                    _("draft"),
                    "accent",
                    self._number_of(item),
                    item.body,
                    "" if item.is_saved else _("not saved"),
                )
            else:
                word, ink, number = phase_word(item.phase), PHASE_INK[item.phase], item.number or " ".join(item.tickets[:1])
                what, why = follow_up(item.change, item.created_at, self._store.state.session.directory), own_words(item.reason)
                if isinstance(item.change, Reply | Note):
                    what = f"{what}: {item.change.body}"
            line.add(fit(word, 9), ink).add(" " + fit(number, 18), "text_low")
            line.add(fit(safe(what), max(10, width - 34 - min(40, cells(why)))), "text_high" if here else "menu_text")
            lines.append(line.add(" " + safe(why), "danger").strip())
        return lines
