"""What a command may look at: a frozen snapshot."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.store.state import DeskState, Pane, value_of


class Context(Struct, frozen=True):
    """State, time and what the ui knows; commands read it and answer with effects."""

    state: DeskState
    now: datetime
    page: int = 20
    """Rows a page key moves by."""
    composer_text: str = ""
    """Text in the composer this moment (newer than the draft)."""
    macros: Any = None
    """`commands.macros.MacroLibrary`; loaded after the first paint."""
    panes: int = 3
    """How many panes stand side by side."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Settings commands may need: hold_s, locale."""

    @property
    def focus(self) -> Pane:
        """Which pane the keys go to."""
        return self.state.view.focus

    @property
    def current(self) -> TicketSummary | None:
        """The ticket a key acts on: the open one in conversation and composer; in the queue the only one selected, else the
        one under the cursor. None also when its row is not loaded."""
        opened, selection = self.state.conversation.ticket, self.state.selection
        if self.focus is not Pane.QUEUE and opened is not None:
            detail = value_of(self.state.conversation.detail)
            return detail.summary if detail is not None and detail.summary.id == opened else self.row(opened)
        is_chosen = self.focus is Pane.QUEUE and len(selection) == 1
        return self.row(next(iter(selection)) if is_chosen else self.state.queue.cursor)

    @property
    def targets(self) -> tuple[TicketId, ...]:
        """The tickets a verb acts on: the selection in the queue, else the current one."""
        if self.state.selection and self.focus is Pane.QUEUE:
            return tuple(sorted(self.state.selection))
        return (self.current.id,) if self.current else ()

    @property
    def about(self) -> str:
        """The case number of the one ticket a verb acts on; empty for several, and while its row is not loaded."""
        current = self.current
        return str(current.number) if current is not None and self.targets == (current.id,) else ""

    @property
    def me(self) -> AgentId | None:
        """Our own agent id, once known."""
        session = self.state.session.session
        return session.agent.id if session else None

    def row(self, ticket: TicketId | None) -> TicketSummary | None:
        """A loaded row by id; the one under the cursor without looking through the others."""
        queue = self.state.queue
        place = queue.index - queue.start
        if 0 <= place < len(queue.rows) and queue.rows[place].id == ticket:
            return queue.rows[place]
        return next((row for row in queue.rows if row.id == ticket), None)

    def can(self, capability: Capability) -> bool:
        """Whether the backend and our role allow it."""
        session = self.state.session.session
        return session is not None and capability in session.capabilities
