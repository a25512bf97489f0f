"""What the state may not claim: nothing arrived is lost, nothing old is fresh, no complaint outlives its cause."""

from datetime import timedelta

from supportdesk_tui.domain.changes import MarkRead
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.reduce import reduce
from supportdesk_tui.store.state import DeskState, Failed, LinkPhase, OutboxPhase, value_of
from supportdesk_tui.store.views import conversation_view, top_view
from tests.make import NOW, entry, outbox_item, summary

T1 = TicketId("t1")


def after(*events: ev.Event) -> DeskState:
    """The state once these have happened."""
    state = DeskState()
    for event in events:
        state = reduce(state, event)
    return state


def test_entry_that_arrives_while_the_conversation_is_read_is_in_it_afterwards() -> None:
    page = ev.EntriesLoaded(T1, (entry(1), entry(2)), None, NOW)
    state = after(ev.TicketOpened(T1), ev.EntryArrived(summary(1), entry(3)), page)
    assert [one.seq for one in value_of(state.conversation.entries) or ()] == [1, 2, 3]


def test_entry_that_arrives_after_the_conversation_failed_is_shown_and_the_failure_still_told() -> None:
    state = after(ev.TicketOpened(T1), ev.LoadFailed(T1, "entries", "no line"), ev.EntryArrived(summary(1), entry(3)))
    assert isinstance(state.conversation.entries, Failed)
    view = conversation_view(state)
    assert ([one.seq for one in view.entries], view.shown.failed) == ([3], "no line")


def test_conversation_is_as_old_as_the_servers_last_word_once_the_line_is_lost() -> None:
    heard = NOW + timedelta(seconds=90)
    fresh = after(ev.TicketOpened(T1), ev.EntriesLoaded(T1, (entry(1),), None, NOW), ev.LinkChanged(LinkPhase.LIVE, heard))
    assert conversation_view(fresh).shown.as_of is None
    assert conversation_view(reduce(fresh, ev.LinkChanged(LinkPhase.LOST))).shown.as_of == heard


def test_complaint_about_the_search_line_stays_and_one_about_the_line_goes_with_it() -> None:
    query = QueueQuery(text="zanzibar")
    chosen = ev.QueueChosen(query, None, search="zanzibar nope:", problems=("nope: is no field",))
    lacking = ev.QueueLoaded(query, "", 0, 0, (), NOW, problems=("not connected",), is_partial=True)
    state = after(chosen, lacking)
    assert state.queue.problems == ("nope: is no field", "not connected")
    assert state.queue.is_loading
    state = reduce(state, ev.QueueLoaded(query, "", 0, 0, (), NOW))
    assert state.queue.problems == ("nope: is no field",)
    assert not state.queue.is_loading


def test_read_marks_are_not_counted_as_waiting() -> None:
    note, mark = outbox_item(1, OutboxPhase.QUEUED), outbox_item(2, OutboxPhase.QUEUED, change=MarkRead())
    assert top_view(after(ev.OutboxChanged(note), ev.OutboxChanged(mark))).waiting == 1
