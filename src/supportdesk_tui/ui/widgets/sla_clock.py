"""A deadline as a few columns of text: value, word, colour."""

from datetime import datetime, timedelta

from supportdesk_tui.domain.sla import Clock, ClockLevel, reading
from supportdesk_tui.i18n import when
from supportdesk_tui.i18n.catalog import _
from supportdesk_tui.ui.text import fit_right

INK = {
    ClockLevel.NONE: "text_low",
    ClockLevel.PAUSED: "clock_paused",
    ClockLevel.CALM: "clock_calm",
    ClockLevel.SOON: "clock_soon",
    ClockLevel.NEAR: "clock_near",
    ClockLevel.LATE: "clock_late",
}
"""The colour token of each level; the word beside it says the same."""
WIDTH = 8
MINUTE = timedelta(minutes=1)
"""Nothing shorter is told: a queue that counts seconds never stops moving."""


def clock_text(clock: Clock, now: datetime) -> tuple[str, str]:
    """What a clock reads now, `WIDTH` columns, and its colour token."""
    read = reading(clock, now)
    span = when.duration(max(abs(read.left), MINUTE))
    match read.level:
        case ClockLevel.NONE:
            text = "–"
        case ClockLevel.PAUSED:
            text = _("paused")
        case ClockLevel.LATE:
            text = _("late {time}", time=span)
        case ClockLevel.NEAR:
            text = _("near {time}", time=span)
        case ClockLevel.SOON:
            text = _("soon {time}", time=span)
        case _:
            text = span
    return fit_right(text, WIDTH), INK[read.level]
