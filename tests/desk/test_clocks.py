"""Clocks that are wrong: ours hours away from the server's, zones, languages, dates that cannot be."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.changes import Note
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import set_locale
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import SignedIn
from supportdesk_tui.store.views import ConversationView
from supportdesk_tui.ui.screens.desk import held_by_server_time, server_time
from tests.driver import at_desk
from tests.make import outbox_item
from tests.pane import data

ODD_DATES = (
    datetime.min.replace(tzinfo=UTC) + timedelta(days=2),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC) - timedelta(days=2),
)


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine's own zone, for as long as the test runs."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("skew_h", [-2, 2])
async def test_deadlines_are_read_by_the_servers_clock_however_wrong_ours_is(tmp_path: Path, skew_h: int) -> None:
    with ServerThread(tickets=300, ticking=False) as server:
        async with at_desk(server, tmp_path) as agent:
            await agent.press("4")
            await agent.until(lambda state: state.queue.rows and not state.queue.is_loading, "rows")
            agent.app.bridge.flush()
            before = [line[:12] for line in agent.text().splitlines() if line[2:6].strip() in {"late", "near", "soon"}]
            session = agent.state.session
            assert session.session is not None
            assert before
            wrong = replace(session.session, clock_offset=timedelta(hours=-skew_h))
            shown = agent.app.bridge._clock
            agent.app.bridge._clock = lambda: shown() + timedelta(hours=skew_h)
            agent.app.store.dispatch(SignedIn(wrong, session.directory))
            agent.app.bridge.tick()
            after = [line[:12] for line in agent.text().splitlines() if line[2:6].strip() in {"late", "near", "soon"}]
            assert after == before


def test_what_is_held_counts_by_our_own_clock_beside_words_of_the_servers() -> None:
    now, offset = data.NOW, timedelta(hours=2)
    item = outbox_item(change=Note("x"), held_until=now + timedelta(seconds=8))
    view: ConversationView = data.conversation(pending=(item, outbox_item(2)))
    (held, other) = held_by_server_time(view, offset).pending
    assert held.held_until == item.held_until + offset if item.held_until else False
    assert other.held_until is None
    assert held_by_server_time(view, timedelta()) is view


async def test_without_a_server_our_own_clock_counts(tmp_path: Path) -> None:
    async with at_desk(None, tmp_path) as agent:
        assert server_time(agent.state, data.NOW) == data.NOW


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/St_Johns"], indirect=True)
def test_every_date_reads_in_every_zone_and_language_and_none_is_negative(zone: str, locale: str) -> None:
    set_locale(locale)
    for at in ODD_DATES:
        for now in ODD_DATES:
            words = (when.ago(at, now), when.moment(at, now), when.day_break(at, now), when.countdown(at - now))
            assert all(words), (zone, at, now)
            assert not any(word.startswith("-") or "-" in word for word in words), (zone, at, now, words)
    assert when.clock_time(datetime(2026, 8, 17, 14, 3, tzinfo=UTC)) == {"UTC": "14:03", "Asia/Shanghai": "22:03"}.get(
        zone, "11:33"
    )
