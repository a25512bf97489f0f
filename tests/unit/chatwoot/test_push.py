"""News over Chatwoot's socket, and what becomes of them when the socket does not hold or cannot be opened."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from supportdesk_tui.backends.chatwoot.adapter import ChatwootBackend
from supportdesk_tui.backends.chatwoot.news import News
from supportdesk_tui.cli.abilities import lines_of, news_of
from supportdesk_tui.cli.examining import as_heard
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Assign, Reply
from supportdesk_tui.domain.errors import SignInNeeded
from supportdesk_tui.domain.feed import (
    Activity,
    EntryAdded,
    Gap,
    Heard,
    Lost,
    PushChanged,
    TicketChanged,
)
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.domain.ticket import Phase
from tests.contract.chatwoot_floor import EAGER, QUICK, QUICK_CABLE
from tests.contract.floor import new_key
from tests.fakes.chatwoot import FakeChatwoot
from tests.fakes.serving import Fault
from tests.unit.chatwoot.desk import LIST, opened
from tests.unit.chatwoot.ear import listening, paced

PROFILE = "/api/v1/profile"
ALICE, BOB = AgentId("3"), AgentId("4")


@pytest.fixture
async def bob(fake: FakeChatwoot) -> AsyncIterator[ChatwootBackend]:
    """A colleague, signed in."""
    backend = ChatwootBackend(fake.url, "token-bob", EAGER, limits=QUICK)
    await backend.open()
    yield backend
    await backend.close()


# --- what is told


async def test_socket_is_subscribed_to_as_the_agent_and_keeps_them_there(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    async with listening(desk) as ear:
        while len(fake.cable.commands) < 3:
            await ear.hear()
    subscribed, here, again = fake.cable.commands[:3]
    room = {"channel": "RoomChannel", "pubsub_token": "pubsub-3", "account_id": 1, "user_id": 3}
    assert json.loads(subscribed["identifier"]) == room
    assert (here["command"], json.loads(here["data"])) == ("message", {"action": "update_presence"})
    assert again == here
    beats = [notice.server_time for notice in ear.heard if isinstance(notice, Heard) and notice.server_time]
    assert abs((beats[-1] - datetime.now(UTC)).total_seconds()) < 5
    assert fake.watched.asked("GET", LIST) == fake.watched.asked("GET", LIST)[:1]


async def test_who_is_given_a_ticket_is_told_by_whom(fake: FakeChatwoot, desk: ChatwootBackend, bob: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    async with listening(desk) as ear:
        await bob.apply(ticket, Assign(ALICE), new_key())
        told = await ear.changed(ticket)
        assert (told.says, told.tells, told.actor, told.ticket.owner) == ("assigned to you by Bob", ALICE, BOB, ALICE)
        await bob.apply(ticket, Assign(BOB), new_key())
        told = await ear.changed(ticket)
        while told.ticket.owner != BOB:
            told = await ear.changed(ticket)
        assert (told.says, told.tells) == ("", None)


async def test_owner_is_told_of_the_customer_s_words_unless_they_are_on_screen(
    fake: FakeChatwoot, desk: ChatwootBackend
) -> None:
    ticket, row = opened(fake)
    row["assignee"] = 3
    async with listening(desk) as ear:
        fake.world.customer_says(row, "one")
        told = await ear.changed(ticket)
        assert (told.says, told.tells) == (f"{told.ticket.customer_name} wrote", ALICE)
        added = await ear.added("one")
        assert (added.ticket.id, added.ticket.unread, added.mark) == (ticket, 2, told.mark)
        await desk.attend(ticket, Activity.VIEWING)
        fake.world.customer_says(row, "two")
        await ear.added("two")
    assert sum(isinstance(notice, TicketChanged) and bool(notice.says) for notice in ear.heard) == 1


async def test_reply_of_ours_comes_back_once_with_its_key(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    key = new_key()
    async with listening(desk) as ear:
        await desk.apply(ticket, Reply("An answer"), key)
        assert (await ear.added("An answer")).entry.key == key
        fake.world.customer_says(row, "Thanks")
        await ear.added("Thanks")
    assert ear.said() == ["An answer", "Thanks"]


async def test_words_on_a_known_conversation_cost_no_request(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    _, row = opened(fake)
    row |= {"inbox_id": 2, "additional_attributes": {}}
    async with listening(desk) as ear:
        fake.world.customer_says(row, "one")
        await ear.added("one")
        fake.watched.forget()
        fake.world.customer_says(row, "two")
        fake.world.say(row, "among us", 1, private=True, sender=("user", 4))
        await ear.added("among us")
        row["assignee"] = 4
        fake.world.customer_says(row, "three")
        told = (await ear.added("three")).ticket
    assert (told.subject, told.unread, told.owner, told.owner_name) == ("three", 4, BOB, "Bob")
    subjects = [str(notice.ticket.subject) for notice in ear.heard if isinstance(notice, EntryAdded)]
    assert subjects == ["one", "two", "two", "three"]
    assert fake.watched.requests == []


async def test_change_that_was_never_broadcast_is_found_by_a_check(fake: FakeChatwoot) -> None:
    silent, (_, row) = TicketId("1"), opened(fake)
    async with paced(fake, replace(QUICK_CABLE, check_s=0.4)) as desk, listening(desk) as ear:
        fake.world.conversations[1] |= {"labels": ["退款"], "updated": fake.world.now()}
        fake.world.customer_says(row, "moves the mark on")
        await ear.added("moves the mark on")
        assert (await ear.changed(silent)).ticket.tags == ("退款",)
        changes = len(ear.heard)
        fake.watched.forget()
        while len(fake.watched.asked("GET", LIST)) < 2:
            await ear.hear()
    assert not [notice for notice in ear.heard[changes:] if isinstance(notice, TicketChanged | EntryAdded)]


async def test_failure_at_the_channel_shows_on_the_open_ticket(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    await desk.attend(ticket, Activity.VIEWING)
    async with listening(desk) as ear:
        await desk.apply(ticket, Reply("Out of the window"), new_key())
        first = await ear.added("Out of the window")
        message = fake.world.messages[int(ticket)][-1]
        message |= {"status": "failed", "content_attributes": {"external_error": "too late"}}
        fake.desk.tell_message("message.updated", row, message)
        failed = await ear.until(lambda notice: isinstance(notice, EntryAdded))
    assert isinstance(failed, EntryAdded)
    assert failed.entry.id == first.entry.id
    assert "too late" in failed.entry.body


async def test_colleagues_who_type_are_seen_until_they_stop(fake: FakeChatwoot, bob: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    async with paced(fake, replace(QUICK_CABLE, typing_s=0.3)) as desk, listening(desk) as ear:
        await desk.attend(ticket, Activity.TYPING)
        customer = {"id": row["contact"], "name": "C", "type": "contact"}
        fake.cable.tell("conversation.typing_on", {"conversation": {"id": row["id"]}, "user": customer, "is_private": False})
        await bob.attend(ticket, Activity.TYPING)
        assert await ear.seen() == (ticket, BOB, Activity.TYPING)
        await bob.attend(ticket, Activity.TYPING_NOTE)
        assert [await ear.seen(), await ear.seen()] == [(ticket, BOB, Activity.GONE), (ticket, BOB, Activity.TYPING_NOTE)]
        assert await ear.seen() == (ticket, BOB, Activity.GONE)
    assert fake.world.typed[-1] == (4, int(ticket), "on", True)


async def test_conversation_of_an_older_chatwoot_is_read_when_its_event_tells_no_time(
    fake: FakeChatwoot, desk: ChatwootBackend
) -> None:
    ticket, row = opened(fake)
    async with listening(desk) as ear:
        row["labels"] = ["vip"]
        fake.cable.tell("conversation.updated", {"id": int(ticket), "status": "open", "labels": ["something else"], "meta": {}})
        assert (await ear.changed(ticket)).ticket.tags == ("vip",)


async def test_deleted_conversation_leaves_what_is_open(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    async with listening(desk) as ear:
        fake.desk.tell("conversation.deleted", row)
        told = (await ear.changed(ticket)).ticket
        assert (told.status.phase, told.status.title, told.unread) == (Phase.CLOSED, "Deleted", 0)
        fake.cable.tell("conversation.deleted", {"id": 99_999})
        fake.world.customer_says(fake.world.conversations[1], "goes on")
        await ear.added("goes on")
    assert not [notice for notice in ear.heard if isinstance(notice, TicketChanged) and notice.ticket.id == "99999"]


async def test_events_of_other_accounts_bring_no_row(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    pushed = {"id": int(ticket), "status": "open", "updated_at": 2_000_000_000.5, "meta": {}}
    async with listening(desk) as ear:
        identifier = json.loads(json.dumps(fake.cable.commands[0]["identifier"]))
        foreign = {"event": "conversation.updated", "data": {**pushed, "account_id": 2}}
        fake.cable.say_raw(json.dumps({"identifier": identifier, "message": foreign}))
        fake.world.customer_says(row, "real")
        await ear.added("real")
    assert not [notice for notice in ear.heard if isinstance(notice, TicketChanged)]


async def test_many_conversations_at_once_are_read_in_one_request(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    tickets = [opened(fake)[0] for _ in range(5)]
    fake.watched.forget()
    news = News(desk._desk, lambda: None)
    assert set(await news.read(tickets)) == set(tickets)
    assert len(fake.watched.requests) == 1
    assert set(await news.read([tickets[0], TicketId("99999")])) == {tickets[0]}


# --- what becomes of a socket that does not hold


async def test_what_was_said_during_a_cut_is_told_once_and_in_order(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    _, row = opened(fake)
    async with listening(desk) as ear:
        fake.world.customer_says(row, "before")
        await ear.added("before")
        fake.watched.faults.append(Fault(path=PROFILE, status=503, times=3))
        fake.cable.cut()
        assert await ear.lost() == "the server closed the socket (1011)"
        await ear.lost()
        fake.world.customer_says(row, "during")
        row["assignee"] = 4
        await ear.added("during")
        fake.world.customer_says(row, "after")
        await ear.added("after")
    assert [word for word in ear.said() if word != "Hello"] == ["before", "during", "after"]
    assert not [notice for notice in ear.heard if isinstance(notice, Gap | PushChanged)]


@pytest.mark.parametrize("garbage", ["no json", "[1]", b"\x00\x01"])
async def test_frame_that_cannot_be_read_may_have_been_news(
    fake: FakeChatwoot, desk: ChatwootBackend, garbage: str | bytes
) -> None:
    _, row = opened(fake)
    async with listening(desk) as ear:
        if isinstance(garbage, str):
            fake.cable.say_raw(garbage)
        else:
            fake.cable.say_bytes(garbage)
        await ear.lost()
        fake.world.customer_says(row, "read all the same")
        await ear.added("read all the same")
    assert fake.cable.opened == 2


async def test_frame_of_a_shape_nobody_knows_is_passed_over(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    _, row = opened(fake)
    async with listening(desk) as ear:
        for frame in ({}, {"identifier": 7, "message": []}, {"type": "future"}, {"type": "ping", "message": "x"}):
            fake.cable.say_raw(json.dumps(frame))
        for event in (
            "message.created",
            "presence.update",
            "conversation.typing_on",
            "conversation.updated",
            "assignee.changed",
        ):
            fake.cable.tell(event, {"id": [], "users": 5, "user": "x", "conversation_id": None})
        fake.world.customer_says(row, "still there")
        await ear.added("still there")
    assert fake.cable.opened == 1


async def test_server_that_falls_silent_is_noticed(fake: FakeChatwoot) -> None:
    async with paced(fake, replace(QUICK_CABLE, silence_s=0.4)) as desk, listening(desk) as ear:
        fake.cable.is_silent = True
        assert "nothing heard" in await ear.lost()


async def test_new_token_is_taken_for_the_next_socket(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    user = fake.world.users[3]
    async with listening(desk) as ear:
        user["pubsub"] = "another"
        fake.cable.cut()
        await ear.lost()
        await ear.hear()
    user["pubsub"] = "pubsub-3"
    assert json.loads(fake.cable.commands[-1]["identifier"])["pubsub_token"] == "another"
    assert not [notice for notice in ear.heard if isinstance(notice, PushChanged)]


async def test_agent_whose_token_has_ended_must_sign_in(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    async with listening(desk) as ear:
        fake.watched.faults.append(Fault(path=PROFILE, status=401, body=b'{"error":"Invalid Access Token"}', times=9))
        fake.cable.cut()
        with pytest.raises(SignInNeeded):
            await ear.added("nothing more")


# --- where there is no socket


def refusing(fake: FakeChatwoot, how: str) -> None:
    """No socket from now on."""
    if how == "proxy":
        fake.cable.status = 404
    elif how == "sign-in page":
        fake.cable.status = 401
    elif how == "rejected":
        fake.cable.is_rejecting = True
    else:
        fake.cable.is_mute = True


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("proxy", "Page not found"),
        ("sign-in page", "Page not found"),
        ("rejected", "Chatwoot refused the subscription"),
        ("unanswered", "no subscription within 0.2 s"),
    ],
)
async def test_news_are_looked_for_while_there_is_no_socket_and_pushed_again_after(
    fake: FakeChatwoot, how: str, reason: str
) -> None:
    ticket, row = opened(fake)
    refusing(fake, how)
    async with paced(fake, replace(QUICK_CABLE, connect_s=0.2 if how == "unanswered" else 5.0)) as desk, listening(desk) as ear:
        assert await ear.switched() == f"its socket cannot be opened: {reason}"
        fake.world.customer_says(row, "looked for")
        await ear.changed(ticket)
        fake.cable.mend()
        assert await ear.switched() == ""
        fake.world.customer_says(row, "pushed")
        await ear.added("pushed")
    assert not [notice for notice in ear.heard if isinstance(notice, Lost | Gap)]
    assert fake.cable.commands


async def test_sockets_that_never_hold_are_given_up_for_a_while(fake: FakeChatwoot) -> None:
    pace = replace(QUICK_CABLE, settled_s=60.0, unsettled=3, again_s=60.0, again_max_s=60.0)
    async with paced(fake, pace) as desk, listening(desk) as ear:
        for _ in range(2):
            fake.cable.cut()
            await ear.lost()
            await ear.hear()
        fake.cable.cut()
        assert await ear.switched() == "its socket does not hold: the server closed the socket (1011)"
    assert fake.cable.opened == 3


async def test_profile_without_a_token_for_the_socket_is_looked_at(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    fake.world.users[3]["pubsub"] = ""
    try:
        async with listening(desk) as ear:
            assert await ear.switched() == "its socket cannot be opened: Chatwoot gave no token for its socket"
    finally:
        fake.world.users[3]["pubsub"] = "pubsub-3"
    assert fake.cable.opened == 0


async def test_doctor_says_whether_news_are_pushed_and_why_not(fake: FakeChatwoot) -> None:
    async with paced(fake, QUICK_CABLE) as desk:
        pushed = await as_heard(desk, await desk.open())
        assert news_of(pushed) == "the server tells what is new"
        fake.cable.status = 404
        looked = await as_heard(desk, await desk.open())
    assert "the desk looks for news" in news_of(looked)
    reasons = {capability: why for capability, is_there, why in lines_of(looked) if not is_there}
    assert reasons[Capability.PUSH] == "its socket cannot be opened: Page not found"


async def test_nothing_of_the_socket_s_secret_is_logged_or_told(
    fake: FakeChatwoot, desk: ChatwootBackend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with listening(desk) as ear:
        fake.cable.is_rejecting = True
        fake.cable.cut()
        await ear.lost()
        await ear.switched()
    assert fake.cable.opened > 1
    assert "pubsub-3" not in caplog.text + repr(ear.heard) + repr(vars(desk)) + repr(vars(desk._push))
