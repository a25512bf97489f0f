"""Writing in the person's own editor: the desk steps aside, the text comes back sanitised; only what is too large stays."""

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from textual.app import App, SuspendNotSupported

from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.text.safe import SafeText, sanitize

FALLBACKS: Final = ("nano", "vim", "vi")
"""Tried in this order when neither $VISUAL nor $EDITOR is set."""
SIZE_LIMIT: Final = 1_048_576
"""Bytes read back; an editor's file larger than this is refused rather than cut."""


class Edited(NamedTuple):
    """What came back from the editor."""

    text: SafeText | None
    """The text, None when it must not replace what was there."""
    problem: str = ""
    """Why there is no text, in words for the person."""


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """The editor to start as an argument list; empty when there is none."""
    for name in ("VISUAL", "EDITOR"):
        if words := _words(environ.get(name, "")):
            return words
    found = (shutil.which(name, path=environ.get("PATH")) for name in FALLBACKS)
    return next(([path] for path in found if path), [])


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program we start: ours without tokens."""
    return {name: value for name, value in environ.items() if not (name.startswith("SUPPORTDESK_") and "TOKEN" in name)}


def runtime_folder(environ: Mapping[str, str]) -> Path:
    """Where files that must not outlive the session go: the user's own runtime folder, else the temporary one."""
    return Path(environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())


async def edit_text(app: App[Any], text: str, *, name: str = "reply.md") -> Edited:
    """Suspend the desk, let the person edit text in a private file, and return what they wrote.

    The event loop goes on meanwhile: the feed is read and the outbox sends.
    """
    command = editor_command(os.environ)
    if not command:
        return Edited(None, _("No editor found: set EDITOR."))
    try:
        path = _private_file(runtime_folder(os.environ), name, text)
    except OSError as problem:
        return Edited(None, _("Cannot write the text for the editor: {reason}.", reason=problem.strerror))
    is_kept = False
    try:
        with app.suspend():
            process = await asyncio.create_subprocess_exec(*command, str(path), env=child_environment(os.environ))
            code = await process.wait()
        if code > 0:
            return Edited(None, _("The editor ended with code {code}; the text is as it was.", code=code))
        is_kept = _is_too_large(path)
        return _read_back(path) if code == 0 else _saved_of_killed(path, text, code)
    except SuspendNotSupported:
        return Edited(None, _("There is no terminal to give to the editor."))
    except OSError as problem:
        return Edited(None, _("Cannot start {name}: {reason}.", name=command[0], reason=problem.strerror))
    finally:
        if not is_kept:
            shutil.rmtree(path.parent, ignore_errors=True)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _private_file(folder: Path, name: str, text: str) -> Path:
    """A new file only we can read, in a folder of its own, so that an editor's copies go with it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix="edit-", dir=folder)) / name
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")
    return path


def _is_too_large(path: Path) -> bool:
    return path.exists() and path.stat().st_size > SIZE_LIMIT


def _saved_of_killed(path: Path, text: str, code: int) -> Edited:
    """What an editor had saved before a signal ended it; behind it what the file, half written, may have lost of the text."""
    saved = _read_back(path)
    if saved.problem or saved.text is None:
        return saved
    if saved.text.strip() in {"", text.strip()}:
        return Edited(None, _("The editor ended with code {code}; the text is as it was.", code=code))
    whole = saved.text if text.strip() in saved.text else sanitize(f"{saved.text}\n\n{text}")
    return Edited(whole, _("The editor was killed; what it had saved is here"))


def _read_back(path: Path) -> Edited:
    if _is_too_large(path):
        return Edited(None, _("The edited text is larger than 1 MB: it is kept in {path}", path=path))
    return Edited(sanitize(path.read_bytes().removesuffix(b"\n")))
