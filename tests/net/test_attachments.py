"""Files that are cut, too large, badly named, or do not fit: whole and inside the folder, or not there at all."""

import asyncio
import os
import resource
import shutil
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.commands.effects import Load, LoadKind, SaveFile
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.ids import AttachmentId, Cursor, TicketId
from supportdesk_tui.domain.queue import Page
from supportdesk_tui.store.events import TicketOpened
from supportdesk_tui.store.state import value_of
from supportdesk_tui.sync.attachments import safe_name
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.contract.rawserver import Answer, raw_server, said
from tests.sync.desk import Desk, desk
from tests.sync.fake import FakeBackend, FakeServer, until

BODY = bytes(range(256)) * 40
TICKET = TicketId("t1")


@asynccontextmanager
async def opened(folder: Path, file: Attachment, *script: Answer) -> AsyncIterator[Desk]:
    """A desk on a ticket with one file, which comes over a real socket as the script has it."""
    async with raw_server(*script) as server:
        native = NativeBackend(server.url, "token", limits=Limits(deadline_s=20.0, read_s=10.0, backoff_s=0.01))

        class WithFile(FakeBackend):
            async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
                return Page((make.entry(1, attachments=(file,)),), None)

            async def read_attachment(self, attachment: Attachment) -> AsyncIterator[bytes]:
                async for piece in native.read_attachment(attachment):
                    yield piece

        backend = WithFile(FakeServer(tickets={TICKET: make.summary(1)}))

        async def connect() -> FakeBackend:
            return backend

        async with desk(folder, connect) as one:
            await one.live()
            one.store.dispatch(TicketOpened(TICKET))
            one.engine.perform(Load(LoadKind.TICKET, TICKET))
            await until(lambda: value_of(one.state.conversation.entries))
            await until(lambda: one.engine.busy == 0)
            yield one
        await native.close()


async def saved(one: Desk, file: str = "f1") -> str:
    """Save the file; what the desk said last."""
    one.engine.perform(SaveFile(TICKET, file))
    await until(lambda: one.engine.busy == 0)
    notice = one.state.view.notice
    assert notice is not None
    return str(notice.text)


def files(folder: Path) -> dict[str, bytes]:
    """Everything under the downloads folder."""
    return {path.name: path.read_bytes() for path in (folder / "downloads").rglob("*")}


def a_file(name: str = "proof.png", size: int = len(BODY)) -> Attachment:
    return Attachment(AttachmentId("f1"), sanitize_line(name), "image/png", size)


@pytest.mark.parametrize("cut", [1, 100, 5000, len(BODY) - 1, len(BODY)])
async def test_file_cut_on_the_way_is_not_there_and_whole_the_next_time(cut: int, tmp_path: Path) -> None:
    async with opened(tmp_path, a_file(), said(BODY, cut=cut), said(BODY)) as one:
        assert "Saved" not in await saved(one)
        assert files(tmp_path) == {}
        assert "proof.png" in await saved(one)
        assert files(tmp_path) == {"proof.png": BODY}
        [path] = (tmp_path / "downloads").iterdir()
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("file", "answer", "why"),
    [
        (a_file(size=2 * 1024**3), said(BODY), "larger than"),
        (a_file(size=len(BODY) + 5), said(BODY), "bytes"),
        (a_file(size=len(BODY) - 5), said(BODY), "bytes"),
        (a_file(size=-1), said(BODY), "bytes"),
        (a_file(), said(b"<html>", status="404 Not Found"), "404"),
        (a_file(), said(b"{}", status="302 Found", headers="Location: https://elsewhere.example\r\n"), "redirect"),
    ],
    ids=["2 GB", "short", "long", "negative", "gone", "redirect"],
)
async def test_file_that_is_not_what_was_announced_leaves_nothing(
    file: Attachment, answer: Answer, why: str, tmp_path: Path
) -> None:
    async with opened(tmp_path, file, answer) as one:
        assert why in await saved(one)
        assert files(tmp_path) == {}


async def test_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "proof.png").write_bytes(b"mine")
    (folder / "proof-2.png").symlink_to(tmp_path / "elsewhere")
    async with opened(tmp_path, a_file(), said(BODY)) as one:
        assert "proof-3.png" in await saved(one)
    assert (folder / "proof.png").read_bytes() == b"mine"
    assert not (tmp_path / "elsewhere").exists()
    assert (folder / "proof-3.png").read_bytes() == BODY


async def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "downloads").write_text("a file, not a folder")
    async with opened(tmp_path, a_file(), said(BODY)) as one:
        assert "downloads" in await saved(one)


async def test_disk_without_room_is_said_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=len(BODY)))
    monkeypatch.setattr("supportdesk_tui.sync.attachments.disk_usage", shutil.disk_usage)
    async with opened(tmp_path, a_file(), said(BODY)) as one:
        assert "no room" in await saved(one)
        assert files(tmp_path) == {}


async def test_disk_that_fills_up_meanwhile_leaves_nothing(tmp_path: Path) -> None:
    size = 4 * 1024 * 1024
    async with opened(tmp_path, a_file(size=size), said(b"x" * size)) as one:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 1024 * 1024, limits[1]))
        try:
            assert os.strerror(27) in await saved(one)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, ignored)
        assert files(tmp_path) == {}


async def test_leaving_the_desk_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10240\r\n\r\n" + BODY[:5000])
        await writer.drain()
        await writer.wait_closed()

    async with opened(tmp_path, a_file(), half) as one:
        one.engine.perform(SaveFile(TICKET, "f1"))
        await until(lambda: list((tmp_path / "downloads").glob("*.part")))
    assert files(tmp_path) == {}


async def test_leaving_the_desk_while_the_file_is_being_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_asked, may_answer, free = threading.Event(), threading.Event(), SimpleNamespace(free=10**9)

    def slow_disk(_: Path) -> SimpleNamespace:
        is_asked.set()
        may_answer.wait(40)
        return free

    monkeypatch.setattr("supportdesk_tui.sync.attachments.disk_usage", slow_disk)
    async with opened(tmp_path, a_file(), said(BODY)) as one:
        one.engine.perform(SaveFile(TICKET, "f1"))
        await until(is_asked.is_set)
        asyncio.get_running_loop().call_later(0.2, may_answer.set)
    await asyncio.get_running_loop().shutdown_default_executor()  # whatever a thread still does is done
    assert files(tmp_path) == {}


@given(st.text(max_size=400))
def test_name_of_a_stranger_is_one_name_in_the_folder(name: str) -> None:
    clean = safe_name(sanitize_line(name))
    assert clean
    assert clean not in {".", ".."}
    assert not set(clean) & set('/\\:*?"<>|\0\n\r\t')
    assert clean[0] not in ".-"
    assert len(clean.encode()) <= 200
    assert (Path("/downloads") / clean).parent == Path("/downloads")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "_._etc_passwd"),
        ("C:\\Users\\x.exe", "C_Users_x.exe"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("...", "attachment"),
        ("", "attachment"),
        ("图" * 200 + ".png", "图" * 58 + ".png"),
    ],
)
def test_names_that_mean_harm_become_plain(name: str, clean: str) -> None:
    assert safe_name(name) == clean
