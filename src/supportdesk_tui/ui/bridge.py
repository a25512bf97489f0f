"""Store to panes: drawn at most once a frame, and only when something changed."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Final, Protocol

from supportdesk_tui.store.state import DeskState, Loading
from supportdesk_tui.store.store import Store

LONGEST_S: Final = 0.1
"""However many keys are waiting, the cursor is seen to move this often."""
OPENING_S: Final = 0.025
"""How long the answer of the cache is waited for before an opened ticket is drawn empty."""
PARTS: Final = DeskState.__struct_fields__


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
        self.is_scheduled = False
        """Whether a drawing waits in the app's queue."""
        self._drawn: DeskState | None = None
        self._drawn_at = 0.0
        self._patience: asyncio.TimerHandle | None = None
        self._end = store.subscribe(self._changed)

    def _changed(self, _: DeskState) -> None:
        if not self.is_scheduled:
            self.is_scheduled = True
            self._schedule(self._scheduled)

    def _scheduled(self) -> None:
        self.is_scheduled = False
        self.draw()

    @property
    def is_behind(self) -> bool:
        """Whether the panes still have to catch up with the store."""
        return self._drawn is not self._store.state

    @property
    def can_wait(self) -> bool:
        """Whether only the queue is behind, and that not for long: of moves typed ahead only the last one is to be seen."""
        drawn, state = self._drawn, self._store.state
        return (
            drawn is not None
            and monotonic() - self._drawn_at < LONGEST_S
            and all(getattr(drawn, part) is getattr(state, part) for part in PARTS if part != "queue")
        )

    def flush(self) -> None:
        """Draw now what has changed since the last time; nothing when nothing has."""
        if self.is_behind:
            self.tick()

    def draw(self) -> None:
        """Draw what has changed; a ticket just opened with what the cache has of it, which is there in a moment."""
        if not self.is_opening:
            self.flush()
        elif self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(OPENING_S, self._schedule, self.flush)

    @property
    def is_opening(self) -> bool:
        """Whether another ticket was opened of which nothing is there yet."""
        drawn, conversation = self._drawn, self._store.state.conversation
        is_other = drawn is not None and drawn.conversation.ticket != conversation.ticket
        return is_other and isinstance(conversation.entries, Loading) and conversation.entries.stale is None

    def tick(self) -> None:
        """Draw as of now, also when only the time has changed."""
        state = self._store.state
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        self._drawn = state
        self._drawn_at = monotonic()
        self._stage.place(state)
        self._stage.show(state, self._clock())

    def close(self) -> None:
        """Stop listening."""
        self._end()
