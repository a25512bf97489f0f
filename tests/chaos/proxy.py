"""A proxy between client and server that breaks each exchange as a list of faults says.

It reads requests as HTTP/1.1, so that a fault meets a certain request and not a certain connection. Every request belongs to
a lane: `write` (a change), `feed` (the event stream) or `read` (the rest); the n-th request of a lane takes the n-th fault of
that lane, and passes when there is none left. What was done to whom is written to a log.

    async with proxy_to(server.url, [Fault("cut", "write", at=17)]) as proxy:
        backend = NativeBackend(proxy.url, token)
"""

import asyncio
import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct, field

Lane = Literal["write", "feed", "read"]
FAULTS: Final = {
    "pass": "nothing is done to it",
    "cut_up": "only the first `at` bytes of the request arrive, then the connection is reset",
    "cut": "only the first `at` bytes of the answer come back, then the connection is reset",
    "close": "only the first `at` bytes of the answer come back, then an orderly end",
    "lost": "the request is done, its answer is lost, the connection is reset",
    "reset": "the connection is reset before anything of the request goes on",
    "hang": "the request is done, no byte of the answer comes and nothing ends",
    "blackhole": "neither the request nor an answer arrives and nothing ends: half open",
    "replay": "the request arrives twice, one after the other; the first answer comes back",
    "replay_second": "the request arrives twice; the second answer comes back",
    "replay_late": "the request arrives again `seconds` after its answer came back",
    "reorder": "the request waits until the next write has passed, `seconds` at most",
    "delay": "the request waits `seconds`, its answer as long again",
    "drip": "the answer comes byte by byte",
    "rate": "the answer comes in pieces of 64 bytes, `seconds` in all",
    "down": "this connection and every other are reset, and new ones for `seconds`",
}
"""Every fault and what it does."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_WRITE = re.compile(rb"POST /api/v1/(?:tickets|changes)[/ ]")
_FEED = re.compile(rb"GET /api/v1/events\b")
_KEY = re.compile(rb"\r\nidempotency-key: *([\w-]+)", re.IGNORECASE)
_LOOK = re.compile(rb"GET /api/v1/changes/([\w-]+) ")
_MARK = re.compile(rb"mark-\d+-\d+")
HEAD_END: Final = b"\r\n\r\n"


class Fault(Struct, frozen=True):
    """What happens to one request."""

    kind: str
    lane: Lane = "write"
    at: int = 0
    """Bytes, for those that cut; for a feed, after how many bytes it begins."""
    seconds: float = 0.0

    def __str__(self) -> str:
        more = "".join((f"@{self.at}" if self.at else "", f" {self.seconds:g}s" if self.seconds else ""))
        return f"{self.lane}:{self.kind}{more}"


PASS: Final = Fault("pass")


class Broken(Exception):  # noqa: N818  names the condition
    """This connection ends now, without a goodbye."""


class Proxy(Struct, eq=False):
    """One listening proxy."""

    port: int
    """Of the server behind it."""
    url: str = ""
    """Where clients find it."""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """To come, by lane."""
    done: list[str] = field(default_factory=list)
    """What was done, in order."""
    log: int = -1
    """A file to write it to as well."""
    trace: int = -1
    """A file for every change that is asked for or looked for, and what was answered, by its key."""
    is_down: bool = False
    writes: int = 0
    """Changes that were passed on."""
    passed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set and forgotten with every change that was passed on."""
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    late: set[asyncio.Task[bytes]] = field(default_factory=set)
    """Requests that will arrive once more."""

    def plan(self, faults: Sequence[Fault]) -> None:
        """Add faults to the lanes."""
        for fault in faults:
            self.faults.setdefault(fault.lane, []).append(fault)

    def cut(self) -> None:
        """Break every connection at once, without a goodbye."""
        for writer in tuple(self.writers):
            writer.transport.abort()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            writer.transport.abort()
            return
        self.writers.add(writer)
        ours: set[asyncio.StreamWriter] = {writer}
        try:
            server = await asyncio.open_connection("127.0.0.1", self.port)
            ours.add(server[1])
            self.writers.add(server[1])
            while request := await read_message(reader):
                await self._exchange(request, (reader, writer), server)
            writer.close()
        except (OSError, Broken, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            self.writers -= ours
            for one in ours:
                one.close()

    async def _exchange(self, request: bytes, client: "Ends", server: "Ends") -> None:
        lane = lane_of(request)
        self._follow(request)
        coming = self.faults.get(lane)
        fault = coming.pop(0) if coming else PASS
        if fault.kind != "pass":
            self._note(f"{fault} {request.partition(b' HTTP')[0].decode('ascii', 'replace')}")
        if lane == "feed":
            await self._feed(request, fault, client, server)
            return
        await self._before(request, fault, client, server)
        server[1].write(request)
        await server[1].drain()
        answer = await read_message(server[0])
        if lane == "write":
            self.writes += 1
            self.passed.set()
            self.passed.clear()
        if not answer:
            raise Broken
        self._follow(request, answer)
        await self._answer(request, answer, fault, client)

    async def _before(self, request: bytes, fault: Fault, client: "Ends", server: "Ends") -> None:
        """What happens to a request on its way."""
        match fault.kind:
            case "reset":
                raise Broken
            case "blackhole":
                await _silence(client)
            case "cut_up":
                server[1].write(request[: fault.at])
                await server[1].drain()
                raise Broken
            case "delay":
                await held_up(fault.seconds)
            case "reorder":
                with suppress(TimeoutError):
                    async with asyncio.timeout(fault.seconds):
                        await self.passed.wait()
            case "down":
                await self._go_down(fault.seconds)
            case _:
                pass

    async def _answer(self, request: bytes, answer: bytes, fault: Fault, client: "Ends") -> None:
        """What happens to its answer."""
        match fault.kind:
            case "cut" | "close":
                client[1].write(answer[: fault.at])
                await client[1].drain()
                if fault.kind == "close":
                    client[1].close()
                raise Broken
            case "lost":
                raise Broken
            case "hang":
                await _silence(client)
            case "replay" | "replay_second":
                second = await self._again(request)
                answer = second if fault.kind == "replay_second" and second else answer
            case "replay_late":
                late = asyncio.get_running_loop().create_task(self._again(request, fault.seconds))
                self.late.add(late)
                late.add_done_callback(self.late.discard)
            case "delay":
                await held_up(fault.seconds)
            case "drip" | "rate":
                await _slowly(client[1], answer, 1 if fault.kind == "drip" else 64, fault.seconds)
                return
            case _:
                pass
        client[1].write(answer)
        await client[1].drain()

    async def _feed(self, request: bytes, fault: Fault, client: "Ends", server: "Ends") -> None:
        """Pass an endless answer on until its fault begins or somebody ends it."""
        if fault.kind == "down":
            await self._go_down(fault.seconds)
        if fault.kind == "reset":
            raise Broken
        server[1].write(request)
        gone = asyncio.get_running_loop().create_task(client[0].read(1))
        passed = 0
        try:
            while data := await _read_or_gone(server[0], gone):
                if fault.kind in {"cut", "close", "blackhole"} and passed + len(data) >= fault.at:
                    client[1].write(data[: fault.at - passed])
                    if fault.kind == "blackhole":
                        await gone
                    elif fault.kind == "close":
                        client[1].close()
                    raise Broken
                if fault.kind == "delay":
                    await held_up(fault.seconds)
                passed += len(data)
                client[1].write(data)
                await client[1].drain()
        finally:
            gone.cancel()
        raise Broken

    async def _again(self, request: bytes, after_s: float = 0.0) -> bytes:
        await held_up(after_s)
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(request)
                return await read_message(reader)
            finally:
                writer.close()
        return b""

    async def _go_down(self, seconds: float) -> None:
        self.is_down = True
        asyncio.get_running_loop().call_later(seconds, self._come_up)
        self.cut()
        raise Broken

    def _come_up(self) -> None:
        self.is_down = False

    def _follow(self, request: bytes, answer: bytes = b"") -> None:
        """A line for a change: time, `>` or `<` and the status, method and path, its key, the marks of its text."""
        looked, sent = _LOOK.match(request), _WRITE.match(request)
        key = looked or (_KEY.search(request) if sent else None)
        if self.trace < 0 or key is None:
            return
        way = answer.split(b" ", 2)[1].decode("ascii", "replace") if answer else ">"
        path = request.partition(b" HTTP")[0].decode("ascii", "replace")
        marks = " ".join(sorted({one.decode() for one in _MARK.findall(request)}))
        os.write(self.trace, f"{time.monotonic():.3f} {way} {path} {key[1].decode()} {marks}\n".encode())

    def _note(self, line: str) -> None:
        self.done.append(line)
        if self.log >= 0:
            os.write(self.log, line.encode() + b"\n")


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def lane_of(request: bytes) -> Lane:
    """Which list of faults a request takes from."""
    if _WRITE.match(request):
        return "write"
    return "feed" if _FEED.match(request) else "read"


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """One request or answer with its body; empty at the end of the connection."""
    try:
        head = await reader.readuntil(HEAD_END)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return b""
    length = _LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


async def _silence(client: Ends) -> None:
    """Say nothing until the other side has had enough."""
    while await client[0].read(65_536):
        pass
    raise Broken


async def held_up(seconds: float) -> None:
    """A fault that takes time: nothing is waited for, and the end comes by the clock."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_future()


async def _slowly(writer: asyncio.StreamWriter, data: bytes, piece: int, seconds: float) -> None:
    pause_s = seconds / max(1, len(data) // piece)
    for at in range(0, len(data), piece):
        writer.write(data[at : at + piece])
        await writer.drain()
        await held_up(pause_s)


async def _read_or_gone(server: asyncio.StreamReader, gone: "asyncio.Task[bytes]") -> bytes:
    """The next bytes of the server; none when the client has gone."""
    reading = asyncio.get_running_loop().create_task(server.read(65_536))
    await asyncio.wait({reading, gone}, return_when=asyncio.FIRST_COMPLETED)
    if reading.done():
        return reading.result()
    reading.cancel()
    return b""


@asynccontextmanager
async def proxy_to(url: str, faults: Sequence[Fault] = ()) -> AsyncIterator[Proxy]:
    """Stand in front of a server on loopback."""
    proxy = Proxy(urlsplit(url).port or 80)
    proxy.plan(faults)
    listener = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        listener.close()
        proxy.cut()
        for task in (*proxy.tasks, *proxy.late):
            task.cancel()
        await asyncio.gather(*proxy.tasks, *proxy.late, return_exceptions=True)
        await listener.wait_closed()


def serve(listener: socket.socket, port: int, faults: Sequence[Fault], log: int, trace: int = -1) -> None:
    """Be a proxy until the process ends; SIGUSR1 makes it pass everything from then on."""

    async def run() -> None:
        proxy = Proxy(port, log=log, trace=trace)
        proxy.plan(faults)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, proxy.faults.clear)
        server = await asyncio.start_server(proxy.accept, sock=listener)
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve_forever()

    asyncio.run(run())
