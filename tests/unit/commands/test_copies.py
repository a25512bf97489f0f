"""Who gets a copy of a reply: asked for, checked, shown, sent, and never lost on the way."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.domain.ticket import Channel
from supportdesk_tui.store.state import Draft, DraftMode, Level, Loaded, Pane
from supportdesk_tui.sync.outbox_db import Ledger
from supportdesk_tui.sync.outbox_rules import joined_drafts, rest_of, restored_draft
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.unit.commands.desk import after, context, detail, has, only, reason, run, with_conversation

T1 = TicketId("t1")
TWO = ("ann@example.com", "lee.wu@mail.example.cn")


def desk(channel: Channel = Channel.EMAIL, cc: tuple[str, ...] = (), **draft: object) -> Context:
    ctx = context(Pane.COMPOSER, opened=1)
    opened = replace(detail(1, channel=channel), cc=tuple(map(sanitize_line, cc)))
    ctx = with_conversation(ctx, detail=Loaded(opened, make.NOW))
    one = Draft(T1, body="Hello", **draft)  # type: ignore[arg-type]  # whatever a draft has
    return replace(ctx, state=replace(ctx.state, drafts={T1: one}), composer_text="Hello")


def test_asking_begins_with_those_who_got_copies_before() -> None:
    asked = only(run(desk(cc=("ann@example.com", "Ann Lee")), "composer.cc"), ef.Prompt)
    assert (asked.command, asked.value) == ("composer.cc", "ann@example.com")


@pytest.mark.parametrize("typed", ["ann@example.com, lee.wu@mail.example.cn", "ann@example.com；lee.wu@mail.example.cn  "])
def test_addresses_are_put_on_the_draft_each_once(typed: str) -> None:
    ctx = desk()
    ctx = after(ctx, run(ctx, "composer.cc", f"{typed} ann@example.com"))
    draft = ctx.state.draft(T1)
    assert draft is not None
    assert (draft.cc, draft.body, draft.is_saved) == (TWO, "Hello", False)
    cleared = after(ctx, run(ctx, "composer.cc", "")).state.draft(T1)
    assert cleared is not None
    assert cleared.cc == ()


@pytest.mark.parametrize(
    "typed", ["ann", "ann@", "@example.com", "ann@example", "<ann@example.com>", "a b@c", "ann@example.com\u202e", "a@b..com"]
)
def test_what_is_no_address_is_asked_for_again_and_changes_nothing(typed: str) -> None:
    effects = run(desk(), "composer.cc", typed)
    assert only(effects, ef.Tell).level is Level.WARN
    assert only(effects, ef.Prompt).value == typed
    assert not has(effects, ef.Emit)


def test_too_many_addresses_are_refused() -> None:
    effects = run(desk(), "composer.cc", " ".join(f"a{n}@example.com" for n in range(21)))
    assert "At most" in only(effects, ef.Tell).text


def test_only_mail_has_copies() -> None:
    assert reason(desk(Channel.CHAT), "composer.cc") == "Only a reply by mail can have copies"
    assert not reason(desk(), "composer.cc")


def test_reply_carries_its_copies_and_a_note_none() -> None:
    reply = only(run(with_copies(desk()), "composer.send"), ef.Apply).change
    assert isinstance(reply, Reply)
    assert reply.cc == TWO
    note = only(run(with_copies(desk(mode=DraftMode.NOTE)), "composer.send"), ef.Apply).change
    assert isinstance(note, Note)
    chat = only(run(with_copies(desk(Channel.CHAT)), "composer.send"), ef.Apply).change
    assert isinstance(chat, Reply)
    assert chat.cc == ()


def with_copies(ctx: Context) -> Context:
    return replace(ctx, state=replace(ctx.state, drafts={T1: replace(ctx.state.drafts[T1], cc=TWO)}))


def test_copies_come_back_with_what_is_taken_back_and_stay_with_what_is_joined() -> None:
    item = make.outbox_item(1, change=Reply("Hello", cc=TWO[:1]))
    back = restored_draft(item, None)
    assert back is not None
    assert back.cc == TWO[:1]
    both = restored_draft(item, Draft(T1, body="more", cc=TWO[1:]))
    assert both is not None
    assert both.cc == TWO
    assert joined_drafts(Draft(T1, body="a", cc=TWO[1:]), Draft(T1, body="b", cc=TWO)).cc == (TWO[1], TWO[0])
    sent = Draft(T1, body="Hello", cc=TWO[:1])
    assert rest_of(sent, replace(sent, body="Hello and more", cc=TWO)).cc == TWO[1:]
    assert rest_of(sent, sent).is_empty


def test_copies_are_on_the_disk_before_a_word_is_written(tmp_path: Path) -> None:
    draft = Draft(T1, cc=TWO)
    assert not draft.is_empty
    ledger = Ledger(tmp_path)
    ledger.open()
    ledger.put_draft(AgentId("a1"), draft)
    ledger.close()
    again = Ledger(tmp_path)
    again.open()
    assert [one.cc for one in again.drafts(AgentId("a1"))] == [TWO]
    again.close()
