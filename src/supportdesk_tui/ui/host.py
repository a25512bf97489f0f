"""What dialogs, keys and effects may ask of the app."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol

from textual.app import App

from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.keymap import Keymap
from supportdesk_tui.commands.spec import Args
from supportdesk_tui.store.store import Store
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.bridge import Bridge

if TYPE_CHECKING:
    from supportdesk_tui.ui.screens.desk import DeskScreen
    from supportdesk_tui.ui.screens.dialog import Dialog


class DeskHost(Protocol):
    """The app, as the ui sees it."""

    @property
    def app(self) -> App[Any]: ...
    @property
    def desk(self) -> "DeskScreen": ...
    @property
    def store(self) -> Store: ...
    @property
    def bridge(self) -> Bridge: ...
    @property
    def palette(self) -> Palette: ...
    @property
    def keymap(self) -> Keymap: ...
    def context(self) -> Context:
        """A snapshot for commands."""
        ...

    def run_command(self, command: str, args: Args = ()) -> Awaitable[None]:
        """Run a command by id, or say why it cannot run."""
        ...

    def show_dialog(self, dialog: "Dialog") -> None:
        """Put a dialog on top; its keys come to it at once."""
        ...

    def edit_outside(self) -> Awaitable[None]:
        """Open the draft in the agent's own editor."""
        ...

    def open_full(self) -> None:
        """Show the entry under the mark whole."""
        ...

    def use_theme(self, name: str) -> None:
        """Draw everything in another theme."""
        ...

    def use_locale(self, name: str) -> None:
        """Speak another language."""
        ...

    def redraw_all(self) -> None:
        """Paint the whole screen again."""
        ...

    def leave(self) -> None:
        """End the app in order."""
        ...
