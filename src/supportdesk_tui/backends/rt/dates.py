"""Dates of custom fields: RT tells them in UTC and takes them in the agent's own zone."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from supportdesk_tui.domain.clocks import to_utc

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def zone_of(name: str) -> ZoneInfo:
    """A zone by its name; UTC where it is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")


def to_instant(value: str, zone: str) -> datetime | None:
    """A date as a person writes it, in their zone unless it names one."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return to_utc(at if at.tzinfo else at.replace(tzinfo=zone_of(zone)))


def shown(value: str, zone: str) -> str:
    """A value to read: an instant in the agent's zone, as it may be typed again."""
    if not _INSTANT.fullmatch(value):
        return value
    at = to_instant(value, "")
    return f"{at.astimezone(zone_of(zone)):%Y-%m-%d %H:%M}" if at else value
