"""The real program in a pseudo terminal, with folders of its own and whatever server a test wants."""

import shlex
import sys
from pathlib import Path

from supportdesk_tui.server.runner import DEMO_LOGIN, ServerThread
from tests.pty.terminal import Terminal

ROOT = Path(__file__).parents[2]
KINDS = ("config", "data", "cache", "state")
TABS = frozenset({"control 0x09"})
DESK = [sys.executable, "-m", "supportdesk_tui"]


def environ_in(folder: Path, token: str = "", **more: str | None) -> dict[str, str | None]:
    """An environment whose files all lie in a folder; a token signs in without a question."""
    found: dict[str, str | None] = {f"SUPPORTDESK_{kind.upper()}_DIR": str(folder / kind) for kind in KINDS}
    found |= {"HOME": str(folder), "XDG_CONFIG_DIRS": str(folder / "etc"), "DBUS_SESSION_BUS_ADDRESS": None, "TZ": None}
    found |= {"EDITOR": None, "VISUAL": None, "SUPPORTDESK_TOKEN": token or None}
    return found | more


def configure(folder: Path, url: str, more: str = "") -> None:
    """Write the settings: one profile, and what else a test wants before it."""
    (folder / "config").mkdir(parents=True, exist_ok=True)
    (folder / "config" / "config.toml").write_text(f'{more}\n[profiles.test]\nurl = "{url}"\n', encoding="utf-8")


def open_desk(
    folder: Path, token: str = "", *arguments: str, columns: int = 140, rows: int = 40, **environ: str | None
) -> Terminal:
    """The desk, starting; use as a context manager."""
    command = [*DESK, *arguments]
    return Terminal(command, columns=columns, rows=rows, environ=environ_in(folder, token, **environ), cwd=str(ROOT))


def run(folder: Path, token: str, *arguments: str, pipe: str = "") -> Terminal:
    """A command of the command line, starting; its tables are made with tabs. `pipe` is more shell behind it."""
    words = " ".join(shlex.quote(word) for word in [*DESK, *arguments])
    command = ["/bin/sh", "-c", f"{words}{pipe}"]
    return Terminal(command, columns=200, rows=50, environ=environ_in(folder, token), cwd=str(ROOT), also=TABS)


def start_writing(folder: Path, server: ServerThread, words: str, *, command: list[str] | None = None) -> Terminal:
    """A desk with a note half written; the text is not yet on disk by itself."""
    configure(folder, server.url)
    token = server.token_for(DEMO_LOGIN)
    terminal = Terminal(command or DESK, columns=140, rows=40, environ=environ_in(folder, token), cwd=str(ROOT))
    terminal.wait_until(lambda: "● live" in terminal.text and " 4 " in terminal.lines[0], "views")
    terminal.send("4")
    terminal.wait_for(" of 4")
    terminal.send("\r")
    terminal.wait_until(lambda: "No ticket is open" not in terminal.text, "an open ticket")
    terminal.send("n")
    terminal.wait_for("Internal note")
    terminal.send(words)
    terminal.wait_for(words)
    return terminal
