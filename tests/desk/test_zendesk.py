"""The whole desk at a fake Zendesk: the sign-in ends in the middle of the shift, and nobody notices."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from supportdesk_tui.domain.changes import Reply
from supportdesk_tui.store.state import OutboxPhase
from tests.driver import AgentAtDesk, seat_in, sitting
from tests.fakes.zendesk import Zendesk
from tests.fakes.zendesk_oauth import CLIENT
from tests.unit.zendesk.desk import Vault, question


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    made = Zendesk(tickets=45).start()
    yield made
    made.stop()
    assert not made.findings, "\n".join(dict.fromkeys(made.findings))


@asynccontextmanager
async def at_zendesk(server: Zendesk, vault: Vault, folder: Path) -> AsyncIterator[AgentAtDesk]:
    """An agent's desk, signed in and its queue read."""
    secret = server.tokens.secret("ana")
    seat = seat_in(
        folder,
        backend="zendesk",
        url=server.url,
        token=lambda: secret,
        options={"client_id": CLIENT},
        keep=vault.keep,
        load=vault.load,
    )
    async with sitting(seat) as agent:
        await agent.until(lambda state: state.session.session and state.queue.views and state.queue.rows, "signed in")
        yield agent


async def test_shift_goes_on_when_the_sign_in_is_renewed(zendesk: Zendesk, tmp_path: Path) -> None:
    ticket = question(zendesk, "Where is my parcel?", subject="Parcel of Zurich")
    vault = Vault()
    async with at_zendesk(zendesk, vault, tmp_path) as agent:
        await agent.run("queue.search_run", "zurich")
        await agent.until(lambda state: ticket in {row.id for row in state.queue.rows}, "found")
        zendesk.tokens.expire()
        await agent.run("ticket.open", ticket)
        await agent.sees("Where is my parcel?", "Wang Li")
        macro = agent.state.session.directory.macros[0]
        await agent.press("r")
        await agent.type("It is on its way.")
        await agent.run("macro.insert", f"@{macro.id}")
        await agent.until(lambda state: state.asked_macro is None, "the macro is answered")
        zendesk.tokens.expire()
        await agent.press("ctrl+d")
        await agent.until(
            lambda state: [one.phase for one in state.outbox if isinstance(one.change, Reply)] == [OutboxPhase.SENT],
            "sent",
        )
        await agent.run("ticket.promise")
        await agent.sees("Zendesk keeps no promises to customers")
    words = zendesk.seen_by_customer(int(ticket))
    assert len(words) == 2
    assert "It is on its way." in words[1]
    assert "your refund is on its way" in words[1]
    assert zendesk.store.tickets[int(ticket)]["tags"] == ["refund"]
    assert len(vault.secrets) == zendesk.tokens.refreshed >= 2
