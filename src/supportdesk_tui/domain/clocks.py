"""Times as servers say them, made such that they can be computed with and shown in every zone."""

from datetime import UTC, datetime, timedelta

EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)
"""Nearer to the ends of the calendar a zone's offset leads out of it."""
OFFSET_LIMIT = timedelta(days=36_525)
"""A hundred years: a server whose time is further from ours, be ours as wrong as it may, has no clock to go by."""


def to_utc(at: datetime) -> datetime:
    """An aware time in UTC, within `EARLIEST` and `LATEST`; a time without a zone is meant in UTC."""
    try:
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        return LATEST if at.year > EARLIEST.year else EARLIEST
    return min(max(at, EARLIEST), LATEST)


def offset_of(said: datetime, ours: datetime) -> timedelta:
    """Server time minus ours; nothing where what the server said can be no time of now."""
    offset = said - ours
    return offset if abs(offset) < OFFSET_LIMIT else timedelta()
