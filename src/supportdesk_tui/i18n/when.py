"""Times, durations and counts as an agent reads them, in the current language."""

from datetime import date, datetime, timedelta, tzinfo

from supportdesk_tui.i18n.catalog import _

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def _weekday(day: date) -> str:
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[day.weekday()]


def _month(day: date) -> str:
    first = (_("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun"))
    second = (_("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec"))
    return (first + second)[day.month - 1]


def zone(name: str) -> tzinfo | None:
    """The time zone of an IANA name a backend sent; None when there is none such."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, KeyError):
        return None


def duration(length: timedelta) -> str:
    """A length of time in its largest unit, whole and never rounded up: `45s`, `12m`, `2h`, `3d`."""
    seconds = abs(int(length.total_seconds()))
    if seconds < _MINUTE:
        return _("{n}s", n=seconds)
    if seconds < _HOUR:
        return _("{n}m", n=seconds // _MINUTE)
    if seconds < 2 * _DAY:
        return _("{n}h", n=seconds // _HOUR)
    return _("{n}d", n=seconds // _DAY)


def clock_time(at: datetime, here: tzinfo | None = None, *, seconds: bool = False) -> str:
    """The time of day in a zone, to the second where asked; our own when none is given."""
    return f"{at.astimezone(here):%H:%M:%S}" if seconds else f"{at.astimezone(here):%H:%M}"


def calendar_day(day: date, today: date) -> str:
    """A date, with its year only when it is another."""
    values = {"weekday": _weekday(day), "day": day.day, "month": _month(day), "number": day.month, "year": day.year}
    if day.year == today.year:
        return _("{weekday} {day} {month}", **values)
    return _("{day} {month} {year}", **values)


def day_break(at: datetime, now: datetime, here: tzinfo | None = None) -> str:
    """The heading between two days of a conversation."""
    day, today = at.astimezone(here).date(), now.astimezone(here).date()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return calendar_day(day, today)


def moment(at: datetime, now: datetime, here: tzinfo | None = None) -> str:
    """A time, with its day unless it is today: `14:03`, `tomorrow 09:00`, `Mon 17 Aug 14:03`."""
    day, today = at.astimezone(here).date(), now.astimezone(here).date()
    time = clock_time(at, here)
    if day == today:
        return time
    if day == today + timedelta(days=1):
        name = _("tomorrow")
    elif day == today - timedelta(days=1):
        name = _("yesterday")
    else:
        name = calendar_day(day, today)
    return _("{day} {time}", day=name, time=time)


def local_time(now: datetime, zone_name: str) -> str:
    """What a customer's watch shows now; empty when we do not know where they are."""
    there = zone(zone_name)
    return clock_time(now, there) if there is not None else ""


def number(value: int) -> str:
    """A count with its thousands apart."""
    return f"{value:,}"
