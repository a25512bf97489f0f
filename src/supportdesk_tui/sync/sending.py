"""One attempt to send a change, or to find out whether it arrived, and what its outcome means."""

from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.changes import Applied, Note, Outcome, Reply
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BadPayload,
    Conflict,
    DeskError,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from supportdesk_tui.domain.ids import AgentId, ChangeKey, TicketId
from supportdesk_tui.store.state import OutboxItem, OutboxPhase
from supportdesk_tui.sync import outbox_rules as rules
from supportdesk_tui.sync import words

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)


def new_key() -> ChangeKey:
    """A key no other change has."""
    return ChangeKey(uuid4().hex)


class Verdict(Struct, frozen=True):
    """What an attempt came to."""

    item: OutboxItem
    also: OutboxItem | None = None
    """The part of a bulk change that was refused."""
    wait_s: float = 0.0
    """Before this one is tried again."""
    is_unreached: bool = False
    """There was nobody at all."""
    wait_all_s: float = 0.0
    """Before anything is sent again: the server asked for it."""
    sign_in: bool = False
    version: int | None = None
    repeats: bool = False
    """It was looked for in vain and may be sent again with the key it had."""
    asks: bool = False
    """It was looked for in vain: only the agent can say what now."""


class Sender(Struct, frozen=True):
    """A backend, and what it promises about keys."""

    backend: Backend
    keeps_keys: bool
    """A repeated key is answered with the first answer, and a reply of somebody who has not read all is refused."""
    me: AgentId
    say: words.Say

    async def send(self, item: OutboxItem, again: OutboxPhase = OutboxPhase.QUEUED) -> Verdict:
        """Send once; `again` is what it is after an error that says nothing happened this time."""
        try:
            if item.is_bulk:
                return await self._send_each(item)
            applied = await self.backend.apply(item.tickets[0] if item.tickets else None, item.change, item.key, item.expected)
        except (Ambiguous, BadPayload):
            return Verdict(_to(item, OutboxPhase.UNKNOWN, self.say(words.UNSURE, {})), wait_s=_backoff(item))
        except DeskError as error:
            return self._not_sent(item, error, again)
        return _sent(item, applied)

    async def look_first(self, item: OutboxItem) -> Verdict | None:
        """Read a ticket before a reply goes to it, where the server does not compare what was read; None: nothing is new."""
        reply = item.change
        if self.keeps_keys or not isinstance(reply, Reply) or len(item.tickets) != 1 or not reply.seen:
            return None
        try:
            row = (await self.backend.get_ticket(item.tickets[0])).summary
            entries = (await self.backend.list_entries(item.tickets[0], None)).items
        except (Unreachable, RateLimited, SignInNeeded) as error:
            return self._not_sent(replace(item, attempts=item.attempts + 1), error, OutboxPhase.QUEUED)
        except DeskError:
            return None
        since = rules.news(reply, row, entries, self.me)
        if since is None:
            return None
        return Verdict(replace(_to(item, OutboxPhase.HELD, self.say(since[0], {"name": since[1]})), held_until=None))

    async def look_for(self, item: OutboxItem, *, asked: bool) -> Verdict:
        """Find out whether an unknown change arrived; what did not may be sent again if keys are kept or the agent asked."""
        may_repeat = asked or (self.keeps_keys and not item.needs_word)
        try:
            if item.is_bulk and self.keeps_keys:
                return await self._look_for_all(item, may_repeat)
            if item.is_bulk:
                return await self._look_for_each(item, may_repeat)
            applied = await self._find(item, item.tickets[0] if item.tickets else None)
        except (Ambiguous, BadPayload):
            return Verdict(item, wait_s=_backoff(item))
        except DeskError as error:
            verdict = self._not_sent(item, error, OutboxPhase.UNKNOWN)
            is_final = verdict.item.phase is OutboxPhase.REFUSED
            return Verdict(_to(item, OutboxPhase.UNKNOWN, error.why), asks=True) if is_final else verdict
        if applied is not None:
            return _sent(item, applied)
        return self._not_found(item, may_repeat)

    async def _find(self, item: OutboxItem, ticket: TicketId | None) -> Applied | None:
        return await self.backend.find_applied(ticket, item.change, item.key, item.created_at)

    def _not_found(self, item: OutboxItem, may_repeat: bool) -> Verdict:
        if may_repeat:
            return Verdict(item, repeats=True)
        return Verdict(_to(item, OutboxPhase.UNKNOWN, self.say(words.NOT_FOUND, {})), asks=True)

    def _not_sent(self, item: OutboxItem, error: DeskError, again: OutboxPhase) -> Verdict:
        """An error that says nothing happened: wait and try again, or it is refused."""
        match error:
            case RateLimited(after_s=after_s):
                wait = min(300.0, max(1.0, after_s))
                return Verdict(_to(item, again, self.say(words.RATE_LIMITED, {"seconds": f"{wait:.0f}"})), wait_all_s=wait)
            case Unreachable():
                return Verdict(_to(item, again, self.say(words.UNREACHABLE, {})), wait_s=_backoff(item), is_unreached=True)
            case SignInNeeded():
                return Verdict(_to(item, again, self.say(words.WAITS_FOR_SIGN_IN, {})), sign_in=True)
            case Conflict() if isinstance(item.change, Reply | Note):
                return Verdict(replace(_to(item, OutboxPhase.HELD, error.why), held_until=None))
            case _:
                return Verdict(_to(item, OutboxPhase.REFUSED, error.why))

    async def _send_each(self, item: OutboxItem) -> Verdict:
        from supportdesk_tui.sync.sending_many import sorted_out

        outcomes = [outcome async for outcome in self.backend.apply_each(item.tickets, item.change, item.key)]
        return Verdict(*sorted_out(item, outcomes))

    async def _look_for_all(self, item: OutboxItem, may_repeat: bool) -> Verdict:
        """Where one key stands for all tickets: what became of each; where not all were said, the same key asks for them."""
        applied = await self._find(item, None)
        if applied is None or not set(item.tickets) <= {one.ticket for one in applied.outcomes}:
            return self._not_found(item, may_repeat)
        from supportdesk_tui.sync.sending_many import sorted_out

        return Verdict(*sorted_out(item, applied.outcomes))

    async def _look_for_each(self, item: OutboxItem, may_repeat: bool) -> Verdict:
        from supportdesk_tui.sync.sending_many import sorted_out

        arrived = [Outcome(t, True) for t in item.tickets if await self._find(item, t) is not None]
        rest = tuple(ticket for ticket in item.tickets if ticket not in {one.ticket for one in arrived})
        if not rest:
            return Verdict(*sorted_out(item, arrived))
        return self._not_found(replace(item, tickets=rest, outcomes=(*item.outcomes, *arrived)), may_repeat)


def _to(item: OutboxItem, phase: OutboxPhase, reason: str) -> OutboxItem:
    return replace(item, phase=phase, reason=reason)


def _sent(item: OutboxItem, applied: Applied) -> Verdict:
    done = replace(_to(item, OutboxPhase.SENT, ""), says=applied.says, outcomes=applied.outcomes)
    return Verdict(done, version=applied.version)


def _backoff(item: OutboxItem) -> float:
    return BACKOFF_S[min(max(item.attempts - 1, 0), len(BACKOFF_S) - 1)]
