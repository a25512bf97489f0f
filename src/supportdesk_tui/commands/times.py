"""Times as people write them: `18:00`, `2h`, `tomorrow 9`, `今晚8点`, `周五 10:30`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

_SPAN = (
    r"(?:in|within)?\s*(?P<number>\d{1,4}(?:\.\d)?|an?|半)\s*个?半?\s*"
    r"(?P<unit>minutes?|mins?|m|分钟?|hours?|hrs?|h|小时|days?|d|天|日|weeks?|w|周|星期)\s*(?:内|之内|以内|后|之后)?"
)
_UNITS = {"m": "m", "分": "m", "h": "h", "小": "h", "d": "d", "天": "d", "日": "d", "w": "w", "周": "w", "星": "w"}
_LENGTHS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_CLOCK = (
    r"(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上|晚)?\s*(?P<hour>\d{1,2})"
    r"(?:\s*[:：时点]\s*(?P<minute>\d{2}|半)?\s*分?)?\s*(?P<half>am|pm)?"
)
_DAYS: tuple[tuple[str, int], ...] = (
    ("day after tomorrow", 2),
    ("大后天", 3),
    ("后天", 2),
    ("tomorrow", 1),
    ("明天", 1),
    ("明日", 1),
    ("明早", 1),
    ("明晚", 1),
    ("today", 0),
    ("tonight", 0),
    ("今天", 0),
    ("今日", 0),
    ("今晚", 0),
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE_WEEKDAY = r"(?:下|本|这)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])"
_DATE = r"(?:(?P<year>\d{4})[-/年])?(?P<month>\d{1,2})[-/月](?P<day>\d{1,2})日?"
_EVENINGS = ("tonight", "今晚", "明晚")
_ENDS = {"end of day": 18, "eod": 18, "下班前": 18, "noon": 12, "midnight": 24, "中午": 12}
_PARTS_PM = {"下午", "傍晚", "晚上", "晚"}
MORNING, EVENING = 9, 20
"""Hours meant when only a day or only "tonight" is said."""


def zone_of(options: Mapping[str, str], now: datetime) -> tzinfo:
    """The agent's zone: the setting, else the machine's."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(options["time_zone"]) if options.get("time_zone") else now.astimezone().tzinfo or UTC
    except (ZoneInfoNotFoundError, ValueError):
        return now.astimezone().tzinfo or UTC


def parse_when(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The moment a person means, in UTC and never past; None when it cannot be understood."""
    said = text.strip().lower().removeprefix("by ").removeprefix("at ").removeprefix("最迟").strip()
    if not said:
        return None
    if (match := re.fullmatch(_SPAN, said)) is not None:
        number = match["number"]
        amount = 0.5 if number == "半" else 1.0 if number in {"a", "an"} else float(number)
        amount += 0.5 if "个半" in said else 0
        return (now + amount * _LENGTHS[_UNITS[match["unit"][0]]]).astimezone(UTC)
    try:
        return _moment(said, now.astimezone(zone))
    except (ValueError, OverflowError):
        return None


def tomorrow(now: datetime, zone: tzinfo, hour: int = MORNING) -> datetime:
    """Tomorrow at an hour of the agent's day."""
    return _at(now.astimezone(zone) + timedelta(days=1), hour, 0)


def _moment(said: str, local: datetime) -> datetime | None:
    day, rest, named = _day(said, local)
    rest = rest.strip(" ,，的").removeprefix("at ").strip()
    evening = any(word in said for word in _EVENINGS)
    for word, hour in _ENDS.items():
        if rest == word:
            return _future(_at(day, hour, 0), local, may_shift=not named)
    if not rest:
        return _future(_at(day, EVENING if evening else MORNING, 0), local, may_shift=False) if named else None
    match = re.fullmatch(_CLOCK, rest)
    if match is None or (not named and rest.isdigit() and len(rest) > 2):
        return None
    hour = _hour(match, evening=evening)
    minute = 30 if match["minute"] == "半" else int(match["minute"] or 0)
    return _future(_at(day, hour, minute), local, may_shift=not named)


def _hour(match: re.Match[str], *, evening: bool) -> int:
    hour = int(match["hour"])
    is_pm = match["half"] == "pm" or match["part"] in _PARTS_PM or evening
    if hour == 12 and match["half"] == "am":
        return 0
    return hour + 12 if is_pm and hour < 12 else hour


def _day(said: str, local: datetime) -> tuple[datetime, str, bool]:
    """The day named, what is left of the text, and whether a day was named at all."""
    for word, ahead in _DAYS:
        if said.startswith(word):
            return local + timedelta(days=ahead), said[len(word) :], True
    head = said.partition(" ")[0].rstrip(",")
    for number, word in enumerate(_WEEKDAYS):
        if head in {word, word[:3]}:
            return local + timedelta(days=(number - local.weekday() - 1) % 7 + 1), said[len(head) :], True
    if (match := re.match(_CHINESE_WEEKDAY, said)) is not None:
        number = min("一二三四五六日".find(match["day"]) % 7, 6)
        return local + timedelta(days=(number - local.weekday() - 1) % 7 + 1), said[match.end() :], True
    if (match := re.match(_DATE, said)) is not None:
        month, day = int(match["month"]), int(match["day"])
        named = local.replace(year=int(match["year"] or local.year), month=month, day=day)
        if not match["year"] and named.date() < local.date():
            named = named.replace(year=local.year + 1)
        return named, said[match.end() :], True
    return local, said, False


def _at(day: datetime, hour: int, minute: int) -> datetime:
    start = day.replace(hour=0, minute=0, second=0, microsecond=0)
    if hour > 24 or minute > 59:
        raise ValueError(hour, minute)
    shifted = start + timedelta(days=1) if hour == 24 else start.replace(hour=hour, minute=minute)
    return shifted.astimezone(UTC)


def _future(moment: datetime, local: datetime, *, may_shift: bool) -> datetime | None:
    if moment > local:
        return moment
    return (moment.astimezone(local.tzinfo) + timedelta(days=1)).astimezone(UTC) if may_shift else None
