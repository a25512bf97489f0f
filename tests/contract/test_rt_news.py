"""What Request Tracker's transactions mean as news, and files that do not come whole."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.backends.rt.adapter import Choices, RtBackend
from supportdesk_tui.domain.changes import SetPriority
from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.domain.errors import BackendError, BadPayload, SignInNeeded, Unreachable
from supportdesk_tui.domain.feed import Gap, Heard, Lost, Notice, TicketChanged
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, FeedMark, TicketId
from supportdesk_tui.domain.ticket import Priority
from supportdesk_tui.text.safe import sanitize_line
from tests.contract.rt_script import CUT, ROW, TOKEN, items, said, scripted_rt
from tests.contract.test_rt_faults import at

NEWS = r"GET /REST/2.0/transactions"
FOUND = r"GET /REST/2.0/tickets\?query=id%20%3D%2030&"


def row(number: int, kind: str, creator: str, *, field: str = "", new: str = "", ticket: str = "30") -> dict[str, Any]:
    told = {"id": str(number), "Type": kind, "Field": field, "NewValue": new, "ObjectId": ticket}
    return told | {"Creator": {"id": creator}}


async def first_news(backend: RtBackend) -> list[Notice]:
    """Everything the feed says from a mark up to its first news."""
    heard: list[Notice] = []
    async with aclosing(backend.feed(FeedMark("500"))) as feed:
        async for notice in feed:
            heard.append(notice)
            if not isinstance(notice, Heard):
                return heard
    return heard


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([row(501, "Set", "bob", field="Owner", new="30")], "assigned to you by bob"),
        ([row(501, "Force", "bob", field="Owner", new="30")], "assigned to you by bob"),
        ([row(501, "Set", "alice", field="Owner", new="30")], ""),
        ([row(501, "Set", "bob", field="Owner", new="31")], ""),
        ([row(501, "Correspond", "carla@northwind.test")], "Carla wrote"),
        ([row(501, "Correspond", "stranger@example.com")], "stranger@example.com wrote"),
        ([row(501, "Correspond", "alice")], ""),
        ([row(501, "Comment", "bob")], ""),
    ],
)
async def test_owner_is_told_what_others_did(rows: list[dict[str, Any]], says: str) -> None:
    async with at({NEWS: [items(*rows), items()], FOUND: [items(ROW, total=1)]}) as (backend, _):
        [changed] = [one for one in await first_news(backend) if isinstance(one, TicketChanged)]
    assert (changed.ticket.id, changed.mark, changed.says) == ("30", "501", says)
    assert changed.tells == ("alice" if says else None)


async def test_change_of_ours_is_looked_for_though_nothing_happened_for_long() -> None:
    taken = {r"GET /REST/2.0/ticket/30 ": [said(ROW)], FOUND: [items(ROW, total=1)]}
    patient = Choices(budget=Budget(per_minute=6000, quick_s=60, slow_s=60))
    async with scripted_rt({NEWS: [items(row(500, "Comment", "bob")), items()], **taken}) as script:
        backend = RtBackend(script.url, TOKEN, patient)
        async with aclosing(backend.feed(None)) as feed, asyncio.timeout(40):
            await anext(feed)
            again = asyncio.ensure_future(anext(feed))
            await backend.apply(TicketId("30"), SetPriority(Priority.P1), ChangeKey("k"))
            assert isinstance(await again, Heard)
        assert script.asked(NEWS) == 2
        await backend.close()


async def test_more_news_than_a_page_holds_is_a_gap() -> None:
    rows = [row(number, "Comment", "bob", ticket=str(number)) for number in range(600, 540, -1)]
    async with at({NEWS: [items(*rows), items()]}) as (backend, _):
        assert (await first_news(backend))[-1] == Gap(FeedMark("600"))


async def test_news_from_before_a_long_absence_is_a_gap_though_little_of_it_is_seen() -> None:
    async with at({NEWS: [items(row(9_000, "Comment", "bob")), items()]}) as (backend, _):
        assert (await first_news(backend))[-1] == Gap(FeedMark("9000"))


@pytest.mark.parametrize("answer", [CUT, said({}, "502 Bad Gateway"), said({}, "429 Too Many Requests", Retry_After="3")])
async def test_look_that_fails_is_told_and_the_next_good_one_goes_on_from_the_mark(answer: bytes) -> None:
    async with at({NEWS: [answer]}) as (backend, _):
        assert isinstance((await first_news(backend))[-1], Lost)


async def test_session_of_one_web_page_signs_what_follows() -> None:
    """RT hashes a token slowly, and looks at no token while a session is good."""
    page = said(b"<html>", Content_Type="text/html", Set_Cookie="RT_SID_example=0123; path=/; HttpOnly")
    async with at({r"GET /Ticket/Display.html": [page]}) as (backend, script):
        assert script.cookies["GET /REST/2.0/user/30 HTTP/1.1"] == ""
        await backend.get_directory()
        assert script.cookies["GET /REST/2.0/tickets"] == "RT_SID_example=0123"


async def test_file_of_a_field_is_asked_for_its_size_first_and_comes_whole() -> None:
    file = Attachment(AttachmentId("field/22"), sanitize_line("x.png"), "image/png", 0)
    asked = said(b"12345678", Content_Type="image/png")
    async with at({"HEAD /REST/2.0/download/cf/22": [asked[:-8]], "GET /REST/2.0/download/cf/22": [asked]}) as (backend, _):
        assert b"".join([piece async for piece in backend.read_attachment(file)]) == b"12345678"
    async with at({"HEAD /REST/2.0/download/cf/22": [asked[:-8]], "GET /REST/2.0/download/cf/22": [asked[:-3]]}) as (
        backend,
        _,
    ):
        with pytest.raises(Unreachable):
            [piece async for piece in backend.read_attachment(file)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(b"", Content_Type="text/plain"), BadPayload),
        (said(b"12345", Content_Type="image/png"), BadPayload),
        (said(b"123456789", Content_Type="image/png"), BadPayload),
        (said(b"", "302 Found", Location="/NoAuth/Login.html"), SignInNeeded),
        (said(b"12345678", Content_Type="image/png")[:-3], Unreachable),
    ],
    ids=["refused", "short", "long", "sign-in page", "cut"],
)
async def test_file_that_is_not_what_was_promised_is_an_error(answer: bytes, error: type[BackendError]) -> None:
    file = Attachment(AttachmentId("389/153"), sanitize_line("x.png"), "image/png", 8)
    async with at({"/Ticket/Attachment/389/153/file": [answer]}) as (backend, _):
        with pytest.raises(error):
            [piece async for piece in backend.read_attachment(file)]
