"""Follows what is typed in the composer and opens the small picker at the caret; whatever it does, typed text stays."""

from typing import TYPE_CHECKING

from textual import events

from supportdesk_tui.commands import inline
from supportdesk_tui.commands.effects import Choice
from supportdesk_tui.commands.inline import Asked, Trigger
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import Loading, Pane
from supportdesk_tui.ui.widgets.inline_panel import InlinePanel

if TYPE_CHECKING:
    from supportdesk_tui.ui.host import DeskHost

_STEPS = {"down": 1, "ctrl+n": 1, "up": -1}


class InlinePicker:
    """Open while a trigger stands before the caret; keys it does not use are typed as ever."""

    def __init__(self, host: "DeskHost") -> None:
        self._host = host
        self._panel: InlinePanel | None = None
        self._asked: Asked | None = None
        self._row = 0
        self._fitting: list[Choice] = []
        self._index = 0
        self._has_moved = False

    @property
    def is_open(self) -> bool:
        """Whether the picker is on the screen."""
        return self._asked is not None

    async def take_key(self, event: events.Key) -> bool:
        """Use a key for choosing; False lets it mean what it means without the picker."""
        if not self.is_open:
            return False
        if event.key == "escape":
            self.close()
        elif event.key in _STEPS:
            self._has_moved = True
            self._index = max(0, min(len(self._fitting) - 1, self._index + _STEPS[event.key]))
            self._draw()
        elif event.key in {"tab", "enter"} and self._can_take(event.key):
            await self._take()
        else:
            return False
        return True

    def _can_take(self, key: str) -> bool:
        """Enter only takes what was asked for: after bare punctuation it begins a new line."""
        asked = self._asked
        return bool(self._fitting) and (key == "tab" or self._has_moved or bool(asked and asked.query))

    async def _take(self) -> None:
        """Put what was chosen in the place of trigger and question."""
        asked, chosen = self._asked, self._fitting[self._index].value
        if asked is None:
            return
        editor = self._host.desk.composer.editor
        self.close()
        editor.replace("", (self._row, asked.start), editor.cursor_location, maintain_selection_offset=False)
        kind = {Trigger.MACRO: inline.Kind.MACRO, Trigger.ARTICLE: inline.Kind.ARTICLE}.get(asked.trigger, asked.trigger)
        await self._host.run_command("composer.insert_found", (f"{kind} {chosen}",))

    async def look(self, event: events.Key) -> None:
        """See what a key did to the text: open at a trigger, follow what is asked, close when it is gone."""
        state = self._host.store.state
        if state.view.focus is not Pane.COMPOSER or self._host.desk.prompt.is_open:
            self.close()
            return
        if not self.is_open and not (event.is_printable and event.character and not event.character.isalnum()):
            return
        editor = self._host.desk.composer.editor
        row, column = editor.cursor_location
        before = editor.document.get_line(row)[:column]
        if self._asked is None:
            draft = state.draft(state.conversation.ticket)
            trigger = inline.begun(before, draft.mode) if draft is not None else None
            if trigger is None:
                return
            self._row, self._index, self._has_moved = row, 0, False
            self._asked = Asked(trigger, len(before) - len(trigger), "")
            await self._mount()
        asked = inline.asked(before, self._asked.start, self._asked.trigger) if row == self._row else None
        if asked is None:
            self.close()
            return
        is_other, self._asked = asked.query != self._asked.query, asked
        if is_other:
            self._index = 0
            if asked.trigger is Trigger.ARTICLE and asked.query.strip():
                await self._host.run_command("articles.find", (asked.query.strip(),))
        self._find()

    async def _mount(self) -> None:
        if self._panel is None:
            self._panel = InlinePanel(self._host.palette)
            await self._host.desk.mount(self._panel)
            self._host.store.subscribe(self._changed_store)
        self._panel.use_palette(self._host.palette)

    def _changed_store(self, _state: object) -> None:
        if self._panel is not None and self._asked is not None:
            self._panel.call_later(self._find)

    def _find(self) -> None:
        """What fits now; articles come when the backend has answered."""
        from supportdesk_tui.ui.screens.offered import ranked

        if self._asked is None:
            return
        offered = inline.choices(self._host.context(), self._asked.trigger)
        query = self._asked.query
        if self._asked.trigger is Trigger.ARTICLE:
            self._fitting = list(offered) if query.strip() and self._host.store.state.found.text == query.strip() else []
        else:
            self._fitting = ranked(offered, query)
        self._index = max(0, min(self._index, len(self._fitting) - 1))
        self._draw()

    def _draw(self) -> None:
        if self._panel is not None and self._asked is not None:
            caret = self._host.desk.composer.editor.cursor_screen_offset
            self._panel.show(self._fitting, self._index, self._absent(), caret)

    def _absent(self) -> str:
        asked = self._asked
        if asked is None or asked.trigger is not Trigger.ARTICLE:
            return _("nothing fits")
        if not asked.query.strip():
            return _("knowledge base: what is it about?")
        return _("searching…") if isinstance(self._host.store.state.found.articles, Loading) else _("no article about that")

    def close(self) -> None:
        """Take the picker away; the text is left alone."""
        self._asked = None
        if self._panel is not None:
            self._panel.hide()
