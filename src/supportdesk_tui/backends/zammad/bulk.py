"""One change to many tickets. Zammad does all of a list or nothing, so those it will not have are taken out one by one."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.traces import Setting
from supportdesk_tui.backends.zammad import mapping, writing
from supportdesk_tui.backends.zammad.changing import Changing
from supportdesk_tui.backends.zammad.client import Zammad
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.changes import Change, Outcome
from supportdesk_tui.domain.errors import Ambiguous, BackendError, Forbidden, NotFound, Refused, Unsupported
from supportdesk_tui.domain.ids import ChangeKey, TicketId

CHUNK = 50
"""Tickets of one request; all of them are locked while it runs."""
FIELDS = (changes.Assign, changes.SetStatus, changes.SetPriority, changes.SetField, changes.Snooze, changes.Transfer)
"""Changes that are nothing but fields of the ticket."""


class Bulk:
    """Changes many tickets of one Zammad."""

    def __init__(self, zammad: Zammad, changing: Changing) -> None:
        self._zammad = zammad
        self._changing = changing

    async def apply(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncGenerator[Outcome, None]:
        """One outcome for each ticket, each looked at after the change."""
        unique = list(dict.fromkeys(tickets))
        is_list = isinstance(change, FIELDS) and not (isinstance(change, changes.SetField) and not change.value)
        for start in range(0, len(unique), CHUNK):
            batch = unique[start : start + CHUNK]
            if is_list and not (isinstance(change, changes.Transfer) and change.reason):
                for outcome in await self._together(batch, change):
                    yield outcome
                continue
            for one in batch:
                yield await self._single(one, change, key)

    async def _single(self, ticket: TicketId, change: Change, key: ChangeKey) -> Outcome:
        """What a list cannot do: tags, followers, words, and emptying a field."""
        try:
            applied = await self._changing.apply(ticket, change, key, None)
        except (BackendError, Unsupported) as error:
            return Outcome(ticket, done=False, reason=error.why)
        return Outcome(ticket, done=True, version=applied.version)

    async def _together(self, batch: Sequence[TicketId], change: Change) -> list[Outcome]:
        now = self._zammad.http.now()
        setting = writing.to_setting(change, self._zammad.lens, now)
        known = await self._zammad.by_ids(batch)
        lost = {one: "no such ticket" for one in batch if one not in known}
        left = [one for one in batch if one in known]
        if isinstance(change, changes.Assign) and change.only_if_unowned:
            mine = {"", "1", self._zammad.lens.me}
            lost |= {one: "somebody has it" for one in left if known[one][0].text("owner_id") not in mine}
            left = [one for one in left if one not in lost]
        with suppress(Ambiguous):  # what became of it is read now
            lost |= await self._sent(left, setting)
        after = await self._zammad.by_ids(left)
        return [self._outcome(one, setting, after.get(one, (Node(), None))[0], lost.get(one, "")) for one in batch]

    def _outcome(self, ticket: TicketId, setting: Setting, row: Node, reason: str) -> Outcome:
        is_done = not reason and row.text("id") == ticket and setting.is_done(row)
        version = mapping.version_of(row) if row else None
        return Outcome(ticket, done=is_done, reason="" if is_done else reason or "not done", version=version)

    async def _sent(self, tickets: Sequence[TicketId], setting: Setting) -> dict[TicketId, str]:
        """Send the list; each refusal names one ticket and leaves all as they were, so the others are sent again."""
        left, lost = list(tickets), dict[TicketId, str]()
        for one in left:
            self._zammad.forget(one)
        while left:
            body = {"ticket_ids": [int(one) for one in left], "attributes": setting.body}
            call = writing.write("change the tickets", "POST", "/tickets/mass_update", body)
            try:
                await self._zammad.send(call)
                break
            except (Refused, Forbidden, NotFound) as error:
                refused = TicketId(error.fields.get("ticket_id", "")) if isinstance(error, Refused) else TicketId("")
                if refused not in left:
                    return lost | dict.fromkeys(left, str(error.reason))
            lost[refused] = "Zammad does not let us change this ticket so"
            left.remove(refused)
        return lost
