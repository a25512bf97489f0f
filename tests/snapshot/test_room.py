"""What stands where at each size: nothing cut that matters, nothing of the desk beside a dialog that has no room for it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from supportdesk_tui import splash
from supportdesk_tui.app import DeskApp
from supportdesk_tui.commands import keys as spelling
from supportdesk_tui.commands.catalog import CATALOG
from supportdesk_tui.commands.effects import ShowFindings
from supportdesk_tui.commands.gate import Letter, findings
from supportdesk_tui.commands.gate_rules import Policy
from supportdesk_tui.commands.keymap import resolve
from supportdesk_tui.commands.sheet import palette
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ticket import Priority
from supportdesk_tui.i18n.catalog import DEFAULT_KEYS, _, use_keys
from supportdesk_tui.store.state import LinkPhase, Loaded, Loading
from supportdesk_tui.store.views import conversation_view
from supportdesk_tui.text.safe import SafeText
from supportdesk_tui.theming.load import load_theme, theme_folders, theme_names
from supportdesk_tui.theming.tokens import INK_NAMES
from supportdesk_tui.ui.panes.composer import ComposerFoot, ComposerHead
from supportdesk_tui.ui.screens.gate import GateDialog
from supportdesk_tui.ui.widgets.glyph import UNICODE
from supportdesk_tui.ui.widgets.paint import Paint
from supportdesk_tui.ui.widgets.talk import Reading, Talk
from supportdesk_tui.ui.widgets.talk_head import TalkHead
from supportdesk_tui.ui.widgets.ticket_row import RowLook, columns_for, ticket_row
from tests.arch.source import PACKAGE, modules
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
    assert columns_for(splash.queue_of_three(160), is_spread=False).subject >= 18
    assert columns_for(splash.queue_of_three(160)).subject >= 15
    assert columns_for(splash.queue_of_three(160)).owner
    assert columns_for(splash.queue_of_three(186)).language
    for width in range(splash.ROOMY, 260):
        assert width - splash.queue_of_three(width) - splash.CUSTOMER >= 56


@pytest.mark.parametrize("columns", [120, 139, 140, 160, 200, 300])
async def test_the_skeleton_is_as_wide_as_the_desk(columns: int) -> None:
    async with looking((columns, 30)) as (app, _lines):
        places = [pane.region.x + 1 for pane in (app.desk.queue_pane, app.desk.conversation, app.desk.customer)]
        assert [column for column, _side in splash._panes(columns, 30)] == places


@pytest.mark.parametrize("width", [30, 46, 60, 100])
async def test_what_happens_on_send_is_told_whole_and_the_key_is_never_cut(width: int) -> None:
    foot, plain = ComposerFoot(DARK), data.composer()
    assert plain.draft is not None
    view = replace(plain, draft=replace(plain.draft, language_note="no ja text, using en"))
    told = "then: waiting on third party · promise 16:00 · +chain"
    async with showing(foot, width, 40) as (_app, pilot):
        foot.show(view, told, "Ctrl+D")
        await pilot.pause()
        lines = texts(foot)
        assert lines[-1].split()[-2:] == ["Ctrl+D", "send"]
        said = " ".join(" ".join(lines).split())
        assert "no ja text, using en" in said
        assert width < 46 or all(word in said for word in told.split())
        foot.show(plain, "", "Ctrl+D")
        await pilot.pause()
        assert foot.size.height == 1


def test_every_command_lists_what_is_done_before_how_to_move() -> None:
    names = [line.command for line in palette(resolve(CATALOG))]
    assert names.index("ticket.reply") < names.index("queue.down")
    assert names.index("ticket.snooze_pick") < names.index("queue.view_1")
    assert len(names) == len(set(names))


def test_a_blank_before_a_ticket_that_is_not_hot_is_no_mark_in_any_theme() -> None:
    """Where danger is told by turning colours round, a blank in its ink would be a bar."""
    calm, hot = data.summary(1), replace(data.summary(1), priority=Priority.P1)
    look, columns = RowLook(calm, "     12m", "text", False, False, False, False, False, False, None), columns_for(40)
    for theme in ("mono", "harbor-night"):
        paint = Paint(load_theme(theme, theme_folders(None)).palette)
        quiet, loud = ticket_row(paint, columns, look, "queue"), ticket_row(paint, columns, look._replace(row=hot), "queue")
        assert "!" in loud.text
        danger = paint.style("danger", "queue")
        assert not [piece.text for piece in quiet if piece.style == danger]


def test_head_and_queue_read_the_same_clock_within_a_minute() -> None:
    early, later = data.NOW.replace(second=5), data.NOW.replace(second=55)
    view = data.conversation()
    paint = Paint(DARK)
    titles = {str(TalkHead(paint, 80).lines(view, now, "")[0].text) for now in (early, later)}
    assert len(titles) == 1


def test_who_only_reads_is_not_shown_as_writing() -> None:
    lines = {
        activity: "\n".join(
            strip.text for strip in TalkHead(Paint(DARK), 80).lines(data.conversation(others=others), data.NOW, "")
        )
        for activity in (Activity.VIEWING, Activity.TYPING)
        for others in [((SafeText("Mei"), activity),)]
    }
    assert f"{UNICODE.viewing} Mei is reading" in lines[Activity.VIEWING]
    assert f"{UNICODE.typing} Mei is writing" in lines[Activity.TYPING]


@pytest.mark.parametrize("theme", [name for name in theme_names(theme_folders(None)) if name != "mono"])
def test_every_word_of_a_note_can_be_seen_in_every_theme(theme: str) -> None:
    paint = Paint(load_theme(theme, theme_folders(None)).palette)
    styles = {ink: paint.style(ink, "note_background") for ink in INK_NAMES}
    assert [ink for ink, style in styles.items() if style.color == style.bgcolor] == []
    if theme == "ansi16":
        assert {style.color.name for style in styles.values() if style.color} == {"black"}


def test_what_one_said_oneself_is_not_new() -> None:
    state, seen = desk().store.state, data.entries()
    own = data.entry(seen[-1].seq + 1, EntryKind.NOTE, "Li Wei", 0, "Checked.", author_id=data.ME)
    theirs = data.entry(seen[-1].seq + 2, EntryKind.CUSTOMER, "Zhang Min", 0, "And now?")

    def shown(*entries: Entry) -> str:
        conversation = replace(state.conversation, read_to=seen[-1].seq, entries=Loaded((*seen, *entries), data.NOW))
        view = conversation_view(replace(state, conversation=conversation))
        blocks = Talk(Paint(DARK), 80).blocks(view, data.NOW, Reading())
        return "\n".join(line.strip().text for block in blocks for line in block.lines)

    assert " new " not in shown(own)
    told = shown(own, theirs)
    assert "1 new " in told
    assert told.index("Checked.") < told.index("1 new ") < told.index("And now?")
    assert "1 new " in shown(theirs, replace(own, seq=theirs.seq + 1))


def test_a_ticket_that_cannot_come_now_is_not_shown_as_being_read() -> None:
    state = desk().store.state
    away = replace(state, conversation=replace(state.conversation, entries=Loading(), detail=Loading()))
    told = {}
    for phase in (LinkPhase.LIVE, LinkPhase.LOST):
        view = conversation_view(replace(away, link=replace(away.link, phase=phase)))
        told[phase] = " ".join(strip.text for strip in TalkHead(Paint(DARK), 80).absent(view))
    assert "Reading…" in told[LinkPhase.LIVE]
    assert "Reading" not in told[LinkPhase.LOST]
    assert "It is read as soon as the server answers" in told[LinkPhase.LOST]


def test_messages_speak_of_the_keys_the_agent_has() -> None:
    defaults = resolve(CATALOG).keys
    assert {command: spelling.shown(defaults[command][0]) for command in DEFAULT_KEYS} == DEFAULT_KEYS
    try:
        assert use_keys({"desk.undo": "u", "ticket.next_best": "{"})
        assert _("held {n} s · ⟪desk.undo⟫ takes it back", n=9) == "held 9 s · u takes it back"
        assert _("⟪ticket.next_best⟫ {n}", n=1) == "{ 1"
        assert _("waits for your word · ⟪ticket.reply⟫") == "waits for your word · ticket.reply"
    finally:
        use_keys(DEFAULT_KEYS)


def test_every_key_a_message_speaks_of_is_known() -> None:
    spoken = {name for module in modules(PACKAGE) for name in re.findall("⟪([a-z_.]+)⟫", module.text)}
    assert spoken - {"command"} == set(DEFAULT_KEYS)


@pytest.mark.parametrize("width", [46, 60, 76])
async def test_everybody_who_gets_a_reply_is_named_before_anything_else(width: int) -> None:
    head, plain = ComposerHead(DARK), data.composer()
    assert plain.draft is not None
    async with showing(head, width, 2) as (_app, pilot):
        head.show(replace(plain, draft=replace(plain.draft, cc=("boss@example.com",))), 12)
        await pilot.pause()
        title = texts(head)[0]
        assert "Reply to" in title
        assert "copies to boss@" in title
        assert width < 60 or "boss@example.com" in title
