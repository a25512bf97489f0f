"""Feed events to notices: pure and total."""

import logging

from supportdesk_tui.backends.native import mapping
from supportdesk_tui.backends.native.mapping import Lens
from supportdesk_tui.backends.native.reading import UNREADABLE, mended
from supportdesk_tui.domain.clocks import to_utc
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
from supportdesk_tui.domain.ids import AgentId, FeedMark, TicketId
from supportdesk_tui.text import secrets
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.wire import schema as wire
from supportdesk_tui.wire.sse import SseEvent

_log = logging.getLogger(__name__)


def to_notices(event: SseEvent, lens: Lens) -> tuple[Notice, ...]:
    """What an event says; one we cannot read is a gap, one of a kind we do not know is nothing."""
    if event.is_oversize:
        return (Gap(),)
    try:
        return _notices(event, lens)
    except UNREADABLE as error:
        _log.warning("unreadable %s event %s: %s", event.event, event.id, type(error).__name__)
        return (Gap(),) if event.event in {"ticket", "entry"} else ()


def _notices(event: SseEvent, lens: Lens) -> tuple[Notice, ...]:
    mark = FeedMark(event.id) if event.id else None
    match event.event:
        case "ticket":
            return (_changed(mended(event.data, wire.TicketEvent)[0], lens, mark),)
        case "entry":
            added = mended(event.data, wire.EntryEvent)[0]
            notice = EntryAdded(mapping.to_summary(added.row, lens), mapping.to_entry(added.entry), mark)
            return (notice, _changed(added, lens, mark)) if added.tells else (notice,)
        case "presence":
            seen = mended(event.data, wire.PresenceOut)[0]
            activity = mapping.known(Activity, seen.activity, Activity.VIEWING)
            return (PresenceChanged(TicketId(seen.ticket), AgentId(seen.agent), sanitize_line(seen.name), activity),)
        case "agent":
            return (AgentChanged(mapping.to_agent(mended(event.data, wire.AgentOut)[0])),)
        case "beat":
            return (Heard(to_utc(mended(event.data, wire.Beat)[0].at), mark),)
        case "gap":
            return (Gap(mark),)
    return ()


def _changed(out: wire.TicketEvent | wire.EntryEvent, lens: Lens, mark: FeedMark | None) -> TicketChanged:
    return TicketChanged(
        ticket=mapping.to_summary(out.row, lens),
        mark=mark,
        actor=AgentId(out.actor) if out.actor else None,
        says=secrets.admit_line(out.says, 1000, keeps_marks=True),
        tells=AgentId(out.tells) if out.tells else None,
    )
