"""The conversation: entries newest last, older ones loaded upward, the reading position kept whatever arrives."""

from datetime import datetime

from textual import on
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip

from supportdesk_tui.domain.conversation import Entry, newer_than
from supportdesk_tui.store.state import OutboxPhase
from supportdesk_tui.store.views import ConversationView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.widgets.line_pane import LinePane, minute_of
from supportdesk_tui.ui.widgets.paint import Line
from supportdesk_tui.ui.widgets.talk import Reading, Talk
from supportdesk_tui.ui.widgets.talk_head import TalkHead
from supportdesk_tui.ui.widgets.talk_reader import TalkReader
from supportdesk_tui.ui.widgets.talk_seek import Finder
from supportdesk_tui.ui.widgets.talk_span import STEP, TalkSpan

WHEEL = 3
NEAR_TOP = 5
"""Lines from the top at which older entries are asked for."""


class ConversationPane(LinePane):
    """What was said on the open ticket."""

    GROUND = "conversation"

    class NeedOlder(Message):
        """The reader is near the oldest entry we hold."""

    class CaughtUp(Message):
        """The reader came to the end, where something new stands."""

    class EntryChosen(Message):
        """An entry was clicked; twice `opens` it."""

        def __init__(self, entry: Entry, opens: bool) -> None:
            super().__init__()
            self.entry, self.opens = entry, opens

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(palette, id=id)
        self._view: ConversationView | None = None
        self._now: datetime | None = None
        self._talk: Talk | None = None
        self.reading, self.reader, self._span = Reading(), TalkReader(), TalkSpan()
        self._finder = Finder(
            self.reader,
            lambda: (self._view, self._span, self.reading),
            lambda: self._arrange(is_new=False),
            self.redraw,
            lambda: self.post_message(self.NeedOlder()),
        )
        self.find, self.find_next = self._finder.find, self._finder.go_on
        """Mark a text wherever it stands, and go to the next place or the one before; see `Finder`."""
        self._head: list[Strip] = []
        self._fresh = 0
        self._owed: bool | None = None
        """Another pane has the screen: what is to be laid out when this one is seen again is a new conversation, or is not."""

    def show(self, view: ConversationView, now: datetime) -> None:
        """Draw what differs from the view before; nothing when nothing does."""
        before, then = self._view, self._now
        self._view, self._now = view, now
        if view == before and then is not None and minute_of(then) == minute_of(now) and not _is_counting(view):
            return
        is_opened = before is None or before.ticket != view.ticket
        if is_opened:
            self.reading, self._span, self._fresh = Reading(), TalkSpan(), 0
            self._finder.stop()
        elif before is not None and before.entries and not self.reader.is_at_end:
            self._fresh += newer_than(view.entries, before.entries[-1].seq)
            self._span.hold()
        elif self.reader.is_at_end:
            self._span.end()
        self._arrange(is_new=is_opened or not (before and before.entries))
        self._finder.look_further()
        self.redraw()

    # --- moving

    def scroll_lines(self, by: int) -> None:
        """Move the text by lines; up is negative. Whoever moves is not taken elsewhere by a search that goes on."""
        self._finder.stop()
        self.reader.go(self.reader.top + by)
        self.redraw()

    def page(self, by: int) -> None:
        """Move by screens, two lines kept in sight."""
        self.scroll_lines(by * max(1, self.reader.room - 2))

    def home(self) -> None:
        """To the oldest entry there is."""
        self._span.go(0)
        self._arrange(is_new=False)
        self.scroll_lines(-self.reader.top)

    def end(self) -> None:
        """To the newest entry."""
        self._span.end()
        self._arrange(is_new=False)
        self.scroll_lines(self.reader.length)

    def next_entry(self, by: int) -> None:
        """Put the entry cursor on a neighbouring entry and show it."""
        at = self.reader.neighbour(self.reading.cursor, by)
        if at is not None:
            self.reading.cursor = self.reader.blocks[at].key
            self._arrange(is_new=False)
            self.reader.reveal_block(at)
            self.redraw()

    def toggle_fold(self) -> bool:
        """Unfold or fold the entry under the cursor; False when there is nothing to unfold."""
        at = self.reader.under(self.reading.cursor)
        block = self.reader.blocks[at] if at is not None else None
        if at is None or block is None or not (block.is_cut or self.reading.shows_whole(block.key)):
            return False
        self.reading.toggle(block.key)
        self._arrange(is_new=False)
        self.reader.go(min(self.reader.top, self.reader.starts[at]))
        self.redraw()
        return True

    # --- laying out

    def _arrange(self, *, is_new: bool) -> None:
        """Make the blocks, and keep the line at the top where it is."""
        view, now, width = self._view, self._now, self.size.width
        if view is None or now is None:
            return
        if not width:
            self._owed = is_new or bool(self._owed)
            return
        is_new, self._owed = is_new or bool(self._owed), None
        if self._talk is None or self._talk.width != width or self._talk.paint is not self.paint:
            self._talk = Talk(self.paint, width)
        self._head = TalkHead(self.paint, width).lines(view, now, "", self._finder.reach())
        self.reader.room = max(1, self.size.height - len(self._head) - 1)
        span = self._span
        span.over(view.entries, self.reader.room)
        if is_new and view.read_to and (unread := newer_than(view.entries, view.read_to)) > STEP:
            span.go(len(view.entries) - unread - STEP)
            span.over(view.entries, self.reader.room)
        self.reader.is_cut_below = span.is_cut_below
        blocks = self._talk.blocks(view, now, self.reading, span.start, span.stop) if view.ticket else []
        self.reader.load(blocks, is_new=is_new)

    def redraw(self) -> None:
        """Draw what differs, keep entries laid out around the reader, and ask for older ones near the oldest we hold."""
        view, reader = self._view, self.reader
        if self._span.follows(reader):
            self._arrange(is_new=False)
        super().redraw()
        is_near = not reader.is_at_end and reader.top <= NEAR_TOP and not self._span.start
        if is_near and view is not None and view.has_older and not view.is_loading_older:
            self.post_message(self.NeedOlder())

    def lay(self, width: int, height: int) -> list[Strip]:
        """Head, a blank, the text in view."""
        view, now, reader = self._view, self._now, self.reader
        if view is None or now is None:
            return []
        is_other = self._talk is None or self._talk.width != width or self._talk.paint is not self.paint
        if is_other or self._owed is not None:
            self._arrange(is_new=self._talk is None)
        head = TalkHead(self.paint, width)
        self._head = head.lines(view, now, self._finder.found(), self._finder.reach())
        if not reader.length:
            return [*self._head, self.line().strip(), *head.absent(view)]
        reader.fit(max(1, height - len(self._head) - 1))
        if reader.is_at_end and self._fresh:
            self._fresh = 0
            self.post_message(self.CaughtUp())
        mark = Line(self.paint, 1, "conversation").add(self.paint.glyphs.cursor, "accent", bold=True).strip()
        lines = [*self._head, self.line().strip(), *self._finder.pointed(reader.in_view(), mark)]
        if not reader.is_at_end and len(lines) == height:
            lines[-1] = head.more(lines[-1], self._fresh)
        return lines

    # --- mouse

    def on_click(self, event: Click) -> None:
        """A click puts the entry cursor, two open."""
        line = event.y - len(self._head) - 1
        at = self.reader.block_at(self.reader.top + line) if line >= 0 else None
        entry = self.reader.blocks[at].entry if at is not None else None
        if entry is not None:
            event.stop()  # what is clicked is the entry
            self.reading.cursor = entry.id
            self._arrange(is_new=False)
            self.redraw()
            self.post_message(self.EntryChosen(entry, event.chain > 1))

    @on(MouseScrollDown)
    @on(MouseScrollUp)
    def wheel(self, event: MouseScrollDown | MouseScrollUp) -> None:
        """The wheel moves the text."""
        event.stop()
        self.scroll_lines(WHEEL if isinstance(event, MouseScrollDown) else -WHEEL)


def entry_under(pane: ConversationPane) -> Entry | None:
    """The entry the entry cursor is on, else the last one that begins in sight."""
    at = pane.reader.under(pane.reading.cursor)
    return pane.reader.blocks[at].entry if at is not None else None


def _is_counting(view: ConversationView) -> bool:
    """Whether a second makes a difference."""
    return any(item.phase is OutboxPhase.HELD for item in view.pending)
