"""Find a text to insert: what was sent before, macros, and what the knowledge base says to the words typed."""

from supportdesk_tui.commands import inline
from supportdesk_tui.commands.effects import Choice, Pick
from supportdesk_tui.commands.inline import Kind
from supportdesk_tui.commands.macro_commands import library_of, preview
from supportdesk_tui.commands.macro_server import macro_of
from supportdesk_tui.commands.spec import msg
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.ui.host import DeskHost
from supportdesk_tui.ui.screens.picker import PreviewPicker


class InsertDialog(PreviewPicker):
    """The shell's Ctrl+R over everything one could say; articles join as they are found."""

    def __init__(self, host: DeskHost) -> None:
        self._host = host
        offered = inline.everything(host.context())
        super().__init__(
            host.palette, Pick(msg("Insert what you have said before"), offered, "composer.insert_found"), self._text
        )
        self._end = host.store.subscribe(self._changed_store)

    def _changed_store(self, _state: object) -> None:
        self.call_later(self._found)

    def on_unmount(self) -> None:
        """Stop listening."""
        self._end()

    def changed(self) -> None:
        """Find what fits here, and ask the knowledge base."""
        self._offered.find(self._edit.text, self._articles())
        if self._edit.text.strip() and self._host.context().can(Capability.ARTICLES):
            self.run_worker(self._ask(self._edit.text), exclusive=True, group="ask")

    async def _ask(self, text: str) -> None:
        await self._host.run_command("articles.find", (text,))

    def _found(self) -> None:
        self._offered.narrow(self._edit.text, self._articles())
        self.panel.redraw()

    def _articles(self) -> tuple[Choice, ...]:
        """What was found with the words that are typed: it stands after what fits better."""
        asked = self._edit.text.strip()
        is_about_it = bool(asked) and self._host.store.state.found.text == asked
        return inline.found_articles(self._host.context()) if is_about_it else ()

    def _text(self, chosen: str) -> str:
        """What would be inserted."""
        kind, _, name = chosen.partition(" ")
        context = self._host.context()
        if kind == Kind.SENT:
            return context.state.habits.sent[int(name)]
        if kind == Kind.MACRO:
            asked = macro_of(context, name)
            if asked is not None:
                return str(asked.preview)
            rendered = preview(context, library_of(context).macros[name])
            return rendered.text if rendered is not None else ""
        article = inline.article_of(context, name)
        return str(article.body) if article is not None else ""
