"""The composition root: holds store, panes, keys and sync together; no behaviour of its own."""

import gc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Protocol

from msgspec import Struct, field
from msgspec.structs import replace
from textual import events
from textual.app import App
from textual.binding import BindingType

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.together import together
from supportdesk_tui.hardening import hide_memory
from supportdesk_tui.i18n.catalog import DEFAULT_KEYS, set_locale, use_keys
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import Draft, Level
from supportdesk_tui.store.store import Store
from supportdesk_tui.theming.load import LoadedTheme, load_theme
from supportdesk_tui.ui.bridge import Bridge
from supportdesk_tui.ui.crash import guard_crashes
from supportdesk_tui.ui.driver import DeskDriver, desk_driver
from supportdesk_tui.ui.layers import keep_lines_whole
from supportdesk_tui.ui.pulse import Pulse
from supportdesk_tui.ui.screens.desk import DeskScreen, panes_for
from supportdesk_tui.ui.shelf import ASKED_BY, LoadMacros, MacroShelf
from supportdesk_tui.ui.terminal import TerminalSettings

if TYPE_CHECKING:
    from textual.theme import Theme

    from supportdesk_tui.commands.context import Context
    from supportdesk_tui.commands.effects import Effect
    from supportdesk_tui.commands.keymap import Keymap
    from supportdesk_tui.commands.sheet import Hint
    from supportdesk_tui.commands.spec import Args
    from supportdesk_tui.theming.tokens import Palette
    from supportdesk_tui.ui.keys import KeyPump
    from supportdesk_tui.ui.perform import Performer
    from supportdesk_tui.ui.screens.dialog import Dialog


class Engine(Protocol):
    """What the app needs of `sync.engine`."""

    def perform(self, effect: "Effect") -> object:
        """Begin an effect; its outcome comes as events."""
        ...

    async def start(self) -> None:
        """Go live; called once the first rows are on the screen."""
        ...

    async def stop(self) -> None:
        """Let go of everything; drafts are on disk after it."""
        ...

    def save_now(self) -> None:
        """Put drafts on disk at once; safe on a hang-up."""
        ...


class DeskParts(Struct):
    """What a desk is put together from; `cli` builds it from settings. What only hands need is loaded after the first paint."""

    store: Store
    load_engine: Callable[[], Engine]
    load_keymap: "Callable[[], tuple[Keymap, tuple[str, ...]]]"
    """The keys, and what was wrong with the agent's own."""
    theme: LoadedTheme
    theme_folders: tuple[Path, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    terminal: TerminalSettings = TerminalSettings()  # frozen
    problems: tuple[str, ...] = ()
    """What was wrong with configuration or themes: told after the first paint."""
    load_macros: LoadMacros | None = None


class DeskApp(App[int]):
    """The desk as a Textual app."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS = "* { scrollbar-size: 0 0; }"

    engine: Engine
    keymap: "Keymap"
    performer: "Performer"
    keys: "KeyPump"

    def __init__(self, parts: DeskParts) -> None:
        self.terminal_settings = parts.terminal
        self._look = parts.theme.theme
        super().__init__(driver_class=DeskDriver)
        self._parts = parts
        self.macros = MacroShelf(parts.load_macros)
        self._is_drawn = False
        self.is_ready = False
        """Whether what hands need is there; before that it has no engine, keymap, performer and keys."""
        self._takes_keys = False
        """Whether all that was typed before that is done."""
        self._early: list[events.Key | events.Paste] = []
        """What was typed before that, and while it was being done."""
        self.store = parts.store
        self.register_theme(self._look)
        self.set_reactive(App.theme, self._look.name)  # it is in use since `super`: no style is read twice
        self.palette: Palette = parts.theme.palette
        self.desk = DeskScreen(self.palette, hints=self.hints, run=self.run_command, keep_text=self.keep_text, draw=self.draw)
        keep_lines_whole(self.desk)
        self.bridge = Bridge(parts.store, self.desk, parts.clock, self.call_later)
        self.pulse = Pulse(self, parts.store, self.bridge, parts.clock)
        guard_crashes(self, parts.terminal.report_dir)

    @property
    def current_theme(self) -> "Theme":
        """The theme in use, also while Textual sets itself up."""
        return self._look

    def get_default_screen(self) -> DeskScreen:
        """The desk is the first screen: nothing else is ever composed before it."""
        return self.desk

    def draw(self) -> None:
        """Draw the desk as it is now; the first time, go live once it is on the screen."""
        self.bridge.tick()
        if not self._is_drawn:
            self._is_drawn = True
            self.call_after_refresh(self._get_ready)

    async def _get_ready(self) -> None:
        """Once the first rows are on the screen: load what only hands need, go live, do what was typed meanwhile."""
        if self.is_ready:
            return
        from supportdesk_tui.commands import keys as spelling
        from supportdesk_tui.ui.keys import KeyPump
        from supportdesk_tui.ui.perform import Performer

        self.engine = self._parts.load_engine()
        self.keymap, problems = self._parts.load_keymap()
        if use_keys({command: spelling.shown(keys[0]) for command in DEFAULT_KEYS if (keys := self.keymap.keys.get(command))}):
            self.desk.forget()
        self.performer = Performer(self, self.store, self.engine.perform, self._parts.clock)
        self.keys = KeyPump(self, self.performer)
        self.is_ready = True
        await self.desk.furnish()
        self.run_worker(self.engine.start(), group="engine")
        self.pulse.start()
        left = driver.trace.leave() if (driver := desk_driver(self)) else ()
        self.performer.tell_problems(self._parts.problems + left + problems + self.macros.read())
        hide_memory()
        self.bridge.tick()
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        while self._early:
            await self.keys.take(self._early.pop(0))
        self._takes_keys = True

    async def on_event(self, event: events.Event) -> None:
        """Every key and paste goes through the pump, in order; the rest is Textual's."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif not self._takes_keys:
            self._early.append(event)
        else:
            self.pulse.typed_at = monotonic()
            await self.keys.take(event)

    # --- what dialogs, keys and effects ask of the app

    def context(self) -> "Context":
        """A snapshot for commands; text typed for another ticket than the open one is not part of it."""
        from supportdesk_tui.commands.context import Context

        composer, state = self.desk.composer, self.store.state
        draft = state.draft(state.conversation.ticket)
        typed = composer.text if composer.ticket == state.conversation.ticket else draft.body if draft else ""
        return Context(
            state=state,
            now=self._parts.clock(),
            page=max(1, self.desk.queue_pane.size.height - 2),
            composer_text=typed if state.view.composer_open else "",
            macros=self.macros.library,
            panes=panes_for(self.size.width, self.size.height),
            options=self._parts.options,
        )

    def hints(self) -> "tuple[Hint, ...]":
        """What the last line says works here; nothing before hands have what they need."""
        if not self.is_ready:
            return ()
        from supportdesk_tui.commands.sheet import hints

        return hints(self.context(), self.keymap)

    async def run_command(self, command: str, args: "Args" = ()) -> None:
        """Run a command by id, or say why it cannot run."""
        from supportdesk_tui.commands.catalog import BY_ID

        await self._get_ready()
        self.keep_draft()
        if command in ASKED_BY:
            self.performer.tell_problems(self.macros.read())
        known = BY_ID[command]
        context = self.context()
        blocked = known.when(context)
        if blocked is not None:
            self.performer.tell(blocked.reason, Level.WARN, **dict(blocked.values))
            return
        for effect in known.run(context, args):
            await self.performer.perform(effect)

    def show_dialog(self, dialog: "Dialog") -> None:
        """Put a dialog on top; its keys come to it at once."""
        self.push_screen(dialog)

    async def edit_outside(self) -> None:
        """Open the draft in the agent's own editor."""
        from supportdesk_tui.ui.editor import edit_text

        outcome = await edit_text(self, self.desk.composer.text)
        if outcome.text is not None:
            self.desk.composer.set_text(outcome.text)
        if outcome.problem:
            self.performer.tell("{problem}", Level.WARN, problem=outcome.problem)
        self.redraw_all()

    def open_full(self) -> None:
        """Show the entry under the mark whole."""
        from supportdesk_tui.commands.effects import Dialog as Name
        from supportdesk_tui.commands.effects import Open
        from supportdesk_tui.ui.screens.catalog import dialog_for

        self.show_dialog(dialog_for(Open(Name.ENTRY), self))

    def use_theme(self, name: str) -> None:
        """Draw everything in another theme."""
        loaded = load_theme(name, self._parts.theme_folders)
        self._look = loaded.theme
        self.register_theme(loaded.theme)
        self.theme = loaded.theme.name
        self.palette = loaded.palette
        self.desk.use_palette(loaded.palette)
        self.redraw_all()

    def use_locale(self, name: str) -> None:
        """Speak another language from now on."""
        set_locale(name)
        self._parts.options["locale"] = name
        self.desk.forget()
        self.bridge.tick()

    def redraw_all(self) -> None:
        """Paint the whole screen again, whatever the terminal shows."""
        driver = desk_driver(self)
        if driver is not None:
            driver.redraw()
        self.refresh(layout=True)

    def leave(self) -> None:
        """End in order: drafts on disk, sockets closed."""

        async def close() -> None:
            await self.close_desk()
            self.exit(0)

        self.run_worker(close(), group="leave")

    async def close_desk(self) -> None:
        """Stop the timers, keep what is typed, let go of disk and network."""
        self.pulse.stop()
        self.keep_draft()
        if self.is_ready:
            await self.engine.stop()

    def on_hangup(self, why: str) -> None:
        """The line or the system ends us: nothing typed may be lost."""
        if self.is_ready:
            try:
                self.keep_draft()
            finally:
                self.engine.save_now()

    def keep_draft(self) -> None:
        """Bring the draft up with what stands in the composer."""
        if not self.store.state.view.composer_open:
            return
        composer = self.desk.composer
        draft = self.store.state.draft(composer.ticket)
        if draft is not None:
            composer.follow(draft.body)
        composer.tell_edit()

    def keep_text(self, ticket: TicketId, text: str, base: str) -> str:
        """Bring the draft of a ticket up with a text typed when it was `base`; the draft as it is then.

        A ticket whose draft was sent or thrown away gets none, unless it is being written for right now.
        """
        state = self.store.state
        draft = state.draft(ticket)
        if draft is None:
            if not (text and state.view.composer_open and state.conversation.ticket == ticket):
                return text
            draft = Draft(ticket)
        body = together(base, draft.body, text)
        if body != draft.body:
            self.store.dispatch(DraftChanged(replace(draft, body=body, is_saved=False)))
        return body
