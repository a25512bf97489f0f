"""Where a list is shorter than the server's, it says so; what a field says in words we do not know is shown as it is."""

from msgspec.structs import replace

from supportdesk_tui.commands.effects import Choice, Pick
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.ui.panes.conversation import ConversationPane
from supportdesk_tui.ui.panes.customer import CustomerPane
from supportdesk_tui.ui.panes.queue import QueuePane
from supportdesk_tui.ui.panes.top import TopPane
from supportdesk_tui.ui.screens.dialog import Panel
from supportdesk_tui.ui.screens.picker import PickerDialog
from tests.pane import data
from tests.pane.harness import DARK, misfits, showing, texts


async def test_customer_with_unreadable_items_says_so_in_sight_and_shows_the_rest() -> None:
    pane = CustomerPane(DARK)
    async with showing(pane, 38, 40):
        pane.show(data.customer(), data.NOW)
        assert "could not be read" not in "\n".join(texts(pane))
        pane.show(data.customer(context=replace(data.customer_context(), bad_items=3)), data.NOW)
        shown = "\n".join(texts(pane))
        assert "⚠ 3 items could not be read" in shown
        assert ("KYC" in shown, misfits(pane)) == (True, [])


async def test_conversation_with_unreadable_items_says_so_above_what_there_is() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 90, 30):
        view = data.conversation()
        pane.show(replace(view, bad_items=1), data.NOW)
        assert any("⚠ 1 item could not be read" in line for line in texts(pane)[:6])
        assert misfits(pane) == []


async def test_field_of_a_newer_server_is_shown_as_text_with_what_becomes_of_it() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 100, 30):
        view = data.conversation()
        assert view.summary is not None
        said = (("priority", sanitize_line("urgent")), ("channel", sanitize_line("hologram")), ("mood", sanitize_line("7")))
        pane.show(replace(view, summary=replace(view.summary, unknown=said)), data.NOW)
        shown = "\n".join(texts(pane)[:8])
        assert "urgent · " in shown
        assert "hologram" in shown
        assert "⚠ not known to this version, left as it is: priority “urgent” · channel “hologram” · mood “7”" in shown


async def test_row_of_the_queue_shows_what_the_server_says_for_a_priority() -> None:
    pane = QueuePane(DARK)
    async with showing(pane, 120, 12):
        view = data.queue()
        rows = (replace(view.rows[0], unknown=(("priority", sanitize_line("9\x1b")),)), *view.rows[1:])
        pane.show(replace(view, rows=rows), data.NOW)
        line = next(line for line in texts(pane) if rows[0].number in line)
        assert " 9␛ " in line
        assert f" {rows[0].priority.name} " not in line
        assert misfits(pane) == []


async def test_bar_says_that_views_are_missing_from_the_tabs() -> None:
    pane = TopPane(DARK)
    async with showing(pane, 140, 1) as (app, pilot):
        pane.show(data.top(bad_views=2), data.NOW)
        assert "⚠ views unreadable: 2" in texts(pane)[0]
        await pilot.resize_terminal(60, 1)
        assert "⚠ 2" in texts(pane)[0]
        assert app.is_running


async def test_picker_says_that_choices_may_be_missing_and_keeps_it_in_sight() -> None:
    choices = tuple(Choice(str(n), f"Agent {n}") for n in range(40))
    dialog = PickerDialog(DARK, Pick("Assign to", choices, "ticket.assign", bad_items=2))
    panel = Panel(DARK, dialog)
    async with showing(panel, 60, 14):
        shown = texts(panel)
        assert "⚠ 2 items could not be read" in "\n".join(shown)
        assert "Agent 0" in "\n".join(shown)
        assert misfits(panel) == []
