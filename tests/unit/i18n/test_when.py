"""Times as an agent reads them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportdesk_tui.i18n import when

NOW = datetime(2026, 8, 17, 14, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (45, "45s"),
        (60, "1m"),
        (119, "1m"),
        (3_599, "59m"),
        (7_200, "2h"),
        (172_799, "47h"),
        (172_800, "2d"),
        (-240, "4m"),
    ],
)
def test_durations_use_their_largest_unit(seconds: int, text: str) -> None:
    assert when.duration(timedelta(seconds=seconds)) == text


@given(st.timedeltas(min_value=timedelta(days=-4_000), max_value=timedelta(days=4_000)))
def test_no_time_reads_as_negative(length: timedelta) -> None:
    assert "-" not in when.duration(length)


def test_times_are_told_in_the_zone_asked_for() -> None:
    shanghai = when.zone("Asia/Shanghai")
    assert when.clock_time(NOW, shanghai) == "22:03"
    assert when.local_time(NOW, "Asia/Shanghai") == "22:03"
    assert when.local_time(NOW, "") == ""


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "a\x00b", "x" * 5_000])
def test_a_zone_that_does_not_exist_is_none(name: str) -> None:
    assert when.zone(name) is None


def test_days_break_at_midnight_of_the_zone_shown() -> None:
    utc, shanghai = when.zone("UTC"), when.zone("Asia/Shanghai")
    late = datetime(2026, 8, 17, 23, 0, tzinfo=UTC)
    assert when.day_break(late, NOW, utc) == "Today"
    assert when.day_break(NOW - timedelta(days=1), NOW, utc) == "Yesterday"
    assert when.day_break(NOW, late, shanghai) == "Yesterday"
    assert when.day_break(NOW - timedelta(days=14), NOW, utc) == "Mon 3 Aug"


def test_a_moment_says_its_day_unless_it_is_today() -> None:
    utc = when.zone("UTC")
    assert when.moment(NOW, NOW, utc) == "14:03"
    assert when.moment(NOW + timedelta(days=1), NOW, utc) == "tomorrow 14:03"
    assert when.moment(NOW - timedelta(days=1), NOW, utc) == "yesterday 14:03"
    assert when.moment(NOW + timedelta(days=3), NOW, utc) == "Thu 20 Aug 14:03"


def test_leap_days_are_days_like_others() -> None:
    assert when.calendar_day(date(2028, 2, 29), date(2026, 1, 1)) == "29 Feb 2028"


def test_numbers_have_their_thousands_apart() -> None:
    assert when.number(10_000) == "10,000"
