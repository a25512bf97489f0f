"""Request Tracker when things go wrong: what the desk does, and above all what it does not do twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.rt.adapter import Choices, RtBackend
from supportdesk_tui.domain.changes import Create, Note, Reply, SetPriority, SetStatus, Tag
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    BadPayload,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    SignInNeeded,
    Unreachable,
)
from supportdesk_tui.domain.ids import ChangeKey, Cursor, TicketId
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Channel, Priority
from tests.contract.rt_script import CUT, ROW, TOKEN, Script, items, said, scripted_rt

QUICK = Limits(deadline_s=20.0, connect_s=10.0, read_s=10.0, backoff_s=0.002, wait_s=0.2)
TICKET = TicketId("30")
KEY = ChangeKey("key-00000001")
LIST = r"GET /REST/2.0/tickets\?query=id%20%3E%200"
ONE = r"GET /REST/2.0/tickets\?query=id%20%3D%2030"
TAGGED = r"GET /REST/2.0/ticket/30 "
SAY = r"POST /REST/2.0/tickets/bulk/correspond"
HISTORY = r"GET /REST/2.0/ticket/30/history"
ATTACHED = r"GET /REST/2.0/ticket/30/attachments"
HTML = said(b"<html><h1>Bad Gateway</h1></html>", "502 Bad Gateway", Content_Type="text/html")
OPENED = {TAGGED: [said(ROW, ETag='"470"')], ONE: [items(ROW, total=1)]}


@asynccontextmanager
async def at(answers: dict[str, list[bytes]], *, page: int = 2) -> AsyncIterator[tuple[RtBackend, Script]]:
    async with scripted_rt(answers) as script:
        backend = RtBackend(script.url, TOKEN, Choices(page=page), limits=QUICK)
        await backend.open()
        yield backend, script
        await backend.close()


def spoken(body: str, creator: str = "alice") -> dict[str, list[bytes]]:
    """A history with one reply in it."""
    row = {"id": "471", "Type": "Correspond", "Creator": {"id": creator, "Name": creator}, "Created": "2026-11-22T06:00:00Z"}
    part = {"id": "900", "TransactionId": "471", "ContentType": "text/plain", "Filename": "", "Content": body}
    return {HISTORY: [items(row)], ATTACHED + ".*Content&": [items(part)], ATTACHED: [items(part)]}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said({"message": "Slow down"}, "429 Too Many Requests", Retry_After="120"), RateLimited),
        (said({"message": "Slow down"}, "429 Too Many Requests"), RateLimited),
        (HTML, Unreachable),
        (said(b"", "500 Internal Server Error"), Unreachable),
        (said({"message": "Unauthorized"}, "401 Unauthorized"), SignInNeeded),
        (said(b"Login required", "302 Found", Location="/"), SignInNeeded),
        (said(b"Login required", "302 Found", Location="https://evil.example/"), SignInNeeded),
        (said({"message": "Forbidden"}, "403 Forbidden"), Forbidden),
        (said({"message": "Unknown field: Foo at /usr/share/x.pm line 3.\n"}, "400 Bad Request"), Refused),
        (said(b"[1, 2"), BadPayload),
        (said([1, 2]), BadPayload),
        (CUT, Unreachable),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
async def test_list_that_fails_says_how(answer: bytes, error: type[BackendError]) -> None:
    async with at({LIST: [answer]}) as (backend, _):
        with pytest.raises(error) as raised:
            await backend.list_tickets(QueueQuery(sort=SortKey.CREATED), None)
    assert "/usr/share" not in str(raised.value)
    assert "evil" not in str(raised.value)


async def test_wait_the_server_asks_for_is_told() -> None:
    async with at({LIST: [said({}, "429 Too Many Requests", Retry_After="120")]}) as (backend, script):
        for _ in range(3):
            with pytest.raises(RateLimited) as raised:
                await backend.list_tickets(QueueQuery(sort=SortKey.CREATED), None)
            assert raised.value.after_s == pytest.approx(120, abs=2)
        assert script.asked(LIST) == 1


async def test_token_that_ends_between_pages_needs_a_sign_in_and_loses_no_page() -> None:
    rows = [ROW | {"id": str(number)} for number in (33, 32)]
    beyond = r"GET /REST/2.0/tickets\?query=%28id%20%3E%200%29"
    gone, back = said({"message": "Unauthorized"}, "401 Unauthorized"), items(ROW | {"id": "31"}, total=1)
    async with at({LIST: [items(*rows, total=3)], beyond: [gone, back]}) as (backend, _):
        first = await backend.list_tickets(QueueQuery(sort=SortKey.CREATED), None)
        assert first.after == Cursor("32")
        with pytest.raises(SignInNeeded):
            await backend.list_tickets(QueueQuery(sort=SortKey.CREATED), first.after)
        second = await backend.list_tickets(QueueQuery(sort=SortKey.CREATED), first.after)
    assert [row.id for row in (*first.items, *second.items)] == ["33", "32", "31"]
    assert second.after is None


@pytest.mark.parametrize("answer", [CUT, HTML, said(b"", "500 Internal Server Error")])
async def test_reply_whose_answer_is_lost_is_ambiguous_and_not_repeated(answer: bytes) -> None:
    async with at({**OPENED, SAY: [answer]}) as (backend, script):
        with pytest.raises(Ambiguous):
            await backend.apply(TICKET, Reply("Hello"), KEY)
        assert script.asked(SAY) == 1


async def test_reply_that_arrived_is_found_without_sending_it() -> None:
    async with at({**OPENED, **spoken("Hello")}) as (backend, script):
        since = datetime(2026, 11, 22, 5, 59, tzinfo=UTC)
        found = await backend.find_applied(TICKET, Reply("Hello"), KEY, since)
        assert found is not None
        assert found.entry == "471"
        assert await backend.find_applied(TICKET, Reply("Something else"), KEY, since) is None
        assert await backend.find_applied(TICKET, Note("Hello"), KEY, since) is None
        assert await backend.find_applied(TICKET, Reply("Hello"), KEY, since + timedelta(days=300)) is None
        assert script.asked(SAY) == 0


@pytest.mark.parametrize(
    "answer", [CUT, HTML, said({}, "401 Unauthorized"), said({}, "429 Too Many Requests", Retry_After="9")]
)
async def test_look_that_fails_after_a_reply_was_taken_never_lets_it_be_sent_again(answer: bytes) -> None:
    async with at({**OPENED, SAY: [said([["30", "Correspondence added"]], "201 Created")], HISTORY: [answer]}) as (backend, _):
        with pytest.raises(Ambiguous):
            await backend.apply(TICKET, Reply("Hello"), KEY)


async def test_refusal_inside_a_good_answer_is_a_refusal_in_the_servers_words() -> None:
    no = said([["30", "Permission Denied"]], "201 Created")
    put = said(["申请单 30: 您不能将改变状态 'open' 至 'closed'."])
    async with at({**OPENED, SAY: [no], r"PUT /REST/2.0/ticket/30 ": [put]}) as (backend, _):
        with pytest.raises(Refused, match="Permission Denied"):
            await backend.apply(TICKET, Reply("Hello"), KEY)
        with pytest.raises(Refused, match="您不能将改变状态"):
            await backend.apply(TICKET, SetStatus("closed"), KEY)


async def test_ticket_that_changes_under_our_hands_is_put_again_unless_the_agent_saw_a_version() -> None:
    put, stale = r"PUT /REST/2.0/ticket/30 ", said({"message": "Precondition Failed"}, "412 Precondition Failed")
    low = ROW | {"Priority": "0"}
    tagged = {TAGGED: [said(low, ETag='"470"'), said(low, ETag='"472"'), said(ROW, ETag='"473"')]}
    async with at({**tagged, put: [stale, said(["ok"])]}) as (backend, script):
        applied = await backend.apply(TICKET, SetPriority(Priority.P1), KEY)
        assert applied.ticket == TICKET
        assert script.asked(put) == 2
    tagged = {TAGGED: [said(low, ETag='"470"')]}
    async with at({**tagged, ONE: [items(ROW, total=1)], put: [stale]}) as (backend, script):
        with pytest.raises(Conflict) as raised:
            await backend.apply(TICKET, SetPriority(Priority.P1), KEY, expected=2_000_000_000)
        assert raised.value.current is not None
        assert script.asked(put) == 1


@pytest.mark.parametrize(
    ("who", "ago_s", "asked", "is_conflict"),
    [("bob", 0, 1, True), ("alice", 0, 1, False), ("bob", 60, 0, False)],
    ids=["another", "ourselves", "that second is over"],
)
async def test_change_of_another_in_the_second_the_agent_saw_is_a_conflict(
    who: str, ago_s: int, asked: int, is_conflict: bool
) -> None:
    """RT's version is a second: what was read while it lasted is held against the ticket's transactions."""
    updated_at = datetime.now(UTC) - timedelta(seconds=ago_s)
    low = ROW | {"Priority": "0", "LastUpdated": f"{updated_at:%Y-%m-%dT%H:%M:%SZ}"}
    read = {"id": "470", "Type": "Status", "Creator": {"id": "bob"}, "Created": low["LastUpdated"]}
    later = read | {"id": "472", "Creator": {"id": who}}
    answers = {HISTORY: [items(read), items(later)], TAGGED: [said(low, ETag='"473"')], ONE: [items(low, total=1)]}
    put = r"PUT /REST/2.0/ticket/30 "
    async with at({**answers, put: [said({"message": "no"}, "400 Bad Request")]}) as (backend, script):
        await backend.list_entries(TICKET, None)
        before = script.asked(HISTORY)
        with pytest.raises(Conflict if is_conflict else Refused):
            await backend.apply(TICKET, SetPriority(Priority.P1), KEY, expected=int(updated_at.timestamp()))
        assert script.asked(HISTORY) - before == asked
        assert script.asked(put) == (not is_conflict)


async def test_tags_in_bulk_keep_what_others_added_meanwhile() -> None:
    put, stale = r"PUT /REST/2.0/ticket/30 ", said({"message": "Precondition Failed"}, "412 Precondition Failed")
    rows = [ROW | {"CustomFields": [{"name": "Tags", "values": values}]} for values in (["a"], ["a", "b"], ["a", "b", "x"])]
    tagged = {TAGGED: [said(row, ETag=f'"{number}"') for number, row in enumerate(rows, 470)]}
    gone = {r"GET /REST/2.0/ticket/31 ": [said({"message": "Not Found"}, "404 Not Found")]}
    async with at({**tagged, **gone, put: [stale, said(["ok"])]}) as (backend, script):
        each = [one async for one in backend.apply_each([TICKET, TicketId("31")], Tag(add=("x",)), KEY)]
        assert [(one.ticket, one.done, bool(one.reason)) for one in each] == [("30", True, False), ("31", False, True)]
        assert (script.asked(put), script.asked(r"PUT /REST/2.0/tickets/bulk")) == (2, 0)


async def test_ticket_made_whose_look_fails_is_not_made_again() -> None:
    made = said({"type": "ticket", "id": "59"}, "201 Created")
    new = Create("carla@northwind.test", Channel.PHONE, "Support", "Call", "She called.")
    async with at({r"POST /REST/2.0/ticket ": [made], r"query=id%20%3D%2059": [HTML]}) as (backend, script):
        assert (await backend.apply(None, new, KEY)).ticket == "59"
        assert script.asked(r"POST /REST/2.0/ticket ") == 1


async def test_words_of_others_since_ours_were_begun_hold_the_reply() -> None:
    async with at({**OPENED, **spoken("Meanwhile", "bob")}) as (backend, script):
        with pytest.raises(Conflict):
            await backend.apply(TICKET, Reply("Hello", seen=460), KEY)
        assert script.asked(SAY) == 0


async def test_ticket_that_is_not_there_is_not_found() -> None:
    async with at({r"GET /REST/2.0/ticket/30": [said({"message": "Not Found"}, "404 Not Found")]}) as (backend, _):
        with pytest.raises(NotFound):
            await backend.get_ticket(TICKET)
