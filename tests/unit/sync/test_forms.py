"""Forms that are half filled in: on the disk as soon as a draft, off it when they are sent, and out of a broken file."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands.effects import Apply, TakeBack
from supportdesk_tui.domain.changes import MakePromise, Note
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.failpoints import Broken, armed
from supportdesk_tui.store.events import DraftChanged, FormSent, FormTyped
from supportdesk_tui.store.kept import FormDraft, form_key, joined_forms
from supportdesk_tui.store.state import Draft
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync import drafts as drafts_module
from supportdesk_tui.sync.drafts import Drafts
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rows import Clears
from supportdesk_tui.sync.salvage import frame
from tests import make
from tests.sync.desk import Desk, desk
from tests.sync.fake import Board, until

T1 = TicketId("t1")
KEY = form_key("ticket.promise", (), (T1,))
FORM = FormDraft(
    key=KEY,
    title="Promise",
    texts=(("what", "半句话 é"), ("by", "")),
    at=make.NOW,
    other=(("what", "before"),),
    ticket=T1,
    count=1,
    number="HX-1",
    opener="ticket.promise",
    args=("wallet-ops",),
    is_saved=False,
)


def reopened(folder: Path) -> Ledger:
    one = Ledger(folder)
    one.open()
    return one


def left_in(folder: Path) -> bytes:
    """Every byte of the files of a folder."""
    return b"".join(one.read_bytes() for one in folder.iterdir())


async def test_what_is_typed_into_a_form_is_saved_soon_and_said_to_be(tmp_path: Path) -> None:
    store, ledger = Store(), reopened(tmp_path)
    drafts = Drafts(store, ledger, Board().spawn)
    drafts.load(make.ME)
    for text in ("h", "he", "hel"):
        store.dispatch(FormTyped(replace(FORM, texts=(("what", text),))))
    await until(lambda: store.state.forms[KEY].is_saved)
    assert [form.texts for form in ledger.forms(make.ME)] == [(("what", "hel"),)]
    drafts.close()
    ledger.close()


async def test_the_next_desk_has_every_word_of_it_and_another_agent_none(tmp_path: Path) -> None:
    store, ledger = Store(), reopened(tmp_path)
    drafts = Drafts(store, ledger, Board().spawn)
    drafts.load(make.ME)
    store.dispatch(FormTyped(FORM))
    assert drafts.flush()
    drafts.close()
    ledger.close()
    again = reopened(tmp_path)
    later = Store()
    drafts = Drafts(later, again, Board().spawn)
    later.dispatch(drafts.load(make.ME))
    assert later.state.forms == {KEY: replace(FORM, is_saved=True)}
    assert drafts.load(AgentId("somebody else")).forms == ()
    drafts.close()
    again.close()


async def test_emptied_and_sent_forms_leave_the_disk_without_a_trace(tmp_path: Path) -> None:
    store, ledger = Store(), reopened(tmp_path)
    drafts = Drafts(store, ledger, Board().spawn)
    drafts.load(make.ME)
    emptied = replace(FORM, key="other", texts=(("what", "canary-1"),), other=())
    for form in (replace(FORM, texts=(("what", "canary-2"),)), emptied):
        store.dispatch(FormTyped(form))
    drafts.flush()
    assert len(ledger.forms(make.ME)) == 2
    store.dispatch(FormTyped(replace(emptied, texts=())), FormSent(store.state.forms[KEY]))
    drafts.flush()
    assert store.state.forms == {}
    drafts.close()
    ledger.close()
    assert b"canary" not in left_in(tmp_path)


async def test_a_disk_that_refuses_is_said_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts_module, "RETRY_S", 0.05)
    store, ledger = Store(), reopened(tmp_path)
    drafts = Drafts(store, ledger, Board().spawn)
    drafts.load(make.ME)
    with armed("database.before_commit=enospc"):
        store.dispatch(FormTyped(FORM))
        await until(lambda: store.state.forms[KEY].is_refused)
        assert not drafts.flush()
        store.dispatch(FormTyped(replace(FORM, texts=(("what", "precious"),))))
    await until(lambda: store.state.forms[KEY].is_saved)
    assert not store.state.forms[KEY].is_refused
    assert [form.texts for form in ledger.forms(make.ME)] == [(("what", "precious"),)]
    drafts.close()
    ledger.close()


async def test_words_that_went_from_a_form_into_a_draft_are_never_in_neither(tmp_path: Path) -> None:
    """The draft is written before the form is deleted, whatever was typed first."""
    store, ledger = Store(), reopened(tmp_path)
    drafts = Drafts(store, ledger, Board().spawn)
    drafts.load(make.ME)
    store.dispatch(FormTyped(FORM))
    drafts.flush()
    store.dispatch(FormSent(FORM))
    store.dispatch(DraftChanged(Draft(T1, body="半句话 é", is_saved=False)))
    with armed("database.after_commit=raise@1"), pytest.raises(Broken):
        drafts.flush()
    assert [draft.body for draft in ledger.drafts(make.ME)] == ["半句话 é"]
    assert [form.key for form in ledger.forms(make.ME)] == [KEY]
    drafts.close()
    ledger.close()


def test_a_change_takes_the_place_of_its_form_in_one_transaction(tmp_path: Path) -> None:
    ledger = reopened(tmp_path)
    ledger.put_form(make.ME, FORM)
    change = make.outbox_item(1, change=Note("sent"))
    with armed("database.before_commit=enospc"), pytest.raises(StorageError):
        ledger.put_item(make.ME, change, Clears(form=KEY))
    assert (ledger.items(make.ME), ledger.forms(make.ME)) == ([], [replace(FORM, is_saved=True)])
    ledger.put_item(make.ME, change, Clears(form=KEY))
    assert ([item.key for item in ledger.items(make.ME)], ledger.forms(make.ME)) == ([change.key], [])
    ledger.close()


@pytest.fixture
def sending(tmp_path: Path) -> Callable[[Desk], Apply]:
    """A desk's promise that was typed into `FORM`."""

    def begin(one: Desk) -> Apply:
        one.store.dispatch(FormTyped(FORM))
        return Apply((T1,), MakePromise("words", make.NOW), clears_form=KEY)

    return begin


async def test_a_form_is_gone_when_the_disk_has_its_change_and_not_before(
    tmp_path: Path, sending: Callable[[Desk], Apply]
) -> None:
    async with desk(tmp_path, None) as one:
        one.engine.drafts.load(make.ME)
        one.engine.outbox.load(make.ME)
        effect = sending(one)
        with armed("outbox.before_put=enospc"):
            one.engine.perform(effect)
            await until(lambda: one.engine.busy == 0)
        assert one.state.forms[KEY].texts == FORM.texts
        assert not one.state.outbox
        one.engine.perform(effect)
        typed_since = replace(FORM, texts=(("what", "typed since"),))
        one.store.dispatch(FormTyped(typed_since))
        await until(lambda: one.state.outbox)
        assert one.state.forms[KEY].texts == typed_since.texts
        one.engine.perform(effect)
        await until(lambda: not one.state.forms)


def test_two_dead_clients_leave_one_form_with_both_texts(tmp_path: Path) -> None:
    first, second = reopened(tmp_path), reopened(tmp_path)
    older = replace(FORM, texts=(("what", "from the first"),), other=())
    first.put_form(make.ME, older)
    second.put_form(make.ME, replace(older, texts=(("what", "from the second"),), at=make.NOW + timedelta(minutes=1)))
    first.close()
    second.close()
    for _ in range(2):
        third = reopened(tmp_path)
        (form,) = third.forms(make.ME)
        assert {form.texts, form.other} == {(("what", "from the first"),), (("what", "from the second"),)}
        third.close()


def test_joining_keeps_the_newer_text_and_what_could_be_had_back() -> None:
    newer, older = replace(FORM, texts=(("what", "long words"),)), replace(FORM, texts=(("what", "older"),))
    assert joined_forms(newer, older) == newer, "there is something to be had back already"
    assert joined_forms(replace(newer, other=()), older).other == older.texts
    assert joined_forms(replace(newer, other=()), newer).other == (), "nothing of it is missing"


V1 = """
CREATE TABLE items (key TEXT PRIMARY KEY, agent TEXT NOT NULL, rev INTEGER NOT NULL, frame BLOB NOT NULL);
CREATE TABLE drafts (agent TEXT NOT NULL, ticket TEXT NOT NULL, rev INTEGER NOT NULL, frame BLOB NOT NULL,
    PRIMARY KEY (agent, ticket));
PRAGMA user_version = 1;
"""
"""What the first release made."""


@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_store_of_the_release_without_forms_opens_and_takes_them(tmp_path: Path, is_damaged: bool) -> None:
    ledger = reopened(tmp_path / "new")
    ledger.put_draft(make.ME, Draft(T1, body="an old draft"))
    ledger.put_item(make.ME, make.outbox_item(1, change=Note("an old change")))
    path = tmp_path / "old" / "outbox-0.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as old, ledger.main.use() as new:
        old.executescript("PRAGMA page_size = 16384;" + V1)
        for table in ("items", "drafts"):
            for row in new.execute(f"SELECT * FROM {table}"):
                old.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", row)
        old.commit()
    ledger.close()
    if is_damaged:
        path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:])
    for _ in range(2):
        again = reopened(path.parent)
        assert [draft.body for draft in again.drafts(make.ME)] == ["an old draft"]
        assert [item.change for item in again.items(make.ME)] == [Note("an old change")]
        again.put_form(make.ME, FORM)
        assert again.forms(make.ME) == [replace(FORM, is_saved=True)]
        again.close()
    assert bool(list(path.parent.glob("*.broken-*"))) is is_damaged


@pytest.mark.parametrize("where", ["head", "form"])
def test_a_form_comes_out_of_a_broken_file_as_it_was(tmp_path: Path, where: str) -> None:
    ledger = reopened(tmp_path)
    ledger.put_form(make.ME, FORM)
    ledger.put_form(make.ME, replace(FORM, key="long", texts=(("what", "y" * 40_000),)))
    ledger.put_draft(make.ME, Draft(T1, body="beside it"))
    ledger.close()
    path = tmp_path / "outbox-0.db"
    blob = path.read_bytes()
    hurt = blob.index("半句话".encode())
    path.write_bytes(b"\xff" * 100 + blob[100:] if where == "head" else blob[:hurt] + b"???" + blob[hurt + 3 :])
    again = reopened(tmp_path)
    forms, drafts = {form.key: form for form in again.forms(make.ME)}, again.drafts(make.ME)
    assert [draft.body for draft in drafts] == ["beside it"]
    if where == "head":
        assert forms[KEY] == replace(FORM, is_saved=True)
    else:
        assert set(forms) == {"long"}
        assert forms["long"].texts == (("what", "y" * 40_000),)
    assert len(again.salvages()) == 1
    again.close()


def test_a_form_this_release_cannot_read_stays_on_disk_and_is_counted(tmp_path: Path) -> None:
    ledger = reopened(tmp_path)
    ledger.put_form(make.ME, FORM)
    record = {"record": "form", "agent": make.ME, "rev": 9, "form": {"key": "from the future", "pages": []}}
    with ledger.main.use(write=True) as db:
        db.execute("INSERT INTO forms VALUES (?, 'from the future', 9, ?)", (make.ME, frame(record)))
    assert [form.key for form in ledger.forms(make.ME)] == [KEY]
    assert ledger.unreadable == 1
    ledger.close()


def test_a_form_has_a_name_of_its_own_for_every_question_and_set_of_tickets() -> None:
    about = partial(form_key, "ticket.promise", ())
    names = {about(()), about((T1,)), about((TicketId("t2"),)), about((T1, TicketId("t2"))), about((T1, TicketId("t3")))}
    assert len(names) == 5
    assert form_key("ticket.escalate", ("duty",), (T1,)) != form_key("ticket.escalate", ("risk",), (T1,))
    assert len(about(tuple(TicketId(f"t{number}") for number in range(50_000)))) < 100


async def test_a_change_that_is_taken_back_leaves_its_form_as_it_was_typed(tmp_path: Path) -> None:
    for run in ("kept", "known to the next desk"):
        async with desk(tmp_path, None) as one:
            one.engine.drafts.load(make.ME)
            one.store.dispatch(one.engine.outbox.load(make.ME))
            if run == "kept":
                one.store.dispatch(FormTyped(FORM))
                one.engine.perform(Apply((T1,), MakePromise("words", make.NOW), clears_form=KEY))
                await until(lambda: one.state.outbox and not one.state.forms)
                assert one.engine.drafts.load(make.ME).forms == ()
                continue
            one.engine.perform(TakeBack(one.state.outbox[0].key))
            await until(lambda: not one.state.outbox and one.state.forms)
            assert one.state.forms[KEY].texts == FORM.texts
            assert [form.texts for form in one.engine.drafts.load(make.ME).forms] == [FORM.texts]


async def test_a_form_taken_back_and_one_typed_since_are_both_there(tmp_path: Path) -> None:
    async with desk(tmp_path, None) as one:
        one.engine.drafts.load(make.ME)
        one.engine.outbox.load(make.ME)
        one.store.dispatch(FormTyped(replace(FORM, other=())))
        one.engine.perform(Apply((T1,), MakePromise("words", make.NOW), clears_form=KEY))
        await until(lambda: one.state.outbox and not one.state.forms)
        one.store.dispatch(FormTyped(replace(FORM, texts=(("what", "typed since"),), other=())))
        one.engine.perform(TakeBack(one.state.outbox[0].key))
        await until(lambda: not one.state.outbox)
        assert one.state.forms[KEY].texts == (("what", "typed since"),)
        assert one.state.forms[KEY].other == FORM.texts
