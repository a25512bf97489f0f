"""Writing to RT: every change is followed by a look, because RT says 200 to a refusal and may drop the line after a success."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.backends.loose import Node, read_json
from supportdesk_tui.backends.rt import mapping, talk, writing
from supportdesk_tui.backends.rt.client import FULL, MOST, Rt
from supportdesk_tui.backends.rt.words import NOBODY
from supportdesk_tui.backends.rt.writing import JSON, REST, File
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.changes import Applied, Change, Note, Outcome, Reply
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.errors import Conflict, NotFound, Refused, StorageError, Unsupported
from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, TicketId
from supportdesk_tui.text.safe import sanitize_line

LOCAL = "file:"
"""Attachment ids that name a file of ours: RT takes files only together with the message."""
MAX_FILE = 10 * 1024 * 1024
"""RT's usual MaxAttachmentSize, in bytes."""
SKEW = timedelta(minutes=2)
"""Clocks may differ by so much when an entry is looked for by its time."""
CHUNK = 50
"""Tickets of one bulk request."""


class Changing:
    """Does changes to tickets of one RT."""

    def __init__(self, rt: Rt) -> None:
        self._rt = rt

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None) -> Applied:
        """Do one change and look that it happened."""
        if isinstance(change, changes.Create):
            return await self._create(change, key)
        if isinstance(change, changes.Undo | changes.SetAgentState):
            raise Unsupported(writing.lacking(change))
        if ticket is None:
            raise NotFound("change the ticket")
        if isinstance(change, Reply | Note):
            return await self._say(ticket, change, key, expected)
        if isinstance(change, changes.Escalate):
            return await self._escalate(ticket, change, key, expected)
        row = await self._set(ticket, change, expected)
        summary = mapping.to_summary(row, self._rt.lens)
        return Applied(key, summary.id, summary.version)

    # --- the ticket's own data

    async def _set(self, ticket: TicketId, change: Change, expected: int | None) -> Node:
        """Put a change of data and read the ticket again; `If-Match` keeps anybody from coming between."""
        row, etag = await self._current(ticket, expected)
        setting = writing.to_setting(change, row, self._rt.lens)
        is_taking = isinstance(change, changes.Assign) and change.only_if_unowned
        if is_taking and row.text("Owner", "id") != NOBODY:
            raise await self._conflict(ticket, "somebody has it")
        if setting.is_done(row):
            return await self._rt.ticket(ticket)
        call = writing.put(TicketId(row.text("id")), setting.body, etag)
        try:
            says = read_json(call, await self._rt.send(call))
        except Conflict as error:
            raise await self._conflict(ticket, str(error.reason)) from None
        if is_taking and (first := await self._first_taker(ticket, etag)) != self._rt.lens.me:
            await self._rt.send(writing.put(ticket, {"Owner": first}, ""))
            raise await self._conflict(ticket, "somebody has it")
        after = await self._rt.ticket(ticket)
        if not setting.is_done(after):
            raise Refused(call.operation, sanitize_line(mapping.sentences(says) or "not done", 500))
        return after

    async def _first_taker(self, ticket: TicketId, etag: str) -> AgentId | None:
        """Who became owner first since the tag: RT checks `If-Match` but holds no lock, so two may get through."""
        wanted: list[dict[str, object]] = [
            {"field": "Type", "value": "Set"},
            {"field": "Field", "value": "Owner"},
            {"field": "id", "operator": ">", "value": int(etag.strip('"') or 0)},
        ]
        rows = await talk.history(self._rt, ticket, wanted, order="ASC", per_page=5)
        return AgentId(rows[0].text("Creator", "id")) if rows else None

    async def _current(self, ticket: TicketId, expected: int | None) -> tuple[Node, str]:
        """The ticket as it stands and its tag; a conflict when it is newer than what the agent saw."""
        row, etag = await self._rt.tagged(ticket)
        updated_at = row.when("LastUpdated")
        if expected is not None and updated_at is not None and mapping.version_of(updated_at) > expected:
            raise await self._conflict(ticket, "the ticket has changed")
        return row, etag

    async def _conflict(self, ticket: TicketId, reason: str) -> Conflict:
        current = mapping.to_summary(await self._rt.ticket(ticket), self._rt.lens)
        return Conflict("change the ticket", sanitize_line(reason), current=current)

    # --- words

    async def _say(self, ticket: TicketId, said: Reply | Note, key: ChangeKey, expected: int | None) -> Applied:
        if not said.body.strip():
            raise Refused("send the reply", "there is nothing in it")
        row, _ = await self._current(ticket, expected)
        ticket = TicketId(row.text("id"))
        mark = await talk.newest(self._rt, ticket)
        files = [await asyncio.to_thread(_read, one) for one in said.attachments]
        if isinstance(said, Reply) and said.cc:
            await self._copy_in(row, said.cc)
        call = writing.say(ticket, said, files)
        answer = await self._rt.send(call)
        entry = self._spoken(await talk.since(self._rt, ticket, mark), said)
        if entry is None:
            raise Refused(call.operation, sanitize_line(mapping.sentences(read_json(call, answer)) or "not taken", 500))
        return await self._settle(ticket, said, key, entry)

    def _spoken(self, entries: Sequence[Entry], said: Reply | Note) -> Entry | None:
        """Our words among entries."""
        kind = EntryKind.AGENT if isinstance(said, Reply) else EntryKind.NOTE
        mine = (one for one in entries if one.kind is kind and one.author_id == self._rt.lens.me)
        return next((one for one in mine if writing.same_words(said.body, one.body)), None)

    async def _settle(self, ticket: TicketId, said: Reply | Note, key: ChangeKey, entry: Entry) -> Applied:
        """Do what follows; what is refused then does not take the words back, and is said."""
        problems = []
        for follow_up in said.then:
            try:
                await self.apply(ticket, follow_up, key, None)
            except (Refused, Conflict, Unsupported) as error:
                problems.append(str(getattr(error, "reason", "") or error))
        summary = mapping.to_summary(await self._rt.ticket(ticket), self._rt.lens)
        says = "; ".join(["sent, but not all that follows was done", *problems]) if problems else ""
        return Applied(key, ticket, summary.version, sanitize_line(says, 1000), entry.id)

    async def _copy_in(self, row: Node, cc: Sequence[str]) -> None:
        """RT knows no one-time copy: the addresses join the ticket's, before the reply goes out."""
        held = [one.text("EmailAddress") or one.text("id") for one in row.each("Cc")]
        wanted = list(dict.fromkeys([*held, *cc]))
        if wanted != held:
            await self._rt.send(writing.put(TicketId(row.text("id")), {"Cc": wanted}, ""))

    # --- new tickets

    async def _create(self, change: changes.Create, key: ChangeKey) -> Applied:
        number = await self._made(
            {
                "Queue": self._rt.lens.queues.get(change.category, change.category),
                "Requestor": [change.customer],
                "Subject": change.subject,
                "Content": change.body,
                "ContentType": "text/plain",
            }
        )
        row = await self._rt.ticket(number)
        return Applied(key, number, mapping.to_summary(row, self._rt.lens).version)

    async def _made(self, body: dict[str, object]) -> TicketId:
        call = writing.create(body)
        made = read_json(call, await self._rt.send(call), dict)
        return TicketId(made.text("id"))

    async def _escalate(self, ticket: TicketId, change: changes.Escalate, key: ChangeKey, expected: int | None) -> Applied:
        """A ticket in the specialists' queue below ours: the customer stays with their owner, and is not written to."""
        row, _ = await self._current(ticket, expected)
        facts = "\n".join(f"{name}: {value}" for name, value in change.fields)
        await self._made(
            {
                "Queue": self._rt.lens.queues.get(change.team, change.team),
                "Requestor": [self._rt.lens.me],
                "Subject": row.text("Subject"),
                "Content": f"{change.summary}\n\n{facts}".strip(),
                "ContentType": "text/plain",
                "Parent": int(row.text("id")),
            }
        )
        after = await self._rt.ticket(ticket)
        return Applied(key, TicketId(after.text("id")), mapping.to_summary(after, self._rt.lens).version)

    # --- many, and what became of one

    async def apply_each(self, tickets: Sequence[TicketId], change: Change) -> AsyncGenerator[Outcome, None]:
        """The same change to many tickets: put together, then looked at together."""
        unique = list(dict.fromkeys(tickets))
        for start in range(0, len(unique), CHUNK):
            batch = unique[start : start + CHUNK]
            before = await self._rows(batch)
            settings = {one: writing.to_setting(change, before[one], self._rt.lens) for one in batch if one in before}
            body = [{"id": int(one), **setting.body} for one, setting in settings.items()]
            says = await self._put_many(body) if body else {}
            after = await self._rows(list(settings))
            for one in batch:
                done = one in after and settings[one].is_done(after[one])
                version = mapping.to_summary(after[one], self._rt.lens).version if one in after else None
                yield Outcome(one, done, "" if done else says.get(one, "no such ticket"), version)

    async def _put_many(self, body: list[dict[str, object]]) -> dict[TicketId, str]:
        call = Call(
            operation="change the tickets", method="PUT", route=f"{REST}/tickets/bulk", body=msgspec.json.encode(body),
            headers=JSON, is_write=True, is_repeatable=False,
        )  # fmt: skip
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
        if ticket is None:
            return await self._find_created(change, key, since) if isinstance(change, changes.Create) else None
        row = await self._rt.ticket(ticket)
        ticket = TicketId(row.text("id"))
        if not isinstance(change, Reply | Note):
            return await self._find_set(ticket, change, key, row)
        page = await talk.read(self._rt, ticket, None)
        earliest = since + self._rt.http.clock_offset - SKEW
        entry = self._spoken([one for one in page.items if one.at >= earliest], change)
        return None if entry is None else await self._settle(ticket, change, key, entry)

    async def _find_set(self, ticket: TicketId, change: Change, key: ChangeKey, row: Node) -> Applied | None:
        try:
            is_done = writing.to_setting(change, row, self._rt.lens).is_done(row)
        except Unsupported:
            return None
        return Applied(key, ticket, mapping.to_summary(row, self._rt.lens).version) if is_done else None

    async def _find_created(self, change: changes.Create, key: ChangeKey, since: datetime) -> Applied | None:
        minutes = int((datetime.now(UTC) - since + SKEW).total_seconds() // 60) + 1
        found = await self._rt.tickets(f"Created > '-{minutes} minutes' AND Queue = {int(change.category or 0)}")
        rows = (mapping.to_summary(row, self._rt.lens) for row in found.rows)
        made = next((row for row in rows if row.subject == change.subject and row.customer_id == change.customer), None)
        return None if made is None else Applied(key, made.id, made.version)


def _read(file: AttachmentId) -> File:
    """A file of ours, by the id `write_attachment` gave it."""
    if not file.startswith(LOCAL):
        raise Refused("send the reply", "an attachment is not known")
    kind, _, name = file.removeprefix(LOCAL).partition(";")
    path = Path(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(sanitize_line(f"{path.name}: {error.strerror}")) from error
    return File(path.name, kind, data)
