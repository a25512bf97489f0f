"""A queue query as what Chatwoot can be asked; pure.

A list takes one status, one team, one inbox: a query for several is several lists, read as one (`walk`). What a list cannot
be asked is asked by filter, whose order is fixed, or looked at row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from msgspec.structs import replace

from supportdesk_tui.backends.chatwoot.walk import Key, Order
from supportdesk_tui.backends.chatwoot.words import PHASES, WRITTEN, Lens, channel_of
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.queue import EVERY_TICKET, MY_TEAMS, Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Phase, Priority

MOST_LISTS = 12
"""With more combinations than this the query is a filter."""
BUILT_IN = {"mention": "Mentions of me", "unattended": "Unattended", "participating": "I take part"}
"""Views every Chatwoot has, by their `conversation_type`."""
_FAR = float(2**53)
_RANK = {"urgent": 4, "high": 3, "medium": 2, "low": 1}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query for Chatwoot, and what of it cannot be applied."""

    lists: tuple[Mapping[str, str | Sequence[str]], ...] = ()
    """Parameters of each list to read; none when nothing can fit."""
    filter: tuple[dict[str, Any], ...] = ()
    """Conditions of a filter, instead of lists."""
    rest: QueueQuery = EVERY_TICKET
    """What a row is still looked at for."""
    unapplied: tuple[str, ...] = ()
    is_growing: bool = False
    """One list of everything by a time that only grows: what is in it stays, and moves to its beginning at most."""


ORDERS: dict[SortKey, tuple[str, Order]] = {
    SortKey.CLOCK: ("waiting_since_asc", lambda row: (_seconds(row, "waiting_since") or _FAR, _seconds(row, "created_at"))),
    SortKey.UPDATED: ("last_activity_at_desc", lambda row: (-_seconds(row, "last_activity_at"),)),
    SortKey.CREATED: ("created_at_desc", lambda row: (-_seconds(row, "created_at"),)),
    SortKey.PRIORITY: (
        "priority_desc",
        lambda row: (-_RANK.get(row.text("priority"), 0), -_seconds(row, "last_activity_at")),
    ),
}
"""What Chatwoot calls the order, and where a row stands in it. It has no order by deadline: who waits longest comes first."""


def _seconds(row: Node, key: str) -> float:
    at = row.when(key)
    return at.timestamp() // 1 if at else 0.0


def activity(row: Node) -> Key:
    """The order of filters."""
    return ORDERS[SortKey.UPDATED][1](row)


def to_asked(query: QueueQuery, lens: Lens) -> Asked:
    """Lists to read, or a filter."""
    statuses, teams, inboxes = _statuses(query), _teams(query, lens), _inboxes(query, lens)
    rest, lost = _rest(query, statuses)
    if statuses == [] or teams == [] or inboxes == []:
        return Asked(unapplied=lost)
    if query.view and query.view not in BUILT_IN:
        return Asked(rest=rest, unapplied=lost)
    is_other = query.owner not in set(Owner)
    is_many = len(statuses or [""]) * len(teams or [""]) * len(inboxes or [""]) > MOST_LISTS
    is_ranked = bool(query.priorities) and not query.priorities >= set(Priority)
    if (is_other or is_many or is_ranked) and not query.text and not query.view:
        unordered = () if query.sort in {SortKey.UPDATED, SortKey.CLOCK} else (f"sort:{query.sort.value}",)
        return Asked(filter=_filter(query, lens, statuses, teams, inboxes), rest=rest, unapplied=(*lost, *unordered))
    words = " ".join(query.text.replace('"', " ").split())
    anywhere: Sequence[str | None] = [None]
    states = statuses if statuses and not words else anywhere
    lists = product(states, teams or anywhere, inboxes or anywhere)
    asked = tuple(_list(query, words, *one) for one in lists)
    is_whole = [one.keys() for one in asked] == [{"status", "assignee_type", "sort_by"}] and statuses is None
    is_growing = is_whole and query.owner == Owner.ANYONE and query.sort in {SortKey.CREATED, SortKey.UPDATED}
    return Asked(asked, rest=rest, unapplied=lost, is_growing=is_growing)


def _list(
    query: QueueQuery, words: str, status: str | None, team: str | None, inbox: str | None
) -> dict[str, str | Sequence[str]]:
    asked: dict[str, str | Sequence[str]] = {"status": status or "all", "assignee_type": _assignee(query)}
    named = {"team_id": team, "inbox_id": inbox, "q": words, "conversation_type": query.view}
    asked.update({name: value for name, value in named.items() if value})
    if query.tags:
        asked["labels[]"] = [min(query.tags)]
    return asked | {"sort_by": ORDERS[query.sort][0]}


def _assignee(query: QueueQuery) -> str:
    kinds: dict[str, str] = {Owner.ME: "me", Owner.NOBODY: "unassigned", Owner.ANYONE: "all"}
    return kinds.get(query.owner, "assigned")


def _rest(query: QueueQuery, statuses: list[str] | None) -> tuple[QueueQuery, tuple[str, ...]]:
    """What rows are looked at for, and what neither Chatwoot nor a row tells; unread ones are sought among live ones only."""
    is_live = statuses is not None and "resolved" not in statuses
    lost = {
        "lang": query.languages,
        "is:promised": query.promised,
        "is:watched": query.watched,
        "is:unread": query.unread and not is_live,
        "sla": query.due_within is not None,
    }
    rest = replace(
        query, languages=frozenset(), promised=False, watched=False, unread=query.unread and is_live, due_within=None
    )
    return rest, tuple(name for name, is_asked in lost.items() if is_asked)


def _statuses(query: QueueQuery) -> list[str] | None:
    """Statuses asked for; None for any, empty for what cannot be."""
    names = [name for name in PHASES if not query.statuses or name in query.statuses]
    if query.phases and not query.phases >= set(Phase):
        names = [name for name in names if PHASES[name] in query.phases]
    return None if len(names) == len(PHASES) else names


def _teams(query: QueueQuery, lens: Lens) -> list[str] | None:
    if not query.teams:
        return None
    wanted = query.teams - {MY_TEAMS} | (set(lens.my_teams) if MY_TEAMS in query.teams else set())
    return sorted(team for team in wanted if team in lens.teams)


def _inboxes(query: QueueQuery, lens: Lens) -> list[str] | None:
    if not query.channels and not query.categories:
        return None
    return [
        number
        for number, inbox in lens.inboxes.items()
        if (not query.categories or number in query.categories)
        and (not query.channels or channel_of(inbox.channel) in query.channels)
    ]


def _filter(
    query: QueueQuery, lens: Lens, statuses: list[str] | None, teams: list[str] | None, inboxes: list[str] | None
) -> tuple[dict[str, Any], ...]:
    ranked = sorted(WRITTEN[one] for one in query.priorities)
    is_any = Priority.P4 in query.priorities or not query.priorities
    known = {
        "status": statuses or list(PHASES),
        "team_id": teams,
        "inbox_id": inboxes,
        "priority": None if is_any else ranked,
        "assignee_id": _owner(query, lens),
    }
    terms = [condition(name, values) for name, values in known.items() if values]
    terms += [condition("labels", [tag]) for tag in sorted(query.tags)]
    return joined(terms)


def _owner(query: QueueQuery, lens: Lens) -> list[str] | None:
    """The agent; that nobody owns a conversation is looked at row by row."""
    if query.owner in {Owner.ANYONE, Owner.NOBODY}:
        return None
    return [str(lens.me if query.owner == Owner.ME else query.owner)]


def condition(name: str, values: Sequence[str]) -> dict[str, Any]:
    """One of these values."""
    return {"attribute_key": name, "filter_operator": "equal_to", "values": list(values)}


def joined(terms: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """All of these; the last of a filter leads to nothing."""
    last = len(terms) - 1
    return tuple({**term, "query_operator": None if number == last else "AND"} for number, term in enumerate(terms))


def saved(found: Node) -> tuple[dict[str, Any], ...]:
    """The conditions of a filter somebody saved, as it is to be asked; what the dashboard adds for itself is left out."""
    terms: list[dict[str, Any]] = []
    for one in found.each("query", "payload"):
        term: dict[str, Any] = {name: one.text(name) for name in ("attribute_key", "filter_operator")}
        term["values"] = [value.text() or value.text("id") for value in _values(one)]
        if one.text("custom_attribute_type"):
            term["custom_attribute_type"] = one.text("custom_attribute_type")
        terms.append(term | {"query_operator": one.text("query_operator").upper() or "AND"})
    if terms:
        terms[-1]["query_operator"] = None
    return tuple(terms)


def _values(term: Node) -> list[Node]:
    return term.each("values") or ([term.at("values")] if term.at("values") else [])
