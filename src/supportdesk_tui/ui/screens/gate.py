"""What stands between a text and its reader: each finding by name, why, and what can be done about it."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.commands.effects import ShowFindings
from supportdesk_tui.commands.gate import Finding, anyway, said_quotes
from supportdesk_tui.commands.gate_rules import Remedy
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui import words
from supportdesk_tui.ui.keeping import Keeper
from supportdesk_tui.ui.screens.dialog import LEFT, Done, Panel, safe
from supportdesk_tui.ui.screens.reason import ReasonDialog
from supportdesk_tui.ui.text import cut, shown, wrap

_STEPS = {"down": 1, "j": 1, "tab": 1, "up": -1, "k": -1, "shift+tab": -1}


class GateDialog(ReasonDialog):
    """The findings, gravest first; the one under the cursor is explained below."""

    FITS = True

    def __init__(self, palette: Palette, effect: ShowFindings, keeper: Keeper | None = None) -> None:
        super().__init__(palette, keeper)
        self._findings = effect.findings
        self._answered = effect.answered
        self._command = effect.command
        self._left = LEFT if effect.back is None else Done(effect.back.command, effect.back.args)
        self._at = 0

    @property
    def _here(self) -> Finding:
        return self._findings[self._at]

    def title_text(self) -> str:
        """What moment this is."""
        return _("Before it is sent")

    def note_text(self) -> str:
        """Which of how many."""
        return f"{self._at + 1}/{len(self._findings)}"

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """What can be done about the one under the cursor, and about all."""
        if self.editing() is not None:
            return self.reason_keys()
        fix = self._here.fix
        keys = (("Enter", _(fix.label)),) if fix is not None else ()
        may_send = not any(one.remedy is Remedy.NEVER for one in self._findings)
        return (*keys, *((("s", _("send all the same")),) if may_send else ()), ("Esc", _("back to the text")))

    def choose(self, event: events.Key) -> Done | None:
        """Move, put right, or send all the same."""
        if event.key in _STEPS:
            self._at = (self._at + _STEPS[event.key]) % len(self._findings)
        elif event.key in {"enter", "f"} and self._here.fix is not None:
            return Done(self._here.fix.command, self._here.fix.args)
        elif event.key in {"q", "e"}:
            return self._left
        elif event.key == "s":
            self._send()
        return None

    def take_key(self, event: events.Key) -> Done | None:
        """Esc leads back to the text, wherever it was written."""
        done = super().take_key(event)
        return self._left if done is LEFT else done

    def _send(self) -> None:
        never = next((place for place, one in enumerate(self._findings) if one.remedy is Remedy.NEVER), None)
        if never is None:
            self.ask_reason()
        else:
            self._at = never
            self.complaint = _("Never sent: {title}", title=_(self._findings[never].title))

    def sent(self, reason: str) -> Done:
        """Send, with the same reason for each of them."""
        return Done(self._command, (*self._answered, *anyway(self._findings, reason)))

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The list, then the one under the cursor in full, then the reason."""
        below = self.reason_lines(panel, width)
        room = min(len(self._findings), max(2, height - len(below) - 8))
        top = max(0, min(self._at - room // 2, len(self._findings) - room))
        lines = [self._line(panel, place) for place in range(top, top + room)]
        lines.append(panel.line().strip())
        detail = self._explained(panel, width)[: max(0, height - len(lines) - len(below) - bool(below))]
        return [*lines, *detail, *([panel.line().strip()] if below else []), *below]

    def _line(self, panel: Panel, place: int) -> Strip:
        finding, here = self._findings[place], place == self._at
        line = panel.line("menu_cursor" if here else "menu").add(" ▸ " if here else "   ", "accent")
        is_never = finding.remedy is Remedy.NEVER
        line.add(_(finding.title), "text_high" if here else "menu_text", bold=here)
        word = _("never sent") if is_never else _("needs a reason")
        return line.right(word, "danger" if is_never else "warning").strip()

    def _explained(self, panel: Panel, width: int) -> list[Strip]:
        finding = self._here
        lines = [panel.line().add("   " + one, "menu_text").strip() for one in wrap(shown(words.why(finding)), width - 5)]
        for quote in said_quotes(finding, lambda text, values: _(text, **dict(values))):
            lines.append(panel.line().add("   › " + cut(safe(quote), width - 7), "text_high").strip())
        if finding.advice:
            lines.append(panel.line().strip())
            lines += [panel.line().add("   " + one, "text_low").strip() for one in wrap(shown(_(finding.advice)), width - 5)]
        return lines
