"""What every event does to the state: pure, total, one function an event."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import (
    ConversationState,
    DeskState,
    Failed,
    Loaded,
    Loading,
    OutboxItem,
    OutboxPhase,
    Pane,
    QueueState,
    Remote,
    value_of,
)

SETTLED_KEPT = 200
"""Settled outbox items remembered for the outbox screen."""


def reduce(state: DeskState, event: ev.Event) -> DeskState:
    """The state after an event; the very same object when nothing changed."""
    handler = _HANDLERS.get(type(event))
    return handler(state, event) if handler else state


# --- session and link


def _signed_in(state: DeskState, event: ev.SignedIn) -> DeskState:
    session = replace(state.session, session=event.session, directory=event.directory, is_cached=event.is_cached)
    return replace(state, session=session)


def _link_changed(state: DeskState, event: ev.LinkChanged) -> DeskState:
    link = replace(
        state.link,
        phase=event.phase,
        heard_at=event.heard_at or state.link.heard_at,
        reason=event.reason,
        retry_at=event.retry_at,
    )
    return state if link == state.link else replace(state, link=link)


def _agent_updated(state: DeskState, event: ev.AgentUpdated) -> DeskState:
    known = state.session.directory.agents
    if event.agent in known:
        return state
    agents = tuple(event.agent if one.id == event.agent.id else one for one in known)
    if all(one.id != event.agent.id for one in known):
        agents = (*known, event.agent)
    session = state.session.session
    if session and session.agent.id == event.agent.id:
        session = replace(session, agent=event.agent)
    directory = replace(state.session.directory, agents=agents)
    return replace(state, session=replace(state.session, session=session, directory=directory))


# --- queue


def _views_loaded(state: DeskState, event: ev.ViewsLoaded) -> DeskState:
    if event.views == state.queue.views:
        return state
    return replace(state, queue=replace(state.queue, views=event.views))


def _queue_chosen(state: DeskState, event: ev.QueueChosen) -> DeskState:
    same_list = event.view == state.queue.view and event.view is not None
    queue = replace(
        state.queue,
        view=event.view,
        query=event.query,
        search=event.search,
        filter=event.filter,
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
        is_loading=False,
        failed="",
        have=event.have,
        expected=event.expected,
        problems=event.problems or queue.problems,
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


# --- the open ticket


def _ticket_opened(state: DeskState, event: ev.TicketOpened) -> DeskState:
    if state.conversation.ticket == event.ticket:
        return replace(state, conversation=replace(state.conversation, peek=event.peek))
    conversation = ConversationState(
        ticket=event.ticket, peek=event.peek, detail=Loading(), entries=Loading(), customer=Loading()
    )
    return replace(state, conversation=conversation)


def _ticket_closed(state: DeskState, _: ev.TicketClosed) -> DeskState:
    view = replace(state.view, composer_open=False, focus=Pane.QUEUE)
    return replace(state, conversation=ConversationState(), view=view)


def _ticket_loaded(state: DeskState, event: ev.TicketLoaded) -> DeskState:
    if state.conversation.ticket != event.ticket.summary.id:
        return state
    detail: Remote[Ticket] = Loaded(event.ticket, event.as_of, event.is_cached)
    state = replace(state, conversation=replace(state.conversation, detail=detail))
    return _with_row(state, event.ticket.summary)


def _entries_loaded(state: DeskState, event: ev.EntriesLoaded) -> DeskState:
    conversation = state.conversation
    if conversation.ticket != event.ticket:
        return state
    known = value_of(conversation.entries) or ()
    if event.is_older:
        entries = merged(event.entries, known)
        older = event.older
    elif event.is_cached and isinstance(conversation.entries, Loaded):
        return state
    else:
        entries = merged(known, event.entries)
        reaches_back = bool(known) and known[0].seq < (event.entries[0].seq if event.entries else 0)
        older = conversation.older if reaches_back else event.older
    return replace(
        state,
        conversation=replace(
            conversation,
            entries=Loaded(entries, event.as_of, event.is_cached),
            older=older,
            is_loading_older=False,
            read_to=event.read_to if event.read_to is not None else conversation.read_to,
        ),
    )


def merged(first: tuple[Entry, ...], second: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Two runs of entries as one, in server order, each once; the second one's version wins."""
    by_id = {entry.id: entry for entry in first}
    by_id.update((entry.id, by_id[entry.id] if by_id.get(entry.id) == entry else entry) for entry in second)
    return tuple(sorted(by_id.values(), key=lambda entry: entry.seq))


def _older_asked(state: DeskState, _: ev.OlderAsked) -> DeskState:
    if state.conversation.older is None or state.conversation.is_loading_older:
        return state
    return replace(state, conversation=replace(state.conversation, is_loading_older=True))


def _customer_loaded(state: DeskState, event: ev.CustomerLoaded) -> DeskState:
    if state.conversation.ticket != event.ticket:
        return state
    customer = Loaded(event.customer, event.as_of, event.is_cached)
    return replace(state, conversation=replace(state.conversation, customer=customer))


def _load_failed(state: DeskState, event: ev.LoadFailed) -> DeskState:
    conversation = state.conversation
    if conversation.ticket != event.ticket:
        return state
    match event.part:
        case "ticket":
            conversation = replace(conversation, detail=_failed(conversation.detail, event.reason))
        case "entries":
            conversation = replace(conversation, entries=_failed(conversation.entries, event.reason), is_loading_older=False)
        case _:
            conversation = replace(conversation, customer=_failed(conversation.customer, event.reason))
    return replace(state, conversation=conversation)


def _failed(before: Remote[Any], reason: str) -> Failed[Any]:
    match before:
        case Loaded(value=value, as_of=as_of):
            return Failed(reason, value, as_of)
        case Loading(stale=stale, stale_as_of=as_of) | Failed(stale=stale, stale_as_of=as_of):
            return Failed(reason, stale, as_of)
        case _:
            return Failed(reason)


def _with_row(state: DeskState, summary: TicketSummary) -> DeskState:
    """Put a newer summary where the ticket is shown; an older one changes nothing."""
    rows = state.queue.rows
    if any(row.id == summary.id and row.version <= summary.version and row != summary for row in rows):
        fresh = tuple(summary if row.id == summary.id else row for row in rows)
        state = replace(state, queue=replace(state.queue, rows=fresh))
    conversation = state.conversation
    detail = value_of(conversation.detail)
    if detail is None or detail.summary.id != summary.id or detail.summary == summary:
        return state
    if detail.summary.version > summary.version or not isinstance(conversation.detail, Loaded):
        return state
    newer = replace(conversation.detail, value=replace(detail, summary=summary))
    return replace(state, conversation=replace(conversation, detail=newer))


def _ticket_updated(state: DeskState, event: ev.TicketUpdated) -> DeskState:
    return _with_row(state, event.summary)


def _entry_arrived(state: DeskState, event: ev.EntryArrived) -> DeskState:
    state = _with_row(state, event.summary)
    conversation = state.conversation
    if conversation.ticket != event.summary.id or not isinstance(conversation.entries, Loaded):
        return state
    entries = merged(conversation.entries.value, (event.entry,))
    return replace(state, conversation=replace(conversation, entries=replace(conversation.entries, value=entries)))


def _presence_seen(state: DeskState, event: ev.PresenceSeen) -> DeskState:
    here = dict(state.presence.get(event.ticket, {}))
    if event.activity is Activity.GONE:
        if here.pop(event.agent, None) is None:
            return state
    elif here.get(event.agent) == (event.name, event.activity):
        return state
    else:
        here[event.agent] = (event.name, event.activity)
    presence = {**state.presence, event.ticket: here}
    if not here:
        del presence[event.ticket]
    return replace(state, presence=presence)


# --- writing


def _drafts_loaded(state: DeskState, event: ev.DraftsLoaded) -> DeskState:
    return replace(state, drafts={**{one.ticket: one for one in event.drafts}, **state.drafts})


def _draft_changed(state: DeskState, event: ev.DraftChanged) -> DeskState:
    draft = event.draft
    if state.drafts.get(draft.ticket) == draft:
        return state
    drafts = {ticket: one for ticket, one in state.drafts.items() if ticket != draft.ticket}
    keeps_open = state.view.composer_open and state.conversation.ticket == draft.ticket
    if not draft.is_empty or keeps_open:
        drafts[draft.ticket] = draft
    return replace(state, drafts=drafts)


def _draft_saved(state: DeskState, event: ev.DraftSaved) -> DeskState:
    draft = state.drafts.get(event.ticket)
    if draft is None or draft.is_saved or draft.body != event.body:
        return state
    return replace(state, drafts={**state.drafts, event.ticket: replace(draft, is_saved=True)})


def _draft_unsaved(state: DeskState, event: ev.DraftUnsaved) -> DeskState:
    draft = state.drafts.get(event.ticket)
    if draft is None or not draft.is_saved:
        return state
    return replace(state, drafts={**state.drafts, event.ticket: replace(draft, is_saved=False)})


def _outbox_changed(state: DeskState, event: ev.OutboxChanged) -> DeskState:
    known = any(item.key == event.item.key for item in state.outbox)
    if known:
        items = tuple(event.item if item.key == event.item.key else item for item in state.outbox)
    else:
        items = (*state.outbox, event.item)
    return replace(state, outbox=_trimmed(items))


def _trimmed(items: tuple[OutboxItem, ...]) -> tuple[OutboxItem, ...]:
    settled = [item for item in items if item.phase is OutboxPhase.SENT]
    if len(settled) <= SETTLED_KEPT:
        return items
    dropped = {item.key for item in settled[: len(settled) - SETTLED_KEPT]}
    return tuple(item for item in items if item.key not in dropped)


def _outbox_dropped(state: DeskState, event: ev.OutboxDropped) -> DeskState:
    return replace(state, outbox=tuple(item for item in state.outbox if item.key != event.key))


def _outbox_loaded(state: DeskState, event: ev.OutboxLoaded) -> DeskState:
    fresh = {item.key for item in state.outbox}
    return replace(state, outbox=(*(item for item in event.items if item.key not in fresh), *state.outbox))


def _undo_stack_changed(state: DeskState, event: ev.UndoStackChanged) -> DeskState:
    return replace(state, undo_stack=event.undo, redo_stack=event.redo)


def _macro_used(state: DeskState, event: ev.MacroUsed) -> DeskState:
    return replace(state, last_macro=event.macro)


def _articles_asked(state: DeskState, event: ev.ArticlesAsked) -> DeskState:
    return replace(state, found=replace(state.found, text=event.text, articles=Loading()))


def _articles_loaded(state: DeskState, event: ev.ArticlesLoaded) -> DeskState:
    if event.text != state.found.text:
        return state
    answer: Remote[Any] = Failed(event.failed) if event.failed else Loaded(event.articles, event.as_of)
    return replace(state, found=replace(state.found, articles=answer))


# --- the agent's own screen


def _focus_moved(state: DeskState, event: ev.FocusMoved) -> DeskState:
    return _with_view(state, focus=event.pane)


def _composer_toggled(state: DeskState, event: ev.ComposerToggled) -> DeskState:
    focus = Pane.COMPOSER if event.is_open else Pane.CONVERSATION
    state = _with_view(state, composer_open=event.is_open, focus=focus)
    ticket = state.conversation.ticket
    draft = state.draft(ticket)
    if not event.is_open and draft is not None and draft.is_empty:
        return replace(state, drafts={key: one for key, one in state.drafts.items() if key != ticket})
    return state


def _customer_toggled(state: DeskState, event: ev.CustomerToggled) -> DeskState:
    return _with_view(state, customer_shown=event.is_shown)


def _clock_toggled(state: DeskState, _: ev.ClockToggled) -> DeskState:
    return _with_view(state, clock_shown=not state.view.clock_shown)


def _menu_opened(state: DeskState, event: ev.MenuOpened) -> DeskState:
    return _with_view(state, menu=event.menu)


def _menu_closed(state: DeskState, _: ev.MenuClosed) -> DeskState:
    return _with_view(state, menu=None)


def _told(state: DeskState, event: ev.Told) -> DeskState:
    return _with_view(state, notice=event.notice)


def _with_view(state: DeskState, **changes: Any) -> DeskState:
    view = replace(state.view, **changes)
    return state if view == state.view else replace(state, view=view)


def pending_of(state: DeskState, ticket: TicketId | None) -> tuple[OutboxItem, ...]:
    """Replies and notes of a ticket that the conversation does not show as entries yet, oldest first."""
    if ticket is None:
        return ()
    shown = {entry.key for entry in value_of(state.conversation.entries) or () if entry.key}
    return tuple(
        item
        for item in state.outbox
        if isinstance(item.change, Reply | Note) and ticket in item.tickets and item.key not in shown and not _is_history(item)
    )


def _is_history(item: OutboxItem) -> bool:
    return item.phase is OutboxPhase.SENT and item.attempts == 0


_HANDLERS: Mapping[type, Callable[[DeskState, Any], DeskState]] = {
    ev.SignedIn: _signed_in,
    ev.LinkChanged: _link_changed,
    ev.AgentUpdated: _agent_updated,
    ev.ViewsLoaded: _views_loaded,
    ev.QueueChosen: _queue_chosen,
    ev.QueueLoaded: _queue_loaded,
    ev.QueueFailed: _queue_failed,
    ev.CursorMoved: _cursor_moved,
    ev.SelectionChanged: _selection_changed,
    ev.TicketOpened: _ticket_opened,
    ev.TicketClosed: _ticket_closed,
    ev.TicketLoaded: _ticket_loaded,
    ev.EntriesLoaded: _entries_loaded,
    ev.OlderAsked: _older_asked,
    ev.CustomerLoaded: _customer_loaded,
    ev.LoadFailed: _load_failed,
    ev.TicketUpdated: _ticket_updated,
    ev.EntryArrived: _entry_arrived,
    ev.PresenceSeen: _presence_seen,
    ev.DraftsLoaded: _drafts_loaded,
    ev.DraftChanged: _draft_changed,
    ev.DraftSaved: _draft_saved,
    ev.DraftUnsaved: _draft_unsaved,
    ev.OutboxChanged: _outbox_changed,
    ev.OutboxDropped: _outbox_dropped,
    ev.OutboxLoaded: _outbox_loaded,
    ev.UndoStackChanged: _undo_stack_changed,
    ev.MacroUsed: _macro_used,
    ev.ArticlesAsked: _articles_asked,
    ev.ArticlesLoaded: _articles_loaded,
    ev.FocusMoved: _focus_moved,
    ev.ComposerToggled: _composer_toggled,
    ev.CustomerToggled: _customer_toggled,
    ev.ClockToggled: _clock_toggled,
    ev.MenuOpened: _menu_opened,
    ev.MenuClosed: _menu_closed,
    ev.Told: _told,
}
"""Looked up by type: an event nobody handles changes nothing."""

__all__ = ["QueueState", "merged", "pending_of", "reduce"]
