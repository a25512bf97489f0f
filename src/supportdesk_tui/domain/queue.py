"""Which tickets, in which order."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from supportdesk_tui.domain.ids import AgentId, Cursor, TeamId, ViewId
from supportdesk_tui.domain.ticket import Channel, Phase, Priority, TicketSummary
from supportdesk_tui.text.safe import SafeText

T = TypeVar("T")


class SortKey(StrEnum):
    """Orders a queue can be shown in."""

    CLOCK = "clock"
    """Next deadline first; paused and none last."""
    UPDATED = "updated"
    """Newest change first."""
    CREATED = "created"
    """Newest first."""
    PRIORITY = "priority"
    """P1 first, then by clock."""


class Owner(StrEnum):
    """Special owners of a query."""

    ANYONE = "anyone"
    NOBODY = "nobody"
    ME = "me"


class QueueQuery(Struct, frozen=True):
    """Which tickets; empty sets mean any. `text` and `view` are the backend's business, not that of `matches`."""

    phases: frozenset[Phase] = frozenset()
    statuses: frozenset[str] = frozenset()
    owner: Owner | AgentId = Owner.ANYONE
    teams: frozenset[TeamId] = frozenset()
    channels: frozenset[Channel] = frozenset()
    languages: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    tags: frozenset[str] = frozenset()
    due_within: timedelta | None = None
    """Clock runs out within this time or is late already."""
    watched: bool = False
    promised: bool = False
    """Has an open promise."""
    unread: bool = False
    text: str = ""
    view: str = ""
    """A view that only the backend can evaluate, by its id there; whatever else is asked narrows it."""
    sort: SortKey = SortKey.CLOCK


def matches(query: QueueQuery, row: TicketSummary, *, me: AgentId, my_teams: Sequence[TeamId], now: datetime) -> bool:
    """Whether a row belongs to a query; free text aside. `TeamId("mine")` in `teams` stands for `my_teams`."""
    wanted: str = query.owner
    owner_fits = (
        wanted == Owner.ANYONE
        or (wanted == Owner.NOBODY and row.owner is None)
        or (row.owner is not None and row.owner == (me if wanted == Owner.ME else wanted))
    )
    teams = query.teams - {MY_TEAMS} | (set(my_teams) if MY_TEAMS in query.teams else set())
    due = row.clock.due_at
    return bool(
        owner_fits
        and (not query.phases or row.status.phase in query.phases)
        and (not query.statuses or row.status.name in query.statuses)
        and (not query.teams or row.team in teams)
        and (not query.channels or row.channel in query.channels)
        and (not query.languages or row.language in query.languages)
        and (not query.categories or row.category in query.categories)
        and (not query.priorities or row.priority in query.priorities)
        and (not query.tags or query.tags <= set(row.tags))
        and (query.due_within is None or (due is not None and not row.clock.paused and due - now <= query.due_within))
        and (not query.watched or row.watched)
        and (not query.promised or row.open_promises > 0)
        and (not query.unread or row.unread > 0)
    )


MY_TEAMS = TeamId("mine")
"""In `QueueQuery.teams`: whichever teams the agent is in."""
EVERY_TICKET = QueueQuery()


class View(Struct, frozen=True):
    """A named query in the view bar; 1–9 choose it."""

    id: ViewId
    title: SafeText
    query: QueueQuery
    count: int | None = None
    """None where the backend cannot say cheaply."""


class Shortened(list[T]):
    """A list that is whole but for items that could not be read."""

    def __init__(self, items: Iterable[T], bad_items: int) -> None:
        super().__init__(items)
        self.bad_items = bad_items


def bad_items_of(items: Sequence[object]) -> int:
    """How many items of the backend's list are missing from this one because they could not be read."""
    return items.bad_items if isinstance(items, Shortened) else 0


class Page(Struct, Generic[T], frozen=True):
    """Part of a list and where the next part begins."""

    items: tuple[T, ...]
    after: Cursor | None
    """None at the end."""
    total: int | None = None
    unapplied: tuple[str, ...] = ()
    """Terms of the query the backend could not apply."""
    bad_items: int = 0
    """Items left out because they could not be read."""
