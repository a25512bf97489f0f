"""What of the state each view is made of: as long as these are the same objects, the view is the same."""

from supportdesk_tui.store.state import DeskState
from supportdesk_tui.store.views import summary_of

Slices = tuple[object, ...]


def top_slices(state: DeskState) -> Slices:
    """Behind `top_view`."""
    return state.queue.views, state.queue.view, state.link, state.outbox, state.session, state.view.clock_shown


def queue_slices(state: DeskState) -> Slices:
    """Behind `queue_view`, but for the focus."""
    opened = state.conversation.ticket
    return state.queue, state.selection, state.presence, state.drafts, opened, state.session, state.link.phase


def conversation_slices(state: DeskState) -> Slices:
    """Behind `conversation_view`, but for the focus."""
    return state.conversation, summary_of(state), state.outbox, state.presence, state.link, state.session


def customer_slices(state: DeskState) -> Slices:
    """Behind `customer_view`, but for the focus."""
    return state.conversation.customer, state.conversation.detail, state.link


def composer_slices(state: DeskState) -> Slices:
    """Behind `composer_view`, but for the focus; nothing of it matters while the composer is closed."""
    if not state.view.composer_open:
        return (False,)
    draft = state.draft(state.conversation.ticket)
    return state.conversation, summary_of(state), draft, state.session, state.presence
