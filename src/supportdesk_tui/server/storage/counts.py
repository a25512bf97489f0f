"""Counts of queues, counted once and then kept in step with every commit."""

import threading
from collections.abc import Callable, Iterable

from supportdesk_tui.server.floor.query import Criteria, belongs
from supportdesk_tui.server.floor.ticket import Ticket

MAX_KEPT = 500


class CountBook:
    """How many tickets each asked-for query has; one dictionary look-up after the first time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Criteria, int] = {}
        self._generation = 0
        self._writing = 0

    def count(self, want: Criteria, counted: Callable[[], int]) -> int:
        """The kept count, or a fresh one from `counted`, kept when nothing was written meanwhile."""
        with self._lock:
            if want in self._kept:
                return self._kept[want]
            generation = self._generation
        fresh = counted()
        with self._lock:
            if generation == self._generation and not self._writing and want.is_countable and len(self._kept) < MAX_KEPT:
                self._kept[want] = fresh
        return fresh

    def begin(self) -> None:
        """A commit is about to happen: what is counted from now on may or may not hold it."""
        with self._lock:
            self._writing += 1
            self._generation += 1

    def end(self, changes: Iterable[tuple[Ticket | None, Ticket | None]]) -> None:
        """The commit is over; these tickets changed (nothing, when it failed)."""
        with self._lock:
            for before, after in changes:
                for want in self._kept:
                    was = before is not None and belongs(before, want)
                    is_now = after is not None and belongs(after, want)
                    self._kept[want] += is_now - was
            self._writing -= 1
            self._generation += 1
