"""Writing to Chatwoot: look, write, and look again, because it answers success to what it quietly left undone."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

import msgspec

from supportdesk_tui.backends.calls import JSON, Call, unkeyed
from supportdesk_tui.backends.chatwoot import files, mapping, talk, writing
from supportdesk_tui.backends.chatwoot.client import ACCOUNT, Chatwoot, numbered
from supportdesk_tui.backends.chatwoot.gaps import GAPS
from supportdesk_tui.backends.chatwoot.words import EMAIL
from supportdesk_tui.backends.files import held
from supportdesk_tui.backends.loose import Node, read_json
from supportdesk_tui.backends.traces import earliest
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.capabilities import NEEDED, Capability
from supportdesk_tui.domain.changes import Applied, Change, Note, Outcome, Reply
from supportdesk_tui.domain.errors import Ambiguous, BackendError, Conflict, Forbidden, NotFound, Refused, Unsupported
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.text.safe import sanitize_line

AT_ONCE = 4
"""Conversations of a bulk change that are worked on together."""
_OPERATION = "change the ticket"
_NO_REPLY = (
    "this channel takes no answer now: the time in which the customer may be written to is over, or nothing can be sent there"
)


class Changing:
    """Does changes to conversations of one account."""

    def __init__(self, desk: Chatwoot) -> None:
        self._desk = desk

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey) -> Applied:
        """Do one change and look that it happened."""
        if isinstance(change, changes.Create):
            return await self._create(change, key)
        if isinstance(change, changes.SetAgentState):
            return await self._show_me_as(change, key)
        if isinstance(change, changes.Undo):
            raise Unsupported(Capability.UNDO)
        if ticket is None:
            raise NotFound(_OPERATION)
        ticket = TicketId(numbered(ticket, _OPERATION))
        if isinstance(change, Reply | Note):
            return await self._say(ticket, change, key)
        if isinstance(change, changes.Watch):
            return await self._watch(ticket, change, key)
        row = await self._set(ticket, change)
        return Applied(key, ticket, mapping.version_of(row))

    # --- the conversation's own data

    async def _set(self, ticket: TicketId, change: Change) -> Node:
        if (needed := NEEDED[type(change)]) in GAPS:
            raise Unsupported(needed)
        row = await self._desk.ticket(ticket, _OPERATION)
        setting = writing.to_setting(change, row, self._desk.lens)
        owner = mapping.owner_of(row)
        is_taking = isinstance(change, changes.Assign) and change.only_if_unowned
        if is_taking and (owner or row.at("meta", "assignee")) and owner != self._desk.lens.me:
            raise self._conflict(row, "somebody has it")
        if setting.is_idle:
            return row
        for action, body in setting.steps:
            await self._desk.send(self._act(ticket, action, body))
        after = await self._desk.ticket(ticket, _OPERATION)
        if not setting.is_done(after):
            if is_taking:
                raise self._conflict(after, "somebody has it")
            raise Refused(_OPERATION, "Chatwoot said yes and did not do it")
        return after

    def _act(self, ticket: TicketId, action: str, body: object, method: str = "POST") -> Call:
        return self._desk.writing(_OPERATION, method, f"/conversations/{{ticket}}/{action}", {"ticket": ticket}, body)

    def _conflict(self, row: Node, reason: str) -> Conflict:
        return Conflict(_OPERATION, sanitize_line(reason), current=mapping.to_summary(row, self._desk.lens))

    async def _watch(self, ticket: TicketId, change: changes.Watch, key: ChangeKey) -> Applied:
        """Whoever takes part in a conversation is told of it: that is watching here."""
        body = {"user_ids": [int(self._desk.lens.me or 0)]}
        await self._desk.send(self._act(ticket, "participants", body, "POST" if change.on else "DELETE"))
        if (self._desk.lens.me in {one.text("id") for one in await self.participants(ticket)}) is not change.on:
            raise Refused(_OPERATION, "Chatwoot said yes and did not do it")
        return Applied(key, ticket, mapping.version_of(await self._desk.ticket(ticket, _OPERATION)))

    async def participants(self, ticket: TicketId) -> list[Node]:
        """Who takes part."""
        found = await self._desk.get("open the ticket", "/conversations/{ticket}/participants", values={"ticket": ticket})
        return found.each()

    async def _show_me_as(self, change: changes.SetAgentState, key: ChangeKey) -> Applied:
        """Chatwoot shows an agent without an open dashboard as offline, unless their profile says not to."""
        wanted = writing.shown_as(change.state)
        body = {"profile": {"account_id": int(self._desk.account), "availability": wanted}}
        call = Call(
            operation="say whether I am available", method="POST", route="/api/v1/profile/availability",
            body=msgspec.json.encode(body), headers=JSON, is_write=True,
        )  # fmt: skip
        said = read_json(call, await self._desk.send(call), dict)
        mine = next((one for one in said.each("accounts") if one.text("id") == self._desk.account), Node())
        is_hidden = wanted != "offline" and mine.flag("auto_offline")
        says = "others see you as offline while no Chatwoot page is open: turn off auto offline in your profile there"
        return Applied(key, None, None, says if is_hidden else "")

    # --- words

    async def _say(self, ticket: TicketId, said: Reply | Note, key: ChangeKey) -> Applied:
        if not said.body.strip() and not said.attachments:
            raise Refused("send the reply", "there is nothing in it")
        row = await self._desk.ticket(ticket, "send the reply")
        if isinstance(said, Reply):
            self._check(row, said)
        call = await self._message(ticket, said, key)
        message = read_json(call, await self._desk.send(call), dict)
        if not message.text("id"):
            raise call.unreadable("id", "the number of the message")
        return await self._settle(ticket, said, key, message)

    def _check(self, row: Node, said: Reply) -> None:
        """What would fail later without a word, or answer what the agent has not read, is refused before it leaves."""
        if row.at("can_reply").value is False:
            raise Refused("send the reply", _NO_REPLY)
        inbox = self._desk.lens.inboxes.get(row.text("inbox_id"))
        kind = row.text("meta", "channel") or (inbox.channel if inbox else "")
        if said.cc and kind != EMAIL:
            raise Refused("send the reply", "only mail has copies", fields={"cc": "not on this channel"})
        last = row.at("last_non_activity_message")
        is_mine = last.text("sender", "id") == self._desk.lens.me and last.number("message_type") == 1
        if said.seen and last.number("id") > said.seen and not last.flag("private") and not is_mine:
            raise self._conflict(row, f"{mapping.name_of(last.at('sender'))} has written meanwhile")

    async def _message(self, ticket: TicketId, said: Reply | Note, key: ChangeKey) -> Call:
        body = writing.message(said, key, self._desk.lens)
        operation = "send the reply" if isinstance(said, Reply) else "add the note"
        kind, data = "application/json", msgspec.json.encode(body)
        if said.attachments:
            if len(said.attachments) > files.MOST_FILES:
                raise Refused(operation, f"more than {files.MOST_FILES} files")
            kind, data = writing.multipart(body, await held(said.attachments))
        route = f"{ACCOUNT}/conversations/{{ticket}}/messages"
        return unkeyed(operation, "POST", route, data, self._desk.placed({"ticket": ticket}), {"Content-Type": kind})

    async def _settle(self, ticket: TicketId, said: Reply | Note, key: ChangeKey, message: Node) -> Applied:
        """Do what follows; what is refused then does not take the words back, and is said.

        The words are out: whatever else goes wrong from here on must be looked into, and never sends them again.
        """
        problems = []
        try:
            for follow_up in said.then:
                try:
                    await self.apply(ticket, follow_up, key)
                except (Refused, Conflict, Forbidden, NotFound, Unsupported) as error:
                    problems.append(error.why)
            row = await self._desk.ticket(ticket, "send the reply")
        except BackendError as error:
            raise Ambiguous("send the reply", "sent, but what follows could not be looked at") from error
        says = "; ".join(["sent, but not all that follows was done", *problems]) if problems else ""
        return Applied(key, ticket, mapping.version_of(row), sanitize_line(says, 1000), message.text("id"))

    # --- new conversations

    async def _create(self, change: changes.Create, key: ChangeKey) -> Applied:
        """A conversation with the words as a note: what we write down of a call is not sent to who called."""
        operation = "open a ticket"
        customer, inbox = numbered(change.customer, operation), numbered(change.category, operation)
        found = await self._desk.get(operation, "/contacts/{contact}/contactable_inboxes", values={"contact": customer})
        ways = [one for one in found.each("payload") if one.text("inbox", "id") == inbox]
        if not ways:
            raise Refused(operation, "the customer cannot be reached through this inbox", fields={"category": "another inbox"})
        body = {
            "source_id": ways[0].text("source_id"),
            "inbox_id": int(inbox),
            "contact_id": int(customer),
            "status": "open",
            "additional_attributes": {"mail_subject": change.subject},
        }
        call = self._desk.writing(operation, "POST", "/conversations", {}, body)
        made = read_json(call, await self._desk.send(call), dict)
        if not made.text("id"):
            raise call.unreadable("id", "the number of the ticket")
        ticket, says = TicketId(made.text("id")), ""
        if change.body.strip():
            try:
                noted = await self._message(ticket, Note(change.body), key)
                await self._desk.send(noted)
            except BackendError as error:
                says = f"opened, but the words were not taken: {error.reason}"
        return Applied(key, ticket, None, writing.one_line(says))

    # --- many, and what became of one

    async def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncGenerator[Outcome, None]:
        """The same change to many conversations, each for itself: Chatwoot's own bulk action never says what became of it."""
        unique = list(dict.fromkeys(tickets))
        for start in range(0, len(unique), AT_ONCE):
            for outcome in await asyncio.gather(*(self._one(one, change, key) for one in unique[start : start + AT_ONCE])):
                yield outcome

    async def _one(self, ticket: TicketId, change: Change, key: ChangeKey) -> Outcome:
        try:
            applied = await self.apply(ticket, change, key)
        except (BackendError, Unsupported) as error:
            return Outcome(ticket, False, writing.one_line(str(error)))
        return Outcome(ticket, True, version=applied.version)

    async def find(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Whether a change whose outcome is unknown has happened; what was to follow our words is done then."""
        first_at = earliest(since, self._desk.http)
        if ticket is None:
            return await self._find_created(change, key, first_at) if isinstance(change, changes.Create) else None
        ticket = TicketId(numbered(ticket, _OPERATION))
        if not isinstance(change, Reply | Note):
            return await self._find_set(ticket, change, key)
        async for message in talk.upward(self._desk, ticket):
            if (message.when("created_at") or first_at) < first_at:
                return None
            if self._is_ours(message, change, key):
                return await self._settle(ticket, change, key, message)
        return None

    def _is_ours(self, message: Node, said: Reply | Note, key: ChangeKey) -> bool:
        """By our key where a message carries one; else by who said what to whom."""
        if message.text("echo_id"):
            return message.text("echo_id") == key
        return (
            message.number("message_type") == 1
            and message.flag("private") is isinstance(said, Note)
            and message.text("sender", "id") == self._desk.lens.me
            and writing.same_words(writing.content_of(said, self._desk.lens), message.text("content"))
        )

    async def _find_set(self, ticket: TicketId, change: Change, key: ChangeKey) -> Applied | None:
        row = await self._desk.ticket(ticket, _OPERATION)
        if isinstance(change, changes.Watch):
            mine = self._desk.lens.me in {one.text("id") for one in await self.participants(ticket)}
            return Applied(key, ticket, mapping.version_of(row)) if mine is change.on else None
        try:
            is_done = writing.to_setting(change, row, self._desk.lens).is_done(row)
        except (Unsupported, Refused):
            return None
        return Applied(key, ticket, mapping.version_of(row)) if is_done else None

    async def _find_created(self, change: changes.Create, key: ChangeKey, first_at: datetime) -> Applied | None:
        contact = {"contact": numbered(change.customer, "open a ticket")}
        found = await self._desk.get("look for the ticket", "/contacts/{contact}/conversations", values=contact)
        for row in found.each("payload"):
            is_it = row.text("additional_attributes", "mail_subject") == change.subject
            if is_it and (row.when("created_at") or first_at) >= first_at:
                return Applied(key, TicketId(row.text("id")), mapping.version_of(row))
        return None
