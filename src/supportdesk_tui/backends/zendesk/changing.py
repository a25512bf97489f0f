"""Writing to Zendesk: words and everything that follows them are one request; two agents never overwrite each other."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.backends.files import read
from supportdesk_tui.backends.loose import Node, read_json
from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.backends.traces import earliest, same_words
from supportdesk_tui.backends.zendesk import mapping, talk, writing
from supportdesk_tui.backends.zendesk.client import MOST, Zendesk, number_of
from supportdesk_tui.backends.zendesk.words import STATE_NUMBERS
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Applied, Change, Note, Outcome, Reply
from supportdesk_tui.domain.errors import BackendError, Conflict, Forbidden, NotFound, Refused, Unsupported
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, TicketId
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.text.safe import sanitize_line

MAX_FILE = 50 * 1024 * 1024
"""Largest file Zendesk takes, in bytes."""
TRIES = 4
"""How often a change that depends on the ticket is made anew when somebody writes in between."""
MARK = "supportdesk-"
"""Begins the `external_id` of a ticket the desk opened, so that it can be found again."""


class Changing:
    """Does changes to tickets of one Zendesk."""

    def __init__(self, zendesk: Zendesk) -> None:
        self._zendesk = zendesk

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None) -> Applied:
        """Do one change."""
        if isinstance(change, changes.Create):
            return await self._create(change, key)
        if isinstance(change, changes.SetAgentState):
            return await self._set_state(change, key)
        if isinstance(change, changes.Undo):
            raise Unsupported(Capability.UNDO)
        if ticket is None:
            raise NotFound("change the ticket")
        number = number_of(ticket)
        if isinstance(change, changes.Merge):
            return await self._merge(number, change, key)
        self._may_say(change)
        return await self._put(number, change, key, expected)

    def _may_say(self, change: Change) -> None:
        """Zendesk turns the public words of an agent with private comments only into a note, and says nothing of it."""
        if isinstance(change, Reply) and self.is_silent:
            raise Forbidden("send the reply", "your role may write internal notes only")

    is_silent = False
    """The agent may write internal notes only; set at sign-in."""

    # --- one ticket

    async def _put(self, number: str, change: Change, key: ChangeKey, expected: int | None) -> Applied:
        """One request where nothing depends on how the ticket stands, else it is read first and guarded by its stamp."""
        is_taking = isinstance(change, changes.Assign) and change.only_if_unowned
        is_read = is_taking or writing.needs_row(change)
        for tried in range(1, TRIES + 1):
            row, stamp = Node(), mapping.stamp_of(expected) if expected is not None else ""
            if is_read:
                row = (await self._zendesk.ticket(TicketId(number), include="users")).at("ticket")
                stamp = stamp or row.text("updated_at")
                self._check(row, expected, is_taking=is_taking)
            body = writing.to_body(change, row, self._zendesk.lens)
            try:
                return self._applied(key, await self._once_more(writing.put(number, body, stamp, _operation(change))), number)
            except Conflict as error:
                if expected is None and not is_taking and tried < TRIES:
                    continue
                raise await self._conflict(number, error) from None
        raise AssertionError

    def _check(self, row: Node, expected: int | None, *, is_taking: bool) -> None:
        """A conflict that can be seen before anything is sent."""
        summary = mapping.to_summary(row, self._zendesk.lens)
        me = self._zendesk.lens.me
        if is_taking and summary.owner is not None and (me is None or summary.owner != me.id):
            raise Conflict("take the ticket", "somebody has it", current=summary)
        if expected is not None and summary.version > expected:
            raise Conflict("change the ticket", "the ticket has changed", current=summary)

    async def _once_more(self, call: Call) -> Node:
        """Send; a collision inside Zendesk's database did nothing and is worth one more try."""
        try:
            return read_json(call, await self._zendesk.send(call), dict)
        except Conflict as error:
            if "(DatabaseConflict)" not in error.reason:
                raise
        return read_json(call, await self._zendesk.send(call), dict)

    async def _conflict(self, number: str, error: Conflict) -> Conflict:
        current = mapping.to_summary((await self._zendesk.ticket(TicketId(number))).at("ticket"), self._zendesk.lens)
        return Conflict(error.operation, error.reason, current=current)

    def _applied(self, key: ChangeKey, answer: Node, number: str) -> Applied:
        updated = answer.when("ticket", "updated_at")
        comment = next(
            (one for one in answer.each("audit", "events") if one.text("type") in {"Comment", "VoiceComment"}), Node()
        )
        version = mapping.version_of(updated) if updated is not None else None
        return Applied(key, TicketId(answer.text("ticket", "id") or number), version, entry=comment.text("id"))

    async def _merge(self, number: str, change: changes.Merge, key: ChangeKey) -> Applied:
        into = number_of(change.into)
        call = writing.merge(number, into)
        state = await self._zendesk.job(call.operation, read_json(call, await self._zendesk.send(call), dict))
        if state.text("status") != "completed" or any(not _is_success(one) for one in state.each("results")):
            raise Refused(call.operation, _reason(state))
        row = (await self._zendesk.ticket(TicketId(into))).at("ticket")
        return Applied(key, TicketId(into), mapping.to_summary(row, self._zendesk.lens).version)

    # --- no ticket

    async def _create(self, change: changes.Create, key: ChangeKey) -> Applied:
        """A ticket whose first words are for colleagues: nothing is sent to a customer that was not written as a reply."""
        self_made = {"external_id": f"{MARK}{key}"}
        body: dict[str, Any] = {"subject": change.subject, "comment": {"body": change.body, "public": False}, **self_made}
        if "@" in change.customer:
            body["requester"] = {"email": change.customer, "name": change.customer.partition("@")[0]}
        else:
            body["requester_id"] = int(number_of(TicketId(change.customer)))
        if change.category.isdecimal():
            body["ticket_form_id"] = int(change.category)
        return self._applied(key, await self._once_more(writing.create(body, key)), "")

    async def _set_state(self, change: changes.SetAgentState, key: ChangeKey) -> Applied:
        lens = self._zendesk.lens
        if not lens.has_states:
            raise Unsupported(Capability.AGENT_STATE)
        own = {name.casefold(): number for number, name in lens.state_names.items()}
        known = change.state if change.state in set(AgentState) else None
        number = own.get(change.state.casefold()) or (STATE_NUMBERS[AgentState(known)] if known else None)
        if number is None:
            raise Refused("set my state", f"there is no state {change.state!r}", fields={"state": "is not known"})
        await self._zendesk.send(replace(writing.state(number), is_repeatable=True))
        return Applied(key, None, None)

    async def upload(self, file: LocalFile) -> AttachmentId:
        """Bring a file; its token goes into a comment within the hour."""
        call = writing.upload(file.path.name, file.media_type, await read(file, MAX_FILE, "attach the file"))
        answer = read_json(call, await self._zendesk.send(call), dict)
        return AttachmentId(answer.text("upload", "token"))

    # --- many, and what became of one

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncGenerator[Outcome, None]:
        """The same change to many tickets: a job of a hundred at a time, or one by one where each must be looked at first."""
        unique = list(dict.fromkeys(tickets))
        self._may_say(change)
        is_single = isinstance(change, changes.Merge) or (isinstance(change, changes.Assign) and change.only_if_unowned)
        if is_single:
            for one in unique:
                yield await self._outcome(one, change, key)
            return
        known = [one for one in unique if one.isascii() and one.isdecimal() and len(one) < 20]
        for one in unique:
            if one not in known:
                yield Outcome(one, done=False, reason="there is no such ticket")
        for start in range(0, len(known), MOST):
            for outcome in await self._job(known[start : start + MOST], change):
                yield outcome

    async def _outcome(self, ticket: TicketId, change: Change, key: ChangeKey) -> Outcome:
        try:
            applied = await self.apply(ticket, change, key, None)
        except (Refused, Conflict, NotFound, Forbidden) as error:
            return Outcome(ticket, done=False, reason=str(error))
        return Outcome(ticket, done=True, version=applied.version)

    async def _job(self, batch: Sequence[TicketId], change: Change) -> list[Outcome]:
        is_each_its_own = not isinstance(change, changes.Tag) and writing.needs_row(change)
        known = await self._zendesk.tickets(batch) if is_each_its_own else []
        rows = {row.text("id"): row for row in known}
        call = writing.many(writing.bulk_body(one, change, rows.get(one, Node()), self._zendesk.lens) for one in batch)
        state = await self._zendesk.job(call.operation, read_json(call, await self._zendesk.send(call), dict))
        results = {
            one.text("id") or batch[one.number("index")]: one
            for one in state.each("results")
            if one.number("index") < len(batch)
        }
        outcomes = []
        for ticket in batch:
            result = results.get(ticket, Node())
            is_done = _is_success(result)
            outcomes.append(Outcome(ticket, is_done, "" if is_done else str(_reason(result if result else state))))
        return outcomes

    async def find(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Whether a change whose outcome is unknown has happened."""
        if isinstance(change, changes.Create):
            return await self._find_created(key)
        if ticket is None:
            return None
        number = number_of(ticket)
        row = (await self._zendesk.ticket(ticket)).at("ticket")
        version = mapping.to_summary(row, self._zendesk.lens).version
        if isinstance(change, Reply | Note):
            entry = await self._find_words(number, change, since)
            return Applied(key, TicketId(number), version, entry=entry) if entry else None
        if isinstance(change, changes.Merge):
            return Applied(key, change.into, None) if "closed_by_merge" in mapping.tags_of(row) else None
        try:
            body = writing.to_body(change, row, self._zendesk.lens)
        except (Unsupported, BackendError):
            return None
        return Applied(key, TicketId(number), version) if writing.is_done(body, row, self._zendesk.lens) else None

    async def _find_words(self, number: str, change: Reply | Note, since: datetime) -> str:
        """Id of the comment of ours with these words; what follows them came with it."""
        me = self._zendesk.lens.me
        first_at = earliest(since, self._zendesk.http)
        found = await talk.rows(self._zendesk, number)
        for row in found.rows:
            is_mine = me is not None and row.text("author_id") == me.id and row.at("public").value is isinstance(change, Reply)
            if is_mine and (row.when("created_at") or first_at) >= first_at and same_words(change.body, row.text("body")):
                return row.text("id")
        return ""

    async def _find_created(self, key: ChangeKey) -> Applied | None:
        found = await self._zendesk.get("look for the ticket", "/tickets", query={"external_id": f"{MARK}{key}"})
        row = next(iter(found.each("tickets")), Node())
        made = mapping.to_summary(row, self._zendesk.lens)
        return Applied(key, made.id, made.version) if row else None


def _operation(change: Change) -> str:
    match change:
        case Reply():
            return "send the reply"
        case Note():
            return "add the note"
        case _:
            return "change the ticket"


def _is_success(result: Node) -> bool:
    return result.flag("success") or (bool(result) and not result.at("success") and not result.text("error"))


def _reason(result: Node) -> str:
    said = "; ".join(filter(None, (result.text("error"), result.text("details"), result.text("message"))))
    return sanitize_line(said or "not done", 500)
