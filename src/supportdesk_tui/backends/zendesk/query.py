"""A queue query as words of Zendesk's search; pure.

The search knows fewer terms than the desk and joins repeated ones by OR, so it is asked for what it can find and its rows are
narrowed here (`domain.queue.matches`): what comes out is exact but for the terms in `unapplied`.
"""

from dataclasses import dataclass

from supportdesk_tui.backends.terms import unapplied, words
from supportdesk_tui.backends.zendesk.words import PHASES, WRITTEN, Lens
from supportdesk_tui.domain.queue import MY_TEAMS, Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import LIVE_PHASES, Phase, Priority

ORDERS = {SortKey.UPDATED: "updated_at", SortKey.PRIORITY: "priority", SortKey.CREATED: "created_at"}
"""`sort_by` of the search; all descending. It cannot sort by deadline."""
MOST_FOUND = 1000
"""Results the search ever gives (`/search`; `/search/export` has no such end)."""
CUT = "only the first 1,000"
"""What is said of a search that found more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query for the search, and what of it nobody can apply."""

    words: str
    unapplied: tuple[str, ...] = ()
    is_nothing: bool = False
    """No ticket of this account can match."""


def to_search(query: QueueQuery, lens: Lens) -> Asked:
    """Every term the search knows."""
    terms = [
        *_phases(query.phases),
        *_statuses(query, lens),
        *_owner(query),
        *_groups(query, lens),
        *_priorities(query.priorities),
        *(f"tags:{quoted(tag)}" for tag in sorted(query.tags)),
        *_words(query.text),
    ]
    is_nothing = (bool(query.phases) and not query.phases & set(PHASES.values())) or (
        bool(query.statuses) and not query.statuses & lens.statuses.keys()
    )
    return Asked(" ".join(terms), unapplied(query), is_nothing)


def quoted(text: str) -> str:
    """A value of a search term; the search knows no escape for a quote inside one."""
    return '"' + text.replace('"', " ") + '"'


def _phases(wanted: frozenset[Phase]) -> list[str]:
    if not wanted or wanted >= set(Phase):
        return []
    if wanted == LIVE_PHASES:
        return ["status<solved"]
    return [f"status:{name}" for name, phase in PHASES.items() if phase in wanted]


def _statuses(query: QueueQuery, lens: Lens) -> list[str]:
    if query.phases or not query.statuses:
        return []
    names = sorted({base for one in query.statuses if (base := one.partition("/")[0]) in PHASES})
    return [f"status:{name}" for name in names]


def _owner(query: QueueQuery) -> list[str]:
    match query.owner:
        case Owner.ANYONE:
            return []
        case Owner.ME:
            return ["assignee:me"]
        case Owner.NOBODY:
            return ["assignee:none"]
        case agent:
            return [f"assignee:{agent}"] if agent.isascii() and agent.isdecimal() else ["assignee:none"]


def _groups(query: QueueQuery, lens: Lens) -> list[str]:
    mine = set(lens.me.teams) if lens.me is not None and MY_TEAMS in query.teams else set()
    names = sorted(lens.groups.get(team, "") for team in (query.teams - {MY_TEAMS}) | mine)
    return [f"group:{quoted(name)}" for name in names if name]


def _priorities(wanted: frozenset[Priority]) -> list[str]:
    if not wanted or Priority.P4 in wanted:
        return []
    return [f"priority:{WRITTEN[one]}" for one in sorted(wanted)]


def _words(text: str) -> list[str]:
    """Words and phrases in quotes; a word the search would read as a term of its own is quoted."""
    terms = []
    for word, is_phrase in words(text):
        is_plain = not is_phrase and not set(word) & set(":<>*") and not word.startswith("-")
        terms.append(word if is_plain else quoted(word))
    return terms
