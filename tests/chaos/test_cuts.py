"""An answer cut at every byte, a request cut at every byte: each note is in the server's table once, on its ticket."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import OutboxItem, OutboxPhase
from supportdesk_tui.sync import sending
from supportdesk_tui.sync.sending import new_key
from tests.chaos.proxy import Fault, proxy_to
from tests.sync.desk import desk
from tests.sync.fake import until

BYTES = 300
PAUSE_S = (0.005,)
"""Between attempts; a person's patience is not what is tested."""


@pytest.mark.parametrize(("kind", "step"), [("cut", 1), ("close", 15), ("cut_up", 15)])
async def test_note_arrives_once_wherever_the_line_is_cut(
    kind: str, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BACKOFF_S", PAUSE_S)
    with ServerThread(tickets=30, ticking=False) as server:
        token = server.token_for("li.wei")
        with server.engine.connect() as connection:
            rows = connection.execute(text("SELECT id FROM tickets WHERE phase = 'open' ORDER BY n LIMIT 8"))
            tickets = [TicketId(str(row[0])) for row in rows]
        faults = [Fault(kind, at=at) for at in range(0, BYTES + 1, step)]
        async with proxy_to(server.url, faults) as proxy:

            async def connect() -> Backend:
                return NativeBackend(proxy.url, token, limits=Limits(backoff_s=0.005))

            async with desk(tmp_path, connect) as one:
                await one.live()
                meant: dict[str, str] = {}
                while len(proxy.done) < len(faults):
                    for ticket in tickets:
                        body = f"note-{len(meant)}"
                        meant[body] = ticket
                        now = one.common.clock.now()
                        await one.engine.outbox.add(OutboxItem(new_key(), (ticket,), Note(body), OutboxPhase.QUEUED, now))
                    await until(lambda: not one.engine.outbox.book.items)
        with server.engine.connect() as connection:
            found = connection.execute(text("SELECT body, ticket, kind FROM entries WHERE body LIKE 'note-%'")).fetchall()
    assert len(proxy.done) == len(faults), "every byte had its cut"
    assert Counter((str(body), str(ticket), str(kind)) for body, ticket, kind in found) == Counter(
        (body, ticket, "note") for body, ticket in meant.items()
    )
