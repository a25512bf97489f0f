"""Servers that refuse, stall and hang up in a storm: asked seldom, given up in time, and the desk says when it tries again."""

import asyncio
import os
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from supportdesk_tui.backends import http
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend, LocalFile
from supportdesk_tui.commands.effects import Apply, Load, LoadKind
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.errors import Ambiguous, BackendError, RateLimited, Unreachable
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.server.faults import Fault, Faults
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import LinkPhase, OutboxPhase
from tests.contract.answers import KEY, REPLY, TICKET
from tests.contract.rawserver import raw, raw_server, said
from tests.sync.desk import ALL_LIVE, desk, native
from tests.sync.fake import until

WAITS = {
    "-5": (1, 1),
    "0": (1, 1),
    "1e9": (5, 5),
    "99999999": (300, 300),
    "Thu, 01 Jan 2015 00:00:00 GMT": (1, 1),
    "Thu, 31 Dec 2099 23:59:59 GMT": (300, 300),
    "Mon, 99 Foo 2026 99:99:99 GMT": (5, 5),
    "soon\x7f": (5, 5),
    "": (5, 5),
}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("said_wait", WAITS)
async def test_every_wait_a_server_asks_for_is_clamped_and_kept(
    status: str, said_wait: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    least, most = WAITS[said_wait]
    monkeypatch.setattr(http, "time", SimpleNamespace(monotonic=lambda: 1000.0))  # no wait is over while it is looked at
    async with raw_server(said(b"{}", status=status, headers=f"Retry-After: {said_wait}\r\n")) as server:
        backend = NativeBackend(server.url, "token", limits=Limits(wait_s=0.1))
        for _ in range(10):
            with pytest.raises(RateLimited) as raised:
                await backend.list_views()
            assert least - 0.5 <= raised.value.after_s <= most
        await backend.close()
        assert len(server.heads) == 1


async def test_server_that_refuses_without_a_word_is_asked_within_the_budget() -> None:
    calls = 60
    async with raw_server(raw(b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) as server:
        backend = NativeBackend(server.url, "token", limits=Limits(backoff_s=0.0005))
        for _ in range(calls):
            with pytest.raises(Unreachable):
                await backend.list_views()
        await backend.close()
        assert calls <= len(server.heads) <= 1.2 * calls + Limits().retry_budget


async def test_desk_in_a_storm_of_refusals_asks_seldom_and_loses_nothing(tmp_path: Path) -> None:
    faults = Faults()
    with ServerThread(tickets=30, faults=faults, ticking=False) as server:
        async with desk(tmp_path, native(server)) as one:
            await one.live()
            await one.show(ALL_LIVE)
            ticket = one.state.queue.rows[0].id
            faults.plan(Fault("status", status=429, retry_after="1", times=10_000))
            faults.requests.clear()
            began = time.monotonic()
            for number in range(3):
                one.engine.perform(Apply((ticket,), Note(f"note {number} of the storm")))
                one.engine.perform(Load(LoadKind.SEARCH))
                one.engine.perform(Load(LoadKind.TICKET, ticket))
            await until(lambda: any("wait" in item.reason for item in one.state.outbox))
            assert [item.reason for item in one.state.outbox if "1 s" in item.reason]
            seconds = time.monotonic() - began
            routes = Counter(faults.requests)
            faults.clear()
            # A route that said "in 1 s" is asked once a second at most, whoever wants it.
            assert max(routes.values()) <= 1.2 * (seconds + 1)
            assert sum(routes.values()) <= 1.2 * (seconds + 1) * len(routes)
            await until(lambda: all(item.phase is OutboxPhase.SENT for item in one.state.outbox))


async def test_desk_says_when_it_will_try_again(tmp_path: Path) -> None:
    async with raw_server(said(b"{}", status="429 Slow down", headers="Retry-After: 120\r\n")) as server:

        async def connect() -> Backend:
            return NativeBackend(server.url, "token")

        async with desk(tmp_path, connect) as one:
            await until(lambda: one.state.link.phase is LinkPhase.LOST)
            retry_at = one.state.link.retry_at
            assert retry_at is not None
            assert 100 < (retry_at - datetime.now(UTC)).total_seconds() <= 120
            assert one.state.view.notice is not None
            assert "No connection" in one.state.view.notice.text
        assert len(server.heads) == 1


@asynccontextmanager
async def zero_window() -> AsyncIterator[str]:
    """A server that accepts and then takes nothing more than its small buffers hold."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.setblocking(False)
    held: list[socket.socket] = []

    async def accept() -> None:
        loop = asyncio.get_running_loop()
        while True:
            held.append((await loop.sock_accept(listener))[0])

    task = asyncio.create_task(accept())
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for one in [*held, listener]:
            one.close()


async def test_upload_nobody_takes_is_given_up_though_it_is_large(tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(os.urandom(9_000_000))
    async with zero_window() as url:
        backend = NativeBackend(url, "token", limits=Limits(deadline_s=1.0, read_s=0.4))
        began = time.monotonic()
        with pytest.raises(Ambiguous):
            await backend.write_attachment(LocalFile(file, "application/x", TicketId("t1")))
        assert time.monotonic() - began < 10
        await backend.close()


async def test_upload_over_a_slow_line_has_the_time_it_needs_and_arrives_whole(tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    content = os.urandom(1_500_000)
    file.write_bytes(content)
    taken = bytearray()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert "content-length: 1500000" in head
        assert "transfer-encoding" not in head
        while len(taken) < len(content):
            taken.extend(await reader.read(120_000))
            await asyncio.sleep(0.05)
        answer = b'{"id": "f1", "name": "large.bin", "media_type": "application/x", "size": 1500000}'
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    backend = NativeBackend(url, "token", limits=Limits(deadline_s=0.3, read_s=0.25, slowest=200_000))
    assert await backend.write_attachment(LocalFile(file, "application/x", TicketId("t1"))) == "f1"
    assert bytes(taken) == content
    await backend.close()
    server.close()
    await server.wait_closed()


def test_usual_deadline_is_fifteen_seconds_and_grows_only_with_a_large_body() -> None:
    from supportdesk_tui.backends.calls import Call

    call = Call(operation="x", method="POST", route="/x", body=b"x" * 60_000)
    assert Limits().deadline_for(call) == 15.0
    large = Call(operation="x", method="POST", route="/x", body=b"x" * 9_830_400)
    assert Limits().deadline_for(large) == 15.0 + 300.0


@pytest.mark.parametrize("call", ["read", "write"])
async def test_call_into_a_zero_window_ends_at_the_deadline(call: str) -> None:
    calls: dict[str, Callable[[Backend], Awaitable[object]]] = {
        "read": lambda backend: backend.list_views(),
        "write": lambda backend: backend.apply(TICKET, REPLY, KEY),
    }
    async with zero_window() as url:
        backend = NativeBackend(url, "token", limits=Limits(deadline_s=0.5, read_s=0.2))
        began = time.monotonic()
        with pytest.raises(BackendError):
            await calls[call](backend)
        assert 0.2 <= time.monotonic() - began < 5
        await backend.close()
