"""What the mouse does on the whole desk, and that what it points at is what is shown."""

import ast
from pathlib import Path

from textual.events import MouseScrollDown

from supportdesk_tui.commands import keys
from supportdesk_tui.domain.changes import Transfer
from supportdesk_tui.domain.ids import TeamId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import Pane
from supportdesk_tui.ui import screens
from supportdesk_tui.ui.pressing import Place, places_of
from supportdesk_tui.ui.screens.dialog import Dialog
from supportdesk_tui.ui.screens.keys import KeysDialog
from supportdesk_tui.ui.screens.picker import PickerDialog
from supportdesk_tui.ui.text import cells
from tests.desk.people import open_ticket
from tests.driver import AgentAtDesk, at_desk


async def test_a_menu_as_high_as_the_one_before_shows_its_own_choices(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, size=(120, 36)) as agent:
        await agent.press("g")
        await agent.sees("Go to", "case number")
        await agent.press("escape", "!")
        await agent.sees("Escalate to")
        assert not agent.lines_with("case number")


async def test_no_character_of_a_menu_or_a_question_is_lost_where_panes_meet_below_it(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, size=(100, 30)) as agent:
        await agent.run("desk.locale", "zh_CN")
        await agent.press(";")
        await agent.sees("提现处理中", "充值未到账-索取哈希")
        await agent.press("escape", "/")
        for lead in ("", "a"):
            await agent.type(lead + "订" * 30)
            await agent.sees(lead + "订" * 30)
            await agent.press("ctrl+u")


def scrolled() -> MouseScrollDown:
    """A step of the wheel over the middle of the screen, as the terminal driver posts it."""
    return MouseScrollDown(None, 20, 10, 0, 0, 0, False, False, False)


async def click_on(agent: AgentAtDesk, text: str) -> None:
    """Click on the first place of the screen where a text stands."""
    await agent.sees(text)
    y, line = next((y, line) for y, line in enumerate(agent.text().splitlines()) if text in line)
    assert await agent.pilot.click(offset=(cells(line[: line.index(text)]), y))
    await agent.settle()


async def test_who_clicks_into_the_composer_writes_there(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        ticket = agent.state.queue.rows[0].id
        await open_ticket(agent, ticket)
        await agent.press("r", "a", "f6")
        assert agent.state.view.focus is not Pane.COMPOSER
        await click_on(agent, "Ctrl+D send")
        await agent.until(lambda state: state.view.focus is Pane.COMPOSER, "keys go to the text")
        await agent.press("x")
        await agent.until(lambda state: state.drafts[ticket].body == "ax", "typed")


async def test_a_click_on_a_key_of_the_last_line_or_on_a_choice_of_a_menu_is_that_key(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path) as agent:
        await click_on(agent, "; macro")
        await agent.sees("Withdrawal")
        await click_on(agent, "w Withdrawal")
        await agent.sees("p Withdrawal pending")
        await click_on(agent, "Esc leaves this menu")
        await agent.until(lambda state: state.view.menu is None, "menu closed")
        await click_on(agent, "a assign")
        await agent.sees("me", "Esc leaves this menu")
        await click_on(agent, "Esc leaves this menu")
        await agent.until(lambda state: state.view.menu is None, "menu closed")
        await click_on(agent, ": palette")
        await agent.until(lambda _: isinstance(agent.app.screen, PickerDialog), "palette")


async def test_in_a_list_to_choose_from_a_click_takes_and_the_wheel_moves(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, size=(100, 30)) as agent:
        await agent.press("v")
        await agent.sees("Transfer to", "Wallet-Ops")
        dialog = agent.app.screen
        assert isinstance(dialog, PickerDialog)
        agent.app.post_message(scrolled())
        await agent.until(lambda _: "▸" in agent.lines_with(str(agent.state.session.directory.teams[1].name))[0], "one down")
        await click_on(agent, "Wallet-Ops")
        wanted = Transfer(TeamId("wallet-ops"))
        await agent.until(lambda state: any(item.change == wanted for item in state.outbox), "moved")


async def test_a_click_on_a_key_of_the_last_line_of_a_dialog_is_that_key(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, size=(100, 30)) as agent:
        await agent.press("?")
        dialog = agent.app.screen
        assert isinstance(dialog, KeysDialog)
        for key, top in (("j k scroll", 1), ("k scroll", 0), ("scroll", 0), ("Space page", dialog._page - 1)):
            await click_on(agent, key)
            assert dialog.top == top, key
        await click_on(agent, "back")
        await agent.until(lambda _: agent.app.screen is not dialog, "closed")
        await agent.press("v")
        await agent.sees("Transfer to", "Enter choose")
        await click_on(agent, "Enter choose")
        await agent.until(lambda state: any(isinstance(item.change, Transfer) for item in state.outbox), "moved")


def test_every_key_on_the_last_line_of_a_dialog_can_be_pressed() -> None:
    said = {
        pair.elts[0].value
        for file in Path(screens.__path__[0]).glob("*.py")
        for function in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef) and function.name in {"keys_text", "reason_keys"}
        for pair in ast.walk(function)
        if isinstance(pair, ast.Tuple) and len(pair.elts) == 2
        if isinstance(pair.elts[0], ast.Constant) and isinstance(pair.elts[0].value, str)
    }
    assert {"j k", "↑↓", "Ctrl+D", "Esc", "s"} <= said
    names = {shown: name for name, shown in keys.SHOWN.items()}
    single = {place.key for one in said for place in places_of(one, 0, len(one))}
    assert {key for key in single if keys.trouble(names.get(key) or keys.spell(key))} == set()
    assert places_of("j k", 1, 12) == [Place(1, 2, "j"), Place(3, 4, "k")]
    assert places_of("↑↓", 1, 12) == [Place(1, 2, "↑"), Place(2, 3, "↓")]
    assert places_of("Enter", 1, 12) == [Place(1, 12, "Enter")]


async def test_a_click_answers_a_question(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, size=(100, 30)) as agent:
        ticket = agent.state.queue.rows[0].id
        await open_ticket(agent, ticket)
        await agent.press("r")
        await agent.type("a text")
        for click, is_kept in (("n no", True), ("y yes", False)):
            await agent.run("composer.discard")
            await agent.sees("Throw this text away?", click)
            await click_on(agent, click)
            await agent.until(lambda _: not isinstance(agent.app.screen, Dialog), "answered")
            assert (ticket in agent.state.drafts) is is_kept


async def test_who_clicks_on_the_customer_or_the_head_of_the_conversation_reads_there(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path) as agent:
        customer, head = agent.app.desk.customer.region, agent.app.desk.conversation.region
        assert await agent.pilot.click(offset=(customer.x + 5, customer.bottom - 2))
        await agent.settle()
        await agent.until(lambda state: state.view.focus is Pane.QUEUE, "nothing is open yet")
        await open_ticket(agent, agent.state.queue.rows[0].id)
        assert await agent.pilot.click(offset=(customer.x + 5, customer.bottom - 2))
        await agent.until(lambda state: state.view.focus is Pane.CUSTOMER, "keys go to the customer")
        assert await agent.pilot.click(offset=(head.x + 5, head.y))
        await agent.until(lambda state: state.view.focus is Pane.CONVERSATION, "keys go to the conversation")
        await agent.press(";")
        await agent.sees("Esc leaves this menu")
        menu = agent.app.desk.bottom_pane.panel
        assert menu is not None
        assert await agent.pilot.click(offset=(customer.x + 5, menu.region.bottom - 2))
        await agent.settle()
        await agent.until(lambda state: state.view.focus is Pane.CONVERSATION, "the customer is behind the menu")


async def test_the_wheel_moves_a_long_text(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, size=(100, 30)) as agent:
        await agent.press("?")
        dialog = agent.app.screen
        assert isinstance(dialog, KeysDialog)
        await agent.sees("scroll")
        agent.app.post_message(scrolled())
        await agent.until(lambda _: dialog.top == 3, "three lines down")
