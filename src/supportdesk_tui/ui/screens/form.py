"""Fill in a few labelled lines; nothing leaves while a required one is empty."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.commands.effects import Form, FormField
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.screens.dialog import LEFT, Dialog, Done, Panel, draw_edit, safe
from supportdesk_tui.ui.text import cells, fit, wrap
from supportdesk_tui.ui.widgets.line_edit import LineEdit


class FormDialog(Dialog):
    """Fields from top to bottom; Tab or Enter goes on, Ctrl+D sends."""

    FITS = True

    def __init__(self, palette: Palette, form: Form, left: dict[str, str] | None = None) -> None:
        """`left` keeps what was typed when the form is left, for the next time it is asked for."""
        super().__init__(palette)
        self._form = form
        self._left = left if left is not None else {}
        self._edits = [LineEdit.of(self._left.get(field.name, field.value)) for field in form.fields]
        self._at = next((place for place, field in enumerate(form.fields) if not field.value), 0)
        self._complaint = ""

    def title_text(self) -> str:
        """What is asked."""
        return _(self._form.title)

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """How to go on and how to finish."""
        return (("Tab", _("next field")), ("Ctrl+D", _("done")), ("Esc", _("leave, what is typed is kept")))

    def editing(self) -> LineEdit:
        """The field that is being filled in."""
        return self._edits[self._at]

    def take_key(self, event: events.Key) -> Done | None:
        """Esc leaves, and what was typed stays for the next time."""
        done = super().take_key(event)
        self._left.clear()
        if done is LEFT:
            typed = ((field, edit.text) for field, edit in zip(self._form.fields, self._edits, strict=True))
            self._left.update((field.name, text) for field, text in typed if text != field.value)
        return done

    def press(self, event: events.Key) -> Done | None:
        """Move between fields, type, or finish."""
        count = len(self._edits)
        if event.key in {"ctrl+d", "f9"}:
            return self._finish()
        if event.key == "enter":
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
        values = tuple(f"{field.name}={edit.text.strip()}" for field, edit in zip(self._form.fields, self._edits, strict=True))
        return Done(self._form.command, (*self._form.args, *values))

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """Explanation, fields, and what is missing."""
        lines = [panel.line().add(" " + text, "text_low").strip() for text in wrap(safe(_(self._form.explain)), width - 2)]
        labels = [_label(field) + (" *" if field.required else "") for field in self._form.fields]
        column = min(width // 3, max(map(cells, labels), default=0) + 2)
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
