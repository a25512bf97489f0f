"""Footer, key sheet and palette."""

import pytest
from msgspec.structs import replace

from supportdesk_tui.commands.catalog import CATALOG
from supportdesk_tui.commands.keymap import resolve
from supportdesk_tui.commands.sheet import hints, palette, sections
from supportdesk_tui.commands.spec import Scope
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import LinkedTicket, Ticket
from supportdesk_tui.store.state import Draft, DraftMode, Loaded, Pane
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.unit.commands.desk import NOW, STATUSES, context, reason, with_conversation, with_queue

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


def test_the_footer_says_what_tab_does_in_the_text_as_it_is() -> None:
    plain = replace(context(Pane.COMPOSER, opened=1), composer_text="Hello")
    blank = replace(plain, composer_text="It is ⟦amount⟧ USDT")
    said = [{hint.command: hint.label for hint in hints(one, KEYMAP)}["composer.next_stop"] for one in (plain, blank)]
    assert said == ["next pane", "next blank"]


def test_the_key_that_sends_is_told_as_what_it_does_with_a_note() -> None:
    here = context(Pane.COMPOSER, opened=1)
    drafts = {mode: {TicketId("t1"): Draft(TicketId("t1"), mode=mode, body="x")} for mode in DraftMode}
    said = {
        mode: {one.command: one.label for one in hints(replace(here, state=replace(here.state, drafts=kept)), KEYMAP)}
        for mode, kept in drafts.items()
    }
    assert {mode: labels["composer.send"] for mode, labels in said.items()} == {
        DraftMode.REPLY: "send",
        DraftMode.NOTE: "add note",
    }


def test_an_open_task_begins_its_footer_with_the_way_back_and_no_other_ticket_offers_it() -> None:
    here = context(Pane.CONVERSATION, opened=1)
    task = Ticket(make.summary(1), links=(LinkedTicket(TicketId("t9"), "HX-9", "task_of", sanitize_line("Late"), STATUSES[2]),))
    solved = replace(task, summary=replace(task.summary, status=STATUSES[7]))
    found = {
        name: next(hint.command for hint in hints(with_conversation(here, detail=Loaded(detail, NOW)), KEYMAP))
        for name, detail in (("plain", Ticket(make.summary(1))), ("task", task), ("solved", solved))
    }
    assert found == {"plain": "ticket.reply", "task": "ticket.return_task", "solved": "ticket.reply"}
    assert reason(here, "ticket.return_task") == "This ticket is no task of somebody's"
    assert not reason(with_conversation(here, detail=Loaded(task, NOW)), "ticket.return_task")
    assert not reason(context(), "ticket.return_task"), "in the list nobody knows what it is tied to"


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
