"""The desk: a bar, up to three panes, a composer, a last line; which of them show is decided by size and state."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.splash import queue_of_three
from supportdesk_tui.store.slices import composer_slices, conversation_slices, customer_slices, queue_slices, top_slices
from supportdesk_tui.store.state import DeskState, OutboxPhase, Pane, value_of
from supportdesk_tui.store.views import (
    ConversationView,
    bottom_view,
    composer_view,
    conversation_view,
    customer_view,
    queue_view,
    top_view,
)
from supportdesk_tui.theming.tokens import Palette
from supportdesk_tui.ui.panes.bottom import BottomPane
from supportdesk_tui.ui.panes.conversation import ConversationPane
from supportdesk_tui.ui.panes.customer import CustomerPane
from supportdesk_tui.ui.panes.queue import QueuePane
from supportdesk_tui.ui.panes.top import TopPane, ticks
from supportdesk_tui.ui.widgets.line_pane import LinePane, minute_of

if TYPE_CHECKING:
    from supportdesk_tui.commands.sheet import Hint
    from supportdesk_tui.ui.panes.composer import Composer, KeepText
    from supportdesk_tui.ui.widgets.prompt import PromptLine

RunCommand = Callable[[str, tuple[str, ...]], Awaitable[None]]

WIDE = 120
"""Columns from which all three panes fit."""
ROOMY = 140
"""Columns from which the side panes are as wide as they like."""
MEDIUM = 80
"""Columns from which two panes fit."""
SMALL_ROWS = 24
"""At 80 columns and no more rows than these a single pane reads better than two."""
EASY = 100
"""Columns from which the queue of two panes is as wide as it likes."""


def panes_for(columns: int, rows: int) -> int:
    """How many panes stand side by side."""
    if columns >= WIDE:
        return 3
    if columns < MEDIUM or (columns == MEDIUM and rows <= SMALL_ROWS):
        return 1
    return 2


def server_time(state: DeskState, now: datetime) -> datetime:
    """What the backend's clock shows now: deadlines and entries are dated by it, and ours may be hours away."""
    session = state.session.session
    return now + session.clock_offset if session is not None else now


def held_by_server_time(view: ConversationView, offset: timedelta) -> ConversationView:
    """The conversation with what is held back dated by the backend's clock as everything else in it."""
    held = [item for item in view.pending if item.held_until is not None]
    if not offset or not held:
        return view
    moved = (replace(one, held_until=one.held_until + offset) if one.held_until is not None else one for one in view.pending)
    return replace(view, pending=tuple(moved))


class Row(Horizontal):
    """Panes side by side; nothing of its own is ever seen, so one blank line stands for all of it."""

    BLANK = True


class Column(Vertical):
    """Panes on top of each other; nothing of its own is ever seen either."""

    BLANK = True


class DeskScreen(Screen[None]):
    """The main screen; it draws views and never decides what happens."""

    BLANK = True
    DEFAULT_CSS = """
    DeskScreen { layers: base over; }
    DeskScreen #panes { height: 1fr; }
    DeskScreen #middle { width: 1fr; height: 1fr; }
    DeskScreen QueuePane { width: 42; height: 1fr; }
    DeskScreen.-three QueuePane { width: 46; }
    DeskScreen ConversationPane { width: 1fr; height: 1fr; }
    DeskScreen CustomerPane { width: 38; height: 1fr; }
    DeskScreen.-tight QueuePane { width: 42; }
    DeskScreen.-tight CustomerPane { width: 34; }
    DeskScreen.-one QueuePane, DeskScreen.-one CustomerPane { width: 1fr; }
    DeskScreen Composer { height: 12; }
    DeskScreen.-short Composer { height: 8; }
    DeskScreen.-two CustomerPane { width: 42; dock: left; }
    DeskScreen.-two.-slim QueuePane, DeskScreen.-two.-slim CustomerPane { width: 36; }
    DeskScreen.-two Composer { height: 33%; min-height: 8; }
    DeskScreen TopPane { height: 1; }
    DeskScreen BottomPane { dock: bottom; height: 1; }
    DeskScreen PromptLine { dock: bottom; layer: over; height: 1; }
    """
    AUTO_FOCUS = None

    def __init__(
        self,
        palette: Palette,
        *,
        hints: "Callable[[], tuple[Hint, ...]]",
        run: RunCommand,
        keep_text: "KeepText",
        draw: Callable[[], None],
    ) -> None:
        super().__init__()
        self._hints = hints
        self._run = run
        self._keep_text = keep_text
        self._draw = draw
        self.top_pane = TopPane(palette)
        self.queue_pane = QueuePane(palette)
        self.conversation = ConversationPane(palette)
        self.customer = CustomerPane(palette)
        self._palette = palette
        self._is_furnished = False
        self.middle = Column(id="middle")
        self.bottom_pane = BottomPane(palette)
        self._arranged: tuple[object, ...] = ()
        self._queue_width: int | str | None = None
        self._made_of: dict[Widget, tuple[object, ...]] = {}
        self._state = DeskState()
        self._seen: tuple[TicketId | None, int] = (None, 0)

    def compose(self) -> ComposeResult:
        """The tree, once; panes are hidden and shown, never made anew."""
        self._shape()
        yield self.top_pane
        with Row(id="panes"):
            yield self.queue_pane
            with self.middle:
                yield self.conversation
            yield self.customer
        yield self.bottom_pane

    @cached_property
    def composer(self) -> "Composer":
        """Where replies are written; hidden until then, so it is made after the first paint."""
        from supportdesk_tui.ui.panes.composer import Composer

        return Composer(self._palette, self._keep_text)

    @cached_property
    def prompt(self) -> "PromptLine":
        """Where one line is asked for, over the last one."""
        from supportdesk_tui.ui.widgets.prompt import PromptLine

        return PromptLine(self._palette, self._run)

    async def furnish(self) -> None:
        """Put up what the first paint does not show."""
        self.composer.display = False
        await self.middle.mount(self.composer)
        await self.mount(self.prompt)
        await self.bottom_pane.furnish()
        self._is_furnished = True

    def place(self, state: DeskState) -> None:
        """Show, hide and focus panes as size and state say; cheap when nothing differs."""
        size = self.app.size
        focus = state.view.focus
        composer = self._is_furnished and state.view.composer_open and state.conversation.ticket is not None
        is_wide = state.view.queue_wide and focus is Pane.QUEUE
        key = (size, focus, composer, is_wide, state.view.customer_shown, state.view.customer_over)
        if key == self._arranged:
            return
        self._arranged = key
        count = self._shape(is_wide=is_wide)
        reading = focus in {Pane.CONVERSATION, Pane.COMPOSER}
        if is_wide:
            queue, middle, customer = True, False, False
        elif count == 3:
            queue, middle, customer = True, True, state.view.customer_shown
        elif count == 2:
            customer = focus is Pane.CUSTOMER or (state.view.customer_over and focus is not Pane.QUEUE)
            queue, middle = not customer, True
        else:
            queue, middle, customer = focus is Pane.QUEUE, reading, focus is Pane.CUSTOMER
        self.queue_pane.display = queue
        self.middle.display = middle
        self.customer.display = customer
        if self._is_furnished:
            self.composer.display = composer
        # Keys never go by the focus of a widget, and a pane that takes it would be painted whole: only the caret needs it.
        self.set_focus(self.composer.editor if self._is_furnished and focus is Pane.COMPOSER else None, scroll_visible=False)

    def _shape(self, *, is_wide: bool = False) -> int:
        """Say how wide the panes are; how many of them stand side by side when the queue has not the full width."""
        size = self.app.size
        count = panes_for(size.width, size.height)
        self.set_class(count == 1, "-one")
        self.set_class(count == 2, "-two")
        self.set_class(count == 3, "-three")
        self.set_class(size.width < EASY, "-slim")
        self.set_class(count == 3 and size.width < ROOMY, "-tight")
        self.set_class(size.height < 30, "-short")
        self.queue_pane.edge = "right" if count > 1 and not is_wide else ""
        self.customer.edge = "left" if count == 3 else "right" if count == 2 else ""
        width = "1fr" if is_wide else queue_of_three(size.width) if count == 3 and size.width >= ROOMY else None
        if width != self._queue_width:
            self._queue_width = width
            self.queue_pane.styles.width = width
        return count

    def on_mount(self) -> None:
        """The first picture, as soon as there are panes to draw on."""
        self._draw()
        self.watch(self.app, "app_focus", self._see, init=False)

    def on_resize(self) -> None:
        """Another size may be another layout."""
        self._arranged = ()
        self._made_of.clear()
        self._draw()

    def _panes(self) -> tuple[LinePane, ...]:
        panes = (self.top_pane, self.queue_pane, self.conversation, self.customer, self.bottom_pane)
        return (*panes, self.prompt) if self._is_furnished else panes

    def use_palette(self, palette: Palette) -> None:
        """Draw everything in other colours."""
        for pane in self._panes():
            pane.use_palette(palette)
        self._palette = palette
        self.composer.use_palette(palette)

    def forget(self) -> None:
        """Drop lines kept from before: the words have changed."""
        self._made_of.clear()
        for pane in self._panes():
            pane.forget()
            pane.redraw()

    # --- what panes ask for: the mouse, rows out of sight, older entries, text typed

    async def on_queue_pane_chosen(self, message: QueuePane.Chosen) -> None:
        """A row was clicked: the cursor goes there; twice opens it."""
        await self._run("queue.at", (str(message.index),))
        await self._run("queue.open" if message.opens else "pane.focus", () if message.opens else (Pane.QUEUE,))

    @on(QueuePane.NeedRows)
    @on(ConversationPane.NeedOlder)
    async def read_on(self, message: QueuePane.NeedRows | ConversationPane.NeedOlder) -> None:
        """The list was scrolled beyond the loaded rows, or the reader is near the oldest loaded entry."""
        if isinstance(message, QueuePane.NeedRows):
            await self._run("queue.rows", (str(message.index),))
        else:
            await self._run("conversation.older", ())

    async def on_click(self, event: Click) -> None:
        """A click on the customer, or beside the entries of the conversation: keys go there while a ticket is open."""
        clicked, _region = self.get_widget_at(event.screen_x, event.screen_y)
        panes: dict[Widget, Pane] = {self.customer: Pane.CUSTOMER, self.conversation: Pane.CONVERSATION}
        pane = panes.get(clicked)
        if pane is not None and self._state.conversation.ticket is not None:
            await self._run("pane.focus", (pane,))

    async def on_conversation_pane_entry_chosen(self, message: ConversationPane.EntryChosen) -> None:
        """An entry was clicked; twice shows it whole."""
        if message.opens:
            await self._run("conversation.entry", (message.entry.id,))
        else:
            await self._run("pane.focus", (Pane.CONVERSATION,))

    async def on_top_pane_tab_chosen(self, message: TopPane.TabChosen) -> None:
        """A view was clicked."""
        if message.tab.key:
            await self._run(f"queue.view_{message.tab.key}", ())

    def show(self, state: DeskState, now: datetime) -> None:
        """Draw the state: each pane whose part of it, or whose time, is another than when it was last drawn."""
        minute, focus = minute_of(now), state.view.focus
        theirs = server_time(state, now)
        their_minute = minute_of(theirs)
        if self._is_news(self.top_pane, *top_slices(state), now.replace(microsecond=0) if ticks(state.link, now) else minute):
            self.top_pane.show(top_view(state), now)
        if self._is_news(self.queue_pane, *queue_slices(state), their_minute, focus is Pane.QUEUE):
            self.queue_pane.show(queue_view(state), theirs)
        held = now if any(item.phase is OutboxPhase.HELD for item in state.outbox) else minute
        if self._is_news(self.conversation, *conversation_slices(state), held, their_minute, focus is Pane.CONVERSATION):
            self.conversation.show(held_by_server_time(conversation_view(state), theirs - now), theirs)
        if self._is_news(self.customer, *customer_slices(state), their_minute, focus is Pane.CUSTOMER):
            self.customer.show(customer_view(state), theirs)
        if self._is_furnished and self._is_news(self.composer, *composer_slices(state), minute, focus is Pane.COMPOSER):
            self.composer.directory = state.session.directory
            self.composer.show(composer_view(state), now)
        self.bottom_pane.show(bottom_view(state), now, self._hints())
        self._state = state
        self._see()

    @on(ConversationPane.CaughtUp)
    def _see(self) -> None:
        """Say once that the newest words of the ticket being read are on the screen, before somebody who looks at it."""
        conversation, focus = self._state.conversation, self._state.view.focus
        entries = value_of(conversation.entries)
        newest = (conversation.ticket, entries[-1].seq if entries else 0)
        is_reading = focus in {Pane.CONVERSATION, Pane.COMPOSER} and not conversation.peek and self.is_current
        if is_reading and entries and newest != self._seen and self.app.app_focus and self.conversation.reader.is_at_end:
            self._seen = newest
            self.call_after_refresh(self._run, "ticket.seen", ())

    def _is_news(self, pane: Widget, *made_of: object) -> bool:
        """Whether a pane would be drawn from something else than last time; times are compared, all else is the same or not."""
        before = self._made_of.get(pane, ())
        self._made_of[pane] = made_of
        return len(before) != len(made_of) or any(
            new is not old and not (isinstance(new, datetime) and new == old) for new, old in zip(made_of, before, strict=True)
        )
