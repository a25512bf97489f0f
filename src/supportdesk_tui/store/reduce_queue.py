"""What happens to the queue and the selection."""

from msgspec.structs import replace

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.handlers import Handlers
from supportdesk_tui.store.state import DeskState


def _views_loaded(state: DeskState, event: ev.ViewsLoaded) -> DeskState:
    bad_views = state.queue.bad_views if event.bad_items is None else event.bad_items
    if event.views == state.queue.views and bad_views == state.queue.bad_views:
        return state
    return replace(state, queue=replace(state.queue, views=event.views, bad_views=bad_views))


def _queue_chosen(state: DeskState, event: ev.QueueChosen) -> DeskState:
    same_list = event.view == state.queue.view and event.view is not None
    queue = replace(
        state.queue,
        view=event.view,
        query=event.query,
        search=event.search,
        filter=event.filter,
        misread=event.problems,
        problems=event.problems,
        is_loading=True,
        failed="",
    )
    if not same_list:
        queue = replace(queue, rows=(), start=0, total=0, cursor=None, index=0, as_of=None)
    return replace(state, queue=queue, selection=frozenset(), select_anchor=None)


def _queue_loaded(state: DeskState, event: ev.QueueLoaded) -> DeskState:
    queue = state.queue
    if event.query != queue.query or event.filter != queue.filter:
        return state
    index = event.cursor_index if event.cursor_index is not None else queue.index
    index = max(0, min(index, event.total - 1))
    rows = _same_rows(queue.rows, event.rows)
    queue = replace(
        queue,
        total=event.total,
        start=event.start,
        rows=rows,
        index=index,
        cursor=_row_at(rows, event.start, index),
        as_of=event.as_of,
        is_loading=event.is_partial,
        failed="",
        have=event.have,
        expected=event.expected,
        problems=(*queue.misread, *event.problems),
    )
    return replace(state, queue=queue)


def _same_rows(old: tuple[TicketSummary, ...], new: tuple[TicketSummary, ...]) -> tuple[TicketSummary, ...]:
    """Equal rows keep their identity, so that panes can tell what changed by `is`."""
    known = {row.id: row for row in old}
    kept = tuple(known[row.id] if known.get(row.id) == row else row for row in new)
    return old if kept == old else kept


def _row_at(rows: tuple[TicketSummary, ...], start: int, index: int) -> TicketId | None:
    place = index - start
    return rows[place].id if 0 <= place < len(rows) else None


def _queue_failed(state: DeskState, event: ev.QueueFailed) -> DeskState:
    if event.query != state.queue.query:
        return state
    return replace(state, queue=replace(state.queue, is_loading=False, failed=event.reason))


def _cursor_moved(state: DeskState, event: ev.CursorMoved) -> DeskState:
    queue = state.queue
    index = max(0, min(event.index, queue.total - 1))
    if index == queue.index:
        return state
    return replace(state, queue=replace(queue, index=index, cursor=_row_at(queue.rows, queue.start, index)))


def _selection_changed(state: DeskState, event: ev.SelectionChanged) -> DeskState:
    return replace(state, selection=event.tickets, select_anchor=event.anchor)


HANDLERS: Handlers = {
    ev.ViewsLoaded: _views_loaded,
    ev.QueueChosen: _queue_chosen,
    ev.QueueLoaded: _queue_loaded,
    ev.QueueFailed: _queue_failed,
    ev.CursorMoved: _cursor_moved,
    ev.SelectionChanged: _selection_changed,
}
