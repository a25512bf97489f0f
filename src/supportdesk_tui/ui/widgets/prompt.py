"""One input line over the last line of the desk: search, filter, find, open by number."""

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.strip import Strip

from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.widgets.line_edit import LineEdit
from supportdesk_tui.ui.widgets.line_pane import LinePane

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from supportdesk_tui.commands.effects import Prompt


class PromptLine(LinePane):
    """Asks for one line; answers by running the command it was given."""

    GROUND: ClassVar[str] = "menu"
    COVERS = True

    def __init__(self, palette: Palette, run: "Callable[[str, tuple[str, ...]], Awaitable[None]]") -> None:
        super().__init__(palette)
        self._run = run
        self._prompt: Prompt | None = None
        self._edit = LineEdit()
        self.display = False

    @property
    def is_open(self) -> bool:
        """Whether keys go here."""
        return self._prompt is not None

    def ask(self, prompt: "Prompt") -> None:
        """Open with a question; keys come here from now on."""
        self._prompt = prompt
        self._edit = LineEdit.of(prompt.value)
        self.display = True
        self.redraw()

    def _close(self) -> "Prompt | None":
        prompt, self._prompt = self._prompt, None
        self.display = False
        return prompt

    async def take_key(self, event: events.Key) -> None:
        """Type, answer with Enter, leave with Esc."""
        prompt = self._prompt
        if prompt is None:
            return
        if event.key == "enter":
            self._close()
            await self._run(prompt.command, (self._edit.text,))
        elif event.key == "escape":
            self._close()
            if prompt.cancel:
                await self._run(prompt.cancel, ())
        elif self._edit.take_key(event):
            await self._typed(prompt)

    async def take_paste(self, text: str) -> None:
        """Pasted text goes into the line."""
        if self._prompt is not None:
            self._edit.insert(text)
            await self._typed(self._prompt)

    async def _typed(self, prompt: "Prompt") -> None:
        self.redraw()
        if prompt.live:
            await self._run(prompt.command, (self._edit.text,))

    def lay(self, width: int, height: int) -> list[Strip]:
        """The question, the line, and how to leave."""
        from supportdesk_tui.ui.screens.dialog import draw_edit

        if self._prompt is None:
            return [self.line().strip()]
        title = _(self._prompt.title)
        line = self.line().add(f" {title} ", "accent", bold=True)
        draw_edit(line, self._edit, max(8, width - len(title) - 24))
        return [line.right(_("Enter take · Esc leave"), "text_low").strip()]
