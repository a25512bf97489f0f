"""What an agent's account may do and what RT makes of it: copies, fields of every kind, links, tasks, rights."""

from datetime import UTC, datetime

import pytest

from supportdesk_tui.backends.rt.adapter import RtBackend
from supportdesk_tui.domain.changes import Escalate, Link, Note, Reply, ReturnTask, SetField, SetStatus
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.errors import BackendError, Forbidden, Refused
from supportdesk_tui.domain.ids import ChangeKey, TeamId, TicketId
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import Phase
from tests.live.rt.server import RequestTracker

pytestmark = pytest.mark.xdist_group("contract-rt")


def key(number: int) -> ChangeKey:
    return ChangeKey(f"work-{number}")


async def test_copy_stays_on_the_ticket_and_this_reply_goes_there(rt: RequestTracker) -> None:
    title, desk = rt.fact("TITLE"), RtBackend(rt.url, rt.token("mei"))
    await desk.apply(title, Reply("请查收。", cc=("accounts@example.com",)), key(1))
    assert "accounts@example.com" in (await desk.get_ticket(title)).cc
    assert "accounts@example.com" in rt.sent()
    with pytest.raises(Refused):
        await desk.apply(title, Reply("x", cc=("no address",)), key(2))
    await desk.close()


async def test_fields_of_every_kind_are_written_as_they_are_read(rt: RequestTracker) -> None:
    """Bob works in New York: RT takes dates in the agent's zone and tells them in UTC."""
    refund, desk = rt.fact("REFUND"), RtBackend(rt.url, rt.token("bob"))
    wanted = {
        "Severity": "S2 degraded",
        "Order number": "ORD-654321",
        "Call back at": "2026-12-24 18:00",
        "Invoice date": "2026-11-03",
    }
    for name, value in wanted.items():
        await desk.apply(refund, SetField(name, value), key(3))
    held = {one.name: str(one.value) for one in (await desk.get_ticket(refund)).fields}
    assert {name: held[name] for name in wanted} == wanted
    [at] = next(one["values"] for one in rt.ask(f"/ticket/{refund}")["CustomFields"] if one["name"] == "Call back at")
    assert datetime.fromisoformat(at) == datetime(2026, 12, 24, 23, tzinfo=UTC)
    for name, value in (("Severity", "S9"), ("Order number", "none of ours"), ("No such field", "x"), ("Call back at", "soon")):
        with pytest.raises(Refused):
            await desk.apply(refund, SetField(name, value), key(4))
    await desk.apply(refund, SetField("Severity", ""), key(5))
    assert {one.name: str(one.value) for one in (await desk.get_ticket(refund)).fields}["Severity"] == ""
    await desk.close()


async def test_end_of_the_session_is_not_noticed(rt: RequestTracker) -> None:
    """The session of a web page spares RT the hash of the token; when RT has forgotten it the token signs again."""
    desk = RtBackend(rt.url, rt.token("alice"))
    await desk.get_directory()
    assert rt.forget_sessions() > 0
    assert (await desk.list_tickets(QueueQuery(), None)).items
    await desk.close()


async def test_linked_ticket_is_shown_on_both(rt: RequestTracker) -> None:
    desk = RtBackend(rt.url, rt.token("alice"))
    alert, spam = rt.fact("ALERT"), rt.fact("SPAM")
    await desk.apply(alert, Link(spam), key(6))
    for one, other in ((alert, spam), (spam, alert)):
        assert (other, "related") in {(link.id, link.relation) for link in (await desk.get_ticket(one)).links}
    await desk.close()


async def test_task_handed_back_tells_its_owner_and_is_solved(rt: RequestTracker) -> None:
    desk, specialist = RtBackend(rt.url, rt.token("alice")), RtBackend(rt.url, rt.token("bob"))
    bulk = rt.fact("BULK")
    billing = next(TeamId(one["id"]) for one in rt.ask("/queues/all", fields="Name")["items"] if one["Name"] == "Billing")
    await desk.apply(bulk, Escalate(billing, "Is it paid?"), key(7))
    task = next(link.id for link in (await desk.get_ticket(bulk)).links if link.relation == "task")
    await specialist.apply(task, SetStatus("open"), key(8))
    done = await specialist.apply(task, ReturnTask("Paid on Monday."), key(9))
    assert done.says == ""
    assert (await specialist.get_ticket(task)).summary.status.phase is Phase.SOLVED
    told = [one for one in (await desk.list_entries(bulk, None)).items if one.kind is EntryKind.NOTE]
    assert "Paid on Monday." in told[-1].body
    await desk.close()
    await specialist.close()


async def test_agent_who_sees_no_groups_and_no_comments_knows_colleagues_from_customers(rt: RequestTracker) -> None:
    """Everybody may reply here; the trainee sees the queue and its tickets and has no other right."""
    rt.mail("rights@example.com", "Rights", "Who answers me?", queue="General")
    [row] = rt.ask("/tickets", query="Requestor.EmailAddress = 'rights@example.com'")["items"]
    ticket = TicketId(row["id"])
    alice, trainee = RtBackend(rt.url, rt.token("alice")), RtBackend(rt.url, rt.token("trainee"))
    await alice.apply(ticket, Reply("We do."), key(10))
    await alice.apply(ticket, Note("not for trainees"), key(11))
    applied = await trainee.apply(ticket, Reply("So do I.", (SetStatus("stalled"),)), key(12))
    assert applied.entry
    assert "not all that follows was done" in applied.says
    read = [(one.kind, str(one.body)) for one in (await trainee.list_entries(ticket, None)).items]
    spoken = [(kind, body) for kind, body in read if kind is not EntryKind.SYSTEM]
    assert spoken == [
        (EntryKind.CUSTOMER, "Who answers me?"),
        (EntryKind.AGENT, "We do."),
        (EntryKind.AGENT, "So do I."),
    ]
    for change, error in ((Note("x"), Forbidden), (SetStatus("resolved"), BackendError)):
        with pytest.raises(error):
            await trainee.apply(ticket, change, key(13))
    assert rt.ask(f"/ticket/{ticket}")["Status"] == "open"
    await alice.close()
    await trainee.close()
