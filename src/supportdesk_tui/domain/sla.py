"""Deadlines: what runs, when it is due, and how it reads now."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class ClockKind(StrEnum):
    """Which promise of the policy is running."""

    FIRST = "first"
    NEXT = "next"
    RESOLVE = "resolve"
    NONE = "none"


class ClockLevel(StrEnum):
    """How near the deadline is; each has a colour and a word."""

    NONE = "none"
    PAUSED = "paused"
    CALM = "calm"
    """Less than half of the time used."""
    SOON = "soon"
    """50 % used."""
    NEAR = "near"
    """80 % used, or under five minutes left."""
    LATE = "late"


class Clock(Struct, frozen=True):
    """The deadline that decides next; computed by the backend, read against our own time."""

    kind: ClockKind = ClockKind.NONE
    started_at: datetime | None = None
    due_at: datetime | None = None
    paused: bool = False


NO_CLOCK = Clock()


class ClockReading(Struct, frozen=True):
    """A clock as of one moment."""

    level: ClockLevel
    left: timedelta
    """Time left; negative when late; zero when nothing runs."""


def reading(clock: Clock, now: datetime) -> ClockReading:
    """Read a clock at `now` (aware, server time)."""
    if clock.paused:
        return ClockReading(ClockLevel.PAUSED, timedelta())
    if clock.due_at is None or clock.kind is ClockKind.NONE:
        return ClockReading(ClockLevel.NONE, timedelta())
    left = clock.due_at - now
    if left <= timedelta():
        return ClockReading(ClockLevel.LATE, left)
    total = clock.due_at - clock.started_at if clock.started_at else timedelta()
    used = 1 - left / total if total > timedelta() else 0.0
    if used >= 0.8 or left < timedelta(minutes=5):
        return ClockReading(ClockLevel.NEAR, left)
    return ClockReading(ClockLevel.SOON if used >= 0.5 else ClockLevel.CALM, left)
