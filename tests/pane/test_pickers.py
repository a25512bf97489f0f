"""Pickers are as high as what they offer, and stay so while one types; what the other lists hold."""

from types import SimpleNamespace
from typing import cast

import pytest

from supportdesk_tui.commands.effects import Choice, Form, FormField, Pick
from supportdesk_tui.commands.macro_load import SHIPPED, load
from supportdesk_tui.domain.changes import MarkRead, Watch
from supportdesk_tui.store.state import DeskState, OutboxPhase
from supportdesk_tui.store.store import Store
from supportdesk_tui.ui.host import DeskHost
from supportdesk_tui.ui.keeping import Keeper
from supportdesk_tui.ui.screens.dialog import FRAME, ROWS, Panel
from supportdesk_tui.ui.screens.form import FormDialog
from supportdesk_tui.ui.screens.offered import LEAST
from supportdesk_tui.ui.screens.outbox import OutboxDialog, is_told
from supportdesk_tui.ui.screens.picker import PickerDialog
from tests import make
from tests.pane.harness import DARK, misfits, presses, showing, texts

TAGS = Pick(
    "Tag",
    (Choice("vip-gold", "vip-gold"), Choice("vip", "vip"), Choice("refund", "refund")),
    "ticket.tag",
    free=True,
    about="HX-1",
)


@pytest.mark.parametrize(
    ("typed", "taken"),
    [("vi", "vip-gold"), ("vip", "vip"), ("ref", "refund"), ("brand new", "brand new"), ("rfd", "rfd"), ("", "vip-gold")],
)
async def test_what_enter_takes_is_what_the_mark_stands_on_where_anything_may_be_typed(typed: str, taken: str) -> None:
    dialog = PickerDialog(DARK, TAGS)
    panel = Panel(DARK, dialog)
    async with showing(panel, 60, 20):
        for event in presses(typed):
            dialog.take_key(event)
        panel.redraw()
        (marked,) = [line for line in texts(panel) if line.startswith(" ▸ ")]
        assert marked.startswith(f" ▸ {taken} ")
        (enter,) = presses("\n")
        done = dialog.take_key(enter)
        assert done is not None
        assert done.args == (taken,)


async def test_every_choice_can_be_reached_beside_what_was_typed() -> None:
    dialog = PickerDialog(DARK, TAGS)
    panel = Panel(DARK, dialog)
    async with showing(panel, 60, 20):
        for event in presses("rf"):
            dialog.take_key(event)
        panel.redraw()
        assert dialog.note_text() == "1/3", "what was typed is none of them"
        assert [line.split()[-1] for line in texts(panel)[3:5]] == ["typed", "refund"]
        assert dialog.title_text() == "Tag · HX-1"


@pytest.mark.parametrize(("count", "lines"), [(1, LEAST), (2, LEAST), (6, 7), (40, ROWS - 1)])
async def test_a_picker_is_as_high_as_its_choices(count: int, lines: int) -> None:
    choices = tuple(Choice(str(n), f"Agent {n}") for n in range(count))
    dialog = PickerDialog(DARK, Pick("Assign to", choices, "ticket.assign"))
    panel = Panel(DARK, dialog)
    async with showing(panel, 60, 30):
        height = panel.styles.height
        assert height is not None
        assert height.value == lines + FRAME + 1
        assert misfits(panel) == []


async def test_a_picker_stays_as_high_as_it_was_while_one_types() -> None:
    choices = tuple(Choice(str(n), f"Agent {n}") for n in range(9))
    dialog = PickerDialog(DARK, Pick("Assign to", choices, "ticket.assign"))
    panel = Panel(DARK, dialog)
    async with showing(panel, 60, 30):
        before = panel.styles.height
        for event in presses("7"):
            dialog.press(event)
            panel.fit()
        assert dialog.note_text() == "1/9"
        assert panel.styles.height == before
        panel.redraw()
        assert any("Agent 7" in line for line in texts(panel))


async def test_the_outbox_lists_no_read_mark_that_has_arrived_but_every_other_change() -> None:
    changes = (
        (OutboxPhase.SENT, MarkRead(), False),
        (OutboxPhase.SENT, MarkRead(read=False), True),
        (OutboxPhase.REFUSED, MarkRead(), True),
        (OutboxPhase.QUEUED, MarkRead(), True),
        (OutboxPhase.SENT, Watch(), True),
    )
    items = tuple(make.outbox_item(n, phase, change=change) for n, (phase, change, _) in enumerate(changes, 1))
    assert [is_told(item) for item in items] == [told for *_, told in changes]
    dialog = OutboxDialog(DARK, Store(DeskState(outbox=items)))
    assert dialog.note_text() == "4"


async def test_every_question_of_a_shipped_macro_can_be_read_to_its_end_at_80_columns() -> None:
    host = cast("DeskHost", SimpleNamespace(store=Store(DeskState())))
    asking = [macro for macro in load((SHIPPED,)).macros.values() if macro.asks]
    assert len(asking) > 5
    for macro in asking:
        fields = tuple(FormField(f"{ask.name}_{to}", ask.title(to), required=True) for ask in macro.asks for to in ("en", "zh"))
        form = Form("Fill in", fields, "macro.insert")
        panel = Panel(DARK, FormDialog(DARK, form, Keeper(host, form)))
        async with showing(panel, 80, 20):
            drawn = "\n".join(texts(panel))
            assert [field.label for field in fields if f"{field.label} *" not in drawn] == []
