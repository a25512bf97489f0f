"""A server that says some things in a way this client cannot read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def spoiling(url: str, *changes: tuple[bytes, bytes]) -> AsyncIterator[str]:
    """A relay at this address changes some bytes of what the server says, each to others of the same length."""
    port = int(url.rpartition(":")[2])

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(1_000_000):
                data = data.replace(b"Accept-Encoding: gzip", b"Accept-Encoding: none")
                for old, new in changes:
                    data = data.replace(old, new.ljust(len(old)))
                sink.write(data)
                await sink.drain()
            sink.close()

        with suppress(ConnectionError):
            await asyncio.gather(pump(reader, back), pump(there, writer))

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, limit=4_000_000)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        await listener.wait_closed()
