"""The outbox: durable before it is told, in order, never twice."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.changes import Assign, MarkRead, Note, Reply, SetStatus, Undo
from supportdesk_tui.domain.errors import (
    Unreachable,
)
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store.state import Draft, DraftMode, OutboxPhase
from tests import make
from tests.sync.fake import FakeServer, HandClock, held, until
from tests.unit.sync.client import Client, again


async def test_change_is_on_disk_before_it_is_told(client: Client) -> None:
    await client.outbox.add(make.outbox_item(1))
    successor = await again(client)
    assert successor.phases() == {"k1": OutboxPhase.QUEUED}
    assert successor.board.items[ChangeKey("k1")].change == Reply("We are looking.")
    await successor.die()


async def test_queued_change_is_sent_once_and_leaves_the_disk(client: Client) -> None:
    await client.outbox.add(make.outbox_item(1, number="HX-1"))
    client.connect()
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.SENT}
    assert [one.key for one in client.server.done] == ["k1"]
    successor = await again(client)
    assert successor.phases() == {}
    await successor.die()


async def test_held_change_waits_its_time_and_can_be_taken_back(client: Client, clock: HandClock) -> None:
    await client.outbox.add(held(1, clock))
    client.connect()
    clock.advance(9.9)
    await client.work()
    assert client.server.done == []
    draft = await client.outbox.take_back(ChangeKey("k1"), None)
    assert draft is not None
    assert (draft.body, draft.mode, draft.ticket) == ("We are looking.", DraftMode.REPLY, "t1")
    clock.advance(60)
    await client.work()
    assert client.server.done == []
    assert client.ledger.drafts(make.ME) == [draft]


async def test_held_change_is_sent_when_its_time_has_come(client: Client, clock: HandClock) -> None:
    await client.outbox.add(held(1, clock))
    client.connect()
    clock.advance(10)
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.SENT}


async def test_clock_set_forward_does_not_send_a_held_change_early(client: Client, clock: HandClock) -> None:
    await client.outbox.add(held(1, clock))
    client.connect()
    clock.sleep_through(60)
    await client.work()
    assert client.server.done == []


async def test_clock_set_back_holds_a_change_no_longer_than_it_was_to_be(client: Client, clock: HandClock) -> None:
    await client.outbox.add(held(1, clock))
    client.connect()
    clock.advance(4)
    clock.sleep_through(-3 * 3600)
    await client.work()
    assert client.server.done == []
    until = client.board.items[ChangeKey("k1")].held_until
    assert until is not None
    assert (until - clock.now()).total_seconds() == 6
    clock.advance(5.9)
    await client.work()
    assert client.server.done == []
    clock.advance(0.2)
    await client.work()
    assert len(client.server.done) == 1


async def test_clock_set_back_between_two_runs_holds_a_change_two_minutes_at_most(client: Client, clock: HandClock) -> None:
    await client.outbox.add(held(1, clock))
    clock.sleep_through(-3 * 3600)
    successor = await again(client)
    successor.connect()
    await successor.work()
    assert successor.server.done == []
    clock.advance(121)
    await successor.work()
    assert len(successor.server.done) == 1
    await successor.die()


async def test_what_is_held_anew_in_the_place_of_another_is_never_sent_early(client: Client, clock: HandClock) -> None:
    await client.outbox.add(replace(held(1, clock), held_until=None))
    client.connect()
    assert await client.outbox.put_in_place(held(2, clock), ChangeKey("k1"))
    clock.advance(9.9)
    await client.work()
    assert client.server.done == []
    clock.advance(0.2)
    await client.work()
    assert len(client.server.done) == 1


@pytest.mark.parametrize("restarts", [False, True])
async def test_held_change_long_past_its_time_asks_instead_of_being_sent(
    client: Client, clock: HandClock, restarts: bool
) -> None:
    await client.outbox.add(held(1, clock))
    clock.advance(11 * 60)
    if restarts:
        client = await again(client)
    client.connect()
    await client.work()
    assert client.server.done == []
    assert client.board.items[ChangeKey("k1")].held_until is None
    await client.outbox.retry(ChangeKey("k1"))
    await client.work()
    assert len(client.server.done) == 1
    await client.die()


async def test_held_change_keeps_its_deadline_over_a_restart(client: Client, clock: HandClock) -> None:
    await client.outbox.add(held(1, clock))
    successor = await again(client)
    successor.connect()
    clock.advance(5)
    await successor.work()
    assert successor.server.done == []
    clock.advance(5)
    await successor.work()
    assert len(successor.server.done) == 1
    await successor.die()


async def test_taken_back_words_stand_before_those_typed_since(client: Client, clock: HandClock) -> None:
    await client.outbox.add(held(1, clock, "first"))
    draft = await client.outbox.take_back(ChangeKey("k1"), Draft(TicketId("t1"), body="second"))
    assert draft is not None
    assert draft.body == "first\n\nsecond"


async def test_note_taken_back_into_a_reply_never_becomes_public(client: Client) -> None:
    item = make.outbox_item(1, change=Note("internal"))
    await client.outbox.add(item)
    draft = await client.outbox.take_back(item.key, Draft(TicketId("t1"), DraftMode.REPLY, "public"))
    assert draft is not None
    assert draft.mode is DraftMode.NOTE


async def test_sending_change_is_too_late_to_take_back(client: Client) -> None:
    client.backend.gate = asyncio.Event()
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.outbox.step()
    assert await client.outbox.take_back(ChangeKey("k1"), None) is None
    client.backend.gate.set()
    await client.board.rest()
    assert len(client.server.done) == 1


async def test_changes_of_one_ticket_go_in_order_and_other_tickets_pass(client: Client) -> None:
    client.server.script = [Unreachable("apply", "no route")]
    for n, ticket in ((1, "t1"), (2, "t1"), (3, "t2")):
        item = make.outbox_item(n, tickets=(TicketId(ticket),), created_at=make.NOW + timedelta(seconds=n))
        await client.outbox.add(item)
    client.connect()
    await client.work()
    assert [one.key for one in client.server.done] == ["k3"]
    client.clock.advance(2)
    await client.work()
    assert [one.key for one in client.server.done] == ["k3", "k1", "k2"]


async def test_held_reply_lets_marks_pass_but_not_later_changes(client: Client, clock: HandClock) -> None:
    await client.outbox.add(held(1, clock))
    late = timedelta(seconds=1)
    await client.outbox.add(
        make.outbox_item(2, change=SetStatus("open"), tickets=(TicketId("t1"),), created_at=make.NOW + late)
    )
    await client.outbox.add(make.outbox_item(3, change=MarkRead(), tickets=(TicketId("t1"),), created_at=make.NOW + 2 * late))
    client.connect()
    await client.work()
    assert [one.key for one in client.server.done] == ["k3"]
    clock.advance(10)
    await client.work()
    assert [one.key for one in client.server.done] == ["k3", "k1", "k2"]


async def test_undo_waits_for_the_change_it_takes_back(client: Client) -> None:
    client.server.script = [Unreachable("apply", "")]
    await client.outbox.add(make.outbox_item(1, change=Assign(None)))
    await client.outbox.add(make.outbox_item(2, change=Undo(ChangeKey("k1")), tickets=(), created_at=make.NOW + timedelta(1)))
    client.connect()
    await client.work()
    assert client.server.done == []
    client.clock.advance(2)
    await client.work()
    assert [one.key for one in client.server.done] == ["k1", "k2"]


@pytest.mark.parametrize("fate", ["lost", "cut"])
async def test_lost_answer_is_unknown_then_settled_with_the_same_key(client: Client, fate: str) -> None:
    client.server.script = [fate]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work(1)
    assert client.phases() == {"k1": OutboxPhase.UNKNOWN}
    client.clock.advance(2)
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.SENT}
    assert [one.key for one in client.server.done] == ["k1"]
    assert "find" in client.backend.asked


async def test_what_may_have_left_is_not_taken_back_however_the_next_attempts_end(client: Client) -> None:
    """An older copy may still be on its way: the words sent anew under another key would arrive twice."""
    client.server.script = ["cut", Unreachable("apply", "no route"), Unreachable("apply", "no route")]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work(1)
    for _ in range(2):
        client.clock.advance(100)
        await client.work(1)
        assert client.phases() == {"k1": OutboxPhase.UNKNOWN}
        assert await client.outbox.take_back(ChangeKey("k1"), None) is None
    assert not client.server.script
    client.server.apply(TicketId("t1"), Reply("We are looking."), ChangeKey("k1"))
    client.clock.advance(100)
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.SENT}
    assert len(client.server.done) == 1


async def test_server_put_back_to_a_backup_is_sent_nothing_unasked(client: Client) -> None:
    client.server.script = ["cut"]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work(1)
    for n, change in ((2, Note("waits")), (3, MarkRead()), (4, Note("held"))):
        await client.outbox.add(make.outbox_item(n, change=change, tickets=(TicketId(f"t{n}"),)))
    assert client.outbox.ask_for_each("put back") == 3
    client.clock.advance(100)
    await client.work()
    assert [one.key for one in client.server.done] == ["k3"], "where we have read to is no news for anybody"
    assert client.phases() == {
        "k1": OutboxPhase.UNKNOWN,
        "k2": OutboxPhase.HELD,
        "k3": OutboxPhase.SENT,
        "k4": OutboxPhase.HELD,
    }
    for key in ("k1", "k2", "k4"):
        assert client.board.items[ChangeKey(key)].reason == "put back"
    assert await client.outbox.take_back(ChangeKey("k4"), None) == Draft(TicketId("t4"), DraftMode.NOTE, "held", is_saved=True)
    for key in ("k1", "k2"):
        await client.outbox.retry(ChangeKey(key))
    client.clock.advance(100)
    await client.work()
    assert sorted(one.key for one in client.server.done) == ["k1", "k2", "k3"]


async def test_an_unknown_change_that_waits_for_a_word_waits_on_after_a_restart(client: Client) -> None:
    """The server was put back: what may have arrived before is read for, and not sent again unasked, by no later client."""
    client.server.script = ["cut", "cut"]
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work(1)
    assert client.phases() == {"k1": OutboxPhase.UNKNOWN}
    assert client.outbox.ask_for_each("the server was put back") == 1
    await client.board.rest()
    for _ in range(2):
        client = await again(client)
        client.connect()
        client.backend.asked.clear()
        await client.work()
        client.clock.advance(120)
        client.outbox.kick()
        await client.work()
        assert (client.server.done, client.backend.asked) == ([], ["find"]), "looked for, and no more"
        assert client.phases() == {"k1": OutboxPhase.UNKNOWN}
    client.server.script.clear()
    await client.outbox.retry(ChangeKey("k1"))
    await client.work()
    assert [one.key for one in client.server.done] == ["k1"]
    await client.die()


async def test_what_is_on_its_way_when_the_server_is_put_back_waits_too_if_it_did_not_arrive(client: Client) -> None:
    client.backend.gate = asyncio.Event()
    client.server.script = ["cut", Unreachable("apply", "no route")]
    for n in (1, 2):
        await client.outbox.add(make.outbox_item(n, tickets=(TicketId(f"t{n}"),)))
    client.connect()
    await client.outbox.step()
    await until(lambda: set(client.phases().values()) == {OutboxPhase.SENDING})
    assert client.outbox.ask_for_each("the server was put back") == 2
    client.backend.gate.set()
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.UNKNOWN, "k2": OutboxPhase.HELD}
    client.clock.advance(120)
    client.outbox.kick()
    await client.work()
    assert client.server.done == []
    client = await again(client)
    client.connect()
    await client.work()
    assert client.server.done == []
    assert {item.reason != "" for item in client.board.items.values()} == {True}
    await client.die()


async def test_without_keys_nothing_is_sent_again_by_itself(tmp_path: Path, clock: HandClock) -> None:
    client = Client(tmp_path, FakeServer(keeps_keys=False, script=["cut"]), clock)
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    for _ in range(5):
        await client.work()
        clock.advance(100)
        client.outbox.kick()
    assert client.phases() == {"k1": OutboxPhase.UNKNOWN}
    assert client.server.done == []
    await client.outbox.retry(ChangeKey("k1"))
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.SENT}
    assert len(client.server.done) == 1
    await client.die()


async def test_without_keys_a_found_change_is_sent_and_not_repeated(tmp_path: Path, clock: HandClock) -> None:
    client = Client(tmp_path, FakeServer(keeps_keys=False, script=["lost"]), clock)
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.work()
    clock.advance(5)
    await client.work()
    assert client.phases() == {"k1": OutboxPhase.SENT}
    assert len(client.server.done) == 1
    await client.die()


@pytest.mark.parametrize("keeps_keys", [True, False])
async def test_what_was_being_sent_at_a_crash_is_looked_for_first(tmp_path: Path, clock: HandClock, keeps_keys: bool) -> None:
    server = FakeServer(keeps_keys=keeps_keys)
    client = Client(tmp_path, server, clock)
    client.backend.gate = asyncio.Event()
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    await client.outbox.step()
    await until(lambda: client.phases()[ChangeKey("k1")] is OutboxPhase.SENDING)
    server.apply(TicketId("t1"), Reply("We are looking."), ChangeKey("k1"))
    successor = await again(client)
    assert successor.phases() == {"k1": OutboxPhase.UNKNOWN}
    successor.connect()
    await successor.work()
    assert successor.phases() == {"k1": OutboxPhase.SENT}
    assert len(server.done) == 1
    await successor.die()
