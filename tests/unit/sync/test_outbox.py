"""The outbox: durable before it is told, in order, never twice, and honest when it does not know."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Assign, MarkRead, Note, Reply, SetStatus, Tag, Undo
from supportdesk_tui.domain.errors import (
    BadPayload,
    Conflict,
    Forbidden,
    RateLimited,
    Refused,
    SignInNeeded,
    StorageError,
    Unreachable,
)
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store.state import Draft, DraftMode, OutboxItem, OutboxPhase
from supportdesk_tui.sync.outbox import Hooks, Outbox
from supportdesk_tui.sync.outbox_db import Ledger
from tests import make
from tests.sync.fake import Board, FakeBackend, FakeServer, HandClock, held, until

KEYLESS = make.session(capabilities=frozenset(Capability) - {Capability.IDEMPOTENCY})


class Client:
    """One life of a client; the folder and the server outlive it."""

    def __init__(self, folder: Path, server: FakeServer, clock: HandClock) -> None:
        self.folder, self.server, self.clock = folder, server, clock
        self.board = Board()
        self.ledger = Ledger(folder)
        self.ledger.open()
        self.outbox = Outbox(self.ledger, clock, Hooks(self.board.publish, self.board.spawn, self.board.sign_in))
        loaded = self.outbox.load(make.ME)
        self.board.items = {item.key: item for item in loaded.items}
        self.backend = FakeBackend(server, make.session() if server.keeps_keys else KEYLESS)

    def connect(self) -> None:
        self.outbox.connect(self.backend, self.backend.session)

    async def work(self, rounds: int = 3) -> None:
        for _ in range(rounds):
            await self.outbox.step()
            await self.board.rest()

    def phases(self) -> dict[str, OutboxPhase]:
        return {item.key: item.phase for item in self.board.items.values()}

    async def die(self) -> None:
        """The process ends as if killed: what is on its way is never heard of again."""
        for task in list(self.board.tasks):
            task.cancel()
        await self.board.rest()
        self.ledger.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def client(tmp_path: Path, clock: HandClock) -> AsyncIterator[Client]:
    one = Client(tmp_path, FakeServer(), clock)
    yield one
    await one.die()


async def again(client: Client) -> Client:
    await client.die()
    return Client(client.folder, client.server, client.clock)


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
    import asyncio

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
    import asyncio

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


@pytest.mark.parametrize(
    "error",
    [
        Refused("apply", "too long", fields={"body": "too long"}),
        Conflict("apply", "changed since"),
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


async def test_retry_of_a_refused_change_goes_under_a_new_key_and_expects_nothing(client: Client) -> None:
    client.server.script = [Conflict("apply", "changed since")]
    await client.outbox.add(make.outbox_item(1, expected=3))
    client.connect()
    await client.work()
    await client.outbox.retry(ChangeKey("k1"))
    await client.work()
    assert len(client.server.done) == 1
    (sent,) = client.board.items.values()
    assert sent.key != "k1"
    assert (sent.phase, sent.expected) == (OutboxPhase.SENT, None)


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
    assert (sent.phase, sent.tickets, sent.says) == (OutboxPhase.SENT, ("t1", "t2"), "2 of 3 done")
    (refused,) = [item for item in client.board.items.values() if item.phase is OutboxPhase.REFUSED]
    assert refused.tickets == ("t3",)
    assert "no such ticket" in refused.reason


async def test_later_change_expects_the_version_our_own_change_made(client: Client) -> None:
    from supportdesk_tui.sync.outbox_rules import follow_version

    first = make.outbox_item(1, expected=5)
    later = make.outbox_item(2, tickets=first.tickets, expected=5)
    stranger = make.outbox_item(3, expected=5)
    guarded = make.outbox_item(4, tickets=first.tickets, expected=4)
    assert follow_version([first, later, stranger, guarded], first, 7) == [replace(later, expected=7)]


async def test_disk_that_refuses_leaves_the_change_untold(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(client.ledger, "put_item", full)
        with pytest.raises(StorageError):
            await client.outbox.add(make.outbox_item(1))
        assert client.phases() == {}
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    with monkeypatch.context() as patched:
        patched.setattr(client.ledger, "put_item", full)
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


def test_next_wake_is_the_nearest_deadline_only() -> None:
    from supportdesk_tui.sync.outbox_rules import Moment, next_delay

    clock = HandClock()
    items: list[OutboxItem] = [held(1, clock, seconds=10), held(2, clock, seconds=4), make.outbox_item(3)]
    moment = Moment(clock.now(), clock.monotonic(), {}, ())
    assert next_delay(items, moment) == pytest.approx(4.005)
    assert next_delay([make.outbox_item(3)], moment) is None
