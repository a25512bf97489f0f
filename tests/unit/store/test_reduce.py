"""What events do to the state."""

import typing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, ChangeKey, Cursor, TicketId
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.reduce import HANDLERS, reduce
from supportdesk_tui.store.state import (
    DeskState,
    Draft,
    DraftMode,
    Failed,
    Level,
    LinkPhase,
    Loaded,
    Menu,
    Notice,
    OutboxPhase,
    Pane,
    value_of,
)
from supportdesk_tui.store.store import Store
from supportdesk_tui.store.views import bottom_view, composer_view, conversation_view, customer_view, queue_view, top_view
from tests.make import ME, NOW, agent, directory, entry, outbox_item, session, summary, ticket, view

T1 = TicketId("t1")


def after(*events: ev.Event, state: DeskState | None = None) -> DeskState:
    state = state or DeskState()
    for event in events:
        state = reduce(state, event)
    return state


def loaded(count: int = 5, total: int = 5, start: int = 0, **changes: object) -> ev.QueueLoaded:
    rows = tuple(summary(n) for n in range(start + 1, start + count + 1))
    event = ev.QueueLoaded(QueueQuery(), "", total, start, rows, NOW)
    return replace(event, **changes)


def opened(*entries: ev.Event) -> DeskState:
    return after(
        ev.SignedIn(session(), directory()),
        loaded(),
        ev.TicketOpened(T1),
        ev.TicketLoaded(ticket(1), NOW),
        ev.EntriesLoaded(T1, (entry(1), entry(2)), Cursor("1"), NOW),
        *entries,
    )


def test_every_event_has_exactly_one_handler() -> None:
    assert set(HANDLERS) == set(typing.get_args(ev.Event))


def test_cursor_stays_on_its_ticket_when_rows_arrive_above_it() -> None:
    state = after(loaded(), ev.CursorMoved(2))
    assert state.queue.cursor == "t3"
    fresh = (summary(9), *(summary(n) for n in range(1, 6)))
    state = after(loaded(total=6, rows=fresh, cursor_index=3), state=state)
    assert (state.queue.cursor, state.queue.index) == ("t3", 3)


def test_cursor_keeps_its_place_when_its_ticket_leaves_the_list() -> None:
    state = after(loaded(), ev.CursorMoved(4), loaded(count=4, total=4))
    assert (state.queue.cursor, state.queue.index) == ("t4", 3)


def test_answer_to_an_older_query_is_dropped() -> None:
    state = after(loaded(), ev.QueueChosen(QueueQuery(sort=SortKey.UPDATED), None, "sort"))
    assert after(loaded(), state=state) is state
    assert after(ev.QueueFailed(QueueQuery(), "gone"), state=state) is state


def test_equal_rows_keep_their_identity_so_that_panes_redraw_nothing() -> None:
    state = after(loaded())
    assert after(loaded(), state=state).queue.rows is state.queue.rows


def test_failed_load_keeps_the_rows_and_says_why() -> None:
    state = after(loaded(), ev.QueueFailed(QueueQuery(), "cannot reach"))
    assert (len(state.queue.rows), state.queue.failed) == (5, "cannot reach")


def test_filtering_the_same_view_keeps_rows_until_the_answer() -> None:
    state = after(ev.ViewsLoaded((view(),)), ev.QueueChosen(QueueQuery(), view().id), loaded())
    state = after(ev.QueueChosen(QueueQuery(), view().id, filter="x"), state=state)
    assert state.queue.rows
    assert queue_view(state).shown.is_loading


def test_an_entry_that_comes_twice_is_shown_once() -> None:
    state = opened(ev.EntryArrived(summary(1), entry(3)), ev.EntryArrived(summary(1), entry(3)))
    assert [one.seq for one in conversation_view(state).entries] == [1, 2, 3]


def test_entries_are_in_server_order_whatever_order_they_come_in() -> None:
    state = opened(ev.EntryArrived(summary(1), entry(9)), ev.EntryArrived(summary(1), entry(4)))
    assert [one.seq for one in conversation_view(state).entries] == [1, 2, 4, 9]


def test_older_entries_go_before_and_end_the_wait() -> None:
    state = opened(ev.OlderAsked())
    assert state.conversation.is_loading_older
    state = after(ev.EntriesLoaded(T1, (entry(0),), None, NOW, is_older=True), state=state)
    assert [one.seq for one in conversation_view(state).entries] == [0, 1, 2]
    assert not conversation_view(state).has_older
    assert after(ev.OlderAsked(), state=state) is state


def test_cached_entries_never_replace_fresh_ones() -> None:
    state = opened()
    assert after(ev.EntriesLoaded(T1, (), None, NOW, is_cached=True), state=state) is state


def test_a_failed_part_keeps_what_was_there_and_says_so() -> None:
    state = opened(ev.LoadFailed(T1, "entries", "no answer"))
    shown = conversation_view(state)
    assert shown.shown.failed == "no answer"
    assert len(shown.entries) == 2
    state = opened(ev.LoadFailed(T1, "customer", "no answer"), ev.LoadFailed(T1, "ticket", "no answer"))
    assert isinstance(state.conversation.customer, Failed)
    assert value_of(state.conversation.detail) is not None


def test_an_older_summary_never_overwrites_a_newer_one() -> None:
    state = opened(ev.TicketUpdated(summary(1, version=5, unread=2)))
    assert state.queue.rows[0].unread == 2
    assert after(ev.TicketUpdated(summary(1, version=4, unread=9)), state=state).queue.rows[0].unread == 2


def test_presence_is_seen_and_ends() -> None:
    seen = ev.PresenceSeen(T1, AgentId("a2"), "Mei Lin", Activity.TYPING)
    state = opened(seen)
    assert composer_view(state).others == (("Mei Lin", Activity.TYPING),)
    assert after(seen, state=state) is state
    state = after(replace(seen, activity=Activity.GONE), state=state)
    assert state.presence == {}
    assert after(replace(seen, activity=Activity.GONE), state=state) is state


def test_my_own_presence_is_not_somebody_else() -> None:
    assert composer_view(opened(ev.PresenceSeen(T1, ME, "Li Wei", Activity.TYPING))).others == ()


def test_reply_of_a_colleague_while_writing_is_announced() -> None:
    state = opened(
        ev.ComposerToggled(True),
        ev.DraftChanged(Draft(T1, body="Hello", base_seq=2)),
        ev.EntryArrived(summary(1), entry(3, EntryKind.AGENT, "Done.", author_id=AgentId("a2"))),
        ev.EntryArrived(summary(1), entry(4, EntryKind.AGENT, "Mine.", author_id=ME)),
        ev.EntryArrived(summary(1), entry(5, EntryKind.SYSTEM)),
    )
    assert [one.seq for one in composer_view(state).arrived] == [3]


def test_an_empty_draft_is_dropped_when_the_composer_is_left() -> None:
    state = opened(ev.ComposerToggled(True), ev.DraftChanged(Draft(T1, DraftMode.NOTE)))
    assert state.draft(T1) is not None
    assert after(ev.ComposerToggled(False), state=state).draft(T1) is None


def test_a_written_draft_survives_leaving_and_opening_other_tickets() -> None:
    state = opened(ev.ComposerToggled(True), ev.DraftChanged(Draft(T1, body="half a")), ev.ComposerToggled(False))
    state = after(ev.TicketOpened(TicketId("t2")), ev.TicketClosed(), state=state)
    draft = state.draft(T1)
    assert draft is not None
    assert draft.body == "half a"
    assert queue_view(state).drafts == {T1}


def test_draft_saved_only_counts_for_the_text_that_was_saved() -> None:
    state = after(ev.DraftChanged(Draft(T1, body="ab", is_saved=False)), ev.DraftSaved(T1, "a"))
    assert not state.drafts[T1].is_saved
    state = after(ev.DraftSaved(T1, "ab"), state=state)
    assert state.drafts[T1].is_saved
    assert not after(ev.DraftUnsaved(T1, "disk full"), state=state).drafts[T1].is_saved


def test_a_loaded_draft_never_replaces_one_being_written() -> None:
    state = after(ev.DraftChanged(Draft(T1, body="new")), ev.DraftsLoaded((Draft(T1, body="old"),)))
    assert state.drafts[T1].body == "new"


def test_a_pending_reply_is_shown_until_its_entry_is_there() -> None:
    item = outbox_item(1, OutboxPhase.SENDING, attempts=1)
    state = opened(ev.OutboxChanged(item))
    assert conversation_view(state).pending == (item,)
    state = after(ev.OutboxChanged(replace(item, phase=OutboxPhase.SENT)), state=state)
    assert len(conversation_view(state).pending) == 1
    state = after(ev.EntryArrived(summary(1), entry(3, EntryKind.AGENT, key=ChangeKey("k1"))), state=state)
    assert conversation_view(state).pending == ()


def test_outbox_counts_tell_waiting_from_held_from_trouble() -> None:
    phases = (OutboxPhase.HELD, OutboxPhase.QUEUED, OutboxPhase.SENDING, OutboxPhase.REFUSED, OutboxPhase.UNKNOWN)
    state = after(*(ev.OutboxChanged(outbox_item(n, phase, held_until=NOW)) for n, phase in enumerate(phases)))
    top = top_view(state)
    assert (top.held, top.waiting, top.troubled) == (1, 2, 2)
    asks = after(ev.OutboxChanged(outbox_item(7, OutboxPhase.HELD, held_until=None)), state=state)
    assert (top_view(asks).held, top_view(asks).troubled) == (1, 3), "held without a time: only the agent can say"
    assert top_view(after(ev.OutboxDropped(ChangeKey("k0")), state=state)).held == 0


def test_settled_changes_do_not_pile_up_for_ever() -> None:
    state = after(*(ev.OutboxChanged(outbox_item(n, OutboxPhase.SENT)) for n in range(260)))
    assert len(state.outbox) == 200
    assert state.outbox[-1].key == "k259"


def test_an_agent_unknown_so_far_joins_the_directory() -> None:
    state = after(ev.SignedIn(session(), directory()), ev.AgentUpdated(agent(7)), ev.AgentUpdated(agent(1, load=9)))
    assert state.session.directory.agent(AgentId("a7")) is not None
    top = top_view(state)
    assert top.me is not None
    assert top.me.load == 9


def test_link_keeps_when_it_was_last_heard() -> None:
    state = after(ev.LinkChanged(LinkPhase.LIVE, heard_at=NOW), ev.LinkChanged(LinkPhase.LOST, reason="cut"))
    assert (state.link.heard_at, state.link.reason) == (NOW, "cut")


def test_tabs_have_number_keys_up_to_nine() -> None:
    state = after(ev.ViewsLoaded(tuple(view(f"v{n}") for n in range(11))))
    assert [tab.key for tab in top_view(state).tabs][8:] == ["9", "", ""]


def test_customer_arrives_for_the_open_ticket_only() -> None:
    state = opened()
    assert customer_view(state).shown.is_loading
    assert isinstance(state.conversation.entries, Loaded)


def test_menu_and_notice_stand_on_the_last_line() -> None:
    state = after(ev.MenuOpened(Menu("go", ())), ev.Told(Notice("done")))
    assert bottom_view(state).menu is not None
    state = after(ev.MenuClosed(), ev.Told(None), ev.FocusMoved(Pane.CUSTOMER), state=state)
    assert bottom_view(state) == bottom_view(after(ev.FocusMoved(Pane.CUSTOMER)))


def told(text: str, level: Level = Level.DONE, after_s: float = 0.0, *, is_alert: bool = False) -> ev.Told:
    return ev.Told(Notice(text, level, NOW + timedelta(seconds=after_s), is_alert=is_alert))


def lines(state: DeskState) -> list[str]:
    """What is told one after the other, each line taken away when it has been read."""
    read = []
    while (notice := state.view.notice) is not None:
        read.append(notice.text)
        state = after(ev.Told(None, NOW + timedelta(minutes=1)), state=state)
        assert state.view.notice is None or state.view.notice.at == NOW + timedelta(minutes=1), "told only now"
    return read


@pytest.mark.parametrize("outcome", [Level.DONE, Level.WARN, Level.ERROR])
def test_an_alert_is_told_after_the_outcome_that_stands_there_and_never_over_it(outcome: Level) -> None:
    state = after(told("refused", outcome), told("given to you", Level.WARN, 60, is_alert=True))
    assert lines(state) == ["refused", "given to you"]


def test_an_alert_that_what_is_done_next_talks_over_is_told_again_unless_it_was_there_long_enough() -> None:
    alert = told("given to you", Level.WARN, is_alert=True)
    assert lines(after(alert, told("taking it", Level.INFO, 1))) == ["taking it", "given to you"]
    assert lines(after(alert, told("taken", after_s=1))) == ["taken", "given to you"]
    assert lines(after(alert, told("taken", after_s=9))) == ["taken"]


def test_of_what_waits_to_be_told_each_line_is_kept_once_and_the_newest_nine() -> None:
    alerts = [told(f"alert {n}", Level.WARN, n, is_alert=True) for n in (*range(12), 11)]
    assert lines(after(told("done"), *alerts)) == ["done", *(f"alert {n}" for n in range(3, 12))]


EVENTS = st.sampled_from(
    [
        ev.SignedIn(session(), directory()),
        ev.LinkChanged(LinkPhase.LIVE, NOW),
        ev.ViewsLoaded((view(),)),
        ev.QueueChosen(QueueQuery(), None),
        loaded(),
        loaded(count=0, total=0),
        loaded(count=2, total=90, start=40),
        ev.CursorMoved(0),
        ev.CursorMoved(70),
        ev.SelectionChanged(frozenset({T1})),
        ev.TicketOpened(T1),
        ev.TicketOpened(TicketId("t2"), peek=True),
        ev.TicketClosed(),
        ev.TicketLoaded(ticket(1), NOW),
        ev.EntriesLoaded(T1, (entry(1),), None, NOW),
        ev.EntriesLoaded(T1, (), None, NOW, is_cached=True),
        ev.OlderAsked(),
        ev.LoadFailed(T1, "entries", "x"),
        ev.LoadFailed(T1, "ticket", "x"),
        ev.EntryArrived(summary(1, version=2), entry(2)),
        ev.PresenceSeen(T1, AgentId("a2"), "Mei", Activity.VIEWING),
        ev.DraftChanged(Draft(T1, body="x")),
        ev.DraftChanged(Draft(T1)),
        ev.OutboxChanged(outbox_item()),
        ev.OutboxLoaded((outbox_item(2),)),
        ev.UndoStackChanged((ChangeKey("k"),), ()),
        ev.MacroUsed("wp"),
        ev.ArticlesAsked("a"),
        ev.ArticlesLoaded("a", (), NOW),
        ev.ComposerToggled(True),
        ev.ComposerToggled(False),
        ev.CustomerToggled(False),
        ev.CustomerSlid(True),
        ev.ClockToggled(),
        ev.MenuClosed(),
    ]
)


@given(st.lists(EVENTS, max_size=25))
def test_no_order_of_events_breaks_the_state_or_a_view(events: list[ev.Event]) -> None:
    state = after(*events)
    queue = state.queue
    assert 0 <= queue.index <= max(0, queue.total - 1)
    if queue.start <= queue.index < queue.start + len(queue.rows):
        assert queue.cursor == queue.rows[queue.index - queue.start].id
    for make in (top_view, queue_view, conversation_view, customer_view, composer_view, bottom_view):
        make(state)


def test_subscribers_hear_once_and_only_of_changes() -> None:
    store = Store()
    heard: list[DeskState] = []
    end = store.subscribe(heard.append)
    store.dispatch(ev.CursorMoved(0))
    assert heard == []
    store.dispatch(loaded(), ev.CursorMoved(2))
    assert [state.queue.index for state in heard] == [2]
    end()
    store.dispatch(ev.CursorMoved(3))
    assert len(heard) == 1


def test_dispatch_from_a_subscriber_is_refused() -> None:
    store = Store()
    store.subscribe(lambda _: store.dispatch(ev.MacroUsed("again")))
    with pytest.raises(RuntimeError):
        store.dispatch(ev.MacroUsed("wp"))
