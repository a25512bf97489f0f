"""What is looked for is the words of an entry, not its lines: broken ones, folded ones, those of a text too long to draw."""

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.ids import AttachmentId
from supportdesk_tui.text.safe import sanitize, sanitize_line
from supportdesk_tui.ui.panes.conversation import ConversationPane
from supportdesk_tui.ui.widgets.entry import Row
from supportdesk_tui.ui.widgets.talk_words import locate
from tests import make
from tests.pane import data
from tests.pane.harness import DARK, misfits, on_surface, showing, texts

QUOTED = "\n".join(f"> line {n} of what we wrote" for n in range(1, 15))
LETTER = f"No, it is not here.\n{QUOTED}\n\nPlease look again."


def marked(pane: ConversationPane) -> list[str]:
    """What is marked as found, from top to bottom."""
    return [part for y in range(pane.size.height) for part in on_surface(pane, y, DARK.surface.match)]


def line_of(pane: ConversationPane, text: str) -> int:
    """The line on which a text stands; -1 where none does."""
    return next((y for y, line in enumerate(texts(pane)) if text in line), -1)


def talk(*bodies: str) -> tuple[Entry, ...]:
    return tuple(make.entry(seq, body=body) for seq, body in enumerate(bodies, 1))


@pytest.mark.parametrize(
    ("body", "wanted", "parts"),
    [
        ("word " * 8 + "the blue kingfisher flew away", "BLUE kingfisher flew", ["blue kingfisher flew"]),
        (
            "我们已经收到您的提现申请，正在由风控部门审核处理，请您再耐心等待一会儿，谢谢。",
            "审核处理，请您再耐心",
            ["审核处理，请您再耐心"],
        ),
        ("the blue\nkingfisher", "blue kingfisher", ["blue", "kingfisher"]),
        ("> so said the blue\n> kingfisher to us", "blue kingfisher", ["blue", "kingfisher"]),
    ],
)
@pytest.mark.parametrize("width", [30, 37, 44, 51])
async def test_a_phrase_is_found_wherever_its_lines_are_broken(body: str, wanted: str, parts: list[str], width: int) -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, width, 24):
        pane.show(data.conversation(entries=talk(body), read_to=0), data.NOW)
        assert pane.find(wanted) == 1
        assert "".join(" ".join(marked(pane)).replace("> ", "").split()) == "".join("".join(parts).split())
        assert misfits(pane) == []


async def test_a_phrase_across_a_wrap_is_marked_on_both_lines() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 40, 24):
        pane.show(data.conversation(entries=talk("please tell me about the blue kingfisher soon"), read_to=0), data.NOW)
        pane.find("blue kingfisher")
        assert marked(pane) == ["blue", "kingfisher"]
        assert "1 of 1" in texts(pane)[0]


async def test_a_hit_in_folded_text_counts_and_is_unfolded_when_one_comes_to_it_and_folded_again_after() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 40):
        pane.show(data.conversation(entries=talk("what of line 3?", LETTER, "line 3, yes"), read_to=0), data.NOW)
        assert pane.find("line 3") == 3
        assert line_of(pane, "1 found … 14 quoted lines · Enter") > 0
        pane.find_next(1)
        assert "2 of 3" in texts(pane)[0]
        assert line_of(pane, "14 quoted lines") == -1
        assert on_surface(pane, line_of(pane, "> line 3 of what we wrote"), DARK.surface.match) == ["line 3"]
        pane.find_next(1)
        assert "3 of 3" in texts(pane)[0]
        assert line_of(pane, "14 quoted lines · Enter") > 0
        pane.find_next(-1)
        pane.find("")
        assert line_of(pane, "> line 3 of what we wrote") > 0, "who found it reads on"
        assert pane.toggle_fold()
        assert line_of(pane, "14 quoted lines · Enter") > 0


async def test_while_one_types_what_was_unfolded_for_fewer_letters_is_folded_again() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 40):
        pane.show(data.conversation(entries=talk(LETTER, "wrote a letter"), read_to=0), data.NOW)
        pane.find("wrote")
        assert line_of(pane, "14 quoted lines") == -1
        assert pane.find("wrote a") == 1
        assert line_of(pane, "14 quoted lines · Enter") > 0


@pytest.mark.parametrize("size", [(40, 20), (80, 24), (120, 40)])
async def test_a_hit_in_the_cut_part_of_a_long_message_is_gone_to(size: tuple[int, int]) -> None:
    body = "\n".join(f"row {n}" for n in range(300)).replace("row 250", "row 250 Kingfisher")
    pane = ConversationPane(DARK)
    async with showing(pane, *size):
        pane.show(data.conversation(entries=talk("hello", body, "thanks"), read_to=0), data.NOW)
        assert pane.find("kingfisher") == 1
        assert marked(pane) == ["Kingfisher"]
        assert line_of(pane, "row 250 Kingfisher") > 0
        assert misfits(pane) == []


async def test_a_hit_in_what_is_never_drawn_is_shown_where_the_text_is_cut_with_the_key_that_opens_it() -> None:
    body = "\n".join(f"row {n}" for n in range(2_500)).replace("row 2400", "row 2400 kingfisher")
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 24):
        pane.show(data.conversation(entries=(replace(make.entry(1), body=sanitize(body, limit=None)),), read_to=0), data.NOW)
        assert pane.find("kingfisher") == 1
        assert line_of(pane, "1 found … cut here · V shows it whole") > 0
        assert pane.reading.cursor == "e1", "that is what the key opens"


async def test_files_are_found_by_name_behind_a_cut_too() -> None:
    name = sanitize_line("bank receipt of may.png")
    file = Attachment(id=AttachmentId("f1"), name=name, media_type="image/png", size=2048)
    said = make.entry(1, body="\n".join(f"row {n}" for n in range(60)), attachments=(file,))
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 24):
        pane.show(data.conversation(entries=(said,), read_to=0), data.NOW)
        assert pane.find("receipt") == 1
        assert marked(pane) == ["receipt"]


async def test_in_a_long_conversation_it_goes_to_folded_hits_that_are_not_laid_out() -> None:
    bodies = [f"message {n}" for n in range(900)]
    bodies[30] = LETTER.replace("line 9", "kingfisher 9")
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 24):
        pane.show(data.conversation(entries=talk(*bodies), read_to=0), data.NOW)
        assert pane.find("kingfisher") == 1
        assert marked(pane) == ["kingfisher"]


def test_what_is_behind_a_fold_is_counted_there_also_before_an_empty_line_and_on_two_lines() -> None:
    words = "before\n> one hit\n> hit\n> three\n\nafter hit"
    rows = [
        Row("before", "text"),
        Row("… 3 quoted", "quote", is_own=True),
        Row("lines", "quote", is_own=True),
        Row("", "text"),
        Row("after hit", "text"),
    ]
    found = locate(rows, words, "hit")
    assert (found.hits, found.folded, found.marks) == ([1, 1, 4], {1: 2}, {4: [(6, 9)]})
