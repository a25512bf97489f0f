"""A queue query as TicketSQL; pure. Dates are relative, because RT reads absolute ones in the agent's own zone."""

from collections.abc import Iterable
from dataclasses import dataclass

from supportdesk_tui.backends.rt.words import FLOORS, NOBODY, Lens
from supportdesk_tui.backends.terms import unapplied, words
from supportdesk_tui.domain.queue import MY_TEAMS, Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import LIVE_PHASES, Channel, Phase, Priority

NEVER = "id = 0"
HAS_DUE = "Due > '1970-01-02'"
NO_DUE = "(Due IS NULL OR Due < '1970-01-02')"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query for RT, and what of it RT cannot apply."""

    sql: str
    unapplied: tuple[str, ...] = ()


def to_sql(query: QueueQuery, lens: Lens) -> Asked:
    """Every term RT knows, joined by AND."""
    terms = [
        *_one_of(f"Status = {quoted(name)}" for name in _statuses(query, lens) or ()),
        *_phases(query, lens),
        *_owner(query),
        *_queues(query, lens),
        *_channels(query),
        *_priorities(query.priorities),
        *_tags(query, lens),
        *_words(query.text),
    ]
    if query.due_within is not None:
        minutes = int(query.due_within.total_seconds() // 60)
        terms += [HAS_DUE, f"Due < '{minutes:+d} minutes'", "Status = '__Active__'"]
    if query.watched:
        terms.append(f"AdminCc.Name = {quoted(lens.me or NOBODY)}")
    return Asked(" AND ".join(terms) or "id > 0", unapplied(query, tag=query.tags if not lens.tags else ()))


ORDERS: dict[SortKey, tuple[tuple[str, str], ...]] = {
    SortKey.CLOCK: (("Due", "ASC"), ("id", "ASC")),
    SortKey.UPDATED: (("LastUpdated", "DESC"), ("id", "DESC")),
    SortKey.CREATED: (("id", "DESC"),),
    SortKey.PRIORITY: (("Priority", "DESC"), ("id", "ASC")),
}
"""Columns to sort by; tickets are numbered as they are made."""


def quoted(text: str) -> str:
    """A string of TicketSQL: RT wants quotes and backslashes escaped by a backslash."""
    inside = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{inside}'"


def _one_of(terms: Iterable[str]) -> list[str]:
    known = list(terms)
    return [known[0] if len(known) == 1 else f"({' OR '.join(known)})"] if known else []


def _statuses(query: QueueQuery, lens: Lens) -> list[str] | None:
    return sorted(query.statuses)


def _phases(query: QueueQuery, lens: Lens) -> list[str]:
    if not query.phases or query.phases >= set(Phase):
        return []
    if query.phases == LIVE_PHASES:
        return ["Status = '__Active__'"]
    names = sorted(name for name, phase in lens.phases.items() if phase in query.phases)
    return _one_of(f"Status = {quoted(name)}" for name in names) or [NEVER]


def _owner(query: QueueQuery) -> list[str]:
    match query.owner:
        case Owner.ANYONE:
            return []
        case Owner.ME:
            return ["Owner = '__CurrentUser__'"]
        case Owner.NOBODY:
            return [f"Owner = '{NOBODY}'"]
        case login:
            return [f"Owner = {quoted(login)}"]


def _queues(query: QueueQuery, lens: Lens) -> list[str]:
    """An agent of RT works in every queue they may see, so `MY_TEAMS` asks for nothing."""
    if not query.teams | {*query.categories} or MY_TEAMS in query.teams:
        return _one_of(_queue(name, lens) for name in sorted(query.categories))
    terms = _one_of(_queue(name, lens) for name in sorted(query.teams))
    return [*terms, *_one_of(_queue(name, lens) for name in sorted(query.categories))]


def _queue(name: str, lens: Lens) -> str:
    number = lens.queue_number(name)
    return f"Queue = {number}" if number else NEVER


def _channels(query: QueueQuery) -> list[str]:
    return [NEVER] if query.channels and Channel.EMAIL not in query.channels else []


def _priorities(wanted: frozenset[Priority]) -> list[str]:
    if not wanted or wanted >= set(Priority):
        return []
    spans, ceiling = [], None
    for floor, priority in (*FLOORS, (None, Priority.P4)):
        if priority in wanted:
            edges = [f"Priority >= {floor}"] if floor is not None else []
            edges += [f"Priority < {ceiling}"] if ceiling is not None else []
            spans.append(f"({' AND '.join(edges)})")
        ceiling = floor
    return _one_of(spans)


def _tags(query: QueueQuery, lens: Lens) -> list[str]:
    if not lens.tags:
        return []
    return [f"CF.{{{lens.tags}}} = {quoted(tag)}" for tag in sorted(query.tags)]


def _words(text: str) -> list[str]:
    """Each word, and each phrase in quotes, somewhere in subject, body or the customer's name or address."""
    terms = []
    for word, _ in words(text):
        like = quoted(word)
        asker = f"Requestor LIKE {like} OR Requestor.RealName LIKE {like}"
        terms.append(f"(Subject LIKE {like} OR Content LIKE {like} OR {asker})")
    return terms
