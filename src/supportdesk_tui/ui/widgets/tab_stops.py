"""Places in a text still to be filled in, kept where they belong while the text around them changes."""

from collections.abc import Iterable

from msgspec import Struct


class Stop(Struct, frozen=True):
    """A place: offset and length in characters."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """Offset behind it."""
        return self.start + self.length


class TabStops:
    """The stops of one text, in the order a macro gives them; the one being filled grows with what is typed."""

    def __init__(self) -> None:
        self._stops: list[Stop] = []
        self._current: int | None = None

    def __len__(self) -> int:
        return len(self._stops)

    @property
    def current(self) -> Stop | None:
        """The stop being filled in."""
        return self._stops[self._current] if self._current is not None else None

    @property
    def stops(self) -> tuple[Stop, ...]:
        """All of them."""
        return tuple(self._stops)

    def clear(self) -> None:
        """Forget all stops."""
        self._stops, self._current = [], None

    def add(self, stops: Iterable[tuple[int, int]], offset: int) -> None:
        """Take in the stops of an inserted text; they come before those left from earlier."""
        self._stops = [Stop(offset + start, length) for start, length in stops] + self._stops
        self._current = None

    def edited(self, start: int, end: int, inserted: int) -> None:
        """The text between two offsets was replaced by so many characters."""
        grow = inserted - (end - start)
        kept: list[Stop] = []
        current = self.current
        is_kept: Stop | None = None
        for stop in self._stops:
            moved = self._moved(stop, start, end, grow, is_current=stop is current)
            if moved is not None:
                kept.append(moved)
                if stop is current:
                    is_kept = moved
        self._stops = kept
        self._current = kept.index(is_kept) if is_kept is not None else None

    @staticmethod
    def _moved(stop: Stop, start: int, end: int, grow: int, *, is_current: bool) -> Stop | None:
        if is_current and stop.start <= start and end <= stop.end:
            return Stop(stop.start, stop.length + grow)
        if end <= stop.start:
            return Stop(stop.start + grow, stop.length)
        if start >= stop.end:
            return stop
        if stop.start <= start and end <= stop.end:
            return Stop(stop.start, stop.length + grow)
        return None

    def step(self, by: int, caret: int) -> Stop | None:
        """Go to the next stop (or the one before); the first one behind the caret when none is being filled in."""
        if not self._stops:
            return None
        if self._current is None:
            ahead = [n for n, stop in enumerate(self._stops) if stop.start >= caret]
            self._current = (ahead[0] if ahead else 0) if by > 0 else len(self._stops) - 1
            return self._stops[self._current]
        to = self._current + by
        if not 0 <= to < len(self._stops):
            self._current = None
            return None
        self._current = to
        return self._stops[to]
