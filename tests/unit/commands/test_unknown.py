"""What this version does not understand of a ticket is not written over; every other verb stays free."""

from typing import Any

import pytest

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.catalog import BY_ID
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.guards import doable
from supportdesk_tui.domain.changes import SetPriority, SetStatus, Tag
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Priority
from supportdesk_tui.store.state import Loaded, Pane
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.unit.commands import desk

WRITES = {
    "status": ("menu.status", "ticket.solve", "ticket.reopen", "ticket.status", "menu.snooze", "ticket.snooze"),
    "priority": ("menu.priority", "ticket.priority_up", "ticket.priority_down", "ticket.priority"),
    "owner": ("menu.assign", "ticket.take", "ticket.unassign", "ticket.assign"),
    "team": ("ticket.transfer",),
    "tags": ("ticket.tag",),
}


def desk_with(*unknown: str, **state: Any) -> Context:
    """Three rows; in the first a field or two say `sideways`."""
    said = tuple((name, sanitize_line("sideways")) for name in unknown)
    plain = desk.context(**state)
    return desk.with_queue(plain, rows=(make.summary(1, unknown=said), *plain.state.queue.rows[1:]))


@pytest.mark.parametrize("field", WRITES)
def test_verbs_of_a_field_that_is_not_understood_are_grey_and_say_what_stands_there(field: str) -> None:
    context = desk_with(field)
    for name in WRITES[field]:
        blocked = BY_ID[name].when(context)
        assert blocked is not None, name
        assert ("sideways" in blocked.reason.format_map(dict(blocked.values)), "{said}" in blocked.reason) == (True, True)
    free = [name for other, names in WRITES.items() if other != field for name in names]
    assert [name for name in (*free, "ticket.reply", "ticket.note", "ticket.watch") if BY_ID[name].when(context)] == []


def test_one_such_ticket_among_many_is_reason_enough() -> None:
    context = desk_with("priority", selection=frozenset({TicketId("t1"), TicketId("t2")}))
    assert BY_ID["ticket.priority_up"].when(context) is not None
    assert BY_ID["ticket.tag"].when(context) is None


def test_macro_leaves_out_what_would_write_over_it_and_keeps_the_rest() -> None:
    context = desk_with("status")
    then = (SetStatus("open"), Tag(add=("x",)), SetPriority(Priority.P1))
    kept, blocked = doable(context, then)
    assert (kept, len(blocked)) == (then[1:], 1)


def test_status_cannot_be_set_with_a_text_either() -> None:
    plain = desk.context(Pane.COMPOSER, opened=1)
    assert BY_ID["composer.status"].when(plain) is None
    said = desk.detail(unknown=(("status", sanitize_line("limbo")),))
    assert BY_ID["composer.status"].when(desk.with_conversation(plain, detail=Loaded(said, desk.NOW))) is not None


def test_pickers_say_that_choices_may_be_missing() -> None:
    context = desk.with_directory(desk.context(), bad_items=3)
    for command in ("ticket.assign_pick", "ticket.transfer", "ticket.status_pick", "ticket.tag"):
        assert desk.only(desk.run(context, command), ef.Pick).bad_items == 3
