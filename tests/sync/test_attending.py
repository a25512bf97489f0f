"""Presence is said again and again while it lasts."""

from pathlib import Path

import pytest

from supportdesk_tui.commands.effects import Attend
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.sync import link
from tests.sync.desk import desk
from tests.sync.fake import FakeBackend, until
from tests.sync.test_feed import server_with, to


async def test_presence_is_said_anew_lest_the_server_take_us_for_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "ATTEND_S", 0.02)
    backend = FakeBackend(server_with(1))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        assert backend.attended == []
        one.engine.perform(Attend(TicketId("t1"), "typing"))
        await until(lambda: len(backend.attended) >= 3)
        assert set(backend.attended) == {(TicketId("t1"), Activity.TYPING)}
