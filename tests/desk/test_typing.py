"""What is typed while other things happen: it stays, all of it, and on the ticket it was typed for."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from textual import events

from supportdesk_tui.domain.changes import MarkRead
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import DraftChanged, TicketLoaded
from supportdesk_tui.store.state import Draft, value_of
from tests.desk.people import first_line, open_ticket, show_view
from tests.driver import DEADLINE_S, AgentAtDesk, at_desk


async def writing(li: AgentAtDesk, text: str) -> TicketId:
    """A reply is begun on the first ticket of nobody's."""
    await show_view(li, "unassigned")
    ticket = first_line(li).id
    await open_ticket(li, ticket)
    await li.press("r")
    await li.type(text)
    return ticket


async def test_news_of_the_ticket_in_the_moment_typing_is_told_takes_no_letter_away(
    server: ServerThread, tmp_path: Path
) -> None:
    """Issue 3: three replies of the soak lost their first letters."""
    async with at_desk(server, tmp_path) as li:
        ticket = await writing(li, "all of ")
        composer = li.app.desk.composer
        composer.tell_edit()
        detail = value_of(li.state.conversation.detail)
        assert detail is not None
        li.app.store.dispatch(TicketLoaded(detail, li.app.context().now))
        li.app.bridge.flush()
        assert composer.text == "all of "
        await li.type("it")
        composer.tell_edit()
        assert composer.text == "all of it"
        await li.until(lambda state: state.drafts[ticket].body == "all of it", "told")


async def test_a_text_taken_back_into_a_draft_and_letters_not_told_yet_are_both_kept(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path) as li:
        ticket = await writing(li, "new")
        li.app.desk.composer.tell_edit()
        await li.type("er")
        draft = li.state.drafts[ticket]
        li.app.store.dispatch(DraftChanged(Draft(ticket, draft.mode, f"taken back\n\n{draft.body}")))
        await li.run("pane.next")
        assert li.state.drafts[ticket].body == "taken back\n\nnewer"
        assert li.app.desk.composer.text == "taken back\n\nnewer"


async def test_ticket_opened_under_an_open_composer_has_none_and_both_are_kept(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as li:
        first = await writing(li, "for the first")
        await li.press("shift+tab", "shift+tab")
        other = next(row.id for row in li.state.queue.rows if row.id != first)
        await open_ticket(li, other)
        assert not li.state.view.composer_open
        await li.press("r")
        await li.type("for the other")
        li.app.on_hangup("test")
        assert {ticket: li.state.drafts[ticket].body for ticket in (first, other)} == {
            first: "for the first",
            other: "for the other",
        }


@pytest.fixture
def answer(server: ServerThread) -> Iterator[threading.Event]:
    """A ticket looked for by its number is not found before this is set: its query takes that long."""
    told = threading.Event()

    def wait(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "tickets.number = " in statement:
            told.wait(DEADLINE_S)

    event.listen(server.engine, "before_cursor_execute", wait)
    yield told
    told.set()


async def looking(li: AgentAtDesk, number: str = "") -> tuple[TicketId, TicketSummary]:
    """A ticket is open, and another one, or a number of none, was asked for; gives both."""
    await show_view(li, "unassigned")
    before, wanted = first_line(li), first_line(li, 1)
    await open_ticket(li, before.id)
    await li.press("g", "n")
    await li.type(number or wanted.number)
    await li.press("enter")
    return before.id, wanted


async def test_what_is_typed_before_a_ticket_has_come_is_typed_into_it_and_not_into_the_one_before(
    server: ServerThread, tmp_path: Path, answer: threading.Event
) -> None:
    async with at_desk(server, tmp_path) as li:
        before, wanted = await looking(li)
        await li.press("r")
        await li.type("exactly this")
        li.app.post_message(events.Paste(" and that"))
        await li.settle()
        assert li.state.conversation.ticket == before
        assert not li.state.drafts, "a letter went to the ticket before"
        answer.set()
        await li.until(lambda _: li.app.desk.composer.text == "exactly this and that", "typed")
        li.app.keep_draft()
        assert {ticket: draft.body for ticket, draft in li.state.drafts.items()} == {wanted.id: "exactly this and that"}
        assert not li.state.outbox or {item.tickets for item in li.state.outbox} <= {(before,), (wanted.id,)}


async def test_what_is_typed_for_a_ticket_that_does_not_come_is_said_and_not_done(
    server: ServerThread, tmp_path: Path, answer: threading.Event
) -> None:
    async with at_desk(server, tmp_path) as li:
        await looking(li, "HX-000000-000000")
        await li.press("r")
        await li.type("see A")
        answer.set()
        await li.sees("nothing of the 6 keys")
        assert not li.state.view.composer_open
        assert all(isinstance(item.change, MarkRead) for item in li.state.outbox), "a letter was a command"
        await li.press("r")
        assert li.state.view.composer_open, "keys work as ever"


async def test_escape_gives_up_looking_and_what_is_found_then_opens_nothing(
    server: ServerThread, tmp_path: Path, answer: threading.Event
) -> None:
    async with at_desk(server, tmp_path) as li:
        before, _ = await looking(li)
        await li.press("escape")
        await li.press("n")
        await li.type("here")
        answer.set()
        await li.until(lambda _: li.app.engine.busy == 0, "answered")  # type: ignore[attr-defined]  # the real engine
        assert li.state.conversation.ticket == before
        assert li.app.desk.composer.text == "here"
