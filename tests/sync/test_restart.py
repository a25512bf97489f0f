"""The server goes away in the middle of the work and comes back: nothing is lost or doubled."""

import asyncio
import shutil
from pathlib import Path

from sqlalchemy import text

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply, Retry
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import LinkPhase, OutboxPhase
from tests.sync.desk import ALL_LIVE, desk
from tests.sync.fake import until


async def test_server_that_was_put_back_while_nobody_was_here_is_sent_nothing_unasked(tmp_path: Path) -> None:
    """Also where the copy was not whole, so that the feed does not go on from where it was."""
    file, backup = tmp_path / "server.db", tmp_path / "backup.db"
    with ServerThread(f"sqlite:///{file}", tickets=20, ticking=False) as server:
        token, port = server.token_for("li.wei"), int(server.url.rpartition(":")[2])
    shutil.copy(file, backup)

    async def connect() -> Backend:
        return NativeBackend(f"http://127.0.0.1:{port}", token)

    with ServerThread(f"sqlite:///{file}", port=port, ticking=False) as server:
        async with desk(tmp_path / "client", connect) as one:
            await one.live()
            await one.show(ALL_LIVE)
            ticket = one.state.queue.rows[0].id
            one.engine.perform(Apply((ticket,), Note("lost with the disk")))
            await until(lambda: [item.phase for item in one.state.outbox] == [OutboxPhase.SENT])
            await until(lambda: one.engine.link.feed.mark == one.common.cache.last.reached())
            await one.common.cache.run(lambda: one.common.cache.last.set_complete(None))
            await asyncio.to_thread(server.stop)
            await until(lambda: one.state.link.phase is LinkPhase.LOST)
            one.engine.perform(Apply((ticket,), Note("written for a state that is gone")))
            await until(lambda: len(one.state.outbox) == 2)
    for side in ("-wal", "-shm"):
        file.with_name(file.name + side).unlink(missing_ok=True)
    shutil.copy(backup, file)
    with ServerThread(f"sqlite:///{file}", port=port, ticking=False) as restored:
        async with desk(tmp_path / "client", connect) as one:
            await one.live()
            await until(lambda: ["put back" in item.reason for item in one.state.outbox] == [True])
            await until(lambda: one.engine.busy == 0)
            assert one.state.outbox[0].held_until is None
            assert one.state.outbox[0].phase in {OutboxPhase.HELD, OutboxPhase.UNKNOWN}
            assert written(restored) == 0
            one.engine.perform(Retry(one.state.outbox[0].key))
            await until(lambda: [item.phase for item in one.state.outbox] == [OutboxPhase.SENT])
        assert written(restored) == 1


def written(server: ServerThread) -> int:
    """How often the server has what was written for a state it does not know."""
    with server.engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM entries WHERE body = 'written for a state that is gone'"))
        return int(count.scalar_one())


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
            await until(lambda: {item.phase for item in one.state.outbox} == {OutboxPhase.SENT})
        with servers[-1].engine.connect() as connection:
            query = "SELECT body, ticket FROM entries WHERE body LIKE 'through the storm%' ORDER BY body"
            rows = [(str(row[0]), str(row[1])) for row in connection.execute(text(query))]
        assert rows == [(f"through the storm {number}", tickets[number % 3]) for number in range(6)]
    finally:
        servers[-1].stop()
