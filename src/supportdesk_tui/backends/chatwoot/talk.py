"""The conversation of a ticket: its messages, twenty at a time, newest first."""

from collections.abc import AsyncGenerator

from supportdesk_tui.backends.chatwoot import mapping
from supportdesk_tui.backends.chatwoot.client import Chatwoot, numbered
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.domain.errors import NotFound
from supportdesk_tui.domain.ids import Cursor, TicketId
from supportdesk_tui.domain.queue import Page

PAGE = 20
"""Messages Chatwoot gives at once, upward."""
NEWER = 100
"""Messages it gives at once, downward."""
_ROUTE = "/conversations/{ticket}/messages"


async def messages(desk: Chatwoot, ticket: TicketId, operation: str, **mark: str) -> list[Node]:
    """Messages of a conversation, oldest first."""
    values = {"ticket": numbered(ticket, operation)}
    found = await desk.get(operation, _ROUTE, values=values, query=mark)
    return sorted((one for one in found.each("payload") if one.text("id")), key=lambda one: one.number("id"))


async def read(desk: Chatwoot, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
    """The newest messages before a mark, in one request."""
    rows = await messages(desk, ticket, "read the conversation", **({"before": before} if before else {}))
    number = TicketId(ticket.removeprefix("#"))
    entries = tuple(mapping.to_entry(one, number, desk.lens) for one in rows)
    return Page(entries, None if len(rows) < PAGE else Cursor(rows[0].text("id")))


async def after(desk: Chatwoot, ticket: TicketId, mark: int) -> list[Node]:
    """Every message after a mark, oldest first."""
    found: list[Node] = []
    while True:
        rows = await messages(desk, ticket, "read the conversation", after=str(mark))
        found += rows
        if len(rows) < NEWER:
            return found
        mark = rows[-1].number("id")


async def upward(desk: Chatwoot, ticket: TicketId) -> AsyncGenerator[Node, None]:
    """Messages from the newest to the oldest."""
    mark: dict[str, str] = {}
    while True:
        rows = await messages(desk, ticket, "look for the message", **mark)
        for row in reversed(rows):
            yield row
        if len(rows) < PAGE:
            return
        mark = {"before": rows[0].text("id")}


async def one(desk: Chatwoot, ticket: TicketId, message: str, operation: str) -> Node:
    """One message as it stands: Chatwoot gives none alone, but the first of those after the number before it."""
    number = int(numbered(message, operation))
    rows = await messages(desk, ticket, operation, after=str(number - 1), before=str(number + 1))
    found = next((row for row in rows if row.number("id") == number), None)
    if found is None:
        raise NotFound(operation)
    return found
