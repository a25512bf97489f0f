"""What is hidden in an entry: first the reason, then the words, and when it closes they are gone."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.commands.spec import msg
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.ids import EntryId
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import value_of
from supportdesk_tui.ui.host import DeskHost
from supportdesk_tui.ui.keeping import REASON, reason_keeper
from supportdesk_tui.ui.panes.conversation import entry_under
from supportdesk_tui.ui.screens.dialog import LEFT, Dialog, Done, Panel, draw_edit
from supportdesk_tui.ui.text import shown, wrap
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.line_edit import LineEdit


class RevealDialog(Dialog):
    """Holds the reason only; the words stay in the state for as long as the dialog stands."""

    def __init__(self, host: DeskHost, entry: Entry | None) -> None:
        super().__init__(host.palette)
        self._host = host
        self._entry = entry
        self._reason: LineEdit | None = None
        if entry is not None:
            title = msg("Why do you need to see it?")
            self._keeper = reason_keeper(host, "conversation.reveal_for", title, str(entry.id))
            self._reason = LineEdit.of(self._keeper.texts()[REASON])
        self._complaint = ""
        self._top = 0
        self._end = host.store.subscribe(self._changed_store)

    def _changed_store(self, _state: object) -> None:
        self.call_later(self.panel.redraw)

    async def on_unmount(self) -> None:
        """Forget what was shown."""
        self._end()
        await self._host.run_command("conversation.reveal_end")

    def title_text(self) -> str:
        """Whose words."""
        return _("Hidden in a message of {name}", name=self._entry.author) if self._entry else _("Hidden")

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """What works now."""
        if self._reason is not None:
            return (("Enter", _("show it")), ("Esc", _("leave, it is kept")))
        return (("j k", _("scroll")), ("Esc", _("hide it again")))

    def editing(self) -> LineEdit | None:
        """The reason, until it is given."""
        return self._reason

    def press(self, event: events.Key) -> Done | None:
        """Type the reason, then read."""
        if self._reason is None:
            self._top = max(0, self._top + {"j": 1, "down": 1, "k": -1, "up": -1}.get(event.key, 0))
            return LEFT if event.key in {"q", "h", "left", "enter"} else None
        self._complaint = ""
        if event.key != "enter":
            self._reason.take_key(event)
            self.changed()
        elif not self._reason.text.strip():
            self._complaint = _("A reason is needed: it stands in the log.")
        elif self._entry is not None:
            reason, self._reason = self._reason.text.strip(), None
            self._keeper.sent()
            self.run_worker(self._ask(self._entry.id, reason), group="ask")
        return None

    def changed(self) -> None:
        """Keep the reason as it stands."""
        if self._reason is not None:
            self._keeper.keep({REASON: self._reason.text})

    async def _ask(self, entry: EntryId, reason: str) -> None:
        await self._host.run_command("conversation.reveal_for", (entry, reason))

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The question, or the words."""
        if self._entry is None:
            return [panel.line().add(" " + _("Nothing is hidden in this conversation"), "menu_text").strip()]
        if self._reason is not None:
            return self._question(panel, width)
        answer = self._host.store.state.conversation.revealed
        if answer is not None and answer.failed:
            return [panel.line().add(" " + own_words(answer.failed), "danger").strip()]
        if answer is None or answer.text is None:
            return [panel.line().add(" " + _("asking…"), "text_low").strip()]
        lines = list(wrap(shown(answer.text), max(10, width - 4)))
        self._top = max(0, min(self._top, len(lines) - height))
        return [panel.line().add("  " + text, "menu_text").strip() for text in lines[self._top : self._top + height]]

    def _question(self, panel: Panel, width: int) -> list[Strip]:
        about = _("Your name, the time and the reason are kept in the log. What you see is kept nowhere.")
        lines = [panel.line().add(" " + text, "text_low").strip() for text in wrap(about, width - 2)]
        line = panel.line("menu_cursor").add(" " + _("Why do you need to see it?") + " ", "accent")
        if self._reason is not None:
            lines += [panel.line().strip(), draw_edit(line, self._reason, line.room - 1).strip()]
        if self._complaint:
            lines.append(panel.line().add(" ! " + self._complaint, "danger").strip())
        return lines


def hiding_entry(host: DeskHost) -> Entry | None:
    """The entry under the mark when it hides something, else the newest that does."""
    here = entry_under(host.desk.conversation)
    if here is not None and here.masked:
        return here
    entries = value_of(host.store.state.conversation.entries) or ()
    return next((one for one in reversed(entries) if one.masked), None)
