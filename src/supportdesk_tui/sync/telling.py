"""Which outcomes of changes are worth a line, and how an error reads."""

from supportdesk_tui.domain.changes import MarkRead, Undo, Watch
from supportdesk_tui.domain.errors import Ambiguous, BadPayload, DeskError, Unreachable
from supportdesk_tui.store.events import Told
from supportdesk_tui.store.state import Level, Notice, OutboxItem, OutboxPhase
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common


def told(item: OutboxItem, common: Common) -> Told | None:
    """A line for a change that is done and says so, was refused, or is not known to have arrived."""
    if item.rest_of is not None:
        return None
    if item.outcomes and item.phase in {OutboxPhase.SENT, OutboxPhase.REFUSED}:
        return _told_of_many(item, common)
    if isinstance(item.change, MarkRead | Watch) and item.phase is not OutboxPhase.REFUSED:
        return None
    where = f"{item.number}: " if item.number and len(item.tickets) == 1 else ""
    match item.phase:
        case OutboxPhase.SENT if item.says or item.reason:
            text = ". ".join(filter(None, (item.says, item.reason)))
            level = Level.WARN if item.reason else Level.DONE
        case OutboxPhase.REFUSED if isinstance(item.change, Undo):
            return Told(Notice(common.say(words.NOT_UNDONE, {"reason": item.reason}), Level.ERROR, common.clock.now()))
        case OutboxPhase.REFUSED:
            text, level = item.reason, Level.ERROR
        case OutboxPhase.HELD if item.held_until is None and item.reason:
            text, level = item.reason, Level.WARN
        case OutboxPhase.UNKNOWN if item.reason:
            text, level = item.reason, Level.WARN
        case _:
            return None
    return Told(Notice(f"{where}{text}", level, common.clock.now()))


def alerted(line: str, common: Common) -> Told:
    """A line about what somebody else or time has done: rung now, and told when what the agent did has been read."""
    if common.alert is not None:
        common.alert(line)
    return Told(Notice(line, Level.WARN, common.clock.now(), is_alert=True))


def _told_of_many(item: OutboxItem, common: Common) -> Told:
    from supportdesk_tui.sync.sending_many import told_of_many

    text, level = told_of_many(item, common)
    return Told(Notice(text, level, common.clock.now()))


def why(error: DeskError) -> str:
    """What went wrong; where the server is at fault its number of the request comes too, for whoever looks after it."""
    reason = error.why
    if isinstance(error, BadPayload | Unreachable | Ambiguous) and error.request_id:
        return f"{reason} · {error.request_id}"
    return reason
