"""Moving in the queue, choosing what it shows, selecting."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.queue import PLACES
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import MarkRead
from supportdesk_tui.domain.ids import TicketId, ViewId
from supportdesk_tui.domain.queue import EVERY_TICKET, Owner, QueueQuery, SortKey
from supportdesk_tui.store.events import CursorMoved, QueueChosen, SelectionChanged, TicketClosed, TicketOpened
from supportdesk_tui.store.state import Level, Pane
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.unit.commands.desk import NOW, after, context, events, has, lacking, only, reason, run, with_conversation, with_queue


@pytest.mark.parametrize(
    ("command", "args", "index"),
    [
        ("queue.down", (), 1),
        ("queue.last", (), 2),
        ("queue.page_down", (), 2),
        ("queue.move", ("2",), 2),
        ("queue.at", ("1",), 1),
    ],
)
def test_motion_moves_the_cursor_within_the_list(command: str, args: tuple[str, ...], index: int) -> None:
    ctx = context()
    assert CursorMoved(index) in events(run(ctx, command, *args))
    assert after(ctx, run(ctx, command, *args)).state.queue.index == index


@pytest.mark.parametrize("command", ["queue.up", "queue.first", "queue.page_up"])
def test_at_the_top_nothing_moves(command: str) -> None:
    assert run(context(), command) == []
    assert CursorMoved(0) in events(run(with_queue(context(), index=2), command)) or command == "queue.up"


def test_motion_is_off_in_an_empty_queue() -> None:
    empty = with_queue(context(), rows=(), total=0, cursor=None)
    assert reason(empty, "queue.down") == "The queue is empty"
    assert run(empty, "queue.down") == []


@pytest.mark.parametrize("why", [{"is_loading": True}, {"failed": "no answer"}])
def test_a_queue_that_is_not_read_is_not_called_empty(why: dict[str, Any]) -> None:
    assert reason(with_queue(context(), rows=(), total=0, cursor=None, **why), "queue.down") == "The list is not here yet"


def test_rows_that_are_not_loaded_are_asked_for() -> None:
    ctx = with_queue(context(), total=100_000)
    load = only(run(ctx, "queue.last"), ef.Load)
    assert (load.kind, load.cursor) == (ef.LoadKind.QUEUE, 99_999)


def test_rows_before_the_window_are_asked_for_too() -> None:
    ctx = with_queue(context(), total=500, start=100, index=101)
    assert only(run(ctx, "queue.up"), ef.Load).cursor == 100


def test_opening_shows_the_ticket_tells_others_and_marks_it_read() -> None:
    row = make.summary(1, unread=2)
    effects = run(with_queue(context(), rows=(row,)), "queue.open")
    assert TicketOpened(row.id) in events(effects)
    assert only(effects, ef.Load) == ef.Load(ef.LoadKind.TICKET, row.id)
    assert only(effects, ef.Attend).activity == "viewing"
    assert only(effects, ef.Apply) == ef.Apply((row.id,), MarkRead())


def test_opening_what_is_read_writes_nothing() -> None:
    row = make.summary(1, unread=0)
    assert not has(run(with_queue(context(), rows=(row,)), "queue.open"), ef.Apply)


def test_opening_marks_nothing_where_the_backend_has_no_read_mark() -> None:
    ctx = with_queue(lacking(context(), Capability.READ_MARK, "backend"), rows=(make.summary(1, unread=1),))
    assert not has(run(ctx, "queue.open"), ef.Apply)


def test_a_named_ticket_is_opened_from_outside_the_list() -> None:
    assert TicketOpened(TicketId("t77")) in events(run(context(), "queue.open", "t77"))


def test_nothing_is_opened_without_a_cursor() -> None:
    assert run(with_queue(context(), cursor=None), "queue.open") == []
    assert run(with_queue(context(), cursor=None), "queue.peek") == []
    assert run(with_queue(context(), cursor=None), "queue.select") == []


@pytest.mark.parametrize(("command", "pane"), [("queue.open", Pane.CONVERSATION), ("queue.peek", Pane.QUEUE)])
def test_another_ticket_is_not_met_by_an_open_composer_nobody_opened_for_it(command: str, pane: Pane) -> None:
    ctx = context(opened=1)
    view = replace(ctx.state.view, composer_open=True, focus=Pane.QUEUE)
    ctx = with_queue(replace(ctx, state=replace(ctx.state, view=view)), cursor=TicketId("t2"), index=1)
    then = after(ctx, run(ctx, command)).state
    assert (then.conversation.ticket, then.view.composer_open, then.view.focus) == (TicketId("t2"), False, pane)


def test_peeking_neither_claims_nor_marks_read_and_ends_with_the_same_key() -> None:
    ctx = with_queue(context(), rows=(make.summary(1, unread=3),))
    effects = run(ctx, "queue.peek")
    assert TicketOpened(TicketId("t1"), peek=True) in events(effects)
    assert not has(effects, ef.Apply)
    assert not has(effects, ef.Attend)
    assert events(run(after(ctx, effects), "queue.peek")) == [TicketClosed()]


def test_peeking_at_the_open_ticket_changes_nothing() -> None:
    assert run(context(opened=1), "queue.peek") == []


def test_next_ticket_opens_the_one_after_the_open_one() -> None:
    effects = run(context(Pane.CONVERSATION, opened=1), "ticket.next")
    assert CursorMoved(1) in events(effects)
    assert TicketOpened(TicketId("t2")) in events(effects)


def test_previous_ticket_opens_the_one_before() -> None:
    assert TicketOpened(TicketId("t1")) in events(run(context(Pane.CONVERSATION, opened=2), "ticket.previous"))


def test_the_last_ticket_has_no_next_and_says_so() -> None:
    assert only(run(context(Pane.CONVERSATION, opened=3), "ticket.next"), ef.Tell).text == "That was the last one"
    assert only(run(context(Pane.CONVERSATION, opened=1), "ticket.previous"), ef.Tell).text == "That was the first one"


def test_next_ticket_after_the_open_one_has_left_the_list_is_the_one_in_its_place() -> None:
    ctx = with_conversation(context(Pane.CONVERSATION, opened=1), ticket=TicketId("t99"))
    assert TicketOpened(TicketId("t1")) in events(run(ctx, "ticket.next"))


def test_next_ticket_beyond_the_window_goes_back_to_the_queue_while_it_loads() -> None:
    ctx = with_queue(context(Pane.CONVERSATION, opened=3), total=50)
    effects = run(ctx, "ticket.next")
    assert only(effects, ef.Load).cursor == 3
    assert not [event for event in events(effects) if isinstance(event, TicketOpened)]


def test_next_best_opens_what_matters_most_and_says_why() -> None:
    late = replace(make.summary(3).clock, due_at=NOW - timedelta(minutes=4))
    ctx = with_queue(context(), rows=(make.summary(1), make.summary(2), make.summary(3, clock=late)))
    effects = run(ctx, "ticket.next_best")
    assert TicketOpened(TicketId("t3")) in events(effects)
    assert "4m late" in dict(only(effects, ef.Tell).values)["why"]


def test_next_best_says_when_nothing_waits() -> None:
    assert only(run(with_queue(context(), rows=()), "ticket.next_best"), ef.Tell).text == "Nothing here waits for you"


# --- views, search, filter


def test_a_view_is_chosen_by_its_number() -> None:
    effects = run(context(), "queue.view_2")
    chosen = next(event for event in events(effects) if isinstance(event, QueueChosen))
    assert chosen.view == ViewId("unassigned")
    assert only(effects, ef.Load).kind is ef.LoadKind.QUEUE


def test_a_number_without_a_view_says_how_many_there_are() -> None:
    told = only(run(context(), "queue.view_9"), ef.Tell)
    assert (told.level, told.values) == (Level.WARN, (("count", "2"),))


@pytest.mark.parametrize(("command", "view"), [("queue.next_view", "unassigned"), ("queue.previous_view", "unassigned")])
def test_views_go_round(command: str, view: str) -> None:
    (chosen,) = [event for event in events(run(context(), command)) if isinstance(event, QueueChosen)]
    assert chosen.view == view


def test_without_a_view_the_first_one_is_next() -> None:
    (chosen,) = [
        event for event in events(run(with_queue(context(), view=None), "queue.next_view")) if isinstance(event, QueueChosen)
    ]
    assert chosen.view == "mine"
    assert run(with_queue(context(), views=()), "queue.next_view") == []


VIEWS = {
    "mine": "owner:me phase:new,open,pending,on_hold",
    "unassigned": "owner:nobody phase:new,open",
    "team": "team:mine phase:new,open,pending,on_hold",
    "risk": "sla:<30m phase:new,open,on_hold",
    "promises": "is:promised",
    "waiting": "phase:pending",
    "chats": "channel:chat phase:new,open",
    "snoozed": "phase:snoozed",
    "all": "phase:new,open,pending,on_hold",
}
"""The views of the embedded server."""


@pytest.mark.parametrize("place", [place for place in PLACES if place != "watched"])
def test_go_finds_the_backends_own_view(place: str) -> None:
    views = tuple(make.view(name, query=grammar.parse(q).query, title=sanitize_line(name)) for name, q in VIEWS.items())
    (chosen,) = [
        event for event in events(run(with_queue(context(), views=views), "queue.go", place)) if isinstance(event, QueueChosen)
    ]
    assert chosen.view == place


def test_go_asks_for_itself_where_the_backend_has_no_such_view() -> None:
    (chosen,) = [event for event in events(run(context(), "queue.go", "watched")) if isinstance(event, QueueChosen)]
    assert chosen.view is None
    assert chosen.search == "is:watched"
    assert chosen.query.watched


def test_search_shows_what_was_searched_for() -> None:
    assert only(run(with_queue(context(), search="vip"), "queue.search"), ef.Prompt).value == "vip"
    assert only(run(context(), "queue.search", "refund"), ef.Prompt).value == "refund"


def test_a_search_line_becomes_a_query_with_its_problems() -> None:
    effects = run(context(), "queue.search_run", "owner:nobody chanel:chat -x refund")
    chosen = next(event for event in events(effects) if isinstance(event, QueueChosen))
    assert (chosen.query.owner, chosen.query.text, chosen.view) == (Owner.NOBODY, "refund", None)
    assert chosen.problems == ("chanel:chat: no such key → channel", "-x: cannot be turned round")
    assert only(effects, ef.Load).kind is ef.LoadKind.SEARCH


@pytest.mark.parametrize("line", ["HX-260817-004213", "#42"])
def test_a_case_number_is_opened_rather_than_searched(line: str) -> None:
    assert run(context(), "queue.search_run", line) == [ef.Load(ef.LoadKind.NUMBER, text=line.lstrip("#"))]


def test_an_empty_search_goes_back_to_the_first_view() -> None:
    (chosen,) = [event for event in events(run(context(), "queue.search_run", " ")) if isinstance(event, QueueChosen)]
    assert chosen.view == "mine"
    assert run(with_queue(context(), views=()), "queue.search_run") == []


def test_the_filter_narrows_while_typing_and_starts_with_a_chinese_character() -> None:
    effects = run(context(), "queue.filter", "张")
    prompt = only(effects, ef.Prompt)
    assert (prompt.value, prompt.live, prompt.command) == ("张", True, "queue.filter_set")
    assert after(context(), effects).state.queue.filter == "张"
    assert not events(run(context(), "queue.filter"))


def test_the_same_filter_again_loads_nothing() -> None:
    assert run(with_queue(context(), filter="x"), "queue.filter_set", "x") == []
    assert run(context(), "queue.filter_clear") == []


def test_sorting_keeps_view_and_filter() -> None:
    ctx = with_queue(context(), filter="vip")
    state = after(ctx, run(ctx, "queue.sort", "priority")).state.queue
    assert (state.query.sort, state.filter, state.view) == (SortKey.PRIORITY, "vip", "mine")


def test_back_undoes_the_nearest_narrowing_first() -> None:
    ctx = with_queue(context(selection=frozenset({TicketId("t1")})), filter="x", search="y")
    ctx = after(ctx, run(ctx, "queue.peek"))
    ctx = after(ctx, run(ctx, "queue.back"))
    assert ctx.state.conversation.ticket is None
    assert ctx.state.selection
    ctx = after(ctx, run(ctx, "queue.back"))
    assert not ctx.state.selection
    ctx = after(ctx, run(ctx, "queue.back"))
    assert not ctx.state.queue.filter
    ctx = after(ctx, run(ctx, "queue.back"))
    assert (ctx.state.queue.search, ctx.state.queue.view) == ("", "mine")
    assert run(ctx, "queue.back") == []


# --- the full width


@pytest.mark.parametrize("pane", [Pane.QUEUE, Pane.CONVERSATION, Pane.CUSTOMER, Pane.COMPOSER])
@pytest.mark.parametrize("panes", [2, 3])
def test_the_list_takes_the_full_width_with_the_focus_and_gives_it_back(pane: Pane, panes: int) -> None:
    before = replace(context(pane, opened=1), panes=panes)
    over = after(before, run(before, "queue.wide"))
    assert over.state.view.queue_wide
    assert over.focus is Pane.QUEUE
    for command in ("queue.wide", "queue.back"):
        back = after(over, run(over, command))
        assert not back.state.view.queue_wide
        assert back.focus is Pane.QUEUE
        assert back.state.conversation.ticket == before.state.conversation.ticket


def test_what_is_shown_in_the_wide_list_may_change_without_an_end_to_it() -> None:
    over = after(context(), run(context(), "queue.wide"))
    for command, args in (("queue.down", ()), ("queue.view_2", ()), ("queue.at", ("2",)), ("queue.search_run", ("tag:vip",))):
        assert after(over, run(over, command, *args)).state.view.queue_wide, command


@pytest.mark.parametrize("command", ["queue.open", "queue.peek", "ticket.next", "ticket.reply", "ticket.note", "pane.tab"])
def test_a_ticket_that_is_opened_ends_the_wide_list(command: str) -> None:
    wide = context(opened=1) if command in {"pane.tab", "ticket.reply", "ticket.note"} else context()
    over = after(wide, run(wide, "queue.wide"))
    opened = after(over, run(over, command))
    assert opened.state.conversation.ticket
    assert not opened.state.view.queue_wide
    assert not after(opened, run(opened, "pane.focus", "queue")).state.view.queue_wide, "it was not asked for again"


def test_peeking_from_the_wide_list_at_the_open_ticket_shows_it() -> None:
    ctx = context(opened=1)
    over = after(ctx, run(ctx, "queue.wide"))
    shown = after(over, run(over, "queue.peek"))
    assert not shown.state.view.queue_wide
    assert shown.state.conversation.ticket == ctx.state.conversation.ticket


@pytest.mark.parametrize("panes", [2, 3])
def test_the_customer_asked_for_from_the_wide_list_is_shown(panes: int) -> None:
    before = replace(context(opened=1), panes=panes)
    over = after(before, run(before, "queue.wide"))
    there = after(over, run(over, "customer.toggle"))
    assert not there.state.view.queue_wide
    assert there.state.view.customer_shown
    assert there.focus is (Pane.CUSTOMER if panes == 2 else Pane.QUEUE)


def test_back_leaves_the_full_width_before_anything_of_the_list_is_lost() -> None:
    ctx = context()
    ctx = replace(ctx, state=replace(ctx.state, selection=frozenset({TicketId("t1")})))
    over = after(ctx, run(ctx, "queue.wide"))
    back = after(over, run(over, "queue.back"))
    assert back.state.selection == frozenset({TicketId("t1")})
    assert after(back, run(back, "queue.back")).state.selection == frozenset()
    narrowed = replace(over, panes=1)
    assert after(narrowed, run(narrowed, "queue.back")).state.selection == frozenset(), "the window was made smaller"


def test_where_only_the_list_is_shown_it_is_wide_already() -> None:
    assert reason(replace(context(), panes=1), "queue.wide") == "The list has the full width here"
    assert not reason(context(), "queue.wide")


# --- selection


def test_select_marks_and_unmarks() -> None:
    ctx = context()
    ctx = after(ctx, run(ctx, "queue.select"))
    assert ctx.state.selection == {"t1"}
    assert after(ctx, run(ctx, "queue.select")).state.selection == frozenset()


def test_a_range_reaches_from_the_last_mark_to_the_cursor() -> None:
    ctx = context()
    ctx = after(ctx, run(ctx, "queue.select"))
    ctx = with_queue(ctx, cursor=TicketId("t3"), index=2)
    assert after(ctx, run(ctx, "queue.select_range")).state.selection == {"t1", "t2", "t3"}


def test_a_range_without_a_mark_is_one_row_and_without_a_row_nothing() -> None:
    assert events(run(context(), "queue.select_range")) == [SelectionChanged(frozenset({TicketId("t1")}), TicketId("t1"))]
    assert run(with_queue(context(), cursor=None), "queue.select_range") == []


def test_all_none_and_others() -> None:
    ctx = context(selection=frozenset({TicketId("t1")}))
    assert only(run(ctx, "queue.select_all"), ef.Load).kind is ef.LoadKind.SELECT_ALL
    assert after(ctx, run(ctx, "queue.select_none")).state.selection == frozenset()
    assert after(ctx, run(ctx, "queue.select_invert")).state.selection == {"t2", "t3"}


def test_places_are_all_different() -> None:
    assert len({repr(query) for query in PLACES.values()}) == len(PLACES)
    assert QueueQuery() == EVERY_TICKET


def test_a_list_that_was_scrolled_asks_for_the_rows_there() -> None:
    assert run(context(), "queue.rows", "400") == [ef.Load(ef.LoadKind.QUEUE, cursor=400)]
