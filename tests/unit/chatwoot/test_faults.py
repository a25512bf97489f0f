"""What goes wrong with a Chatwoot, and what the desk makes of it: over the fake, with faults where a test asks for them."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from supportdesk_tui.backends.chatwoot.adapter import ChatwootBackend, Choices
from supportdesk_tui.domain.changes import Note, Reply, SetStatus, Tag
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    BadPayload,
    Forbidden,
    RateLimited,
    Refused,
    SignInNeeded,
    Unreachable,
)
from supportdesk_tui.domain.ids import AttachmentId, Cursor, TicketId
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from supportdesk_tui.domain.ticket import LIVE_PHASES
from tests.contract.chatwoot_floor import EAGER, QUICK
from tests.contract.floor import just_now, new_key
from tests.fakes.chatwoot import FakeChatwoot
from tests.fakes.serving import Fault
from tests.unit.chatwoot.desk import LIST, ONE, opened

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@pytest.mark.parametrize(("headers", "wait_s"), [({"retry-after": "7"}, 7.0), ({}, 5.0)])
async def test_limit_told_in_plain_text_is_a_wait(
    fake: FakeChatwoot, desk: ChatwootBackend, headers: dict[str, str], wait_s: float
) -> None:
    ticket = opened(fake)[0]
    sent = {"content-type": "text/plain", **headers}
    fake.watched.faults += [
        Fault(path=LIST, status=429, headers=sent, body=b"Retry later\n"),
        Fault(path=ONE + "/messages", method="POST", status=429, headers=sent, body=b"Retry later\n"),
    ]
    with pytest.raises(RateLimited) as reading:
        await desk.list_tickets(QueueQuery(), None)
    with pytest.raises(RateLimited) as writing:
        await desk.apply(ticket, Reply("Hi"), new_key())
    assert (reading.value.after_s, writing.value.after_s) == (wait_s, wait_s)
    assert reading.value.reason == "Retry later"
    assert fake.customer_sees(int(ticket)) == ["Hello"]


async def test_too_many_messages_in_a_minute_is_a_wait_and_nothing_is_said_twice(
    fake: FakeChatwoot, desk: ChatwootBackend
) -> None:
    ticket = opened(fake)[0]
    refusal = Fault(path=ONE + "/messages", method="POST", status=422, body=b'{"error":"Too many messages"}')
    fake.watched.faults.append(refusal)
    with pytest.raises(RateLimited) as raised:
        await desk.apply(ticket, Reply("Once"), new_key())
    assert raised.value.after_s == 60
    await desk.apply(ticket, Reply("Once"), new_key())
    assert fake.customer_sees(int(ticket)) == ["Hello", "Once"]


async def test_web_page_in_place_of_an_answer_shows_nothing_of_itself(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket = opened(fake)[0]
    page = {"content-type": "text/html"}
    fake.watched.faults.append(Fault(path=LIST, status=502, headers=page, body=HTML, times=99))
    with pytest.raises(Unreachable) as reading:
        await desk.list_tickets(QueueQuery(), None)
    assert "<" not in str(reading.value)
    fake.watched.faults[:] = [Fault(path=ONE + "/messages", method="POST", status=502, headers=page, body=HTML, is_done=True)]
    key = new_key()
    with pytest.raises(Ambiguous):
        await desk.apply(ticket, Reply("Behind the proxy"), key)
    assert await desk.find_applied(ticket, Reply("Behind the proxy"), key, just_now()) is not None
    assert fake.customer_sees(int(ticket)) == ["Hello", "Behind the proxy"]


async def test_page_where_json_was_promised_is_no_answer(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    fake.watched.faults.append(Fault(path=LIST, status=200, headers={"content-type": "text/html"}, body=HTML))
    with pytest.raises(BadPayload):
        await desk.list_tickets(QueueQuery(), None)


async def test_success_that_did_nothing_is_refused(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket = opened(fake)[0]
    answer = b'{"meta":{},"payload":{"success":false}}'
    fake.watched.faults.append(Fault(path=ONE + "/toggle_status", status=200, body=answer))
    with pytest.raises(Refused):
        await desk.apply(ticket, SetStatus("resolved"), new_key())
    assert (await desk.get_ticket(ticket)).summary.status.name == "open"


async def test_message_accepted_without_a_number_is_unknown(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket = opened(fake)[0]
    fake.watched.faults.append(Fault(path=ONE + "/messages", method="POST", status=200, body=b"{}", is_done=True))
    with pytest.raises(Ambiguous):
        await desk.apply(ticket, Note("Numberless"), new_key())
    assert await desk.find_applied(ticket, Note("Numberless"), new_key(), just_now()) is not None


async def test_reply_whose_answer_is_cut_is_found_and_sent_once(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket = opened(fake)[0]
    key, said = new_key(), Reply("Through the tunnel", (Tag(add=("vip",)), SetStatus("resolved")))
    fake.watched.faults.append(Fault(path=ONE + "/messages", method="POST", is_cut=True))
    with pytest.raises(Ambiguous):
        await desk.apply(ticket, said, key)
    found = await desk.find_applied(ticket, said, key, just_now())
    assert found is not None
    assert found.says == ""
    summary = (await desk.get_ticket(ticket)).summary
    assert (summary.status.name, summary.tags) == ("resolved", ("vip",))
    assert len(fake.watched.asked("POST", ONE + "/messages")) == 1
    assert fake.customer_sees(int(ticket)) == ["Hello", "Through the tunnel"]


async def test_line_that_breaks_after_the_reply_never_sends_it_again(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket = opened(fake)[0]
    fake.watched.faults.append(Fault(path=ONE, method="GET", status=503, after=1, times=99))
    key = new_key()
    with pytest.raises(Ambiguous):
        await desk.apply(ticket, Reply("Said"), key)
    fake.watched.faults.clear()
    assert await desk.find_applied(ticket, Reply("Said"), key, just_now()) is not None
    assert fake.customer_sees(int(ticket)) == ["Hello", "Said"]


async def test_words_of_long_ago_are_not_taken_for_ours(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket = opened(fake)[0]
    await desk.apply(ticket, Reply("Thanks!"), new_key())
    assert await desk.find_applied(ticket, Reply("Thanks!"), new_key(), datetime.now(UTC) + timedelta(hours=1)) is None


async def test_refused_follow_up_leaves_the_reply_and_is_told(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket = opened(fake)[0]
    applied = await desk.apply(ticket, Reply("Half", (SetStatus("no-such"), Tag(add=("vip",)))), new_key())
    assert "not all that follows was done" in applied.says
    assert (await desk.get_ticket(ticket)).summary.tags == ("vip",)


# --- who may


@pytest.mark.parametrize("words", ["You are not authorized to do this action", "Dazu sind Sie nicht berechtigt"])
async def test_missing_permission_is_no_bad_token(fake: FakeChatwoot, desk: ChatwootBackend, words: str) -> None:
    fake.watched.faults.append(Fault(path=LIST, status=401, body=f'{{"error":"{words}"}}'.encode()))
    with pytest.raises(Forbidden):
        await desk.list_tickets(QueueQuery(), None)


async def test_ended_token_is_a_bad_token_whatever_it_is_told_in(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    fake.watched.faults += [
        Fault(path=LIST, status=401, body='{"error":"令牌已失效"}'.encode()),
        Fault(path="/api/v1/profile", status=401, body='{"error":"令牌已失效"}'.encode()),
    ]
    with pytest.raises(SignInNeeded):
        await desk.list_tickets(QueueQuery(), None)


async def test_token_that_ends_between_pages_loses_nothing_of_the_list(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    query = QueueQuery(phases=LIVE_PHASES, sort=SortKey.CREATED)
    whole = await everything(desk, query)
    fake.watched.faults.append(Fault(path=LIST, status=401, body=b'{"error":"Invalid Access Token"}', after=4))
    seen: list[TicketId] = []
    after: Cursor | None = None
    ends = 0
    while True:
        try:
            page = await desk.list_tickets(query, after)
        except SignInNeeded:
            ends += 1
            continue
        seen += [row.id for row in page.items]
        after = page.after
        if after is None:
            break
    assert ends == 1
    assert seen == whole


async def everything(desk: ChatwootBackend, query: QueueQuery) -> list[TicketId]:
    """All of a query."""
    found: list[TicketId] = []
    after: Cursor | None = None
    while True:
        page = await desk.list_tickets(query, after)
        found += [row.id for row in page.items]
        if page.after is None:
            return found
        after = page.after


@pytest.mark.parametrize("sort", [SortKey.CREATED, SortKey.UPDATED])
async def test_rows_that_move_between_pages_are_neither_lost_nor_doubled(
    fake: FakeChatwoot, desk: ChatwootBackend, sort: SortKey
) -> None:
    query = QueueQuery(statuses=frozenset({"open", "pending"}), sort=sort)
    whole = await everything(desk, query)
    first = await desk.list_tickets(query, None)
    gone = {row.id for row in first.items[:6]}
    for ticket in gone:
        fake.world.conversations[int(ticket)]["status"] = "snoozed"
    fresh = opened(fake, "Came in while we read")[0]
    rest: list[TicketId] = []
    after = first.after
    while after is not None:
        page = await desk.list_tickets(query, after)
        rest += [row.id for row in page.items]
        after = page.after
    for ticket in gone:
        fake.world.conversations[int(ticket)]["status"] = "open"
    seen = [row.id for row in first.items] + [ticket for ticket in rest if ticket != fresh]
    assert seen == whole


async def test_account_one_is_not_in_is_named_with_those_one_is_in(fake: FakeChatwoot) -> None:
    desk = ChatwootBackend(fake.url, "token-alice", Choices(account="9"), limits=QUICK)
    with pytest.raises(Forbidden, match="your accounts: 1"):
        await desk.open()
    await desk.close()


async def test_nothing_of_the_profile_s_secrets_reaches_log_or_repr(
    fake: FakeChatwoot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk = ChatwootBackend(fake.url, "token-alice", EAGER, limits=QUICK)
    session = await desk.open()
    await desk.close()
    told = caplog.text + repr(session) + repr(vars(desk)) + repr(vars(desk._desk)) + repr(desk._desk.lens)
    assert "token-alice" not in told
    assert "pubsub-" not in told


# --- files


def with_file(fake: FakeChatwoot, address: str = "", size: int = 5) -> tuple[TicketId, AttachmentId]:
    """A conversation with a file of five bytes on it, lying at an address of its own where one is given."""
    number = fake.customer_writes("See the file")
    row = fake.world.conversations[number]
    file = fake.world.store("a b.txt", "text/plain", b"12345")
    message = fake.world.say(row, None, 0, sender=("contact", row["contact"]), attachments=[file | {"file_size": size}])
    if address:
        message["attachments"][0] |= {"address": address}
    return TicketId(str(number)), AttachmentId(f"{number}/{message['id']}/{file['id']}")


async def read(desk: ChatwootBackend, ticket: TicketId) -> bytes:
    """The bytes of the one file there."""
    [file] = [one for entry in (await desk.list_entries(ticket, None)).items for one in entry.attachments]
    return b"".join([piece async for piece in desk.read_attachment(file)])


async def test_file_is_fetched_by_its_signed_address_without_our_token(
    fake: FakeChatwoot, desk: ChatwootBackend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ticket, _ = with_file(fake)
    assert await read(desk, ticket) == b"12345"
    steps = fake.watched.asked("GET", "/rails/.*")
    assert len(steps) == 2
    assert all("api-access-token" not in step.headers for step in steps)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("supportdesk_tui"))
    assert "--signed" not in ours


@pytest.mark.parametrize(
    "address",
    [
        "http://files.example.com/a.txt",
        "https://10.0.0.8/a.txt",
        "https://localhost/a.txt",
        "ftp://files.example.com/a",
        "//x/a",
    ],
)
async def test_file_that_lies_where_the_desk_does_not_go_is_refused(
    fake: FakeChatwoot, desk: ChatwootBackend, address: str
) -> None:
    ticket, _ = with_file(fake, address)
    with pytest.raises(Refused):
        await read(desk, ticket)
    fake.watched.faults.append(Fault(path="/rails/.*", status=302, headers={"location": address}))
    ticket, _ = with_file(fake)
    with pytest.raises((Refused, BackendError)):
        await read(desk, ticket)
    assert len(fake.watched.asked("GET", "/rails/.*")) == 1


async def test_redirects_that_never_end_are_followed_a_few_times(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = with_file(fake)
    fake.watched.faults.append(Fault(path="/rails/.*", status=302, headers={"location": "/rails/again"}, times=99))
    with pytest.raises(BadPayload):
        await read(desk, ticket)
    assert len(fake.watched.asked("GET", "/rails/.*")) == 4


@pytest.mark.parametrize("size", [3, 8])
async def test_file_of_another_size_than_it_says_is_no_file(fake: FakeChatwoot, desk: ChatwootBackend, size: int) -> None:
    ticket, _ = with_file(fake, size=size)
    with pytest.raises(BadPayload):
        await read(desk, ticket)
