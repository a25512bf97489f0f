"""What is new on a Zendesk: the tickets changed last are one request, and hold the queue, the open view and the open ticket.

Zendesk's own change log (`incremental/tickets/cursor`) is for administrators only, and the search is minutes behind.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from msgspec.structs import replace as changed

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.polling import Seen
from supportdesk_tui.backends.zendesk import mapping, talk
from supportdesk_tui.backends.zendesk.client import MOST, Zendesk
from supportdesk_tui.backends.zendesk.directory import states_of
from supportdesk_tui.domain.errors import Forbidden, NotFound
from supportdesk_tui.domain.feed import AgentChanged, EntryAdded, Gap, Notice, TicketChanged
from supportdesk_tui.domain.ids import AgentId, FeedMark, TicketId
from supportdesk_tui.text.safe import NO_TEXT, SafeText

LATE_S = 10
"""A change may become visible so many seconds after the time written on it."""
RARE = 3
"""Who is available is looked at once in so many looks."""


class News:
    """Looks for what changed after a mark: the second and the audit of the newest change known, as `second.audit`."""

    def __init__(self, zendesk: Zendesk, open_ticket: Callable[[], TicketId | None]) -> None:
        """`open_ticket` says which conversation is on screen: its new words are fetched, others only change their row."""
        self._zendesk = zendesk
        self._open = open_ticket
        self._seen: dict[str, str] = {}
        self._looks = itertools.count()
        self._told: set[str] = set()

    async def look(self, mark: FeedMark | None) -> Seen:
        """One look; without a mark it only finds out where now is."""
        zendesk = self._zendesk
        found = await zendesk.page(
            "look for news", "/tickets", "tickets", query={"sort": "-updated_at", "include": "users,last_audits,slas"}
        )
        zendesk.meet(found.whole)
        audits = {one.text("ticket_id"): one for one in found.whole.each("last_audits")}
        second, audit = _read(mark)
        news = [row for row in found.rows if mark is not None and self._is_new(row, audits, second, audit)]
        is_first, self._seen = not self._seen, {row.text("id"): _print(row, audits) for row in found.rows}
        newest = _newest(found.rows, audits, second, audit)
        if len(news) >= MOST:
            return Seen(notices=(Gap(),), mark=newest, wait_s=zendesk.quota.wait_s, at=zendesk.http.now())
        requests = 1
        notices: list[Notice] = []
        if news:
            said = await self._activities(second) if mark is not None else {}
            notices += [self._changed(row, audits, newest, said) for row in news]
            spoken = await self._spoken(news, second, audit, newest)
            notices += spoken
            requests += 2 + bool(spoken)
        if zendesk.lens.has_states and not is_first and next(self._looks) % RARE == 0:
            notices += await self._states()
            requests += 1
        return Seen(notices=notices, mark=newest, requests=requests, wait_s=zendesk.quota.wait_s, at=zendesk.http.now())

    def _is_new(self, row: Node, audits: Mapping[str, Node], second: int, audit: int) -> bool:
        known = self._seen.get(row.text("id"))
        if known is not None:
            return known != _print(row, audits)
        at, number = _second(row), audits.get(row.text("id"), Node()).number("id")
        return (at, number) > (second, audit) or (bool(self._seen) and at >= second - LATE_S)

    def _changed(self, row: Node, audits: Mapping[str, Node], mark: FeedMark, said: Mapping[str, SafeText]) -> TicketChanged:
        me = self._zendesk.lens.me
        actor = audits.get(row.text("id"), Node()).text("author_id")
        says = said.get(row.text("id"), NO_TEXT)
        summary = mapping.to_summary(row, self._zendesk.lens)
        tells = me.id if says and me is not None else None
        return TicketChanged(summary, mark, actor=AgentId(actor) if actor else None, says=says, tells=tells)

    async def _spoken(self, news: list[Node], second: int, audit: int, mark: FeedMark) -> list[Notice]:
        """New words on the ticket that is on screen."""
        shown = self._open()
        row = next((one for one in news if one.text("id") == shown), None)
        if shown is None or row is None:
            return []
        summary = mapping.to_summary(row, self._zendesk.lens)
        found = await talk.rows(self._zendesk, shown)
        fresh = [
            one
            for one in reversed(found.rows)
            if (_at(one.when("created_at")), one.number("audit_id")) > (second, audit) and one.text("id") not in self._told
        ]
        self._told = {one.text("id") for one in found.rows}
        return [EntryAdded(summary, mapping.to_entry(one, self._zendesk.lens), mark) for one in fresh]

    async def _activities(self, second: int) -> dict[str, SafeText]:
        """What Zendesk says this agent should know, by ticket: only what was given to them is an alert."""
        since = datetime.fromtimestamp(max(second - LATE_S, 0), UTC)
        try:
            found = await self._zendesk.page(
                "look for news", "/activities", "activities", query={"since": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
            )
        except (Forbidden, NotFound):
            return {}
        return {
            one.text("target", "ticket", "id"): one.line("title")
            for one in found.rows
            if one.text("verb") == "tickets.assignment" and one.text("target", "ticket", "id")
        }

    async def _states(self) -> list[Notice]:
        """Agents whose state is another now."""
        lens = self._zendesk.lens
        found = await self._zendesk.get("list who is available", "/agent_availabilities")
        now = {AgentId(person): state for person, state in states_of(self._zendesk, found).items()}
        others = {
            one.id: changed(one, state=now[one.id])
            for one in lens.agents.values()
            if one.id in now and now[one.id] is not one.state
        }
        me = others.get(lens.me.id, lens.me) if lens.me is not None else None
        self._zendesk.lens = replace(lens, agents={**lens.agents, **others}, me=me)
        return [AgentChanged(one) for one in others.values()]


def _read(mark: FeedMark | None) -> tuple[int, int]:
    second, _, audit = (mark or "").partition(".")
    return (int(second) if second.isdecimal() else 0, int(audit) if audit.isdecimal() else 0)


def _at(when: datetime | None) -> int:
    return int(when.timestamp()) if when is not None else 0


def _second(row: Node) -> int:
    return _at(row.when("updated_at"))


def _print(row: Node, audits: Mapping[str, Node]) -> str:
    """What differs once a ticket has changed."""
    return f"{_second(row)}.{audits.get(row.text('id'), Node()).text('id')}"


def _newest(rows: list[Node], audits: Mapping[str, Node], second: int, audit: int) -> FeedMark:
    known = [(_second(row), audits.get(row.text("id"), Node()).number("id")) for row in rows]
    at, number = max([*known, (second, audit)])
    return FeedMark(f"{at}.{number}")
