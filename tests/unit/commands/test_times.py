"""Times as people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.commands.times import parse_when, tomorrow, zone_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 8, 17, 6, 3, tzinfo=UTC)
"""14:03 on a Monday in Shanghai."""


def local(text: str) -> str | None:
    moment = parse_when(text, NOW, SHANGHAI)
    return moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if moment else None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2h", "08-17 16:03"),
        ("in 30 minutes", "08-17 14:33"),
        ("within 2 hours", "08-17 16:03"),
        ("an hour", "08-17 15:03"),
        ("1.5h", "08-17 15:33"),
        ("1d", "08-18 14:03"),
        ("1 week", "08-24 14:03"),
        ("2小时内", "08-17 16:03"),
        ("24小时", "08-18 14:03"),
        ("半小时", "08-17 14:33"),
        ("1个半小时", "08-17 15:33"),
        ("3天后", "08-20 14:03"),
        ("18:00", "08-17 18:00"),
        ("by 18:00", "08-17 18:00"),
        ("18", "08-17 18:00"),
        ("9", "08-18 09:00"),
        ("9am", "08-18 09:00"),
        ("6pm", "08-17 18:00"),
        ("12 am", "08-18 00:00"),
        ("13:00", "08-18 13:00"),
        ("tomorrow", "08-18 09:00"),
        ("tomorrow 9", "08-18 09:00"),
        ("tomorrow at 9:30", "08-18 09:30"),
        ("tonight", "08-17 20:00"),
        ("tonight 8", "08-17 20:00"),
        ("end of day", "08-17 18:00"),
        ("tomorrow noon", "08-18 12:00"),
        ("midnight", "08-18 00:00"),
        ("day after tomorrow 10", "08-19 10:00"),
        ("friday", "08-21 09:00"),
        ("fri 16:30", "08-21 16:30"),
        ("monday 9", "08-24 09:00"),
        ("今晚8点", "08-17 20:00"),
        ("最迟今晚8点", "08-17 20:00"),
        ("今晚", "08-17 20:00"),
        ("今天18点30分", "08-17 18:30"),
        ("明天9点半", "08-18 09:30"),
        ("明天下午3点", "08-18 15:00"),
        ("明早8点", "08-18 08:00"),
        ("下午5点", "08-17 17:00"),
        ("后天", "08-19 09:00"),
        ("大后天10点", "08-20 10:00"),
        ("周五", "08-21 09:00"),
        ("下周日 20:00", "08-23 20:00"),
        ("星期天10点", "08-23 10:00"),
        ("8月20日 10点", "08-20 10:00"),
        ("2026-09-01 08:00", "09-01 08:00"),
        ("1-2", "01-02 09:00"),
    ],
)
def test_what_is_written_is_what_is_meant(text: str, meant: str) -> None:
    assert local(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "shortly",
        "稍后",
        "25:00",
        "18:75",
        "1234",
        "2026-13-40 9:00",
        "tomorrow banana",
        "today 9:00",
        "2020-01-01 9:00",
        "99-99",
    ],
)
def test_what_is_vague_wrong_or_past_is_not_guessed(text: str) -> None:
    assert local(text) is None


@given(st.text(max_size=30))
def test_any_text_is_a_time_to_come_or_nothing(text: str) -> None:
    moment = parse_when(text, NOW, SHANGHAI)
    assert moment is None or (moment >= NOW and moment.tzinfo is UTC)


def test_tomorrow_is_the_agents_tomorrow() -> None:
    late = datetime(2026, 8, 17, 17, 0, tzinfo=UTC)
    assert tomorrow(late, SHANGHAI).astimezone(SHANGHAI).strftime("%m-%d %H:%M") == "08-19 09:00"


def test_the_zone_is_the_setting_else_the_machines() -> None:
    assert zone_of({"time_zone": "Asia/Shanghai"}, NOW) == SHANGHAI
    here = NOW.astimezone().utcoffset()
    assert NOW.astimezone(zone_of({}, NOW)).utcoffset() == here
    assert NOW.astimezone(zone_of({"time_zone": "No/Where"}, NOW)).utcoffset() == here
    assert timedelta(0) == datetime.now(UTC).utcoffset()
