"""Store to panes: drawn at most once a frame, and only when something changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from supportdesk_tui.store.state import DeskState
from supportdesk_tui.store.store import Store


class Stage(Protocol):
    """What the bridge draws on: the desk screen."""

    def place(self, state: DeskState) -> None:
        """Show, hide and focus panes as the state says."""
        ...

    def show(self, state: DeskState, now: datetime) -> None:
        """Draw the state."""
        ...


class Bridge:
    """Draws a store on a stage. `schedule` runs a callback once the loop is free."""

    def __init__(
        self,
        store: Store,
        stage: Stage,
        clock: Callable[[], datetime],
        schedule: Callable[[Callable[[], None]], object],
    ) -> None:
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
        state = self._store.state
        self._drawn = state
        self._stage.place(state)
        self._stage.show(state, self._clock())

    def close(self) -> None:
        """Stop listening."""
        self._end()
