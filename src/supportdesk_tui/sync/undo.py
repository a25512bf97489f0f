"""What `z` and `Z` take back next: our own changes that the server has done and can undo."""

from supportdesk_tui.domain.changes import Change, MarkRead, Note, Reply, SetAgentState, Undo
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store.events import UndoStackChanged
from supportdesk_tui.store.state import OutboxItem, OutboxPhase

_ONLY_HELD = (Reply, Note)
"""Words that were sent cannot be unsaid; while they are held they can be taken back. What was done with them can."""


def is_action(change: Change) -> bool:
    """Whether the agent did it on purpose and could want it undone: having looked at a ticket is none, undoing has `Z`."""
    return not isinstance(change, Undo) and not (isinstance(change, MarkRead) and change.read)


def has_deeds(change: Change) -> bool:
    """Whether there is something in it that can be taken back once the server has it."""
    return not isinstance(change, _ONLY_HELD) or bool(change.then)


class UndoStack:
    """Follows the outbox."""

    def __init__(self, most: int) -> None:
        """`most` is how many of our last changes can be taken back."""
        self._most = most
        self._undo: list[ChangeKey] = []
        self._redo: list[tuple[ChangeKey, tuple[TicketId, ...], Change]] = []
        """The change that undid, and what it undid."""
        self._done: dict[ChangeKey, OutboxItem] = {}
        self._states: dict[ChangeKey, str] = {}
        """What an agent's state was before a change of it: no server keeps that, so it is set back."""

    def forget(self) -> None:
        """Somebody else has the desk: what the one before did is not theirs to take back."""
        self._undo.clear()
        self._redo.clear()
        self._done.clear()
        self._states.clear()

    def begun(self, key: ChangeKey, change: Change) -> UndoStackChanged | None:
        """The agent has done something that is not on the disk yet: the next `z` is for it, the one after that for another."""
        if isinstance(change, Undo):
            return self.asked_back(change.key)
        before = self.now()
        if is_action(change):
            self._push(key)
        return self._changed_since(before)

    def asked_back(self, key: ChangeKey) -> UndoStackChanged | None:
        """A change is being taken back: the next `z` is for the one before it."""
        before = self.now()
        if key in self._undo:
            self._undo.remove(key)
        return self._changed_since(before)

    def stays(self, key: ChangeKey | None) -> UndoStackChanged | None:
        """The disk would not have a change taken back: it can be asked for again."""
        before = self.now()
        if key is not None:
            self._push(key)
        return self._changed_since(before)

    def moved(self, item: OutboxItem, *, can_undo: bool) -> UndoStackChanged | None:
        """An item of the outbox is in another phase."""
        before = self.now()
        change, target = item.change, _target(item)
        match item.phase:
            case OutboxPhase.HELD | OutboxPhase.QUEUED if is_action(change) and target is None:
                self._push(item.key)
            case OutboxPhase.SENT if target is not None:
                self._undone(target, item)
            case OutboxPhase.SENT if self._can_be_undone(item, can_undo=can_undo):
                self._done[item.key] = item
                self._push(item.key)
            case OutboxPhase.REFUSED if target is not None:
                # Somebody built on it: it stays done, and the next `z` is for what was done before.
                self._drop(target)
            case OutboxPhase.SENT | OutboxPhase.REFUSED if item.key in self._undo:
                # While it is on its way `z` is still about it, and not about what was done before, elsewhere perhaps.
                self._undo.remove(item.key)
            case _:
                pass
        return self._changed_since(before)

    def _can_be_undone(self, item: OutboxItem, *, can_undo: bool) -> bool:
        change = item.change
        if isinstance(change, SetAgentState):
            return item.key in self._states
        return can_undo and is_action(change) and has_deeds(change)

    def state_was(self, key: ChangeKey, state: str) -> None:
        """Remember what an agent's state was before the change `key` of it."""
        self._states[key] = state

    def state_back(self, key: ChangeKey) -> tuple[str, str] | None:
        """For a change of an agent's state: what it made of it, and what it was before; None for every other change."""
        item, before = self._done.get(key), self._states.get(key)
        if item is None or before is None or not isinstance(item.change, SetAgentState):
            return None
        return item.change.state, before

    def dropped(self, key: ChangeKey) -> UndoStackChanged | None:
        """An item was taken back or forgotten."""
        before = self.now()
        if key in self._undo and key not in self._done:
            self._undo.remove(key)
        return self._changed_since(before)

    def again(self, undo: ChangeKey) -> tuple[tuple[TicketId, ...], Change] | None:
        """What was taken back by the change `undo`: to bring it back it is done anew."""
        return next((redo[1:] for redo in self._redo if redo[0] == undo), None)

    def asked(self, change: Change, redo: ChangeKey | None) -> UndoStackChanged | None:
        """The agent does something: what `Z` would do is used up by doing it; anything else leaves nothing to redo."""
        before = self.now()
        if redo is not None:
            self._redo = [one for one in self._redo if one[0] != redo]
        elif is_action(change):
            self._redo.clear()
        return self._changed_since(before)

    def _push(self, key: ChangeKey) -> None:
        if key not in self._undo:
            self._undo.append(key)
        for old in self._undo[: -self._most]:
            self._done.pop(old, None)
            self._states.pop(old, None)
        del self._undo[: -self._most]

    def _drop(self, key: ChangeKey) -> None:
        if key in self._undo:
            self._undo.remove(key)
        self._done.pop(key, None)
        self._states.pop(key, None)

    def _undone(self, key: ChangeKey, by: OutboxItem) -> None:
        """What `Z` does again is what was taken back: of many tickets not those that somebody built on and that stayed."""
        if key in self._undo:
            self._undo.remove(key)
        item = self._done.pop(key, None)
        self._states.pop(key, None)
        if item is not None and not isinstance(item.change, _ONLY_HELD):
            back = tuple(one.ticket for one in by.outcomes if one.done)
            self._redo.append((by.key, back or item.tickets, item.change))

    def now(self) -> UndoStackChanged:
        """What stands there, oldest first."""
        return UndoStackChanged(tuple(self._undo), tuple(key for key, _, _ in self._redo))

    def _changed_since(self, before: UndoStackChanged) -> UndoStackChanged | None:
        after = self.now()
        return after if after != before else None


def _target(item: OutboxItem) -> ChangeKey | None:
    """The change that this one takes back."""
    return item.change.key if isinstance(item.change, Undo) else item.undoes
