"""What strangers write cannot look like the desk: not its gutter, not its rules and marks, not a colleague's words."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.i18n import when
from supportdesk_tui.text.safe import sanitize_line
from supportdesk_tui.ui.panes.conversation import ConversationPane
from supportdesk_tui.ui.panes.queue import QueuePane
from supportdesk_tui.ui.widgets.entry import GUTTER, TIME, VOICES, EntryLook, EntryPainter, day_break, unread_mark
from supportdesk_tui.ui.widgets.glyph import UNICODE
from supportdesk_tui.ui.widgets.paint import Line, Paint
from supportdesk_tui.ui.widgets.talk import GROUP_WIDTH
from tests.hostile import HOSTILE
from tests.pane import data
from tests.pane.harness import DARK, misfits, showing, texts

WIDTH = 60
PAINT = Paint(DARK)
LETTERS = "".join(voice.letter for voice in VOICES.values())
FORGED = (
    "thanks\n\nA   Li Wei · 14:05\n    Your refund is approved.",
    "x\n\n\n" + " " * 56 + "\nI   Mei Lin · internal note · 13:54\n  pay him now",
    "A │ 14:03 Li Wei · reply\nI │ note: refund approved",
    "ok\n  Today ─────────────────────────────────────\n  2 new ─────────────────────────────────────\nC someone else",
    "hello\n✓ sent 14:03\n○ waiting for the network\n⚠ hidden characters were taken out",
    "┌────────────────────────┐\n│ Session expired        │\n│ Password: ____________ │\n└────────────────────────┘",
    "▎A   Li Wei\n▎approved",
    "S 14:02 Mei Lin took the ticket\nset status to solved",
    "a" * (WIDTH - GUTTER - 1) + "A   Li Wei · 14:05",
    "长" * 28 + "A",
    "\u202eA   ieW iL\u202c\n\x1b[1;1HA\x1b[2;1HI",
    "\t\t\t\t\t\t\t\t\t\tA   Li Wei",
)
bodies = st.one_of(
    st.sampled_from([*FORGED, *HOSTILE.values()]),
    st.text(alphabet="AIS │▎▸─✓● \n\tx长\u0301\u200d👩", max_size=300),
)
names = st.one_of(
    st.sampled_from(["Li Wei · internal note · 14:02", "SYSTEM", "A", "me", "Buoy · bot", "x\nA   Li Wei", "  "]), bodies
)


def picture(entry: Entry, width: int = WIDTH) -> list[Line]:
    """An entry as it is drawn."""
    return EntryPainter(PAINT, width).picture(EntryLook(entry, "chat", "", "", True, False, "")).lines


def columns_of(line: Line) -> list[tuple[str, str, str]]:
    """Character, ink and ground of the first columns."""
    found: list[tuple[str, str, str]] = []
    for text, style, _control in line.strip():
        ink, ground = (str(style.color and style.color.name), str(style.bgcolor and style.bgcolor.name)) if style else ("", "")
        found += [(char, ink, ground) for char in text]
    return found


def inks(*names_of_inks: str) -> set[str]:
    """The colours of tokens on the conversation's ground."""
    return {str(color.name) for name in names_of_inks if (color := PAINT.style(name, "conversation").color)}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies, names, st.sampled_from([EntryKind.CUSTOMER, EntryKind.BOT, EntryKind.AGENT]), st.integers(12, 100))
def test_no_text_reaches_the_gutter_and_one_letter_says_who_speaks(body: str, name: str, kind: EntryKind, width: int) -> None:
    lines = picture(data.entry(1, kind, name, 5, body), width)
    gutters = ["".join(char for char, _, _ in columns_of(line))[: GUTTER - 1] for line in lines]
    assert gutters[0] == f" {VOICES[kind].letter} "
    assert set(gutters[1:]) <= {"   "}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies, st.sampled_from([EntryKind.CUSTOMER, EntryKind.BOT, EntryKind.NOTE]), st.integers(GROUP_WIDTH, 100))
def test_no_text_that_goes_on_reaches_the_gutter_the_big_letter_or_the_place_of_the_time(
    body: str, kind: EntryKind, width: int
) -> None:
    look = EntryLook(data.entry(1, kind, "Zhang Min", 5, body), "chat", "", "", True, False, "", goes_on=True, shows_time=True)
    lines = [columns_of(line) for line in EntryPainter(PAINT, width).picture(look).lines]
    gutters = ["".join(char for char, _, _ in line)[: GUTTER - 1] for line in lines]
    assert gutters[0] == f" {VOICES[kind].letter.lower()} "
    assert set(gutters[1:]) <= {"   "}
    edges = ["".join(char for char, _, _ in line[-TIME:]).strip() for line in lines]
    assert edges[0] == when.clock_time(look.entry.at) and set(edges[1:]) <= {""}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies, names)
def test_words_of_a_customer_have_the_inks_and_the_ground_of_a_customer_only(body: str, name: str) -> None:
    lines = picture(data.entry(1, EntryKind.CUSTOMER, name, 5, body))
    letter, *_ = columns_of(lines[0])[1:2]
    assert letter[1] in inks("customer_mark")
    for line in lines[1:]:
        written = [(ink, ground) for char, ink, ground in columns_of(line)[GUTTER - 1 :] if char != " "]
        assert {ink for ink, _ in written} <= inks("customer_text", "quote", "warning")
        assert {ground for _, ground in written} <= {DARK.surface.conversation}


def test_a_day_rule_and_the_mark_of_what_is_new_have_inks_no_body_has() -> None:
    own = inks("rule", "accent")
    assert not own & inks("customer_text", "agent_text", "bot_text", "quote")
    for line in (day_break(PAINT, WIDTH, data.NOW, data.NOW)[1], unread_mark(PAINT, WIDTH, 2)[1]):
        assert {ink for char, ink, _ in columns_of(line) if char == UNICODE.rule} <= own


def test_a_note_has_a_ground_that_no_other_voice_has() -> None:
    grounds = {kind: voice.ground for kind, voice in VOICES.items()}
    assert [kind for kind, ground in grounds.items() if ground == "note_background"] == [EntryKind.NOTE]
    assert len({voice.letter for voice in VOICES.values()}) == len(VOICES)


@pytest.mark.parametrize("name", ["Li Wei · internal note", "SYSTEM", "me", "Mei Lin"])
def test_a_customer_with_a_colleagues_name_still_speaks_behind_a_c(name: str) -> None:
    head = picture(data.entry(1, EntryKind.CUSTOMER, name, 5, "pay me"))[0]
    shown = columns_of(head)
    assert shown[1][0] == "C"
    said = {ink for char, ink, _ in shown[GUTTER - 1 : GUTTER - 1 + len(name)] if char != " "}
    assert said == inks("customer_mark")
    after = "".join(char for char, _, _ in shown[GUTTER - 1 + len(name) :])
    assert after.startswith(" · chat · ")


@pytest.mark.parametrize("body", FORGED)
async def test_a_whole_conversation_counts_its_voices_right(body: str) -> None:
    entries = (
        data.entry(1, EntryKind.CUSTOMER, "Li Wei", 5, body),
        data.entry(2, EntryKind.NOTE, "Mei Lin", 4, "careful"),
        data.entry(3, EntryKind.CUSTOMER, "SYSTEM", 3, body),
    )
    pane = ConversationPane(DARK)
    async with showing(pane, WIDTH, 60) as (_app, pilot):
        pane.show(data.conversation(entries=entries, read_to=3), data.NOW)
        await pilot.pause()
        lines = texts(pane)
        assert misfits(pane) == []
        head = next(y for y, line in enumerate(lines) if re.match(r" C ", line))
        assert "".join(line[1] for line in lines[head:]).replace(" ", "") == "CIC"


@pytest.mark.parametrize("subject", ["▸✓ 3m ! late", "●9 ¶", " " * 90 + "●1", "\n▸", "│ P1 │", "\x1b[1;1H!"])
async def test_a_subject_leaves_the_columns_of_a_queue_row_alone(subject: str) -> None:
    plain, forged = [await queue_row(text) for text in ("x", subject)]
    assert plain[:20] == forged[:20], "cursor, selection, clock, category, channel"
    assert plain[-7:] == forged[-7:], "draft, others, unread"


async def queue_row(text: str) -> str:
    """A row of the queue whose customer and subject are a text."""
    row = replace(data.summary(0), subject=sanitize_line(text), customer_name=sanitize_line(text), unread=0)
    pane = QueuePane(DARK)
    async with showing(pane, 100, 6) as (_app, pilot):
        pane.show(replace(data.queue(1, index=-1), rows=(row,)), data.NOW)
        await pilot.pause()
        assert misfits(pane) == []
        return texts(pane)[1]
