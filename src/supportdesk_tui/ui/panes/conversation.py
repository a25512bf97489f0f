"""The conversation: entries newest last, older ones loaded upward, the reading position kept whatever arrives."""

from dataclasses import dataclass
from datetime import datetime

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip

from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.store.state import OutboxPhase
from supportdesk_tui.store.views import ConversationView
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.text import cells, wrap_some
from supportdesk_tui.ui.widgets.line_pane import LinePane
from supportdesk_tui.ui.widgets.paint import Line
from supportdesk_tui.ui.widgets.talk import Block, Reading, Talk
from supportdesk_tui.ui.widgets.talk_head import TalkHead

WHEEL = 3
NEAR_TOP = 5
"""Lines from the top at which older entries are asked for."""


class ConversationPane(LinePane, can_focus=True):
    """What was said on the open ticket."""

    GROUND = "conversation"

    @dataclass
    class NeedOlder(Message):
        """The reader is near the oldest entry we hold."""

    @dataclass
    class EntryChosen(Message):
        """An entry was clicked."""

        entry: Entry
        opens: bool

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(palette, id=id)
        self._view: ConversationView | None = None
        self._now: datetime | None = None
        self._talk: Talk | None = None
        self._reading = Reading()
        self._blocks: list[Block] = []
        self._body: list[Strip] = []
        self._starts: list[int] = []
        self._head: list[Strip] = []
        self._top = 0
        self._is_at_end = True
        self._fresh = 0
        self._hit = 0

    def show(self, view: ConversationView, now: datetime) -> None:
        """Draw what differs from the view before; nothing when nothing does."""
        before, then = self._view, self._now
        self._view, self._now = view, now
        if view == before and then is not None and then.minute == now.minute and not _is_counting(view):
            return
        opened = before is None or before.ticket != view.ticket
        if opened:
            self._reading = Reading()
            self._fresh = 0
        elif before is not None and not self._is_at_end:
            known = before.entries[-1].seq if before.entries else 0
            self._fresh += sum(entry.seq > known for entry in view.entries)
        self._arrange(is_new=opened or not (before and before.entries))
        self.redraw()

    # --- moving

    def scroll_lines(self, by: int) -> None:
        """Move the text by lines; up is negative."""
        self._go(self._top + by)

    def page(self, by: int) -> None:
        """Move by screens, two lines kept in sight."""
        self._go(self._top + by * max(1, self._room() - 2))

    def home(self) -> None:
        """To the oldest entry there is."""
        self._go(0)

    def end(self) -> None:
        """To the newest entry."""
        self._go(len(self._body))

    def next_entry(self, by: int) -> None:
        """Put the entry cursor on a neighbouring entry and show it."""
        entries = [at for at, block in enumerate(self._blocks) if block.entry is not None]
        if not entries:
            return
        current = next((n for n, at in enumerate(entries) if self._blocks[at].key == self._reading.cursor), None)
        if current is None:
            under = self._block_under()
            current = next((n for n, at in enumerate(entries) if at == under), len(entries) - 1)
            by = by + 1 if by < 0 else by - 1
        at = entries[max(0, min(current + by, len(entries) - 1))]
        self._reading.cursor = self._blocks[at].key
        self._relay()
        self._reveal(self._starts[at], self._starts[at] + len(self._blocks[at].strips))

    def entry_under(self) -> Entry | None:
        """The entry the entry cursor is on, else the last one that begins in sight."""
        at = self._block_under()
        return self._blocks[at].entry if at is not None else None

    def toggle_fold(self) -> bool:
        """Unfold or fold the entry under the cursor; False when there is nothing to unfold."""
        at = self._block_under()
        if at is None:
            return False
        block = self._blocks[at]
        if not block.is_cut and block.key not in self._reading.unfolded:
            return False
        self._reading.unfolded ^= {block.key}
        self._relay()
        self._go(min(self._top, self._starts[at]))
        return True

    # --- looking for words

    def find(self, text: str) -> int:
        """Mark a text wherever it stands and show it; says how often. An empty text ends the search."""
        self._reading.find = text.strip()
        self._relay()
        hits = self._hits()
        self._hit = next((n for n, line in enumerate(hits) if line >= self._top), 0)
        self._show_hit(hits)
        return len(hits)

    def find_next(self, by: int) -> None:
        """To the next place, or the one before; goes round at the ends."""
        hits = self._hits()
        if hits:
            self._hit = (self._hit + by) % len(hits)
        self._show_hit(hits)

    def _hits(self) -> list[int]:
        return [start + line for start, block in zip(self._starts, self._blocks, strict=True) for line in block.hits]

    def _show_hit(self, hits: list[int]) -> None:
        if hits:
            self._reveal(hits[self._hit], hits[self._hit] + 1)
        self._arrange(is_new=False)
        self.redraw()

    def _found(self) -> str:
        if not self._reading.find:
            return ""
        count = len(self._hits())
        if not count:
            return _("“{text}” is nowhere here", text=self._reading.find)
        return _("“{text}” {n} of {count}", text=self._reading.find, n=self._hit + 1, count=count)

    # --- laying out

    def forget(self) -> None:
        """Drop all wrapped lines."""
        self._talk = None
        self._arrange(is_new=False)

    def on_resize(self) -> None:
        """Wrap anew, the line at the top kept."""
        self._arrange(is_new=False)
        super().on_resize()

    def _relay(self) -> None:
        self._arrange(is_new=False)
        self.redraw()

    def _room(self) -> int:
        return max(1, self.size.height - len(self._head) - 1)

    def _arrange(self, *, is_new: bool) -> None:
        """Make the blocks, and keep the line at the top where it is."""
        view, now, width = self._view, self._now, self.size.width
        if view is None or now is None or not width:
            return
        anchor = None if is_new or self._is_at_end else self._anchor()
        if self._talk is None or self._talk.width != width:
            self._talk = Talk(self.paint, self.glyphs, width)
        self._blocks = self._talk.blocks(view, now, self._reading) if view.ticket else []
        self._starts, self._body = [], []
        for block in self._blocks:
            self._starts.append(len(self._body))
            self._body += block.strips
        self._head = TalkHead(self.paint, self.glyphs, width).lines(view, now, self._found())
        if is_new:
            self._set_top(self._opening())
        elif anchor is None:
            self._set_top(len(self._body))
        else:
            self._set_top(self._line_of(anchor))

    def _opening(self) -> int:
        """Where reading begins: at the end, or at the first unread entry when not all unread ones fit."""
        end = len(self._body) - self._room()
        unread = next((at for at, block in enumerate(self._blocks) if block.key == "unread"), None)
        return min(end, self._starts[unread]) if unread is not None else end

    def _anchor(self) -> tuple[str, int] | None:
        at = self._block_at(self._top)
        return (self._blocks[at].key, self._top - self._starts[at]) if at is not None else None

    def _line_of(self, anchor: tuple[str, int]) -> int:
        key, offset = anchor
        return next(
            (start + offset for start, block in zip(self._starts, self._blocks, strict=True) if block.key == key), self._top
        )

    def _block_at(self, line: int) -> int | None:
        at = None
        for place, start in enumerate(self._starts):
            if start > line:
                break
            at = place
        return at

    def _block_under(self) -> int | None:
        bottom = self._top + self._room()
        under = None
        for at, block in enumerate(self._blocks):
            if block.entry is not None:
                if block.key == self._reading.cursor:
                    return at
                if self._starts[at] < bottom:
                    under = at
        return under

    def _set_top(self, top: int) -> None:
        last = max(0, len(self._body) - self._room())
        self._top = max(0, min(top, last))
        self._is_at_end = self._top >= last
        if self._is_at_end:
            self._fresh = 0

    def _go(self, top: int) -> None:
        self._set_top(top)
        self.redraw()
        view = self._view
        if view is not None and view.has_older and not view.is_loading_older and self._top <= NEAR_TOP:
            self.post_message(self.NeedOlder())

    def _reveal(self, first: int, past: int) -> None:
        room = self._room()
        if first < self._top:
            self._go(first - 1)
        elif past > self._top + room:
            self._go(max(0, min(first - 1, past - room)))
        else:
            self.redraw()

    def lay(self, width: int, height: int) -> list[Strip]:
        """Head, a blank, the text in view."""
        view = self._view
        if view is None:
            return []
        if self._talk is None or self._talk.width != width:
            self._arrange(is_new=False)
        if not view.ticket or not self._body:
            return [*self._head, self.line().strip(), *self._absent(view, width)]
        room = self._room()
        lines = [*self._head, self.line().strip(), *self._body[self._top : self._top + room]]
        if not self._is_at_end and len(lines) == height:
            lines[-1] = self._more(lines[-1], width)
        return lines

    def _more(self, strip: Strip, width: int) -> Strip:
        down = self.glyphs.down
        text = _(" {down} {n} new ", down=down, n=self._fresh) if self._fresh else f" {down} "
        size = cells(text)
        mark = Line(self.paint, size, "chip").add(text, "accent" if self._fresh else "text_low", bold=bool(self._fresh))
        return Strip.join([strip.crop(0, width - size), mark.strip()])

    def _absent(self, view: ConversationView, width: int) -> list[Strip]:
        if view.ticket is None:
            says = [_("No ticket is open."), _("Enter opens the one under the cursor · N takes the next best · ? keys")]
        elif view.shown.failed:
            says = [_("This ticket could not be read."), _("F5 asks again · Esc goes back")]
        elif view.shown.is_loading:
            says = [_("Reading{dots}", dots=self.glyphs.dots)]
        else:
            says = [_("Nothing was said yet."), _("r reply · n internal note")]
        lines = []
        for place, text in enumerate(says):
            for part in wrap_some(text, width - 4, 3)[0]:
                lines.append(self.line().add("   ").add(part, "text_low" if place else "text").strip())
        return lines

    # --- mouse

    def on_click(self, event: Click) -> None:
        """A click puts the entry cursor, two open."""
        at = self._block_at(self._top + event.y - len(self._head) - 1)
        if at is None or event.y <= len(self._head):
            return
        entry = self._blocks[at].entry
        if entry is not None:
            self._reading.cursor = entry.id
            self._relay()
            self.post_message(self.EntryChosen(entry, event.chain > 1))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves the text."""
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves the text."""
        event.stop()
        self.scroll_lines(-WHEEL)


def _is_counting(view: ConversationView) -> bool:
    """Whether a second makes a difference."""
    return any(item.phase is OutboxPhase.HELD for item in view.pending)
