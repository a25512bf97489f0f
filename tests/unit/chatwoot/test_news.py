"""Macros of the server, secrets shown for a reason, and what is new."""

from contextlib import aclosing

import pytest

from supportdesk_tui.backends.chatwoot.adapter import ChatwootBackend
from supportdesk_tui.domain.changes import (
    SetStatus,
    Tag,
)
from supportdesk_tui.domain.directory import ServerMacro
from supportdesk_tui.domain.errors import NotFound, Refused
from supportdesk_tui.domain.feed import Activity, EntryAdded, Gap, Heard, TicketChanged
from supportdesk_tui.domain.ids import FeedMark
from tests.fakes.chatwoot import FakeChatwoot
from tests.fakes.serving import Fault
from tests.unit.chatwoot.desk import ONE, opened


async def test_canned_text_and_macro_are_filled_in_and_change_nothing(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, row = opened(fake)
    fake.world.contacts[row["contact"]]["name"] = "wang li {{agent.email}}"
    canned, macro = (await desk.get_directory()).macros
    assert isinstance(canned, ServerMacro)
    assert (canned.title, macro.title) == ("hi", "Solve politely")
    assert "resolve" in macro.preview
    fake.watched.forget()
    text = await desk.read_macro(ticket, canned.id)
    assert text.body == "Hello Wang Li { {agent.email}}, Alice here."
    deed = await desk.read_macro(ticket, macro.id)
    assert deed.body == "Bye Wang"
    assert deed.then == (Tag(add=("vip",)), SetStatus("resolved"))
    assert deed.left_out == ("call a webhook https://hook.example",)
    assert fake.watched.asked("POST") == []
    for unknown in ("canned-99", "macro-99", "x"):
        with pytest.raises(NotFound):
            await desk.read_macro(ticket, unknown)


async def test_revealing_leaves_a_note_first(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    ticket, _ = opened(fake, "my code 123456")
    [entry] = (await desk.list_entries(ticket, None)).items
    fake.watched.faults.append(Fault(path=ONE + "/messages", method="POST", status=422, body=b'{"error":"No."}'))
    with pytest.raises(Refused):
        await desk.reveal(ticket, entry.id, "asked")
    assert "123456" in await desk.reveal(ticket, entry.id, "the customer asks")
    assert "the customer asks" in fake.world.messages[int(ticket)][-1]["content"]
    assert fake.world.messages[int(ticket)][-1]["private"]


async def test_mark_of_long_ago_is_a_gap(fake: FakeChatwoot, desk: ChatwootBackend) -> None:
    async with aclosing(desk.feed(FeedMark("1700000000000000:5"))) as notices:
        heard = [await anext(notices), await anext(notices)]
    assert isinstance(heard[0], Heard)
    assert isinstance(heard[1], Gap)


async def test_without_a_socket_words_of_the_open_ticket_come_with_the_change_and_once(
    fake: FakeChatwoot, desk: ChatwootBackend
) -> None:
    fake.cable.status = 404
    ticket, row = opened(fake)
    await desk.attend(ticket, Activity.VIEWING)
    told: list[str] = []
    changed = 0
    async with aclosing(desk.feed(None)) as notices:
        async for notice in notices:
            if isinstance(notice, Heard) and not told:
                fake.world.customer_says(row, "one")
                fake.world.customer_says(row, "two")
                told.append("begun")
            changed += isinstance(notice, TicketChanged) and notice.ticket.id == ticket
            if isinstance(notice, EntryAdded):
                told.append(str(notice.entry.body))
            if "two" in told and isinstance(notice, Heard) and len(told) < 9:
                told.append("heard")
            if told.count("heard") == 3:
                break
    assert [word for word in told if word in {"one", "two"}] == ["one", "two"]
    assert changed == 1
