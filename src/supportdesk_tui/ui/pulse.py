"""The desk's few timers: the minute for clocks, the second while something counts down; none while nothing changes.

With the minute the whole memory is looked through for garbage, which stops everything for a tenth of a second: only while
nobody types.
"""

import gc
import sys
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any, Final

from textual.app import App
from textual.timer import Timer

from supportdesk_tui.store.events import Told
from supportdesk_tui.store.state import DeskState, Level, Notice, OutboxPhase
from supportdesk_tui.store.store import Store
from supportdesk_tui.ui.bridge import Bridge
from supportdesk_tui.ui.panes.top import ticks

NOTICE_S: Final = 8.0
"""How long a line that needs no answer stays."""
QUIET_S: Final = 2.0
"""Who has pressed no key for so long does not notice a pause."""
_ROUNDS: Final = 10
"""Rounds of the middle generation after which there may be garbage worth looking for."""
_SELDOM: Final = 1_000
"""The same, when somebody types through every full minute."""
_SWITCH_S: Final = 0.001
"""How long a thread at the network or the cache keeps the interpreter while a key waits; Python's own is 5 ms."""


class Pulse:
    """Redraws what changes with time alone."""

    def __init__(self, app: App[Any], store: Store, bridge: Bridge, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._store = store
        self._bridge = bridge
        self._clock = clock
        self._minute: Timer | None = None
        self._second: Timer | None = None
        self._notice: Timer | None = None
        self._watched: Notice | None = None
        self._end: Callable[[], None] | None = None
        self.typed_at = 0.0
        """When the last key came, by the monotonic clock."""

    def start(self) -> None:
        """Begin; called after the first paint."""
        self._end = self._store.subscribe(self._changed)
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _SELDOM)
        sys.setswitchinterval(_SWITCH_S)
        self._next_minute()
        self._changed(self._store.state)

    def stop(self) -> None:
        """No timer runs any more; safe to call twice."""
        if self._end is not None:
            self._end()
            self._end = None
        for timer in (self._minute, self._second, self._notice):
            if timer is not None:
                timer.stop()

    def _next_minute(self) -> None:
        now = self._clock()
        wait_s = 60 - now.second - now.microsecond / 1e6
        self._minute = self._app.set_timer(wait_s + 0.05, self._minute_passed)

    def _minute_passed(self) -> None:
        self._bridge.tick()
        self._next_minute()
        if gc.get_count()[2] >= _ROUNDS and monotonic() - self.typed_at > QUIET_S:
            gc.collect()

    def _second_passed(self) -> None:
        self._bridge.tick()
        self._count_seconds(self._store.state)

    def _changed(self, state: DeskState) -> None:
        self._count_seconds(state)
        self._watch_notice(state.view.notice)

    def _count_seconds(self, state: DeskState) -> None:
        wanted = _counts_seconds(state, self._clock())
        if wanted and self._second is None:
            self._second = self._app.set_interval(1.0, self._second_passed)
        elif not wanted and self._second is not None:
            self._second.stop()
            self._second = None

    def _watch_notice(self, notice: Notice | None) -> None:
        if notice is self._watched:
            return
        self._watched = notice
        if self._notice is not None:
            self._notice.stop()
            self._notice = None
        if notice is not None and notice.level in {Level.INFO, Level.DONE}:
            self._notice = self._app.set_timer(NOTICE_S, lambda: self._store.dispatch(Told(None, self._clock())))


def _counts_seconds(state: DeskState, now: datetime) -> bool:
    """Something on the screen says seconds: a held reply, or how long a lost line has been silent at first."""
    return ticks(state.link, now) or any(item.phase is OutboxPhase.HELD for item in state.outbox)
