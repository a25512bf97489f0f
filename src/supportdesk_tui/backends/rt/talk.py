"""The conversation of a ticket: its history and the texts and files that belong to it."""

import asyncio
import json
from collections.abc import Mapping

from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.rt import directory, mapping
from supportdesk_tui.backends.rt.client import MOST, Rt
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.errors import NotFound
from supportdesk_tui.domain.ids import Cursor, EntryId, TicketId
from supportdesk_tui.domain.queue import Page

_TYPES: list[dict[str, object]] = [
    {"field": "Type", "value": kind} for kind in ("Create", "Correspond", "Comment", "Status", "Set")
]
_HISTORY = {
    "fields": "Type,Field,OldValue,NewValue,Creator,Created",
    "fields[Creator]": "Name,RealName,Privileged",
    "orderby": "id",
}
PAGE = 60
"""Transactions read at once; every reply makes three or four, of which one is shown."""


LOOKS = 5
"""So many pages in a row may hold nothing for this agent (RT takes out what they may not see) before it counts as the end."""


def newer(mark: int) -> dict[str, object]:
    """The term for transactions after a number."""
    return {"field": "id", "operator": ">", "value": mark}


async def read(rt: Rt, ticket: TicketId, before: Cursor | None, *, page: int = PAGE) -> Page[Entry]:
    """The newest entries before a mark, in three requests: history, texts, files."""
    wanted, at = list(_TYPES), rt.http.now()
    if before:
        wanted.append({"field": "id", "operator": "<", "value": int(before)})
    rows = await history(rt, ticket, wanted, order="DESC", per_page=page)
    for number in range(2, LOOKS + 1):
        if rows:
            break
        rows = await history(rt, ticket, wanted, order="DESC", per_page=page, number=number)
    if not rows:
        return Page((), None)
    if before is None:
        rt.marks.saw(ticket, rows[0].number("id"), at)
    oldest = rows[-1].number("id")
    spoken = [row.number("id") for row in rows if row.text("Type") in mapping.SPOKEN]
    parts = await _parts(rt, ticket, spoken) if spoken else {}
    await directory.authors(rt, rows)
    entries = rt.twins.named(ticket, mapping.to_entries(rows, parts, rt.lens), rt.lens.me)
    # Rows the agent may not see are taken out after paging: a short page is the last only with the ticket's beginning on it.
    is_last = len(rows) < page and any(row.text("Type") == "Create" for row in rows)
    return Page(tuple(entries), None if is_last else Cursor(str(oldest)))


async def since(rt: Rt, ticket: TicketId, mark: int, *, with_files: bool = True) -> list[Entry]:
    """Everything said or done after a transaction, oldest first; in two requests when nobody asks for the files."""
    wanted = [*_TYPES, newer(mark)]
    rows = await history(rt, ticket, wanted, order="ASC", per_page=MOST)
    spoken = [row.number("id") for row in rows if row.text("Type") in mapping.SPOKEN]
    parts = await _parts(rt, ticket, spoken, with_files=with_files) if spoken else {}
    await directory.authors(rt, rows)
    return rt.twins.named(ticket, mapping.to_entries(rows, parts, rt.lens), rt.lens.me)


async def is_changed(rt: Rt, ticket: TicketId, mark: int) -> bool:
    """Whether somebody else said or did something after a transaction that the conversation shows."""
    rows = await history(rt, ticket, [*_TYPES, newer(mark)], order="DESC", per_page=20)
    return any(mapping.is_told(row) and row.text("Creator", "id") != rt.lens.me for row in rows)


async def reveal(rt: Rt, ticket: TicketId, entry: EntryId) -> str:
    """The words of one entry with nothing hidden."""
    if not entry.isdecimal():
        raise NotFound("show what is hidden")
    parts = await _parts(rt, ticket, [int(entry)], with_files=False)
    return mapping.raw_words(parts.get(entry, mapping.Parts()))


async def newest(rt: Rt, ticket: TicketId) -> int:
    """Number of the newest transaction of any kind."""
    rows = await history(rt, ticket, [], order="DESC", per_page=1)
    return rows[0].number("id") if rows else 0


async def history(
    rt: Rt, ticket: TicketId, wanted: list[dict[str, object]], *, order: str, per_page: int, number: int = 1
) -> list[Node]:
    """Transactions of a ticket."""
    query = _HISTORY | {"order": order, "per_page": str(per_page), "page": str(number)}
    if wanted:
        query["query"] = json.dumps(wanted)
    found = await rt.get("read the conversation", "/ticket/{ticket}/history", values={"ticket": ticket}, query=query)
    return found.each("items")


async def _parts(rt: Rt, ticket: TicketId, spoken: list[int], *, with_files: bool = True) -> Mapping[str, mapping.Parts]:
    asked = [_attachments(rt, ticket, spoken, "TransactionId,ContentType,Filename,Content", _TEXT)]
    if with_files:
        asked.append(_attachments(rt, ticket, spoken, "TransactionId,ContentType,Filename,ContentLength,Headers", _NAMED))
    texts, *files = await asyncio.gather(*asked)
    return mapping.to_parts(texts, files[0] if files else ())


_TEXT = {"field": "ContentType", "operator": "STARTSWITH", "value": "text/"}
_NAMED = {"field": "Filename", "operator": "!=", "value": ""}


async def _attachments(rt: Rt, ticket: TicketId, spoken: list[int], fields: str, kind: dict[str, str]) -> list[Node]:
    """Parts of these transactions, newest first; pages until the oldest is reached."""
    found: list[Node] = []
    wanted = [kind, {"field": "TransactionId", "operator": "<=", "value": max(spoken)}]
    for page in range(1, 21):
        query = {"fields": fields, "orderby": "id", "order": "DESC", "per_page": str(MOST), "page": str(page)}
        query["query"] = json.dumps(wanted)
        answer = await rt.get("read the conversation", "/ticket/{ticket}/attachments", values={"ticket": ticket}, query=query)
        rows = answer.each("items")
        found += rows
        if len(rows) < MOST or rows[-1].number("TransactionId") < min(spoken):
            break
    known = set(spoken)
    return [row for row in found if row.number("TransactionId") in known]
