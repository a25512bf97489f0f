"""The base of all dialogs: plain state and one drawn panel, so that a key typed before it is on screen still counts."""

from typing import ClassVar

from msgspec import Struct
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip

from supportdesk_tui.commands.spec import Args
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.pressing import Place, places_of, press, pressed
from supportdesk_tui.ui.text import shown_line
from supportdesk_tui.ui.widgets.line_edit import LineEdit
from supportdesk_tui.ui.widgets.line_pane import LinePane
from supportdesk_tui.ui.widgets.paint import Line


class Done(Struct, frozen=True):
    """The dialog is finished; with a command it answers, without one it was left."""

    command: str = ""
    args: Args = ()


LEFT = Done()
WIDTH = 76
"""Columns of a dialog that asks for no other size."""
WIDE_ENOUGH = 96
"""Columns from which something of the desk is left beside a dialog."""
ROWS, FRAME = 17, 3
"""Lines a dialog that fits what it holds may show at most, and those of title and keys."""


def titled(title: str, count: int, about: str = "") -> str:
    """What is asked, and of which ticket: by its number, or how many where they are more than one."""
    asked_of = _("{n} tickets", n=count) if count > 1 else shown_line(about)
    return f"{_(title)} · {asked_of}" if asked_of else _(title)


class Panel(LinePane):
    """The box of a dialog; the dialog says what stands in it."""

    GROUND: ClassVar[str] = "menu"
    can_focus = False

    def __init__(self, palette: Palette, dialog: "Dialog") -> None:
        super().__init__(palette)
        self._dialog = dialog
        self._fitted = 0
        self._places: list[Place] = []
        """The keys on the last line."""

    def on_resize(self) -> None:
        """Another width may take more lines, or all of the screen."""
        self.fit()

    def fit(self) -> None:
        """As wide as a narrow screen, and grown with what is shown: a dialog never shrinks under the eyes of its reader."""
        dialog, columns = self._dialog, self._dialog.app.size.width
        dialog.set_class(columns < WIDE_ENOUGH, "-narrow")
        if not dialog.FITS:
            return
        wanted = len(dialog.draw(self, self.size.width or min(WIDTH, columns), ROWS)) + FRAME + 1
        if wanted > self._fitted:
            self._fitted = wanted
            self.styles.height = min(wanted, ROWS + FRAME)

    def lay(self, width: int, height: int) -> list[Strip]:
        """Title, what the dialog draws, and its keys."""
        dialog = self._dialog
        body = dialog.draw(self, width, max(1, height - FRAME))[: height - FRAME]
        head = self.line().add(" " + dialog.title_text(), "text_high", bold=True)
        note = dialog.note_text()
        if note:
            head.right(note, "text_low")
        blank = self.line().strip()
        body += [blank] * (height - FRAME - len(body))
        foot = self.line()
        self._places.clear()
        for key, label in dialog.keys_text():
            start = width - foot.add(" ").room
            foot.add(key, "key").add(f" {label} ", "text_low")
            self._places += places_of(key, start, width - foot.room - 1)
        return [head.strip(), blank, *body, foot.strip()]

    def on_click(self, event: events.Click) -> None:
        """A click on a key of the last line presses it."""
        key = pressed(self._places, event.x) if event.y == self.size.height - 1 else ""
        if key:
            press(self.app, key)


class Dialog(ModalScreen[None]):
    """A panel over the desk. Subclasses keep their state in plain fields and draw it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: transparent; }
    Dialog > Panel { width: 76; max-width: 94%; height: 20; max-height: 90%; }
    Dialog.-large > Panel { width: 110; height: 90%; }
    Dialog.-small > Panel { width: 64; height: 8; }
    Dialog.-whole > Panel { width: 94%; height: 90%; }
    Dialog.-narrow > Panel { width: 100%; max-width: 100%; }
    Dialog.-narrow.-large > Panel, Dialog.-narrow.-whole > Panel { height: 1fr; max-height: 100%; margin: 1 0; }
    """
    AUTO_FOCUS = None
    SIZE: ClassVar[str] = ""
    """`-whole`, `-large`, `-small` or nothing."""
    FITS: ClassVar[bool] = False
    """As high as what stands in it, and no higher."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.panel = Panel(palette, self)
        if self.SIZE:
            self.add_class(self.SIZE)

    def compose(self) -> ComposeResult:
        """One widget: the panel."""
        self.panel.fit()
        yield self.panel

    def take_key(self, event: events.Key) -> Done | None:
        """Use a key; Esc leaves, everything else is the subclass's."""
        if event.key == "escape":
            return LEFT
        done = self.press(event)
        self.panel.fit()
        self.panel.redraw()
        return done

    def take_paste(self, text: str) -> None:
        """Text pasted while the dialog is on top."""
        edit = self.editing()
        if edit is not None:
            edit.insert(text)
            self.changed()
            self.panel.redraw()

    # --- what subclasses say

    def press(self, event: events.Key) -> Done | None:
        """Use a key that is not Esc; anything but None ends the dialog."""
        return None

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """The lines between title and keys."""
        return []

    def title_text(self) -> str:
        """What this is about."""
        return ""

    def note_text(self) -> str:
        """A few words at the right of the title."""
        return ""

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """Keys and what they do here."""
        return (("Enter", _("choose")), ("Esc", _("leave")))

    def editing(self) -> LineEdit | None:
        """The line that is being typed into, if any."""
        return None

    def changed(self) -> None:
        """The typed line has changed."""


def draw_edit(line: Line, edit: LineEdit, width: int, placeholder: str = "") -> Line:
    """An input with its caret, `width` columns wide."""
    text, caret = edit.window(width - 1)
    if not text and placeholder:
        return line.add(" ", "menu_text", ground="selection").add(placeholder[: max(0, width - 1)], "placeholder").to(width)
    at = 0
    used = 0
    while at < len(text) and used < caret:
        used += len(text[at]) if text[at].isascii() else 2
        at += 1
    line.add(text[:at], "menu_text").add(text[at : at + 1] or " ", "menu_text", ground="selection").add(
        text[at + 1 :], "menu_text"
    )
    return line


def safe(text: str) -> str:
    """Any text as it may stand on one line of a dialog."""
    return shown_line(text)
