"""Dialogs that may end with "send it all the same": they ask for one reason, and Esc leads back a step at a time."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.text import secrets
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.keeping import REASON, Keeper, elsewhere
from supportdesk_tui.ui.screens.dialog import Dialog, Done, Panel, draw_edit
from supportdesk_tui.ui.widgets.line_edit import LineEdit


class ReasonDialog(Dialog):
    """Keys first; after `ask_reason` a line to type the reason in, until it is given or Esc."""

    def __init__(self, palette: Palette, keeper: Keeper | None = None) -> None:
        """`keeper` keeps the reason while it is typed."""
        super().__init__(palette)
        self._reason: LineEdit | None = None
        self._keeper = keeper
        self.complaint = ""

    def editing(self) -> LineEdit | None:
        """The reason, while it is asked for."""
        return self._reason

    def ask_reason(self) -> None:
        """From now on keys are the reason's; one that was begun before stands there."""
        kept = self._keeper.texts()[REASON] if self._keeper is not None else ""
        self._reason, self.complaint = LineEdit.of(kept), ""

    def changed(self) -> None:
        """Keep the reason as it stands."""
        if self._keeper is not None and self._reason is not None:
            self._keeper.keep({REASON: self._reason.text})

    def take_key(self, event: events.Key) -> Done | None:
        """Esc leaves the reason first, the dialog next."""
        if self._reason is None or event.key != "escape":
            self.complaint = ""
            return super().take_key(event)
        self._reason, self.complaint = None, ""
        self.panel.redraw()
        return None

    def press(self, event: events.Key) -> Done | None:
        """Type the reason, give it with Enter; or whatever the dialog does with a key."""
        edit = self._reason
        if edit is None:
            return self.choose(event)
        if event.key != "enter":
            edit.take_key(event)
            self.changed()
        elif not edit.text.strip():
            self.complaint = _("A reason is needed: it stands in the log.")
        elif secrets.find(edit.text):
            self.complaint = _("The reason holds a secret itself.")
        elif self._keeper is not None and self._keeper.is_elsewhere():
            self.complaint = elsewhere()
        else:
            if self._keeper is not None:
                self._keeper.sent()
            return self.sent(edit.text.strip())
        return None

    def reason_keys(self) -> tuple[tuple[str, str], ...]:
        """What works while the reason is typed."""
        return (("Enter", _("send it")), ("Esc", _("back")))

    def reason_lines(self, panel: Panel, width: int) -> list[Strip]:
        """The line of the reason and what is wrong with it; nothing when neither is there."""
        lines = []
        if self._reason is not None:
            line = panel.line("menu_cursor").add(" " + _("Why send it all the same?") + " ", "accent")
            lines.append(draw_edit(line, self._reason, line.room - 1).strip())
            said = self._keeper.said() if self._keeper is not None else ""
            lines += [panel.line().add("   " + said, "text_low").strip()] if said else []
        if self.complaint:
            lines.append(panel.line().add(" ! " + self.complaint, "danger").strip())
        return lines

    # --- what subclasses say

    def choose(self, event: events.Key) -> Done | None:
        """Use a key while no reason is asked for."""
        return None

    def sent(self, reason: str) -> Done:
        """What the dialog answers once there is a reason."""
        raise NotImplementedError
