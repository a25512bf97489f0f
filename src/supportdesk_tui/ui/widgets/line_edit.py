"""One line being typed: text and caret as plain values, so that keys typed ahead are never lost to a widget not yet there."""

from msgspec import Struct
from textual import events

from supportdesk_tui.text.clusters import clusters
from supportdesk_tui.ui.text import cells, shown_line

LONGEST = 4000
"""Characters one line can hold."""


class LineEdit(Struct):
    """Text, and the caret as an offset into it; keys are the shell's."""

    text: str = ""
    caret: int = 0

    @classmethod
    def of(cls, text: str) -> "LineEdit":
        """A line with the caret at its end."""
        return cls(text, len(text))

    def take_key(self, event: events.Key) -> bool:
        """Use a key; False when it is none of an editor's."""
        if event.is_printable and event.character:
            self.insert(event.character)
            return True
        edit = _EDITS.get(event.key)
        if edit is None:
            return False
        edit(self)
        return True

    def insert(self, text: str) -> None:
        """Put text at the caret, on one line and safe to draw."""
        text = shown_line(text)[: max(0, LONGEST - len(self.text))]
        self.text = self.text[: self.caret] + text + self.text[self.caret :]
        self.caret += len(text)

    def _before(self) -> int:
        """The caret one whole character to the left."""
        *_, last = [0, *(len(one) for one in clusters(self.text[: self.caret]))]
        return self.caret - last

    def _after(self) -> int:
        return self.caret + len(next(clusters(self.text[self.caret :]), ""))

    def _cut(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.caret = start

    def backspace(self) -> None:
        """Delete the character before the caret."""
        self._cut(self._before(), self.caret)

    def delete(self) -> None:
        """Delete the character under the caret."""
        self._cut(self.caret, self._after())

    def left(self) -> None:
        """One character left."""
        self.caret = self._before()

    def right(self) -> None:
        """One character right."""
        self.caret = self._after()

    def home(self) -> None:
        """To the start."""
        self.caret = 0

    def end(self) -> None:
        """To the end."""
        self.caret = len(self.text)

    def kill(self) -> None:
        """Delete to the end."""
        self._cut(self.caret, len(self.text))

    def kill_before(self) -> None:
        """Delete to the start."""
        self._cut(0, self.caret)

    def kill_word(self) -> None:
        """Delete the word before the caret."""
        kept = self.text[: self.caret].rstrip()
        self._cut(len(kept.rpartition(" ")[0]) + (1 if " " in kept else 0), self.caret)

    def window(self, width: int) -> tuple[str, int]:
        """The part of the text that fits into `width` cells around the caret, and the caret's cell in it."""
        width = max(2, width)
        start, text = 0, self.text
        while cells(text[start : self.caret]) >= width:
            start += 1
        end = len(text)
        while cells(text[start:end]) > width:
            end -= 1
        return text[start:end], cells(text[start : self.caret])


_EDITS = {
    "backspace": LineEdit.backspace,
    "delete": LineEdit.delete,
    "ctrl+d": LineEdit.delete,
    "left": LineEdit.left,
    "ctrl+b": LineEdit.left,
    "right": LineEdit.right,
    "home": LineEdit.home,
    "ctrl+a": LineEdit.home,
    "end": LineEdit.end,
    "ctrl+e": LineEdit.end,
    "ctrl+k": LineEdit.kill,
    "ctrl+u": LineEdit.kill_before,
    "ctrl+w": LineEdit.kill_word,
}
