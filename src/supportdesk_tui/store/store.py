"""Holds the state: events in, subscribers told; one thread, no re-entrance."""

from collections.abc import Callable

from supportdesk_tui.store.events import Event
from supportdesk_tui.store.reduce import reduce
from supportdesk_tui.store.state import DeskState

Subscriber = Callable[[DeskState], None]


class Store:
    """The only owner of a `DeskState`."""

    def __init__(self, state: DeskState | None = None) -> None:
        self._state = state or DeskState()
        self._subscribers: list[Subscriber] = []
        self._is_dispatching = False

    @property
    def state(self) -> DeskState:
        """The state as it is now; frozen, so it can be kept."""
        return self._state

    def dispatch(self, *events: Event) -> None:
        """Apply events in order; subscribers hear once, and only when something changed."""
        if self._is_dispatching:
            raise RuntimeError("an event was dispatched while another one was being told")
        before = self._state
        for event in events:
            self._state = reduce(self._state, event)
        if self._state is before:
            return
        self._is_dispatching = True
        try:
            for subscriber in tuple(self._subscribers):
                subscriber(self._state)
        finally:
            self._is_dispatching = False

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Hear of every change; returns what ends it. A subscriber may not dispatch."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)
