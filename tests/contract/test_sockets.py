"""What the network can do to a call, over real sockets, and what the desk makes of it."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supportdesk_tui.backends import files
from supportdesk_tui.backends.calls import Call, Said
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BadPayload,
    Refused,
    Unreachable,
)
from supportdesk_tui.domain.ids import AttachmentId
from supportdesk_tui.text.safe import NO_TEXT
from tests.contract.answers import APPLIED, KEY, QUICK, REPLY, TICKET
from tests.contract.rawserver import dripping, hanging, raw_server, said


@pytest.mark.parametrize(
    "drip",
    [
        dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", 0.05),
        hanging(),
        hanging(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"),
    ],
    ids=["head", "body", "silent", "stuck"],
)
async def test_slow_server_is_cut_at_the_deadline(drip: Callable[[asyncio.StreamWriter], "asyncio.Future[None]"]) -> None:
    async with raw_server(drip) as server:
        desk = NativeBackend(server.url, "token", limits=Limits(deadline_s=0.4, backoff_s=0.01))
        began = time.monotonic()
        with pytest.raises(Unreachable):
            await desk.open()
        with pytest.raises(Ambiguous):
            await desk.apply(TICKET, REPLY, KEY)
        assert time.monotonic() - began < 5
        await desk.close()


async def test_answer_cut_at_any_byte_leaves_a_write_unknown() -> None:
    whole = len(APPLIED)
    for cut in (1, whole // 2, whole, whole + 4, whole + 40):
        async with raw_server(said(APPLIED, cut=cut)) as server:
            desk = NativeBackend(server.url, "token", limits=QUICK)
            with pytest.raises(Ambiguous):
                await desk.apply(TICKET, REPLY, KEY)
            await desk.close()


async def test_answer_cut_once_is_asked_for_again_with_the_same_key() -> None:
    async with raw_server(said(APPLIED, cut=5), said(APPLIED)) as server:
        desk = NativeBackend(server.url, "token", limits=QUICK)
        assert (await desk.apply(TICKET, REPLY, KEY)).says == "replied"
        await desk.close()
        assert len(server.heads) == 2
        assert all(f"idempotency-key: {KEY}" in head.lower() for head in server.heads)


async def test_closed_port_is_unreachable_for_a_write_too() -> None:
    async with raw_server(said(b"")) as server:
        url = server.url
    desk = NativeBackend(url, "token", limits=QUICK)
    with pytest.raises(Unreachable):
        await desk.apply(TICKET, REPLY, KEY)
    await desk.close()


async def test_dead_name_server_holds_one_thread_and_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    lookup = socket.getaddrinfo

    def slow(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        released.wait(40)
        return lookup(host, port, *rest, **named)

    async with raw_server(said(b"[]")) as server:
        desk = NativeBackend(server.url.replace("127.0.0.1", "localhost"), "token", limits=Limits(connect_s=0.05, attempts=1))
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        for _ in range(8):
            with pytest.raises(Unreachable, match="name"):
                await desk.list_views()
        assert sum(thread.name == "name-lookup" for thread in threading.enumerate()) == 1
        released.set()
        async with asyncio.timeout(40):
            while True:
                try:
                    assert await desk.list_views() == []
                    break
                except Unreachable:
                    continue
        await desk.close()


async def test_unknown_name_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_rest: Any, **_named: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    desk = NativeBackend("https://desk.example", "token", limits=QUICK)
    with pytest.raises(Unreachable, match="not known"):
        await desk.open()
    with pytest.raises(Unreachable, match="not known"):
        await desk.apply(TICKET, REPLY, KEY)
    await desk.close()


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """What a server with a certificate nobody vouches for shows."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    asked = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*asked, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_self_signed_server_never_sees_the_token(self_signed: ssl.SSLContext) -> None:
    received: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(1000))
        writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=self_signed)
    port = listener.sockets[0].getsockname()[1]
    desk = NativeBackend(f"https://localhost:{port}", "token", limits=QUICK)
    with pytest.raises(Refused, match="TLS"):
        await desk.open()
    with pytest.raises(Refused, match="TLS"):
        await desk.apply(TICKET, REPLY, KEY)
    await desk.close()
    listener.close()
    await listener.wait_closed()
    assert b"".join(received) == b""


async def test_proxy_settings_of_the_machine_never_see_a_loopback_token(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(said(b"[]")) as proxy, raw_server(said(b"[]")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        desk = NativeBackend(server.url, "token", limits=QUICK)
        assert await desk.list_views() == []
        await desk.close()
        assert proxy.heads == []


@pytest.mark.parametrize("size", [3, 8])
async def test_file_of_another_size_than_announced_fails_whole(size: int) -> None:
    async with raw_server(said(b"12345")) as server:
        desk = NativeBackend(server.url, "token", limits=QUICK)
        file = Attachment(AttachmentId("a1"), NO_TEXT, "text/plain", size)
        with pytest.raises(BadPayload):
            _ = [piece async for piece in desk.read_attachment(file)]
        await desk.close()


async def test_silent_server_does_not_hold_a_download() -> None:
    async with raw_server(hanging()) as server:
        desk = NativeBackend(server.url, "token", limits=Limits(deadline_s=0.2))
        with pytest.raises(Unreachable):
            await anext(aiter(desk.read_attachment(Attachment(AttachmentId("a1"), NO_TEXT, "text/plain", 5))))
        await desk.close()


async def test_download_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "TIME_S", 0.1)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    async with raw_server(dripping(head, b"x", 0.02)) as server:
        desk = NativeBackend(server.url, "token", limits=QUICK)
        with pytest.raises(Unreachable, match="too slow"):
            _ = [piece async for piece in desk.read_attachment(Attachment(AttachmentId("a1"), NO_TEXT, "text/plain", 100_000))]
        await desk.close()


async def test_cut_file_is_an_error() -> None:
    async with raw_server(said(b"12345", cut=2)) as server:
        desk = NativeBackend(server.url, "token", limits=QUICK)
        with pytest.raises(Unreachable):
            _ = [piece async for piece in desk.read_attachment(Attachment(AttachmentId("a1"), NO_TEXT, "text/plain", 5))]
        await desk.close()


async def test_closed_client_asks_nobody_and_closing_twice_is_fine() -> None:
    http = Http("https://desk.example", "token", read_refusal=lambda _body: Said())
    await http.close()
    await http.close()
    with pytest.raises(Unreachable):
        await http.send(Call(operation="x", method="GET", route="/x"))


async def test_cancelled_call_leaves_no_connection_open() -> None:
    async with raw_server(hanging()) as server:
        desk = NativeBackend(server.url, "token", limits=QUICK)
        task = asyncio.create_task(desk.open())
        async with asyncio.timeout(40):
            await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await desk.close()


def test_chosen_backend_is_made_without_loading_the_http_library(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from supportdesk_tui.backends.catalog import SPECS, Connection\n"
        "SPECS['native'].factory(Connection('http://127.0.0.1:1', 'token'))\n"
        "assert 'httpx' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)
