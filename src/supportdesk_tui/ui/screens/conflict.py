"""Two texts for one customer: what others said, what the agent wrote, and the agent's decision."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.commands.effects import RunCommand, ShowConflict
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.keeping import Keeper
from supportdesk_tui.ui.screens.dialog import LEFT, Done, Panel, safe
from supportdesk_tui.ui.screens.reason import ReasonDialog
from supportdesk_tui.ui.text import cut, shown, wrap

_NAME = 30
_STEPS = {"j": 1, "down": 1, "k": -1, "up": -1, "pagedown": 6, "pageup": -6, "space": 6}


class ConflictDialog(ReasonDialog):
    """Theirs above, mine below; both are seen at once, and both can be read to the end."""

    SIZE = "-large"

    def __init__(self, palette: Palette, shown_: ShowConflict, keeper: Keeper | None = None) -> None:
        super().__init__(palette, keeper)
        self._shown = shown_
        self._top = 0
        self._longest = 0

    def title_text(self) -> str:
        """Who was faster."""
        theirs = self._shown.theirs
        if not theirs:
            return _("The ticket moved on") if self._shown.also else _("It waits for your word")
        agent = next((one for one in reversed(theirs) if one.kind is EntryKind.AGENT), None)
        name = cut(safe(str((agent or theirs[-1]).author)), _NAME)
        return _("{name} answered first", name=name) if agent else _("{name} wrote meanwhile", name=name)

    def note_text(self) -> str:
        """Nothing of this was sent."""
        return _("yours is not sent")

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """The three decisions."""
        if self.editing() is not None:
            return self.reason_keys()
        send = (("s", _("send all the same")),) if self._shown.send is not None else ()
        return (("e", _("edit")), *send, ("x", _("throw mine away")), ("j k", _("scroll")), ("Esc", _("later")))

    def choose(self, event: events.Key) -> Done | None:
        """Edit, send, throw away, or read on."""
        shown_ = self._shown
        if event.key in _STEPS:
            self._top = max(0, min(self._top + _STEPS[event.key], self._longest - 1))
        elif event.key in {"e", "enter"}:
            return _done(shown_.edit)
        elif event.key == "x":
            return _done(shown_.discard)
        elif event.key == "q":
            return LEFT
        elif event.key == "s" and shown_.send is not None:
            if not shown_.asks_reason:
                return _done(shown_.send)
            self.ask_reason()
        return None

    def sent(self, reason: str) -> Done:
        """The command that sends, with the reason behind its last argument."""
        send = self._shown.send
        return LEFT if send is None else Done(send.command, (*send.args[:-1], send.args[-1] + reason))

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """Half the room for each; what does not fit is scrolled to."""
        below = self.reason_lines(panel, width)
        above = self._why(panel, width)
        theirs = [
            line for one in self._shown.theirs for line in self._said(panel, one.author, when.clock_time(one.at), one.body)
        ]
        mine = self._said(panel, _("You"), _("not sent"), self._shown.mine)
        room = height - len(below) - len(above) - 1
        first = min(len(theirs), max(room - len(mine), room // 2))
        self._longest = max(len(theirs) - first, len(mine) - (room - first), 0) + 1
        blank = panel.line().strip()
        return [
            *above,
            *self._window(panel, theirs, first),
            *([blank] if theirs else []),
            *self._window(panel, mine, room - first),
            *below,
        ]

    def _why(self, panel: Panel, width: int) -> list[Strip]:
        """What else became of the ticket; why it waits, where neither that nor anybody's words say it."""
        shown_ = self._shown
        said = [_(text, **dict(values)) for text, values in shown_.also]
        said = said or ([shown_.reason] if shown_.reason and not shown_.theirs else [])
        lines = [panel.line().add(" " + one, "warning").strip() for text in said for one in wrap(safe(text), width - 2)]
        return [*lines, panel.line().strip()] if lines else []

    def _window(self, panel: Panel, lines: list[Strip], room: int) -> list[Strip]:
        top = max(0, min(self._top, len(lines) - room))
        seen = lines[top : top + room]
        left = len(lines) - top - len(seen)
        if left and seen:
            seen[-1] = panel.line().add("  " + _("… {n} lines more", n=left + 1), "text_low").strip()
        return seen

    def _said(self, panel: Panel, name: str, when_: str, body: str) -> list[Strip]:
        head = panel.line().add(f" {cut(safe(name), _NAME)} · {when_}", "accent", bold=True).strip()
        width = max(10, panel.size.width - 5)
        return [head, *(panel.line("background").add("   " + one, "text").strip() for one in wrap(shown(body), width))]


def _done(command: RunCommand) -> Done:
    return Done(command.command, command.args)
