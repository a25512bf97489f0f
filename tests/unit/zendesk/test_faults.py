"""Zendesk on a bad day: quotas, proxies, cut lines, collisions, and answers of 200 that are none."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from supportdesk_tui.backends.port import LocalFile
from supportdesk_tui.backends.zendesk.adapter import ZendeskBackend
from supportdesk_tui.backends.zendesk.query import CUT
from supportdesk_tui.domain.changes import Assign, Create, Merge, Note, Reply, SetPriority, SetStatus, Tag
from supportdesk_tui.domain.conversation import Attachment
from supportdesk_tui.domain.errors import (
    Ambiguous,
    BackendError,
    BadPayload,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
)
from supportdesk_tui.domain.ids import AgentId, Cursor, CustomerId, TicketId
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from supportdesk_tui.domain.ticket import Channel, Phase, Priority
from tests.contract.floor import just_now, new_key
from tests.contract.zendesk_floor import EAGER
from tests.fakes.serving import Fault
from tests.fakes.zendesk import Zendesk
from tests.fakes.zendesk_store import BILLING, SUPPORT
from tests.unit.zendesk.desk import at, backend, question

TICKET = r"/api/v2/tickets/\d+"
HTML = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"


@pytest.fixture
async def desk(server: Zendesk) -> AsyncIterator[ZendeskBackend]:
    """The first agent."""
    async with at(server) as made:
        server.watched.forget()
        yield made


# --- quotas and proxies


@pytest.mark.parametrize(("headers", "after_s"), [({"retry-after": "30"}, 30.0), ({}, 5.0)])
async def test_quota_that_is_used_up_is_said_and_not_asked_again(
    server: Zendesk, desk: ZendeskBackend, headers: dict[str, str], after_s: float
) -> None:
    server.watched.faults.append(
        Fault(path=TICKET, status=429, headers=headers, body=b"Number of allowed API requests per minute exceeded")
    )
    for _ in range(2):
        with pytest.raises(RateLimited) as raised:
            await desk.get_ticket(TicketId("4001"))
        assert after_s - 1 <= raised.value.after_s <= after_s
    assert len(server.watched.asked("GET", TICKET)) == 1


async def test_reply_over_the_quota_of_its_ticket_was_not_sent(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server)
    server.watched.faults.append(Fault(path=TICKET, method="PUT", status=429, headers={"retry-after": "468"}))
    with pytest.raises(RateLimited):
        await desk.apply(ticket, Reply("Too fast."), new_key())
    assert await desk.find_applied(ticket, Reply("Too fast."), new_key(), just_now()) is None


async def test_page_of_a_proxy_costs_a_read_nothing_but_time(server: Zendesk, desk: ZendeskBackend) -> None:
    server.watched.faults.append(Fault(path=TICKET, status=502, headers={"content-type": "text/html"}, body=HTML, times=2))
    assert (await desk.get_ticket(TicketId("4001"))).summary.id == "4001"


async def test_page_of_a_proxy_leaves_a_write_unknown_and_it_is_looked_for(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server)
    html = {"content-type": "text/html"}
    server.watched.faults += [
        Fault(path=TICKET, method="PUT", status=502, headers=html, body=HTML, is_done=True),
        Fault(path=TICKET, method="PUT", status=200, headers=html, body=HTML),
    ]
    for words, has_happened in (("It went through.", True), ("It never arrived.", False)):
        with pytest.raises(Ambiguous):
            await desk.apply(ticket, Reply(words), new_key())
        assert bool(await desk.find_applied(ticket, Reply(words), new_key(), just_now())) is has_happened
    assert server.seen_by_customer(int(ticket))[1:] == ["It went through."]


async def test_line_cut_after_a_reply_is_found_and_never_sent_again(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server)
    said = Reply("Exactly once.", (SetStatus("solved"),))
    server.watched.faults.append(Fault(path=TICKET, method="PUT", is_cut=True))
    with pytest.raises(Ambiguous):
        await desk.apply(ticket, said, new_key())
    found = await desk.find_applied(ticket, said, new_key(), just_now())
    assert found is not None
    assert found.entry
    assert server.seen_by_customer(int(ticket)).count("Exactly once.") == 1
    assert (await desk.get_ticket(ticket)).summary.status.phase is Phase.SOLVED


@pytest.mark.parametrize("change", [SetPriority(Priority.P1), Tag(add=("refund",)), Assign(AgentId("102"))])
async def test_line_cut_after_a_change_of_data_is_found(
    server: Zendesk, desk: ZendeskBackend, change: SetPriority | Tag | Assign
) -> None:
    ticket = question(server)
    assert await desk.find_applied(ticket, change, new_key(), just_now()) is None
    server.watched.faults.append(Fault(path=TICKET, method="PUT", is_cut=True))
    with pytest.raises(Ambiguous):
        await desk.apply(ticket, change, new_key())
    assert await desk.find_applied(ticket, change, new_key(), just_now()) is not None
    assert len(server.watched.asked("PUT", TICKET)) == 1


async def test_new_ticket_has_a_key_and_is_opened_once_over_a_cut_line(server: Zendesk, desk: ZendeskBackend) -> None:
    before, key = len(server.store.tickets), new_key()
    opened = Create(CustomerId("1205578000"), Channel.PHONE, "901", "来电", "She called.")
    server.watched.faults.append(Fault(path="/api/v2/tickets", method="POST", is_cut=True))
    applied = await desk.apply(None, opened, key)
    assert len(server.store.tickets) == before + 1
    assert {one.headers["idempotency-key"] for one in server.watched.asked("POST", "/api/v2/tickets")} == {key}
    found = await desk.find_applied(None, opened, key, just_now())
    assert found is not None
    assert found.ticket == applied.ticket
    assert await desk.find_applied(None, opened, new_key(), just_now()) is None
    assert server.seen_by_customer(int(found.ticket or 0)) == []


# --- conflicts of two kinds


async def test_collision_in_the_database_is_worth_one_more_try(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server)
    server.collisions = 1
    await desk.apply(ticket, Reply("Second try."), new_key())
    assert server.seen_by_customer(int(ticket)).count("Second try.") == 1
    server.collisions = 20
    with pytest.raises(Conflict):
        await desk.apply(ticket, Reply("Never."), new_key(), (await desk.get_ticket(ticket)).summary.version)
    server.collisions = 0


async def test_tag_is_put_anew_when_a_customer_writes_in_between(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server)
    body = b'{"error":"UpdateConflict","description":"Safe Update prevented the update due to outdated ticket data."}'
    server.watched.faults.append(Fault(path=TICKET, method="PUT", status=409, body=body))
    await desk.apply(ticket, Tag(add=("refund",)), new_key())
    assert server.store.tickets[int(ticket)]["tags"] == ["refund"]
    stamps = [one.json["ticket"]["updated_stamp"] for one in server.watched.asked("PUT", TICKET)]
    assert len(stamps) == 2


async def test_closed_ticket_takes_no_words_and_says_why(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server)
    server.store.tickets[int(ticket)]["status"] = "closed"
    with pytest.raises(Refused, match="closed prevents ticket update") as raised:
        await desk.apply(ticket, Reply("Too late."), new_key())
    assert "status" in raised.value.fields
    assert (await desk.get_ticket(ticket)).summary.status.phase is Phase.CLOSED


async def test_agent_outside_the_group_brings_their_own(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server)
    server.store.tickets[int(ticket)]["group_id"] = BILLING
    await desk.apply(ticket, Assign(AgentId("101")), new_key())
    held = server.store.tickets[int(ticket)]
    assert (held["assignee_id"], held["group_id"]) == (101, SUPPORT)
    await desk.apply(ticket, Assign(AgentId("102")), new_key())
    assert server.store.tickets[int(ticket)]["group_id"] == SUPPORT


async def test_reply_of_an_agent_with_private_comments_only_does_not_leave(server: Zendesk) -> None:
    ticket = question(server)
    async with at(server, login="tom") as silent:
        server.watched.forget()
        with pytest.raises(Forbidden):
            await silent.apply(ticket, Reply("Turned private in silence."), new_key())
        assert server.watched.asked("PUT") == []
        await silent.apply(ticket, Note("For us."), new_key())


# --- 200 that is a failure


async def test_job_tells_of_each_ticket_what_became_of_it(server: Zendesk, desk: ZendeskBackend) -> None:
    tickets = [question(server, f"bulk {number}") for number in range(120)]
    server.store.tickets[int(tickets[7])]["status"] = "closed"
    outcomes = {one.ticket: one async for one in desk.apply_each([*tickets, TicketId("9999999")], Tag(add=("x",)), new_key())}
    assert len(server.watched.asked("PUT", "/api/v2/tickets/update_many")) == 2
    assert {ticket for ticket, one in outcomes.items() if not one.done} == {tickets[7], "9999999"}
    assert "RecordInvalid" in outcomes[tickets[7]].reason
    assert server.store.tickets[int(tickets[0])]["tags"] == ["x"]


async def test_bulk_leaves_each_ticket_in_a_group_of_its_new_owner(server: Zendesk, desk: ZendeskBackend) -> None:
    groups = {question(server, f"group {group}"): group for group in (SUPPORT, BILLING, None)}
    for ticket, group in groups.items():
        server.store.tickets[int(ticket)]["group_id"] = group
    outcomes = [one async for one in desk.apply_each(list(groups), Assign(AgentId("102")), new_key())]
    assert all(one.done for one in outcomes), outcomes
    held = [server.store.tickets[int(ticket)] for ticket in groups]
    assert [(one["assignee_id"], one["group_id"]) for one in held] == [(102, SUPPORT), (102, BILLING), (102, SUPPORT)]


async def test_first_questions_asked_together_read_the_words_once(server: Zendesk) -> None:
    made = backend(server)
    await asyncio.gather(made.list_views(), made.list_tickets(QueueQuery(), None), made.get_ticket(TicketId("4001")))
    await made.close()
    assert len(server.watched.asked("GET", "/api/v2/custom_statuses")) == 1


async def test_job_that_was_killed_tells_of_no_success(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server)
    body = b'{"job_status":{"id":"V3-1","status":"killed","message":"Too many jobs","results":null}}'
    server.watched.faults.append(Fault(path="/api/v2/job_statuses/.*", status=200, body=body))
    [outcome] = [one async for one in desk.apply_each([ticket], SetPriority(Priority.P1), new_key())]
    assert not outcome.done
    assert "Too many jobs" in outcome.reason
    server.watched.faults.append(Fault(path="/api/v2/job_statuses/.*", status=200, body=body))
    with pytest.raises(Refused):
        await desk.apply(ticket, Merge(TicketId("4001")), new_key())


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"ok"', b"{", b'{"ticket":null}', b'{"ticket":[]}'])
async def test_answer_that_is_no_ticket_is_an_error_and_no_crash(server: Zendesk, desk: ZendeskBackend, body: bytes) -> None:
    server.watched.faults.append(Fault(path=TICKET, status=200, body=body))
    with pytest.raises((BadPayload, NotFound)):
        await desk.get_ticket(TicketId("4001"))


async def test_wrong_subdomain_is_named(server: Zendesk) -> None:
    server.watched.faults.append(Fault(path="/api/v2/users/me", status=404, headers={"content-type": "text/html"}, body=HTML))
    stranger = backend(server)
    with pytest.raises(NotFound, match="no Zendesk at this address"):
        await stranger.open()
    await stranger.close()


# --- the search


async def test_search_ends_at_a_thousand_and_says_so_while_the_copy_goes_on() -> None:
    server = Zendesk(tickets=1030).start()
    async with at(server, choices=replace(EAGER, page=100)) as desk:
        for sort, has_all in ((SortKey.UPDATED, False), (SortKey.CREATED, True), (SortKey.CLOCK, False)):
            seen, lost = await every(desk, QueueQuery(sort=sort))
            assert len(seen) == len(set(seen)) == (1030 if has_all else 1000)
            assert lost == (set() if has_all else {CUT})
    server.stop()
    assert not server.findings


async def every(desk: ZendeskBackend, query: QueueQuery) -> tuple[list[str], set[str]]:
    """Ids of all rows, and what was not applied."""
    seen: list[str] = []
    lost: set[str] = set()
    after: Cursor | None = None
    while True:
        page = await desk.list_tickets(query, after)
        seen += [row.id for row in page.items]
        lost |= set(page.unapplied)
        if (after := page.after) is None:
            return seen, lost


async def test_ticket_the_search_does_not_know_yet_is_opened_and_heard_of(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server, "brand new words")
    server.store.unindexed.add(int(ticket))
    assert (await desk.list_tickets(QueueQuery(text="brand"), None)).items == ()
    assert (await desk.get_ticket(ticket)).summary.subject == "brand new words"


async def test_rows_are_read_as_they_stand_now_not_as_the_search_remembers(server: Zendesk, desk: ZendeskBackend) -> None:
    query = QueueQuery(phases=frozenset({Phase.NEW}), sort=SortKey.CREATED)
    before, _ = await every(desk, query)
    server.watched.faults.append(Fault(path="/api/v2/tickets/show_many", status=200, body=b'{"tickets":[]}', times=99))
    assert before
    assert (await every(desk, query))[0] == []


async def test_archived_ticket_is_found_by_its_words(server: Zendesk, desk: ZendeskBackend) -> None:
    ticket = question(server, "an old story")
    server.store.tickets[int(ticket)]["status"] = "closed"
    server.store.archived.add(int(ticket))
    for sort in (SortKey.CREATED, SortKey.UPDATED):
        [row] = (await desk.list_tickets(QueueQuery(text="old story", sort=sort), None)).items
        assert (row.id, row.status.phase, row.customer_name) == (ticket, Phase.CLOSED, "Wang Li")


async def test_counts_of_views_stay_within_their_quota(server: Zendesk, desk: ZendeskBackend) -> None:
    first = {str(view.title): view.count for view in await desk.list_views()}
    again = {str(view.title): view.count for view in await desk.list_views()}
    assert first == again
    assert first["Being counted"] is None
    assert first["All unsolved tickets"] is not None
    assert len(server.watched.asked("GET", "/api/v2/views/count_many")) == 1
    for _ in range(7):
        async with at(server) as other:
            views = await other.list_views()
    assert all(view.count is None for view in views)


# --- files


async def sent_file(desk: ZendeskBackend, ticket: TicketId, folder: Path) -> Attachment:
    """A file that is on a ticket."""
    path = folder / "回单.bin"
    path.write_bytes(bytes(range(256)) * 40)
    token = await desk.write_attachment(LocalFile(path, "application/octet-stream", ticket))
    await desk.apply(ticket, Reply("Here.", attachments=(token,)), new_key())
    return (await desk.list_entries(ticket, None)).items[-1].attachments[0]


async def test_file_is_fetched_from_another_host_without_credentials(
    server: Zendesk, desk: ZendeskBackend, tmp_path: Path
) -> None:
    file = await sent_file(desk, question(server), tmp_path)
    data = b"".join([piece async for piece in desk.read_attachment(file)])
    assert data == bytes(range(256)) * 40
    [first] = server.watched.asked("GET", "/attachments/token/.*")
    assert first.headers["authorization"]
    assert len(server.files.requests) == 1


@pytest.mark.parametrize("location", ["http://192.0.2.7/x", "ftp://files.example/x", "//user@host/x", "http://[", ""])
async def test_file_that_leads_somewhere_unsafe_is_not_fetched(
    server: Zendesk, desk: ZendeskBackend, tmp_path: Path, location: str
) -> None:
    file = await sent_file(desk, question(server), tmp_path)
    server.watched.faults.append(Fault(path="/attachments/token/.*", status=302, headers={"location": location}))
    with pytest.raises(BackendError):
        assert [piece async for piece in desk.read_attachment(file)] == []
    assert server.files.requests == []


async def test_file_with_malware_is_not_fetched(server: Zendesk, desk: ZendeskBackend, tmp_path: Path) -> None:
    file = await sent_file(desk, question(server), tmp_path)
    server.store.files[int(file.id)][0]["malware_scan_result"] = "malware_found"
    with pytest.raises(Refused, match="malware"):
        assert [piece async for piece in desk.read_attachment(file)] == []


async def test_token_that_ends_before_a_download_is_renewed(server: Zendesk, desk: ZendeskBackend, tmp_path: Path) -> None:
    file = await sent_file(desk, question(server), tmp_path)
    refused = Fault(path="/attachments/token/.*", status=401, body=b'{"error":"invalid_token"}')
    server.watched.faults.append(refused)
    data = b"".join([piece async for piece in desk.read_attachment(file)])
    assert len(data) == file.size
    assert server.tokens.refreshed == 1
