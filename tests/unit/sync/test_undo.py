"""What can be undone and brought back, and in which order."""

from supportdesk_tui.domain.changes import Assign, MarkRead, Reply, Tag, Undo
from supportdesk_tui.domain.ids import ChangeKey
from supportdesk_tui.store.events import UndoStackChanged
from supportdesk_tui.store.state import OutboxPhase
from supportdesk_tui.sync.undo import UndoStack
from tests import make

TAG = Tag(add=("vip",))


def stack_of(event: UndoStackChanged | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    assert event is not None
    return event.undo, event.redo


def test_done_change_can_be_undone_then_brought_back_once() -> None:
    stack = UndoStack(20)
    assert stack_of(stack.moved(make.outbox_item(1, OutboxPhase.SENT, change=TAG), can_undo=True)) == (("k1",), ())
    undone = stack.moved(make.outbox_item(2, OutboxPhase.SENT, change=Undo(ChangeKey("k1"))), can_undo=True)
    assert stack_of(undone) == ((), ("k2",))
    assert stack.again(ChangeKey("k2")) == (("t1",), TAG)
    assert stack_of(stack.asked(TAG, ChangeKey("k2"))) == ((), ())
    assert stack.again(ChangeKey("k2")) is None


def test_something_new_leaves_nothing_to_bring_back() -> None:
    stack = UndoStack(20)
    stack.moved(make.outbox_item(1, OutboxPhase.SENT, change=TAG), can_undo=True)
    stack.moved(make.outbox_item(2, OutboxPhase.SENT, change=Undo(ChangeKey("k1"))), can_undo=True)
    assert stack.asked(MarkRead(), None) is None
    assert stack_of(stack.asked(Assign(None), None)) == ((), ())


def test_words_can_be_taken_back_only_until_they_are_sent() -> None:
    stack = UndoStack(20)
    assert stack_of(stack.moved(make.outbox_item(1, OutboxPhase.HELD, change=Reply("x")), can_undo=True)) == (("k1",), ())
    assert stack.moved(make.outbox_item(1, OutboxPhase.SENDING, change=Reply("x")), can_undo=True) is None
    assert stack_of(stack.moved(make.outbox_item(1, OutboxPhase.SENT, change=Reply("x")), can_undo=True)) == ((), ())


def test_change_on_its_way_is_what_is_taken_back_next_and_not_the_one_before() -> None:
    stack = UndoStack(20)
    stack.moved(make.outbox_item(1, OutboxPhase.SENT, change=TAG), can_undo=True)
    stack.moved(make.outbox_item(2, OutboxPhase.QUEUED, change=TAG), can_undo=True)
    for phase in (OutboxPhase.SENDING, OutboxPhase.UNKNOWN, OutboxPhase.SENDING, OutboxPhase.SENT):
        assert stack.moved(make.outbox_item(2, phase, change=TAG), can_undo=True) is None
    assert stack_of(stack.asked_back(ChangeKey("k2"))) == (("k1",), ())


def test_taken_back_or_refused_change_leaves_the_stack() -> None:
    stack = UndoStack(20)
    stack.moved(make.outbox_item(1, OutboxPhase.QUEUED, change=TAG), can_undo=True)
    assert stack_of(stack.dropped(ChangeKey("k1"))) == ((), ())
    stack.moved(make.outbox_item(2, OutboxPhase.QUEUED, change=TAG), can_undo=True)
    assert stack_of(stack.moved(make.outbox_item(2, OutboxPhase.REFUSED, change=TAG), can_undo=True)) == ((), ())


def test_done_change_stays_undoable_after_it_is_forgotten_in_the_outbox() -> None:
    stack = UndoStack(20)
    stack.moved(make.outbox_item(1, OutboxPhase.SENT, change=TAG), can_undo=True)
    assert stack.dropped(ChangeKey("k1")) is None


def test_backend_without_undo_and_marks_offer_nothing() -> None:
    stack = UndoStack(20)
    assert stack.moved(make.outbox_item(1, OutboxPhase.SENT, change=TAG), can_undo=False) is None
    assert stack.moved(make.outbox_item(2, OutboxPhase.SENT, change=MarkRead()), can_undo=True) is None


def test_oldest_undo_is_forgotten_first() -> None:
    stack = UndoStack(20)
    for n in range(30):
        last = stack.moved(make.outbox_item(n, OutboxPhase.SENT, change=TAG), can_undo=True)
    undo, _ = stack_of(last)
    assert (len(undo), undo[0], undo[-1]) == (20, "k10", "k29")
