"""The one place that speaks WebSocket, against servers that send exactly the bytes a test wants."""

import asyncio
import ssl
import struct
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path

import pytest
import trustme

from supportdesk_tui.backends.calls import Call, Said
from supportdesk_tui.backends.http import Http, Limits
from supportdesk_tui.backends.signing import Token
from supportdesk_tui.backends.socket import open_socket
from supportdesk_tui.domain.errors import BackendError, Forbidden, NotFound, Refused, Unreachable
from tests.contract.rawserver import raw_server
from tests.net.test_tls import tunnel_to

CALL = Call(operation="listen", method="GET", route="/cable", attempts=1, max_bytes=1000)
QUICK = Limits(deadline_s=20.0, connect_s=10.0)
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def frame(payload: bytes, opcode: int = 1, *, is_last: bool = True) -> bytes:
    """A frame as a server sends it: not masked."""
    size = len(payload)
    length = bytes([size]) if size < 126 else bytes([126]) + struct.pack("!H", size)
    return bytes([(0x80 if is_last else 0) | opcode]) + length + payload


@dataclass
class Seat:
    """A server for one socket after the other, and what it was asked."""

    url: str
    heads: list[str] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)


@asynccontextmanager
async def serving(
    script: Script | bytes, *, change: Callable[[str], str] = str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Seat]:
    """Agree to every upgrade, with a head changed as a test wants, then send bytes or follow a script."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            seat.heads.append(head)
            asked = dict(line.split(": ", 1) for line in head.strip().split("\r\n")[1:])
            key = asked["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = b64encode(sha1(key.encode(), usedforsecurity=False).digest()).decode()
            said = (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {asked['Sec-WebSocket-Protocol']}\r\n\r\n"
            )
            writer.write(change(said).encode())
            if isinstance(script, bytes):
                writer.write(script)
                await writer.drain()
                while data := await reader.read(1000):
                    seat.heard += data
            else:
                await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    seat = Seat(f"{'https' if tls else 'http'}://127.0.0.1:{port}")
    try:
        yield seat
    finally:
        listener.close()


@asynccontextmanager
async def client(url: str, ca_file: str = "") -> AsyncIterator[Http]:
    """The client of one server, signed."""
    http = Http(url, Token("the-token"), read_refusal=lambda _: Said(), limits=QUICK, ca_file=ca_file)
    yield http
    await http.close()


async def texts(url: str, count: int, *, silence_s: float = 2.0) -> list[str]:
    """So many texts of a socket."""
    heard: list[str] = []
    async with client(url) as http, open_socket(http, CALL, "chat") as socket:
        while len(heard) < count:
            heard += await socket.receive(silence_s)
    return heard


async def test_texts_come_whole_however_they_are_cut_into_frames_and_packets() -> None:
    async def dripping(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in frame("grüße".encode()) + frame(b"a", is_last=False) + frame(b"", 9) + frame(b"b", 0):
            writer.write(bytes([byte]))
            await writer.drain()

    async with serving(dripping) as seat:
        assert await texts(seat.url, 2) == ["grüße", "ab"]
    async with serving(frame(b"one") + frame(b"two")) as seat:
        assert await texts(seat.url, 2) == ["one", "two"]


async def test_ping_is_answered_with_its_own_bytes_and_what_we_say_is_masked() -> None:
    async def asking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(b"42", 9))
        first, size = await reader.readexactly(2)
        mask, payload = await reader.readexactly(4), await reader.readexactly(size & 0x7F)
        pong = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        writer.write(frame(b"%d %s %d" % (first, pong, size >> 7)))
        await writer.drain()
        await reader.read()

    async with serving(asking) as seat:
        assert await texts(seat.url, 1) == ["138 42 1"]


async def test_upgrade_goes_to_the_configured_place_with_its_origin() -> None:
    async with serving(frame(b"x")) as seat:
        await texts(seat.url, 1)
        [head] = seat.heads
    assert head.startswith("GET /cable HTTP/1.1\r\n")
    assert f"Origin: {seat.url}\r\n" in head
    assert "Sec-WebSocket-Extensions" not in head


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (frame(b"x" * 1001), "more than 1000"),
        (frame(b"x" * 600, is_last=False) + frame(b"x" * 600, 0, is_last=False), "more than 1000"),
        (frame(b"\x00\x01", 2), "no text"),
        (frame(b"\xff\xfe"), "closed the socket"),
        (b"\x83\x00", "closed the socket"),
        (b"\xf1\x00", "closed the socket"),
        (frame(struct.pack("!H", 1001) + b"\x1b[2Jgoing away", 8), r"closed the socket \(1001\)"),
    ],
    ids=["huge", "huge in pieces", "binary", "no utf-8", "unknown opcode", "reserved bits", "closed"],
)
async def test_what_no_socket_may_send_ends_it_with_words_of_ours(sent: bytes, reason: str) -> None:
    async with serving(sent) as seat:
        with pytest.raises(Unreachable, match=reason) as raised:
            await texts(seat.url, 1)
    assert str(raised.value).isprintable()


async def test_cut_and_silent_sockets_are_unreachable() -> None:
    async def cutting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with serving(cutting) as seat:
        with pytest.raises(Unreachable):
            await texts(seat.url, 1)
    async with serving(frame(b"half", is_last=False)) as seat:
        with pytest.raises(Unreachable, match="nothing heard"):
            await texts(seat.url, 1, silence_s=0.1)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("Accept: ", "Accept: x", Unreachable),
        ("Protocol: chat", "Protocol: other", Unreachable),
        ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", Unreachable),
        ("101 Switching Protocols", "200 OK", Unreachable),
        ("101 Switching Protocols", "404 Not Found", NotFound),
        ("101 Switching Protocols", "403 Forbidden", Forbidden),
    ],
)
async def test_server_that_does_not_agree_is_no_socket(old: str, new: str, kind: type[BackendError]) -> None:
    def changed(head: str) -> str:
        return head.replace(old, new).replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n" if "101" in old else "\r\n\r\n")

    async with serving(b"", change=changed) as seat, client(seat.url) as http:
        with pytest.raises(kind):
            async with open_socket(http, CALL, "chat"):
                raise AssertionError("it opened")


async def test_redirect_is_not_followed() -> None:
    def elsewhere(head: str) -> str:
        return "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/cable\r\nContent-Length: 0\r\n\r\n"

    async with serving(b"", change=elsewhere) as seat, client(seat.url) as http:
        with pytest.raises(BackendError, match="no redirect"):
            async with open_socket(http, CALL, "chat"):
                raise AssertionError("it opened")
        assert len(seat.heads) == 1


async def test_encrypted_socket_believes_whom_requests_believe(tmp_path: Path) -> None:
    authority = trustme.CA()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(ours)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with serving(frame(b"safe"), tls=ours) as seat:
        async with client(seat.url, str(tmp_path / "ca.pem")) as http, open_socket(http, CALL, "chat") as socket:
            assert await socket.receive(2.0) == ["safe"]
        async with client(seat.url) as http:
            with pytest.raises(Refused, match="TLS"):
                async with open_socket(http, CALL, "chat"):
                    raise AssertionError("it opened")
        assert len(seat.heads) == 1


async def test_proxy_of_the_environment_is_gone_through_and_sees_a_host_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("desk.invalid").configure_cert(ours)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with serving(frame(b"far"), tls=ours) as seat:
        port = seat.url.rpartition(":")[2]
        async with raw_server(tunnel_to(int(port))) as proxy:
            for name in ("HTTPS_PROXY", "https_proxy"):
                monkeypatch.setenv(name, proxy.url)
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            far = client(f"https://desk.invalid:{port}", str(tmp_path / "ca.pem"))
            async with far as http, open_socket(http, CALL, "chat") as socket:
                assert await socket.receive(2.0) == ["far"]
            assert [head.split()[:2] for head in proxy.heads] == [["CONNECT", f"desk.invalid:{port}"]]
            assert "the-token" not in "".join(proxy.heads)
