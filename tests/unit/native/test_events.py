"""Feed events to notices."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.backends.native.events import to_notices
from supportdesk_tui.backends.native.mapping import Lens
from supportdesk_tui.domain.feed import (
    Activity,
    AgentChanged,
    EntryAdded,
    Gap,
    Heard,
    Notice,
    PresenceChanged,
    TicketChanged,
)
from supportdesk_tui.domain.ids import AgentId, FeedMark
from supportdesk_tui.wire.sse import SseEvent
from tests.unit.native.test_mapping import AGENT, AT, ROW

ENTRY = {"id": "e1", "seq": 9, "kind": "customer", "author": "x", "at": AT, "body": "hi"}
EVENT: dict[str, Any] = {"seq": 9, "at": AT, "actor": "a2", "row": ROW, "says": "said\x1b"}


def notices(name: str, data: Any, mark: str = "9") -> tuple[Notice, ...]:
    return to_notices(SseEvent(name, json.dumps(data), mark), Lens(AgentId("a1")))


def test_ticket_event_says_who_did_what_and_whom_to_tell() -> None:
    [notice] = notices("ticket", EVENT | {"tells": "a1"})
    assert isinstance(notice, TicketChanged)
    assert (notice.mark, notice.actor, notice.tells, notice.ticket.watched) == ("9", "a2", "a1", True)
    assert "\x1b" not in notice.says


def test_entry_event_comes_with_its_summary_and_an_alert_where_somebody_is_told() -> None:
    [added] = notices("entry", EVENT | {"entry": ENTRY, "actor": None}, mark="")
    assert isinstance(added, EntryAdded)
    assert (added.mark, added.entry.body, added.ticket.version) == (None, "hi", 7)
    first, second = notices("entry", EVENT | {"entry": ENTRY, "tells": "a1"})
    assert isinstance(first, EntryAdded)
    assert isinstance(second, TicketChanged)
    assert second.tells == "a1"


def test_presence_agent_beat_and_gap() -> None:
    [seen] = notices("presence", {"ticket": "t1", "agent": "a2", "name": "B\x07", "activity": "juggling"})
    assert isinstance(seen, PresenceChanged)
    assert (seen.activity, "\x07" in seen.name) == (Activity.VIEWING, False)
    [changed] = notices("agent", AGENT)
    assert isinstance(changed, AgentChanged)
    assert notices("beat", {"at": AT}) == (Heard(datetime(2026, 8, 17, 10, tzinfo=UTC), FeedMark("9")),)
    assert notices("gap", {}) == (Gap(FeedMark("9")),)


def test_event_of_a_newer_kind_is_nothing() -> None:
    assert notices("weather", {"at": AT}) == ()


def test_unreadable_news_of_a_ticket_is_a_gap_and_an_unreadable_beat_is_nothing() -> None:
    assert notices("ticket", {"seq": 1}) == (Gap(),)
    assert notices("entry", EVENT) == (Gap(),)
    assert notices("beat", {}) == ()


def test_oversize_event_is_a_gap() -> None:
    assert to_notices(SseEvent("entry", "", "9", is_oversize=True), Lens()) == (Gap(),)


@given(st.sampled_from(["ticket", "entry", "presence", "agent", "beat", "gap", "x"]), st.text(max_size=60))
def test_any_event_is_read_without_an_error(name: str, data: str) -> None:
    assert isinstance(to_notices(SseEvent(name, data, ""), Lens()), tuple)
