"""Files of a conversation, to and from the agent's disk: whole or not at all, inside one folder, and never run.

A download is written beside its final name as `.part`, with the rights of a plain private file, and gets its name only when
every byte is there and on the disk; a name that is taken is never written over.
"""

import asyncio
import os
import re
from contextlib import suppress
from pathlib import Path
from shutil import disk_usage

from msgspec.structs import replace

from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import DeskState, Draft, Level, value_of
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.files import keep_names

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_NAME_BYTES = 180
"""Of a name, so that it fits with a number and `.part` behind it: a file system takes 255."""
_PROGRESS_S = 1.0
_NAMES = 1000
"""How many files of one name a folder may have."""
_SPARE = 1_000_000
"""Bytes that must be left on the disk beside the file."""
ATTACHMENT_LIMIT = 10_000_000
"""Bytes of a file that is uploaded."""


class Attachments:
    """Saves and attaches files."""

    def __init__(self, common: Common) -> None:
        self._common = common

    async def save(self, ticket: TicketId, attachment: str) -> None:
        """Download an attachment into the downloads folder and say where it is; while it comes, how much of it is there."""
        wanted = _find(self._common.store.state, ticket, attachment)
        if wanted is None:
            self._common.tell(words.NO_FILE, Level.WARN)
            return
        folder = self._common.options.downloads or Path.home() / "Downloads"
        part = await _begun(folder, wanted)
        try:
            await self._fetch(wanted, part)
            target = await asyncio.to_thread(_named, part, folder / safe_name(wanted.name))
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        self._common.tell(words.SAVED_FILE, Level.DONE, path=str(target))

    async def _fetch(self, wanted: Attachment, part: Path) -> None:
        monotonic = self._common.clock.monotonic
        size, kind = wanted.says_size or "…", str(wanted.media_type)
        self._common.tell(words.SAVING_FILE, name=wanted.name, size=size, kind=kind)
        taken, told_at = 0, monotonic()
        try:
            with part.open("wb") as file:
                async for piece in self._common.server("attachment").read_attachment(wanted):
                    await asyncio.to_thread(file.write, piece)
                    taken += len(piece)
                    if wanted.size and monotonic() - told_at >= _PROGRESS_S:
                        told_at = monotonic()
                        percent = f"{100 * taken // max(1, wanted.size)}"
                        self._common.tell(words.SAVING_MORE, name=wanted.name, percent=percent, size=size)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
        except OSError as error:
            raise StorageError(f"{part.parent}: {error.strerror}") from error

    async def attach(self, ticket: TicketId, path: str) -> None:
        """Upload a file of the agent's and put it on the draft; a wrong path is told and loses nothing."""
        from mimetypes import guess_type

        file, size = await asyncio.to_thread(_measured, path)
        if size < 0:
            self._common.tell(words.NOT_A_FILE, Level.WARN, path=str(file))
            return
        if size > ATTACHMENT_LIMIT:
            self._common.tell(words.FILE_TOO_LARGE, Level.WARN, path=file.name, limit=str(ATTACHMENT_LIMIT // 1_000_000))
            return
        kind = guess_type(file.name)[0] or "application/octet-stream"
        attachment = await self._common.server("attachment").write_attachment(LocalFile(file, kind, ticket))
        draft = self._common.store.state.draft(ticket) or Draft(ticket)
        files = (*draft.attachments, (attachment, file.name))
        self._common.store.dispatch(DraftChanged(replace(draft, attachments=files, is_saved=False)))
        self._common.tell(words.ATTACHED, Level.DONE, path=file.name)


def safe_name(name: str) -> str:
    """A stranger's file name as one that stays in a folder: no path, no control, no leading dot or dash, at most 180 bytes."""
    clean = _UNSAFE.sub("_", str(name)).rstrip(" .").lstrip(" .-") or "attachment"
    stem, suffix = Path(clean).stem, Path(clean).suffix
    suffix = suffix.encode()[:20].decode(errors="ignore")
    return stem.encode()[: _NAME_BYTES - len(suffix.encode())].decode(errors="ignore").rstrip(" .") + suffix


def _find(state: DeskState, ticket: TicketId, attachment: str) -> Attachment | None:
    if state.conversation.ticket != ticket:
        return None
    detail = value_of(state.conversation.detail)
    on_entries = (one for entry in value_of(state.conversation.entries) or () for one in entry.attachments)
    known = (*on_entries, *(detail.attachments if detail else ()))
    return next((one for one in known if one.id == attachment), None)


async def _begun(folder: Path, wanted: Attachment) -> Path:
    """An empty file that is ours alone; none is left where we are told to stop while it is being made."""
    making = asyncio.ensure_future(asyncio.to_thread(_open_part, folder, wanted))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        with suppress(StorageError, OSError):
            (await making).unlink(missing_ok=True)
        raise


def _open_part(folder: Path, wanted: Attachment) -> Path:
    """An empty file that is ours alone, in a folder with room for the whole."""
    name = safe_name(wanted.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if disk_usage(folder).free < wanted.size + _SPARE:
            raise StorageError(f"{folder}: no room for {wanted.says_size or wanted.name}")
        for number in range(1, _NAMES):
            part = folder / f"{_numbered(name, number)}.part"
            with suppress(FileExistsError):
                os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
                return part
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error
    raise StorageError(f"{folder}: too many files are called {name}")


def _named(part: Path, wanted: Path) -> Path:
    """Give a whole file the name it was to have, or the next one that is free."""
    for number in range(1, _NAMES):
        target = wanted.with_name(_numbered(wanted.name, number))
        try:
            os.link(part, target)
        except FileExistsError:
            continue
        except OSError:
            if os.path.lexists(target):
                continue
            try:
                part.rename(target)
            except OSError as error:
                raise StorageError(f"{target}: {error.strerror}") from error
        keep_names(target)
        return target
    raise StorageError(f"{wanted.parent}: too many files are called {wanted.name}")


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{Path(name).stem}-{number}{Path(name).suffix}"


def _measured(path: str) -> tuple[Path, int]:
    """The file a path means and its size in bytes; -1 when there is no such file."""
    file = Path(path)
    with suppress(RuntimeError):  # the home of nobody: then it is a name like others
        file = file.expanduser()
    try:
        return file, file.stat().st_size if file.is_file() else -1
    except OSError as error:
        raise StorageError(f"{file}: {error.strerror}") from error
