"""Bodies: moving in the queue, choosing what it shows, selecting."""

import re
from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.commands.opening import cursor_to, open_ticket
from supportdesk_tui.commands.spec import Args, Blocked, msg
from supportdesk_tui.domain.assign import next_best
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import MY_TEAMS, Owner, QueueQuery, SortKey, View
from supportdesk_tui.domain.ticket import LIVE_PHASES, Channel, Phase
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Level, Pane

_NUMBER = re.compile(r"[A-Za-z]{2,4}-\d{6}-\d{4,}|#\d+")


def move(context: Context, args: Args) -> Iterable[Effect]:
    """Move the cursor by so many rows."""
    return cursor_to(context, context.state.queue.index + int(args[0]))


def down(context: Context, _: Args) -> Iterable[Effect]:
    """One row down."""
    return cursor_to(context, context.state.queue.index + 1)


def up(context: Context, _: Args) -> Iterable[Effect]:
    """One row up."""
    return cursor_to(context, context.state.queue.index - 1)


def page_down(context: Context, _: Args) -> Iterable[Effect]:
    """A screenful down."""
    return cursor_to(context, context.state.queue.index + context.page)


def page_up(context: Context, _: Args) -> Iterable[Effect]:
    """A screenful up."""
    return cursor_to(context, context.state.queue.index - context.page)


def first(context: Context, _: Args) -> Iterable[Effect]:
    """To the first row."""
    return cursor_to(context, 0)


def last(context: Context, _: Args) -> Iterable[Effect]:
    """To the last row."""
    return cursor_to(context, context.state.queue.total - 1)


def at(context: Context, args: Args) -> Iterable[Effect]:
    """To a row by its index in the whole order: what a mouse click means."""
    yield ef.Emit(ev.FocusMoved(Pane.QUEUE))
    yield from cursor_to(context, int(args[0]))


def rows(_: Context, args: Args) -> Iterable[Effect]:
    """Load the rows around a place the list was scrolled to."""
    yield ef.Load(ef.LoadKind.QUEUE, cursor=int(args[0]))


def open_current(context: Context, args: Args) -> Iterable[Effect]:
    """Open the ticket under the cursor, or the one named."""
    ticket = TicketId(args[0]) if args else context.state.queue.cursor
    return open_ticket(context, ticket) if ticket else ()


def peek(context: Context, _: Args) -> Iterable[Effect]:
    """Look at the ticket under the cursor without claiming or marking it read; again: stop looking."""
    conversation, cursor = context.state.conversation, context.state.queue.cursor
    if cursor is None:
        return
    if conversation.ticket == cursor and context.state.view.queue_wide:
        yield from wide(context, ())
    elif conversation.ticket == cursor and conversation.peek:
        yield ef.Emit(ev.TicketClosed())
    elif conversation.ticket != cursor:
        yield from open_ticket(context, cursor, peek=True)


def next_ticket(context: Context, _: Args) -> Iterable[Effect]:
    """Open the ticket after this one."""
    return _neighbour(context, 1)


def previous_ticket(context: Context, _: Args) -> Iterable[Effect]:
    """Open the ticket before this one."""
    return _neighbour(context, -1)


def _neighbour(context: Context, step: int) -> Iterable[Effect]:
    queue, opened = context.state.queue, context.state.conversation.ticket
    ids = [row.id for row in queue.rows]
    here = queue.start + ids.index(opened) if opened in ids else queue.index - (1 if opened and step > 0 else 0)
    there = here + step
    if not 0 <= there < queue.total:
        yield ef.Tell(msg("That was the last one") if step > 0 else msg("That was the first one"))
        return
    yield from cursor_to(context, there)
    place = there - queue.start
    if 0 <= place < len(queue.rows):
        yield from open_ticket(context, queue.rows[place].id)
    else:
        yield ef.Emit(ev.FocusMoved(Pane.QUEUE))


def best(context: Context, _: Args) -> Iterable[Effect]:
    """Open the ticket that matters most now, and say why."""
    session = context.state.session.session
    rows = context.state.queue.rows
    opened = context.state.conversation.ticket
    choice = next_best([row for row in rows if row.id != opened], session.agent if session else None, context.now)
    if choice is None:
        yield ef.Tell(msg("Nothing here waits for you"))
        return
    row, why = choice
    yield from cursor_to(context, context.state.queue.start + [one.id for one in rows].index(row.id))
    yield from open_ticket(context, row.id)
    yield ef.Tell(msg("Next best: {number} – {why}"), (("number", row.number), ("why", why)))


# --- what the queue shows


def show(context: Context, view: View) -> Iterable[Effect]:
    """Show a view from its top."""
    yield ef.Emit(ev.QueueChosen(view.query, view.id))
    yield ef.Emit(ev.FocusMoved(Pane.QUEUE))
    yield ef.Load(ef.LoadKind.QUEUE, cursor=0)


def view_number(number: int, context: Context, _: Args = ()) -> Iterable[Effect]:
    """Show the view with this number."""
    views = context.state.queue.views
    if number > len(views):
        told = msg("There are {count} views") if views else msg("The views are not loaded yet")
        yield ef.Tell(told, (("count", str(len(views))),), Level.WARN)
        return
    yield from show(context, views[number - 1])


def next_view(context: Context, _: Args) -> Iterable[Effect]:
    """The view to the right."""
    return _step_view(context, 1)


def previous_view(context: Context, _: Args) -> Iterable[Effect]:
    """The view to the left."""
    return _step_view(context, -1)


def _step_view(context: Context, step: int) -> Iterable[Effect]:
    views, current = context.state.queue.views, context.state.queue.view
    if not views:
        return ()
    ids = [view.id for view in views]
    place = ids.index(current) + step if current in ids else 0
    return show(context, views[place % len(views)])


_SNOOZED = frozenset({Phase.SNOOZED})
PLACES: dict[str, QueueQuery] = {
    "mine": QueueQuery(phases=LIVE_PHASES, owner=Owner.ME),
    "unassigned": QueueQuery(phases=LIVE_PHASES, owner=Owner.NOBODY),
    "team": QueueQuery(phases=LIVE_PHASES, teams=frozenset({MY_TEAMS})),
    "chats": QueueQuery(phases=LIVE_PHASES, channels=frozenset({Channel.CHAT})),
    "risk": QueueQuery(phases=frozenset({Phase.NEW, Phase.OPEN, Phase.ON_HOLD}), due_within=timedelta(minutes=30)),
    "promises": QueueQuery(phases=LIVE_PHASES, promised=True),
    "snoozed": QueueQuery(phases=_SNOOZED),
    "watched": QueueQuery(watched=True),
    "all": QueueQuery(phases=LIVE_PHASES),
}
"""Where `g` and a letter lead when no view of the backend asks the same thing."""


def go(context: Context, args: Args) -> Iterable[Effect]:
    """Show a well-known place: the backend's own view of it where there is one."""
    wanted = PLACES[args[0]]
    view = next((view for view in context.state.queue.views if _means(view.query, wanted)), None)
    if view is not None:
        yield from show(context, view)
        return
    from supportdesk_tui.domain import grammar

    query = replace(wanted, sort=context.state.queue.query.sort)
    yield ef.Emit(ev.QueueChosen(query, None, search=grammar.render(query)))
    yield ef.Emit(ev.FocusMoved(Pane.QUEUE))
    yield ef.Load(ef.LoadKind.QUEUE, cursor=0)


def _means(query: QueueQuery, wanted: QueueQuery) -> bool:
    """Whether a view asks what a place asks, however exactly it limits phases and time."""
    if wanted.phases == _SNOOZED:
        return replace(query, sort=wanted.sort) == wanted
    is_live = not query.phases or Phase.OPEN in query.phases
    due = (query.due_within is None) == (wanted.due_within is None)
    return is_live and due and replace(query, phases=wanted.phases, due_within=wanted.due_within, sort=wanted.sort) == wanted


def search(context: Context, args: Args) -> Iterable[Effect]:
    """Ask for a search line."""
    yield ef.Prompt(msg("Search"), "queue.search_run", value=args[0] if args else context.state.queue.search)


def search_run(context: Context, args: Args) -> Iterable[Effect]:
    """Show what a search line finds; an empty line goes back to the view."""
    queue = context.state.queue
    line = args[0].strip() if args else ""
    if not line:
        yield from show(context, queue.views[0]) if queue.views else ()
        return
    if _NUMBER.fullmatch(line):
        yield ef.Load(ef.LoadKind.NUMBER, text=line.lstrip("#"))
        return
    from supportdesk_tui.commands.misread import misread
    from supportdesk_tui.domain import grammar

    parsed = grammar.parse(line, sort=queue.query.sort)
    problems = tuple(map(misread, parsed.problems))
    yield ef.Emit(ev.QueueChosen(parsed.query, None, search=line, problems=problems))
    yield ef.Emit(ev.FocusMoved(Pane.QUEUE))
    yield ef.Load(ef.LoadKind.SEARCH)


def filter_list(context: Context, args: Args) -> Iterable[Effect]:
    """Narrow this list while typing; an argument is what has been typed already."""
    begun = args[0] if args else context.state.queue.filter
    yield ef.Prompt(msg("Filter"), "queue.filter_set", value=begun, live=True, cancel="queue.filter_clear")
    if args:
        yield from filter_set(context, args)


def filter_set(context: Context, args: Args) -> Iterable[Effect]:
    """Narrow this list to rows with this text."""
    queue, text = context.state.queue, args[0] if args else ""
    if text == queue.filter:
        return
    yield ef.Emit(ev.QueueChosen(queue.query, queue.view, queue.search, text, queue.problems))
    yield ef.Load(ef.LoadKind.QUEUE, cursor=0)


def filter_clear(context: Context, _: Args) -> Iterable[Effect]:
    """Show the whole list again."""
    return filter_set(context, ("",))


def sort(context: Context, args: Args) -> Iterable[Effect]:
    """Order the list another way."""
    queue = context.state.queue
    query = replace(queue.query, sort=SortKey(args[0]))
    yield ef.Emit(ev.QueueChosen(query, queue.view, queue.search, queue.filter, queue.problems))
    yield ef.Load(ef.LoadKind.QUEUE, cursor=0)


def can_widen(context: Context) -> Blocked | None:
    """There is something beside the list."""
    return Blocked(msg("The list has the full width here")) if context.panes == 1 else None


def wide(context: Context, _: Args) -> Iterable[Effect]:
    """Give the list the full width, or the other panes their place back."""
    yield ef.Emit(ev.FocusMoved(Pane.QUEUE, not context.state.view.queue_wide))


def back(context: Context, _: Args) -> Iterable[Effect]:
    """Undo the nearest change of the list: its full width, a peek, the selection, the filter, the search."""
    state = context.state
    if state.view.queue_wide and context.panes > 1:
        yield from wide(context, ())
    elif state.conversation.peek:
        yield ef.Emit(ev.TicketClosed())
    elif state.selection:
        yield ef.Emit(ev.SelectionChanged(frozenset()))
    elif state.queue.filter:
        yield from filter_clear(context, ())
    elif state.queue.search and state.queue.views:
        yield from show(context, state.queue.views[0])


# --- selection


def select(context: Context, _: Args) -> Iterable[Effect]:
    """Mark or unmark the ticket under the cursor."""
    cursor = context.state.queue.cursor
    if cursor is not None:
        yield ef.Emit(ev.SelectionChanged(context.state.selection ^ {cursor}, anchor=cursor))


def select_range(context: Context, _: Args) -> Iterable[Effect]:
    """Mark everything between the last mark and the cursor."""
    queue, anchor = context.state.queue, context.state.select_anchor
    ids = [row.id for row in queue.rows]
    if queue.cursor not in ids:
        return
    here = ids.index(queue.cursor)
    there = ids.index(anchor) if anchor in ids else here
    low, high = sorted((here, there))
    yield ef.Emit(ev.SelectionChanged(context.state.selection | set(ids[low : high + 1]), anchor=queue.cursor))


def select_all(_: Context, __: Args) -> Iterable[Effect]:
    """Mark every ticket of this list."""
    yield ef.Load(ef.LoadKind.SELECT_ALL)


def select_none(_: Context, __: Args) -> Iterable[Effect]:
    """Unmark everything."""
    yield ef.Emit(ev.SelectionChanged(frozenset()))


def select_invert(context: Context, _: Args) -> Iterable[Effect]:
    """Mark the loaded rows that are not marked, and the other way round."""
    ids = frozenset(row.id for row in context.state.queue.rows)
    yield ef.Emit(ev.SelectionChanged(context.state.selection ^ ids))
