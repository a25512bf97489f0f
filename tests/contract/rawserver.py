"""A server that sends exactly the bytes a test wants, as slowly and as brokenly as it wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.contract.listening import listening

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class RawServer:
    """Each connection takes the next answer of the script; the last one goes on answering."""

    url: str
    heads: list[str] = field(default_factory=list)
    """Request heads as they came."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the first request."""
    handlers: set[asyncio.Task[None]] = field(default_factory=set)
    """One for every connection that is open."""

    async def idle(self) -> None:
        """Wait until every connection has ended."""
        while self.handlers:
            await asyncio.wait(self.handlers)

    def owns(self, task: "asyncio.Task[object]") -> bool:
        """Whether a task is the server's own."""
        return task in self.handlers


def said(body: bytes, *, status: str = "200 OK", headers: str = "Content-Type: application/json\r\n", cut: int = 0) -> Answer:
    """An answer with a true length, of which the last `cut` bytes are never sent."""
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    return raw((head + body)[: len(head) + len(body) - cut])


def raw(piece: bytes) -> Answer:
    """These bytes, then the end."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(piece)
        await writer.drain()

    return answer


def hanging(piece: bytes = b"") -> Answer:
    """These bytes, then nothing more, and no end."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(piece)
        await writer.drain()
        await writer.wait_closed()

    return answer


def dripping(head: bytes, drop: bytes, every_s: float) -> Answer:
    """These bytes, then a drop again and again."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(every_s)

    return answer


@asynccontextmanager
async def raw_server(*script: Answer) -> AsyncIterator[RawServer]:
    """Serve a script on loopback."""
    answers = list(script)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            server.asked.set()
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    tasks: set[asyncio.Task[None]] = set()
    async with listening(handle, tasks) as url:
        server = RawServer(url, handlers=tasks)
        yield server
