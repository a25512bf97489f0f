"""Waits for the browser to come back from the sign-in page: on a loopback port, or by the address pasted into the terminal.

A browser on another machine (over SSH) cannot reach the port: it shows an error page whose address holds all that is needed.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from supportdesk_tui.backends.zendesk.oauth import Asked, Rotation, ask, finish
from supportdesk_tui.domain.errors import Refused, SignInNeeded, Unreachable

WAIT_S = 600.0
"""How long the person may take."""
REQUEST_S = 10.0
PATH = "/signed-in"
_DONE = "You are signed in. Close this page and go back to the terminal."
_NOT_DONE = "This page belongs to no sign-in that is waiting."


async def browse(
    rotation: Rotation, show: Callable[[str], None], *, pasted: "Callable[[], Awaitable[str]] | None" = None
) -> str:
    """Sign in by browser; the secret to keep. `pasted` waits for an address from the person, the terminal's by default."""
    if not rotation.client_id:
        raise SignInNeeded("sign in", "the profile has no client_id: an administrator makes one under Apps and integrations")
    returned: asyncio.Queue[str] = asyncio.Queue(maxsize=4)
    held: list[Asked] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError, asyncio.LimitOverrunError):
            async with asyncio.timeout(REQUEST_S):
                line = (await reader.readline()).decode("latin-1").split(" ")
                led_to = line[1] if len(line) == 3 and line[0] == "GET" else ""
                is_ours = led_to.startswith(f"{PATH}?") and bool(held) and _is_for(held[0], led_to)
                writer.write(_page(_DONE if is_ours else _NOT_DONE, 200 if is_ours else 404))
                await writer.drain()
                if is_ours and not returned.full():
                    returned.put_nowait(led_to)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=8192)
    try:
        port = server.sockets[0].getsockname()[1]
        asked = ask(rotation.url, rotation.client_id, f"http://127.0.0.1:{port}{PATH}")
        held.append(asked)
        show(asked.page)
        led_to = await _first(returned.get(), _valid(asked, pasted or typed_line))
    except TimeoutError:
        raise Unreachable("sign in", "nobody signed in on the page within ten minutes") from None
    finally:
        server.close()
    return await finish(rotation, asked, led_to)


def _is_for(asked: Asked, led_to: str) -> bool:
    try:
        asked.code(led_to)
    except Refused:
        return False
    except SignInNeeded:
        return True
    return True


async def _valid(asked: Asked, pasted: Callable[[], Awaitable[str]]) -> str:
    """The first pasted address that belongs to this sign-in; anything else is passed over."""
    while True:
        line = await pasted()
        with suppress(Refused):
            asked.code(line)
            return line


async def _first(*waited: Awaitable[str]) -> str:
    """What comes first; the others are given up."""
    tasks = [asyncio.ensure_future(one) for one in waited]
    try:
        done, _ = await asyncio.wait(tasks, timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise TimeoutError
        return next(iter(done)).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def typed_line() -> str:
    """The next line typed or pasted into the terminal; waits for ever where there is none to type into."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()
    if not sys.stdin.isatty():
        return await line
    number = sys.stdin.fileno()

    def read() -> None:
        text = sys.stdin.readline()
        if not text:
            loop.remove_reader(number)
        elif not line.done():
            line.set_result(text)

    try:
        loop.add_reader(number, read)
    except NotImplementedError:
        return await line
    try:
        return await line
    finally:
        loop.remove_reader(number)


def _page(words: str, status: int) -> bytes:
    body = f"<!doctype html><meta charset=utf-8><title>supportdesk</title><p>{words}".encode()
    reason = "OK" if status == 200 else "Not Found"
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
