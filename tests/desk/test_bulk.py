"""Many tickets at once, as somebody in front of the screen sees it: before, after, what was refused, and taken back."""

from pathlib import Path

from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import OutboxPhase
from supportdesk_tui.ui.screens.outbox import OutboxDialog
from tests.desk.people import asked, go_to, post, show_view
from tests.driver import at_desk


async def test_what_some_tickets_refuse_is_counted_listed_one_by_one_and_the_rest_taken_back(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, size=(80, 24)) as li:
        await show_view(li, "unassigned")
        rows = li.state.queue.rows[:3]
        await go_to(li, rows[0].id)
        await li.press("x", "j", "x", "j", "x", "a")
        await li.sees("Assign to · 3 tickets")
        await li.press("t")
        await li.sees("Transfer to · 3 tickets")
        await li.press("escape")
        await post(server, f"/tickets/{rows[1].id}/changes", server.token_for("mei.lin"), {"type": "assign", "agent": "a2"})
        await li.press("A")
        await li.sees("2 of 3 tickets taken · D shows the other one · z takes it back · Mei Lin has")
        await li.press("D")
        assert isinstance(li.app.screen, OutboxDialog)
        await li.sees("2 of 3 tickets    owner: Li Wei", "Mei Lin has it")
        (refused,) = li.lines_with(rows[1].number)
        assert "Mei Lin has it" in refused and "▸" in refused
        await li.press("j")
        assert len(li.lines_with("2 of 3 tickets    owner: Li Wei")) == 1
        await li.press("enter")
        await li.sees(*(row.number for row in rows))
        await li.press("k", "enter")
        await li.until(lambda state: state.conversation.ticket == rows[1].id, "the refused one is open")
        await li.press("escape", "z")
        await li.sees("Taken back: 2 tickets taken")
        await li.until(lambda state: {row.id for row in state.queue.rows} >= {rows[0].id, rows[2].id}, "they are back")
        assert OutboxPhase.REFUSED in {item.phase for item in li.state.outbox}


async def test_nobody_is_offered_to_change_many_whose_role_may_change_one_only(server: ServerThread, tmp_path: Path) -> None:
    for (ticket,) in await asked(server, "SELECT id FROM tickets WHERE status = 'new' LIMIT 2"):
        await post(server, f"/tickets/{ticket}/changes", server.token_for("mei.lin"), {"type": "assign", "agent": "a7"})
    async with at_desk(server, tmp_path, login="tom.hale") as one:
        await one.press("x", "j", "x", "t")
        await one.sees("Your role may not do this")
        assert len(one.state.selection) == 2 and not one.state.outbox
