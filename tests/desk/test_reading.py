"""What counts as read: words that were on the screen of somebody who looked, and nothing else."""

from pathlib import Path

from textual import events

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import Notice, OutboxPhase
from tests.desk.people import asked, bodies, customer_writes, first_line, open_ticket, show_view
from tests.driver import AgentAtDesk, at_desk

LONG = "\n\n".join(f"Line {n} of what happened." for n in range(60))


async def unread_at(server: ServerThread, ticket: str) -> int:
    """How many of the customer's words nobody has read, as the server has it."""
    ((count,),) = await asked(server, "SELECT unread FROM tickets WHERE id = :id", id=ticket)
    assert isinstance(count, int)
    return count


async def settled(li: AgentAtDesk) -> None:
    """Everything the desk wanted to tell the server has been told."""
    await li.until(lambda state: all(item.phase is OutboxPhase.SENT for item in state.outbox), "all told")


async def test_words_that_arrive_on_the_screen_of_a_reader_are_read_and_nothing_is_said(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        await settled(li)
        known, told = li.state.view.notice, set[Notice | None]()
        li.app.store.subscribe(lambda state: told.add(state.view.notice))
        await customer_writes(server, row, "And one more thing")
        await li.until(lambda _: bodies(li)[-1] == "And one more thing", "arrived")
        await li.until(lambda _: li.opened.unread == 0 and li.opened.version > row.version, "read, as the server says")
        assert await unread_at(server, row.id) == 0
        assert told <= {known, None}
        await li.press("r")
        await customer_writes(server, row, "While you write")
        await li.until(lambda _: bodies(li)[-1] == "While you write", "arrived below the composer")
        await li.until(lambda _: li.opened.unread == 0, "read: it stands above the text")


async def test_words_below_the_fold_or_behind_another_window_stay_unread_until_they_are_seen(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, size=(120, 24)) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await customer_writes(server, row, LONG)
        await open_ticket(li, row.id)
        await li.press("G")
        await li.until(lambda _: li.opened.unread == 0, "all read")
        await li.press("home")
        await customer_writes(server, row, "Below the fold")
        await li.sees("1 new")
        await settled(li)
        assert await unread_at(server, row.id) == 1
        await li.press("G")
        await li.until(lambda _: li.opened.unread == 0, "read once in sight")
        li.app.post_message(events.AppBlur())
        await li.settle()
        await customer_writes(server, row, "Behind another window")
        await li.until(lambda _: bodies(li)[-1] == "Behind another window", "arrived")
        await settled(li)
        assert await unread_at(server, row.id) == 1
        li.app.post_message(events.AppFocus())
        await li.until(lambda _: li.opened.unread == 0, "read once somebody is back")
