"""A queue query as a `condition` of Zammad's search, which the database answers: exact, up to date, without any index."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from supportdesk_tui.backends.terms import unapplied, words
from supportdesk_tui.backends.zammad.words import ARTICLE_TYPES, NOBODY, Lens, channel_of
from supportdesk_tui.domain.queue import MY_TEAMS, Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Phase, Priority

Term = dict[str, Any]
"""One condition: `name`, `operator`, `value`."""
SINCE_EVER = "1970-01-02T00:00:00.000Z"
INDEX_PROBE = "id:>0"
"""A question to the search index; without one it is looked for as a piece of text, and found nowhere."""
_FIELDS = ("ticket.title", "ticket.number", "article.subject", "article.body", "article.from", "customer.email")


def one_of(name: str, values: Iterable[str]) -> Term:
    """The field has one of these values; none of them: no ticket."""
    return {"name": name, "operator": "is", "value": list(values) or ["0"]}


def at_least(name: str, at: datetime) -> Term:
    """The time is this one or later. A millisecond is given, because the index and the database differ about equal ones."""
    return {"name": name, "operator": "after (absolute)", "value": stamp(at - timedelta(milliseconds=1))}


def at_most(name: str, at: datetime) -> Term:
    """The time is this one or earlier."""
    return {"name": name, "operator": "before (absolute)", "value": stamp(at + timedelta(milliseconds=1))}


def unset(name: str) -> Term:
    """There is no such time."""
    return {"name": name, "operator": "is", "pre_condition": "not_set", "value": ""}


def stamp(at: datetime) -> str:
    """A time as Zammad writes it, in UTC with milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def to_condition(terms: Sequence[Term]) -> dict[str, Any]:
    """Terms joined by AND: as a plain object where every field is asked once, else as a list."""
    names = [term.get("name", "") for term in terms]
    if "" in names or len(set(names)) < len(names):
        return {"operator": "AND", "conditions": list(terms)}
    return {term["name"]: {key: value for key, value in term.items() if key != "name"} for term in terms}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query for Zammad, and what of it Zammad cannot apply."""

    terms: list[Term]
    text: str = ""
    unapplied: tuple[str, ...] = ()


def to_terms(query: QueueQuery, lens: Lens) -> Asked:
    """Every term Zammad knows; the text is put in by `words` or left to its index."""
    terms = [_states(query, lens), *_owner(query), *_groups(query, lens), *_priorities(query.priorities, lens)]
    if query.channels:
        kinds = [number for number, name in ARTICLE_TYPES.items() if channel_of(name) in query.channels]
        terms.append(one_of("ticket.create_article_type_id", kinds))
    if query.tags:
        terms.append({"name": "ticket.tags", "operator": "contains all", "value": ", ".join(sorted(query.tags))})
    if query.due_within is not None:
        minutes = max(0, int(query.due_within.total_seconds() // 60))
        terms.append({"name": "ticket.escalation_at", "operator": "till (relative)", "range": "minute", "value": str(minutes)})
    if query.watched:
        name = "ticket.mention_user_ids"
        terms.append({"name": name, "operator": "is", "pre_condition": "current_user.id", "value": ""})
    return Asked(terms, query.text.strip(), unapplied(query))


def _states(query: QueueQuery, lens: Lens) -> Term:
    """There is always a term about the state: a condition without terms finds nothing."""
    phases = query.phases or frozenset(Phase)
    fits = (one for one in lens.states.values() if one.status.phase in phases)
    return one_of("ticket.state_id", [one.id for one in fits if not query.statuses or one.status.name in query.statuses])


def _owner(query: QueueQuery) -> list[Term]:
    match query.owner:
        case Owner.ANYONE:
            return []
        case Owner.ME:
            return [{"name": "ticket.owner_id", "operator": "is", "pre_condition": "current_user.id", "value": ""}]
        case Owner.NOBODY:
            return [one_of("ticket.owner_id", [NOBODY])]
        case agent:
            return [one_of("ticket.owner_id", [agent])]


def _groups(query: QueueQuery, lens: Lens) -> list[Term]:
    teams = set(query.teams) - {MY_TEAMS} | (set(lens.my_teams) if MY_TEAMS in query.teams else set())
    wanted: frozenset[str] | None = frozenset(map(str, teams)) if query.teams else None
    if query.categories:
        wanted = query.categories & wanted if wanted is not None else query.categories
    return [] if wanted is None else [one_of("ticket.group_id", sorted(wanted))]


def _priorities(wanted: frozenset[Priority], lens: Lens) -> list[Term]:
    if not wanted or wanted >= set(Priority):
        return []
    return [one_of("ticket.priority_id", [number for number, one in lens.priorities.items() if one.rank in wanted])]


# --- text


def in_database(text: str) -> list[Term]:
    """Each word somewhere in title, number, customer or what was said."""
    return [
        {"operator": "OR", "conditions": [{"name": name, "operator": "contains", "value": word} for name in _FIELDS]}
        for word, _ in words(text)
    ]


def in_index(text: str) -> str:
    """The words for the search index, each quoted, so that none is taken for an operator."""
    quoted = (word.replace("\\", "\\\\").replace('"', "") for word, _ in words(text))
    return " AND ".join(f'"{word}"' for word in quoted if word)


# --- order


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an order that can be walked by one column, however the list changes meanwhile."""

    column: str
    terms: tuple[Term, ...] = ()
    is_ascending: bool = False

    @property
    def order(self) -> str:
        """What the search calls the direction."""
        return "asc" if self.is_ascending else "desc"

    def beyond(self, at: datetime) -> Term:
        """From this value on."""
        name = f"ticket.{self.column}"
        return at_least(name, at) if self.is_ascending else at_most(name, at)


def stretches(sort: SortKey, lens: Lens) -> list[Stretch]:
    """An order as stretches one after the other: those without a deadline come after those with one."""
    due: Term = {"name": "ticket.escalation_at", "operator": "after (absolute)", "value": SINCE_EVER}
    by_clock = [
        Stretch("escalation_at", (due,), is_ascending=True),
        Stretch("created_at", (unset("ticket.escalation_at"),)),
    ]
    match sort:
        case SortKey.CREATED:
            return [Stretch("created_at")]
        case SortKey.UPDATED:
            return [Stretch("updated_at")]
        case SortKey.CLOCK:
            return by_clock
    found = []
    for rank in sorted({one.rank for one in lens.priorities.values()}):
        band = one_of("ticket.priority_id", [number for number, one in lens.priorities.items() if one.rank is rank])
        found += [Stretch(one.column, (band, *one.terms), one.is_ascending) for one in by_clock]
    return found
