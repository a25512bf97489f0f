"""The feed over a socket that beats, falls silent, drips, cuts and refuses."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.live import Pace
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.domain.errors import SignInNeeded
from supportdesk_tui.domain.feed import Gap, Heard, Lost, Notice
from supportdesk_tui.domain.ids import FeedMark
from tests.contract.rawserver import Answer, RawServer, dripping, hanging, raw, raw_server, said

QUICK = Pace(silence_s=0.5, stall_s=1.0, connect_s=1.0, backoff_s=0.01, backoff_max_s=0.05)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
BEAT = b'event: beat\ndata: {"at": "2026-08-17T10:00:00Z"}\n\n'


@asynccontextmanager
async def listening(*script: Answer, since: str | None = None) -> AsyncIterator[tuple[RawServer, AsyncIterator[Notice]]]:
    async with raw_server(*script) as server:
        desk = NativeBackend(server.url, "token", limits=Limits(backoff_s=0.01), pace=QUICK)
        try:
            async with asyncio.timeout(40), aclosing(desk.feed(FeedMark(since) if since else None)) as notices:
                yield server, notices
        finally:
            await desk.close()


async def taken(notices: AsyncIterator[Notice], count: int) -> list[Notice]:
    return [await anext(notices) for _ in range(count)]


async def test_beats_are_heard() -> None:
    async with listening(dripping(HEAD, BEAT, 0.01)) as (server, notices):
        heard = await taken(notices, 3)
    assert all(isinstance(notice, Heard) for notice in heard)
    assert isinstance(heard[1], Heard)
    assert heard[1].server_time is not None
    assert "last-event-id" not in server.heads[0].lower()
    assert "authorization: bearer token" in server.heads[0].lower()


async def test_silence_is_said_and_the_feed_resumes_after_the_last_event() -> None:
    async with listening(hanging(HEAD + b"id: 41\n" + BEAT), dripping(HEAD, BEAT, 0.01), since="7") as (server, notices):
        first = await taken(notices, 3)
        again = await taken(notices, 2)
    assert [type(notice) for notice in first + again] == [Heard, Heard, Lost, Heard, Heard]
    lost = first[2]
    assert isinstance(lost, Lost)
    assert "nothing heard" in lost.reason
    assert lost.retry_in_s <= QUICK.backoff_max_s
    assert "last-event-id: 7" in server.heads[0].lower()
    assert "last-event-id: 41" in server.heads[1].lower()


async def test_mark_moves_only_past_whole_events() -> None:
    half = raw(HEAD + b"id: 41\n" + BEAT + b"id: 42\nevent: beat\ndata: {")
    async with listening(half, hanging(HEAD)) as (server, notices):
        await taken(notices, 4)
    assert "last-event-id: 41" in server.heads[1].lower()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (hanging(), "no answer within"),
        (raw(b""), "disconnected"),
        (raw(HEAD), "ended the stream"),
        (dripping(HEAD, b":", 0.01), "no event"),
        (said(b"<html>", headers="Content-Type: text/html\r\n"), "text/event-stream"),
        (said(b"{}", status="503 Service Unavailable"), "HTTP 503"),
        (said(b"{}", status="302 Found", headers="Location: https://elsewhere.example\r\n"), "redirect"),
        (raw(HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + b"x"), "content-encoding"),
        (raw(b"\x1b[31mnot http\r\n\r\n"), "Protocol"),
    ],
    ids=["silent", "hang-up", "ended", "drip", "portal", "down", "redirect", "gzip", "noise"],
)
async def test_every_way_to_break_is_told_and_tried_again(answer: Answer, reason: str) -> None:
    async with listening(answer, dripping(HEAD, BEAT, 0.01)) as (server, notices):
        lost = next_lost = None
        async for notice in notices:
            if isinstance(notice, Lost):
                lost = notice
            elif lost is not None:
                next_lost = notice
                break
    assert lost is not None
    assert reason in lost.reason
    assert "\x1b" not in lost.reason
    assert isinstance(next_lost, Heard)
    assert len(server.heads) == 2


async def test_waits_grow_so_that_a_dead_server_is_left_in_peace() -> None:
    async with listening(raw(b"")) as (server, notices):
        waits = [notice.retry_in_s for notice in await taken(notices, 5) if isinstance(notice, Lost)]
    assert len(waits) == 5
    assert waits[0] <= 0.01
    assert waits[4] > 0.02
    assert all(wait > 0 for wait in waits)
    assert len(server.heads) == 5


async def test_server_that_accepts_and_hangs_up_is_not_asked_faster_and_faster() -> None:
    async with listening(raw(HEAD + BEAT)) as (_server, notices):
        waits = [notice.retry_in_s for notice in await taken(notices, 12) if isinstance(notice, Lost)]
    assert waits[-1] > waits[0]


async def test_wait_the_server_asks_for_is_kept() -> None:
    async with listening(said(b"{}", status="429 Too Many Requests", headers="Retry-After: 60\r\n")) as (_server, notices):
        [lost] = await taken(notices, 1)
    assert isinstance(lost, Lost)
    assert lost.retry_in_s >= 60


async def test_revoked_token_ends_the_feed() -> None:
    async with listening(said(b"{}", status="401 Unauthorized")) as (server, notices):
        with pytest.raises(SignInNeeded):
            await anext(notices)
    assert len(server.heads) == 1


async def test_gap_passes_through() -> None:
    async with listening(hanging(HEAD + b"event: gap\nid: 90\ndata: {}\n\n")) as (_server, notices):
        assert [type(notice) for notice in await taken(notices, 2)] == [Heard, Gap]


async def test_cancelled_reader_leaves_no_task_and_no_socket() -> None:
    async with raw_server(dripping(HEAD, BEAT, 0.01)) as server:
        before = asyncio.all_tasks()
        desk = NativeBackend(server.url, "token", pace=QUICK)
        heard = asyncio.Event()

        async def reader() -> None:
            async with aclosing(desk.feed(None)) as notices:
                async for _ in notices:
                    heard.set()

        task = asyncio.create_task(reader())
        async with asyncio.timeout(40):
            await heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await desk.close()
        async with asyncio.timeout(40):
            await server.idle()
        gc.collect()
        assert {one for one in asyncio.all_tasks() - before if not server.owns(one)} == set()


async def test_closing_the_backend_cuts_a_feed_nobody_reads() -> None:
    async with raw_server(dripping(HEAD, BEAT, 0.01)) as server:
        desk = NativeBackend(server.url, "token", pace=QUICK)
        notices = desk.feed(None)
        assert isinstance(await anext(notices), Heard)
        await desk.close()
        async with asyncio.timeout(40):
            await server.idle()
        await notices.aclose()
