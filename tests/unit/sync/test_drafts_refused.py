"""Drafts of a disk that refuses: nothing is lost by it, written over, or given to somebody else."""

import threading
from pathlib import Path

import pytest

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.failpoints import armed
from supportdesk_tui.store.events import DraftChanged, FormTyped
from supportdesk_tui.store.state import Draft
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync import drafts as drafts_module
from supportdesk_tui.sync.drafts import Drafts
from tests import make
from tests.sync.fake import Board, until
from tests.unit.sync.test_drafts import refuses, reopened
from tests.unit.sync.test_forms import FORM


async def test_words_of_an_earlier_run_are_not_deleted_for_those_typed_over_them_unseen_and_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts_module, "RETRY_S", 0.05)
    store, ledger = Store(), reopened(tmp_path)
    ledger.put_draft(make.ME, Draft(TicketId("t1"), body="of yesterday"))
    drafts = Drafts(store, ledger, Board().spawn)
    with monkeypatch.context() as damaged:
        damaged.setattr(ledger, "drafts", refuses)
        with pytest.raises(StorageError):
            drafts.load(make.ME)
        store.dispatch(DraftChanged(Draft(TicketId("t1"), body="x", is_saved=False)))
        await until(lambda: store.state.drafts[TicketId("t1")].is_refused)
        store.dispatch(DraftChanged(Draft(TicketId("t1"), is_saved=False)))
    store.dispatch(DraftChanged(Draft(TicketId("t2"), body="last", is_saved=False)))
    await until(lambda: store.state.drafts[TicketId("t2")].is_saved)
    drafts.close()
    assert store.state.drafts[TicketId("t1")].body == "of yesterday"
    assert sorted(draft.body for draft in ledger.drafts(make.ME)) == ["last", "of yesterday"]
    ledger.close()


@pytest.mark.parametrize("comes_back", [False, True])
async def test_what_the_disk_refused_of_who_had_the_desk_before_is_never_written_as_words_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, comes_back: bool
) -> None:
    monkeypatch.setattr(drafts_module, "RETRY_S", 0.05)
    store, ledger, theirs = Store(), reopened(tmp_path), AgentId("a2")
    drafts = Drafts(store, ledger, Board().spawn)
    drafts.load(make.ME)
    with armed("database.before_commit=enospc"):
        store.dispatch(DraftChanged(Draft(TicketId("t1"), body="words of li", is_saved=False)), FormTyped(FORM))
        await until(lambda: store.state.drafts[TicketId("t1")].is_refused)
        store.dispatch(drafts.load(theirs))
        assert not store.state.drafts
        assert not store.state.forms
        if comes_back:
            store.dispatch(drafts.load(make.ME))
            assert [draft.body for draft in store.state.drafts.values()] == ["words of li"]
            assert [form.texts for form in store.state.forms.values()] == [FORM.texts]
    await until(lambda: ledger.drafts(make.ME) and ledger.forms(make.ME))
    drafts.close()
    assert [draft.body for draft in ledger.drafts(make.ME)] == ["words of li"]
    assert (ledger.drafts(theirs), ledger.forms(theirs)) == ([], [])
    ledger.close()


async def test_words_the_disk_refused_are_not_written_over_newer_ones_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer ones were typed while other drafts were being written."""
    monkeypatch.setattr(drafts_module, "WAIT_S", 0.0)
    monkeypatch.setattr(drafts_module, "RETRY_S", 0.1)
    store, board, ledger = Store(), Board(), reopened(tmp_path)
    put, one, other = ledger.put_draft, TicketId("t1"), TicketId("t2")
    is_begun, is_behind, is_typed = threading.Event(), threading.Event(), threading.Event()
    drafts = Drafts(store, ledger, board.spawn)
    drafts.load(make.ME)

    def refuses_older(agent: AgentId, draft: Draft) -> None:
        if draft.body == "older" and not is_begun.is_set():
            is_begun.set()
            is_behind.wait(5)
            refuses()
        if draft.ticket == other:
            is_typed.wait(5)
        put(agent, draft)

    monkeypatch.setattr(ledger, "put_draft", refuses_older)
    store.dispatch(DraftChanged(Draft(one, body="older", is_saved=False)))
    await until(is_begun.is_set)
    monkeypatch.setattr(drafts_module, "WAIT_S", 60.0)  # whoever writes now writes all of it
    store.dispatch(DraftChanged(Draft(other, body="last", is_saved=False)))
    is_behind.set()
    await until(lambda: store.state.drafts[one].is_refused)
    store.dispatch(DraftChanged(Draft(one, body="older and newer", is_saved=False)))
    is_typed.set()
    await until(lambda: store.state.drafts[one].is_saved and not board.tasks)
    assert drafts.flush(), "whatever waits to be written still"
    assert {draft.body for draft in ledger.drafts(make.ME)} == {"older and newer", "last"}
    drafts.close()
    ledger.close()
