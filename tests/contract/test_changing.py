"""What every backend does when a ticket is changed: once, whole, by one winner, and taken back."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from supportdesk_tui.backends.port import Backend, LocalFile
from supportdesk_tui.domain.capabilities import Capability as Can
from supportdesk_tui.domain.changes import (
    Applied,
    Assign,
    Change,
    Create,
    Escalate,
    MarkRead,
    Note,
    Reply,
    SetAgentState,
    SetPriority,
    SetStatus,
    Snooze,
    Tag,
    Transfer,
    Undo,
    Watch,
)
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.errors import Ambiguous, Conflict, Forbidden, NotFound, Refused, StorageError, Unreachable
from supportdesk_tui.domain.ids import AgentId, ChangeKey, TeamId, TicketId
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import Channel, Phase, Priority
from tests.contract.floor import Floor, just_now, new_key
from tests.contract.relay import relay_to


async def said(desk: Backend, ticket: TicketId) -> list[Entry]:
    return list((await desk.list_entries(ticket, None)).items)


async def my_id(desk: Backend) -> AgentId:
    return (await desk.open()).agent.id


async def test_reply_reaches_the_customer_and_a_note_never_does(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Where is my money?")
    reply = await desk.apply(ticket, Reply("We are looking, 王女士 👋"), new_key())
    note = await desk.apply(ticket, Note("the customer must never read this"), new_key())
    by_id = {str(entry.id): entry for entry in await said(desk, ticket)}
    assert (by_id[reply.entry].kind, by_id[reply.entry].body) == (EntryKind.AGENT, "We are looking, 王女士 👋")
    assert by_id[note.entry].kind is EntryKind.NOTE
    seen = await floor.customer_sees(ticket)
    assert "We are looking, 王女士 👋" in seen
    assert not any("never read" in body for body in seen)


@pytest.mark.needs(Can.TAG, Can.PRIORITY, Can.STATUS)
async def test_follow_ups_come_with_the_reply(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Solve this")
    then = (SetStatus(floor.words.solved, "answered"), Tag(add=(floor.words.tag,)), SetPriority(Priority.P1))
    await desk.apply(ticket, Reply("Done.", then), new_key())
    opened = (await desk.get_ticket(ticket)).summary
    assert (opened.status.phase, opened.priority) == (Phase.SOLVED, Priority.P1)
    assert floor.words.tag in opened.tags


@pytest.mark.needs(Can.ATOMIC, Can.TAG)
async def test_reply_is_not_sent_when_what_follows_is_refused(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("All or nothing")
    before = (await desk.get_ticket(ticket)).summary
    with pytest.raises(Refused) as raised:
        await desk.apply(ticket, Reply("Half a promise", (Tag(add=("half",)), SetStatus("no-such-status"))), new_key())
    after = (await desk.get_ticket(ticket)).summary
    assert raised.value.fields
    assert (after.version, after.tags) == (before.version, before.tags)
    assert await floor.customer_sees(ticket) == ["All or nothing"]


@pytest.mark.needs(Can.VERSIONS)
async def test_two_agents_take_and_one_wins(floor: Floor, desk: Backend, colleague: Backend) -> None:
    mine, theirs = await my_id(desk), await my_id(colleague)
    for _ in range(5):
        ticket = await floor.customer_writes("Who takes me?")
        results = await asyncio.gather(
            desk.apply(ticket, Assign(mine, only_if_unowned=True), new_key()),
            colleague.apply(ticket, Assign(theirs, only_if_unowned=True), new_key()),
            return_exceptions=True,
        )
        owner = (await desk.get_ticket(ticket)).summary.owner
        won, lost = results if owner == mine else reversed(results)
        assert isinstance(won, Applied)
        assert isinstance(lost, Conflict)
        assert lost.current is not None
        assert lost.current.owner == owner
        assert lost.current.owner_name


@pytest.mark.needs(Can.IDEMPOTENCY)
async def test_repeated_key_is_applied_once_and_answered_the_same(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Do not answer me twice")
    key = new_key()
    answers = await asyncio.gather(*(desk.apply(ticket, Reply("Once."), key) for _ in range(4)))
    answers.append(await desk.apply(ticket, Reply("Once."), key))
    assert len(set(answers)) == 1
    assert (await floor.customer_sees(ticket)).count("Once.") == 1


async def test_answer_cut_at_any_byte_never_doubles_or_loses_a_reply(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Through the tunnel")
    cuts = [0, 1, 12, 60, 150, 200, 230, 260, 300]
    arrived: list[str] = []
    async with relay_to(floor.url) as relay:
        relay.cut_only = floor.words.reply_head
        for number, cut in enumerate(cuts):
            relay.cut_after[:] = [cut] * (1 + number % 3)
            tunnelled = floor.backend(floor.me, relay.url)
            key = new_key()
            try:
                applied = await tunnelled.apply(ticket, Reply(f"reply {number}"), key)
            except (Ambiguous, Unreachable):
                applied = None
            await tunnelled.close()
            known = await desk.find_applied(ticket, Reply(f"reply {number}"), key, just_now())
            if known is not None:
                arrived.append(f"reply {number}")
            assert applied in {None, known}
            assert known is not None or Can.IDEMPOTENCY in floor.lacks
    seen = await floor.customer_sees(ticket)
    assert [body for body in seen if body.startswith("reply")] == arrived


@pytest.mark.needs(Can.IDEMPOTENCY)
async def test_repeated_key_with_other_words_is_refused(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Key")
    key = new_key()
    await desk.apply(ticket, Reply("First."), key)
    with pytest.raises(Refused):
        await desk.apply(ticket, Reply("Second."), key)
    assert "Second." not in await floor.customer_sees(ticket)


async def test_change_that_arrived_is_found(floor: Floor, desk: Backend, colleague: Backend) -> None:
    ticket = await floor.customer_writes("Did it arrive?")
    key = new_key()
    assert await desk.find_applied(ticket, Reply("Yes."), key, just_now()) is None
    applied = await desk.apply(ticket, Reply("Yes."), key)
    assert await desk.find_applied(ticket, Reply("Yes."), key, just_now()) == applied
    assert await colleague.find_applied(ticket, Reply("Yes."), key, just_now()) is None
    assert await desk.find_applied(ticket, Reply("No."), new_key(), just_now()) is None
    assert await desk.find_applied(ticket, Note("Yes."), new_key(), just_now()) is None


@pytest.mark.needs(Can.VERSIONS, Can.PRIORITY)
async def test_change_to_a_ticket_that_moved_on_is_a_conflict(floor: Floor, desk: Backend, colleague: Backend) -> None:
    ticket = await floor.customer_writes("Version")
    seen = (await desk.get_ticket(ticket)).summary.version
    for priority in itertools.cycle((Priority.P1, Priority.P2)):
        await colleague.apply(ticket, SetPriority(priority), new_key())
        if (await desk.get_ticket(ticket)).summary.version > seen:  # a version may be as coarse as a second
            break
    with pytest.raises(Conflict) as raised:
        await desk.apply(ticket, Reply("Too late."), new_key(), seen)
    assert raised.value.current is not None
    assert raised.value.current.version > seen
    assert raised.value.current.priority is priority
    assert "Too late." not in await floor.customer_sees(ticket)


@pytest.mark.needs(Can.UNDO)
async def test_undo_takes_back_and_says_what(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Undo me")
    mine, key = await my_id(desk), new_key()
    await desk.apply(ticket, Assign(mine), key)
    undone = await desk.apply(None, Undo(key), new_key())
    assert undone.ticket == ticket
    assert undone.says
    assert (await desk.get_ticket(ticket)).summary.owner is None


@pytest.mark.needs(Can.UNDO)
async def test_undo_after_somebody_built_on_it_is_a_conflict(floor: Floor, desk: Backend, colleague: Backend) -> None:
    ticket = await floor.customer_writes("Built upon")
    mine, theirs, key = await my_id(desk), await my_id(colleague), new_key()
    await desk.apply(ticket, Assign(mine), key)
    await colleague.apply(ticket, Assign(theirs), new_key())
    with pytest.raises(Conflict):
        await desk.apply(None, Undo(key), new_key())
    assert (await desk.get_ticket(ticket)).summary.owner == theirs


@pytest.mark.needs(Can.UNDO)
async def test_undo_of_an_unknown_key_is_not_found(desk: Backend) -> None:
    with pytest.raises(NotFound):
        await desk.apply(None, Undo(new_key()), new_key())


@pytest.mark.needs(Can.BULK, Can.PRIORITY)
async def test_change_to_many_tells_what_became_of_each(floor: Floor, desk: Backend) -> None:
    tickets = [await floor.customer_writes(f"bulk {number}") for number in range(4)]
    asked = [*tickets, TicketId("no-such-ticket"), tickets[0]]
    key = new_key()
    outcomes = [outcome async for outcome in desk.apply_each(asked, SetPriority(Priority.P1), key)]
    assert {outcome.ticket: outcome.done for outcome in outcomes} == {
        **dict.fromkeys(tickets, True),
        TicketId("no-such-ticket"): False,
    }
    assert len(outcomes) == 5
    assert all(outcome.reason for outcome in outcomes if not outcome.done)
    for ticket in tickets:
        assert (await desk.get_ticket(ticket)).summary.priority is Priority.P1
    if Can.UNDO in floor.lacks:
        return
    await desk.apply(None, Undo(key), new_key())
    for ticket in tickets:
        assert (await desk.get_ticket(ticket)).summary.priority is not Priority.P1


async def test_trainee_may_not_reply(floor: Floor) -> None:
    ticket = await floor.customer_writes("Hello?")
    desk = floor.backend(floor.trainee)
    with pytest.raises((Forbidden, Refused)):
        await desk.apply(ticket, Reply("Hi!"), new_key())
    await desk.close()
    assert await floor.customer_sees(ticket) == ["Hello?"]


async def test_reply_of_impossible_length_is_refused(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Length")
    for body in ["", *["x" * (longest + 1) for longest in [floor.words.longest] if longest]]:
        with pytest.raises(Refused):
            await desk.apply(ticket, Reply(body), new_key())


async def test_status_and_priority_show_on_the_ticket(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Everything")
    steps: list[Change] = [SetStatus(floor.words.pending)]
    if Can.PRIORITY not in floor.lacks:
        steps.append(SetPriority(Priority.P1))
    versions = [(await desk.apply(ticket, step, new_key())).version for step in steps]
    opened = (await desk.get_ticket(ticket)).summary
    assert opened.status.phase is Phase.PENDING
    assert opened.priority is Priority.P1 or Can.PRIORITY in floor.lacks
    assert versions[-1] in {None, opened.version}


@pytest.mark.needs(Can.TRANSFER)
async def test_transfer_moves_the_ticket_to_the_team(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Transfer me")
    directory = await desk.get_directory()
    before = (await desk.get_ticket(ticket)).summary.team
    team = floor.words.team or next(one.id for one in directory.teams if one.id != before)
    await desk.apply(ticket, Transfer(TeamId(team), "fits better"), new_key())
    assert (await desk.get_ticket(ticket)).summary.team == team


@pytest.mark.needs(Can.TAG)
async def test_tags_are_added_and_removed_one_by_one(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Tag me")
    await desk.apply(ticket, Tag(add=(floor.words.tag, "vip")), new_key())
    assert {floor.words.tag, "vip"} <= set((await desk.get_ticket(ticket)).summary.tags)
    await desk.apply(ticket, Tag(remove=("vip",)), new_key())
    tags = set((await desk.get_ticket(ticket)).summary.tags)
    assert floor.words.tag in tags
    assert "vip" not in tags


@pytest.mark.needs(Can.WATCH)
async def test_watching_shows_on_the_ticket(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Watch me closely")
    for wanted in (True, False):
        await desk.apply(ticket, Watch(wanted), new_key())
        assert (await desk.get_ticket(ticket)).summary.watched is wanted


@pytest.mark.needs(Can.READ_MARK)
async def test_what_was_read_is_not_unread(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Read me")
    assert (await desk.get_ticket(ticket)).summary.unread > 0
    await desk.apply(ticket, MarkRead(), new_key())
    assert (await desk.get_ticket(ticket)).summary.unread == 0


@pytest.mark.needs(Can.SNOOZE)
async def test_snoozed_ticket_sleeps(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Good night")
    await desk.apply(ticket, Snooze(datetime.now(UTC) + timedelta(days=1)), new_key())
    opened = await desk.get_ticket(ticket)
    assert opened.summary.status.phase is Phase.SNOOZED
    assert opened.snoozed_until is not None


@pytest.mark.needs(Can.ESCALATE)
async def test_escalation_leaves_the_customer_with_their_owner_and_links_a_task(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("Deposit of 12 USDT missing")
    mine = await my_id(desk)
    await desk.apply(ticket, Assign(mine), new_key())
    target = (await desk.get_directory()).targets[0]
    fields = tuple((name, "0x" + "ab" * 32) for name in target.required if name != "summary")
    await desk.apply(ticket, Escalate(target.team, "Please look", fields), new_key())
    opened = await desk.get_ticket(ticket)
    assert opened.summary.owner == mine
    [task] = [link for link in opened.links if link.relation == "task"]
    assert (await desk.get_ticket(task.id)).summary.team == target.team


@pytest.mark.needs(Can.CREATE)
async def test_new_ticket_is_opened_for_a_customer(floor: Floor, desk: Backend) -> None:
    [row, *_] = (await desk.list_tickets(QueueQuery(), None)).items
    category = (await desk.get_directory()).categories[0].code
    opened = Create(row.customer_id, Channel.PHONE, category, "来电：找回账户", "She called about her account.")
    key = new_key()
    applied = await desk.apply(None, opened, key)
    assert applied.ticket is not None
    ticket = await desk.get_ticket(applied.ticket)
    assert (ticket.summary.customer_id, ticket.summary.channel) == (row.customer_id, floor.words.channel)
    if Can.IDEMPOTENCY not in floor.lacks:
        assert (await desk.apply(None, opened, key)).ticket == applied.ticket


@pytest.mark.needs(Can.AGENT_STATE)
async def test_my_state_is_what_others_see(desk: Backend, colleague: Backend) -> None:
    mine = await my_id(desk)
    for state in (AgentState.BUSY, AgentState.AVAILABLE):
        await desk.apply(None, SetAgentState(state.value), new_key())
        known = (await colleague.get_directory()).agent(mine)
        assert known is not None
        assert known.state is state


@pytest.mark.needs(Can.ATTACH)
async def test_file_comes_back_as_it_was_sent(floor: Floor, desk: Backend, colleague: Backend, tmp_path: Path) -> None:
    ticket = await floor.customer_writes("Send me the form")
    path = tmp_path / "充值回单 (1).pdf"
    data = bytes(range(256)) * 700
    path.write_bytes(data)
    file = await desk.write_attachment(LocalFile(path, "application/pdf", ticket))
    await desk.apply(ticket, Reply("Here it is.", attachments=(file,)), new_key())
    [attachment] = [one for entry in await said(colleague, ticket) for one in entry.attachments]
    assert (attachment.name, attachment.media_type, attachment.size) == (path.name, "application/pdf", len(data))
    assert b"".join([piece async for piece in colleague.read_attachment(attachment)]) == data


@pytest.mark.needs(Can.ATTACH)
async def test_file_that_cannot_be_read_or_is_too_large_is_not_sent(floor: Floor, desk: Backend, tmp_path: Path) -> None:
    ticket = await floor.customer_writes("File")
    with pytest.raises(StorageError):
        await desk.write_attachment(LocalFile(tmp_path / "gone.txt", "text/plain", ticket))
    large = tmp_path / "large.bin"
    with large.open("wb") as opened:
        opened.truncate(floor.words.max_file + 1)
    with pytest.raises(Refused):
        await desk.write_attachment(LocalFile(large, "application/octet-stream", ticket))


async def test_change_about_a_ticket_without_a_ticket_is_not_found(desk: Backend) -> None:
    with pytest.raises(NotFound):
        await desk.apply(None, Reply("To whom?"), ChangeKey("key-nobody-1"))
