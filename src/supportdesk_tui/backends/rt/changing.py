"""Writing to RT: every change is followed by a look, because RT says 200 to a refusal and may drop the line after a success."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime

from supportdesk_tui.backends.calls import unkeyed
from supportdesk_tui.backends.loose import Node, read_json
from supportdesk_tui.backends.rt import fields, mapping, talk, tasks, writing
from supportdesk_tui.backends.rt.client import FULL, MOST, Rt
from supportdesk_tui.backends.rt.speaking import Speaking, after_write
from supportdesk_tui.backends.rt.words import NOBODY
from supportdesk_tui.backends.rt.writing import REST
from supportdesk_tui.backends.traces import Setting, earliest
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.capabilities import NEEDED
from supportdesk_tui.domain.changes import Applied, Change, FollowUp, Note, Outcome, Reply
from supportdesk_tui.domain.errors import Ambiguous, Conflict, Forbidden, NotFound, Refused, Unsupported
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.text.safe import sanitize_line

CHUNK = 50
"""Tickets of one bulk request."""
TAKEN = "somebody has it"
ATTEMPTS = 3
"""So often a change is put again when somebody else's came between; never when the agent said which version they saw."""


class Changing:
    """Does changes to tickets of one RT."""

    def __init__(self, rt: Rt) -> None:
        self._rt = rt
        self._speaking = Speaking(rt, self._follow)

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None) -> Applied:
        """Do one change and look that it happened."""
        if isinstance(change, changes.Create):
            return await self._create(change, key)
        if isinstance(change, changes.Undo | changes.SetAgentState):
            raise Unsupported(NEEDED[type(change)])
        if ticket is None:
            raise NotFound("change the ticket")
        if isinstance(change, Reply | Note):
            row, etag = await self._current(ticket, expected)
            return await self._speaking.say(row, etag, change, key)
        if isinstance(change, changes.Escalate):
            return await self._escalate(ticket, change, key, expected)
        if isinstance(change, changes.ReturnTask):
            return await self._hand_back(ticket, change, key, expected)
        after = await self._set(ticket, change, expected)
        if after is None:
            return Applied(key, ticket, None, "it is in a queue you may not see")
        summary = mapping.to_summary(after, self._rt.lens)
        return Applied(key, summary.id, summary.version)

    async def _follow(self, ticket: TicketId, change: FollowUp, since: datetime | None) -> None:
        """What follows words; after a broken line a task may stand already."""
        is_unsure = since is not None and isinstance(change, changes.Escalate)
        if not is_unsure or await self.find(ticket, change, ChangeKey(""), since or datetime.now(UTC)) is None:
            await self.apply(ticket, change, ChangeKey(""), None)

    # --- the ticket's own data

    async def _set(self, ticket: TicketId, change: Change, expected: int | None) -> Node | None:
        """Put a change of data and read the ticket again; None when it went where the agent may not look."""
        for attempt in range(1, ATTEMPTS + 1):
            row, etag = await self._current(ticket, expected)
            try:
                return await self._put(row, etag, change)
            except Conflict as error:
                if error.current is not None:
                    raise
                if expected is not None or attempt == ATTEMPTS:
                    raise await self._conflict(ticket, str(error.reason)) from None
        raise AssertionError

    async def _put(self, row: Node, etag: str, change: Change) -> Node | None:
        """`If-Match` keeps anybody from coming between; only taking is decided by RT under a lock."""
        ticket = TicketId(row.text("id"))
        is_taking = isinstance(change, changes.Assign) and change.only_if_unowned
        setting = await self._setting(change, row)
        if setting.is_done(row):
            return row
        if is_taking and row.text("Owner", "id") != NOBODY:
            raise await self._conflict(ticket, TAKEN)
        is_mine = isinstance(change, changes.Assign) and change.agent == self._rt.lens.me
        call = writing.take(ticket) if is_taking and is_mine else writing.put(ticket, setting.body, etag)
        says = read_json(call, await self._rt.send(call))
        with after_write(call.operation):
            after = await self._seen_after(ticket, change)
            if after is None or setting.is_done(after):
                return after
            if is_taking and after.text("Owner", "id") != NOBODY:
                raise await self._conflict(ticket, TAKEN)
        raise Refused(call.operation, sanitize_line(mapping.sentences(says) or "not done", 500))

    async def _seen_after(self, ticket: TicketId, change: Change) -> Node | None:
        try:
            return (await self._rt.tagged(ticket))[0]
        except (Forbidden, NotFound):
            if isinstance(change, changes.Transfer):
                return None
            raise

    async def _setting(self, change: Change, row: Node) -> Setting:
        """What to put; for a custom field its definition is read first."""
        if isinstance(change, changes.SetField):
            return fields.to_setting(change, await fields.read(self._rt, row.text("Queue", "id"), change.name), self._rt.lens)
        return writing.to_setting(change, row, self._rt.lens)

    async def _current(self, ticket: TicketId, expected: int | None) -> tuple[Node, str]:
        """The ticket as it stands and its tag; a conflict when it is newer than what the agent saw."""
        row, etag = await self._rt.tagged(ticket)
        updated_at = row.when("LastUpdated")
        version = mapping.version_of(updated_at) if updated_at is not None else 0
        if expected is not None and (version > expected or (version == expected and await self._is_overtaken(row, etag))):
            raise await self._conflict(ticket, "the ticket has changed")
        return row, etag

    async def _is_overtaken(self, row: Node, etag: str) -> bool:
        """Whether others changed the ticket in the second the agent saw it in: asked only when that second was not over."""
        ticket = TicketId(row.text("id"))
        mark = self._rt.marks.unsure(ticket, row.when("LastUpdated"))
        return mark is not None and etag != f'"{mark}"' and await talk.is_changed(self._rt, ticket, mark)

    async def _conflict(self, ticket: TicketId, reason: str) -> Conflict:
        current = mapping.to_summary(await self._rt.ticket(ticket), self._rt.lens)
        return Conflict("change the ticket", sanitize_line(reason), current=current)

    # --- new tickets

    async def _create(self, change: changes.Create, key: ChangeKey) -> Applied:
        number = await self._made(
            {
                "Queue": change.category,
                "Requestor": [change.customer],
                "Subject": change.subject,
                "Content": change.body,
                "ContentType": "text/plain",
            }
        )
        try:
            with after_write("open a ticket"):
                row = await self._rt.ticket(number)
        except Ambiguous:
            return Applied(key, number, None)
        return Applied(key, number, mapping.to_summary(row, self._rt.lens).version)

    async def _made(self, body: dict[str, object]) -> TicketId:
        call = writing.create(body)
        made = read_json(call, await self._rt.send(call), dict)
        return TicketId(made.text("id"))

    async def _escalate(self, ticket: TicketId, change: changes.Escalate, key: ChangeKey, expected: int | None) -> Applied:
        """A ticket in the specialists' queue below ours: the customer stays with their owner, and is not written to."""
        row, _ = await self._current(ticket, expected)
        await self._made(tasks.to_task(row, change, self._rt))
        with after_write("escalate"):
            after = await self._rt.ticket(ticket)
            return Applied(key, TicketId(after.text("id")), mapping.to_summary(after, self._rt.lens).version)

    async def _hand_back(self, ticket: TicketId, change: changes.ReturnTask, key: ChangeKey, expected: int | None) -> Applied:
        """The finding as a note on the ticket that asked, then the task is solved."""
        row, _ = await self._current(ticket, expected)
        parent, etag = await self._rt.tagged(tasks.parent_of(row))
        await self._speaking.say(parent, etag, tasks.told(row, change), key)
        with after_write(tasks.HAND_BACK):
            says = await tasks.finish(self._rt, row)
            after = await self._rt.ticket(ticket)
            return Applied(
                key, TicketId(after.text("id")), mapping.to_summary(after, self._rt.lens).version, sanitize_line(says, 500)
            )

    # --- many, and what became of one

    async def apply_each(self, tickets: Sequence[TicketId], change: Change) -> AsyncGenerator[Outcome, None]:
        """The same change to many tickets: put together, then looked at together.

        RT takes no condition with many at once. Lists are replaced whole, so those of tags and watchers are put ticket by
        ticket, on the condition that nobody has changed it since it was read: what others added stays.
        """
        unique = list(dict.fromkeys(tickets))
        if isinstance(change, changes.Tag | changes.Watch):
            for one in unique:
                yield await self._one_of_many(one, change)
            return
        for start in range(0, len(unique), CHUNK):
            batch = unique[start : start + CHUNK]
            before = await self._rows(batch)
            settings = {one: await self._setting(change, before[one]) for one in batch if one in before}
            body = [{"id": int(one), **setting.body} for one, setting in settings.items()]
            says = await self._put_many(body) if body else {}
            with after_write("change the tickets"):
                after = await self._rows(list(settings))
            for one in batch:
                done = one in after and settings[one].is_done(after[one])
                version = mapping.to_summary(after[one], self._rt.lens).version if one in after else None
                yield Outcome(one, done, "" if done else says.get(one, "no such ticket"), version)

    async def _one_of_many(self, ticket: TicketId, change: Change) -> Outcome:
        try:
            after = await self._set(ticket, change, None)
        except (Refused, Conflict, Forbidden, NotFound) as error:
            return Outcome(ticket, False, str(error.reason) or "no such ticket")
        return Outcome(ticket, True, "", mapping.to_summary(after, self._rt.lens).version if after else None)

    async def _put_many(self, body: list[dict[str, object]]) -> dict[TicketId, str]:
        call = unkeyed("change the tickets", "PUT", f"{REST}/tickets/bulk", body)
        said = read_json(call, await self._rt.send(call), list)
        return {TicketId(one.text(0)): str(sanitize_line(mapping.sentences(one.at(1)), 500)) for one in said.each()}

    async def _rows(self, tickets: Sequence[TicketId]) -> dict[TicketId, Node]:
        numbers = [one for one in tickets if one.isascii() and one.isdecimal()]
        if not numbers:
            return {}
        where = " OR ".join(f"id = {int(one)}" for one in numbers)
        found = await self._rt.tickets(where, per_page=MOST, fields=FULL)
        return {TicketId(row.text("id")): row for row in found.rows}

    async def find(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Whether a change whose outcome is unknown has happened; what was to follow our words is done then."""
        first_at = earliest(since, self._rt.http)
        if ticket is None:
            return await self._find_created(change, key, first_at) if isinstance(change, changes.Create) else None
        row = await self._rt.ticket(ticket)
        ticket = TicketId(row.text("id"))
        if isinstance(change, Reply | Note):
            return await self._speaking.find(ticket, change, key, first_at)
        if isinstance(change, changes.ReturnTask):
            return await self._speaking.find(tasks.parent_of(row), tasks.told(row, change), key, first_at)
        try:
            is_done = (
                await tasks.find(self._rt, row, change, first_at)
                if isinstance(change, changes.Escalate)
                else (await self._setting(change, row)).is_done(row)
            )
        except Unsupported:
            return None
        return Applied(key, ticket, mapping.to_summary(row, self._rt.lens).version) if is_done else None

    async def _find_created(self, change: changes.Create, key: ChangeKey, first_at: datetime) -> Applied | None:
        minutes = int((self._rt.http.now() - first_at).total_seconds() // 60) + 1
        queue = self._rt.lens.queue_number(change.category) or "0"
        found = await self._rt.tickets(f"Created > '-{minutes} minutes' AND Queue = {queue}")
        rows = (mapping.to_summary(row, self._rt.lens) for row in found.rows)
        made = next((row for row in rows if row.subject == change.subject and row.customer_id == change.customer), None)
        return None if made is None else Applied(key, made.id, made.version)
