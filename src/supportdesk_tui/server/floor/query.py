"""Which tickets: the grammar of `q`, and whether a ticket belongs. The same grammar as the desk's search line."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.floor.ticket import Ticket
from supportdesk_tui.server.floor.words import DAY, HOUR, MINUTE

PHASES = ("new", "open", "pending", "snoozed", "on_hold", "solved", "closed")
BAND_OF = {"new": 0, "open": 0, "pending": 0, "on_hold": 0, "snoozed": 1, "solved": 2, "closed": 2}
CHANNELS = frozenset({"chat", "email", "ticket", "phone", "social", "forum", "inapp"})
NOBODY = "nobody"
_TERM = re.compile(r'(?P<key>[A-Za-z]+):(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]\S*))|"(?P<phrase>[^"]*)"|(?P<word>\S+)')
_SLA = re.compile(r"<(\d{1,5})([mhd])")
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
_NOT_KEYS = frozenset({"http", "https", "mailto", "re", "fw", "fwd"})


class BadQuery(ValueError):  # noqa: N818  names the condition
    """The query cannot be read; `str()` says which term and why."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a query asks for; empty sets mean any."""

    phases: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    priorities: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()
    due_in_ms: int | None = None
    watcher: str = ""
    promised: bool = False
    unread: bool = False
    text: str = ""

    @property
    def is_countable(self) -> bool:
        """Whether membership follows from the ticket alone, not from the clock or the words in it."""
        return not self.text and self.due_in_ms is None

    @property
    def bands(self) -> tuple[int, ...]:
        """The parts of the index it can be in."""
        if not self.phases:
            return (0, 1, 2)
        return tuple(sorted({BAND_OF[phase] for phase in self.phases}))

    @property
    def phases_to_check(self) -> frozenset[str]:
        """The phases the bands alone do not decide."""
        whole = {phase for phase, band in BAND_OF.items() if band in self.bands}
        return frozenset() if not self.phases or self.phases == whole else self.phases


def parse(q: str, me: Agent) -> Criteria:
    """Read a query; `me` and `mine` become this agent's id and teams."""
    sets: dict[str, set[str]] = {}
    words: list[str] = []
    for term in _TERM.finditer(q):
        key = (term["key"] or "").lower()
        if key and key not in _NOT_KEYS:
            _keyed(sets, key, term["quoted"], term["plain"])
        elif term.group().startswith("-"):
            raise BadQuery(f"{term.group()[:40]}: a leading - has no meaning here")
        else:
            words.append(term.group())
    return _criteria(sets, " ".join(words), me)


def _keyed(sets: dict[str, set[str]], key: str, quoted: str | None, plain: str | None) -> None:
    if key not in _READERS:
        known = ", ".join(_READERS)
        raise BadQuery(f"{key[:20]}: is no key; keys are {known}")
    values = [quoted] if quoted is not None else [part for part in (plain or "").split(",") if part]
    if not values or len(values) > 50:
        raise BadQuery(f"{key}: needs a value, and at most 50")
    _READERS[key](values)
    sets.setdefault(key, set()).update(values)


def _criteria(sets: dict[str, set[str]], text: str, me: Agent) -> Criteria:
    owners = {me.id if one == "me" else one for one in sets.get("owner", ())}
    teams = {team for one in sets.get("team", ()) for team in (me.teams if one == "mine" else [one])}
    found = Criteria(
        phases=frozenset(sets.get("phase", ())),
        statuses=frozenset(sets.get("status", ())),
        channels=frozenset(sets.get("channel", ())),
        owners=frozenset(owners),
        teams=frozenset(teams or ({"-"} if "team" in sets else set())),
        languages=frozenset(sets.get("lang", ())),
        categories=frozenset(one.upper() for one in sets.get("cat", ())),
        priorities=frozenset(int(one[1:]) for one in sets.get("prio", ())),
        tags=frozenset(sets.get("tag", ())),
        text=text,
    )
    states = sets.get("is", set())
    due = min((_due(one) for one in sets.get("sla", ())), default=None)
    return replace(
        found,
        due_in_ms=due,
        watcher=me.id if "watched" in states else "",
        promised="promised" in states,
        unread="unread" in states,
    )


def _due(value: str) -> int:
    if value == "late":
        return 0
    found = _SLA.fullmatch(value)
    if found is None:
        raise BadQuery(f"sla:{value[:20]}: use <30m, <2h, <1d or late")
    return int(found[1]) * _UNITS[found[2]]


def _one_of(key: str, known: frozenset[str]) -> Callable[[list[str]], None]:
    def check(values: list[str]) -> None:
        for value in values:
            if value not in known:
                raise BadQuery(f"{key}:{value[:40]}: use one of {', '.join(sorted(known))}")

    return check


def _any(_values: list[str]) -> None:
    """Ids and names the data decides about."""


_READERS: dict[str, Callable[[list[str]], object]] = {
    "phase": _one_of("phase", frozenset(PHASES)),
    "status": _any,
    "channel": _one_of("channel", CHANNELS),
    "owner": _any,
    "team": _any,
    "lang": _any,
    "cat": _any,
    "prio": _one_of("prio", frozenset({"p1", "p2", "p3", "p4"})),
    "tag": _any,
    "sla": lambda values: [_due(value) for value in values],
    "is": _one_of("is", frozenset({"watched", "promised", "unread"})),
}


@dataclass(frozen=True, slots=True)
class _Claim:
    """One thing a query can ask of a ticket."""

    asks: Callable[[Criteria], object] = field()
    holds: Callable[[Criteria, Ticket], bool] = field()


_CLAIMS = (
    _Claim(lambda want: want.phases, lambda want, one: one.phase in want.phases),
    _Claim(lambda want: want.statuses, lambda want, one: one.status in want.statuses),
    _Claim(lambda want: want.channels, lambda want, one: one.channel in want.channels),
    _Claim(lambda want: want.owners, lambda want, one: (one.owner or NOBODY) in want.owners),
    _Claim(lambda want: want.teams, lambda want, one: one.team in want.teams),
    _Claim(lambda want: want.languages, lambda want, one: one.language in want.languages),
    _Claim(lambda want: want.categories, lambda want, one: one.category in want.categories),
    _Claim(lambda want: want.priorities, lambda want, one: one.priority in want.priorities),
    _Claim(lambda want: want.tags, lambda want, one: want.tags <= set(one.tags)),
    _Claim(lambda want: want.watcher, lambda want, one: want.watcher in one.watchers),
    _Claim(lambda want: want.promised, lambda want, one: one.open_promises > 0),
    _Claim(lambda want: want.unread, lambda want, one: one.unread > 0),
)


def belongs(ticket: Ticket, criteria: Criteria) -> bool:
    """Whether a ticket fits a countable query."""
    return all(claim.holds(criteria, ticket) for claim in _CLAIMS if claim.asks(criteria))
