"""Settings of the agent that reach the engine: what is kept, for how long, and how much can be taken back."""

from datetime import timedelta
from pathlib import Path

from supportdesk_tui.cli.assemble import common_of
from supportdesk_tui.config.schema import Cache as CacheSettings
from supportdesk_tui.config.schema import Settings
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.conversations import Entries
from supportdesk_tui.sync.undo import UndoStack
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.driver import seat_in

CANARY = "canary-4711"


def common(folder: Path, settings: Settings) -> Common:
    return common_of(seat_in(folder, settings=settings), Store())


async def test_conversation_is_forgotten_after_the_days_that_were_set(tmp_path: Path) -> None:
    cache = common(tmp_path, Settings(cache=CacheSettings(days=3))).cache
    cache.open()
    entries = Entries((make.entry(1),), None, make.NOW)
    for ticket, day in (("t1", 0), ("t2", 2), ("t3", 4)):
        await cache.conversations.put(TicketId(ticket), entries, make.NOW + timedelta(days=day))
    kept = [one for one in ("t1", "t2", "t3") if (await cache.conversations.get(TicketId(one), make.NOW)).entries]
    cache.close()
    assert kept == ["t2", "t3"]


def test_defaults_of_the_engine_are_those_of_the_settings(tmp_path: Path) -> None:
    as_set = common(tmp_path, Settings()).options
    assert (as_set.undo, as_set.hold_s) == (Settings().undo, float(Settings().hold_s))
    assert common(tmp_path, Settings(undo=3)).options.undo == 3


def test_no_more_can_be_taken_back_than_was_set() -> None:
    stack = UndoStack(3)
    for n in range(5):
        stack.moved(make.outbox_item(n), can_undo=True)
    assert len(stack.now().undo) == 3


def test_copy_of_an_earlier_run_is_deleted_where_none_is_wanted(tmp_path: Path) -> None:
    cache = common(tmp_path, Settings()).cache
    cache.open()
    cache.put_tickets_now([make.summary(1, subject=sanitize_line(CANARY))])
    cache.close()
    kept = tmp_path / "cache" / "default.db"
    kept.with_name("default.db.broken-20261122-140000").write_bytes(kept.read_bytes())
    assert CANARY.encode() in kept.read_bytes()

    wanted = common(tmp_path, Settings(cache=CacheSettings(enabled=False)))
    assert list((tmp_path / "cache").iterdir()) == []
    assert wanted.store.state.view.notice is None


def test_copy_that_cannot_be_deleted_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache" / "default.db").mkdir(parents=True)
    wanted = common(tmp_path, Settings(cache=CacheSettings(enabled=False)))
    notice = wanted.store.state.view.notice
    assert notice is not None
    assert "default.db" in notice.text
    assert isinstance(wanted.cache, Cache)
