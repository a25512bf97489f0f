"""Fill in a few labelled lines; nothing leaves while a required one is empty."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.commands.effects import Form, FormField
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.keeping import Keeper, elsewhere
from supportdesk_tui.ui.screens.dialog import Dialog, Done, Panel, draw_edit, safe, titled
from supportdesk_tui.ui.text import cells, fit, wrap
from supportdesk_tui.ui.widgets.line_edit import LineEdit


class FormDialog(Dialog):
    """Fields from top to bottom; Tab or Enter goes on, Ctrl+D sends."""

    FITS = True

    def __init__(self, palette: Palette, form: Form, keeper: Keeper, about: str = "") -> None:
        """`about` is the number of the case the form is about, where it is about one."""
        super().__init__(palette)
        self._about = about
        self._form = form
        self._keeper = keeper
        self._edits: list[LineEdit] = []
        self._at = 0
        self._complaint = ""
        self._end = keeper.watch(self.panel.redraw)
        self._fill(keeper.texts())

    def on_unmount(self) -> None:
        """Nobody looks any more at whether the disk takes what is typed."""
        self._end()

    def _fill(self, texts: dict[str, str]) -> None:
        """Put texts into the fields; the first one that the form leaves open is next."""
        self._edits = [LineEdit.of(texts[field.name]) for field in self._form.fields]
        self._at = next((place for place, field in enumerate(self._form.fields) if not field.value), 0)
        self._complaint = ""

    def _texts(self) -> dict[str, str]:
        return {field.name: edit.text for field, edit in zip(self._form.fields, self._edits, strict=True)}

    def title_text(self) -> str:
        """What is asked."""
        return titled(self._form.title, len(self._form.tickets), self._about)

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """How to go on and how to finish."""
        word = self._keeper.swap_word()
        anew = (("Ctrl+N", word),) if word else ()
        return (("Tab", _("next field")), ("Ctrl+D", _("done")), *anew, ("Esc", _("leave, it is kept")))

    def note_text(self) -> str:
        """That what stands here is of an earlier time, or that the disk does not take it."""
        return self._keeper.said()

    def editing(self) -> LineEdit:
        """The field that is being filled in."""
        return self._edits[self._at]

    def take_key(self, event: events.Key) -> Done | None:
        """Esc leaves; what was typed is kept at every key."""
        done = super().take_key(event)
        if event.key != "ctrl+n":
            self.changed()
        return done

    def changed(self) -> None:
        """Keep what stands here now."""
        self._keeper.keep(self._texts())

    def press(self, event: events.Key) -> Done | None:
        """Move between fields, type, or finish."""
        count = len(self._edits)
        if event.key in {"ctrl+d", "f9"}:
            return self._finish()
        if event.key == "ctrl+n":
            texts = self._keeper.swap()
            if texts is not None:
                self._fill(texts)
        elif event.key == "enter":
            if self._at == count - 1:
                return self._finish()
            self._at += 1
        elif event.key in {"tab", "down"}:
            self._at = (self._at + 1) % count
        elif event.key in {"shift+tab", "up"}:
            self._at = (self._at - 1) % count
        elif self._edits[self._at].take_key(event):
            self._complaint = ""
        return None

    def _finish(self) -> Done | None:
        for place, (field, edit) in enumerate(zip(self._form.fields, self._edits, strict=True)):
            if field.required and not edit.text.strip():
                self._at = place
                self._complaint = _("{field} is needed", field=_label(field))
                return None
        if self._keeper.is_elsewhere():
            self._complaint = elsewhere()
            return None
        values = tuple(f"{field.name}={edit.text.strip()}" for field, edit in zip(self._form.fields, self._edits, strict=True))
        return Done(self._form.command, (*self._form.args, *values))

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """Explanation, fields, and what is missing."""
        lines = [panel.line().add(" " + text, "text_low").strip() for text in wrap(safe(_(self._form.explain)), width - 2)]
        labels = [_label(field) + (" *" if field.required else "") for field in self._form.fields]
        column = min(max(width // 3, width - 40), max(map(cells, labels), default=0) + 2)
        for place, (field, edit, label) in enumerate(zip(self._form.fields, self._edits, labels, strict=True)):
            here = place == self._at
            line = (
                panel.line("menu_cursor" if here else "menu").add(" ").add(fit(label, column), "accent" if here else "text_low")
            )
            hint = safe(_(field.hint))
            if here:
                lines.append(draw_edit(line, edit, width - column - 2, hint).strip())
            else:
                text = edit.window(width - column - 3)[0]
                lines.append(line.add(text or hint, "menu_text" if text else "placeholder").strip())
        if self._complaint:
            lines += [panel.line().strip(), panel.line().add(" ! " + self._complaint, "danger").strip()]
        return lines


def _label(field: FormField) -> str:
    """What a field is called; a fact of the backend by its name, without what binds its words together."""
    return safe(_(field.label)).replace("_", " ")
