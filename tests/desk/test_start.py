"""The first moments of a desk: what is on the screen before anything else is loaded, and keys that come before that."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual import events
from textual.message import Message

from supportdesk_tui.cli.assemble import Seat, assemble
from supportdesk_tui.config.schema import Settings
from supportdesk_tui.store.state import Pane
from supportdesk_tui.sync.cache import Cache
from tests import make
from tests.driver import AgentAtDesk, key_event, seat_in

ROWS = 30


def seat_with_rows(folder: Path) -> Seat:
    """A desk nobody answers, that knows some tickets of yesterday."""
    now = datetime.now(UTC)
    cache = Cache(folder / "cache" / "default.db")
    cache.open()
    cache.last.save_session(make.session(), make.directory())
    cache.last.save_views((make.view(),))
    cache.put_tickets_now(make.summary(n, updated_at=now - timedelta(seconds=n)) for n in range(ROWS))
    cache.close()
    return seat_in(folder, settings=Settings())


async def started_with(seat: Seat, keys: Iterable[events.Event], size: tuple[int, int] = (160, 48)) -> AgentAtDesk:
    """A desk that finds keys waiting when it starts, once it has done what they say."""
    app = assemble(seat)
    waiting = list(keys)
    ready_before: list[bool] = []

    def first(message: Message) -> None:
        if waiting and isinstance(message, events.Load):
            ready_before.append(app.is_ready)
            while waiting:
                app.post_message(waiting.pop(0))

    async with app.run_test(size=size, message_hook=first) as pilot:
        agent = AgentAtDesk(app, pilot)
        await agent.until(lambda _: app.is_ready and not waiting, "ready")
        assert ready_before == [False], "the keys came too late to prove anything"
        await app.close_desk()
        return agent


async def test_keys_from_before_the_first_picture_are_done_in_order(tmp_path: Path) -> None:
    agent = await started_with(seat_with_rows(tmp_path), [key_event(key) for key in ("j", "j", "j", "k", "enter")])
    assert agent.state.queue.index == 2
    assert agent.state.view.focus is Pane.CONVERSATION
    assert agent.state.conversation.ticket == agent.state.queue.rows[2].id


async def test_paste_from_before_the_first_picture_is_answered(tmp_path: Path) -> None:
    agent = await started_with(seat_with_rows(tmp_path), [events.Paste("some text")])
    assert agent.state.view.notice is not None


async def test_keys_typed_while_the_desk_gets_ready_do_not_overtake_those_typed_before(tmp_path: Path) -> None:
    app = assemble(seat_with_rows(tmp_path))
    furnish = app.desk.furnish

    async def furnish_while_somebody_types() -> None:
        await furnish()
        await app.on_event(key_event("a"))
        await app.on_event(key_event("b"))

    vars(app.desk)["furnish"] = furnish_while_somebody_types
    await app.on_event(key_event("backslash"))
    async with app.run_test(size=(160, 48)) as pilot:
        agent = AgentAtDesk(app, pilot)
        await agent.until(lambda state: state.queue.filter == "ab", "filtered by what was typed, in order")
        await app.close_desk()
