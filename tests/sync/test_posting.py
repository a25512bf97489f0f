"""Sending, typing and taking back faster than the disk answers: nothing is doubled, dropped or done to something else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from supportdesk_tui import failpoints
from supportdesk_tui.commands.effects import Apply, TakeBack
from supportdesk_tui.domain.changes import Note, Reply, SetStatus, Tag, Undo
from supportdesk_tui.domain.feed import TicketChanged
from supportdesk_tui.domain.ids import AgentId, AttachmentId, FeedMark, TicketId
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import Draft, DraftMode, OutboxItem, OutboxPhase
from supportdesk_tui.sync.common import Options
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.sync.desk import Desk, desk
from tests.sync.fake import FakeBackend, FakeServer, until

T1 = TicketId("t1")
SLOW = "outbox.before_put=sleep:0.05"
HELD = Options(hold_s=60)
"""Longer than any machine needs for what is done in a hold."""


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk without a network whose disk takes its time."""
    with failpoints.armed(SLOW):
        async with desk(tmp_path, None, HELD) as desk_:
            desk_.engine.outbox.load(make.ME)
            yield desk_


def write(one: Desk, body: str, mode: DraftMode = DraftMode.REPLY) -> None:
    """What stands in the composer now."""
    one.store.dispatch(DraftChanged(Draft(T1, mode, body, is_saved=False)))


def send(one: Desk, *, hold: bool = False) -> None:
    """What Ctrl+D does with what stands there."""
    draft = one.state.draft(T1)
    assert draft is not None
    files = tuple(one for one, _ in draft.attachments)
    kind = Note if draft.mode is DraftMode.NOTE else Reply
    one.engine.perform(Apply((T1,), kind(draft.body, draft.then, files), hold=hold, clears_draft=T1))


async def rest(one: Desk) -> list[tuple[str, str]]:
    """Everything that was begun is on the disk: kinds and words in the order they will be sent."""
    await until(lambda: one.engine.busy == 0)
    return [said(item) for item in one.engine.outbox.book.items]


def said(item: OutboxItem) -> tuple[str, str]:
    words = item.change.body if isinstance(item.change, Reply | Note) else ""
    return type(item.change).__name__, words


async def test_another_text_sent_while_the_first_is_written_down_goes_after_it(one: Desk) -> None:
    write(one, "First.")
    send(one)
    write(one, "Second, quite another.")
    send(one)
    write(one, "For colleagues", DraftMode.NOTE)
    send(one)
    assert await rest(one) == [("Reply", "First."), ("Reply", "Second, quite another."), ("Note", "For colleagues")]
    assert one.state.draft(T1) is None


async def test_what_is_typed_behind_a_text_that_is_written_down_is_sent_without_it(one: Desk) -> None:
    for body in ("First.", "First.\nSecond.", "First.\nSecond. Third."):
        write(one, body)
        send(one)
    write(one, "First.\nSecond. Third. And more")
    assert await rest(one) == [("Reply", "First."), ("Reply", "Second."), ("Reply", "Third.")]
    kept = one.state.draft(T1)
    assert kept is not None
    assert kept.body == "And more"


async def test_the_same_text_sent_twice_goes_once(one: Desk) -> None:
    write(one, "Once.")
    send(one)
    send(one)
    send(one)
    assert await rest(one) == [("Reply", "Once.")]
    assert one.state.draft(T1) is None


async def test_a_file_put_on_a_text_that_is_gone_stays_and_is_spoken_of(one: Desk) -> None:
    write(one, "See the file.")
    send(one)
    one.store.dispatch(DraftChanged(Draft(T1, body="See the file.", attachments=((AttachmentId("f1"), "log.txt"),))))
    send(one)
    assert await rest(one) == [("Reply", "See the file.")]
    kept = one.state.draft(T1)
    assert kept is not None
    assert (kept.body, kept.attachments) == ("", ((AttachmentId("f1"), "log.txt"),))
    assert one.state.view.notice is not None
    assert "sent a moment ago" in one.state.view.notice.text


async def test_what_is_typed_in_the_same_breath_as_sending_stays_a_draft(one: Desk) -> None:
    """Keys that came in one piece are all done before the sending job begins."""
    write(one, "First.")
    send(one)
    write(one, "First. And this")
    assert await rest(one) == [("Reply", "First.")]
    kept = one.state.draft(T1)
    assert kept is not None
    assert kept.body == "And this"


async def test_words_taken_back_before_a_text_that_is_just_being_sent_stay_and_that_text_goes_once(
    one: Desk, tmp_path: Path
) -> None:
    write(one, "First.")
    send(one, hold=True)
    await rest(one)
    write(one, "Second.")
    one.engine.perform(TakeBack(one.engine.outbox.book.items[0].key))
    send(one)
    await until(lambda: [said(item) for item in one.engine.outbox.book.items] == [("Reply", "Second.")])
    assert b'"body":"First."' in (tmp_path / "outbox" / "outbox-0.db").read_bytes()  # with the change, not some time later
    assert await rest(one) == [("Reply", "Second.")]
    draft = one.state.draft(T1)
    assert draft is not None
    assert draft.body == "First."


async def test_a_disk_that_refuses_the_first_lets_the_next_carry_all_of_it(one: Desk) -> None:
    with failpoints.armed("outbox.put_uncommitted=enospc@1"):
        write(one, "First.")
        send(one)
        write(one, "First. Second.")
        send(one)
        assert await rest(one) == [("Reply", "First. Second.")]
    assert one.state.draft(T1) is None


async def test_what_was_sent_last_is_what_z_takes_back_however_early_it_is_pressed(one: Desk) -> None:
    one.engine.perform(Apply((TicketId("t2"),), Tag(add=("vip",))))
    assert len(await rest(one)) == 1
    write(one, "Too quick")
    send(one, hold=True)
    first, second = one.state.undo_stack
    one.engine.perform(Apply((), Undo(second)))
    assert list(one.state.undo_stack) == [first], "the next z is for the one before"
    assert await rest(one) == [("Tag", "")]
    kept = one.state.draft(T1)
    assert kept is not None
    assert kept.body == "Too quick"
    one.engine.perform(TakeBack(first))
    assert list(one.state.undo_stack) == []
    assert await rest(one) == []


async def test_z_on_a_change_the_disk_refused_asks_the_server_nothing(one: Desk) -> None:
    with failpoints.armed("outbox.put_uncommitted=enospc@1"):
        one.engine.perform(Apply((T1,), SetStatus("solved")))
        one.engine.perform(Apply((), Undo(one.state.undo_stack[-1])))
        assert await rest(one) == []
    assert one.state.undo_stack == ()


async def test_a_change_the_disk_keeps_can_be_taken_back_later(one: Desk) -> None:
    write(one, "Held")
    send(one, hold=True)
    await rest(one)
    (key,) = one.state.undo_stack
    with failpoints.armed("outbox.drop_uncommitted=enospc@1"):
        one.engine.perform(TakeBack(key))
        assert await rest(one) == [("Reply", "Held")]
    assert one.state.undo_stack == (key,)


async def test_leaving_waits_for_what_was_sent_to_be_on_the_disk(tmp_path: Path) -> None:
    with failpoints.armed("outbox.before_put=sleep:0.2"):
        async with desk(tmp_path, None) as first:
            first.engine.outbox.load(make.ME)
            write(first, "Sent and gone home.")
            send(first)
    async with desk(tmp_path, None) as second:
        loaded = second.engine.outbox.load(make.ME)
        assert [said(item) for item in loaded.items] == [("Reply", "Sent and gone home.")]
        assert second.engine.drafts.load(make.ME).drafts == ()


async def test_what_is_sent_anew_keeps_its_place_before_what_was_written_after_it(one: Desk, tmp_path: Path) -> None:
    write(one, "First.")
    send(one, hold=True)
    await rest(one)
    waiting = one.engine.outbox.book.items[0]
    await one.engine.outbox.wait_for_word(waiting.key, "Ana wrote meanwhile")
    write(one, "Second.")
    send(one, hold=True)
    await rest(one)
    one.engine.perform(Apply((T1,), Reply("First, still true."), replaces=waiting.key))
    assert await rest(one) == [("Reply", "First, still true."), ("Reply", "Second.")]
    assert [item.phase for item in one.engine.outbox.book.items] == [OutboxPhase.QUEUED, OutboxPhase.HELD]
    one.engine.perform(Apply((T1,), Reply("First, a third time."), replaces=waiting.key))
    assert len(await rest(one)) == 2, "what does not wait any more is not replaced"
    await one.engine.stop()
    async with desk(tmp_path, None) as second:
        assert [said(item)[1] for item in second.engine.outbox.load(make.ME).items] == ["First, still true.", "Second."]


async def test_held_reply_stops_also_when_another_reading_told_of_the_takeover_before_the_feed(tmp_path: Path) -> None:
    backend = FakeBackend(FakeServer(tickets={T1: make.summary(1)}))

    async def connect() -> FakeBackend:
        return backend

    async with desk(tmp_path, connect, HELD) as one:
        await one.live()
        one.engine.perform(Apply((T1,), Reply("We look into it.", seen_owner=""), hold=True))
        await until(lambda: any(item.held_until for item in one.state.outbox))
        taken = make.summary(1, version=2, owner=AgentId("a9"), owner_name=sanitize_line("Mei Lin"))
        await one.common.cache.put_tickets([taken], None)
        backend.notices.put_nowait(TicketChanged(taken, FeedMark("5")))
        await until(lambda: all(item.held_until is None for item in one.state.outbox))
        assert [(item.phase, item.reason) for item in one.state.outbox] == [
            (OutboxPhase.HELD, "Mei Lin has the ticket now: your reply waits · ⟪ticket.reply⟫")
        ]
