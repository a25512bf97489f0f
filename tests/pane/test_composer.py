"""The composer as it is written in: who reads it, keys in order, places to fill in, what happens on send."""

import asyncio

import pytest
from msgspec.structs import replace
from textual import events

from supportdesk_tui.domain.changes import Assign, SetPriority, SetStatus
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.domain.ticket import Channel, Phase, Priority, Status
from supportdesk_tui.i18n.catalog import DEFAULT_KEYS, use_keys
from supportdesk_tui.store.state import Draft, DraftMode
from supportdesk_tui.store.views import ComposerView
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.ui.panes.composer import Composer
from supportdesk_tui.ui.widgets.editor import LONGEST, PASTE_CHARS
from tests.driver import DEADLINE_S
from tests.pane import data
from tests.pane.harness import DARK, misfits, on_surface, presses, showing, texts


def writing(**changes: object) -> ComposerView:
    """The usual view, its draft changed."""
    view = data.composer()
    assert view.draft is not None
    return replace(view, draft=replace(view.draft, **changes))


async def typed(composer: Composer, text: str) -> None:
    """Press keys one after the other, as fast as they come."""
    for event in presses(text):
        await composer.take_key(event)


class Kept:
    """Stands for the store: what the composer told it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, ticket: TicketId, text: str, _base: str) -> str:
        self.told.append((ticket, text))
        return text


async def test_keys_typed_ahead_arrive_in_order() -> None:
    composer = Composer(DARK)
    text = "The withdrawal is being broadcast, 3/20.\n您的提现正在广播 [ok]\n"
    async with showing(composer, 70, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        await typed(composer, text)
        assert composer.text == text


async def test_editing_keys_edit() -> None:
    composer = Composer(DARK)
    async with showing(composer, 70, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        await typed(composer, "one two three")
        for key in ("ctrl+w", "backspace", "home", "delete", "end", "left", "shift+left"):
            assert await composer.take_key(events.Key(key, None))
        await typed(composer, "X")
        assert composer.text == "ne tXo"
        assert await composer.take_key(events.Key("ctrl+z", None))
        assert not await composer.take_key(events.Key("f12", None))


async def test_backspace_deletes_what_a_person_sees_as_one_character() -> None:
    composer = Composer(DARK)
    async with showing(composer, 70, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        composer.set_text("ok 👨‍👩‍👧‍👦")
        await composer.take_key(events.Key("backspace", None))
        assert composer.text == "ok "


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (data.composer(), "Reply to Zhang Min · chat · 中文"),
        (writing(mode=DraftMode.NOTE), "Internal note · only your team reads this"),
        (
            data.composer(summary=replace(data.summary(), channel=Channel.SOCIAL, public=True), limit=280),
            "PUBLIC reply · everyone can read this",
        ),
        (writing(is_saved=False, is_refused=True), "not saved"),
        (data.composer(others=(("Mei Lin", Activity.TYPING),)), "Mei Lin is writing a reply"),
        (data.composer(arrived=(data.entry(9, EntryKind.AGENT, "Mei Lin", 1, "x"),)), "Mei Lin replied"),
        (data.composer(arrived=(data.entry(9, EntryKind.CUSTOMER, "Zhang Min", 1, "x"),)), "Zhang Min wrote again"),
    ],
)
async def test_the_head_says_who_reads_it_and_what_has_changed(view: ComposerView, said: str) -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, pilot):
        composer.show(view, data.NOW)
        await pilot.pause()
        assert said in "\n".join(texts(composer.head))
        assert misfits(composer.head) == []
        assert misfits(composer.foot) == []


async def test_the_foot_says_what_happens_on_send() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, pilot):
        composer.show(data.composer(), data.NOW)
        await pilot.pause()
        foot = texts(composer.foot)[0]
        assert "then: open → waiting on third party · promise" in foot
        assert foot.rstrip().endswith("Ctrl+D send")


async def test_foot_names_the_key_the_agent_sends_with() -> None:
    composer = Composer(DARK)
    use_keys({"composer.send": "F9"})
    try:
        async with showing(composer, 80, 12) as (_app, pilot):
            composer.show(data.composer(), data.NOW)
            await pilot.pause()
            assert texts(composer.foot)[-1].rstrip().endswith("F9 send")
    finally:
        use_keys(DEFAULT_KEYS)


async def test_a_note_changes_word_and_ground_at_once() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, pilot):
        composer.show(data.composer(), data.NOW)
        await typed(composer, "hello")
        composer.show(writing(mode=DraftMode.NOTE), data.NOW)
        await pilot.pause()
        assert composer.text == "hello"
        assert "".join(on_surface(composer.head, 0, DARK.surface.note_background)) == texts(composer.head)[0]
        row = composer.editor.render_line(0)
        assert {piece.style.bgcolor.name for piece in row if piece.style and piece.style.bgcolor} == {
            DARK.surface.note_background
        }


async def test_the_counter_warns_and_then_says_too_long() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, pilot):
        composer.show(data.composer(limit=10), data.NOW)
        await typed(composer, "123456789")
        await pilot.pause()
        assert "9/10" in texts(composer.head)[0]
        await typed(composer, "012")
        await pilot.pause()
        assert "12/10 too long" in texts(composer.head)[0]


async def test_typing_is_told_once_for_many_keys_and_at_once_when_asked() -> None:
    kept = Kept()
    composer = Composer(DARK, kept)
    async with showing(composer, 90, 14):
        composer.show(data.composer(), data.NOW)
        await typed(composer, "many keys")
        assert not kept.told
        composer.tell_edit()
        composer.tell_edit()
        assert kept.told == [("t0", "many keys")]


async def test_another_ticket_brings_its_own_draft_and_tells_the_last_edit() -> None:
    kept = Kept()
    composer = Composer(DARK, kept)
    async with showing(composer, 90, 14):
        composer.show(data.composer(), data.NOW)
        await typed(composer, "for Zhang")
        composer.show(data.composer(ticket="t1", draft=Draft(TicketId("t1"), body="for Olga")), data.NOW)
        assert composer.text == "for Olga"
        assert kept.told == [("t0", "for Zhang")]


@pytest.mark.parametrize(
    ("before", "typed_", "elsewhere", "both"),
    [
        ("", "new", "taken back", "taken back\n\nnew"),
        ("sent", " and more", "", "and more"),
        ("sent and", " more", "and", "and more"),
        ("mine", "!", "taken back\n\nmine", "taken back\n\nmine!"),
        ("mine", "!", "mine\n\nof a dead client", "mine!\n\nof a dead client"),
        ("mine", "!", "quite another", "quite another\n\nmine!"),
    ],
)
async def test_what_becomes_of_the_draft_elsewhere_and_what_is_typed_meanwhile_both_stay(
    before: str, typed_: str, elsewhere: str, both: str
) -> None:
    kept = Kept()
    composer = Composer(DARK, kept)
    async with showing(composer, 90, 14):
        composer.show(writing(body=before), data.NOW)
        await typed(composer, typed_)
        composer.show(writing(body=elsewhere), data.NOW)
        assert composer.text == both
        composer.tell_edit()
        assert kept.told == ([("t0", both)] if both != elsewhere else [])


async def test_an_echo_of_an_older_draft_does_not_overwrite_what_is_typed() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        await typed(composer, "first")
        composer.tell_edit()
        await typed(composer, " second")
        composer.show(writing(body="first"), data.NOW)
        assert composer.text == "first second"


async def test_text_from_outside_is_told_and_not_overwritten_by_the_draft_before_it() -> None:
    kept = Kept()
    composer = Composer(DARK, kept)
    async with showing(composer, 90, 14):
        composer.show(writing(body="before"), data.NOW)
        composer.set_text("from another editor")
        composer.show(writing(body="before", is_saved=False), data.NOW)
        assert composer.text == "from another editor"
        composer.tell_edit()
        assert kept.told == [("t0", "from another editor")]


async def test_a_draft_that_was_kept_and_then_sent_leaves_the_composer_empty() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        await typed(composer, "on its way")
        composer.show(writing(body="on its way"), data.NOW)
        composer.show(data.composer(draft=None), data.NOW)
        assert composer.text == ""


async def test_stops_are_marked_typed_over_and_walked() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        await typed(composer, "Hi. ")
        composer.insert("Dear NAME, it arrives by TIME.\nYours", ((5, 4), (25, 4)), None)
        assert composer.editor.selected_text == "NAME"
        await typed(composer, "张敏")
        assert composer.next_stop()
        assert composer.editor.selected_text == "TIME"
        await typed(composer, "18:00")
        assert composer.previous_stop()
        assert composer.editor.selected_text == "张敏"
        assert composer.next_stop()
        assert composer.next_stop()
        await typed(composer, "!")
        assert composer.text == "Hi. Dear 张敏, it arrives by 18:00.\nYours!"
        assert not composer.next_stop()


async def test_tab_leaves_no_text_with_a_place_that_is_not_filled_in() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        composer.insert("TXID ⟦withdrawal.txid⟧ by ⟦time⟧.", ((26, 6),), None)
        await typed(composer, "18:00")
        for _again in range(2):
            assert composer.next_stop()
            assert composer.editor.selected_text == "⟦withdrawal.txid⟧"
        await typed(composer, "ab12")
        assert composer.next_stop()
        await typed(composer, "!")
        assert composer.text == "TXID ab12 by 18:00.!"
        assert not composer.next_stop()


@pytest.mark.parametrize(
    ("written", "macro", "between"),
    [("the end", "OK", " "), ("Done.", "OK", " "), ("the end ", "OK", ""), ("the end", ", then", ""), ("好的", "收到", "")],
)
async def test_a_macro_of_one_line_begins_a_word_behind_what_is_written(written: str, macro: str, between: str) -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        await typed(composer, written)
        composer.insert(macro, (), None)
        assert composer.text == f"{written}{between}{macro}"


async def test_a_macro_begins_a_paragraph_behind_what_is_written() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        await typed(composer, "Hello Ann.")
        composer.insert("It left us.\nIt arrives by TIME.", ((26, 4),), None)
        assert composer.editor.selected_text == "TIME"
        assert composer.next_stop()
        composer.insert("Yours", (), None)
        assert composer.text == "Hello Ann.\n\nIt left us.\nIt arrives by TIME. Yours"


async def test_the_caret_is_in_sight_when_a_macro_opens_the_composer() -> None:
    composer = Composer(DARK)
    async with showing(composer, 60, 40) as (_app, pilot):
        composer.styles.height = 8
        composer.display = False
        await pilot.pause()
        composer.show(writing(language_note="no ja text, using en", body=""), data.NOW)
        composer.display = True
        composer.insert("one\ntwo\nthree\nfour\nfive\nsix\nseven\nBLANK\nnine", ((34, 5),), None)
        editor = composer.editor
        assert editor.selected_text == "BLANK"
        async with asyncio.timeout(DEADLINE_S):
            while not 0 <= editor.cursor_location[0] - editor.scroll_offset.y < editor.size.height:
                await pilot.pause()


async def test_text_without_stops_puts_the_caret_where_it_is_told() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        composer.insert("one\ntwo", (), 4)
        await typed(composer, ">")
        assert composer.text == "one\n>two"
        assert not composer.next_stop()


async def test_a_paste_is_safe_and_bounded() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, _pilot):
        composer.show(data.composer(), data.NOW)
        assert await composer.take_paste("a\x1b[31mb\r\nc\u202ed")
        assert composer.text == "a␛[31mb\nc□d"
        composer.set_text("")
        assert not await composer.take_paste("line\n" * PASTE_CHARS)
        assert len(composer.text) <= PASTE_CHARS < LONGEST
        composer.set_text("")
        assert not await composer.take_paste("x" * 9_000)
        assert len(composer.text) == 4_000


async def test_the_caret_blinks_never_and_is_where_an_ime_looks_for_it() -> None:
    composer = Composer(DARK)
    async with showing(composer, 70, 14) as (app, pilot):
        composer.show(data.composer(), data.NOW)
        composer.editor.focus()
        await typed(composer, "你好")
        await pilot.pause()
        assert not composer.editor.cursor_blink
        assert app.cursor_position == composer.editor.cursor_screen_offset == (6, 1)
        composer.show(data.composer(others=(("Mei Lin", Activity.TYPING),)), data.NOW)
        await pilot.pause()
        assert app.cursor_position == composer.editor.cursor_screen_offset == (6, 2)


async def test_what_will_happen_is_shown_beside_what_is_so_now_where_it_differs() -> None:
    composer = Composer(DARK)
    row = data.composer().summary
    assert row is not None
    row = replace(row, priority=Priority.P3, owner=None, status=Status("open", Phase.OPEN, sanitize_line("Open")))
    changes = (SetStatus("waiting_third_party"), SetPriority(Priority.P1), Assign(AgentId("a1")), SetPriority(Priority.P3))
    async with showing(composer, 120, 14) as (_app, pilot):
        composer.show(replace(writing(then=changes), summary=row), data.NOW)
        await pilot.pause()
        said = " ".join(texts(composer.foot))
        for one in ("open → waiting on third party", "P3 → P1", "owner: nobody → a1", "priority P3"):
            assert one in said


async def test_who_reads_beside_the_writer_is_not_drawn_as_one_who_writes() -> None:
    composer = Composer(DARK)
    async with showing(composer, 90, 14) as (_app, pilot):
        composer.show(replace(data.composer(), others=(("Mei Lin", Activity.VIEWING),)), data.NOW)
        await pilot.pause()
        glyphs = composer.head.paint.glyphs
        assert f"{glyphs.viewing} Mei Lin is reading" in texts(composer.head)[1]
        composer.show(replace(data.composer(), others=(("Mei Lin", Activity.TYPING),)), data.NOW)
        await pilot.pause()
        assert f"{glyphs.typing} Mei Lin is writing a reply" in texts(composer.head)[1]
