"""A scripted Request Tracker on a socket: an answer for each kind of request, the last of a list for ever."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

TOKEN = "1-30-0123456789abcdef0123456789abcdef"
ME = {"id": 30, "Name": "alice", "RealName": "Alice Hartmann", "Timezone": "UTC"}
ROW = {
    "id": "30",
    "Subject": "Checkout",
    "Status": "open",
    "Priority": "90",
    "Queue": {"id": "3", "Name": "Support"},
    "Owner": {"id": "alice", "Name": "alice", "RealName": "Alice Hartmann"},
    "Requestor": [{"id": "carla@northwind.test", "RealName": "Carla"}],
    "Created": "2026-11-12T23:34:40Z",
    "LastUpdated": "2026-11-14T02:34:40Z",
}
CUT = b""
"""The line breaks instead of an answer."""


def said(body: object, status: str = "200 OK", **headers: str) -> bytes:
    """An answer in JSON, or in bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    kind = "" if "Content_Type" in headers else "Content-Type: application/json\r\n"
    return f"HTTP/1.1 {status}\r\n{kind}{lines}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data


def items(*rows: object, total: int | None = None) -> bytes:
    """A page of a list."""
    return said({"items": list(rows), "count": len(rows), "total": total, "page": 1})


@dataclass(slots=True)
class Script:
    """What is answered to requests whose first line matches; what is not named gets an empty list."""

    url: str
    answers: dict[str, list[bytes]] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    """First lines of all requests."""
    cookies: dict[str, str] = field(default_factory=dict)
    """What each of them sent as its cookie, the last one of a kind; empty for none."""

    def asked(self, pattern: str) -> int:
        """How many requests of a kind came."""
        return sum(bool(re.search(pattern, head)) for head in self.heads)

    def answer(self, head: str) -> bytes:
        """The next answer of the first pattern that fits."""
        found = next((answers for pattern, answers in self.answers.items() if re.search(pattern, head)), [items()])
        return found.pop(0) if len(found) > 1 else found[0]


@asynccontextmanager
async def scripted_rt(answers: dict[str, list[bytes]]) -> AsyncIterator[Script]:
    """An RT that signs `alice` in and answers a script besides."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(size[1]) if size else 0)
            first = head.partition("\r\n")[0]
            script.heads.append(first)
            cookie = re.search(r"(?im)^cookie: (.*)$", head)
            script.cookies[first.partition("?")[0]] = cookie[1].strip() if cookie else ""
            writer.write(script.answer(first))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    usual = {"/REST/2.0/user/30": [said(ME)], r"/REST/2.0/rt ": [said({"Version": "5.0.3"})]}
    usual |= {"/queues/all": [items({"id": "3", "Name": "Support", "Lifecycle": "default"})]}
    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    script = Script(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", answers | usual)
    try:
        yield script
    finally:
        listener.close()
        await listener.wait_closed()
