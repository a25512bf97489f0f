"""What is new in an account: conversations by their last update, words by their number, which only ever goes up."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace as changed

from supportdesk_tui.backends.chatwoot import mapping, talk
from supportdesk_tui.backends.chatwoot.client import Chatwoot
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Seen
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.errors import BackendError, Forbidden, NotFound
from supportdesk_tui.domain.feed import AgentChanged, EntryAdded, Gap, Notice, TicketChanged
from supportdesk_tui.domain.ids import AgentId, FeedMark, TicketId
from supportdesk_tui.domain.people import Agent, AgentState
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.text.safe import sanitize_line

MOST_TICKETS = 200
"""With more changed at once everything is read again instead."""
MOST_TALKS = 30
"""Conversations whose new words are read after a socket was closed; of the rest the row is told."""
LONGEST_S = 3600
"""Chatwoot answers what changed in a span without paging: a longer one is read as a list."""
OVERLAP_S = 15
"""Looked at again each time: an update may become visible after a later one."""
AGENTS_EVERY = 5
"""Looks between two at the agents' states."""
MOST_SINGLY = 3
"""Conversations that are read one by one; of more the list of what changed is read, in one request."""
_REMEMBERED = 5_000
"""Numbers of messages that are kept, so that none is told twice."""
_ROWS = 500
"""Rows that are kept, so that words can be told with them."""
_MEMORY = 900 * 1_000_000
"""Microseconds for which versions are kept: longer than there is between two checks."""
_SLACK = 5 * 1_000_000
"""So much newer must a conversation be than it was told for a check to find that something was not heard."""
_OPERATION = "look for news"
_ALL = {"status": "all", "assignee_type": "all"}


class News:
    """Looks for what changed after a mark: the time of an update in microseconds, and the number of a message."""

    def __init__(self, desk: Chatwoot, open_ticket: Callable[[], TicketId | None]) -> None:
        """`open_ticket` says which conversation is on screen: looking fetches its new words, others only change their row."""
        self._desk = desk
        self._open = open_ticket
        self._told: dict[TicketId, int] = {}
        """Versions told lately."""
        self.rows: dict[TicketId, TicketSummary] = {}
        """Rows as they were told last."""
        self._said: dict[int, None] = {}
        """Messages told lately, the oldest first."""
        self._trail: deque[tuple[datetime, int]] = deque()
        """The newest message told, by when: what is broadcast comes out of order."""
        self._agents: dict[AgentId, Agent] | None = None
        self._looks = 0

    async def look(self, mark: FeedMark | None) -> Seen:
        """One look; without a mark it only finds out where now is."""
        notices: list[Notice] = []
        if self._looks % AGENTS_EVERY == 0:
            notices += await self.states()
        requests = 1 + (self._looks % AGENTS_EVERY == 0)
        self._looks += 1
        return await self._since(mark, notices, requests, is_all=False)

    async def catch_up(self, mark: FeedMark | None) -> Seen:
        """Everything that may have been said while no socket was open, words of other conversations among it."""
        return await self._since(mark, await self.states(), 2, is_all=True)

    async def check(self, mark: FeedMark | None, before: FeedMark | None) -> Seen:
        """What was not heard since an earlier mark, though the socket was open."""
        return await self._since(mark, [], 1, is_all=False, before=before)

    async def _since(
        self, mark: FeedMark | None, notices: list[Notice], requests: int, *, is_all: bool, before: FeedMark | None = None
    ) -> Seen:
        since, newest = read_mark(mark)
        since = min(since, read_mark(before)[0] or since)
        if mark and not since:
            return await self._gap(requests)
        if not since:
            return Seen(mark=await self._now(), notices=notices, requests=requests, at=self.time())
        ago_s = int((self.time() - datetime.fromtimestamp(since / 1e6, UTC)) / timedelta(seconds=1)) + OVERLAP_S
        if ago_s > LONGEST_S:
            return await self._gap(requests)
        rows = await self._rows({**_ALL, "updated_within": str(max(ago_s, OVERLAP_S))})
        fresh = [row for row in rows if self._is_news(row, since, _SLACK if before else 0)]
        if len(fresh) > MOST_TICKETS:
            return await self._gap(requests)
        summaries = {one.id: one for one in (mapping.to_summary(row, self._desk.lens) for row in rows)}
        told = [summaries[TicketId(row.text("id"))] for row in fresh]
        talks = [one for one in self._talks(summaries, since) if is_all] or [one for one in told if one.id == self._open()]
        after = min(newest, self._lagging(newest)) if is_all else newest
        words = [(one, row) for one in talks for row in await talk.after(self._desk, one.id, after)]
        new = [(one, row) for one, row in words if not self.is_told(row)]
        mark = self.tell(told, [row for _, row in new], mark, seen=_messages(fresh))
        notices += [TicketChanged(one, mark) for one in told]
        notices += [notice for one, row in new for notice in self.added(one, row, mark, is_alert=is_all)]
        return Seen(notices=notices, mark=mark, requests=requests + len(talks), at=self.time())

    def _talks(self, rows: dict[TicketId, TicketSummary], since: int) -> list[TicketSummary]:
        """Conversations in which something may have been said that was not heard; the open one first."""
        recent = [one for one in rows.values() if one.version > since - OVERLAP_S * 1_000_000]
        return sorted(recent, key=lambda one: (one.id != self._open(), -one.version))[:MOST_TALKS]

    def _is_news(self, row: Node, since: int, slack: int = 0) -> bool:
        """Newer than the mark, or become visible only now; without a memory of the overlap the mark alone decides."""
        version = mapping.version_of(row)
        if not self._told:
            return version > since
        ticket = TicketId(row.text("id"))
        is_recent = version > since - OVERLAP_S * 1_000_000
        return is_recent and self._told.get(ticket, -slack) + slack < version

    # --- what was told

    def tell(
        self, rows: Iterable[TicketSummary], messages: Iterable[Node], mark: FeedMark | None, *, seen: Iterable[int] = ()
    ) -> FeedMark:
        """Remember what is about to be told; the mark after it. Messages that are only `seen` may still be told."""
        since, newest = read_mark(mark)
        for one in rows:
            self.rows.pop(one.id, None)
            self.rows[one.id], self._told[one.id] = one, one.version
        while len(self.rows) > _ROWS:
            del self.rows[next(iter(self.rows))]
        if self._told:
            floor = max(self._told.values()) - _MEMORY
            self._told = {ticket: version for ticket, version in self._told.items() if version >= floor}
        numbers = [row.number("id") for row in messages]
        self._said |= dict.fromkeys(numbers)
        while len(self._said) > _REMEMBERED:
            del self._said[next(iter(self._said))]
        if not self._trail:
            self._trail.append((datetime.min.replace(tzinfo=UTC), newest))
        newest = max([newest, *numbers, *seen])
        self._trail.append((self.time(), newest))
        self._lagging(newest)
        return _written(max([since, *self._told.values()]), newest)

    def is_told(self, message: Node) -> bool:
        """Whether this message was told already."""
        return message.number("id") in self._said

    def _lagging(self, newest: int) -> int:
        """The newest message of some seconds ago: later ones may have overtaken one that was not heard."""
        before = self.time() - timedelta(seconds=OVERLAP_S)
        while len(self._trail) > 1 and self._trail[1][0] <= before:
            self._trail.popleft()
        return self._trail[0][1] if self._trail else newest

    def added(self, ticket: TicketSummary, message: Node, mark: FeedMark, *, is_alert: bool) -> Sequence[Notice]:
        """New words; their owner is told of the customer's where they are not on screen."""
        entry = mapping.to_entry(message, ticket.id, self._desk.lens)
        added = EntryAdded(ticket, entry, mark)
        is_mine = ticket.owner is not None and ticket.owner == self._desk.lens.me
        if not is_alert or not is_mine or entry.kind is not EntryKind.CUSTOMER or ticket.id == self._open():
            return (added,)
        return (TicketChanged(ticket, mark, None, sanitize_line(f"{ticket.customer_name} wrote"), ticket.owner), added)

    # --- reading

    def row(self, row: Node) -> TicketSummary:
        """A conversation of an event."""
        return mapping.to_summary(row, self._desk.lens)

    async def read(self, tickets: Iterable[TicketId]) -> dict[TicketId, TicketSummary]:
        """Conversations as they stand now; those we may not see are left out."""
        wanted = set(tickets)
        rows: list[Node] = []
        if len(wanted) > MOST_SINGLY:
            rows = await self._rows({**_ALL, "updated_within": str(4 * OVERLAP_S)})
        found = {TicketId(row.text("id")): mapping.to_summary(row, self._desk.lens) for row in rows}
        for ticket in wanted - found.keys():
            try:
                found[ticket] = mapping.to_summary(await self._desk.ticket(ticket, _OPERATION), self._desk.lens)
            except (NotFound, Forbidden):
                continue
        return {ticket: row for ticket, row in found.items() if ticket in wanted}

    async def _gap(self, requests: int) -> Seen:
        mark = await self._now()
        self._told, self._said, self.rows = {}, {}, {}
        self._trail.clear()
        return Seen(notices=(Gap(mark),), mark=mark, requests=requests + 1, at=self.time())

    async def _now(self) -> FeedMark:
        """The mark of this moment: the newest conversations hold the newest message and, but for quiet changes, the update."""
        rows = await self._rows({**_ALL, "sort_by": "last_activity_at_desc", "page": "1"})
        messages = _messages(rows)
        quarter = int((self.time().timestamp() - LONGEST_S / 4) * 1e6)
        return _written(max([quarter, *map(mapping.version_of, rows)]), max([0, *messages]))

    async def _rows(self, query: dict[str, str]) -> list[Node]:
        found = await self._desk.get(_OPERATION, "/conversations", query=query)
        return [row for row in found.each("data", "payload") if row.text("id")]

    # --- agents

    async def states(self) -> list[Notice]:
        """Agents whose state is another than it was when last told."""
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

    def are_here(self, states: dict[AgentId, AgentState]) -> list[Notice]:
        """The same from what the socket says: who is there, everybody else being away."""
        before = self._agents or {}
        now = {one.id: changed(one, state=states.get(one.id, AgentState.OFFLINE)) for one in before.values()}
        self._agents = {**before, **now}
        return [AgentChanged(one) for one in now.values() if before[one.id].state is not one.state]

    def time(self) -> datetime:
        """Chatwoot's time, by the `Date` of its answers."""
        return self._desk.http.now()


def _messages(rows: Iterable[Node]) -> list[int]:
    """Numbers of the messages that lists tell of their rows."""
    found = (message for row in rows for message in (*row.each("messages"), row.at("last_non_activity_message")))
    return [message.number("id") for message in found]


def read_mark(mark: FeedMark | None) -> tuple[int, int]:
    """Time and message of a mark; zeros for one that is none of ours."""
    time, _, message = (mark or "").partition(":")
    is_ours = all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (time, message))
    return (int(time), int(message)) if is_ours else (0, 0)


def _written(time: int, message: int) -> FeedMark:
    return FeedMark(f"{time}:{message}")
