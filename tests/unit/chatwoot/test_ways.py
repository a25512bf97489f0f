"""What the adapter does that no other does: checks before it leaves, two calls for one wish, words for colleagues only."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from supportdesk_tui.backends.chatwoot.adapter import ChatwootBackend
from supportdesk_tui.domain.changes import (
    Assign,
    Create,
    MarkRead,
    Note,
    Reply,
    SetAgentState,
    SetField,
    SetPriority,
    SetStatus,
    Snooze,
    Tag,
    Transfer,
    Watch,
)
from supportdesk_tui.domain.errors import Conflict, NotFound, Refused
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, TeamId, TicketId
from supportdesk_tui.domain.queue import Owner, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import LIVE_PHASES, Channel, Phase, Priority
from tests.contract.floor import new_key
from tests.fakes.chatwoot import FakeChatwoot
from tests.fakes.serving import Fault
from tests.unit.chatwoot.desk import ONE, opened


async def test_opening_a_ticket_takes_three_requests(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    await desk.get_ticket(ticket)
    await desk.list_entries(ticket, None)
    assert len(fake.watched.requests) == 3


async def test_sign_in_takes_four_requests_the_directory_seven_and_each_page_of_everything_one(
    fake: FakeChatwoot, desk: ChatwootBackend
) -> None:
    await desk.open()
    assert len(fake.watched.requests) == 4
    fake.watched.forget()
    await desk.get_directory()
    assert len(fake.watched.requests) == 7
    fake.watched.forget()
    rows, after = 0, None
    while True:
        page = await desk.list_tickets(QueueQuery(sort=SortKey.CREATED), after)
        rows, after = rows + len(page.items), page.after
        if after is None:
            break
    assert rows == len(fake.world.conversations) > 50
    assert len(fake.watched.requests) == rows // 25 + 1


async def test_header_is_the_one_that_passes_through_nginx(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    await desk.list_views()
    assert all(one.headers["api-access-token"] == "token-alice" for one in fake.watched.requests)
    assert not any("api_access_token" in one.headers or "authorization" in one.headers for one in fake.watched.requests)


# --- before it leaves


async def test_reply_a_channel_takes_no_more_is_refused_before_it_is_sent(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    row["can_reply"] = False
    with pytest.raises(Refused, match="takes no answer now"):
        await desk.apply(ticket, Reply("Too late"), new_key())
    assert fake.watched.asked("POST", ONE + "/messages") == []
    await desk.apply(ticket, Note("But a note may be left"), new_key())
    assert fake.customer_sees(int(ticket)) == ["Hello"]


async def test_copies_go_with_mail_only(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    await desk.apply(ticket, Reply("With a copy", cc=("a@example.com", "b@example.com")), new_key())
    assert fake.world.messages[int(ticket)][-1]["content_attributes"]["cc_emails"] == ["a@example.com", "b@example.com"]
    row["inbox_id"] = 2
    with pytest.raises(Refused):
        await desk.apply(ticket, Reply("With a copy", cc=("a@example.com",)), new_key())
    assert len(fake.watched.asked("POST", ONE + "/messages")) == 1


async def test_reply_to_what_the_agent_has_not_read_is_a_conflict(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    read = (await desk.list_entries(ticket, None)).items[-1].seq
    fake.world.customer_says(row, "Wait, I found it!")
    with pytest.raises(Conflict, match="has written meanwhile") as raised:
        await desk.apply(ticket, Reply("Please wait.", seen=read), new_key())
    assert raised.value.current is not None
    newest = (await desk.list_entries(ticket, None)).items[-1].seq
    await desk.apply(ticket, Reply("Good.", seen=newest), new_key())
    await desk.apply(ticket, Reply("Anything else?", seen=newest), new_key())
    assert fake.customer_sees(int(ticket))[-2:] == ["Good.", "Anything else?"]


async def test_failed_message_says_so(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    failed = {"status": "failed", "content_attributes": {"external_error": "number blocked"}}
    fake.world.say(row, "Hi", 1, sender=("user", 3), **failed)
    assert "[not delivered: number blocked]" in (await desk.list_entries(ticket, None)).items[-1].body


async def test_agent_nobody_knows_takes_the_ticket_from_nobody(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    row["assignee"] = 4
    for stranger in ("77", "x"):
        with pytest.raises(Refused):
            await desk.apply(ticket, Assign(AgentId(stranger)), new_key())
    with pytest.raises(Refused):
        await desk.apply(ticket, Transfer(TeamId("77")), new_key())
    assert row["assignee"] == 4
    assert fake.watched.asked("POST") == []


async def test_taking_what_somebody_has_is_a_conflict(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    row["assignee"] = 4
    with pytest.raises(Conflict) as raised:
        await desk.apply(ticket, Assign(AgentId("3"), only_if_unowned=True), new_key())
    assert raised.value.current is not None
    assert raised.value.current.owner == "4"
    row["assignee"] = None
    await desk.apply(ticket, Assign(AgentId("3"), only_if_unowned=True), new_key())
    assert row["assignee"] == 3


async def test_status_nobody_has_is_refused_here(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    with pytest.raises(Refused):
        await desk.apply(ticket, SetStatus("bogus"), new_key())
    assert fake.watched.asked("POST") == []


# --- as it is written


async def test_transfer_is_two_requests_nobody_first_and_then_the_team(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    row["assignee"] = 4
    await desk.apply(ticket, Transfer(TeamId("2")), new_key())
    assert [one.json for one in fake.watched.asked("POST", ONE + "/assignments")] == [{"assignee_id": 0}, {"team_id": 2}]
    assert (row["assignee"], row["team"]) == (None, 2)


async def test_what_is_replaced_whole_keeps_what_others_put_there(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    row |= {"labels": ["old", "vip"], "custom_attributes": {"uid": 7, "verified": True}}
    await desk.apply(ticket, Tag(add=("new",), remove=("old",)), new_key())
    await desk.apply(ticket, SetField("txid", "0xabc"), new_key())
    await desk.apply(ticket, SetField("uid", "8"), new_key())
    await desk.apply(ticket, SetField("verified", "false"), new_key())
    assert row["labels"] == ["vip", "new"]
    assert row["custom_attributes"] == {"uid": 8, "verified": False, "txid": "0xabc"}
    await desk.apply(ticket, SetField("txid", ""), new_key())
    assert "txid" not in row["custom_attributes"]
    await desk.get_directory()
    fields = {field.name: (field.title, field.value) for field in (await desk.get_ticket(ticket)).fields}
    assert fields["txid"] == ("Transaction", "")
    assert fields["uid"] == ("uid", "8")
    assert "waiting_since" in fields


async def test_snooze_is_written_in_seconds_and_without_a_time_waits_for_the_customer(
    fake: FakeChatwoot, desk: ChatwootBackend
) -> None:
    ticket, row = opened(fake)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)
    await desk.apply(ticket, Snooze(until), new_key())
    assert (await desk.get_ticket(ticket)).snoozed_until == until
    await desk.apply(ticket, Snooze(None), new_key())
    assert (await desk.get_ticket(ticket)).snoozed_until is None
    sent = [one.json for one in fake.watched.asked("POST", ONE + "/toggle_status")]
    assert sent == [{"status": "snoozed", "snoozed_until": int(until.timestamp())}, {"status": "snoozed"}]
    fake.world.customer_says(row, "I am back")
    assert (await desk.get_ticket(ticket)).summary.status.phase is Phase.OPEN


async def test_what_is_so_already_is_not_written(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    await desk.apply(ticket, SetStatus("open"), new_key())
    assert fake.watched.asked("POST") == []


async def test_mark_is_written_both_ways(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    for read, unread in ((True, 0), (False, 1)):
        await desk.apply(ticket, MarkRead(read), new_key())
        assert (await desk.get_ticket(ticket)).summary.unread == unread


async def test_mention_in_a_note_is_written_as_the_dashboard_does(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    key = new_key()
    await desk.apply(ticket, Note("Please look", mentions=(AgentId("4"),)), key)
    assert fake.world.messages[int(ticket)][-1]["content"] == "Please look\n\n[@Bob](mention://user/4/Bob)"
    since = datetime.now(UTC) - timedelta(seconds=5)
    assert await desk.find_applied(ticket, Note("Please look", mentions=(AgentId("4"),)), key, since) is not None


async def test_words_the_server_filled_in_are_found_again(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    said, key = Reply("Dear {{contact.name}}, bye. {{ agent.name }}"), new_key()
    applied = await desk.apply(ticket, said, key)
    assert "{{" not in fake.customer_sees(int(ticket))[-1]
    assert await desk.find_applied(ticket, said, key, datetime.now(UTC) - timedelta(seconds=5)) == applied


async def test_new_ticket_says_nothing_to_the_customer(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    change = Create("41", Channel.PHONE, "1", "Call about fees", "She called.")
    began = datetime.now(UTC) - timedelta(seconds=1)
    assert await desk.find_applied(None, change, new_key(), began) is None
    key = new_key()
    applied = await desk.apply(None, change, key)
    assert applied.ticket is not None
    assert fake.customer_sees(int(applied.ticket)) == []
    [note] = (await desk.list_entries(applied.ticket, None)).items
    assert note.body == "She called."
    found = await desk.find_applied(None, change, key, began)
    assert found is not None
    assert found.ticket == applied.ticket
    with pytest.raises(Refused):
        await desk.apply(None, Create("41", Channel.CHAT, "2", "No way there", "x"), new_key())


async def test_many_at_once_are_told_one_by_one_and_never_left_to_a_job(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    tickets = [opened(fake)[0] for _ in range(6)]
    fake.watched.faults.append(Fault(path=ONE[:-3] + tickets[2] + "/toggle_priority", status=422, body=b'{"error":"No."}'))
    outcomes = {
        one.ticket: one async for one in desk.apply_each([*tickets, TicketId("x")], SetPriority(Priority.P1), new_key())
    }
    assert {ticket: one.done for ticket, one in outcomes.items()} == {
        **dict.fromkeys(tickets, True), tickets[2]: False, TicketId("x"): False,
    }  # fmt: skip
    assert "No." in outcomes[tickets[2]].reason
    assert fake.watched.asked("POST", ".*/bulk_actions") == []


async def test_state_others_will_not_see_is_told(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    fake.world.users[3]["auto_offline"] = True
    hidden = await desk.apply(None, SetAgentState("busy"), new_key())
    fake.world.users[3]["auto_offline"] = False
    seen = await desk.apply(None, SetAgentState("available"), new_key())
    assert "offline" in hidden.says
    assert seen.says == ""


# --- who types


async def test_typing_of_a_note_never_reaches_the_customer(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    number = int(ticket)
    for activity in (Activity.TYPING, Activity.TYPING_NOTE, Activity.VIEWING):
        await desk.attend(ticket, activity)
    await desk.attend(None, Activity.GONE)
    assert fake.world.typed == [
        (3, number, "on", False),
        (3, number, "off", False),
        (3, number, "on", True),
        (3, number, "off", True),
    ]


async def test_words_about_typing_arrive_in_order(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    steps = [Activity.TYPING, Activity.VIEWING] * 6
    await asyncio.gather(*(desk.attend(ticket, step) for step in steps))
    assert [word for _, _, word, _ in fake.world.typed] == ["on", "off"] * 6


async def test_typing_that_cannot_be_told_disturbs_nobody(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    fake.watched.faults.append(Fault(path=ONE + "/toggle_typing_status", status=500))
    await desk.attend(ticket, Activity.TYPING)


# --- lists


async def test_query_by_priority_is_a_filter_in_its_own_order(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    urgent = QueueQuery(phases=LIVE_PHASES, priorities=frozenset({Priority.P1}), sort=SortKey.CREATED)
    page = await desk.list_tickets(urgent, None)
    assert page.unapplied == ("sort:created",)
    rows = fake.world.conversations.values()
    expected = {str(row["id"]) for row in rows if row["priority"] == "urgent" and row["status"] != "resolved"}
    assert {row.id for row in page.items} == expected
    assert len(fake.watched.asked("POST", ".*/filter")) >= 1


async def test_tickets_of_another_agent_are_found(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    page = await desk.list_tickets(QueueQuery(phases=LIVE_PHASES, owner=AgentId("4"), sort=SortKey.UPDATED), None)
    assert page.items
    assert {row.owner for row in page.items} == {"4"}
    assert page.unapplied == ()


async def test_saved_filter_is_a_view_that_others_terms_narrow(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    [view] = [one for one in await desk.list_views() if one.title == "Burning"]
    whole = await desk.list_tickets(view.query, None)
    assert {row.priority for row in whole.items} == {Priority.P1}
    narrowed = await desk.list_tickets(QueueQuery(view=view.query.view, owner=Owner.ME), None)
    assert 0 < len(narrowed.items) < len(whole.items)
    with pytest.raises(NotFound):
        await desk.list_tickets(QueueQuery(view="999"), None)


async def test_whoever_takes_part_finds_the_ticket_by_its_view(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake)
    await desk.apply(ticket, Watch(), new_key())
    page = await desk.list_tickets(QueueQuery(view="participating"), None)
    assert ticket in {row.id for row in page.items}


async def test_what_can_never_fit_is_not_asked_for(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    page = await desk.list_tickets(QueueQuery(statuses=frozenset({"no-such"})), None)
    assert (page.items, page.after, page.total) == ((), None, 0)
    assert fake.watched.requests == []


async def test_bad_place_in_a_list_is_not_found(desk: ChatwootBackend) -> None:
    from supportdesk_tui.domain.ids import Cursor

    for place in ("x", "[]", "[[0,[],[],false]]"):
        with pytest.raises(NotFound):
            await desk.list_tickets(QueueQuery(), Cursor(place))
