"""What stands where at each size: nothing cut that matters, nothing of the desk beside a dialog that has no room for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from supportdesk_tui import splash
from supportdesk_tui.app import DeskApp
from supportdesk_tui.commands.catalog import CATALOG
from supportdesk_tui.commands.effects import ShowFindings
from supportdesk_tui.commands.gate import Letter, findings
from supportdesk_tui.commands.gate_rules import Policy
from supportdesk_tui.commands.keymap import resolve
from supportdesk_tui.commands.sheet import palette
from supportdesk_tui.ui.panes.composer import ComposerFoot
from supportdesk_tui.ui.screens.gate import GateDialog
from supportdesk_tui.ui.widgets.ticket_row import columns_for
from tests.pane import data
from tests.pane.harness import DARK, showing, texts
from tests.snapshot.test_looks import desk, pressing


@asynccontextmanager
async def looking(size: tuple[int, int], *keys: str) -> AsyncIterator[tuple[DeskApp, list[str]]]:
    """The desk at a size after some keys, and the lines of its screen."""
    app = desk()
    async with app.run_test(size=size) as pilot:
        await pressing(*keys)(pilot)
        yield app, [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def test_on_a_narrow_screen_a_dialog_takes_all_of_its_width() -> None:
    async with looking((80, 24), "enter", "question_mark") as (app, lines):
        assert app.screen.query_one("Panel").region.column_span == (0, 80)
        assert lines[1].startswith(" Keys")
        assert not any(line.startswith((" C ", " A ", " I ")) for line in lines[1:-1])


async def test_the_key_sheet_has_as_many_columns_as_there_is_room_for() -> None:
    async with looking((160, 48), "enter", "question_mark") as (_app, lines):
        (first,) = [line for line in lines if "Next message" in line]
        assert "1 2 3 4 5 6 7 8 9" in "\n".join(lines)
        assert first.rstrip().count("  ") > 1
        assert len(first.split("Next message")[1].strip()) > 2, "the second column stands beside it"


async def test_a_question_is_as_high_as_what_it_asks() -> None:
    async with looking((100, 30), "d") as (app, lines):
        panel = app.screen.query_one("Panel")
        assert panel.size.height < 12
        assert any("Ctrl+D done" in line for line in lines)


@pytest.mark.parametrize(("text", "is_offered"), [("By ⟦time⟧", False), ("Internal: ask the wallet team", True)])
def test_only_what_may_be_sent_is_offered_to_be_sent(text: str, is_offered: bool) -> None:
    dialog = GateDialog(DARK, ShowFindings(findings(Letter(text), Policy())))
    assert ("s", "send all the same") in dialog.keys_text() or not is_offered
    assert is_offered or all(key != "s" for key, _label in dialog.keys_text())


def test_a_wide_screen_shows_what_a_ticket_is_about_and_whose_it_is() -> None:
    assert columns_for(splash.queue_of_three(160)).subject >= 18
    assert columns_for(splash.queue_of_three(172)).owner
    assert columns_for(splash.queue_of_three(186)).language
    for width in range(splash.ROOMY, 260):
        assert width - splash.queue_of_three(width) - splash.CUSTOMER >= 56


@pytest.mark.parametrize("columns", [120, 139, 140, 160, 200, 300])
async def test_the_skeleton_is_as_wide_as_the_desk(columns: int) -> None:
    async with looking((columns, 30)) as (app, _lines):
        places = [pane.region.x + 1 for pane in (app.desk.queue_pane, app.desk.conversation, app.desk.customer)]
        assert [column for column, _side in splash._panes(columns, 30)] == places


async def test_the_key_that_sends_is_never_cut() -> None:
    foot = ComposerFoot(DARK)
    async with showing(foot, 60, 1):
        foot.show(data.composer(), "then: " + "waiting on third party · " * 4, "Ctrl+D")
        (line,) = texts(foot)
        assert line.split()[-2:] == ["Ctrl+D", "send"]
        assert "…" in line


def test_every_command_lists_what_is_done_before_how_to_move() -> None:
    names = [line.command for line in palette(resolve(CATALOG))]
    assert names.index("ticket.reply") < names.index("queue.down")
    assert names.index("ticket.snooze_pick") < names.index("queue.view_1")
    assert len(names) == len(set(names))
