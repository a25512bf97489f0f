"""Forms that are half filled in: leaving them, leaving the desk, a moving list and a disk that refuses take no word away."""

from pathlib import Path

from supportdesk_tui.config.schema import Settings
from supportdesk_tui.domain.changes import Escalate, MakePromise, Snooze
from supportdesk_tui.failpoints import armed
from supportdesk_tui.i18n.catalog import set_locale
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import CursorMoved
from supportdesk_tui.store.state import DeskState, OutboxPhase
from supportdesk_tui.ui.screens.dialog import Dialog
from supportdesk_tui.ui.screens.form import FormDialog
from tests.desk.people import first_line, go_to, is_read, open_ticket, show_view
from tests.driver import AgentAtDesk, at_desk

AT_ONCE = Settings(hold_s=0)
SMALL = (80, 24)


def screen(agent: AgentAtDesk) -> Dialog | None:
    """The dialog on top."""
    return agent.app.screen if isinstance(agent.app.screen, Dialog) else None


async def nothing_else_waits(li: AgentAtDesk) -> None:
    """The open ticket was read, the server knows it, and no change stands before the forms in the list."""

    def is_told(state: DeskState) -> bool:
        return is_read(li) and li.opened.unread == 0 and all(one.phase is OutboxPhase.SENT for one in state.outbox)

    await li.until(is_told, "read, and nothing else waits")


async def test_an_escalation_outlives_esc_and_the_desk_and_is_gone_on_with_from_the_list_of_drafts(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        await li.run("ticket.escalate", "wallet-ops")
        assert isinstance(screen(li), FormDialog)
        assert "kept from" not in li.text()
        await li.press("shift+tab", "home", "ctrl+k")
        await li.type("Stuck since noon")
        await li.press("escape")
        assert screen(li) is None
        await li.until(lambda state: all(one.is_saved for one in state.forms.values()), "on the disk")
        await li.press("J")
        await li.run("ticket.escalate", "wallet-ops")
        assert "Stuck since noon" not in li.text(), "another ticket"
        await li.press("escape")
    set_locale("zh_CN")
    async with at_desk(server, tmp_path, settings=AT_ONCE) as li:
        await li.until(lambda state: all(one.phase is OutboxPhase.SENT for one in state.outbox), "nothing else waits")
        await li.press("D")
        await li.sees("Stuck since noon", row.number, "表单")
        await li.press("enter")
        await li.until(lambda _: isinstance(screen(li), FormDialog), "the form")
        assert li.state.conversation.ticket == row.id
        await li.sees("Stuck since noon", "保存于")
        await li.press("ctrl+n")
        assert "Stuck since noon" not in li.text()
        await li.press("tab")
        await li.type("since when")
        await li.press("escape")
        (kept,) = li.state.forms.values()
        assert ("summary", "Stuck since noon") in kept.other
        await nothing_else_waits(li)
        await li.press("D")
        await li.sees("▸ 表单")
        await li.press("enter")
        await li.sees("since when")
        await li.press("ctrl+n")
        await li.sees("Stuck since noon")
        await li.type("0xabc")
        await li.press("tab", "ctrl+u")
        await li.type("TRC20")
        await li.press("ctrl+d")
        await li.until(lambda state: any(isinstance(one.change, Escalate) for one in state.outbox), "escalated")
        change = next(one.change for one in li.state.outbox if isinstance(one.change, Escalate))
        assert change.summary == "Stuck since noon"
        await li.until(lambda state: not state.forms, "gone with it")


async def test_what_was_typed_for_one_ticket_never_goes_to_the_one_that_slid_under_the_cursor(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await show_view(li, "unassigned")
        about, other = first_line(li), first_line(li, 1)
        await go_to(li, about.id)
        await li.press("d")
        await li.type("news")
        with armed("database.before_commit=enospc"):
            await li.type(" of it")
            await li.sees("not saved: the disk refuses")
        await li.press("tab")
        await li.type("2h")
        li.app.store.dispatch(CursorMoved([row.id for row in li.state.queue.rows].index(other.id)))
        await li.press("ctrl+d")
        assert isinstance(screen(li), FormDialog)
        await li.sees("Another ticket is chosen now")
        await li.press("escape")
        assert not any(isinstance(one.change, MakePromise) for one in li.state.outbox)
        await go_to(li, about.id)
        await li.press("d", "ctrl+d")
        await li.until(lambda state: any(isinstance(one.change, MakePromise) for one in state.outbox), "promised")
        (promised,) = [one for one in li.state.outbox if isinstance(one.change, MakePromise)]
        assert (promised.tickets, getattr(promised.change, "text", "")) == ((about.id,), "news of it")


async def test_a_reason_that_was_begun_is_there_when_it_is_asked_for_again(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await show_view(li, "unassigned")
        await open_ticket(li, first_line(li).id)
        await li.press("r")
        await li.type("See https://evil.example/x")
        await li.press("ctrl+d", "s")
        await li.type("She asked for")
        await li.press("escape", "escape")
        assert screen(li) is None
        await li.press("ctrl+d", "s")
        await li.sees("She asked for", "kept from")
        await li.type(" it")
        await li.press("enter")
        assert screen(li) is None
        assert not li.state.forms
        await li.until(lambda state: any(getattr(one.change, "overrides", ()) for one in state.outbox), "sent")
        reasons = {one.reason for item in li.state.outbox for one in getattr(item.change, "overrides", ())}
        assert reasons == {"She asked for it"}


async def test_a_form_that_is_not_wanted_is_thrown_away_after_a_yes(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await li.press("c")
        await li.type("77")
        await li.press("escape", "D")
        await li.sees("New ticket: 77")
        await li.press("x")
        await li.sees("Throw this text away?")
        await li.press("n")
        assert li.state.forms
        await li.press("D", "x", "y")
        assert not li.state.forms


async def test_the_list_of_drafts_follows_what_happens_and_a_key_is_about_the_row_it_was_on(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await li.press("c")
        await li.type("77")
        await li.press("escape")
        li.app.engine.outbox.pause()  # type: ignore[attr-defined]  # the line is slow: what is done next does not leave yet
        await li.run("ticket.priority", "1")
        await li.until(lambda state: any(one.phase is OutboxPhase.QUEUED for one in state.outbox), "on its way")
        await li.press("D", "j")
        await li.sees("queued", "▸ form")
        li.app.engine.sign_in_again()  # type: ignore[attr-defined]  # the engine behind its protocol
        await li.until(lambda state: all(one.phase is OutboxPhase.SENT for one in state.outbox), "sent")
        await li.sees("sent ", "▸ form")
        assert "queued" not in li.text()
        await li.press("enter")
        await li.until(lambda _: isinstance(screen(li), FormDialog), "the form")


async def test_a_form_about_several_tickets_marks_them_again_when_it_is_gone_on_with(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await show_view(li, "unassigned")
        await li.press("x", "j", "x")
        marked = li.state.selection
        await li.run("ticket.snooze_pick")
        await li.type("tomorrow 9x")
        await li.press("escape")
        await li.until(lambda state: all(one.is_saved for one in state.forms.values()), "on the disk")
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await open_ticket(li, first_line(li, 3).id)
        await nothing_else_waits(li)
        await li.press("D")
        await li.sees("2 tickets", "tomorrow 9x")
        await li.press("enter")
        await li.until(lambda _: isinstance(screen(li), FormDialog), "the form")
        await li.sees("Snooze · 2 tickets", "tomorrow 9x")
        assert li.state.selection == marked
        await li.press("backspace", "ctrl+d")
        await li.until(lambda state: any(isinstance(one.change, Snooze) for one in state.outbox), "snoozed")
        (snoozed,) = [one for one in li.state.outbox if isinstance(one.change, Snooze)]
        assert set(snoozed.tickets) == marked
        await li.until(lambda state: not state.forms, "gone with it")


async def test_a_form_about_what_is_being_written_names_no_other_ticket(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        await li.press("n")
        await li.run("pane.focus", "queue")
        await go_to(li, first_line(li, 1).id)
        await li.press(";", "P")
        await li.until(lambda _: isinstance(screen(li), FormDialog), "the form")
        (title,) = [line for line in li.text().splitlines() if "Promise ·" in line]
        assert row.number in title
        assert first_line(li, 1).number not in title
        await li.press("escape")
