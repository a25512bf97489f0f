"""Clocks that are wrong: ours hours away from the server's, zones, languages, dates that cannot be."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from supportdesk_tui.backends.calls import WAIT_MAX_S
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.clocks import offset_of, to_utc
from supportdesk_tui.domain.errors import RateLimited
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import set_locale
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import SignedIn
from supportdesk_tui.store.views import ConversationView
from supportdesk_tui.ui.screens.desk import held_by_server_time, server_time
from tests.contract.answers import answered, backend
from tests.driver import at_desk
from tests.make import outbox_item
from tests.pane import data

ODD_DATES = (
    to_utc(datetime.min),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    to_utc(datetime.max),
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
            now = agent.app.bridge._clock()
            agent.app.bridge._clock = lambda: now  # no minute ends while it is looked at
            agent.app.bridge.tick()
            before = [line[:12] for line in agent.text().splitlines() if line[2:6].strip() in {"late", "near", "soon"}]
            session = agent.state.session
            assert session.session is not None
            assert before
            wrong = replace(session.session, clock_offset=timedelta(hours=-skew_h))
            agent.app.bridge._clock = lambda: now + timedelta(hours=skew_h)
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
            words = (when.duration(at - now), when.moment(at, now), when.day_break(at, now))
            assert all(words), (zone, at, now)
            assert not any(word.startswith("-") or "-" in word for word in words), (zone, at, now, words)
    assert when.clock_time(datetime(2026, 8, 17, 14, 3, tzinfo=UTC)) == {"UTC": "14:03", "Asia/Shanghai": "22:03"}.get(
        zone, "11:33"
    )


def test_times_from_the_ends_of_the_calendar_can_be_shown_and_computed_with() -> None:
    west, east = timezone(timedelta(hours=-14)), timezone(timedelta(hours=14))
    assert to_utc(datetime(9999, 12, 31, 23, 59, tzinfo=west)) == to_utc(datetime.max)
    assert to_utc(datetime(1, 1, 1, tzinfo=east)) == to_utc(datetime.min)
    assert to_utc(datetime(2026, 8, 17, 14, tzinfo=east)) == datetime(2026, 8, 17, tzinfo=UTC)


@pytest.mark.parametrize("said", [datetime.max, datetime.min])
def test_server_whose_time_is_no_time_of_now_moves_no_clock(said: datetime) -> None:
    assert offset_of(said.replace(tzinfo=UTC), data.NOW) == timedelta()
    assert offset_of(data.NOW + timedelta(days=20_000), data.NOW) == timedelta(days=20_000)


async def test_desk_outlives_a_server_that_lives_at_the_end_of_the_calendar() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        agent = {"id": "a1", "login": "a", "name": "A", "role": "l1", "state": "available", "load": 0, "capacity": 9}
        agent |= {"teams": [], "languages": [], "skills": {}}
        said = {"agent": agent, "at": "9999-12-31T23:59:59-12:00", "permissions": [], "server": "s"}
        is_session = request.url.path.endswith("/session")
        headers = {"date": "Fri, 31 Dec 9999 23:59:59 GMT", "retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}
        return answered(200 if is_session else 429, json.dumps(said).encode(), **headers)

    desk = backend(handler)
    assert (await desk.open()).clock_offset == timedelta()
    with pytest.raises(RateLimited) as raised:
        await desk.list_views()
    assert raised.value.after_s == WAIT_MAX_S
