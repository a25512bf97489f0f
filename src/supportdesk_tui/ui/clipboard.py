"""Copying: to the person's own terminal first (OSC 52, works over SSH), then by the tools of this machine."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from textual.app import App

from supportdesk_tui.text.safe import sanitize
from supportdesk_tui.ui.driver import desk_driver
from supportdesk_tui.ui.editor import child_environment

TOOL_LIMIT_S: Final = 2.0
"""How long a clipboard tool may take before it is given up."""


class Copied(NamedTuple):
    """What copying did, so that the desk can say it."""

    ways: tuple[str, ...]
    """Where the text went: `terminal` and names of tools; empty when it went nowhere."""
    size: int
    """Characters copied."""


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


async def copy(app: App[Any], text: str, environ: Mapping[str, str] | None = None) -> Copied:
    """Copy text as it reads, without hidden characters, and say where it went.

    A terminal never says whether it took an OSC 52, so a local tool is asked as well when there is one.
    """
    environ = os.environ if environ is None else environ
    clean = sanitize(text)
    driver = desk_driver(app)
    ways = ["terminal"] if driver is not None and driver.emit("clipboard", clean) else []
    for command in tools(environ):
        if (path := shutil.which(command[0], path=environ.get("PATH"))) and await _run([path, *command[1:]], clean, environ):
            ways.append(command[0])
            break
    return Copied(tuple(ways), len(clean) if ways else 0)


async def _run(command: list[str], text: str, environ: Mapping[str, str]) -> bool:
    quiet = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet, env=child_environment(environ)
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(TOOL_LIMIT_S):
            await process.communicate(text.encode())
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return False
    return process.returncode == 0
