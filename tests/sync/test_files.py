"""The agent's files on their way up and down, against the real server: whole, on the right draft, and said so."""

import errno
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from supportdesk_tui.commands.effects import Apply, AttachFile, SaveFile
from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import Draft, DraftMode, OutboxPhase, value_of
from supportdesk_tui.sync import attachments
from supportdesk_tui.sync.clock import SystemClock
from tests.sync.desk import ALL_LIVE, Desk, desk, native
from tests.sync.fake import until

LARGE = bytes(range(256)) * 6_000


class HastyClock(SystemClock):
    """A second passes with every look at it: what is told once a second is told each time."""

    seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 1.0
        return self.seconds


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread(tickets=20, seed=7, ticking=False) as one:
        yield one


@pytest.fixture
async def one(server: ServerThread, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, native(server)) as desk_:
        await desk_.live()
        await desk_.show(ALL_LIVE)
        yield desk_


def notice(one: Desk) -> str:
    assert one.state.view.notice is not None
    return one.state.view.notice.text


async def attached(one: Desk, ticket: TicketId, path: str | Path) -> str:
    """Put a file on a draft; what the desk said."""
    one.engine.perform(AttachFile(ticket, str(path)))
    await until(lambda: one.engine.busy == 0)
    return notice(one)


async def sent(one: Desk, ticket: TicketId) -> None:
    """Send the draft as it stands, and read the ticket with it."""
    draft = one.state.draft(ticket)
    assert draft is not None
    kind = Note if draft.mode is DraftMode.NOTE else Reply
    files = tuple(one for one, _ in draft.attachments)
    one.engine.perform(Apply((ticket,), kind(draft.body, attachments=files), clears_draft=ticket))
    await until(lambda: one.state.outbox and one.state.outbox[-1].phase is OutboxPhase.SENT)
    await one.open(ticket)


def file_of(one: Desk) -> str:
    """The file of the open ticket's newest message."""
    entries = value_of(one.state.conversation.entries)
    assert entries
    return next(one.id for entry in reversed(entries) for one in entry.attachments)


async def test_file_is_put_on_the_draft_sent_with_it_and_comes_back_whole(
    one: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = one.state.queue.rows[0].id
    source = tmp_path / "screen shot.png"
    source.write_bytes(LARGE)
    one.store.dispatch(DraftChanged(Draft(ticket, DraftMode.NOTE, "See the picture", is_saved=False)))
    assert await attached(one, ticket, source) == "Attached screen shot.png"
    draft = one.state.draft(ticket)
    assert draft is not None
    assert (draft.mode, draft.body, [name for _, name in draft.attachments]) == (
        DraftMode.NOTE,
        "See the picture",
        ["screen shot.png"],
    )
    await sent(one, ticket)
    assert one.state.draft(ticket) is None
    told: list[str] = []
    monkeypatch.setattr(one.common, "clock", HastyClock())
    one.store.subscribe(lambda _: told.append(notice(one)))
    one.engine.perform(SaveFile(ticket, file_of(one)))
    await until(lambda: one.engine.busy == 0)
    folder = tmp_path / "downloads"
    assert notice(one) == f"Saved as {folder / 'screen shot.png'}"
    assert (folder / "screen shot.png").read_bytes() == LARGE
    assert [path.name for path in folder.iterdir()] == ["screen shot.png"]
    assert "Saving screen shot.png: 1.5 MB, image/png" in told
    assert "Saving screen shot.png: 100 % of 1.5 MB" in told


async def test_file_for_a_ticket_without_a_draft_begins_one_and_two_at_once_are_both_on_it(one: Desk, tmp_path: Path) -> None:
    ticket = one.state.queue.rows[1].id
    for name in ("a.txt", "b.bin"):
        (tmp_path / name).write_text(name)
        one.engine.perform(AttachFile(ticket, str(tmp_path / name)))
    await until(lambda: one.engine.busy == 0)
    draft = one.state.draft(ticket)
    assert draft is not None
    assert sorted(name for _, name in draft.attachments) == ["a.txt", "b.bin"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("{tmp}/none.txt", "There is no file {tmp}/none.txt"),
        ("{tmp}", "There is no file {tmp}"),
        ("~no such user/log.txt", "There is no file ~no such user/log.txt"),
        ("/dev/null", "There is no file /dev/null"),
        ("{tmp}/" + "n" * 300, "attach_file: {tmp}/" + "n" * 300 + ": File name too long"),
        ("{tmp}/large.bin", "large.bin is larger than 10 MB"),
    ],
)
async def test_path_that_leads_to_no_file_of_ours_is_said_and_the_draft_stays(
    one: Desk, tmp_path: Path, path: str, told: str
) -> None:
    ticket = one.state.queue.rows[2].id
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(attachments.ATTACHMENT_LIMIT + 1)
    draft = Draft(ticket, body="Half a word", is_saved=False)
    one.store.dispatch(DraftChanged(draft))
    assert await attached(one, ticket, path.format(tmp=tmp_path)) == told.format(tmp=tmp_path)
    kept = one.state.draft(ticket)
    assert kept is not None
    assert (kept.body, kept.attachments) == ("Half a word", ())


async def test_upload_the_server_does_not_take_is_said_and_can_be_tried_again(
    one: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = one.state.queue.rows[3].id
    (tmp_path / "log.txt").write_text("it broke here")
    assert (await attached(one, TicketId("t999"), tmp_path / "log.txt")).startswith("attach_file: ")
    assert one.state.draft(TicketId("t999")) is None
    assert await attached(one, ticket, tmp_path / "log.txt") == "Attached log.txt"


async def test_attachment_that_is_not_on_the_open_ticket_is_not_looked_for_elsewhere(one: Desk, tmp_path: Path) -> None:
    await one.open(one.state.queue.rows[4].id)
    for ticket in (one.state.queue.rows[4].id, one.state.queue.rows[5].id):
        one.engine.perform(SaveFile(ticket, "f404"))
        await until(lambda: one.engine.busy == 0)
        assert notice(one) == "There is no such attachment"
    assert not (tmp_path / "downloads").exists()


async def test_name_that_is_taken_is_counted_on_and_a_file_system_without_links_is_good_enough(
    one: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = one.state.queue.rows[6].id
    source, folder = tmp_path / "log.txt", tmp_path / "downloads"
    source.write_bytes(b"ours")
    one.store.dispatch(DraftChanged(Draft(ticket, DraftMode.NOTE, "See the log", is_saved=False)))
    await attached(one, ticket, source)
    await sent(one, ticket)
    folder.mkdir()
    (folder / "log.txt").write_bytes(b"theirs")
    (folder / "log-2.txt").symlink_to(folder / "nowhere")

    def no_links(*_: object) -> NoReturn:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    for number in (3, 4):
        one.engine.perform(SaveFile(ticket, file_of(one)))
        await until(lambda: one.engine.busy == 0)
        assert notice(one) == f"Saved as {folder / f'log-{number}.txt'}"
        assert (folder / f"log-{number}.txt").read_bytes() == b"ours"
    assert (folder / "log.txt").read_bytes() == b"theirs"
    assert (folder / "log-2.txt").is_symlink()
    assert not list(folder.glob("*.part"))


async def test_folder_full_of_that_name_is_said_and_nothing_is_written_over(
    one: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_NAMES", 10)
    ticket = one.state.queue.rows[7].id
    source, folder = tmp_path / "x", tmp_path / "downloads"
    source.write_bytes(b"ours")
    one.store.dispatch(DraftChanged(Draft(ticket, DraftMode.NOTE, "See the file", is_saved=False)))
    await attached(one, ticket, source)
    await sent(one, ticket)
    folder.mkdir()
    for suffix in ("", ".part"):
        for name in ("x", *(f"x-{number}" for number in range(2, 10))):
            (folder / f"{name}{suffix}").touch()
        one.engine.perform(SaveFile(ticket, file_of(one)))
        await until(lambda: one.engine.busy == 0)
        assert notice(one) == f"save_file: {folder}: too many files are called x"
    assert {path.stat().st_size for path in folder.iterdir()} == {0}
