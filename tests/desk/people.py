"""What the tests with more than one person need: going to a ticket, a customer who writes, the server's own tables."""

import asyncio
from uuid import uuid4

import httpx
from sqlalchemy import text

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import Loaded, value_of
from tests.driver import AgentAtDesk

QUEUE_WIDTH = 46
"""Columns of the queue where three panes stand side by side."""


async def show_view(agent: AgentAtDesk, view: str) -> None:
    """Go to a view of the bar by its id and wait for its rows."""
    place = next(at for at, one in enumerate(agent.state.queue.views, start=1) if one.id == view)
    await agent.press(str(place))
    await agent.until(lambda state: state.queue.view == view and not state.queue.is_loading and state.queue.rows, view)


async def go_to(agent: AgentAtDesk, ticket: TicketId) -> None:
    """Put the cursor on a ticket of the list."""
    await agent.run("queue.at", str(agent.state.queue.start + [row.id for row in agent.state.queue.rows].index(ticket)))
    assert agent.state.queue.cursor == ticket


def is_read(agent: AgentAtDesk) -> bool:
    """All parts of the open ticket came from the server."""
    one = agent.state.conversation
    return all(isinstance(part, Loaded) and not part.is_cached for part in (one.detail, one.entries, one.customer))


async def open_ticket(agent: AgentAtDesk, ticket: TicketId) -> None:
    """Open a ticket of the list with Enter and wait for all of it."""
    await go_to(agent, ticket)
    await agent.press("enter")
    await agent.until(lambda state: state.conversation.ticket == ticket and is_read(agent), "ticket open")


async def open_by_id(agent: AgentAtDesk, ticket: TicketId) -> None:
    """Open a ticket wherever it is, as the outbox does, and wait for all of it."""
    await agent.run("ticket.open", ticket)
    await agent.until(lambda state: state.conversation.ticket == ticket and is_read(agent), "ticket open")


def first_line(agent: AgentAtDesk, place: int = 0) -> TicketSummary:
    """The n-th ticket of the list that waits at the first line."""
    return [row for row in agent.state.queue.rows if str(row.team).startswith("frontline")][place]


def row_line(agent: AgentAtDesk, ticket: TicketId) -> str:
    """The queue's line of a ticket, as it is on the screen."""
    agent.app.bridge.flush()
    short = next(row.number for row in agent.state.queue.rows if row.id == ticket)[-6:]
    return next((line for line in (one[:QUEUE_WIDTH] for one in agent.text().splitlines()) if short in line), "")


def bodies(agent: AgentAtDesk) -> list[str]:
    """What was said on the open ticket, oldest first."""
    return [str(entry.body) for entry in value_of(agent.state.conversation.entries) or ()]


async def customer_writes(server: ServerThread, row: TicketSummary, body: str) -> None:
    """The customer of a ticket writes again, through the public API."""
    answer = await post(
        server,
        "/inbound",
        server.inbound_token,
        {"channel": "email", "customer": row.customer_id, "body": body, "subject": f"Re: [{row.number}]"},
    )
    assert answer["ticket"] == row.id


async def post(server: ServerThread, path: str, token: str, body: object, method: str = "POST") -> dict[str, object]:
    """A request of somebody without a desk."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1") as http:
        answer = await http.request(method, path, headers=headers, json=body)
    assert answer.is_success, answer.text
    out: dict[str, object] = answer.json() if answer.content else {}
    return out


async def asked(server: ServerThread, sql: str, **values: object) -> list[tuple[object, ...]]:
    """Rows of the server's own database, asked without its API."""

    def ask() -> list[tuple[object, ...]]:
        with server.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql), values)]

    return await asyncio.to_thread(ask)
