"""One question before something that cannot be taken back."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.commands.effects import Confirm
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.screens.dialog import LEFT, Dialog, Done, Panel, safe
from supportdesk_tui.ui.text import wrap


class ConfirmDialog(Dialog):
    """Yes by `y` or Enter, no by everything else that can be meant."""

    SIZE = "-small"

    def __init__(self, palette: Palette, confirm: Confirm) -> None:
        super().__init__(palette)
        self._confirm = confirm

    def title_text(self) -> str:
        """What kind of moment this is."""
        return _("Are you sure?")

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """Both ways."""
        return (("y", _("yes")), ("n", _("no")))

    def press(self, event: events.Key) -> Done | None:
        """Yes or no."""
        if event.key in {"y", "enter"}:
            return Done(self._confirm.command, self._confirm.args)
        return LEFT if event.key in {"n", "q"} else None

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The question in words."""
        question = safe(_(self._confirm.question, **dict(self._confirm.values)))
        return [panel.line().add(" " + text, "menu_text").strip() for text in wrap(question, width - 2)]
