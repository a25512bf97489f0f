"""Store to panes: one view model a pane, at most once a frame, and only when something changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from supportdesk_tui.store.state import DeskState
from supportdesk_tui.store.store import Store
from supportdesk_tui.store.views import (
    BottomView,
    ComposerView,
    ConversationView,
    CustomerView,
    QueueView,
    TopView,
    bottom_view,
    composer_view,
    conversation_view,
    customer_view,
    queue_view,
    top_view,
)


class Stage(Protocol):
    """What the bridge draws on: the desk screen."""

    def show_top(self, view: TopView, now: datetime) -> None: ...
    def show_queue(self, view: QueueView, now: datetime) -> None: ...
    def show_conversation(self, view: ConversationView, now: datetime) -> None: ...
    def show_customer(self, view: CustomerView, now: datetime) -> None: ...
    def show_composer(self, view: ComposerView, now: datetime) -> None: ...
    def show_bottom(self, view: BottomView, now: datetime, state: DeskState) -> None: ...
    def place(self, state: DeskState) -> None:
        """Show, hide and focus panes as the state says."""
        ...


class Bridge:
    """Draws a store on a stage. `schedule` runs a callback once the loop is free."""

    def __init__(
        self, store: Store, stage: Stage, clock: Callable[[], datetime], schedule: Callable[[Callable[[], None]], object]
    ):
        self._store = store
        self._stage = stage
        self._clock = clock
        self._schedule = schedule
        self._is_scheduled = False
        self._drawn: DeskState | None = None
        self._end = store.subscribe(self._changed)

    def _changed(self, _: DeskState) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._schedule(self.flush)

    @property
    def is_behind(self) -> bool:
        """Whether the panes still have to catch up with the store."""
        return self._drawn is not self._store.state

    def flush(self) -> None:
        """Draw now what has changed since the last time; nothing when nothing has."""
        self._is_scheduled = False
        if self.is_behind:
            self.tick()

    def tick(self) -> None:
        """Draw as of now, also when only the time has changed."""
        state, now, stage = self._store.state, self._clock(), self._stage
        self._drawn = state
        stage.place(state)
        stage.show_top(top_view(state), now)
        stage.show_queue(queue_view(state), now)
        stage.show_conversation(conversation_view(state), now)
        stage.show_customer(customer_view(state), now)
        stage.show_composer(composer_view(state), now)
        stage.show_bottom(bottom_view(state), now, state)

    def close(self) -> None:
        """Stop listening."""
        self._end()
