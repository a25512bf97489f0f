"""Bell and desktop notification, where the agent wants them; off by themselves over SSH."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from textual.app import App

from supportdesk_tui.ui.driver import desk_driver
from supportdesk_tui.ui.vocabulary import own_words


class Alerts(Struct, frozen=True):
    """What may make a noise."""

    bell: bool
    osc9: bool

    @classmethod
    def wanted(cls, bell: str, osc9: str, environ: Mapping[str, str]) -> "Alerts":
        """From the settings `auto`, `on` or `off`; auto is off on a remote line, and for OSC 9 under screen."""
        is_remote = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY") or environ.get("MOSH_KEY"))
        is_screen = environ.get("TERM", "").startswith("screen") and "TMUX" not in environ
        return cls(
            bell == "on" or (bell == "auto" and not is_remote),
            osc9 == "on" or (osc9 == "auto" and not is_remote and not is_screen),
        )

    def tell(self, app: App[Any], text: str) -> None:
        """Ring and show a line outside the desk; the driver makes it safe and keeps it rare."""
        driver = desk_driver(app)
        if driver is None:
            return
        if self.bell:
            driver.emit("bell")
        if self.osc9:
            driver.emit("notification", own_words(text))
