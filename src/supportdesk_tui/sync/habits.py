"""What the agent does often, kept in the cache between runs: a desk without a cache knows it for this run only."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.store.events import HabitsLoaded
from supportdesk_tui.store.state import DeskState, Habits
from supportdesk_tui.sync.common import Common, Spawn


class HabitKeeper:
    """Writes down the store's habits whenever they are others."""

    def __init__(self, common: Common, spawn: Spawn) -> None:
        self._common = common
        self._spawn = spawn
        self._kept = common.store.state.habits
        self._is_saving = False
        self._unsubscribe: Callable[[], None] = common.store.subscribe(self._changed)

    def close(self) -> None:
        """Stop following; safe to call twice."""
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def load(self) -> None:
        """Those of earlier runs, into the store."""
        with suppress(StorageError):
            known = self._common.cache.last.habits()
            if known is not None:
                self._kept = known
                self._common.store.dispatch(HabitsLoaded(known))

    def _changed(self, state: DeskState) -> None:
        if state.habits is not self._kept and not self._is_saving:
            self._is_saving = True
            self._spawn("habits", self._save)

    async def _save(self) -> None:
        try:
            while self._common.store.state.habits is not self._kept:
                habits: Habits = self._common.store.state.habits
                await self._common.cache.run(partial(self._common.cache.last.save_habits, habits))
                self._kept = habits
        finally:
            self._is_saving = False
