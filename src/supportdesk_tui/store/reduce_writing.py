"""What happens to drafts, the outbox, undo and the knowledge base."""

from typing import Any

from msgspec.structs import replace

from supportdesk_tui.domain.changes import Note, Reply
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.handlers import Handlers
from supportdesk_tui.store.state import (
    DeskState,
    Failed,
    Habits,
    Loaded,
    Loading,
    OutboxItem,
    OutboxPhase,
    Remote,
    value_of,
)

SENT_KEPT = 300
"""Texts kept of what was sent."""
SENT_LONGEST = 4_000
"""Characters of a text worth using again."""
SETTLED_KEPT = 200
"""Settled outbox items remembered for the outbox screen."""


def _drafts_loaded(state: DeskState, event: ev.DraftsLoaded) -> DeskState:
    drafts = {**{one.ticket: one for one in event.drafts}, **state.drafts}
    return replace(state, drafts=drafts, forms={**{one.key: one for one in event.forms}, **state.forms})


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
    return replace(state, drafts={**state.drafts, event.ticket: replace(draft, is_saved=True, is_refused=False)})


def _draft_unsaved(state: DeskState, event: ev.DraftUnsaved) -> DeskState:
    draft = state.drafts.get(event.ticket)
    if draft is None or draft.is_refused:
        return state
    return replace(state, drafts={**state.drafts, event.ticket: replace(draft, is_saved=False, is_refused=True)})


def _form_typed(state: DeskState, event: ev.FormTyped) -> DeskState:
    form = event.form
    if not form.is_empty:
        return replace(state, forms={**state.forms, form.key: form})
    return _without_form(state, form.key) if form.key in state.forms else state


def _without_form(state: DeskState, key: str) -> DeskState:
    return replace(state, forms={one: form for one, form in state.forms.items() if one != key})


def _form_saved(state: DeskState, event: ev.FormSaved) -> DeskState:
    form = state.forms.get(event.form.key)
    if form is None or form.at != event.form.at or form.texts != event.form.texts:
        return state
    form = replace(form, is_saved=not event.is_refused, is_refused=event.is_refused)
    return replace(state, forms={**state.forms, form.key: form})


def _form_sent(state: DeskState, event: ev.FormSent) -> DeskState:
    form = state.forms.get(event.form.key)
    is_same = form is not None and form.texts == event.form.texts
    return _without_form(state, event.form.key) if is_same else state


def _outbox_changed(state: DeskState, event: ev.OutboxChanged) -> DeskState:
    known = any(item.key == event.item.key for item in state.outbox)
    if known:
        items = tuple(event.item if item.key == event.item.key else item for item in state.outbox)
    else:
        items = (*state.outbox, event.item)
    return replace(state, outbox=_trimmed(items), habits=_with_sent(state.habits, event.item))


def _with_sent(habits: Habits, item: OutboxItem) -> Habits:
    """A reply that the server took can be used again."""
    if item.phase is not OutboxPhase.SENT or not isinstance(item.change, Reply):
        return habits
    body = item.change.body.strip()
    if not body or len(body) > SENT_LONGEST or habits.sent[:1] == (body,):
        return habits
    return replace(habits, sent=(body, *(one for one in habits.sent if one != body))[:SENT_KEPT])


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
    counts = {**state.habits.macros, event.macro: state.habits.macros.get(event.macro, 0) + 1}
    return replace(state, last_macro=event.macro, habits=replace(state.habits, macros=counts))


def _habits_loaded(state: DeskState, event: ev.HabitsLoaded) -> DeskState:
    return replace(state, habits=event.habits)


def _articles_asked(state: DeskState, event: ev.ArticlesAsked) -> DeskState:
    return replace(state, found=replace(state.found, text=event.text, articles=Loading()))


def _articles_loaded(state: DeskState, event: ev.ArticlesLoaded) -> DeskState:
    if event.text != state.found.text:
        return state
    answer: Remote[Any] = Failed(event.failed) if event.failed else Loaded(event.articles, event.as_of)
    return replace(state, found=replace(state.found, articles=answer))


def pending_of(state: DeskState, ticket: TicketId | None) -> tuple[OutboxItem, ...]:
    """Replies and notes of a ticket that the conversation does not show as entries yet, oldest first."""
    if ticket is None:
        return ()
    waiting = tuple(
        item
        for item in state.outbox
        if isinstance(item.change, Reply | Note) and ticket in item.tickets and not _is_history(item)
    )
    if not waiting:
        return ()
    shown = {entry.key for entry in value_of(state.conversation.entries) or () if entry.key}
    return tuple(item for item in waiting if item.key not in shown)


def _is_history(item: OutboxItem) -> bool:
    return item.phase is OutboxPhase.SENT and item.attempts == 0


def _macro_asked(state: DeskState, event: ev.MacroAsked) -> DeskState:
    return replace(state, asked_macro=event.asked)


def _macro_answered(state: DeskState, event: ev.MacroAnswered) -> DeskState:
    """An answer nobody waits for any more is dropped."""
    asked = state.asked_macro
    if asked is None or (asked.ticket, asked.macro) != (event.ticket, event.macro):
        return state
    return replace(state, asked_macro=replace(asked, text=event.text, failed=event.failed))


HANDLERS: Handlers = {
    ev.DraftsLoaded: _drafts_loaded,
    ev.DraftChanged: _draft_changed,
    ev.DraftSaved: _draft_saved,
    ev.DraftUnsaved: _draft_unsaved,
    ev.FormTyped: _form_typed,
    ev.FormSaved: _form_saved,
    ev.FormSent: _form_sent,
    ev.OutboxChanged: _outbox_changed,
    ev.OutboxDropped: _outbox_dropped,
    ev.OutboxLoaded: _outbox_loaded,
    ev.UndoStackChanged: _undo_stack_changed,
    ev.MacroUsed: _macro_used,
    ev.MacroAsked: _macro_asked,
    ev.MacroAnswered: _macro_answered,
    ev.HabitsLoaded: _habits_loaded,
    ev.ArticlesAsked: _articles_asked,
    ev.ArticlesLoaded: _articles_loaded,
}
