"""Servers that are not who they say, over real TLS: refused, the cause said, and no token ever sent."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.domain.errors import BackendError, Refused, Unreachable
from supportdesk_tui.store.state import LinkPhase
from tests.contract.answers import KEY, QUICK, REPLY, TICKET
from tests.contract.rawserver import Answer, RawServer, raw_server, said
from tests.sync.desk import desk
from tests.sync.fake import until


@dataclass
class Listener:
    """A TLS server, and everything that came through to it."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def tokens(self) -> int:
        """Signed requests that were seen."""
        return b"".join(self.heard).lower().count(b"authorization:")


@asynccontextmanager
async def tls_server(context: ssl.SSLContext, answer: bytes = b"[]") -> AsyncIterator[Listener]:
    """Answer every request that gets through the handshake."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            listener.heard.append(await reader.read(65_536))
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            writer.write(head % len(answer) + answer)
            await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    class Counted(ssl.SSLObject):
        """Counts handshakes, those that fail too."""

        def do_handshake(self) -> None:
            if self not in seen:
                seen.append(self)
                listener.connections += 1
            super().do_handshake()

    seen: list[ssl.SSLObject] = []
    context.sslobject_class = Counted
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    listener = Listener(server.sockets[0].getsockname()[1])
    try:
        yield listener
    finally:
        server.close()
        await server.wait_closed()


def serving(authority: trustme.CA, *names: str, until_at: datetime | None = None) -> ssl.SSLContext:
    """What a server with a certificate of this authority shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=until_at).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority of the company's own."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """Its certificate, as a profile names it."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@contextmanager
def old_server(authority: trustme.CA) -> Iterator[tuple[int, list[bytes]]]:
    """A server that speaks TLS 1.0 and nothing newer, in a thread: it says goodbye as servers do."""
    context = serving(authority, "localhost")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as safe:
                heard.append(safe.recv(65_536))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


async def test_server_of_the_last_century_is_refused_before_it_hears_a_token(authority: trustme.CA, ca_file: str) -> None:
    with old_server(authority) as (port, heard):
        backend = NativeBackend(f"https://localhost:{port}", "token", limits=QUICK, ca_file=ca_file)
        with pytest.raises(Refused, match=r"TLS: .*(protocol|version)"):
            await backend.list_views()
        await backend.close()
    assert heard == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("expired", "expired"),
        ("stranger", "unable to get local issuer certificate|self-signed"),
        ("wrong host", "doesn't match|mismatch"),
        ("mitm", "self-signed|unable to get|signature"),
    ],
)
async def test_server_that_cannot_prove_itself_is_refused_and_sees_no_token(
    fault: str, why: str, authority: trustme.CA, ca_file: str
) -> None:
    shown = {
        "expired": lambda: serving(authority, "localhost", until_at=datetime.now(UTC) - timedelta(days=1)),
        "stranger": lambda: serving(trustme.CA(), "localhost"),
        "wrong host": lambda: serving(authority, "elsewhere.example"),
        "mitm": lambda: serving(trustme.CA(organization_name="trustme"), "localhost"),
    }[fault]()
    async with tls_server(shown) as server:
        desk_backend = NativeBackend(f"https://localhost:{server.port}", "token", limits=QUICK, ca_file=ca_file)
        with pytest.raises(Refused, match=f"TLS: .*({why})"):
            await desk_backend.list_views()
        with pytest.raises(Refused, match="TLS: "):
            await desk_backend.apply(TICKET, REPLY, KEY)
        await desk_backend.close()
        assert server.tokens == 0
        assert server.connections <= 2


async def test_authority_of_the_profile_is_believed_and_only_there(authority: trustme.CA, ca_file: str) -> None:
    async with tls_server(serving(authority, "localhost")) as server:
        url = f"https://localhost:{server.port}"
        knowing = NativeBackend(url, "token", limits=QUICK, ca_file=ca_file)
        assert await knowing.list_views() == []
        await knowing.close()
        assert server.tokens == 1
        unknowing = NativeBackend(url, "token", limits=QUICK)
        with pytest.raises(Refused, match="TLS"):
            await unknowing.list_views()
        await unknowing.close()
        assert server.tokens == 1


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), (b"not a certificate", "no certificates")])
async def test_authority_file_that_cannot_be_read_is_named(content: bytes | None, why: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.pem"
    if content is not None:
        path.write_bytes(content)
    backend = NativeBackend("https://localhost:1", "token", limits=QUICK, ca_file=str(path))
    with pytest.raises(Refused, match=f"mine.pem: {why}"):
        await backend.list_views()
    await backend.close()


async def test_handshake_cut_in_the_middle_is_unreachable_and_tried_a_few_times() -> None:
    heads: list[bytes] = []

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.read(100))
        writer.write(b"\x16\x03\x03\x00\x7a\x02")
        await writer.drain()
        writer.transport.abort()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    backend = NativeBackend(f"https://localhost:{server.sockets[0].getsockname()[1]}", "token", limits=QUICK)
    with pytest.raises(Unreachable):
        await backend.list_views()
    await backend.close()
    server.close()
    await server.wait_closed()
    assert 1 <= len(heads) <= QUICK.attempts
    assert b"token" not in b"".join(heads)


async def test_desk_says_why_it_does_not_believe_the_server_and_does_not_hammer_it(tmp_path: Path) -> None:
    async with tls_server(serving(trustme.CA(), "localhost")) as server:

        async def connect() -> NativeBackend:
            return NativeBackend(f"https://localhost:{server.port}", "token", limits=QUICK)

        async with desk(tmp_path, connect) as one:
            await until(lambda: one.state.link.phase is LinkPhase.LOST)
            assert "certificate" in one.state.link.reason
            assert one.state.link.retry_at is not None
        assert server.connections <= 2
        assert server.tokens == 0


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:{port}/steal", "https://localhost:{port}/steal", "//127.0.0.1:{port}/steal"]
)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_redirect_is_never_followed(location: str, status: str) -> None:
    async with raw_server(said(b"[]")) as other:
        where = location.format(port=other.url.rpartition(":")[2])
        async with raw_server(said(b"", status=status, headers=f"Location: {where}\r\n")) as first:
            backend = NativeBackend(first.url, "token", limits=QUICK)
            with pytest.raises(BackendError, match="redirect"):
                await backend.list_views()
            with pytest.raises(BackendError):
                await backend.apply(TICKET, REPLY, KEY)
            await backend.close()
        assert other.heads == []


async def test_proxy_of_the_environment_sees_a_host_and_never_the_token(
    authority: trustme.CA, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tls_server(serving(authority, "desk.invalid")) as server, raw_server(tunnel_to(server.port)) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        backend = NativeBackend(f"https://desk.invalid:{server.port}", "token", limits=QUICK, ca_file=ca_file)
        assert await backend.list_views() == []
        await backend.close()
        assert server.tokens == 1
        assert [head.split()[0] for head in proxy.heads] == ["CONNECT"]
        assert "authorization" not in "".join(proxy.heads).lower()
        await checked_direct(proxy, authority, ca_file, monkeypatch)


async def checked_direct(proxy: RawServer, authority: trustme.CA, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of NO_PROXY is asked directly."""
    monkeypatch.setenv("NO_PROXY", "localhost")
    before = len(proxy.heads)
    async with tls_server(serving(authority, "localhost")) as near:
        backend = NativeBackend(f"https://localhost:{near.port}", "token", limits=QUICK, ca_file=ca_file)
        assert await backend.list_views() == []
        await backend.close()
        assert len(proxy.heads) == before


def tunnel_to(port: int) -> Answer:
    """What a proxy does after CONNECT."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        protocol = writer.transport.get_protocol()
        reader = protocol._stream_reader  # type: ignore[attr-defined]  # the stream the server reads this connection from
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()

        try:
            await asyncio.wait(
                {asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))},
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            back.close()

    return answer
