"""The server goes away in the middle of the work and comes back: nothing is lost or doubled."""

from pathlib import Path

from sqlalchemy import text

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import LinkPhase, OutboxPhase
from tests.sync.desk import ALL_LIVE, desk
from tests.sync.fake import until


async def test_notes_written_while_the_server_dies_arrive_once_when_it_is_back(tmp_path: Path) -> None:
    db_url = f"sqlite:///{tmp_path / 'server.db'}"
    server = ServerThread(db_url, tickets=20, ticking=False).start()
    servers = [server]
    token = server.token_for("li.wei")

    async def connect() -> Backend:
        return NativeBackend(servers[-1].url, token)

    try:
        async with desk(tmp_path / "client", connect) as one:
            await one.live()
            await one.show(ALL_LIVE)
            tickets = [row.id for row in one.state.queue.rows[:3]]
            for number in range(6):
                one.engine.perform(Apply((tickets[number % 3],), Note(f"through the storm {number}")))
                if number == 2:
                    servers[0].stop()
            await until(lambda: one.state.link.phase is LinkPhase.LOST)
            await until(lambda: len(one.state.outbox) == 6)
            assert any(item.phase is not OutboxPhase.SENT for item in one.state.outbox)
            servers.append(ServerThread(db_url, ticking=False).start())
            one.engine.sign_in_again()
            await until(lambda: {item.phase for item in one.state.outbox} == {OutboxPhase.SENT}, 20)
        with servers[-1].engine.connect() as connection:
            query = "SELECT body, ticket FROM entries WHERE body LIKE 'through the storm%' ORDER BY body"
            rows = [(str(row[0]), str(row[1])) for row in connection.execute(text(query))]
        assert rows == [(f"through the storm {number}", tickets[number % 3]) for number in range(6)]
    finally:
        servers[-1].stop()
