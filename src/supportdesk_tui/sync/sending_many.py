"""What became of a change of many tickets: of each of them, and in one line of all."""

from collections.abc import Iterable
from contextlib import suppress

from msgspec.structs import replace

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import (
    Assign,
    Change,
    MarkRead,
    Outcome,
    SetPriority,
    SetStatus,
    Snooze,
    Tag,
    Transfer,
    Undo,
    Watch,
)
from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import Level, OutboxItem, OutboxPhase
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.sending import new_key

REASONS = 3
"""Reasons named in one line; each ticket's own stands in the outbox."""
NAME_LENGTH = 40
"""Characters of a name in a line told to the agent."""


def sorted_out(item: OutboxItem, outcomes: Iterable[Outcome]) -> tuple[OutboxItem, OutboxItem | None]:
    """A bulk change by its result per ticket: what was done, and what was not as a refused change of its own.

    Refused as a whole where nothing was done; a ticket nothing was said of counts as not done.
    """
    said = {one.ticket: one for one in (*item.outcomes, *outcomes)}
    every = tuple(said.setdefault(ticket, Outcome(ticket, False)) for ticket in dict.fromkeys((*said, *item.tickets)))
    done = tuple(one.ticket for one in every if one.done)
    failed = tuple(one for one in every if not one.done)
    if not failed:
        return replace(item, phase=OutboxPhase.SENT, reason="", tickets=done, outcomes=every), None
    reason = _reasons(failed)
    if not done:
        return replace(item, phase=OutboxPhase.REFUSED, reason=reason, outcomes=every), None
    rest = replace(
        item,
        key=new_key(),
        phase=OutboxPhase.REFUSED,
        reason=reason,
        tickets=tuple(one.ticket for one in failed),
        outcomes=failed,
        rest_of=item.key,
    )
    if len(failed) == 1:
        rest = replace(rest, number=dict(item.numbers).get(failed[0].ticket, ""), numbers=(), outcomes=())
    return replace(item, phase=OutboxPhase.SENT, reason="", tickets=done, outcomes=every), rest


async def numbers_of(tickets: tuple[TicketId, ...], common: Common) -> tuple[tuple[TicketId, str], ...]:
    """The case numbers of the tickets of a bulk change, as far as anything here knows them."""
    known = {row.id: row.number for row in common.store.state.queue.rows}
    rest = [ticket for ticket in tickets if ticket not in known]
    if rest:
        with suppress(StorageError):
            known |= {one: row.number for one, row in (await common.cache.get_tickets(rest)).items()}
    return tuple((ticket, known.get(ticket, str(ticket))) for ticket in tickets)


def told_of_many(item: OutboxItem, common: Common) -> tuple[str, Level]:
    """What a settled change of many tickets, or the taking back of one, came to: what was done, and the keys for the rest."""
    say, count = common.say, len(item.outcomes)
    failed = [one for one in item.outcomes if not one.done]
    reason = say("{reason}", {"reason": _reasons(failed)})
    if item.phase is OutboxPhase.REFUSED:
        return _line(say(words.NONE_DONE, {"n": str(count)}), reason), Level.ERROR
    counts = {"done": str(count - len(failed)), "all": str(count)}
    cases = say(words.SOME_CASES, counts) if failed else say(words.CASES, {"n": str(count)})
    what, is_undo = deed(_meant(item, common), cases, common), isinstance(item.change, Undo)
    if is_undo:
        what = say(words.DEED_UNDONE, {"what": what})
    can_undo = not is_undo and common.can(Capability.UNDO)
    if not failed:
        return _line(what, say(words.UNDO_ALL, {}) if can_undo else ""), Level.DONE
    rest = say(words.OTHER_ONE if len(failed) == 1 else words.OTHERS, {"n": str(len(failed))})
    return _line(what, rest, say(words.UNDO_SOME, {}) if can_undo else "", reason), Level.WARN


def _meant(item: OutboxItem, common: Common) -> Change | None:
    """What was done, or was taken back."""
    if not isinstance(item.change, Undo):
        return item.change
    key = item.change.key
    return next((one.change for one in common.store.state.outbox if one.key == key), None)


def _reasons(failed: Iterable[Outcome]) -> str:
    return "; ".join(list(dict.fromkeys(one.reason for one in failed if one.reason))[:REASONS])


def _line(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def cases_of(item: OutboxItem, common: Common) -> str:
    """The tickets of a change: one by its case number, many by how many they are."""
    if len(item.tickets) == 1:
        return item.number or str(item.tickets[0])
    return common.say(words.CASES, {"n": str(len(item.tickets))})


def deed(change: Change | None, cases: str, common: Common) -> str:
    """What was done, to which tickets, as a sentence that names who and what."""
    directory = common.store.state.session.directory
    match change:
        case Assign(agent=None):
            return common.say(words.DEED_UNASSIGNED, {"cases": cases})
        case Assign(agent=agent) if agent == common.me:
            return common.say(words.DEED_TAKEN, {"cases": cases})
        case Assign(agent=agent) if agent is not None:
            known = directory.agent(agent)
            name = str(known.name)[:NAME_LENGTH] if known else str(agent)
            return common.say(words.DEED_ASSIGNED, {"cases": cases, "name": name})
        case Transfer(team=team):
            title = directory.team(team)
            return common.say(words.DEED_MOVED, {"cases": cases, "team": str(title.name) if title else str(team)})
        case SetStatus(status=name):
            status = next((str(one.title) for one in directory.statuses if one.name == name), name)
            return common.say(words.DEED_STATUS, {"cases": cases, "status": status})
        case SetPriority(priority=priority):
            return common.say(words.DEED_PRIORITY, {"cases": cases, "priority": priority.name})
        case _:
            return common.say(_quiet(change), {"cases": cases, "text": _tags(change)})


def _quiet(change: Change | None) -> str:
    match change:
        case Tag(remove=()):
            return words.DEED_TAGGED
        case Tag(add=()):
            return words.DEED_UNTAGGED
        case Snooze(until=None):
            return words.DEED_SNOOZED_UNTIL_ANSWER
        case Snooze():
            return words.DEED_SNOOZED
        case Watch(on=on):
            return words.DEED_WATCHED if on else words.DEED_UNWATCHED
        case MarkRead(read=False):
            return words.DEED_UNREAD
        case _:
            return words.DEED


def _tags(change: Change | None) -> str:
    return ", ".join((*change.add, *change.remove))[:NAME_LENGTH] if isinstance(change, Tag) else ""
