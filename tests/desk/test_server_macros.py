"""Macros the backend keeps itself, at a real desk: found among ours, asked for, written, and only done on send."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from supportdesk_tui.backends.catalog import SPECS, Connection
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import MarkRead, SetStatus, Tag
from supportdesk_tui.domain.directory import Directory, MacroText, ServerMacro
from supportdesk_tui.domain.errors import Unreachable
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import DraftMode
from supportdesk_tui.text.safe import sanitize, sanitize_line
from tests.desk.people import first_line, open_ticket, show_view
from tests.driver import AgentAtDesk, at_desk

MACROS = (
    ServerMacro("7", sanitize_line("Zurich refund letter"), sanitize_line("Reply, solved, tag refund")),
    ServerMacro("8", sanitize_line("Zurich hand-over"), sanitize_line("Internal note")),
    ServerMacro("9", sanitize_line("Zurich nothing there"), sanitize_line("Gone")),
)
ANSWERS = {
    "7": MacroText(
        sanitize("Your refund is on its way."),
        then=(SetStatus("waiting_customer"), Tag(add=("refund",))),
        left_out=(sanitize_line("sets the field Due to tomorrow"),),
    ),
    "8": MacroText(sanitize("Handed over at six."), is_note=True),
}


class Shelf:
    """What the backend is asked, and whether it answers yet."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()


class WithMacros(NativeBackend):
    """Our server, as if it kept macros."""

    shelf: Shelf

    async def open(self) -> Session:
        session = await super().open()
        lacking = {one: why for one, why in session.lacking.items() if one is not Capability.MACROS}
        return changed(session, capabilities=session.capabilities | {Capability.MACROS}, lacking=lacking)

    async def get_directory(self) -> Directory:
        return changed(await super().get_directory(), macros=MACROS)

    async def read_macro(self, ticket: TicketId, macro: str) -> MacroText:
        self.shelf.asked.append(macro)
        await self.shelf.may_answer.wait()
        if macro not in ANSWERS:
            raise Unreachable("macro", "the server went away")
        return ANSWERS[macro]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf()

    def make(connection: Connection) -> WithMacros:
        backend = WithMacros(connection.url, connection.token)
        backend.shelf = shelf
        return backend

    monkeypatch.setitem(SPECS, "native", replace(SPECS["native"], factory=make))
    return shelf


async def pick(agent: AgentAtDesk, words: str) -> None:
    await agent.press("semicolon", "semicolon")
    await agent.type(words)
    await agent.sees("Zurich")
    await agent.press("enter")


async def test_macro_of_the_server_becomes_a_draft_and_nothing_happens_before_send(
    server: ServerThread, tmp_path: Path, shelf: Shelf
) -> None:
    async with at_desk(server, tmp_path) as agent:
        await show_view(agent, "unassigned")
        row = first_line(agent)
        await open_ticket(agent, row.id)
        await agent.press("r")
        await agent.type("Hello, ")
        await agent.press("ctrl+g", "semicolon")
        await agent.type("zurich refund")
        await agent.sees("kept by the server", "Reply, solved, tag refund", "nothing happens there before you send")
        await agent.press("enter")
        await agent.sees("Asking the server for “Zurich refund letter”")
        await agent.type("dear friend. ")
        shelf.may_answer.set()
        await agent.until(lambda state: "on its way" in agent.app.desk.composer.text, "the text is there")
        assert agent.app.desk.composer.text == "Hello, dear friend. Your refund is on its way."
        await agent.sees("sets the field Due to tomorrow")
        draft = agent.state.draft(row.id)
        assert draft is not None
        assert draft.then == (SetStatus("waiting_customer"), Tag(add=("refund",)))
        assert draft.mode is DraftMode.REPLY
        assert shelf.asked == ["7"]
        assert all(isinstance(item.change, MarkRead) for item in agent.state.outbox)
        assert agent.opened.status.name == row.status.name


async def test_note_macro_opens_a_note_and_never_joins_a_reply(server: ServerThread, tmp_path: Path, shelf: Shelf) -> None:
    shelf.may_answer.set()
    async with at_desk(server, tmp_path) as agent:
        await show_view(agent, "unassigned")
        row = first_line(agent)
        await open_ticket(agent, row.id)
        await pick(agent, "zurich hand")
        await agent.sees("Handed over at six.", "Internal note", "only your team reads this")
        draft = agent.state.draft(row.id)
        assert draft is not None
        assert draft.mode is DraftMode.NOTE
        await agent.run("composer.discard", "sure")
        await agent.press("r")
        await agent.type("Dear customer")
        await agent.press("ctrl+g", "semicolon")
        await agent.type("zurich hand")
        await agent.press("enter")
        await agent.sees("is an internal note and this is a reply")
        assert agent.app.desk.composer.text == "Dear customer"


async def test_leaving_gives_up_and_a_failure_is_told(server: ServerThread, tmp_path: Path, shelf: Shelf) -> None:
    async with at_desk(server, tmp_path) as agent:
        await show_view(agent, "unassigned")
        row = first_line(agent)
        await open_ticket(agent, row.id)
        await pick(agent, "zurich refund")
        await agent.sees("Asking the server")
        await agent.press("escape")
        await agent.sees("was not put in: you left")
        shelf.may_answer.set()
        await agent.until(lambda state: state.asked_macro is None, "nothing is waited for")
        assert agent.state.draft(row.id) is None or not agent.app.desk.composer.text
        await pick(agent, "zurich nothing")
        await agent.sees("“Zurich nothing there” could not be had: the server went away")


async def test_desk_without_macros_on_the_server_says_why(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        await show_view(agent, "unassigned")
        await open_ticket(agent, first_line(agent).id)
        await agent.press("semicolon", "M")
        await agent.sees("The server keeps no macros; the desk reads its own from files")
