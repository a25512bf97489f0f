"""More than one agent on the floor: who wins, who is told, and who sees whom."""

from collections.abc import Callable
from pathlib import Path

from supportdesk_tui.config.schema import Settings
from supportdesk_tui.domain.changes import Change, MarkRead, Reply, SetPriority, Tag
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import DeskState, OutboxPhase, Pane
from supportdesk_tui.store.views import composer_view, summary_of
from supportdesk_tui.ui.screens.conflict import ConflictDialog
from supportdesk_tui.ui.screens.dialog import Dialog
from supportdesk_tui.ui.screens.gate import GateDialog
from tests.desk.people import (
    asked,
    bodies,
    customer_writes,
    first_line,
    go_to,
    open_by_id,
    open_ticket,
    post,
    row_line,
    show_view,
)
from tests.driver import AgentAtDesk, at_desk, key_event


def is_held(state: DeskState) -> bool:
    """A reply waits for its time to be taken back."""
    return any(item.phase is OutboxPhase.HELD for item in state.outbox)


async def test_of_two_agents_who_take_a_ticket_at_once_one_wins_and_the_other_is_told_who(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path / "li") as li, at_desk(server, tmp_path / "mei", login="mei.lin") as mei:
        names = {li: "Li Wei", mei: "Mei Lin"}
        for agent in names:
            await show_view(agent, "unassigned")
        ticket = first_line(li).id
        for agent in names:
            await go_to(agent, ticket)
        for agent in names:
            agent.app.post_message(key_event("A"))
        for agent in names:
            await agent.until(lambda state: ticket not in {row.id for row in state.queue.rows}, "it left the unassigned")
            await agent.until(lambda state: all(item.phase in {OutboxPhase.SENT, OutboxPhase.REFUSED} for item in state.outbox))
        won = [agent for agent in names if agent.state.outbox[-1].phase is OutboxPhase.SENT]
        lost = [agent for agent in names if agent.state.outbox[-1].phase is OutboxPhase.REFUSED]
        assert len(won) == len(lost) == 1
        await lost[0].sees(f"{names[won[0]]} has it")
        await lost[0].sees("1 needs you · D")
        assert [name for (name,) in await asked(server, "SELECT owner FROM tickets WHERE id = :id", id=ticket)] == [
            won[0].state.session.session.agent.id  # type: ignore[union-attr]  # signed in
        ]
        assert len(await asked(server, "SELECT 1 FROM events WHERE kind = 'ticket.assigned' AND ticket = :id", id=ticket)) == 1


async def test_each_sees_what_the_other_does_on_a_ticket_and_when_they_have_gone(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path / "li") as li:
        await show_view(li, "unassigned")
        ticket = first_line(li).id
        async with at_desk(server, tmp_path / "mei", login="mei.lin") as mei:
            await show_view(mei, "unassigned")
            await open_ticket(mei, ticket)
            await li.until(lambda _: "◎" in row_line(li, ticket), "mark of somebody reading in the queue")
            await open_ticket(li, ticket)
            await li.sees("Mei Lin is reading")
            await mei.sees("Li Wei is reading")
            await mei.press("r")
            await li.sees("Mei Lin is writing a reply")
            await li.until(lambda _: "✎" in row_line(li, ticket), "mark of somebody writing in the queue")
            await mei.press("f2")
            await li.sees("Mei Lin is writing a note")
            await mei.press("escape")
            await li.sees("Mei Lin is reading")
            await mei.press("escape")
            await li.until(lambda state: ticket not in state.presence, "she left the ticket")
            await li.misses("Mei Lin is")
            await mei.press("enter")
            await li.sees("Mei Lin is reading")
        await li.until(lambda state: not state.presence, "she left the desk")
        await li.until(lambda _: "◎" not in row_line(li, ticket), "no mark")


async def test_what_others_say_while_one_writes_is_announced_and_asked_about_once(server: ServerThread, tmp_path: Path) -> None:
    at_once = Settings(hold_s=0)
    async with (
        at_desk(server, tmp_path / "li", settings=at_once) as li,
        at_desk(server, tmp_path / "mei", login="mei.lin", settings=at_once) as mei,
    ):
        for agent in (li, mei):
            await show_view(agent, "unassigned")
        row = first_line(li)
        for agent in (li, mei):
            await open_ticket(agent, row.id)
        await li.press("r")
        await li.type("We look into it")
        await mei.press("n")
        await mei.type("only among us")
        await mei.press("ctrl+d", "r")
        await li.until(lambda _: "only among us" in bodies(li))
        assert not li.state.conversation.is_loading_older
        assert "meanwhile" not in li.text() and not composer_view(li.state).arrived, "a note is no answer to the customer"
        await mei.type("Mei was faster")
        await mei.press("ctrl+d")
        await li.sees("Mei Lin replied", "read it first")
        await customer_writes(server, row, "I have found it myself")
        await li.sees("wrote again", "1 more")
        await li.press("ctrl+d")
        assert isinstance(li.app.screen, ConflictDialog)
        await li.sees("Mei Lin answered first", "Mei was faster", "I have found it myself", "You · not sent", "We look into it")
        await li.press("escape")
        assert li.state.view.focus is Pane.COMPOSER
        assert li.app.desk.composer.text == "We look into it"
        assert not li.state.outbox or not isinstance(li.state.outbox[-1].change, Reply)
        await li.press("ctrl+d", "e")
        assert "Mei Lin replied" not in composer_words(li), "both were read: going on writing is the answer"
        await customer_writes(server, row, "and now this")
        await li.sees("wrote again")
        await li.press("ctrl+d")
        assert isinstance(li.app.screen, GateDialog)
        await li.sees("The customer wrote meanwhile", "and now this", "needs a reason")
        await li.press("s")
        await li.type("it answers both")
        await li.press("enter")
        await li.until(lambda _: bodies(li).count("We look into it") == 1, "sent with a reason")
        assert len(await asked(server, "SELECT 1 FROM entries WHERE body = 'We look into it'")) == 1
        assert len(await asked(server, "SELECT 1 FROM events WHERE after LIKE '%it answers both%'")) == 1


def composer_words(agent: AgentAtDesk) -> str:
    """What the head of the composer says."""
    agent.app.bridge.flush()
    return "\n".join(str(entry.author) for entry in composer_view(agent.state).arrived)


async def test_a_reply_taken_back_is_not_asked_about_what_was_said_before_it(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=Settings(hold_s=60)) as li:
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        await li.press("r")
        await li.type("Too quick")
        await li.press("ctrl+d")
        await li.until(is_held)
        await li.matches(r"held \d+ s")
        await li.press("z")
        await li.until(lambda state: state.draft(row.id) and not is_held(state), "text back")
        await li.press("r")
        assert li.app.desk.composer.text == "Too quick"
        await li.press("ctrl+d")
        assert not isinstance(li.app.screen, Dialog)
        await li.until(is_held, "held again")


async def test_a_bulk_change_says_what_failed_and_is_taken_back_as_one(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path / "li") as li, at_desk(server, tmp_path / "mei", login="mei.lin") as mei:
        for agent in (li, mei):
            await show_view(agent, "team")
        free = [row for row in li.state.queue.rows if row.owner is None][:3]
        hers = next(row for row in li.state.queue.rows if row.owner not in {None, "a1"})
        for row in (*free, hers):
            await go_to(li, row.id)
            await li.press("x")
        await li.press("A")
        await li.until(lambda state: any(item.phase is OutboxPhase.REFUSED for item in state.outbox), "one of them failed")
        await li.sees("3 of 4", f"{hers.owner_name} has it")
        refused = next(item for item in li.state.outbox if item.phase is OutboxPhase.REFUSED)
        assert refused.tickets == (hers.id,)
        owners = "SELECT count(*) FROM tickets WHERE owner = 'a1' AND id IN (:a, :b, :c)"
        names = dict(zip("abc", (row.id for row in free), strict=True))
        assert await asked(server, owners, **names) == [(3,)]
        await li.press("z")
        await li.until(lambda state: state.redo_stack, "taken back")
        await li.sees("Taken back: 3 tickets taken")
        assert await asked(server, owners, **names) == [(0,)]
        await mei.until(lambda state: all(row.owner is None for row in state.queue.rows if row.id in names.values()))


async def test_undo_is_refused_with_what_changed_since(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path / "li") as li, at_desk(server, tmp_path / "mei", login="mei.lin") as mei:
        for agent in (li, mei):
            await show_view(agent, "unassigned")
        ticket = first_line(li).id
        await go_to(li, ticket)
        await li.press("A")
        await li.until(lambda state: state.undo_stack, "done")
        await open_by_id(mei, ticket)
        await mei.run("ticket.assign", "a3")
        await mei.until(lambda state: (row := summary_of(state)) is not None and row.owner == "a3", "given on")
        await li.press("z")
        await li.until(lambda state: any(item.phase is OutboxPhase.REFUSED for item in state.outbox), "refused")
        await li.sees("moved on: Mei Lin assigned it to 陈静")
        assert await asked(server, "SELECT owner FROM tickets WHERE id = :id", id=ticket) == [("a3",)]


async def test_whose_ticket_is_taken_is_told_by_whom_and_the_taker_can_give_it_back(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path / "li") as li, at_desk(server, tmp_path / "mei", login="mei.lin") as mei:
        rung: list[str] = []
        li.app.engine._common.alert = rung.append  # type: ignore[attr-defined]  # the bell, heard by the test
        await show_view(mei, "unassigned")
        await show_view(li, "unassigned")
        row = first_line(li)
        await go_to(li, row.id)
        await li.press("A")
        await li.until(lambda state: state.outbox and state.outbox[-1].phase is OutboxPhase.SENT, "li has it")
        await open_by_id(mei, row.id)
        await mei.until(lambda _: mei.opened.owner_name == "Li Wei", "mei sees whose it is")
        await mei.press("A")
        await mei.sees("took it from Li Wei")
        await li.until(lambda _: rung, "the bell")
        assert rung == [f"{row.number}: Mei Lin took it from Li Wei"]
        await li.sees(f"{row.number}: Mei Lin took it from Li Wei")
        await mei.until(lambda state: state.outbox[-1].phase is OutboxPhase.SENT, "answered")
        await mei.press("z")
        await mei.until(lambda _: mei.opened.owner_name == "Li Wei", "given back")


def has_done(kind: type[Change]) -> Callable[[DeskState], bool]:
    """The last change on its way is of a kind, the server has it, and `z` would take it back."""

    def check(state: DeskState) -> bool:
        last = state.outbox[-1] if state.outbox else None
        is_there = last is not None and isinstance(last.change, kind) and last.phase is OutboxPhase.SENT
        return is_there and last is not None and state.undo_stack[-1:] == (last.key,)

    return check


async def test_z_takes_back_a_change_to_many_and_says_who_stood_in_the_way(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as li:
        await show_view(li, "unassigned")
        first = li.state.queue.rows[0].id
        await go_to(li, first)
        await li.press("x", "j", "x", "t")
        await li.type("by-hand")
        await li.press("enter")
        await li.until(has_done(Tag), "tagged")
        both = li.state.outbox[-1].tickets
        assert len(both) == 2
        await li.press("z")
        await li.sees("Taken back: 2 tickets tagged by-hand")
        assert await asked(server, "SELECT 1 FROM tickets WHERE tags LIKE '%by-hand%'") == []
        await go_to(li, first)
        await li.press("u")
        await li.until(has_done(MarkRead), "unread again")
        await li.press("plus")
        await li.until(has_done(SetPriority), "more urgent")
        token = server.token_for("mei.lin")
        await post(server, f"/tickets/{first}/changes", token, {"type": "set_priority", "priority": 4})
        await li.press("z")
        await li.sees("Not taken back", "Mei Lin set priority P4", "change it by hand")
        await li.press("z")
        await li.sees("undid: mark")
