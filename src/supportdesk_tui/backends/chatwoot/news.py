"""What is new in an account: conversations by their last update, words by their number, which only ever goes up."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from supportdesk_tui.backends.chatwoot import mapping, talk
from supportdesk_tui.backends.chatwoot.client import Chatwoot
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Seen
from supportdesk_tui.domain.errors import BackendError
from supportdesk_tui.domain.feed import AgentChanged, EntryAdded, Gap, Notice, TicketChanged
from supportdesk_tui.domain.ids import AgentId, FeedMark, TicketId
from supportdesk_tui.domain.people import Agent
from supportdesk_tui.domain.ticket import TicketSummary

MOST_TICKETS = 200
"""With more changed at once everything is read again instead."""
LONGEST_S = 3600
"""Chatwoot answers what changed in a span without paging: a longer one is read as a list."""
OVERLAP_S = 15
"""Looked at again each time: an update may become visible after a later one."""
AGENTS_EVERY = 5
"""Looks between two at the agents' states."""
_OPERATION = "look for news"
_ALL = {"status": "all", "assignee_type": "all"}


class News:
    """Looks for what changed after a mark: the time of an update in microseconds, and the number of a message."""

    def __init__(self, desk: Chatwoot, open_ticket: Callable[[], TicketId | None]) -> None:
        """`open_ticket` says which conversation is on screen: its new words are fetched, others only change their row."""
        self._desk = desk
        self._open = open_ticket
        self._told: dict[TicketId, int] = {}
        """Versions told in the overlap."""
        self._agents: dict[AgentId, Agent] | None = None
        self._looks = 0

    async def look(self, mark: FeedMark | None) -> Seen:
        """One look; without a mark it only finds out where now is."""
        requests, notices = 1, list[Notice]()
        if self._looks % AGENTS_EVERY == 0:
            notices += await self._states()
            requests += 1
        self._looks += 1
        since, newest = _read(mark)
        if not since:
            return Seen(mark=await self._now(), notices=notices, requests=requests, at=self._time())
        ago_s = int((self._time() - datetime.fromtimestamp(since / 1e6, UTC)) / timedelta(seconds=1)) + OVERLAP_S
        if ago_s > LONGEST_S:
            return await self._gap(requests)
        rows = await self._rows({**_ALL, "updated_within": str(max(ago_s, OVERLAP_S))})
        rows = [row for row in rows if self._is_news(row, since)]
        if len(rows) > MOST_TICKETS:
            return await self._gap(requests)
        summaries = [mapping.to_summary(row, self._desk.lens) for row in rows]
        messages = _messages(rows)
        mark = _written(max([since, *(one.version for one in summaries)]), max([newest, *messages]))
        notices += [TicketChanged(one, mark) for one in summaries]
        added = await self._words(summaries, newest, mark)
        self._remember(summaries)
        return Seen(notices=[*notices, *added], mark=mark, requests=requests + bool(added), at=self._time())

    def _is_news(self, row: Node, since: int) -> bool:
        """Newer than the mark, or become visible only now; without a memory of the overlap the mark alone decides."""
        version = mapping.version_of(row)
        if not self._told:
            return version > since
        ticket = TicketId(row.text("id"))
        is_recent = version > since - OVERLAP_S * 1_000_000
        return is_recent and self._told.get(ticket, 0) < version

    def _remember(self, summaries: list[TicketSummary]) -> None:
        self._told |= {one.id: one.version for one in summaries}
        if self._told:
            floor = max(self._told.values()) - 4 * OVERLAP_S * 1_000_000
            self._told = {ticket: version for ticket, version in self._told.items() if version >= floor}

    async def _words(self, summaries: list[TicketSummary], newest: int, mark: FeedMark) -> list[Notice]:
        shown = self._open()
        summary = next((one for one in summaries if one.id == shown), None)
        if summary is None or shown is None:
            return []
        rows = await talk.after(self._desk, shown, newest)
        return [EntryAdded(summary, mapping.to_entry(row, shown, self._desk.lens), mark) for row in rows]

    async def _gap(self, requests: int) -> Seen:
        mark = await self._now()
        self._told = {}
        return Seen(notices=(Gap(mark),), mark=mark, requests=requests + 1, at=self._time())

    async def _now(self) -> FeedMark:
        """The mark of this moment: the newest conversations hold the newest message and, but for quiet changes, the update."""
        rows = await self._rows({**_ALL, "sort_by": "last_activity_at_desc", "page": "1"})
        messages = _messages(rows)
        quarter = int((self._time().timestamp() - LONGEST_S / 4) * 1e6)
        return _written(max([quarter, *map(mapping.version_of, rows)]), max([0, *messages]))

    async def _rows(self, query: dict[str, str]) -> list[Node]:
        found = await self._desk.get(_OPERATION, "/conversations", query=query)
        return [row for row in found.each("data", "payload") if row.text("id")]

    async def _states(self) -> list[Notice]:
        """Agents whose state is another than at the last look."""
        try:
            rows = (await self._desk.get(_OPERATION, "/agents")).each()
        except BackendError:
            if self._agents is None:
                raise
            return []
        agents = {agent.id: agent for agent in map(mapping.to_agent, rows)}
        before, self._agents = self._agents, agents
        if before is None:
            return []
        return [AgentChanged(one) for one in agents.values() if one.id in before and before[one.id].state is not one.state]

    def _time(self) -> datetime:
        """Chatwoot's time, by the `Date` of its answers."""
        return datetime.now(UTC) + self._desk.http.clock_offset


def _messages(rows: Iterable[Node]) -> list[int]:
    """Numbers of the messages that lists tell of their rows."""
    found = (message for row in rows for message in (*row.each("messages"), row.at("last_non_activity_message")))
    return [message.number("id") for message in found]


def _read(mark: FeedMark | None) -> tuple[int, int]:
    time, _, message = (mark or "").partition(":")
    is_ours = all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (time, message))
    return (int(time), int(message)) if is_ours else (0, 0)


def _written(time: int, message: int) -> FeedMark:
    return FeedMark(f"{time}:{message}")
