"""Answers that are far too large: refused or shown in part, and never held whole. Measured in a process of its own."""

import asyncio
import gzip
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.contract.rawserver import Answer, raw, raw_server, said

MB = 1024 * 1024
JSON = "Content-Type: application/json\r\n"
NOTHING = said(b"[]")


def endless(head: str, piece: bytes, times: int, tail: bytes = b"") -> Answer:
    """A piece again and again, made as it is sent."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + b"Connection: close\r\n\r\n")
        for _ in range(times):
            writer.write(piece)
            await writer.drain()
        writer.write(tail)
        await writer.drain()

    return answer


def entry(body: str, number: int) -> dict[str, object]:
    at = datetime(2026, 8, 17, 10, tzinfo=UTC).isoformat()
    return {"id": f"e{number}-{body[:3]}", "seq": number, "kind": "customer", "author": "Ana", "at": at, "body": body}


def page(*bodies: str) -> Answer:
    return said(json.dumps({"items": [entry(body, number) for number, body in enumerate(bodies, 1)]}).encode())


async def grown_by(what: str, *script: Answer) -> tuple[int, str]:
    """MB the client grew by, and what it made of the answer."""
    async with raw_server(NOTHING, *script) as server:
        program = [sys.executable, "-m", "tests.net.hog", server.url, what]
        child = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
        async with asyncio.timeout(60):
            out, _ = await child.communicate()
    assert child.returncode == 0
    kilobytes, _, outcome = out.decode().partition(" ")
    return int(kilobytes) // 1024, outcome


def bomb() -> Answer:
    return said(gzip.compress(b" " * (200 * MB), 1), headers=f"{JSON}Content-Encoding: gzip\r\n")


CASES: dict[str, tuple[Callable[[], Answer], str]] = {
    "200 MB": (lambda: endless(f"HTTP/1.1 200 OK\r\n{JSON}", b"x" * MB, 200), "at most"),
    "200 MB of lists": (lambda: endless(f"HTTP/1.1 200 OK\r\n{JSON}", b"[" * MB, 200), "at most"),
    "gzip bomb": (bomb, "at most"),
    "100,000 levels": (lambda: said(b'[{"id":' * 50_000), "unexpected answer"),
    "longer than said": (lambda: endless(f"HTTP/1.1 200 OK\r\n{JSON}Content-Length: 2\r\n", b"[]" * MB, 20), "answered"),
    "head of 50 MB": (lambda: raw(b"HTTP/1.1 200 OK\r\n" + (b"X-A: " + b"a" * 1000 + b"\r\n") * 50_000), "Protocol"),
}


@pytest.mark.parametrize("case", CASES)
async def test_hostile_answer_costs_little_memory(case: str) -> None:
    answer, said_of_it = CASES[case]
    megabytes, outcome = await grown_by("views", answer())
    assert said_of_it in outcome
    assert megabytes <= 64, outcome


async def test_feed_with_a_line_of_100_mb_is_a_gap_and_costs_little_memory() -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    line = endless(head, b"x" * MB, 100, b"\nid: 9\nevent: entry\n" + b"data: y\n\n")
    long_data = endless(head, b"event: entry\nid: 9\ndata: " + b"x" * MB, 1, b"x" * MB + b"\n\n")
    megabytes, _ = await grown_by("feed", line)
    assert megabytes <= 64
    megabytes, outcome = await grown_by("feed", long_data)
    assert (megabytes <= 64, outcome) == (True, "Gap")


@pytest.mark.parametrize(
    "body",
    ["word " * 2_000_000, "\n" * 1_000_000, "x" * 1_000_000, "\x1b[31m" * 1_000_000, "e\u0301\u0301" * 1_000_000],
    ids=["10 MB", "1 M lines", "1 MB line", "5 MB of escapes", "combining"],
)
async def test_message_of_ten_megabytes_is_shown_in_part(body: str) -> None:
    megabytes, outcome = await grown_by("entries", page("before", body), page("a note"))
    assert megabytes <= 100
    assert outcome.startswith("3 entries")


async def test_page_too_large_for_one_answer_is_read_in_smaller_ones() -> None:
    big = page(*["word " * 400_000] * 9)
    small = page("the newest")
    megabytes, outcome = await grown_by("entries", big, big, small)
    assert megabytes <= 100
    assert outcome.startswith("1 entries of 10")
