"""What every event does to the state: pure and total; one table a slice, one function an event."""

from supportdesk_tui.store import reduce_queue, reduce_session, reduce_ticket, reduce_writing
from supportdesk_tui.store.events import Event
from supportdesk_tui.store.handlers import Handlers
from supportdesk_tui.store.state import DeskState

HANDLERS: Handlers = {
    **reduce_session.HANDLERS,
    **reduce_queue.HANDLERS,
    **reduce_ticket.HANDLERS,
    **reduce_writing.HANDLERS,
}


def reduce(state: DeskState, event: Event) -> DeskState:
    """The state after an event; the very same object when nothing changed."""
    return HANDLERS[type(event)](state, event)
