"""Showing a page in the browser of the machine the person sits at."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping

from supportdesk_tui.ui.editor import child_environment

STARTED_S = 20.0
"""How long the opener may take; it is not waited for."""


def opener(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """The program that opens a page here; empty on a remote line and where there is no desktop."""
    if any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "MOSH_KEY")):
        return ""
    if platform == "darwin":
        return shutil.which("open") or ""
    has_desktop = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or environ.get("WSL_DISTRO_NAME")
    return (shutil.which("xdg-open") or shutil.which("wslview") or "") if has_desktop else ""


def open_page(url: str, environ: Mapping[str, str] | None = None) -> bool:
    """Start the browser on a web address, no shell in between; False where there is none."""
    environ = os.environ if environ is None else environ
    program = opener(environ)
    if not program or not url.startswith(("https://", "http://")):
        return False
    threading.Thread(target=_run, args=([program, url], environ), name="browser", daemon=True).start()
    return True


def _run(command: list[str], environ: Mapping[str, str]) -> None:
    quiet = subprocess.DEVNULL
    try:
        with subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=child_environment(environ), start_new_session=True
        ) as child:
            child.wait(STARTED_S)
    except (OSError, subprocess.TimeoutExpired):
        return
