"""The shift of an agent at a real Request Tracker, key by key: what the screen says, and what RT has."""

from collections.abc import Callable
from pathlib import Path

import pytest

from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import DeskState, Loaded, OutboxPhase, value_of
from tests.contract.relay import relay_to
from tests.driver import AgentAtDesk
from tests.live.rt.desk import at_rt_desk
from tests.live.rt.server import RequestTracker

pytestmark = pytest.mark.xdist_group("contract-rt")


async def open_ticket(agent: AgentAtDesk, ticket: TicketId) -> None:
    """Open a ticket by its number and wait until all of it is there."""
    await agent.run("ticket.number", str(ticket))
    await agent.until(
        lambda state: (
            state.conversation.ticket == ticket
            and all(
                isinstance(part, Loaded) and not part.is_cached
                for part in (state.conversation.detail, state.conversation.entries, state.conversation.customer)
            )
        ),
        f"{ticket} open",
    )


def shows(body: str, kind: EntryKind) -> Callable[[DeskState], bool]:
    """Whether the conversation has an entry of RT's own with these words."""
    return lambda state: any(
        entry.kind is kind and body in entry.body and entry.id.isdecimal()
        for entry in value_of(state.conversation.entries) or ()
    )


def is_sent(state: DeskState) -> bool:
    """Whether nothing is under way any more."""
    return all(item.phase is OutboxPhase.SENT for item in state.outbox)


async def write(agent: AgentAtDesk, key: str, text: str) -> None:
    """A reply (`r`) or a note (`n`), typed and sent."""
    await agent.press(key)
    await agent.type(text)
    await agent.press("ctrl+d")


async def test_long_mixed_thread_is_read_and_answered_with_a_file_and_a_note(
    rt: RequestTracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Downloads").mkdir()
    file, data = tmp_path / "截图 café.png", bytes(range(256)) * 300
    file.write_bytes(data)
    checkout = rt.fact("CHECKOUT")
    async with at_rt_desk(rt.url, rt.token("alice"), tmp_path) as agent:
        await agent.sees("Mine", "Unassigned", "Support", "中文支持", "#" + checkout)
        await open_ticket(agent, checkout)
        await agent.sees(
            "Checkout fails with error 502", "pending", "task of #", "Carla Mendes", "internal note", "quoted lines"
        )
        entries = value_of(agent.state.conversation.entries) or ()
        assert {EntryKind.CUSTOMER, EntryKind.AGENT, EntryKind.NOTE, EntryKind.SYSTEM} <= {entry.kind for entry in entries}
        files = {str(one.name): one.inline for entry in entries for one in entry.attachments}
        assert files == {"logo.png": True, "checkout-502.png": False, "gateway.log": False}

        await agent.press("r")
        await agent.type("Here it is, 王女士.")
        await agent.run("composer.attach", str(file))
        await agent.sees("with 截图 café.png")
        await agent.press("ctrl+d")
        await agent.until(shows("Here it is, 王女士.", EntryKind.AGENT), "the reply is in RT")
        await write(agent, "n", "for us only")
        await agent.sees("internal note", "for us only", "sent")
        [sent] = [
            one for entry in value_of(agent.state.conversation.entries) or () for one in entry.attachments if "café" in one.name
        ]
        await agent.run("ticket.attachments", sent.id)
        await agent.until(lambda _: (tmp_path / "Downloads" / "截图 café.png").is_file(), "saved")
        assert (tmp_path / "Downloads" / "截图 café.png").read_bytes() == data
        detail = value_of(agent.state.conversation.detail)
        assert detail is not None
        [held] = detail.attachments
        await agent.run("ticket.attachments", held.id)
        await agent.until(lambda _: (tmp_path / "Downloads" / "checkout-502.png").is_file(), "the field's picture is saved")
        assert (tmp_path / "Downloads" / "checkout-502.png").read_bytes().startswith(b"\x89PNG")
        await agent.until(is_sent, "all sent")
    assert rt.said(checkout, "Correspond").count("Here it is, 王女士.") == 1
    assert rt.said(checkout, "Comment")[-1] == "for us only"


async def test_owner_status_and_merge_are_set_in_the_words_of_the_lifecycle(rt: RequestTracker, tmp_path: Path) -> None:
    rt.mail("double@example.com", "Twice the same", "Please look at my other mail.")
    rt.mail("double@example.com", "Once more the same", "Please look at my other mail.")
    found = rt.ask("/tickets", query="Requestor.EmailAddress = 'double@example.com'", orderby="id")["items"]
    first, second = (TicketId(one["id"]) for one in found)
    async with at_rt_desk(rt.url, rt.token("alice"), tmp_path) as agent:
        titles = {status.name for status in agent.state.session.directory.statuses}
        assert {"open", "pending", "on-hold", "solved", "rejected"} <= titles
        await open_ticket(agent, first)
        await agent.press("A")
        await agent.until(lambda _: agent.opened.owner == "alice", "taken")
        await agent.run("ticket.assign", "bob")
        await agent.until(lambda _: agent.opened.owner == "bob", "given to bob")
        for status in ("pending", "on-hold"):
            await agent.run("ticket.status", status)
            await agent.until(lambda _, status=status: agent.opened.status.name == status, status)  # type: ignore[misc]  # a default
        await agent.until(is_sent, "all sent")
        await agent.run("ticket.status", "closed")
        await agent.until(lambda state: any(item.phase is OutboxPhase.REFUSED for item in state.outbox), "refused")
        await agent.sees("You can't change status from 'on-hold' to 'closed'")
        await open_ticket(agent, second)
        await agent.run("ticket.merge", str(first), "sure")
        await agent.until(lambda state: state.conversation.ticket == first, "led to the other one")
        await agent.until(lambda _: rt.ask(f"/ticket/{second}")["id"] == int(first), "merged")
    one = rt.ask(f"/ticket/{first}")
    assert (one["Status"], one["Owner"]["id"]) == ("on-hold", "bob")


async def test_mail_of_a_customer_appears_on_the_screen(rt: RequestTracker, tmp_path: Path) -> None:
    async with at_rt_desk(rt.url, rt.token("alice"), tmp_path) as agent:
        refund = rt.fact("REFUND")
        await open_ticket(agent, refund)
        customer = agent.opened.customer_id
        head = f"From: {customer}\nTo: support@helpdesk.test\nSubject: Re: [supportdesk #{refund}] more\nMessage-ID: <seen@x>"
        rt.mail_raw(f"{head}\n\nSeen at once?\n".encode())
        await agent.sees("Seen at once?")
        assert shows("Seen at once?", EntryKind.CUSTOMER)(agent.state)
        head = "From: first.time@example.com\nTo: support@helpdesk.test\nSubject: New here\nMessage-ID: <new@x>"
        rt.mail_raw(f"{head}\n\nHello?\n".encode())
        await agent.press("escape", "2")
        await agent.sees("New here")


@pytest.mark.parametrize("login", ["alice", "jun"])
async def test_reply_whose_answer_is_lost_is_found_and_never_sent_twice(rt: RequestTracker, tmp_path: Path, login: str) -> None:
    rt.mail(f"tunnel-{login}@example.com", f"Tunnel {login}", "Hello?")
    [row] = rt.ask("/tickets", query=f"Requestor.EmailAddress = 'tunnel-{login}@example.com'")["items"]
    ticket = TicketId(row["id"])
    async with relay_to(rt.url) as relay, at_rt_desk(relay.url, rt.token(login), tmp_path) as agent:
        relay.cut_only = b"/correspond "
        await open_ticket(agent, ticket)
        relay.cut_after[:] = [0]
        await write(agent, "r", "Through, 客户?")
        await agent.until(shows("Through, 客户?", EntryKind.AGENT), "found")
        await agent.until(is_sent, "known to be sent")
        assert relay.cut_after == []
    assert rt.said(ticket, "Correspond") == ["Through, 客户?"]


async def test_file_of_an_agent_whose_server_breaks_the_line_arrives_once(rt: RequestTracker, tmp_path: Path) -> None:
    """RT answers `jun` in Chinese, and where it is not asked in bulk it drops the connection after the work is done."""
    file = tmp_path / "说明.txt"
    file.write_text("第一步", encoding="utf-8")
    export = rt.fact("EXPORT")
    async with at_rt_desk(rt.url, rt.token("jun"), tmp_path) as agent:
        await open_ticket(agent, export)
        await agent.press("r")
        await agent.type("see the file")
        await agent.run("composer.attach", str(file))
        await agent.sees("with 说明.txt")
        await agent.press("ctrl+d")
        await agent.until(shows("see the file", EntryKind.AGENT), "found")
        await agent.until(is_sent, "known to be sent")
    assert rt.said(export, "Correspond").count("see the file") == 1
