"""The send gate at the running desk: keys pressed, the screen read, the server's own tables asked."""

import json
from pathlib import Path

import pytest

from supportdesk_tui.config.schema import Gate, Settings
from supportdesk_tui.domain.changes import MakePromise
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import DeskState, OutboxItem, OutboxPhase, Pane
from supportdesk_tui.store.views import summary_of
from supportdesk_tui.ui.screens.conflict import ConflictDialog
from supportdesk_tui.ui.screens.dialog import Dialog
from supportdesk_tui.ui.screens.form import FormDialog
from supportdesk_tui.ui.screens.gate import GateDialog
from tests.desk.people import asked, bodies, customer_writes, open_by_id, open_ticket, post, show_view
from tests.driver import AgentAtDesk, at_desk

AT_ONCE = Settings(hold_s=0)
HELD = Settings(hold_s=60)
SMALL = (80, 24)


async def writing(agent: AgentAtDesk, text: str) -> str:
    """Open a ticket of the first line and write a reply; the ticket's id."""
    await show_view(agent, "unassigned")
    row = next(one for one in agent.state.queue.rows if one.language == "en" and str(one.team).startswith("frontline"))
    await open_ticket(agent, row.id)
    await agent.press("r")
    await agent.type(text)
    return row.id


def waiting(state: DeskState) -> OutboxItem | None:
    """A reply that waits for the agent's word."""
    return next((one for one in state.outbox if one.phase is OutboxPhase.HELD and one.held_until is None), None)


def screen(agent: AgentAtDesk) -> Dialog | None:
    """The dialog on top."""
    return agent.app.screen if isinstance(agent.app.screen, Dialog) else None


async def test_nothing_wrong_sends_without_a_word(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE) as li:
        await writing(li, "It has arrived, thank you for waiting.")
        await li.press("ctrl+d")
        assert screen(li) is None
        await li.until(lambda _: "It has arrived, thank you for waiting." in bodies(li))


async def test_findings_are_listed_explained_fixed_or_sent_with_one_reason_that_is_logged(
    server: ServerThread, tmp_path: Path
) -> None:
    words = "See https://evil.example/x and I would buy now."
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        ticket = await writing(li, words)
        await li.press("ctrl+d")
        assert isinstance(screen(li), GateDialog)
        await li.sees("Before it is sent", "1/2", "Link to a stranger", "Investment advice", "needs a reason", "evil.example/x")
        await li.press("enter")
        assert screen(li) is None
        assert li.app.desk.composer.editor.selected_text == "https://evil.example/x"
        assert li.state.view.focus is Pane.COMPOSER
        await li.press("ctrl+d", "j")
        await li.sees("I would buy", "advice on what to buy or sell")
        await li.press("escape")
        assert li.app.desk.composer.text == words
        await li.press("ctrl+d", "s", "enter")
        await li.sees("A reason is needed")
        await li.type("asked for it")
        await li.press("escape")
        assert isinstance(screen(li), GateDialog), "one step back, nothing sent"
        assert not await asked(server, "SELECT 1 FROM entries WHERE body = :body", body=words)
        await li.press("s")
        await li.type("quoted from the report")
        await li.press("enter")
        await li.until(lambda _: words in bodies(li), "sent")
        ((after,),) = await asked(
            server, "SELECT after FROM events WHERE kind = 'reply' AND ticket = :t AND after LIKE '%overrides%'", t=ticket
        )
        ((kept,),) = (json.loads(str(after))["overrides"].values(),)
        assert kept["overrides"] == [{"finding": one, "reason": "quoted from the report"} for one in ("link", "advice")]


async def test_a_recovery_phrase_cannot_be_sent_as_a_reply_or_a_note(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await writing(li, "abandon " * 11 + "about")
        for key in ("ctrl+d", "f2"):
            if key == "f2":
                await li.press("escape", "f2", "ctrl+d")
            else:
                await li.press(key)
            assert isinstance(screen(li), GateDialog)
            await li.sees("Recovery phrase or private key", "never sent", "recovery phrase in line 1", "Never ask for it")
            await li.press("s")
            await li.sees("Never sent: Recovery phrase")
            assert "abandon" not in "\n".join(li.text().splitlines()[3:14])
        await li.press("escape")
        assert not await asked(server, "SELECT 1 FROM entries WHERE kind IN ('agent', 'note') AND body LIKE '%abandon%'")
        await li.until(lambda state: all(one.phase is OutboxPhase.SENT for one in state.outbox), "nothing else waits")


async def test_a_phrase_in_a_form_leads_back_to_it_with_all_that_was_typed(server: ServerThread, tmp_path: Path) -> None:
    phrase = "abandon " * 11 + "about"
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        await writing(li, "")
        await li.press("escape")
        await li.run("ticket.promise", "what=x", "by=")
        await li.type("2 hourz")
        await li.press("ctrl+d")
        await li.until(lambda state: state.view.notice and "“2 hourz” is no time I know" in state.view.notice.text)
        await li.press("tab", "ctrl+u")
        await li.type("2h")
        await li.press("shift+tab", "backspace")
        await li.type(phrase)
        await li.press("ctrl+d")
        assert isinstance(screen(li), GateDialog)
        await li.sees("Recovery phrase or private key", "never sent")
        await li.press("s")
        await li.sees("Never sent: Recovery phrase")
        await li.press("escape")
        assert isinstance(screen(li), FormDialog)
        await li.sees("2h", "about")
        await li.press("tab", "shift+tab", "ctrl+u")
        await li.type("news by then")
        await li.press("ctrl+d")
        assert screen(li) is None
        await li.until(lambda state: any(isinstance(one.change, MakePromise) and one.says for one in state.outbox), "done")
        assert await asked(server, "SELECT count(*) FROM promises WHERE text = 'news by then'") == [(1,)]
        assert not await asked(server, "SELECT 1 FROM promises WHERE text LIKE '%abandon%'")


async def test_what_is_typed_into_a_form_outlives_leaving_it_for_the_ticket_it_was_about(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE, size=SMALL) as li:
        ticket = await writing(li, "")
        await li.press("escape")
        await li.until(lambda _: li.opened.id == ticket)
        await li.press("d")
        await li.type("long words")
        await li.press("escape")
        assert screen(li) is None
        await li.press("J", "d")
        assert "long words" not in li.text(), "another ticket"
        await li.press("escape")
        await li.run("ticket.previous")
        await li.press("d")
        await li.sees("long words")
        await li.press("tab")
        await li.type("2h")
        await li.press("ctrl+d")
        await li.until(lambda state: any(isinstance(one.change, MakePromise) for one in state.outbox), "promised")
        await li.press("d")
        assert "long words" not in li.text(), "it was done"


async def test_a_time_leads_to_the_promise_form_with_the_time_in_it(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE) as li:
        ticket = await writing(li, "I will write to you within 2 hours.")
        await li.press("ctrl+d")
        await li.sees("A time without a promise", "within 2 hours")
        await li.press("enter")
        assert isinstance(screen(li), FormDialog)
        await li.sees("2h")
        await li.type("news of it")
        await li.press("ctrl+d")
        draft = li.state.draft(li.state.conversation.ticket)
        assert draft is not None
        assert [one.text for one in draft.then if isinstance(one, MakePromise)] == ["news of it"]
        await li.press("ctrl+d")
        assert screen(li) is None
        await li.until(lambda _: "I will write to you within 2 hours." in bodies(li))
        assert await asked(server, "SELECT text FROM promises WHERE ticket = :t AND text = 'news of it'", t=ticket)


async def test_the_desks_own_settings_make_a_kind_unsendable(server: ServerThread, tmp_path: Path) -> None:
    strict = Settings(hold_s=0, gate=Gate(note_words=("entre nous",), kinds={"note_words": "never"}))
    async with at_desk(server, tmp_path, settings=strict) as li:
        await writing(li, "Entre nous, it is stuck.")
        await li.press("ctrl+d", "s")
        await li.sees("Never sent: Reads like an internal note")
        await li.press("escape", "f2", "ctrl+d")
        assert screen(li) is None, "as a note it is right"


async def test_a_held_reply_stops_when_the_customer_writes_and_asks(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=HELD, size=SMALL) as li:
        ticket = await writing(li, "Please wait a little.")
        row = li.opened
        await li.press("ctrl+d")
        await li.until(lambda state: any(one.held_until for one in state.outbox), "held")
        await customer_writes(server, row, "Never mind, it is here")
        await li.until(waiting, "it does not go by time any more")
        await li.sees("wrote meanwhile: your reply waits")
        await li.sees("1 needs you")
        assert screen(li) is None, "no dialog stands up by itself under typing hands"
        await li.press("r")
        assert isinstance(screen(li), ConflictDialog)
        await li.sees("wrote meanwhile", "Never mind, it is here", "Please wait a little.", "yours is not sent")
        await li.press("s")
        await li.type("still true")
        await li.press("enter")
        await li.until(lambda state: not waiting(state) and all(one.phase is OutboxPhase.SENT for one in state.outbox), "sent")
        assert await asked(server, "SELECT count(*) FROM entries WHERE body = 'Please wait a little.'") == [(1,)]
        (log,) = await asked(
            server, "SELECT after FROM events WHERE kind = 'reply' AND ticket = :t AND key IS NOT NULL", t=ticket
        )
        assert '"finding":"wrote"' in str(log[0])


async def test_a_held_reply_stops_when_a_colleague_takes_the_ticket_and_asks(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=HELD, size=SMALL) as li:
        ticket = await writing(li, "We look into it.")
        await li.press("ctrl+d")
        await li.until(lambda state: any(one.held_until for one in state.outbox), "held")
        await post(server, f"/tickets/{ticket}/changes", server.token_for("mei.lin"), {"type": "assign", "agent": "a2"})
        await li.until(waiting, "it does not go by time any more")
        await li.sees("Mei Lin has the ticket now: your reply waits")
        assert screen(li) is None
        await li.press("r")
        await li.sees("The ticket moved on", "Mei Lin has the ticket now.", "We look into it.", "yours is not sent")
        await li.press("escape")
        assert waiting(li.state), "nobody answered: it waits on"
        await li.press("r", "s")
        await li.type("agreed with Mei")
        await li.press("enter")
        await li.until(lambda state: all(one.phase is OutboxPhase.SENT for one in state.outbox), "sent")
        assert await asked(server, "SELECT count(*) FROM entries WHERE body = 'We look into it.'") == [(1,)]
        (log,) = await asked(
            server, "SELECT after FROM events WHERE kind = 'reply' AND ticket = :t AND after LIKE '%overrides%'", t=ticket
        )
        assert '"finding":"changed","reason":"agreed with Mei"' in str(log[0])


async def test_a_reply_to_a_ticket_one_gave_away_oneself_is_not_asked_about(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE) as li:
        await writing(li, "Mei goes on with it.")
        li.app.engine.outbox.pause()  # type: ignore[attr-defined]  # both wait on a slow line
        await li.press("escape")
        await li.run("ticket.assign", "a2")
        await li.press("r", "ctrl+d")
        await li.until(lambda state: sum(one.phase is OutboxPhase.QUEUED for one in state.outbox) == 2, "both on their way")
        li.app.engine.sign_in_again()  # type: ignore[attr-defined]  # the engine behind its protocol
        await li.until(lambda _: "Mei goes on with it." in bodies(li))
        assert not waiting(li.state)
        assert li.opened.owner == "a2"


async def test_the_server_refuses_a_reply_of_somebody_who_does_not_know_who_has_the_ticket(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE) as li:
        ticket = await writing(li, "Written off line.")
        li.app.engine.outbox.pause()  # type: ignore[attr-defined]  # the line is slow: the reply has not left yet
        li.app.engine._common.moved = None  # type: ignore[attr-defined]  # and nothing tells that Mei was faster
        await li.press("ctrl+d")
        await li.until(lambda state: any(one.phase is OutboxPhase.QUEUED for one in state.outbox), "on its way")
        await post(server, f"/tickets/{ticket}/changes", server.token_for("mei.lin"), {"type": "assign", "agent": "a2"})
        li.app.engine.sign_in_again()  # type: ignore[attr-defined]  # the engine behind its protocol
        await li.until(waiting, "refused, and kept")
        await li.sees("Mei Lin has the ticket now")
        assert not await asked(server, "SELECT 1 FROM entries WHERE body = 'Written off line.'")
        await li.until(lambda state: (row := summary_of(state)) and row.owner == "a2", "known by the desk too")
        await li.press("r", "e")
        await li.until(lambda _: li.app.desk.composer.text == "Written off line.", "a draft again")
        await li.press("ctrl+d")
        assert screen(li) is None, "it was seen"
        await li.until(lambda _: "Written off line." in bodies(li))


@pytest.mark.parametrize("decision", ["edit", "discard"])
async def test_a_reply_refused_because_a_colleague_was_faster_comes_back_with_both_texts(
    server: ServerThread, tmp_path: Path, decision: str
) -> None:
    async with at_desk(server, tmp_path / "li", settings=AT_ONCE) as li:
        ticket = await writing(li, "We look into it")
        mei = server.token_for("mei.lin")
        li.app.engine.outbox.pause()  # type: ignore[attr-defined]  # the line is slow: the reply has not left yet
        await li.press("ctrl+d")
        await li.until(lambda state: any(one.phase is OutboxPhase.QUEUED for one in state.outbox), "on its way")
        await post(server, f"/tickets/{ticket}/replies", mei, {"body": "Mei was faster"})
        await li.until(lambda _: "Mei was faster" in bodies(li))
        li.app.engine.sign_in_again()  # type: ignore[attr-defined]  # the engine behind its protocol
        await li.until(waiting, "refused, and kept")
        await li.sees("Mei Lin replied meanwhile")
        assert not await asked(server, "SELECT 1 FROM entries WHERE body = 'We look into it'")
        await li.press("escape")
        await open_by_id(li, li.state.outbox[-1].tickets[0])
        await li.until(lambda _: isinstance(screen(li), ConflictDialog), "the conflict stands open")
        await li.sees("Mei Lin answered first", "Mei was faster", "We look into it")
        if decision == "edit":
            await li.press("e")
            await li.until(lambda _: li.app.desk.composer.text == "We look into it", "a draft again")
            await li.type(" too")
            await li.press("ctrl+d")
            assert screen(li) is None, "it was read"
            await li.until(lambda _: "We look into it too" in bodies(li))
        else:
            await li.press("x", "y")
            await li.until(lambda state: not waiting(state), "thrown away, after asking")
        assert not waiting(li.state)
        assert not await asked(server, "SELECT 1 FROM entries WHERE body = 'We look into it'")


async def test_a_ticket_taken_and_solved_while_one_writes_is_announced(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=AT_ONCE) as li:
        ticket = await writing(li, "We look into it")
        mei = server.token_for("mei.lin")
        for change in ({"type": "assign", "agent": "a2"}, {"type": "set_status", "status": "solved", "reason": "answered"}):
            await post(server, f"/tickets/{ticket}/changes", mei, change)
        await li.until(lambda _: li.opened.owner == "a2" and li.opened.status.name == "solved")
        await li.press("ctrl+d")
        await li.sees("The ticket moved on", "Mei Lin has the ticket now.")
        await li.press("j")
        await li.sees("It is Solved now.")
        await li.press("enter")
        assert (screen(li), li.state.view.focus) == (None, Pane.CONVERSATION)
        await li.press("tab")
        await li.run("pane.focus", "composer")
        await li.press("ctrl+d")
        assert screen(li) is None, "looked at"
        await li.until(lambda _: "We look into it" in bodies(li))
