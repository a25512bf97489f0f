"""Small things asked of the backend: articles, files, presence, views."""

import asyncio
import re
from pathlib import Path

from msgspec.structs import replace

from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.domain.errors import BackendError, StorageError
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.events import ArticlesAsked, ArticlesLoaded, DraftChanged, ViewsLoaded
from supportdesk_tui.store.state import DeskState, Draft, Level, LinkPhase, value_of
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common

_UNSAFE = re.compile(r'[\x00-\x1f/\\:*?"<>|]+')
_NAME_LIMIT = 120
ATTACHMENT_LIMIT = 10_000_000
"""Bytes of a file that is uploaded."""


class Errands:
    """One method a thing."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._attending: tuple[TicketId | None, Activity] = (None, Activity.GONE)
        self._is_told = True

    async def views(self) -> None:
        """The view bar, with the server's counts."""
        views = tuple(await self._common.server("views").list_views())
        self._common.store.dispatch(ViewsLoaded(views))
        await self._common.cache.run(lambda: self._common.cache.last.save_views(views))

    async def articles(self, text: str) -> None:
        """Knowledge-base search; a failure is part of the answer."""
        common = self._common
        common.store.dispatch(ArticlesAsked(text))
        try:
            found = tuple(await common.server("articles").search_articles(text, common.options.locale))
        except BackendError as error:
            common.store.dispatch(ArticlesLoaded(text, (), common.clock.now(), str(error.reason or error)))
            return
        common.store.dispatch(ArticlesLoaded(text, found, common.clock.now()))

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        """Presence; only a change is sent, and nobody is bothered when it cannot be."""
        if self._is_told and self._attending == (ticket, activity):
            return
        self._attending, self._is_told = (ticket, activity), False
        await self._tell_where()

    async def attend_again(self) -> None:
        """A server forgets where we were when the connection ends: say it anew."""
        self._is_told = self._attending[0] is None
        await self._tell_where()

    async def _tell_where(self) -> None:
        is_lost = self._common.store.state.link.phase is LinkPhase.LOST
        if self._common.backend is None or self._is_told or is_lost:
            return
        self._is_told = True
        try:
            await self._common.backend.attend(*self._attending)
        except BackendError:
            self._is_told = False

    async def save_file(self, ticket: TicketId, attachment: str) -> None:
        """Download an attachment: under a name that stays inside the folder, whole or not at all."""
        wanted = _find(self._common.store.state, ticket, attachment)
        if wanted is None:
            self._common.tell(words.NO_FILE, Level.WARN)
            return
        folder = self._common.options.downloads or Path.home() / "Downloads"
        target = _free_name(folder, wanted.name)
        part = target.with_name(target.name + ".part")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as file:
                async for piece in self._common.server("attachment").read_attachment(wanted):
                    file.write(piece)
            part.rename(target)
        except OSError as error:
            raise StorageError(f"{target}: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
        self._common.tell(words.SAVED_FILE, Level.DONE, path=str(target))

    async def attach_file(self, ticket: TicketId, path: str) -> None:
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


def _measured(path: str) -> tuple[Path, int]:
    """The file a path means and its size in bytes; -1 when there is no such file."""
    file = Path(path).expanduser()
    try:
        return file, file.stat().st_size if file.is_file() else -1
    except OSError as error:
        raise StorageError(f"{file}: {error.strerror}") from error


def _find(state: DeskState, ticket: TicketId, attachment: str) -> Attachment | None:
    if state.conversation.ticket != ticket:
        return None
    detail = value_of(state.conversation.detail)
    on_entries = (one for entry in value_of(state.conversation.entries) or () for one in entry.attachments)
    known = (*on_entries, *(detail.attachments if detail else ()))
    return next((one for one in known if one.id == attachment), None)


def _free_name(folder: Path, name: str) -> Path:
    """A name in the folder that nobody uses; dots in front, slashes and controls of the stranger's name are gone."""
    clean = _UNSAFE.sub("_", str(name)).strip(" .")[-_NAME_LIMIT:] or "attachment"
    target = folder / clean
    number = 1
    while target.exists() or target.with_name(target.name + ".part").exists():
        number += 1
        target = folder / f"{Path(clean).stem}-{number}{Path(clean).suffix}"
    return target
