"""What a view is made of decides whether it is drawn: nothing it shows may change behind its slices."""

from collections.abc import Callable

import pytest

from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.reduce import reduce
from supportdesk_tui.store.slices import composer_slices, conversation_slices, customer_slices, queue_slices, top_slices
from supportdesk_tui.store.state import DeskState, Draft, LinkPhase, Notice, OutboxPhase, Pane
from supportdesk_tui.store.views import composer_view, conversation_view, customer_view, queue_view, top_view
from tests.make import NOW, directory, entry, outbox_item, session, summary, ticket, view

T1 = TicketId("t1")
ROWS = tuple(summary(n) for n in range(1, 6))
SHIFT: tuple[ev.Event, ...] = (
    ev.SignedIn(session(), directory()),
    ev.ViewsLoaded((view(),)),
    ev.QueueChosen(QueueQuery(), None),
    ev.QueueLoaded(QueueQuery(), "", 5, 0, ROWS, NOW, cursor_index=0),
    ev.LinkChanged(LinkPhase.LIVE, NOW),
    ev.CursorMoved(1),
    ev.TicketOpened(T1, peek=False),
    ev.TicketLoaded(ticket(1), NOW, is_cached=True),
    ev.EntriesLoaded(T1, (entry(1), entry(2)), None, NOW, is_cached=True),
    ev.CursorMoved(2),
    ev.EntriesLoaded(T1, (entry(1), entry(2)), None, NOW),
    ev.ComposerToggled(True),
    ev.DraftChanged(Draft(T1, body="Hello", is_saved=False)),
    ev.DraftSaved(T1, "Hello"),
    ev.DraftUnsaved(T1, "disk full"),
    ev.PresenceSeen(T1, AgentId("a9"), "Mei Lin", Activity.TYPING),
    ev.EntryArrived(summary(1, version=2), entry(3)),
    ev.TicketUpdated(summary(3, version=5, unread=2)),
    ev.OutboxChanged(outbox_item(1, OutboxPhase.HELD)),
    ev.Told(Notice("Taken")),
    ev.FocusMoved(Pane.QUEUE),
    ev.CursorMoved(3),
    ev.LoadFailed(T1, "customer", "no line"),
    ev.SelectionChanged(frozenset({T1})),
    ev.LinkChanged(LinkPhase.LOST, NOW, "gone"),
    ev.ComposerToggled(False),
    ev.TicketClosed(),
)


def focus_free(view_of: Callable[[DeskState], object]) -> Callable[[DeskState], object]:
    """A view with the focus left out, which the desk looks at by itself."""

    def shown(state: DeskState) -> object:
        return view_of(reduce(state, ev.FocusMoved(Pane.QUEUE)))

    return shown


@pytest.mark.parametrize(
    ("slices", "view_of"),
    [
        (top_slices, top_view),
        (queue_slices, queue_view),
        (conversation_slices, conversation_view),
        (customer_slices, customer_view),
        (composer_slices, composer_view),
    ],
)
def test_a_view_is_the_same_as_long_as_its_slices_are(
    slices: Callable[[DeskState], tuple[object, ...]], view_of: Callable[[DeskState], object]
) -> None:
    state, spared = DeskState(), 0
    for event in SHIFT:
        later = reduce(state, event)
        before, after = slices(state), slices(later)
        is_same = len(before) == len(after) and all(old is new for old, new in zip(before, after, strict=True))
        if is_same and before != (False,):
            spared += 1
            assert focus_free(view_of)(state) == focus_free(view_of)(later), event
        state = later
    assert spared


def test_moving_the_cursor_touches_the_queue_alone() -> None:
    state = DeskState()
    for event in SHIFT[:13]:
        state = reduce(state, event)
    later = reduce(state, ev.CursorMoved(4))
    for slices in (top_slices, conversation_slices, customer_slices, composer_slices):
        assert all(old is new for old, new in zip(slices(state), slices(later), strict=True))
    assert queue_slices(state) != queue_slices(later)
