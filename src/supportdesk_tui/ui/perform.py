"""Performs what commands ask for: the screen's part here, everything about data handed to `remote`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.spec import msg
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.events import Told
from supportdesk_tui.store.state import Level, Notice, Pane
from supportdesk_tui.store.store import Store
from supportdesk_tui.ui.vocabulary import OWN_WORDS, own_words

if TYPE_CHECKING:
    from supportdesk_tui.ui.host import DeskHost
    from supportdesk_tui.ui.keeping import Keeper

Remote = Callable[[ef.Effect], object]
SOON_S = 0.01
"""Shortest timer: one of no length at all breaks inside Textual."""
TRANSLATED = OWN_WORDS | {"number", "why"}
"""Values of a told line that are words of the server, not names."""


class Performer:
    """Does one effect after the other, in the order a command gave them."""

    def __init__(self, host: "DeskHost", store: Store, remote: Remote, clock: Callable[[], datetime]) -> None:
        self._host = host
        self._store = store
        self._remote = remote
        self._clock = clock
        self._by_type: dict[type, Callable[[Any], Awaitable[None] | None]] = {
            ef.Emit: lambda effect: store.dispatch(effect.event),
            ef.Tell: self._tell,
            ef.Open: self._open,
            ef.Pick: self._pick,
            ef.Form: self._form,
            ef.Confirm: self._confirm,
            ef.Prompt: self._prompt,
            ef.ShowFindings: self._show_findings,
            ef.ShowConflict: self._show_conflict,
            ef.Compose: self._compose,
            ef.Move: self._move,
            ef.Copy: self._copy,
            ef.OpenLink: self._open_link,
            ef.Redraw: lambda _: host.redraw_all(),
            ef.SetTheme: lambda effect: host.use_theme(effect.name),
            ef.SetLocale: lambda effect: host.use_locale(effect.name),
            ef.RunCommand: lambda effect: host.run_command(effect.command, effect.args),
            ef.Later: self._later,
            ef.Quit: lambda _: host.leave(),
        }

    async def perform(self, effect: ef.Effect) -> None:
        """Do one effect; waits for dialogs to stand, never for the network."""
        here = self._by_type.get(type(effect))
        if here is None:
            self._remote(effect)
        elif (done := here(effect)) is not None:
            await done

    def tell(self, text: str, level: Level = Level.INFO, /, **values: str) -> None:
        """Say one line to the agent, in the agent's language."""
        said = {name: own_words(value) if name in TRANSLATED else value for name, value in values.items()}
        self._store.dispatch(Told(Notice(_(text, **said), level, self._clock())))

    def tell_problems(self, problems: tuple[str, ...]) -> None:
        """Say the first of several things that are wrong, and how many more there are."""
        if not problems:
            return
        problem, more = problems[0].replace(str(Path.home()), "~"), len(problems) - 1
        if more:
            self.tell(msg("{problem} · {n} more: supportdesk config check"), Level.WARN, problem=problem, n=str(more))
        else:
            self.tell("{problem}", Level.WARN, problem=problem)

    def _tell(self, effect: ef.Tell) -> None:
        self.tell(effect.text, effect.level, **dict(effect.values))

    def _copy(self, effect: ef.Copy) -> None:
        from supportdesk_tui.ui.clipboard import copy_text

        outcome = copy_text(self._host.app, effect.text)
        self.tell(outcome.text, Level.DONE if outcome.is_done else Level.WARN, what=_(effect.what))

    def _open_link(self, effect: ef.OpenLink) -> None:
        from supportdesk_tui.ui.browser import open_page

        if open_page(effect.url):
            self.tell(msg("Opened in the browser"), Level.DONE)
        else:
            self._copy(ef.Copy(effect.url, msg("link")))

    def _later(self, effect: ef.Later) -> None:
        wait_s = max(SOON_S, (effect.at - self._clock()).total_seconds())
        self._host.app.set_timer(wait_s, lambda: self._host.run_command(effect.command, effect.args))

    def _prompt(self, effect: ef.Prompt) -> None:
        self._host.desk.prompt.ask(effect)

    # --- panes

    async def _compose(self, effect: ef.Compose) -> None:
        composer = self._host.desk.composer
        match effect.act:
            case ef.ComposerAct.INSERT:
                self._host.bridge.flush()
                composer.insert(effect.text, effect.stops, effect.caret)
            case ef.ComposerAct.NEXT_STOP:
                if not composer.next_stop():
                    await self._host.run_command("pane.next")
            case ef.ComposerAct.PREVIOUS_STOP:
                if not composer.previous_stop():
                    await self._host.run_command("pane.previous")
            case ef.ComposerAct.SELECT:
                composer.select(*effect.stops[0])
            case ef.ComposerAct.CLEAR:
                composer.set_text("")
            case ef.ComposerAct.EDITOR:
                await self._host.edit_outside()

    def _move(self, effect: ef.Move) -> None:
        desk = self._host.desk
        focus = self._store.state.view.focus
        pane = {Pane.CUSTOMER: desk.customer}.get(focus, desk.conversation)
        moves: dict[ef.PaneAct, Callable[[], object]] = {
            ef.PaneAct.SCROLL_LINE: lambda: pane.scroll_lines(effect.by),
            ef.PaneAct.SCROLL_PAGE: lambda: pane.page(effect.by),
            ef.PaneAct.SCROLL_HOME: pane.home,
            ef.PaneAct.SCROLL_END: pane.end,
            ef.PaneAct.NEXT_ENTRY: lambda: desk.conversation.next_entry(effect.by),
            ef.PaneAct.FIND: lambda: desk.conversation.find(effect.text),
            ef.PaneAct.FIND_NEXT: lambda: desk.conversation.find_next(effect.by),
            ef.PaneAct.FOLD: pane.toggle_fold,
            ef.PaneAct.OPEN_FULL: self._host.open_full,
        }
        moves[effect.act]()

    # --- dialogs: each answers with a command to run, or with nothing

    def _open(self, effect: ef.Open) -> None:
        from supportdesk_tui.ui.screens.catalog import dialog_for

        self._host.show_dialog(dialog_for(effect, self._host))

    def _pick(self, effect: ef.Pick) -> None:
        from supportdesk_tui.ui.screens.picker import PickerDialog

        self._host.show_dialog(PickerDialog(self._host.palette, effect))

    def _form(self, effect: ef.Form) -> None:
        from supportdesk_tui.store.views import row_of
        from supportdesk_tui.ui.keeping import form_keeper
        from supportdesk_tui.ui.screens.form import FormDialog

        row = row_of(self._store.state, effect.tickets[0]) if len(effect.tickets) == 1 else None
        about = str(row.number) if row is not None else ""
        self._host.show_dialog(FormDialog(self._host.palette, effect, form_keeper(self._host, effect), about))

    def _confirm(self, effect: ef.Confirm) -> None:
        from supportdesk_tui.ui.screens.confirm import ConfirmDialog

        self._host.show_dialog(ConfirmDialog(self._host.palette, effect))

    def _show_findings(self, effect: ef.ShowFindings) -> None:
        from supportdesk_tui.ui.screens.gate import GateDialog

        self._host.show_dialog(GateDialog(self._host.palette, effect, self._reason(effect.command)))

    def _show_conflict(self, effect: ef.ShowConflict) -> None:
        from supportdesk_tui.ui.screens.conflict import ConflictDialog
        from supportdesk_tui.ui.screens.dialog import Dialog

        is_busy = isinstance(self._host.app.screen, Dialog) or self._host.desk.prompt.is_open
        is_busy = is_busy or self._store.state.view.focus is Pane.COMPOSER
        if not (effect.by_itself and is_busy):
            asked = effect.send.command if effect.send is not None else ""
            self._host.show_dialog(ConflictDialog(self._host.palette, effect, self._reason(asked)))

    def _reason(self, command: str) -> "Keeper":
        """Keeps the reason somebody types for sending all the same."""
        from supportdesk_tui.ui.keeping import reason_keeper

        return reason_keeper(self._host, command, msg("Why send it all the same?"))
