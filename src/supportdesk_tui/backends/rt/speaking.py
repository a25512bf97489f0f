"""Replies and notes: RT has no keys, so the ticket's history says whether words arrived, and nothing is ever sent twice."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from supportdesk_tui.backends.calls import Answer, Call
from supportdesk_tui.backends.files import held
from supportdesk_tui.backends.loose import Node, read_json
from supportdesk_tui.backends.rt import mapping, talk, writing
from supportdesk_tui.backends.rt.client import Rt
from supportdesk_tui.backends.rt.twins import kind_of
from supportdesk_tui.backends.traces import as_shown, same_words
from supportdesk_tui.domain.changes import Applied, FollowUp, Note, Reply
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    Unsupported,
)
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.text.safe import sanitize_line

MAX_FILE = 10 * 1024 * 1024
"""RT's usual MaxAttachmentSize, in bytes."""
_ADDRESS = re.compile(r"[^\s@,;<>()\"]+@[^\s@,;<>()\"]+")
Follow = Callable[[TicketId, FollowUp, datetime | None], Awaitable[None]]
"""Does one change that follows words; a time says that it may have happened since."""


@contextmanager
def after_write(operation: str) -> Iterator[None]:
    """What was written stays written when looking at it fails: then nobody may send it again without having looked."""
    try:
        yield
    except (Refused, Conflict, Ambiguous):
        raise
    except BackendError as error:
        raise Ambiguous(operation, sanitize_line(str(error.reason)), request_id=error.request_id) from error


class Speaking:
    """Says something on tickets of one RT."""

    def __init__(self, rt: Rt, follow: Follow) -> None:
        self._rt = rt
        self._follow = follow

    async def say(self, row: Node, etag: str, said: Reply | Note, key: ChangeKey) -> Applied:
        """Send words on a ticket just read, find them in its history, do what follows."""
        ticket = TicketId(row.text("id"))
        check(row, said)
        mark = int(etag.strip('"')) if etag.strip('"').isdecimal() else await talk.newest(self._rt, ticket)
        await self._check_heard(ticket, said, mark)
        files = await held(said.attachments)
        if isinstance(said, Reply) and said.cc:
            await self._copy_in(row, said.cc)
        call = writing.say(ticket, said, files)
        self._rt.twins.expect(ticket, said, key, mark)
        answer = await self._rt.send(call)
        with after_write(call.operation):
            entries, after = await asyncio.gather(talk.since(self._rt, ticket, mark, with_files=False), self._rt.ticket(ticket))
            entry = next((one for one in entries if one.key == key), None)
            if entry is None:
                raise Refused(call.operation, _refusal(call, answer))
            return await self.settle(ticket, said, key, entry, after=after)

    async def _check_heard(self, ticket: TicketId, said: Reply | Note, mark: int) -> None:
        """A conflict when somebody else has spoken since the newest entry the agent had read."""
        seen = said.seen if isinstance(said, Reply) else 0
        if not seen or mark <= seen:
            return
        wanted: list[dict[str, object]] = [{"field": "Type", "value": kind} for kind in ("Create", "Correspond")]
        rows = await talk.history(self._rt, ticket, [*wanted, talk.newer(seen)], order="DESC", per_page=20)
        if any(row.text("Creator", "id") != self._rt.lens.me for row in rows):
            current = mapping.to_summary(await self._rt.ticket(ticket), self._rt.lens)
            raise Conflict("send the reply", "somebody has spoken meanwhile", current=current)

    def spoken(self, entries: Sequence[Entry], said: Reply | Note) -> Entry | None:
        """Our words among entries."""
        kind, wanted = kind_of(said), as_shown(said.body)
        mine = (one for one in entries if one.kind is kind and one.author_id == self._rt.lens.me)
        return next((one for one in mine if same_words(wanted, one.body)), None)

    async def find(self, ticket: TicketId, said: Reply | Note, key: ChangeKey, earliest: datetime) -> Applied | None:
        """Look whether words whose outcome is unknown arrived; what was to follow them is done then."""
        page = await talk.read(self._rt, ticket, None)
        entry = self.spoken([one for one in page.items if one.at >= earliest], said)
        if entry is None:
            return None
        self._rt.twins.know(ticket, said, key, entry.id)
        with after_write("send the reply"):
            return await self.settle(ticket, said, key, entry, since=earliest)

    async def settle(
        self,
        ticket: TicketId,
        said: Reply | Note,
        key: ChangeKey,
        entry: Entry,
        *,
        since: datetime | None = None,
        after: Node | None = None,
    ) -> Applied:
        """Do what follows; what is refused then does not take the words back, and is said."""
        problems = []
        for follow_up in said.then:
            try:
                await self._follow(ticket, follow_up, since)
            except (Refused, Conflict, Unsupported, Forbidden, NotFound) as error:
                problems.append(error.why)
        if after is None or said.then:
            try:
                after = await self._rt.ticket(ticket)
            except (Forbidden, NotFound):
                after = None
        version = mapping.to_summary(after, self._rt.lens).version if after else None
        says = "; ".join(["sent, but not all that follows was done", *problems]) if problems else ""
        return Applied(key, ticket, version, sanitize_line(says, 1000), entry.id)

    async def _copy_in(self, row: Node, cc: Sequence[str]) -> None:
        """RT knows no one-time copy: the addresses join the ticket's, before the reply goes out."""
        people = [one for one in row.each("Cc") if one.text("type") != "group"]
        groups = [f"group:{one.text('id')}" for one in row.each("Cc") if one.text("type") == "group"]
        held = [one.text("EmailAddress") or one.text("id") for one in people]
        wanted = list(dict.fromkeys([*held, *cc]))
        if wanted == held:
            return
        call = writing.put(ticket := TicketId(row.text("id")), {"Cc": wanted + groups}, "")
        answer = await self._rt.send(call)
        after = await self._rt.ticket(ticket)
        known = {one.text(name).casefold() for one in after.each("Cc") for name in ("id", "EmailAddress")}
        if any(one.casefold() not in known for one in cc):
            raise Refused(call.operation, _refusal(call, answer))


def check(row: Node, said: Reply | Note) -> None:
    """Refuse what RT would take and do something else with, and what this agent may not do on this ticket."""
    operation = "send the reply" if isinstance(said, Reply) else "add the note"
    if not said.body.strip():
        raise Refused(operation, "there is nothing in it")
    bad = [one for one in said.cc if not _ADDRESS.fullmatch(one)] if isinstance(said, Reply) else []
    if bad:
        raise Refused(operation, "no address", fields={"cc": ", ".join(bad)})
    links = {link.text("ref") for link in row.each("_hyperlinks")}
    needed, right = ("correspond", "ReplyToTicket") if isinstance(said, Reply) else ("comment", "CommentOnTicket")
    if links and needed not in links:
        raise Forbidden(operation, f"your account has no right {right} in this queue")


def _refusal(call: Call, answer: Answer) -> str:
    return sanitize_line(mapping.sentences(read_json(call, answer)) or "not taken", 500)
