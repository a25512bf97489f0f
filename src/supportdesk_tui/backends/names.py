"""Looks up a server's name in one thread of its own, so that a dead name server never holds the desk's other threads."""

import asyncio
import socket
import threading
from contextlib import suppress


class NameCheck:
    """Asks whether a host can be resolved; however often it is asked, one lookup is under way."""

    def __init__(self, host: str, port: int) -> None:
        # As bytes, or Python loads the tables of international names for each name, of which a plain one needs none.
        self._address = (host.encode() if host.isascii() else host, port)
        self._looking: asyncio.Future[None] | None = None

    async def resolve(self, within_s: float) -> None:
        """Return when the name resolves; raise `OSError` (of which `TimeoutError` is one) when it does not, or not in time."""
        if self._looking is None or self._looking.done():
            self._looking = self._start()
        async with asyncio.timeout(within_s):
            await asyncio.shield(self._looking)

    def _start(self) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        looking: asyncio.Future[None] = loop.create_future()

        def settle(error: OSError | None) -> None:
            if looking.done():
                return
            if error is None:
                looking.set_result(None)
            else:
                looking.set_exception(error)
                looking.exception()

        def look() -> None:
            error: OSError | None = None
            try:
                socket.getaddrinfo(*self._address, type=socket.SOCK_STREAM)
            except OSError as caught:
                error = caught
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, error)

        threading.Thread(target=look, name="name-lookup", daemon=True).start()
        return looking
