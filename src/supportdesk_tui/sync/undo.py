"""What `z` and `Z` take back next: our own changes that the server has done and can undo."""

from supportdesk_tui.domain.changes import Change, Create, MarkRead, Note, Reply, SetAgentState, Undo
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store.events import UndoStackChanged
from supportdesk_tui.store.state import OutboxItem, OutboxPhase

KEPT = 50
_NEVER = (MarkRead, SetAgentState, Create, Undo)
_ONLY_HELD = (Reply, Note)
"""Words that were sent cannot be unsaid; while they are held they can be taken back."""


class UndoStack:
    """Follows the outbox."""

    def __init__(self) -> None:
        self._undo: list[ChangeKey] = []
        self._redo: list[tuple[ChangeKey, tuple[TicketId, ...], Change]] = []
        """The change that undid, and what it undid."""
        self._done: dict[ChangeKey, OutboxItem] = {}

    def moved(self, item: OutboxItem, *, can_undo: bool) -> UndoStackChanged | None:
        """An item of the outbox is in another phase."""
        before = self._snapshot()
        change = item.change
        match item.phase:
            case OutboxPhase.HELD | OutboxPhase.QUEUED if not isinstance(change, _NEVER):
                self._push(item.key)
            case OutboxPhase.SENT if isinstance(change, Undo):
                self._undone(change.key, item.key)
            case OutboxPhase.SENT if can_undo and not isinstance(change, _NEVER + _ONLY_HELD):
                self._done[item.key] = item
                self._push(item.key)
            case OutboxPhase.SENDING if item.key in self._undo:
                self._undo.remove(item.key)
            case OutboxPhase.SENT | OutboxPhase.REFUSED if item.key in self._undo:
                self._undo.remove(item.key)
            case _:
                pass
        return self._changed_since(before)

    def dropped(self, key: ChangeKey) -> UndoStackChanged | None:
        """An item was taken back or forgotten."""
        before = self._snapshot()
        if key in self._undo and key not in self._done:
            self._undo.remove(key)
        return self._changed_since(before)

    def again(self, undo: ChangeKey) -> tuple[tuple[TicketId, ...], Change] | None:
        """What was taken back by the change `undo`: to bring it back it is done anew."""
        return next((redo[1:] for redo in self._redo if redo[0] == undo), None)

    def asked(self, change: Change, redo: ChangeKey | None) -> UndoStackChanged | None:
        """The agent does something: what `Z` would do is used up by doing it; anything else leaves nothing to redo."""
        before = self._snapshot()
        if redo is not None:
            self._redo = [one for one in self._redo if one[0] != redo]
        elif not isinstance(change, _NEVER):
            self._redo.clear()
        return self._changed_since(before)

    def _push(self, key: ChangeKey) -> None:
        if key not in self._undo:
            self._undo.append(key)
        for old in self._undo[:-KEPT]:
            self._done.pop(old, None)
        del self._undo[:-KEPT]

    def _undone(self, key: ChangeKey, by: ChangeKey) -> None:
        if key in self._undo:
            self._undo.remove(key)
        item = self._done.pop(key, None)
        if item is not None:
            self._redo.append((by, item.tickets, item.change))

    def _snapshot(self) -> UndoStackChanged:
        return UndoStackChanged(tuple(self._undo), tuple(key for key, _, _ in self._redo))

    def _changed_since(self, before: UndoStackChanged) -> UndoStackChanged | None:
        after = self._snapshot()
        return after if after != before else None
