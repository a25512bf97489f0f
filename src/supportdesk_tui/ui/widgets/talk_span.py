"""Which entries of a long conversation are laid out: some hundreds around the reader, moved along with them.

What a key costs depends on these, never on how long the conversation is.
"""

from bisect import bisect_left

from supportdesk_tui.domain.conversation import Entry, seq_of
from supportdesk_tui.ui.widgets.entry import holds
from supportdesk_tui.ui.widgets.talk_reader import TalkReader

SIZE = 150
"""Entries laid out, on top of three a line of the pane: more than any way of moving passes at once, one line each or not."""
PER_LINE = 3
STEP = 50
"""By how many they move along."""


class TalkSpan:
    """A stretch of the entries, held by its first one, so that it stays whatever is added above or below."""

    def __init__(self) -> None:
        self.start = self.stop = 0
        """Places of the stretch among all entries."""
        self._first: int | None = None
        """Sequence of its first entry; None while it follows the end."""
        self._room = 1
        self._entries: tuple[Entry, ...] = ()
        self._found: tuple[tuple[Entry, ...], str, list[int]] = ((), "", [])

    def over(self, entries: tuple[Entry, ...], room: int) -> None:
        """Take the entries as they are now, for a pane of so many lines."""
        self._entries, self._room = entries, room
        size = SIZE + PER_LINE * room
        last = max(0, len(entries) - size)
        self.start = last if self._first is None else min(last, bisect_left(entries, self._first, key=seq_of))
        self.stop = min(len(entries), self.start + size)

    @property
    def is_whole(self) -> bool:
        """Whether it is all there is."""
        return self.stop - self.start == len(self._entries)

    @property
    def is_cut_below(self) -> bool:
        """Whether entries follow that are not laid out."""
        return self.stop < len(self._entries)

    def go(self, at: int) -> None:
        """Begin with the entry at this place."""
        at = max(0, at)
        last = len(self._entries) - (SIZE + PER_LINE * self._room)
        self._first = None if at >= last or not self._entries else self._entries[at].seq

    def hold(self) -> None:
        """Stay with these entries, whatever is added below."""
        if self._first is None and self._entries:
            self._first = self._entries[self.start].seq

    def end(self) -> None:
        """Follow the end."""
        self._first = None

    def follows(self, reader: TalkReader) -> bool:
        """Move along with a reader who comes near an edge behind which there is more; says whether it did."""
        step = STEP + self._room
        if self.start and not reader.is_at_end and reader.top < reader.room:
            self.go(self.start - step)
        elif self.is_cut_below and reader.top + 2 * reader.room > reader.length:
            self.go(self.start + step)
        else:
            return False
        return True

    def places(self, text: str) -> list[int]:
        """Which of all entries hold a text, in order; remembered until either changes."""
        entries, known, found = self._found
        if entries is not self._entries or known != text:
            from supportdesk_tui.ui.widgets.talk_words import pattern_of

            pattern = pattern_of(text)
            found = [at for at, entry in enumerate(self._entries) if holds(entry, pattern)] if text else []
            self._found = (self._entries, text, found)
        return found

    def beyond(self, text: str, by: int) -> Entry | None:
        """The next entry outside the stretch that holds a text, behind it or before it, going round; and lay it out."""
        places = self.places(text)
        behind, before = bisect_left(places, self.stop), bisect_left(places, self.start)
        outside = [*places[behind:], *places[:before]] if by >= 0 else [*places[:before][::-1], *places[behind:][::-1]]
        if not outside:
            return None
        self.go(outside[0] - STEP)
        return self._entries[outside[0]]
