"""The knowledge base: type, read, put into the reply."""

from textual import events
from textual.strip import Strip

from supportdesk_tui.domain.directory import Article
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import Failed, Loading, value_of
from supportdesk_tui.ui.host import DeskHost
from supportdesk_tui.ui.screens.dialog import Dialog, Done, Panel, draw_edit
from supportdesk_tui.ui.text import cut, wrap
from supportdesk_tui.ui.vocabulary import own_words
from supportdesk_tui.ui.widgets.line_edit import LineEdit


class ArticlesDialog(Dialog):
    """Asks the backend as one types; Enter puts the chosen article's words into the reply, Tab its link."""

    SIZE = "-large"

    def __init__(self, host: DeskHost, text: str = "") -> None:
        super().__init__(host.palette)
        self._host = host
        self._edit = LineEdit.of(text)
        self._index = 0
        self._end = host.store.subscribe(self._changed_store)

    def _changed_store(self, _state: object) -> None:
        self.call_later(self.panel.redraw)

    def on_mount(self) -> None:
        """Ask at once when there is a question already."""
        self.changed()

    def on_unmount(self) -> None:
        """Stop listening."""
        self._end()

    def title_text(self) -> str:
        """What is searched."""
        return _("Knowledge base")

    def keys_text(self) -> tuple[tuple[str, str], ...]:
        """What can be done with the chosen article."""
        return (("Enter", _("insert text")), ("Tab", _("insert link")), ("↑↓", _("choose")), ("Esc", _("back")))

    def editing(self) -> LineEdit:
        """The question."""
        return self._edit

    def changed(self) -> None:
        """Ask again."""
        self._index = 0
        if self._edit.text.strip():
            self.run_worker(self._ask(self._edit.text), exclusive=True, group="ask")

    async def _ask(self, text: str) -> None:
        await self._host.run_command("articles.find", (text,))

    def _articles(self) -> tuple[Article, ...]:
        return value_of(self._host.store.state.found.articles) or ()

    def press(self, event: events.Key) -> Done | None:
        """Choose, insert or type."""
        articles = self._articles()
        steps = {"down": 1, "ctrl+n": 1, "up": -1, "ctrl+p": -1}
        if event.key in steps:
            self._index = max(0, min(len(articles) - 1, self._index + steps[event.key]))
        elif event.key in {"enter", "tab"} and articles:
            article = articles[min(self._index, len(articles) - 1)]
            return Done("composer.insert", (article.url if event.key == "tab" else article.body,))
        elif self._edit.take_key(event):
            self.changed()
        return None

    def draw(self, panel: Panel, width: int, height: int) -> list[Strip]:
        """Question, titles, and the chosen article's words."""
        found = self._host.store.state.found
        lines = [draw_edit(panel.line().add(" › ", "accent"), self._edit, width - 5, _("what is it about?")).strip()]
        articles = self._articles()
        for place, article in enumerate(articles[: height // 3]):
            here = place == self._index
            line = panel.line("menu_cursor" if here else "menu").add(" ▸ " if here else "   ", "accent")
            line.add(cut(article.title, width - 16), "text_high" if here else "menu_text", bold=here)
            lines.append(line.right(article.language, "text_low").strip())
        if isinstance(found.articles, Failed):
            lines.append(panel.line().add("   " + own_words(found.articles.reason), "danger").strip())
        elif isinstance(found.articles, Loading):
            lines.append(panel.line().add("   " + _("searching…"), "text_low").strip())
        elif not articles:
            text = _("no article about that") if found.text else _("type a few words, in any language")
            lines.append(panel.line().add("   " + text, "text_low").strip())
        if articles:
            lines.append(panel.line("background").strip())
            body = articles[min(self._index, len(articles) - 1)].body
            lines += [panel.line("background").add("  " + text, "text").strip() for text in wrap(body, width - 4)]
        return lines
