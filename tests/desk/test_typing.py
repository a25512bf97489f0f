"""What is typed while other things happen: it stays, all of it, and on the ticket it was typed for."""

from pathlib import Path

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import DraftChanged, TicketLoaded
from supportdesk_tui.store.state import Draft, value_of
from tests.desk.people import first_line, open_ticket, show_view
from tests.driver import AgentAtDesk, at_desk


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


async def test_what_is_typed_for_a_ticket_opened_under_an_open_composer_is_kept(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as li:
        first = await writing(li, "for the first")
        await li.press("shift+tab", "shift+tab")
        other = next(row.id for row in li.state.queue.rows if row.id != first)
        await open_ticket(li, other)
        assert li.state.view.composer_open
        await li.run("pane.focus", "composer")
        await li.type("for the other")
        li.app.on_hangup("test")
        assert {ticket: li.state.drafts[ticket].body for ticket in (first, other)} == {
            first: "for the first",
            other: "for the other",
        }
