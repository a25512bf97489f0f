"""What happens to the open ticket and to who is looking at tickets."""

from bisect import bisect_left
from typing import Any

from msgspec.structs import replace

from supportdesk_tui.domain.conversation import Entry, seq_of
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.handlers import Handlers
from supportdesk_tui.store.state import (
    MOST_CHARACTERS,
    MOST_ENTRIES,
    ConversationState,
    DeskState,
    Failed,
    Loaded,
    Loading,
    Pane,
    Remote,
    Revealed,
    value_of,
)

SPARE_ENTRIES = 500
"""So many more may come while a full conversation is open, before its oldest are let go."""


def _number_asked(state: DeskState, event: ev.NumberAsked) -> DeskState:
    return replace(state, view=replace(state.view, opening=event.number, missed=""))


def _number_missed(state: DeskState, event: ev.NumberMissed) -> DeskState:
    if state.view.opening != event.number:
        return state
    return replace(state, view=replace(state.view, opening="", missed=event.number))


def _ticket_opened(state: DeskState, event: ev.TicketOpened) -> DeskState:
    if state.view.opening or state.view.queue_wide:
        state = replace(state, view=replace(state.view, opening="", queue_wide=False))
    if state.conversation.ticket == event.ticket:
        return replace(state, conversation=replace(state.conversation, peek=event.peek))
    conversation = ConversationState(
        ticket=event.ticket, peek=event.peek, detail=Loading(), entries=Loading(), customer=Loading()
    )
    return replace(state, conversation=conversation)


def _ticket_closed(state: DeskState, _: ev.TicketClosed) -> DeskState:
    view = replace(state.view, composer_open=False, customer_over=False, focus=Pane.QUEUE)
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
        conversation = _put_before(conversation, known, event)
    elif event.is_cached and isinstance(conversation.entries, Loaded):
        return state
    else:
        conversation = _put_newest(conversation, known, event)
    read_to = conversation.read_to if event.read_to is None else event.read_to
    return replace(state, conversation=replace(conversation, is_loading_older=False, read_to=read_to))


def _put_before(conversation: ConversationState, known: tuple[Entry, ...], event: ev.EntriesLoaded) -> ConversationState:
    """Older entries; with as many as are held, the rest stays with the backend."""
    entries = merged(event.entries, known)
    is_much = len(entries) >= MOST_ENTRIES or sum(len(entry.body) for entry in entries) >= MOST_CHARACTERS
    is_full = is_much and event.older is not None
    return replace(
        conversation,
        entries=Loaded(entries, event.as_of, event.is_cached),
        older=None if is_full else event.older,
        is_full=is_full,
        bad_entries=conversation.bad_entries + event.bad_items,
    )


def _put_newest(conversation: ConversationState, known: tuple[Entry, ...], event: ev.EntriesLoaded) -> ConversationState:
    """The newest entries; older ones that are here stay where nothing can be missing between."""
    first = event.entries[0].seq if event.entries else 0
    is_gap = event.older is not None and first > conversation.whole_to
    if is_gap:
        known = known[bisect_left(known, first, key=seq_of) :]
    reaches_back = bool(known) and known[0].seq < first
    newest = event.whole_to if event.is_cached else event.entries[-1].seq if event.entries else 0
    return replace(
        conversation,
        entries=Loaded(merged(known, event.entries), event.as_of, event.is_cached),
        older=conversation.older if reaches_back else event.older,
        is_full=conversation.is_full and reaches_back,
        bad_entries=max(event.bad_items, conversation.bad_entries) if reaches_back else event.bad_items,
        whole_to=newest,
    )


def merged(first: tuple[Entry, ...], second: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Two runs of entries as one, in server order, each once; the second one's version wins.

    Costs what overlaps, not what is there: news come behind, older entries before everything.
    """
    if not first or not second:
        return first or second
    behind = bisect_left(first, second[0].seq, key=seq_of)
    if behind == len(first):
        return first + second
    by_id = {entry.id: entry for entry in first[behind:]}
    by_id.update((entry.id, by_id[entry.id] if by_id.get(entry.id) == entry else entry) for entry in second)
    return first[:behind] + tuple(sorted(by_id.values(), key=seq_of))


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
    if conversation.ticket != event.summary.id:
        return state
    match conversation.entries:
        case Loaded(value=value) as loaded:
            entries: Remote[tuple[Entry, ...]] = replace(loaded, value=merged(value, (event.entry,)))
            if len(value) >= MOST_ENTRIES + SPARE_ENTRIES:
                entries = replace(loaded, value=merged(value, (event.entry,))[SPARE_ENTRIES:])
                conversation = replace(conversation, older=None, is_full=True)
        case Loading(stale=stale) | Failed(stale=stale) as waiting:
            # The answer that is on its way may be older than this entry.
            entries = replace(waiting, stale=merged(stale or (), (event.entry,)))
        case _:
            return state
    return replace(state, conversation=replace(conversation, entries=entries))


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


def _reveal_asked(state: DeskState, event: ev.RevealAsked) -> DeskState:
    return replace(state, conversation=replace(state.conversation, revealed=Revealed(event.entry)))


def _reveal_answered(state: DeskState, event: ev.RevealAnswered) -> DeskState:
    """An answer nobody waits for any more is dropped."""
    asked = state.conversation.revealed
    if asked is None or asked.entry != event.entry:
        return state
    revealed = Revealed(event.entry, event.text, event.failed)
    return replace(state, conversation=replace(state.conversation, revealed=revealed))


def _reveal_ended(state: DeskState, _: ev.RevealEnded) -> DeskState:
    return replace(state, conversation=replace(state.conversation, revealed=None))


HANDLERS: Handlers = {
    ev.TicketOpened: _ticket_opened,
    ev.TicketClosed: _ticket_closed,
    ev.NumberAsked: _number_asked,
    ev.NumberMissed: _number_missed,
    ev.TicketLoaded: _ticket_loaded,
    ev.EntriesLoaded: _entries_loaded,
    ev.OlderAsked: _older_asked,
    ev.CustomerLoaded: _customer_loaded,
    ev.RevealAsked: _reveal_asked,
    ev.RevealAnswered: _reveal_answered,
    ev.RevealEnded: _reveal_ended,
    ev.LoadFailed: _load_failed,
    ev.TicketUpdated: _ticket_updated,
    ev.EntryArrived: _entry_arrived,
    ev.PresenceSeen: _presence_seen,
}
