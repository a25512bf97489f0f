"""The small picker at the caret, and what is found again with one key: text stays, notes reach those they name."""

from pathlib import Path

from supportdesk_tui.config.schema import Settings
from supportdesk_tui.domain.changes import Reply
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.state import OutboxPhase
from tests.desk.people import asked, bodies, first_line, open_ticket, show_view
from tests.driver import at_desk


async def test_the_picker_at_the_caret_finds_macros_articles_and_colleagues_and_keeps_what_is_typed(
    server: ServerThread, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path) as li:
        editor = li.app.desk.composer.editor
        await show_view(li, "unassigned")
        row = first_line(li)
        await open_ticket(li, row.id)
        await li.press("r")
        await li.type("Hi ::")
        await li.sees("Esc keep what is typed")
        await li.press("escape")
        assert editor.text == "Hi ::"
        await li.until(lambda _: not li.lines_with("keep what is typed"), "the picker has gone")
        await li.press("enter")
        assert editor.text == "Hi ::\n", "without the picker Enter is a new line"
        await li.type("??")
        await li.sees("what is it about?")
        await li.press("enter")
        assert editor.text == "Hi ::\n??\n", "bare punctuation never takes anything"
        await li.type("??withdrawal")
        await li.until(lambda state: state.found.text == "withdrawal", "asked")
        await li.until(lambda _: li.app.keys.inline._fitting, "an article")
        article = li.app.keys.inline._fitting[0].label
        await li.sees(article[:20])
        await li.press("tab")
        assert not editor.text.splitlines()[2].startswith("?"), "the question made room for the answer"
        assert len(editor.text) > 40
        await li.run("composer.discard", "sure")
        await li.press("n")
        await li.type("@Mei")
        await li.press("enter")
        assert editor.text == "@Mei Lin "
        await li.type("please look")
        await li.press("ctrl+d")
        await li.until(lambda _: "@Mei Lin please look" in bodies(li), "noted")
        assert await asked(server, "SELECT 1 FROM events WHERE tells = 'a2' AND says LIKE '%mentioned you%'")


async def test_what_was_sent_is_found_again_also_in_the_next_run(server: ServerThread, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path, settings=Settings(hold_s=0)) as li:
        await show_view(li, "unassigned")
        await open_ticket(li, first_line(li).id)
        await li.press("r")
        await li.type("Zebra fee waived")
        await li.press("ctrl+d")
        await li.until(lambda state: any(isinstance(one.change, Reply) for one in state.outbox), "on its way")
        await li.until(lambda state: state.outbox[-1].phase is OutboxPhase.SENT, "sent")
        await li.until(lambda _: li.app.engine.busy == 0, "kept")  # type: ignore[attr-defined]  # the real engine
    async with at_desk(server, tmp_path) as li:
        await show_view(li, "unassigned")
        await open_ticket(li, first_line(li, 1).id)
        number = li.opened.number
        await li.press("r")
        await li.type("kept")
        await li.press("escape", "escape", "D")
        await li.sees(number, "kept")
        await li.press("escape", "r", *["backspace"] * 4, "ctrl+r")
        await li.sees("sent by you")
        await li.type("zebra")
        await li.sees("Zebra fee waived")
        await li.press("enter")
        assert li.app.desk.composer.text == "Zebra fee waived"
