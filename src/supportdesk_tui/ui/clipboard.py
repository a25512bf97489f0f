"""Copying: to the person's own terminal first (OSC 52, works over SSH), then by the tools of this machine."""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from textual.app import App

from supportdesk_tui.commands.spec import msg
from supportdesk_tui.text.safe import sanitize
from supportdesk_tui.ui.driver import desk_driver
from supportdesk_tui.ui.editor import child_environment

TOOL_LIMIT_S: Final = 2.0
"""How long a clipboard tool may take before it is given up."""


class Copied(NamedTuple):
    """What copying did."""

    is_done: bool
    """Whether the text went anywhere."""
    text: str
    """That in words for the person; `{what}` is what was copied."""


def tools(environ: Mapping[str, str]) -> Iterator[list[str]]:
    """The clipboard tools that make sense here: tmux inside tmux, a desktop's own when it is not a remote session."""
    if "TMUX" in environ:
        yield ["tmux", "load-buffer", "-w", "-"]
    if "SSH_CONNECTION" in environ or "SSH_TTY" in environ:
        return
    if "WAYLAND_DISPLAY" in environ:
        yield ["wl-copy"]
    if "DISPLAY" in environ:
        yield ["xclip", "-selection", "clipboard"]
        yield ["xsel", "--clipboard", "--input"]
    yield ["pbcopy"]
    if "WSL_DISTRO_NAME" in environ:
        yield ["clip.exe"]


def copy_text(app: App[Any], text: str, environ: Mapping[str, str] | None = None) -> Copied:
    """Copy text as it reads, without hidden characters, and say where it went.

    A terminal never says whether it took an OSC 52, so a local tool gets the text as well when there is one; it runs
    in a thread, nobody waits for it.
    """
    environ = os.environ if environ is None else environ
    clean = sanitize(text)
    driver = desk_driver(app)
    is_sent = driver is not None and driver.emit("clipboard", clean)
    command = local_tool(environ)
    if command:
        threading.Thread(target=_run, args=(command, clean, environ), name="clipboard", daemon=True).start()
    if is_sent and command:
        return Copied(True, msg("Copied {what}: sent to your terminal and to the clipboard of this machine."))
    if is_sent:
        return Copied(True, msg("Copied {what}: sent to your terminal."))
    if command:
        return Copied(True, msg("Copied {what}: sent to the clipboard of this machine."))
    return Copied(False, msg("{what} is not copied: it is too long for the terminal, and this machine has no clipboard."))


def local_tool(environ: Mapping[str, str]) -> list[str]:
    """The first clipboard tool that makes sense here and is installed, as an argument list; empty for none."""
    for command in tools(environ):
        if path := shutil.which(command[0], path=environ.get("PATH")):
            return [path, *command[1:]]
    return []


def _run(command: list[str], text: str, environ: Mapping[str, str]) -> None:
    quiet = subprocess.DEVNULL
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            command,
            input=text.encode(),
            stdout=quiet,
            stderr=quiet,
            env=child_environment(environ),
            timeout=TOOL_LIMIT_S,
            check=False,
        )
