"""What is odd about a Zammad, and how little is asked of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.backends.zammad.adapter import ZammadBackend
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.changes import (
    Assign,
    Link,
    Merge,
    Note,
    Reply,
    SetField,
    SetPriority,
    SetStatus,
    Snooze,
    Tag,
)
from supportdesk_tui.domain.errors import (
    Conflict,
    Forbidden,
    Refused,
)
from supportdesk_tui.domain.ids import AgentId, Cursor, CustomerId, TicketId, ViewId
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Phase, Priority
from tests.contract.floor import new_key
from tests.fakes.serving import Fault
from tests.fakes.zammad_desk import EMAIL
from tests.unit.zammad.world import API, EAGER, World


@pytest.mark.parametrize("release", ["6.2", "6.5", "7.0"])
async def test_every_release_gives_the_same_queue(world: World, desk: ZammadBackend, release: str) -> None:
    first = [row async for row in every(desk, QueueQuery(sort=SortKey.PRIORITY))]
    world.fake.release = release  # type: ignore[assignment]  # one of the three
    assert [row async for row in every(desk, QueueQuery(sort=SortKey.PRIORITY))] == first
    assert len(first) == len(world.desk.tickets)


async def every(desk: ZammadBackend, query: QueueQuery) -> AsyncIterator[TicketId]:
    after: Cursor | None = None
    for _ in range(100):
        page = await desk.list_tickets(query, after)
        for row in page.items:
            yield row.id
        if page.after is None:
            return
        after = page.after
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("sort", SortKey)
async def test_paging_loses_and_doubles_nothing_while_tickets_come_and_go(
    world: World, desk: ZammadBackend, sort: SortKey
) -> None:
    before = set(world.desk.tickets)
    seen: list[TicketId] = []
    async for ticket in every(desk, QueueQuery(sort=sort)):
        seen.append(ticket)
        if len(seen) in {10, 30, 31, 50}:
            world.mail(f"new at {len(seen)}")
            gone = int(seen[3 if len(seen) == 10 else len(seen) - 5])
            world.desk.tickets.pop(gone, None)
    assert len(seen) == len(set(seen))
    assert before <= set(map(int, seen))


async def test_more_tickets_of_one_millisecond_than_a_page_holds(world: World, desk: ZammadBackend) -> None:
    for row in world.desk.tickets.values():
        row["created_at"] = "2026-03-04T05:06:07.089Z"
    seen = [row async for row in every(desk, QueueQuery(sort=SortKey.CREATED))]
    assert len(seen) == len(set(seen)) == len(world.desk.tickets)


async def test_index_that_leaves_out_the_edge_loses_nothing(world: World, desk: ZammadBackend) -> None:
    world.fake.has_index = True
    for row in world.desk.tickets.values():
        row["created_at"] = f"{row['created_at'][:17]}00.000Z"
    seen = [row async for row in every(desk, QueueQuery(text="question", sort=SortKey.CREATED))]
    assert len(seen) == len(set(seen)) == len(world.desk.tickets)


async def test_text_is_asked_of_the_index_where_there_is_one(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail('He said: the "purple elephant" is (not) here AND state:new')
    query = grammar.parse('"purple elephant" here').query
    assert ticket in [row async for row in every(desk, query)]
    assert not any(one.json.get("query") for one in world.watched.asked("POST", ".*/search")[1:])
    indexed = world.backend()
    world.fake.has_index = True
    world.watched.forget()
    assert [row async for row in every(indexed, query)] == [ticket]
    assert [one.json.get("query") for one in world.watched.asked("POST", ".*/search")] == [
        "id:>0", '"purple elephant" AND "here"', '"purple elephant" AND "here"'
    ]  # fmt: skip
    await indexed.close()


async def test_overview_is_asked_once_and_narrowed_by_the_rest(world: World, desk: ZammadBackend) -> None:
    views = {view.id: view for view in await desk.list_views()}
    view = views[ViewId("overview-all_unassigned")]
    seen = [row async for row in every(desk, view.query)]
    assert len(seen) == view.count
    assert view.count > EAGER.page
    assert len(world.watched.asked("GET", ".*/ticket_overviews")) == 2
    narrowed = [row async for row in every(desk, QueueQuery(view="all_unassigned", phases=frozenset({Phase.NEW})))]
    assert 0 < len(narrowed) < len(seen)
    assert set(narrowed) < set(seen)


async def test_merge_that_failed_with_200_is_refused(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Merge me")
    with pytest.raises(Refused, match="not found"):
        await desk.apply(ticket, Merge(ticket), new_key())


async def test_merged_ticket_leads_to_where_it_went(world: World, desk: ZammadBackend) -> None:
    source, target = world.mail("first"), world.mail("second")
    await desk.apply(source, Merge(target), new_key())
    number = (world.desk.tickets[int(source)])["number"]
    for name in (source, f"#{number}", number):
        opened = await desk.get_ticket(TicketId(name))
        assert opened.summary.id == target
    assert [link.relation for link in opened.links] == ["duplicate"]


async def test_link_names_the_source_by_number_and_the_target_by_id(world: World, desk: ZammadBackend) -> None:
    source, target = world.mail("first"), world.mail("second")
    await desk.apply(source, Link(target), new_key())
    await desk.apply(source, Link(target), new_key())
    assert world.desk.links == [("normal", int(source), int(target))]
    [link] = (await desk.get_ticket(target)).links
    assert (link.id, link.relation) == (source, "related")


async def test_tags_go_one_by_one_and_only_those_that_are_missing(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Tags")
    await desk.apply(ticket, Tag(add=("a", "b")), new_key())
    await desk.apply(ticket, Tag(add=("a", "c"), remove=("b", "never")), new_key())
    assert world.desk.tags[int(ticket)] == ["a", "c"]
    assert len(world.watched.asked("POST", ".*/tags/add")) == 3
    [removed] = world.watched.asked("DELETE", ".*/tags/remove")
    assert removed.json == {"item": "b", "object": "Ticket", "o_id": int(ticket)}


async def test_field_zammad_ignores_without_a_word_is_refused_here(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Fields")
    await desk.apply(ticket, SetField("order_no", "A-17"), new_key())
    assert ("order_no", "A-17") in [(one.name, one.value) for one in (await desk.get_ticket(ticket)).fields]
    with pytest.raises(Refused) as raised:
        await desk.apply(ticket, SetField("no_such_field", "x"), new_key())
    assert raised.value.fields == {"no_such_field": "not taken"}


async def test_reply_and_fields_go_in_one_request_or_not_at_all(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Together")
    world.watched.forget()
    await desk.apply(ticket, Reply("Done.", (SetStatus("closed"), SetPriority(Priority.P1))), new_key())
    assert [one.method for one in world.watched.requests] == ["GET", "PUT"]
    world.watched.forget()
    with pytest.raises(Refused):
        await desk.apply(ticket, Reply("Half.", (SetStatus("no-such"),)), new_key())
    assert world.watched.requests == []
    world.desk.users[world.desk.tickets[int(ticket)]["customer_id"]]["email"] = ""
    sent = await desk.apply(ticket, Note("inside"), new_key())
    assert world.desk.articles[int(sent.entry)]["internal"] is True


async def test_reply_is_mail_to_the_customer_in_their_thread(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("By mail")
    first = world.desk.articles[world.desk.tickets[int(ticket)]["article_ids"][0]]
    sent = await desk.apply(ticket, Reply("By mail too.", cc=("boss@example.com",)), new_key())
    article = world.desk.articles[int(sent.entry)]
    assert (article["type_id"], article["to"], article["cc"]) == (EMAIL, first["from"], "boss@example.com")
    assert (article["in_reply_to"], article["internal"]) == (first["message_id"], False)


async def test_two_who_take_are_told_apart_by_a_look(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Mine")
    seen = (await desk.get_ticket(ticket)).summary.version
    me = (await desk.open()).agent.id
    world.desk.change(world.desk.tickets[int(ticket)], 3, {"owner_id": 3})
    with pytest.raises(Conflict) as raised:
        await desk.apply(ticket, Assign(me, only_if_unowned=True), new_key())
    assert raised.value.current is not None
    assert raised.value.current.owner == AgentId("3")
    with pytest.raises(Conflict):
        await desk.apply(ticket, Reply("Too late."), new_key(), seen - 10_000)


async def test_status_that_ends_by_itself_needs_a_time_and_is_refused(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Pending")
    with pytest.raises(Refused, match="time"):
        await desk.apply(ticket, SetStatus("pending close"), new_key())
    waiting = await desk.apply(ticket, SetStatus("waiting for customer"), new_key())
    assert "reminder" in waiting.says
    asleep = await desk.apply(ticket, Snooze(None), new_key())
    assert "until the customer writes" in asleep.says
    world.mail("I write", ticket)
    assert (await desk.get_ticket(ticket)).summary.status.phase is Phase.OPEN


async def test_list_that_zammad_refuses_for_one_ticket_is_done_for_the_others(world: World, desk: ZammadBackend) -> None:
    tickets = [world.mail(f"bulk {number}") for number in range(4)]
    world.desk.locked = {int(tickets[1]), int(tickets[3])}
    outcomes = {one.ticket: one async for one in desk.apply_each(tickets, SetPriority(Priority.P1), new_key())}
    assert [outcomes[one].done for one in tickets] == [True, False, True, False]
    assert "does not let us" in outcomes[tickets[1]].reason
    assert [world.desk.tickets[int(one)]["priority_id"] for one in tickets] == [3, 2, 3, 2]


async def test_list_whose_answer_was_cut_is_looked_at(world: World, desk: ZammadBackend) -> None:
    tickets = [world.mail(f"bulk {number}") for number in range(3)]
    world.goes_wrong(Fault(path="/tickets/mass_update", is_cut=True))
    outcomes = [one async for one in desk.apply_each(tickets, SetStatus("closed"), new_key())]
    assert [one.done for one in outcomes] == [True, True, True]
    assert len(world.watched.asked("POST", ".*/mass_update")) == 1


async def test_each_of_many_is_tagged_on_its_own(world: World, desk: ZammadBackend) -> None:
    tickets = [world.mail(f"bulk {number}") for number in range(2)]
    asked = [*tickets, TicketId("999999")]
    outcomes = {one.ticket: one.done async for one in desk.apply_each(asked, Tag(add=("x",)), new_key())}
    assert outcomes == {tickets[0]: True, tickets[1]: True, TicketId("999999"): False}


async def test_file_in_both_directions_is_strict_base64_and_its_size_a_string(
    world: World, desk: ZammadBackend, tmp_path: Path
) -> None:
    ticket = world.mail("Files")
    path = tmp_path / "回单.bin"
    path.write_bytes(bytes(range(256)))
    file = await desk.write_attachment(LocalFile(path, "application/x-thing", ticket))
    await desk.apply(ticket, Note("see", attachments=(file,)), new_key())
    entry = (await desk.list_entries(ticket, None)).items[-1]
    [attachment] = entry.attachments
    assert (attachment.name, attachment.size, attachment.media_type) == ("回单.bin", 256, "application/x-thing")
    assert b"".join([piece async for piece in desk.read_attachment(attachment)]) == path.read_bytes()
    foreign = type(attachment)(attachment.id.replace(f"{ticket}/", "1/", 1), attachment.name, "", 256)  # type: ignore[arg-type]  # an id
    with pytest.raises(Forbidden):
        _ = [piece async for piece in desk.read_attachment(foreign)]


async def test_agents_who_may_not_list_groups_know_their_own(world: World) -> None:
    world.fake.lists_groups = False
    backend = world.backend()
    await backend.open()
    directory = await backend.get_directory()
    assert [team.name for team in directory.teams] == ["Support", "2nd Level", "Finance"]
    await backend.close()


async def test_ticket_is_opened_with_its_thread_in_one_request(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Open me")
    opened, page = await asyncio.gather(desk.get_ticket(ticket), desk.list_entries(ticket, None))
    assert (opened.summary.id, page.items[0].body) == (ticket, "Open me")
    assert [one.url for one in world.watched.requests] == [f"{API}/tickets/{ticket}?all=true"]
    await desk.list_entries(ticket, None)
    assert len(world.watched.requests) == 2


async def test_no_more_is_asked_than_the_page_about_zammad_says(world: World, desk: ZammadBackend) -> None:
    tickets = [world.mail(f"count {number}") for number in range(3)]
    await desk.get_customer(CustomerId("5"))
    assert len(world.watched.requests) == 2
    world.watched.forget()
    assert all([one.done async for one in desk.apply_each(tickets, SetStatus("closed"), new_key())])
    assert len(world.watched.requests) == 3
    world.watched.forget()
    await desk.list_tickets(QueueQuery(sort=SortKey.CREATED), None)
    assert len(world.watched.requests) == 1
    world.watched.forget()
    await desk.open()
    assert sorted(one.path.removeprefix(f"{API}/") for one in world.watched.requests) == [
        "groups", "ticket_priorities", "ticket_states", "users/me", "version"
    ]  # fmt: skip


async def test_macros_and_text_modules_are_listed_and_filled_in(world: World, desk: ZammadBackend) -> None:
    ticket = world.mail("Macro")
    perform = {"ticket.state_id": {"value": 4}, "article.note": {"body": "<b>seen</b> #{ticket.number}", "internal": "true"}}
    world.desk.macros[1] = {"id": 1, "name": "Close it", "perform": perform, "group_ids": [], "active": True}
    world.desk.macros[2] = {"id": 2, "name": "Gone", "perform": {}, "active": False}
    world.desk.modules[5] = {"id": 5, "name": "Hello", "content": "Hello #{ticket.customer.lastname}", "active": True}
    listed = (await desk.get_directory()).macros
    assert [(one.id, one.title) for one in listed] == [("macro-1", "Close it"), ("text-5", "Hello")]
    macro, text = await desk.read_macro(ticket, "macro-1"), await desk.read_macro(ticket, "text-5")
    assert macro.body == f"seen {world.desk.tickets[int(ticket)]['number']}"
    assert (macro.is_note, macro.then) == (True, (SetStatus("closed"),))
    assert text.body.startswith("Hello customer")
    assert not [one for one in world.watched.requests if one.method != "GET"]
