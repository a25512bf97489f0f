"""What goes wrong on the way to a Zammad."""

import pytest

from supportdesk_tui.backends.zammad.adapter import ZammadBackend
from supportdesk_tui.domain.changes import (
    Change,
    Create,
    Escalate,
    Link,
    Merge,
    Reply,
    SetPriority,
    SetStatus,
    Tag,
    Watch,
)
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from supportdesk_tui.domain.ids import TeamId, TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import Channel, Priority
from tests.contract.floor import just_now, new_key
from tests.fakes.serving import Fault
from tests.unit.zammad.world import World

# --- faults


@pytest.mark.parametrize(("headers", "least"), [({"Retry-After": "7"}, 7.0), ({}, 5.0)])
async def test_too_many_requests_say_how_long_to_wait(
    world: World, desk: ZammadBackend, headers: dict[str, str], least: float
) -> None:
    world.goes_wrong(Fault(path="/tickets/search", status=429, headers=headers, times=5))
    with pytest.raises(RateLimited) as raised:
        await desk.list_tickets(QueueQuery(), None)
    assert raised.value.after_s == least


async def test_page_of_a_proxy_is_tried_again_and_then_an_error_without_markup(world: World, desk: ZammadBackend) -> None:
    def page(times: int) -> Fault:
        html = {"Content-Type": "text/html"}
        return Fault(path="/tickets/search", status=502, body=b"<html><h1>Bad Gateway</h1>", headers=html, times=times)

    world.goes_wrong(page(1))
    assert (await desk.list_tickets(QueueQuery(), None)).items
    world.goes_wrong(page(9))
    with pytest.raises(Unreachable) as raised:
        await desk.list_tickets(QueueQuery(), None)
    assert "<" not in str(raised.value)


async def test_page_of_a_proxy_with_a_200_is_a_bad_answer_not_a_crash(world: World, desk: ZammadBackend) -> None:
    world.goes_wrong(Fault(path=".*", status=200, body=b"<html>please sign in", times=50))
    ticket = TicketId("1")
    for ask in (desk.get_ticket(ticket), desk.list_entries(ticket, None), desk.get_directory(), desk.list_views()):
        with pytest.raises(BackendError):
            await ask


async def test_write_whose_answer_was_cut_is_looked_for_and_never_sent_twice(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Where is it?")
    world.goes_wrong(Fault(path="/tickets/.*", method="PUT", is_cut=True))
    reply = Reply("Here.", (SetStatus("closed"), Tag(add=("found",))))
    key = new_key()
    with pytest.raises(Ambiguous):
        await desk.apply(ticket, reply, key)
    assert len(world.watched.asked("PUT")) == 1
    assert world.desk.tags.get(int(ticket)) is None
    known = await desk.find_applied(ticket, reply, key, just_now())
    assert known is not None
    assert world.bodies(ticket).count("Here.") == 1
    assert world.desk.tags[int(ticket)] == ["found"]
    assert len(world.watched.asked("PUT")) == 1


async def test_write_that_never_arrived_is_not_found(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Where is it?")
    world.goes_wrong(Fault(path="/tickets/.*", method="PUT", status=502))
    with pytest.raises(Ambiguous):
        await desk.apply(ticket, Reply("Here."), new_key())
    assert await desk.find_applied(ticket, Reply("Here."), new_key(), just_now()) is None


async def test_same_words_of_yesterday_are_not_taken_for_ours(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Thanks?")
    applied = await desk.apply(ticket, Reply("You are welcome."), new_key())
    world.desk.articles[int(applied.entry)]["created_at"] = "2026-01-01T00:00:00.000Z"
    assert await desk.find_applied(ticket, Reply("You are welcome."), new_key(), just_now()) is None


@pytest.mark.parametrize(
    "change",
    [
        Tag(add=("a",)),
        Watch(),
        Link(TicketId("2")),
        Merge(TicketId("2")),
        SetPriority(Priority.P1),
        Escalate(TeamId("2"), "look"),
    ],
)
async def test_other_changes_whose_answer_was_cut_are_found(world: World, desk: ZammadBackend, change: Change) -> None:
    ticket = world.mail("Cut")
    world.desk.tickets[2]["group_id"] = 1
    assert await desk.find_applied(ticket, change, new_key(), just_now()) is None
    for method in ("PUT", "POST"):
        world.goes_wrong(Fault(path="/(?!tickets/search).*", method=method, is_cut=True))
    with pytest.raises((Ambiguous, Unreachable)):
        await desk.apply(ticket, change, new_key())
    world.watched.faults.clear()
    assert await desk.find_applied(ticket, change, new_key(), just_now()) is not None


async def test_ticket_whose_opening_was_cut_is_found(world: World, desk: ZammadBackend) -> None:
    change = Create("jane@example.com", Channel.PHONE, "1", "Call about a refund", "She called.")
    assert await desk.find_applied(None, change, new_key(), just_now()) is None
    world.goes_wrong(Fault(path="/tickets", method="POST", is_cut=True))
    with pytest.raises(Ambiguous):
        await desk.apply(None, change, new_key())
    found = await desk.find_applied(None, change, new_key(), just_now())
    assert found is not None
    assert found.ticket is not None
    assert (await desk.get_ticket(found.ticket)).summary.subject == "Call about a refund"


async def test_token_that_ends_in_the_middle_of_paging_asks_for_a_sign_in(world: World, desk: ZammadBackend) -> None:
    page = await desk.list_tickets(QueueQuery(), None)
    world.desk.tokens.clear()
    with pytest.raises(SignInNeeded):
        await desk.list_tickets(QueueQuery(), page.after)


async def test_no_token_is_403_and_a_wrong_one_401_and_both_ask_for_a_sign_in(world: World) -> None:
    for token in ("", "expired"):
        backend = world.backend(token=token)
        with pytest.raises(SignInNeeded):
            await backend.open()
        await backend.close()
