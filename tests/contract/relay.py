"""A relay between client and server that can cut every connection, as a train tunnel does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.contract.listening import listening


@dataclass(slots=True)
class Relay:
    """Passes bytes both ways until it is told to cut."""

    url: str
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    cut_after: list[int] = field(default_factory=list)
    """For each connection to come: break it when this many bytes have come back from the server."""
    cut_only: bytes = b""
    """Spend the cuts on connections whose first bytes hold this: to a server that closes after every answer most only ask."""

    opened: int = 0
    """Connections so far: requests, where the server closes after each."""
    is_hole: bool = False
    """Connections are taken and every byte of them is lost, as behind a router that forgot them."""
    lost: set[asyncio.StreamWriter] = field(default_factory=set)
    """Ends of connections whose bytes go nowhere any more."""

    def swallow(self) -> None:
        """From now on nothing gets through, on connections that are open and on new ones; nobody is told."""
        self.is_hole = True
        self.lost |= self.writers

    def heal(self) -> None:
        """New connections get through again; the old ones stay dead."""
        self.is_hole = False

    def cut(self) -> None:
        """Break every connection at once, without a goodbye."""
        for writer in tuple(self.writers):
            writer.transport.abort()

    async def idle(self) -> None:
        """Wait until no connection is open."""
        while self.tasks:
            await asyncio.wait(self.tasks)


async def _pump(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None = None) -> None:
    passed = 0
    try:
        while data := await reader.read(65_536):
            if writer in relay.lost:
                continue
            writer.write(data if limit is None else data[: limit - passed])
            passed += len(data)
            await writer.drain()
            if limit is not None and passed >= limit:
                break
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def relay_to(url: str) -> AsyncIterator[Relay]:
    """Stand in front of a server on loopback."""
    port = urlsplit(url).port

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65_536) if relay.cut_only else b""
        is_cut = relay.cut_after and relay.cut_only in first
        relay.opened += 1
        limit = relay.cut_after.pop(0) if is_cut else None
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        both = {writer, server_writer}
        relay.writers |= both
        if relay.is_hole:
            relay.lost |= both
        else:
            server_writer.write(first)
        try:
            await asyncio.gather(_pump(relay, reader, server_writer), _pump(relay, server_reader, writer, limit))
        finally:
            relay.writers -= both
            for one in both:
                one.close()

    tasks: set[asyncio.Task[None]] = set()
    async with listening(connect, tasks) as front:
        relay = Relay(front, tasks=tasks)
        try:
            yield relay
        finally:
            relay.cut()
