"""When the desk is drawn: at once, but never for what nobody would see."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import DeskState, Notice, value_of
from supportdesk_tui.store.store import Store
from supportdesk_tui.ui import bridge
from supportdesk_tui.ui.bridge import Bridge
from tests.make import NOW, entry, summary

T1 = TicketId("t1")
ROWS = tuple(summary(n) for n in range(1, 6))
PATIENCE_S = 40.0


class Easel:
    """A stage that keeps the states drawn on it."""

    def __init__(self) -> None:
        self.frames: list[DeskState] = []
        self.drawn = asyncio.Event()

    def place(self, state: DeskState) -> None:
        """Nothing to arrange."""

    def show(self, state: DeskState, now: datetime) -> None:
        """Keep the frame."""
        self.frames.append(state)
        self.drawn.set()


class Desk:
    """A bridge whose callbacks run when the test says the loop is free."""

    def __init__(self) -> None:
        self.store = Store()
        self.easel = Easel()
        self.waiting: list[Callable[[], None]] = []
        self.bridge = Bridge(self.store, self.easel, lambda: NOW, self.schedule)
        self.store.dispatch(
            ev.QueueChosen(QueueQuery(), None), ev.QueueLoaded(QueueQuery(), "", 5, 0, ROWS, NOW, cursor_index=0)
        )
        self.bridge.tick()
        self.run()

    def schedule(self, act: Callable[[], None]) -> None:
        """Remember a callback."""
        self.waiting.append(act)

    def run(self) -> None:
        """Run what was scheduled."""
        while self.waiting:
            self.waiting.pop(0)()

    @property
    def frames(self) -> int:
        """How often it was drawn."""
        return len(self.easel.frames)


async def test_many_changes_before_the_loop_is_free_are_one_frame_with_the_last_of_them() -> None:
    desk = Desk()
    before = desk.frames
    for index in (1, 2, 3, 4):
        desk.store.dispatch(ev.CursorMoved(index))
    assert len(desk.waiting) == 1
    desk.run()
    assert desk.frames == before + 1
    assert desk.easel.frames[-1].queue.index == 4
    desk.bridge.flush()
    assert desk.frames == before + 1


async def test_only_moves_in_the_queue_may_wait_to_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "monotonic", lambda: 1000.0)
    desk = Desk()
    desk.store.dispatch(ev.CursorMoved(1))
    assert desk.bridge.can_wait
    desk.store.dispatch(ev.Told(Notice("Taken")))
    assert not desk.bridge.can_wait


async def test_a_ticket_the_cache_has_is_drawn_once() -> None:
    desk = Desk()
    before = desk.frames
    desk.store.dispatch(ev.TicketOpened(T1, peek=False))
    desk.bridge.draw()
    desk.run()
    assert desk.frames == before
    desk.store.dispatch(ev.EntriesLoaded(T1, (entry(1),), None, NOW, is_cached=True))
    desk.run()
    assert desk.frames == before + 1
    assert value_of(desk.easel.frames[-1].conversation.entries) == (entry(1),)


async def test_a_ticket_nobody_has_is_drawn_empty_soon_all_the_same() -> None:
    desk = Desk()
    desk.easel.drawn.clear()
    desk.store.dispatch(ev.TicketOpened(T1, peek=False))
    desk.run()
    async with asyncio.timeout(PATIENCE_S):
        while not desk.easel.drawn.is_set():
            desk.run()
            await asyncio.sleep(0)
    assert desk.easel.frames[-1].conversation.ticket == T1
