"""Footer, key sheet and palette."""

import pytest

from supportdesk_tui.commands.catalog import CATALOG
from supportdesk_tui.commands.keymap import resolve
from supportdesk_tui.commands.sheet import hints, palette, sections
from supportdesk_tui.commands.spec import Scope
from supportdesk_tui.store.state import Pane
from tests.unit.commands.desk import context, with_queue

KEYMAP = resolve(CATALOG)


@pytest.mark.parametrize("pane", Pane)
def test_the_footer_has_keys_for_every_pane_and_ends_with_palette_and_help(pane: Pane) -> None:
    shown = hints(context(pane, opened=1), KEYMAP)
    assert all(hint.key and hint.label for hint in shown)
    assert [hint.command for hint in shown if hint.is_right] == ["desk.palette", "desk.keys"]
    assert len({hint.key for hint in shown}) == len(shown)


def test_the_footer_of_the_composer_shows_no_key_that_types() -> None:
    shown = hints(context(Pane.COMPOSER, opened=1), KEYMAP)
    assert {hint.command: hint.key for hint in shown}["menu.leader"] == "Ctrl+G"
    assert all(len(hint.key) > 1 for hint in shown)


def test_a_hint_that_is_off_carries_its_reason() -> None:
    empty = with_queue(context(), rows=(), total=0, cursor=None)
    by_command = {hint.command: hint for hint in hints(empty, KEYMAP)}
    assert by_command["queue.open"].blocked is not None
    assert by_command["menu.leader"].blocked is None


def test_an_unbound_command_leaves_the_footer() -> None:
    keymap = resolve(CATALOG, overrides={"ticket.reply": []})
    assert "ticket.reply" not in {hint.command for hint in hints(context(), keymap)}


def test_the_sheet_of_a_pane_goes_from_inside_out() -> None:
    assert [section.scope for section in sections(KEYMAP, context(), pane=Pane.QUEUE)] == [Scope.QUEUE, Scope.DESK, Scope.APP]


def test_the_whole_sheet_holds_every_offered_command_once() -> None:
    listed = [line.command for section in sections(KEYMAP) for line in section.lines]
    assert sorted(listed) == sorted(command.id for command in CATALOG if not command.is_internal)


def test_a_lost_key_is_shown_with_who_has_it() -> None:
    keymap = resolve(CATALOG, overrides={"ticket.spam": ["r"]})
    lines = {line.command: line for line in palette(keymap, context())}
    assert lines["ticket.reply"].lost == (("r", "ticket.spam"),)
    assert lines["ticket.reply"].keys == ()
    assert lines["ticket.spam"].keys == ("r",)


def test_the_palette_gives_reasons_only_with_a_context() -> None:
    assert all(line.blocked is None for line in palette(KEYMAP))
    assert any(line.blocked for line in palette(KEYMAP, context()))
