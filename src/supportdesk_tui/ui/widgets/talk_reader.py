"""Where somebody is in a conversation: the line at the top stays the same line whatever is added above or below."""

from textual.strip import Strip

from supportdesk_tui.ui.widgets.talk import Block

EDGE = 1
"""Lines kept above what is brought into view."""


class TalkReader:
    """Blocks put end to end, and the part of them in view."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.starts: list[int] = []
        self.length = 0
        self.room = 1
        self.top = 0
        self.is_at_end = True
        self.is_cut_below = False
        """More follows than is here: the last line is not the end."""
        self.hit = 0

    def load(self, blocks: list[Block], *, is_new: bool) -> None:
        """Take another state of the talk; a new one is opened where reading begins."""
        anchor = None if is_new or self.is_at_end else self._anchor()
        hit = self._hit_place()
        self.blocks = blocks
        self.starts, self.length = [], 0
        for block in blocks:
            self.starts.append(self.length)
            self.length += len(block.lines)
        self.hit = self._hit_of(hit)
        if is_new:
            self.go(self._opening())
        else:
            self.go(self.length if anchor is None else self._line_of(anchor))

    def fit(self, room: int) -> None:
        """So many lines are in view from now on; at the end one stays at the end."""
        self.room = room
        self.go(self.length if self.is_at_end else self.top)

    def go(self, top: int) -> None:
        """Put a line at the top, as far as there are lines."""
        last = max(0, self.length - self.room)
        self.top = max(0, min(top, last))
        self.is_at_end = self.top >= last and not self.is_cut_below

    def reveal(self, first: int, past: int) -> None:
        """Bring lines into view, moving no further than needed."""
        if first - EDGE < self.top:
            self.go(first - EDGE)
        elif past > self.top + self.room:
            self.go(min(first - EDGE, past - self.room))

    def reveal_block(self, at: int) -> None:
        """Bring a block into view."""
        self.reveal(self.starts[at], self.starts[at] + len(self.blocks[at].lines))

    def _opening(self) -> int:
        end = self.length - self.room
        unread = next((at for at, block in enumerate(self.blocks) if block.key == "unread"), None)
        return min(end, self.starts[unread]) if unread is not None else end

    def _anchor(self) -> tuple[str, int] | None:
        """The words next to the top, and how many lines the top is below their first one.

        What stands before the words of an entry comes and goes with the entry above it: a head, a blank, a day.
        """
        at = self.block_at(self.top)
        while at is not None and self.blocks[at].entry is None and self.blocks[at].key != "older":
            at = at + 1 if at + 1 < len(self.blocks) else None
        return (self.blocks[at].key, self.top - self.starts[at] - self.blocks[at].heads) if at is not None else None

    def _line_of(self, anchor: tuple[str, int]) -> int:
        """Where the anchor is now; in a block that has become shorter no further down than its last line."""
        key, offset = anchor
        for start, block in zip(self.starts, self.blocks, strict=True):
            if block.key == key:
                return start + min(block.heads + offset, len(block.lines) - 1)
        return self.top

    def block_at(self, line: int) -> int | None:
        """The block a line belongs to."""
        at = None
        for place, start in enumerate(self.starts):
            if start > line:
                break
            at = place
        return at if line < self.length else None

    def in_view(self) -> list[Strip]:
        """The lines to draw."""
        past = self.top + self.room
        return [
            line.strip()
            for start, block in zip(self.starts, self.blocks, strict=True)
            if start < past and start + len(block.lines) > self.top
            for line in block.lines[max(0, self.top - start) : past - start]
        ]

    def under(self, cursor: str) -> int | None:
        """The entry the cursor is on, else the last one that begins in view."""
        found = None
        for at, block in enumerate(self.blocks):
            if block.entry is not None:
                if block.key == cursor:
                    return at
                if self.starts[at] < self.top + self.room:
                    found = at
        return found

    def neighbour(self, cursor: str, by: int) -> int | None:
        """The entry so many steps from the cursor; without a cursor the one in view comes first."""
        entries = [at for at, block in enumerate(self.blocks) if block.entry is not None]
        if not entries:
            return None
        under = self.under(cursor)
        current = entries.index(under) if under is not None else 0
        if all(self.blocks[at].key != cursor for at in entries):
            by -= 1 if by > 0 else -1
        return entries[max(0, min(current + by, len(entries) - 1))]

    def _hit_place(self) -> tuple[str, int]:
        """The block of the hit somebody is on, and which hit of that block it is."""
        left = self.hit
        for block in self.blocks:
            if left < len(block.hits):
                return block.key, left
            left -= len(block.hits)
        return "", 0

    def _hit_of(self, place: tuple[str, int]) -> int:
        """The number of that hit among those that are here now."""
        before = 0
        for block in self.blocks:
            if block.key == place[0]:
                return before + min(place[1], max(0, len(block.hits) - 1))
            before += len(block.hits)
        return 0

    def hit_block(self) -> tuple[Block | None, bool]:
        """The block of the hit somebody is on, and whether it is folded away there."""
        key, place = self._hit_place()
        block = next((one for one in self.blocks if one.key == key), None)
        return block, block is not None and block.hits[place] in block.folds

    def hits(self) -> list[int]:
        """The lines on which something looked for stands, once per hit."""
        return [start + line for start, block in zip(self.starts, self.blocks, strict=True) for line in block.hits]

    def first_hit(self) -> int:
        """Begin with the first hit in view or below it; says how many there are."""
        hits = self.hits()
        self.hit = next((n for n, line in enumerate(hits) if line >= self.top), 0)
        return len(hits)

    def show_hit(self, by: int = 0) -> None:
        """Bring a hit into view; goes round at the ends."""
        hits = self.hits()
        if hits:
            self.hit = (self.hit + by) % len(hits)
            self.reveal(hits[self.hit], hits[self.hit] + 1)

    def show_entry(self, name: str, *, is_last: bool) -> None:
        """Bring an entry into view at its first or last hit; at its beginning where no hit of it is drawn."""
        at = next((place for place, block in enumerate(self.blocks) if block.key == name), None)
        if at is None:
            return
        before = sum(len(block.hits) for block in self.blocks[:at])
        count = len(self.blocks[at].hits)
        self.hit = before + (count - 1 if is_last and count else 0)
        self.reveal_block(at)
        if count:
            self.show_hit()
