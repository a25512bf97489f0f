"""The outbox when the server says no, or nothing: honest, patient, and with the words kept."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.changes import Reply, Tag
from supportdesk_tui.domain.errors import (
    BadPayload,
    Conflict,
    Forbidden,
    RateLimited,
    Refused,
    SignInNeeded,
    StorageError,
)
from supportdesk_tui.domain.ids import AgentId, ChangeKey, TicketId
from supportdesk_tui.failpoints import armed
from supportdesk_tui.store.state import OutboxItem, OutboxPhase
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.sync.fake import FakeServer, HandClock, held, until
from tests.unit.sync.client import Client, again


@pytest.mark.parametrize(
    "error",
    [
        Refused("apply", "too long", fields={"body": "too long"}),
        Forbidden("apply", "not yours"),
    ],
)
async def test_refused_change_keeps_its_words_and_reason(client: Client, error: Exception) -> None:
    client.server.script = [error]
    await client.outbox.add(make.outbox_item(1, expected=3))
    client.connect()
    await client.work()
    successor = await again(client)
    item = successor.board.items[ChangeKey("k1")]
    assert item.phase is OutboxPhase.REFUSED
    assert item.reason == str(getattr(error, "reason", ""))
    successor.connect()
    await successor.work()
    assert successor.server.done == []
    draft = await successor.outbox.take_back(item.key, None)
    assert draft is not None
    assert draft.body == "We are looking."
    await successor.die()


async def test_words_that_others_were_faster_than_wait_for_the_agent_and_outlive_the_desk(client: Client) -> None:
    client.server.script = [Conflict("apply", "Mei Lin replied meanwhile")]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work()
    successor = await again(client)
    successor.connect()
    await successor.work()
    item = successor.board.items[ChangeKey("k1")]
    assert (item.phase, item.held_until, item.reason) == (OutboxPhase.HELD, None, "Mei Lin replied meanwhile")
    assert successor.server.done == []
    draft = await successor.outbox.take_back(item.key, None)
    assert draft is not None
    assert draft.body == "We are looking."
    await successor.die()


async def test_a_change_without_words_is_refused_by_a_conflict(client: Client) -> None:
    client.server.script = [Conflict("apply", "changed since")]
    await client.outbox.add(make.outbox_item(1, change=Tag(add=("vip",)), expected=3))
    client.connect()
    await client.work()
    assert client.board.items[ChangeKey("k1")].phase is OutboxPhase.REFUSED


async def test_a_held_change_that_is_to_wait_is_not_sent_by_time(client: Client) -> None:
    await client.outbox.add(held(1, client.clock))
    client.connect()
    await client.outbox.wait_for_word(ChangeKey("k1"), "Zhang Min wrote meanwhile")
    client.clock.advance(60)
    await client.work()
    assert client.server.done == []
    assert client.board.items[ChangeKey("k1")].reason == "Zhang Min wrote meanwhile"
    await client.outbox.forget(ChangeKey("k1"))
    assert not client.outbox.book.items


@pytest.mark.parametrize("error", [Forbidden("apply", "not yours"), Conflict("apply", "changed since")])
async def test_retry_of_a_refused_change_goes_under_a_new_key_and_expects_nothing(client: Client, error: Exception) -> None:
    client.server.script = [error]
    await client.outbox.add(make.outbox_item(1, expected=3))
    client.connect()
    await client.work()
    await client.outbox.retry(ChangeKey("k1"))
    await client.work()
    assert len(client.server.done) == 1
    (sent,) = client.board.items.values()
    assert sent.key != "k1"
    assert (sent.phase, sent.expected) == (OutboxPhase.SENT, None)


@pytest.mark.parametrize("way", ["retry", "forget", "take back"])
async def test_what_is_asked_for_while_the_disk_writes_the_refusal_down_is_done_and_not_ignored(
    client: Client, way: str
) -> None:
    client.server.script = [Forbidden("apply", "no")]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    with armed("outbox.before_put=sleep:0.2@2"):
        await client.outbox.step()
        await until(lambda: client.phases() == {"k1": OutboxPhase.REFUSED})
        assert client.board.tasks, "it is told, and not written down yet"
        if way == "take back":
            assert await client.outbox.take_back(ChangeKey("k1"), None) is not None
        else:
            await (client.outbox.retry if way == "retry" else client.outbox.forget)(ChangeKey("k1"))
    await client.work()
    assert list(client.phases().values()) == ([OutboxPhase.SENT] if way == "retry" else [])


async def test_nobody_who_takes_back_waits_for_a_server_that_is_asked_whether_it_arrived(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind it everything else the agent does would wait, and what is typed on that ticket would stay off the disk."""
    answered = asyncio.Event()

    async def find_late(*_: object) -> None:
        await answered.wait()

    client.server.script = ["cut"]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work(1)
    monkeypatch.setattr(client.backend, "find_applied", find_late)
    client.clock.advance(100)
    await client.outbox.step()
    taking_back = asyncio.create_task(client.outbox.take_back(ChangeKey("k1"), None))
    await asyncio.wait({taking_back}, timeout=1)
    assert taking_back.done()
    assert taking_back.result() is None, "it may have arrived"
    answered.set()
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.SENT}


async def test_forgotten_change_is_gone_for_good(client: Client) -> None:
    client.server.script = [Forbidden("apply", "no")]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work()
    await client.outbox.forget(ChangeKey("k1"))
    successor = await again(client)
    assert successor.phases() == {}
    await successor.die()


async def test_sign_in_pauses_everything_and_resumes_with_the_same_keys(client: Client) -> None:
    client.server.script = [SignInNeeded("apply", "expired")]
    await client.outbox.add(make.outbox_item(1))
    await client.outbox.add(make.outbox_item(2))
    client.connect()
    await client.work(1)
    assert client.board.sign_ins == 1
    await client.outbox.add(make.outbox_item(3))
    await client.work()
    assert client.phases()[ChangeKey("k1")] is OutboxPhase.QUEUED
    assert client.phases()[ChangeKey("k3")] is OutboxPhase.QUEUED
    client.connect()
    await client.work()
    assert sorted(one.key for one in client.server.done) == ["k1", "k2", "k3"]


async def test_busy_server_is_left_alone_as_long_as_it_asks(client: Client) -> None:
    client.server.script = [RateLimited("apply", "slow down", after_s=99999999)]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work()
    await client.outbox.add(make.outbox_item(2))
    client.clock.advance(299)
    await client.work()
    assert client.server.done == []
    client.clock.advance(2)
    await client.work()
    assert len(client.server.done) == 2


async def test_unreadable_answer_of_a_write_counts_as_unknown(client: Client) -> None:
    client.server.script = [BadPayload("apply", path="$", expected="object")]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work(1)
    assert client.phases() == {"k1": OutboxPhase.UNKNOWN}


async def test_bulk_change_reports_each_ticket_and_keeps_the_refused_ones(client: Client) -> None:
    client.server.tickets = {row.id: row for row in (make.summary(1), make.summary(2))}
    tickets = tuple(TicketId(f"t{n}") for n in (1, 2, 3))
    await client.outbox.add(make.outbox_item(1, change=Tag(add=("vip",)), tickets=tickets))
    client.connect()
    await client.work()
    sent = client.board.items[ChangeKey("k1")]
    assert (sent.phase, sent.tickets) == (OutboxPhase.SENT, ("t1", "t2"))
    assert [(one.ticket, one.done, one.reason) for one in sent.outcomes] == [
        ("t1", True, ""), ("t2", True, ""), ("t3", False, "no such ticket"),
    ]  # fmt: skip
    (refused,) = [item for item in client.board.items.values() if item.phase is OutboxPhase.REFUSED]
    assert (refused.tickets, refused.reason, refused.rest_of) == (("t3",), "no such ticket", "k1")


async def test_what_each_ticket_was_refused_for_outlives_the_desk_and_is_asked_anew(client: Client) -> None:
    tickets = tuple(TicketId(f"t{n}") for n in (1, 2, 3))
    numbers = tuple((ticket, f"HX-{ticket}") for ticket in tickets)
    client.server.tickets = {TicketId("t1"): make.summary(1)}
    await client.outbox.add(make.outbox_item(1, change=Tag(add=("vip",)), tickets=tickets, numbers=numbers))
    client.connect()
    await client.work()
    successor = await again(client)
    (refused,) = [item for item in successor.board.items.values() if item.phase is OutboxPhase.REFUSED]
    assert [(one.ticket, one.done, one.reason) for one in refused.outcomes] == [
        ("t2", False, "no such ticket"), ("t3", False, "no such ticket"),
    ]  # fmt: skip
    assert dict(refused.numbers)[TicketId("t3")] == "HX-t3"
    successor.server.tickets |= {TicketId("t2"): make.summary(2), TicketId("t3"): make.summary(3)}
    successor.connect()
    await successor.outbox.retry(refused.key)
    await successor.work()
    (done,) = [item for item in successor.board.items.values() if item.phase is OutboxPhase.SENT]
    assert (done.tickets, done.rest_of, done.reason) == (("t2", "t3"), None, "")
    assert all(one.done for one in done.outcomes)
    await successor.die()


async def test_a_bulk_change_that_broke_off_is_done_for_the_rest_and_told_as_one(tmp_path: Path, clock: HandClock) -> None:
    tickets = tuple(TicketId(f"t{n}") for n in (1, 2, 3))
    rows = {ticket: make.summary(n) for n, ticket in enumerate(tickets, 1)}
    client = Client(tmp_path, FakeServer(keeps_keys=False, tickets=rows, script=["", "", "cut"]), clock)
    numbers = tuple((ticket, f"HX-{ticket}") for ticket in tickets)
    await client.outbox.add(make.outbox_item(1, change=Tag(add=("vip",)), tickets=tickets, numbers=numbers))
    client.connect()
    await client.work()
    clock.advance(2)
    await client.work()
    successor = await again(client)
    (item,) = successor.board.items.values()
    assert (item.phase, item.tickets) == (OutboxPhase.UNKNOWN, ("t3",)), "two of them were found on the server"
    successor.connect()
    await successor.outbox.retry(item.key)
    await successor.work()
    (done,) = successor.board.items.values()
    assert (done.phase, done.tickets) == (OutboxPhase.SENT, ("t1", "t2", "t3"))
    assert [(one.ticket, one.done) for one in done.outcomes] == [("t1", True), ("t2", True), ("t3", True)]
    assert [one.ticket for one in successor.server.done] == ["t1", "t2", "t3"]
    await successor.die()


async def test_later_change_expects_the_version_our_own_change_made(client: Client) -> None:
    from supportdesk_tui.sync.outbox_rules import follow_version

    first = make.outbox_item(1, expected=5)
    later = make.outbox_item(2, tickets=first.tickets, expected=5)
    stranger = make.outbox_item(3, expected=5)
    guarded = make.outbox_item(4, tickets=first.tickets, expected=4)
    assert follow_version([first, later, stranger, guarded], first, 7) == [replace(later, expected=7)]


async def test_disk_that_refuses_leaves_the_change_untold(client: Client) -> None:
    with armed("database.before_commit=enospc"):
        with pytest.raises(StorageError):
            await client.outbox.add(make.outbox_item(1))
        assert client.phases() == {}
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    with armed("database.before_commit=enospc"):
        await client.work()
        assert client.server.done == []
        assert client.phases() == {"k1": OutboxPhase.QUEUED}
    client.clock.advance(6)
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.SENT}


async def test_second_client_has_a_slot_of_its_own_and_takes_over_when_the_first_dies(client: Client, clock: HandClock) -> None:
    await client.outbox.add(make.outbox_item(1))
    second = Client(client.folder, client.server, clock)
    assert second.phases() == {}
    second.connect()
    await second.work()
    assert second.server.done == []
    await client.die()
    assert second.ledger.adopt()
    second.outbox.load(make.ME)
    await second.work()
    assert [one.key for one in second.server.done] == ["k1"]
    third = await again(second)
    assert third.phases() == {}
    await third.die()


async def test_another_agent_never_sees_nor_sends_the_changes_of_the_one_before(client: Client) -> None:
    from supportdesk_tui.domain.ids import AgentId

    await client.outbox.add(make.outbox_item(1))
    assert client.outbox.load(AgentId("a2")).items == ()
    client.connect()
    await client.work()
    assert client.server.done == []
    items = client.outbox.load(make.ME).items
    assert [item.key for item in items] == ["k1"]


@pytest.mark.parametrize("begun", ["sent", "asked for again"])
async def test_what_had_just_begun_when_another_agent_came_stays_with_the_one_who_wrote_it(client: Client, begun: str) -> None:
    client.server.script = ["cut"] if begun == "sent" else [Forbidden("apply", "no")]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    with armed("outbox.before_put=sleep:0.2@2"):
        await client.outbox.step()
        if begun == "asked for again":
            await until(lambda: client.phases() == {"k1": OutboxPhase.REFUSED})
            retrying = asyncio.create_task(client.outbox.retry(ChangeKey("k1")))
            await asyncio.sleep(0)
        client.outbox.load(AgentId("a2"))
        await client.board.rest()
        if begun == "asked for again":
            await retrying
    assert client.outbox.book.items == ()
    assert client.ledger.items(AgentId("a2")) == []
    assert len(client.ledger.items(make.ME)) == 1


def test_next_wake_is_the_nearest_deadline_only() -> None:
    from supportdesk_tui.sync.outbox_rules import Moment, next_delay

    clock = HandClock()
    items: list[OutboxItem] = [held(1, clock, seconds=10), held(2, clock, seconds=4), make.outbox_item(3)]
    moment = Moment(clock.now(), clock.monotonic(), {}, ())
    assert next_delay(items, moment) == pytest.approx(4.005)
    assert next_delay([make.outbox_item(3)], moment) is None


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("Old news", seen=1, seen_owner="a2"), "Zhang Min wrote meanwhile"),
        (Reply("All read", seen=2, seen_owner=""), "Mei has the ticket now"),
        (Reply("All read", seen=2, seen_owner="a2"), ""),
        (Reply("Not said"), ""),
    ],
)
async def test_where_the_server_compares_nothing_the_ticket_is_read_before_a_reply_goes_to_it(
    tmp_path: Path, clock: HandClock, reply: Reply, reason: str
) -> None:
    server = FakeServer(
        keeps_keys=False, tickets={TicketId("t1"): make.summary(1, owner=AgentId("a2"), owner_name=sanitize_line("Mei"))}
    )
    one = Client(tmp_path, server, clock)
    await one.outbox.add(make.outbox_item(1, change=reply))
    one.connect()
    await one.work()
    item = one.board.items[ChangeKey("k1")]
    assert (item.phase, item.held_until) == (OutboxPhase.HELD if reason else OutboxPhase.SENT, None)
    assert reason in item.reason
    assert [one.change for one in server.done] == ([] if reason else [reply])
    await one.die()
