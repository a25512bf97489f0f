"""Lines that go dead, flood, or lead to a server that forgot: whatever happened meanwhile is there in the end."""

import asyncio
import os
import resource
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text

from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.live import Pace
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Apply, Retry
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.errors import BackendError, Unreachable
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import LIVE_PHASES
from supportdesk_tui.server.desk.transaction import load_ticket
from supportdesk_tui.server.http.hub import Frame, format_event
from supportdesk_tui.server.http.mapping import row_out
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.server.storage import tables
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import Draft, LinkPhase, OutboxPhase
from supportdesk_tui.sync.windows import Ask
from supportdesk_tui.wire import schema
from tests.contract.floor import NativeFloor
from tests.contract.rawserver import raw, raw_server, said
from tests.contract.relay import Relay, relay_to
from tests.sync.desk import ALL_LIVE, Desk, desk
from tests.sync.fake import until

QUICK = Pace(silence_s=0.6, connect_s=1.0, backoff_s=0.02, backoff_max_s=0.1)
"""Patience cut to a quarter: the server beats every second, so a test server beats faster."""


@pytest.fixture(scope="module")
def floor() -> Iterator[NativeFloor]:
    """A server of our own whose heart beats four times a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("supportdesk_tui.server.http.hub.BEAT_S", 0.25)
        one = NativeFloor()
        yield one
        one.close()


def through(relay: Relay | None, floor: NativeFloor) -> Any:
    """Connects by way of the relay, impatiently."""
    token = floor.server.token_for(floor.me)

    async def make() -> Backend:
        url = relay.url if relay else floor.url
        return NativeBackend(url, token, limits=Limits(deadline_s=2.0, connect_s=1.0, read_s=1.0), pace=QUICK)

    return make


def on_server(server: ServerThread) -> dict[str, int]:
    """Version of every live ticket in the server's own table."""
    with server.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, version FROM tickets WHERE phase NOT IN ('solved', 'closed')"))
        return {str(row.id): int(row.version) for row in rows}


async def on_desk(one: Desk) -> dict[str, int]:
    """Version of every live ticket in the desk's copy."""
    ids = await one.common.cache.ids(Ask(QueueQuery(phases=LIVE_PHASES), "", one.common.asker()), 10_000)
    return {ticket: row.version for ticket, row in (await one.common.cache.get_tickets(ids)).items()}


async def missed(one: Desk, server: ServerThread) -> int:
    """Tickets the desk does not have, or not as they are; waits for a long while until there is none."""
    left: dict[str, int] = {}
    for _ in range(400):
        there, here = await asyncio.to_thread(on_server, server), await on_desk(one)
        left = {ticket: version for ticket, version in there.items() if here.get(ticket) != version}
        left |= {ticket: 0 for ticket in here if ticket not in there}
        if not left:
            return 0
        await asyncio.sleep(0.1)
    return len(left)


@pytest.mark.parametrize("fault", ["reset", "hole"])
async def test_nothing_is_missed_over_a_line_that_dies(fault: str, floor: NativeFloor, tmp_path: Path) -> None:
    async with relay_to(floor.url) as relay, desk(tmp_path, through(relay, floor)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        assert await missed(one, floor.server) == 0
        phases: list[LinkPhase] = []
        one.store.subscribe(lambda state: phases.append(state.link.phase))
        relay.swallow() if fault == "hole" else relay.cut()
        made = [await floor.customer_writes(f"into the {fault} {number}") for number in range(12)]
        await until(lambda: LinkPhase.LOST in phases)
        relay.heal()
        await until(lambda: one.state.link.phase is LinkPhase.LIVE)
        assert await missed(one, floor.server) == 0
        assert set(made) <= set(await on_desk(one))


async def test_dead_line_is_noticed_after_two_beats_of_silence(floor: NativeFloor, tmp_path: Path) -> None:
    async with relay_to(floor.url) as relay, desk(tmp_path, through(relay, floor)) as one:
        await one.live()
        heard_at = one.common.heard_at
        relay.swallow()
        await until(lambda: one.state.link.phase is LinkPhase.LOST)
        assert heard_at is not None
        assert "nothing heard for 0.6 s" in one.state.link.reason
        assert Pace().silence_s == 2.5


async def test_burst_of_events_is_told_in_few_strokes_and_leaves_the_copy_as_the_server_has_it(
    floor: NativeFloor, tmp_path: Path
) -> None:
    async with desk(tmp_path, through(None, floor)) as one:
        await one.live()
        await one.show(ALL_LIVE)
        strokes = 0

        def count(_: object) -> None:
            nonlocal strokes
            strokes += 1

        one.store.subscribe(count)
        said = await asyncio.to_thread(shout, floor.server, 6)
        assert said >= 2_000
        assert await missed(one, floor.server) == 0
        assert strokes < said / 20


def shout(server: ServerThread, rounds: int) -> int:
    """Change every live ticket in the table some times over, and say each change on every stream as fast as it goes."""
    hub, database = server.parts.hub, server.parts.database
    live = tables.tickets.c.phase.not_in(("solved", "closed"))
    with server.engine.begin() as connection:
        connection.execute(tables.tickets.update().where(live).values(version=tables.tickets.c.version + rounds))
    with database.reading() as connection:
        ids = connection.execute(select(tables.tickets.c.id).where(live)).scalars().all()
        found = [load_ticket(connection, tables.tickets.c.id == one) for one in ids]
    rows = [row_out(ticket, server.parts.desk.agents) for ticket in found if ticket is not None]
    assert hub._loop is not None
    for left in reversed(range(rounds)):
        frames = [
            Frame(0, format_event("ticket", _changed(msgspec.structs.replace(row, version=row.version - left)))) for row in rows
        ]
        while any(stream.frames.qsize() > 2_000 - len(frames) for stream in hub.streams):
            time.sleep(0.001)
        done = threading.Event()
        hub._loop.call_soon_threadsafe(hub.push_all, frames)
        hub._loop.call_soon_threadsafe(done.set)
        assert done.wait(40)
    return rounds * len(rows)


def _changed(row: schema.TicketRow) -> schema.TicketEvent:
    return schema.TicketEvent(seq=0, at=datetime.now(UTC), actor=None, row=row, says="", tells=None)


async def test_server_put_back_to_a_backup_is_read_anew_and_what_is_written_here_stays(tmp_path: Path) -> None:
    file, backup = tmp_path / "server.db", tmp_path / "backup.db"
    with ServerThread(f"sqlite:///{file}", tickets=40, seed=3, ticking=False) as server:
        port = int(server.url.rpartition(":")[2])
        token = server.token_for("li.wei")
    shutil.copy(file, backup)

    async def connect() -> Backend:
        return NativeBackend(f"http://127.0.0.1:{port}", token, limits=Limits(attempts=1), pace=QUICK)

    with ServerThread(f"sqlite:///{file}", port=port, ticking=False) as server:
        async with desk(tmp_path / "desk", connect) as one:
            await one.live()
            await one.show(ALL_LIVE)
            ticket = one.state.queue.rows[0].id
            for number in range(5):
                one.engine.perform(Apply((ticket,), Note(f"lost with the disk {number}")))
            await until(lambda: [item.phase for item in one.state.outbox] == [OutboxPhase.SENT] * 5)
            assert await missed(one, server) == 0
            newer = (await on_desk(one))[ticket]
            await until(lambda: one.engine.busy == 0)
            one.store.dispatch(DraftChanged(Draft(ticket, body="half a word")))
            await asyncio.to_thread(server.stop)
            await until(lambda: one.state.link.phase is LinkPhase.LOST)
            one.engine.perform(Apply((ticket,), Note("written for a state that is gone")))
            await until(lambda: one.state.outbox[-1].attempts > 0 and one.state.outbox[-1].phase is OutboxPhase.QUEUED)
            put_back(backup, file)
            with ServerThread(f"sqlite:///{file}", port=port, ticking=False) as restored:
                await until(lambda: one.state.link.phase is LinkPhase.LIVE)
                assert await missed(one, restored) == 0
                assert (await on_desk(one))[ticket] < newer
                assert str(one.state.draft(ticket).body) == "half a word"  # type: ignore[union-attr]  # it was dispatched above
                marks = restored_head(restored)
                await until(lambda: int(one.engine.link.feed.mark or "0") <= marks)
                await until(lambda: one.engine.busy == 0)
                kept = await one.common.cache.run(one.common.cache.last.mark)
                assert kept is not None
                assert int(kept) <= marks
                waiting = one.state.outbox[-1]
                assert waiting.phase is OutboxPhase.HELD
                assert waiting.held_until is None
                assert noted(restored, "written for a state that is gone") == 0, "sent without the agent's word"
                one.engine.perform(Retry(waiting.key))
                await until(lambda: noted(restored, "written for a state that is gone") == 1)


def noted(server: ServerThread, body: str) -> int:
    """How often the server's table has a text."""
    with server.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM entries WHERE body = :body"), {"body": body}).scalar_one())


def put_back(backup: Path, file: Path) -> None:
    """A database as it was, and nothing of what came later."""
    for side in ("", "-wal", "-shm"):
        file.with_name(file.name + side).unlink(missing_ok=True)
    shutil.copy(backup, file)


def open_files() -> int:
    """File descriptors this process holds."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def restored_head(server: ServerThread) -> int:
    """The last event of the server's log."""
    with server.engine.connect() as connection:
        return int(connection.execute(text("SELECT max(seq) FROM events")).scalar_one())


async def test_name_that_moves_to_another_address_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = socket.getaddrinfo
    where = ["127.0.0.1"]

    def moving(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        return lookup(where[0] if host in {"localhost", b"localhost"} else host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", moving)
    async with raw_server(said(b"[]")) as server:
        port = int(server.url.rpartition(":")[2])
        backend = NativeBackend(f"http://localhost:{port}", "token", limits=Limits(attempts=1, backoff_s=0.01))
        assert await backend.list_views() == []
        other = await asyncio.start_server(_empty_list, "127.0.0.2", port)
        where[0] = "127.0.0.2"
        before = len(server.heads)
        assert await backend.list_views() == []
        assert len(server.heads) == before
        await backend.close()
        other.close()
        await other.wait_closed()


async def _empty_list(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await said(b"[]")(writer)
    writer.close()


async def test_failing_calls_keep_no_file_open_and_no_thread() -> None:
    async with raw_server(raw(b""), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), raw(b"noise\r\n\r\n")) as server:
        backend = NativeBackend(server.url, "token", limits=Limits(attempts=1, backoff_s=0.01))
        for _ in range(3):
            with pytest.raises(BackendError):
                await backend.list_views()
        await server.idle()
        files, threads = open_files(), threading.active_count()
        for _ in range(50):
            with pytest.raises(BackendError):
                await backend.list_views()
        await server.idle()
        assert open_files() <= files + 1
        assert threading.active_count() <= threads + 1
        await backend.close()


async def test_no_file_descriptor_left_is_said_and_passes(tmp_path: Path) -> None:
    async with raw_server(said(b"[]")) as server:
        backend = NativeBackend(server.url, "token", limits=Limits(attempts=1, backoff_s=0.01))
        assert await backend.list_views() == []
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        held: list[int] = []
        try:
            with pytest.raises(OSError, match="Too many open files"):
                while True:
                    held.append(os.open("/dev/null", os.O_RDONLY))
            with pytest.raises(Unreachable, match="Too many open files"):
                await backend.list_views()
        finally:
            for one in held:
                os.close(one)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert await backend.list_views() == []
        await backend.close()
