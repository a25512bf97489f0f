"""A shift, key by key, against the real server: what the agent sees, and what the server has."""

from pathlib import Path

import httpx
from sqlalchemy import text
from textual.events import Key

from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import TicketOpened
from supportdesk_tui.store.state import Loaded, OutboxPhase, Pane, value_of
from tests.driver import AgentAtDesk, at_desk


def events_of(server: ServerThread, kind: str) -> int:
    """How many events of a kind the server's log holds: asked from its tables, not through the API."""
    with server.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM events WHERE kind = :kind"), {"kind": kind}).scalar_one())


async def open_first_unassigned(agent: AgentAtDesk) -> TicketId:
    """Go to the unassigned queue and open the first-line ticket due first, with all its parts; says which."""
    await agent.press("2")
    await agent.until(lambda state: state.queue.view == "unassigned" and state.queue.rows and not state.queue.is_loading)
    place = next(place for place, row in enumerate(agent.state.queue.rows) if str(row.team).startswith("frontline"))
    await agent.press(*("j" for _ in range(place)), "enter")
    await agent.until(
        lambda state: all(
            isinstance(part, Loaded) and not part.is_cached
            for part in (state.conversation.detail, state.conversation.entries, state.conversation.customer)
        ),
        "ticket open",
    )
    return agent.opened.id


async def test_agent_reads_takes_and_answers_a_ticket(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        ticket = await open_first_unassigned(agent)
        await agent.press("A")
        await agent.until(lambda _: agent.opened.owner_name == "Li Wei", "it is mine")
        await agent.press("r")
        await agent.type("Found it.\nArrives today.")
        await agent.press("ctrl+d")
        await agent.until(lambda state: any(item.phase is OutboxPhase.HELD for item in state.outbox), "held")
        assert agent.state.view.focus is Pane.CONVERSATION
        await agent.sees("held")
        await agent.press("z")
        await agent.until(lambda state: state.draft(ticket) is not None, "text back")
        assert agent.state.drafts[ticket].body == "Found it.\nArrives today."


async def test_a_note_goes_at_once_and_never_to_the_customer(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        await open_first_unassigned(agent)
        await agent.press("n")
        await agent.type("Looks like mule_pattern to me")
        await agent.sees("Internal note")
        await agent.press("ctrl+d")
        await agent.until(
            lambda state: any(
                entry.kind is EntryKind.NOTE and "mule_pattern" in entry.body
                for entry in value_of(state.conversation.entries) or ()
            ),
            "note shown as a note",
        )
        with server.engine.connect() as connection:
            kinds = connection.execute(text("SELECT kind FROM entries WHERE body LIKE '%mule_pattern to me%'")).scalars().all()
        assert kinds == ["note"]


async def test_typed_ahead_keys_keep_their_order(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        await open_first_unassigned(agent)
        for key in ("r", *"abc", "escape", "n", *"def", "escape"):
            agent.app.post_message(key_event(key))
        await agent.until(lambda state: any(draft.body == "abcdef" for draft in state.drafts.values()), "both words, in order")


def key_event(key: str) -> Key:
    """A key as the driver posts it, with nobody waiting between keys."""
    return Key(key, key if len(key) == 1 else None)


async def test_a_customers_message_appears_in_the_open_ticket(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        await open_first_unassigned(agent)
        row = agent.opened
        async with httpx.AsyncClient(base_url=server.url) as http:
            answer = await http.post(
                "/api/v1/inbound",
                headers={"Authorization": f"Bearer {server.inbound_token}"},
                json={
                    "channel": "email",
                    "customer": row.customer_id,
                    "body": "Are you still there? 还在吗？",
                    "subject": f"Re: [{row.number}]",
                },
            )
        assert answer.is_success, answer.text
        await agent.sees("Are you still there? 还在吗？")


async def test_selected_tickets_are_assigned_together_and_taken_back_together(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        await agent.press("2")
        await agent.until(lambda state: state.queue.view == "unassigned" and len(state.queue.rows) > 3)
        wanted = [row.id for row in agent.state.queue.rows[:3]]
        await agent.press("x", "j", "x", "j", "x")
        assert agent.state.selection == set(wanted)
        await agent.press("a")
        await agent.until(lambda state: state.view.menu is not None)
        await agent.press("1")
        await agent.until(lambda state: not any(row.id in wanted for row in state.queue.rows), "they left the queue")
        await agent.until(lambda state: state.undo_stack, "it can be taken back")
        await agent.press("z")
        await agent.until(
            lambda state: set(wanted) <= {row.id for row in state.queue.rows} and not state.queue.is_loading, "they are back"
        )


async def test_drafts_and_queue_are_there_without_the_server(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        await open_first_unassigned(agent)
        await agent.press("r")
        await agent.type("half a sentence")
    async with at_desk(None, tmp_path) as agent:
        await agent.until(lambda state: any(draft.body == "half a sentence" for draft in state.drafts.values()), "the draft")
        assert agent.state.queue.rows
        await agent.sees("as of")


async def test_macro_by_two_keys_with_stops_and_actions(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        await agent.until(lambda _: agent.app.context().macros is not None, "macros read")
        await open_first_unassigned(agent)
        await agent.press("semicolon", "g", "h")
        await agent.until(lambda state: state.view.composer_open and agent.app.desk.composer.text, "text in the composer")
        assert agent.state.last_macro == "gh"


async def test_escalation_asks_for_what_the_target_needs(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        await open_first_unassigned(agent)
        await agent.press("A")
        await agent.until(lambda _: agent.opened.owner_name == "Li Wei", "it is mine")
        await agent.press("exclamation_mark")
        await agent.until(lambda state: state.view.menu is not None)
        await agent.press("l")
        await agent.sees("Summary for the team")
        before = events_of(server, "ticket.escalated")
        await agent.type("please look")
        await agent.press("ctrl+d")
        await agent.until(lambda _: events_of(server, "ticket.escalated") > before, "the log has it")


async def test_text_typed_for_one_ticket_never_becomes_another_tickets_draft(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path) as agent:
        first = await open_first_unassigned(agent)
        await agent.press("r")
        await agent.type("for the first one only")
        other = next(row.id for row in agent.state.queue.rows if row.id != first)
        agent.app.store.dispatch(TicketOpened(other))
        await agent.run("desk.redraw")
        assert agent.state.drafts[first].body == "for the first one only"
        assert agent.state.draft(other) is None or agent.state.drafts[other].body == ""
        await agent.until(lambda _: agent.app.desk.composer.ticket == other, "the composer follows")
        assert agent.app.desk.composer.text == ""


async def test_a_file_goes_with_the_reply(server: ServerThread, tmp_path: Path) -> None:
    file = tmp_path / "截图 1.png"
    file.write_bytes(b"\x89PNG picture")
    async with at_desk(server, tmp_path) as agent:
        await open_first_unassigned(agent)
        await agent.press("n")
        await agent.type("See the picture.")
        await agent.run("composer.attach", str(tmp_path / "nowhere.png"))
        await agent.sees("nowhere.png")
        await agent.run("composer.attach", str(file))
        await agent.sees("with 截图 1.png")
        await agent.press("ctrl+d")
        await agent.until(
            lambda state: any(
                one.name == "截图 1.png" for entry in value_of(state.conversation.entries) or () for one in entry.attachments
            ),
            "the entry has the file",
        )
