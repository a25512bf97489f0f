"""What was sent and done faster than disk and server answer: its words go once, and a reply knows of it."""

from msgspec import Struct
from msgspec.structs import replace

from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.changes import Assign, Note, Reply
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import DeskState, Draft
from supportdesk_tui.store.views import row_of
from supportdesk_tui.sync import outbox_rules as rules


class Posted(Struct, eq=False):
    """A draft that was sent, as it stood in that moment, and what of its ticket had been sent and was not on the disk yet."""

    draft: Draft
    ahead: "tuple[Posted, ...]" = ()
    is_taken: bool = False
    """The disk has its change."""


class Posts:
    """Drafts whose change is not on the disk yet: what of them still stands in a text sent next goes once."""

    def __init__(self) -> None:
        self._open: dict[TicketId, list[Posted]] = {}

    def begin(self, draft: Draft) -> Posted:
        """A draft is sent, in this moment."""
        waiting = self._open.setdefault(draft.ticket, [])
        posted = Posted(draft, tuple(waiting))
        waiting.append(posted)
        return posted

    def end(self, posted: Posted) -> None:
        """It is on the disk, or the disk would not have it."""
        ticket = posted.draft.ticket
        self._open[ticket] = [one for one in self._open[ticket] if one is not posted]
        if not self._open[ticket]:
            del self._open[ticket]


def without_sent(effect: Apply, posted: Posted) -> Apply | None:
    """A text without the words that were sent a moment before and still stood in front of it; None when there are no others.

    Until the disk has the first change its words stay in the draft; who goes on writing there sends them with the next.
    """
    change, before = effect.change, posted.draft
    if not isinstance(change, Reply | Note):
        return effect
    for one in posted.ahead:
        if one.is_taken:
            posted.draft = rules.rest_of(one.draft, posted.draft)
    rest = posted.draft
    if rest == before:
        return effect
    if not rest.body.strip():
        return None
    files = tuple(one for one, _ in rest.attachments)
    change = replace(change, body=rest.body, then=rest.then, attachments=files)
    if isinstance(change, Reply):
        change = replace(change, cc=tuple(one for one in change.cc if one in rest.cc))
    return replace(effect, change=change)


class Given:
    """Tickets that were given to somebody here, one by one: the server's news of it may not have come when a reply is sent."""

    def __init__(self) -> None:
        self._given: dict[TicketId, tuple[str, str]] = {}
        """Who had it as far as we knew then, and who got it."""

    def knowing(self, effect: Apply, state: DeskState) -> Apply:
        """A reply with the owner as it is by what we did ourselves; other changes as they are."""
        change = effect.change
        if len(effect.tickets) != 1:
            return effect
        ticket = effect.tickets[0]
        if isinstance(change, Reply) and change.seen_owner is not None:
            before, given = self._given.get(ticket, ("", None))
            if given is not None and change.seen_owner == before:
                effect = replace(effect, change=replace(change, seen_owner=given))
            else:
                self._given.pop(ticket, None)
        for deed in (change, *change.then) if isinstance(change, Reply | Note) else (change,):
            if isinstance(deed, Assign):
                self._given[ticket] = (_owner(state, ticket), str(deed.agent or ""))
        return effect


def _owner(state: DeskState, ticket: TicketId) -> str:
    row = row_of(state, ticket)
    return str(row.owner or "") if row is not None else ""
