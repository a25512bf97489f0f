"""Drafts: what was typed is on the disk, once, whoever typed it and whichever client dies."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from supportdesk_tui.domain.changes import Reply, SetStatus, Tag
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, AttachmentId, TicketId
from supportdesk_tui.failpoints import Broken, armed
from supportdesk_tui.store.events import DraftChanged, FormTyped
from supportdesk_tui.store.state import Draft, DraftMode
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync import drafts as drafts_module
from supportdesk_tui.sync.drafts import Drafts
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rows import Clears
from tests import make
from tests.sync.fake import Board, until
from tests.unit.sync.test_forms import FORM

FULL = Draft(
    TicketId("t1"),
    DraftMode.NOTE,
    "半句话",
    (SetStatus("pending"), Tag(add=("vip",))),
    "fnd-delay",
    "no ja text",
    ((AttachmentId("f1"), "photo.png"),),
    then_next=True,
    base_seq=7,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    one = Ledger(tmp_path / "outbox")
    one.open()
    yield one
    one.close()


def reopened(folder: Path) -> Ledger:
    one = Ledger(folder)
    one.open()
    return one


async def test_typed_text_is_saved_soon_and_said_to_be(ledger: Ledger) -> None:
    store, board = Store(), Board()
    drafts = Drafts(store, ledger, board.spawn)
    drafts.load(make.ME)
    for text in ("h", "he", "hel"):
        store.dispatch(DraftChanged(Draft(TicketId("t1"), body=text, is_saved=False)))
    await until(lambda: store.state.drafts[TicketId("t1")].is_saved)
    assert [draft.body for draft in ledger.drafts(make.ME)] == ["hel"]
    drafts.close()


async def test_flush_saves_at_once_without_the_event_loop(ledger: Ledger, tmp_path: Path) -> None:
    store = Store()
    drafts = Drafts(store, ledger, Board().spawn)
    drafts.load(make.ME)
    store.dispatch(DraftChanged(FULL))
    assert drafts.flush()
    ledger.close()
    again = reopened(tmp_path / "outbox")
    assert again.drafts(make.ME) == [FULL]
    again.close()
    drafts.close()


@asynccontextmanager
async def disk_at_work(ledger: Ledger) -> AsyncIterator[None]:
    """The thread of the disk is busy with something else until the end."""
    done = threading.Event()
    work = asyncio.create_task(ledger.main.run(done.wait))
    try:
        yield
    finally:
        done.set()
        await work


async def come_to_the_disk(store: Store, board: Board, words: str) -> None:
    """Type words, until the thread of the disk is asked to write them."""
    store.dispatch(DraftChanged(Draft(TicketId("t1"), body=words, is_saved=False)))
    await until(lambda: board.tasks)
    await asyncio.sleep(0)


async def test_older_words_the_disk_has_not_come_to_are_not_written_over_newer_ones(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts_module, "WAIT_S", 0.0)
    store, board = Store(), Board()
    drafts = Drafts(store, ledger, board.spawn)
    drafts.load(make.ME)
    async with disk_at_work(ledger):
        await come_to_the_disk(store, board, "half a sen")
        store.dispatch(DraftChanged(Draft(TicketId("t1"), body="half a sentence", is_saved=False)))
        assert drafts.flush()
    await board.rest()
    assert [draft.body for draft in ledger.drafts(make.ME)] == ["half a sentence"]
    drafts.close()


async def test_words_the_disk_has_not_come_to_when_the_desk_ends_are_written(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts_module, "WAIT_S", 0.0)
    store, board = Store(), Board()
    drafts = Drafts(store, ledger, board.spawn)
    drafts.load(make.ME)
    async with disk_at_work(ledger):
        await come_to_the_disk(store, board, "the last words")
        for task in tuple(board.tasks):
            task.cancel()
        await board.rest()
        drafts.close()
    assert [draft.body for draft in ledger.drafts(make.ME)] == ["the last words"]


async def test_emptied_draft_leaves_the_disk(ledger: Ledger) -> None:
    store = Store()
    drafts = Drafts(store, ledger, Board().spawn)
    drafts.load(make.ME)
    store.dispatch(DraftChanged(Draft(TicketId("t1"), body="x")))
    drafts.flush()
    store.dispatch(DraftChanged(Draft(TicketId("t1"))))
    drafts.flush()
    assert ledger.drafts(make.ME) == []
    drafts.close()


async def test_full_disk_is_said_and_the_draft_saved_when_there_is_room_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts_module, "RETRY_S", 0.05)
    store, board = Store(), Board()
    drafts = Drafts(store, ledger, board.spawn)
    drafts.load(make.ME)

    with armed("database.before_commit=enospc"):
        store.dispatch(DraftChanged(Draft(TicketId("t1"), body="precious")))
        await until(lambda: not store.state.drafts[TicketId("t1")].is_saved)
        assert not drafts.flush()
        store.dispatch(DraftChanged(Draft(TicketId("t1"), body="precious!", is_saved=False)))
    await until(lambda: store.state.drafts[TicketId("t1")].is_saved)
    assert [draft.body for draft in ledger.drafts(make.ME)] == ["precious!"]
    drafts.close()


async def test_draft_that_became_a_change_is_not_written_again_behind_it(ledger: Ledger) -> None:
    store, board = Store(), Board()
    drafts = Drafts(store, ledger, board.spawn)
    drafts.load(make.ME)
    store.dispatch(DraftChanged(Draft(TicketId("t1"), body="sent wor")))
    drafts.flush()
    store.dispatch(DraftChanged(Draft(TicketId("t1"), body="sent words")))
    drafts.let_go(TicketId("t1"))
    ledger.put_item(make.ME, make.outbox_item(1, change=Reply("sent words")), clears=Clears(TicketId("t1")))
    assert ledger.drafts(make.ME) == []
    store.dispatch(DraftChanged(Draft(TicketId("t1"))))
    store.dispatch(DraftChanged(Draft(TicketId("t2"), body="typed since", is_saved=False)))
    await until(lambda: store.state.drafts[TicketId("t2")].is_saved)
    assert [draft.ticket for draft in ledger.drafts(make.ME)] == ["t2"]
    assert [item.change for item in ledger.items(make.ME)] == [Reply("sent words")]
    drafts.close()


def test_drafts_of_two_dead_clients_become_one(tmp_path: Path) -> None:
    first, second = Ledger(tmp_path), Ledger(tmp_path)
    first.open()
    second.open()
    first.put_draft(make.ME, Draft(TicketId("t1"), body="from the first"))
    second.put_draft(make.ME, Draft(TicketId("t1"), body="from the second"))
    first.close()
    second.close()
    third = reopened(tmp_path)
    (draft,) = third.drafts(make.ME)
    assert set(draft.body.split("\n\n")) == {"from the first", "from the second"}
    third.close()
    fourth = reopened(tmp_path)
    assert fourth.drafts(make.ME) == [draft]
    fourth.close()


def of_a_dead_client(folder: Path) -> Ledger:
    """A client that has taken the file of one that died with a reply on its way out; what it writes itself lies in another."""
    first, second = Ledger(folder), Ledger(folder)
    first.open()
    second.open()
    second.put_item(make.ME, make.outbox_item(1, change=Reply("words"), tickets=(TicketId("t1"),)))
    first.close()
    second.close()
    third = reopened(folder)
    assert [item.change for item in third.items(make.ME)] == [Reply("words")]
    return third


def test_words_taken_back_from_a_dead_clients_file_are_in_one_place_when_they_are_sent_or_thrown_away(tmp_path: Path) -> None:
    for number, becomes in enumerate(("sent", "thrown away", "rewritten")):
        ledger = of_a_dead_client(tmp_path / becomes)
        draft = Draft(TicketId("t1"), body="words")
        ledger.drop_item(make.ME, make.outbox_item(1).key, draft)
        if becomes == "sent":
            item = make.outbox_item(number + 2, change=Reply("words"), tickets=(draft.ticket,))
            ledger.put_item(make.ME, item, Clears(draft.ticket))
        else:
            ledger.put_draft(make.ME, Draft(draft.ticket, body="other words" if becomes == "rewritten" else ""))
        ledger.close()
        again = reopened(tmp_path / becomes)
        assert [one.body for one in again.drafts(make.ME)] == (["other words"] if becomes == "rewritten" else []), becomes
        assert len(again.items(make.ME)) == (becomes == "sent")
        again.close()


@pytest.mark.parametrize("point", ["outbox.drop_uncommitted", "drafts.before_put", "drafts.after_put", "drafts.joined"])
def test_words_taken_back_from_a_dead_clients_file_are_there_once_wherever_it_ends(tmp_path: Path, point: str) -> None:
    ledger = of_a_dead_client(tmp_path)
    ledger.put_draft(make.ME, Draft(TicketId("t1"), body="since"))
    with armed(f"{point}=raise"), pytest.raises(Broken):
        ledger.drop_item(make.ME, make.outbox_item(1).key, Draft(TicketId("t1"), body="words\n\nsince"))
    ledger.close()
    again = reopened(tmp_path)
    said = [str(item.change.body) for item in again.items(make.ME) if isinstance(item.change, Reply)]
    assert sorted(" ".join([*said, *(one.body for one in again.drafts(make.ME))]).split()) == ["since", "words"]
    again.close()


def test_copy_a_disk_would_not_let_go_of_is_gone_with_the_next_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = of_a_dead_client(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(ledger, "put_draft", refuses)
        ledger.drop_item(make.ME, make.outbox_item(1).key, Draft(TicketId("t1"), body="words"))
    ledger.put_draft(make.ME, Draft(TicketId("t1")))
    ledger.close()
    again = reopened(tmp_path)
    assert again.drafts(make.ME) == []
    again.close()


async def test_draft_of_a_client_that_dies_while_its_ticket_is_being_sent_is_read_behind_that(tmp_path: Path) -> None:
    ours, other, store = Ledger(tmp_path), Ledger(tmp_path), Store()
    ours.open()
    other.open()
    other.put_draft(make.ME, Draft(TicketId("t1"), body="of another"))
    drafts = Drafts(store, ours, Board().spawn)
    drafts.load(make.ME)
    store.dispatch(DraftChanged(Draft(TicketId("t1"), body="sent")))
    drafts.flush()
    with drafts.handed_over("t1") as handover:
        other.close()
        assert ours.adopt()
        store.dispatch(drafts.load(make.ME))
        ours.put_item(make.ME, make.outbox_item(1, change=Reply("sent")), Clears(TicketId("t1")))
        died = copied(tmp_path, tmp_path / "died")
        handover.is_taken = True
    store.dispatch(DraftChanged(Draft(TicketId("t1"))))
    await until(lambda: TicketId("t1") in store.state.drafts)
    drafts.close()
    ours.close()
    for folder in (died, tmp_path):
        again = reopened(folder)
        assert [draft.body for draft in again.drafts(make.ME)] == ["of another"], folder
        again.close()
    assert store.state.drafts[TicketId("t1")].body == "of another"


def copied(folder: Path, target: Path) -> Path:
    """What a power cut would leave now."""
    target.mkdir()
    for file in folder.glob("outbox-*"):
        (target / file.name).write_bytes(file.read_bytes())
    return target


async def test_draft_of_a_client_that_dies_is_put_where_we_write_once(tmp_path: Path) -> None:
    ours, other, store = Ledger(tmp_path), Ledger(tmp_path), Store()
    ours.open()
    other.open()
    drafts = Drafts(store, ours, Board().spawn)
    drafts.load(make.ME)
    store.dispatch(DraftChanged(Draft(TicketId("t1"), body="ours")))
    drafts.flush()
    other.put_draft(make.ME, Draft(TicketId("t1"), body="of another"))
    other.close()
    assert ours.adopt()
    store.dispatch(drafts.load(make.ME))
    assert store.state.drafts[TicketId("t1")].body == "of another\n\nours"
    drafts.close()
    ours.close()


def refuses(*_: object) -> None:
    raise StorageError("the disk is full")


async def test_what_was_typed_before_anybody_signed_in_is_the_first_agents_who_does(tmp_path: Path) -> None:
    """In this run and in earlier ones, behind what that agent has there already, and nobody else's."""
    for text, at in (("typed before", "t1"), ("only here", "t2")):
        ledger = reopened(tmp_path)
        drafts = Drafts(store := Store(), ledger, Board().spawn)
        store.dispatch(drafts.load(AgentId("")), DraftChanged(Draft(TicketId(at), body=text)), FormTyped(FORM))
        drafts.close()
        ledger.close()
    ledger = reopened(tmp_path)
    ledger.put_draft(make.ME, Draft(TicketId("t1"), body="mine of old"))
    drafts = Drafts(store := Store(), ledger, Board().spawn)
    store.dispatch(DraftChanged(Draft(TicketId("t3"), body="typed just now", is_saved=False)))
    store.dispatch(drafts.load(make.ME))
    found = {draft.ticket: draft.body for draft in store.state.drafts.values()}
    assert found == {"t1": "typed before\n\nmine of old", "t2": "only here", "t3": "typed just now"}
    assert [form.texts for form in store.state.forms.values()] == [FORM.texts]
    drafts.close()
    ledger.close()
    ledger = reopened(tmp_path)
    assert {draft.ticket: draft.body for draft in ledger.drafts(make.ME)} == found
    assert (ledger.drafts(AgentId("")), ledger.forms(AgentId(""))) == ([], [])
    ledger.close()


@pytest.mark.parametrize("leaves_at_once", [True, False])
async def test_nothing_is_written_over_words_of_an_earlier_run_that_the_disk_would_not_give_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, leaves_at_once: bool
) -> None:
    monkeypatch.setattr(drafts_module, "RETRY_S", 0.05)
    ledger = reopened(tmp_path / "outbox")
    ledger.put_draft(make.ME, Draft(TicketId("t1"), body="of yesterday"))
    ledger.put_form(make.ME, FORM)
    ledger.close()
    (tmp_path / "outbox").rename(tmp_path / "away")
    (tmp_path / "outbox").write_text("no folder")
    ledger = Ledger(tmp_path / "outbox")
    drafts = Drafts(store := Store(), ledger, Board().spawn)
    with pytest.raises(StorageError):
        drafts.load(make.ME)
    store.dispatch(DraftChanged(Draft(TicketId("t1"), body="of today", is_saved=False)))
    await until(lambda: store.state.drafts[TicketId("t1")].is_refused)
    (tmp_path / "outbox").unlink()
    (tmp_path / "away").rename(tmp_path / "outbox")
    if not leaves_at_once:
        await until(lambda: store.state.drafts[TicketId("t1")].is_saved)
        assert store.state.drafts[TicketId("t1")].body == "of today\n\nof yesterday"
        assert [form.texts for form in store.state.forms.values()] == [FORM.texts]
    drafts.close()
    ledger.close()
    again = reopened(tmp_path / "outbox")
    assert [draft.body for draft in again.drafts(make.ME)] == ["of today\n\nof yesterday"]
    assert [form.texts for form in again.forms(make.ME)] == [FORM.texts]
    again.close()
