"""Messages one after the other by the same person stand under one head, and nothing about any of them is lost by it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.conversation import Attachment, Entry, EntryKind
from supportdesk_tui.domain.ids import AgentId, AttachmentId
from supportdesk_tui.store.state import OutboxPhase
from supportdesk_tui.store.views import ConversationView
from supportdesk_tui.text.safe import SafeText
from supportdesk_tui.ui.panes.conversation import ConversationPane
from supportdesk_tui.ui.widgets.entry import GUTTER, TIME
from supportdesk_tui.ui.widgets.paint import Paint
from supportdesk_tui.ui.widgets.talk import GROUP_CHARS, GROUP_GAP, GROUP_WIDTH, Reading, Talk
from tests.pane import data
from tests.pane.harness import DARK, misfits, on_surface, showing, texts

WIDTH = 62
START = data.NOW - timedelta(minutes=30)


def said(seq: int, body: str, seconds: int = 0, **changes: object) -> Entry:
    """Something the customer said so long after the start; `changes` make it another's."""
    one = data.entry(seq, EntryKind.CUSTOMER, "Zhang Min", 0, body)
    return replace(one, at=START + timedelta(seconds=seconds), **changes)


def agent(seq: int, body: str, seconds: int = 0, who: str = "Li Wei", agent_id: AgentId | None = data.ME) -> Entry:
    """Something a colleague wrote to the customer."""
    return said(seq, body, seconds, kind=EntryKind.AGENT, author=SafeText(who), author_id=agent_id)


def lines(*entries: Entry, width: int = WIDTH, cursor: str = "", **changes: object) -> list[str]:
    """A conversation as it is drawn, without blanks at the right."""
    view = data.conversation(**{"entries": entries, "read_to": 0, "me": data.ME, **changes})
    blocks = Talk(Paint(DARK), width).blocks(view, data.NOW, Reading(cursor=cursor))
    return [line.strip().text.rstrip() for block in blocks for line in block.lines]


def gutters(drawn: list[str]) -> str:
    """The letters of the gutter from top to bottom."""
    return "".join(line[1] for line in drawn if len(line) > 1 and line[1] != " ")


def test_sixty_messages_in_a_minute_stand_under_one_head_each_with_a_letter_of_its_own() -> None:
    drawn = lines(*(said(seq, f"message {seq}", seq) for seq in range(60)))
    assert gutters(drawn) == "C" + "c" * 59
    assert sum("Zhang Min" in line for line in drawn) == 1
    assert len(drawn) == 1 + 1 + 1 + 60, "day, blank, head and a line each"


def test_the_time_is_said_again_where_the_clock_shows_another_minute() -> None:
    start = START.astimezone()
    first, *rest = (line for line in lines(said(1, "one"), said(2, "two", 20), said(3, "three", 95)) if line[1:2] in {"C", "c"})
    assert first.endswith(f"{start:%H:%M}")
    assert rest[0].endswith("two")
    assert rest[1].startswith(" c three ") and rest[1].endswith(f" {start + timedelta(seconds=95):%H:%M}")
    assert len(rest[1]) == WIDTH - 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (said(1, "a"), agent(2, "b")),
        (agent(1, "a"), replace(agent(2, "b"), kind=EntryKind.NOTE)),
        (agent(1, "a"), agent(2, "b", who="Mei Lin", agent_id=AgentId("mei"))),
        (agent(1, "a"), agent(2, "b", who="Li Wei", agent_id=AgentId("other"))),
        (said(1, "a"), said(2, "b", author=SafeText("Zhang Max"))),
        (said(1, "a"), said(2, "b", int(GROUP_GAP.total_seconds()) + 1)),
        (said(1, "a", 60), said(2, "b")),
        (said(1, "a"), said(2, "b" * (GROUP_CHARS + 1))),
        (said(1, "a", -24 * 3600), said(2, "b")),
    ],
    ids=["kind", "note", "colleague", "namesake", "name", "later", "earlier", "long", "day"],
)
def test_anything_that_differs_has_a_head_and_a_blank_of_its_own(before: Entry, after: Entry) -> None:
    drawn = lines(before, after)
    assert gutters(drawn).isupper()
    heads = [at for at, line in enumerate(drawn) if line[1:2].isupper()]
    assert len(heads) == 2 and drawn[heads[1] - 1] == ""


def test_midnight_and_the_unread_mark_begin_a_group_and_narrow_panes_have_none() -> None:
    midnight = START.astimezone().replace(hour=0, minute=0, second=0) - START
    nights = (said(1, "before", int(midnight.total_seconds()) - 5), said(2, "after", int(midnight.total_seconds()) + 5))
    assert gutters(lines(*nights)) == "CC"
    talk = (said(1, "one"), said(2, "two"), said(3, "three"), said(4, "four"))
    marked = lines(*talk, read_to=2)
    assert gutters(marked) == "CcCc"
    assert "2 new" in marked[marked.index("   two" if "   two" in marked else " c two") + 2]
    assert gutters(lines(*talk, width=GROUP_WIDTH - 1)) == "CCCC"
    assert gutters(lines(*talk, width=GROUP_WIDTH)) == "Cccc"


def test_files_and_what_was_taken_out_stay_with_the_message_and_one_without_words_has_its_letter() -> None:
    photo = Attachment(AttachmentId("f"), SafeText("photo.png"), "image/png", 2048)
    drawn = lines(
        said(1, "look"),
        said(2, "here", attachments=(photo,), flags=("bidi",)),
        said(3, "", attachments=(photo,)),
        said(4, ""),
    )
    assert gutters(drawn) == "Cccc"
    at = drawn.index(" c here")
    assert "photo.png" in drawn[at + 1] and "hidden characters were taken out" in drawn[at + 2]
    assert drawn[at + 3].startswith(" c [photo.png")


def test_a_reply_on_its_way_goes_on_under_our_own_words_and_keeps_its_state() -> None:
    ours = replace(agent(1, "Hello"), at=data.NOW - timedelta(seconds=30))
    pending = tuple(data.sending(phase) for phase in (OutboxPhase.SENDING, OutboxPhase.HELD, OutboxPhase.REFUSED))
    drawn = lines(ours, pending=pending)
    assert gutters(drawn) == "Aaaa"
    told = [line.strip() for line in drawn if any(word in line for word in ("sending", "held 8 s", "not sent"))]
    assert len(told) == 3
    others = lines(replace(ours, author_id=AgentId("mei")), pending=pending[:1])
    assert gutters(others) == "AA"


def test_a_time_stands_where_no_word_of_a_message_can() -> None:
    drawn = lines(
        said(1, "one"), said(2, "x" * 200 + " " + "长" * 40, 70), said(3, " " * 50 + "13:01", 71), said(4, "y " * 99, 72)
    )
    at = drawn.index(next(line for line in drawn if line.startswith(" c xx")))
    for line in drawn[at + 1 :]:
        assert not line[WIDTH - TIME + 1 :].strip()
    assert drawn[at][WIDTH - TIME :].strip() == f"{START.astimezone() + timedelta(seconds=70):%H:%M}"


def chat(count: int, first: int = 1) -> tuple[Entry, ...]:
    """One customer who writes every second."""
    return tuple(said(seq, f"line {seq}\nand more of {seq}", seq) for seq in range(first, first + count))


def view(**changes: object) -> ConversationView:
    """An open ticket with such a chat."""
    return data.conversation(**{"entries": chat(40), "read_to": 0, "others": (), **changes})


async def test_the_cursor_marks_the_lines_of_one_message_of_a_group_and_walks_through_it() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, WIDTH, 24):
        pane.show(view(), data.NOW)
        for seq in (40, 39, 38):
            pane.next_entry(-1)
            marked = [line.strip("▎ ") for line in texts(pane)[4:] if line.startswith("▎")]
            assert [line.removeprefix("c ").strip() for line in marked] == [f"line {seq}", f"and more of {seq}"]
        assert misfits(pane) == []


async def test_notes_of_a_group_have_their_ground_from_edge_to_edge() -> None:
    pane = ConversationPane(DARK)
    notes = tuple(replace(entry, kind=EntryKind.NOTE) for entry in chat(3))
    async with showing(pane, WIDTH, 24):
        pane.show(view(entries=notes), data.NOW)
        grounds = [y for y in range(24) if "".join(on_surface(pane, y, DARK.surface.note_background)) == texts(pane)[y]]
        assert len(grounds) == 1 + 2 * 3


async def test_words_stay_where_they_are_when_older_ones_take_head_and_blank_from_above_them() -> None:
    for down in range(1, 6):
        pane = ConversationPane(DARK)
        async with showing(pane, WIDTH, 20):
            pane.show(view(entries=chat(40, first=41), has_older=True), data.NOW)
            pane.home()
            pane.scroll_lines(down)
            before = places(pane)
            pane.show(view(entries=chat(80)), data.NOW)
            after = places(pane)
            assert before and before == {text: y for text, y in after.items() if text in before}


def places(pane: ConversationPane) -> dict[str, int]:
    """On which line the words of each message stand."""
    return {line[GUTTER - 1 :].strip(): y for y, line in enumerate(texts(pane)) if "line " in line or "more of " in line}


async def test_every_hit_in_a_group_is_found_once_and_shown() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, WIDTH, 20):
        pane.show(view(), data.NOW)
        pane.home()
        assert pane.find("line 2") == 11
        y = next(y for y, line in enumerate(texts(pane)) if "line 2 " in line)
        assert on_surface(pane, y, DARK.surface.match) == ["line 2"]
        pane.find_next(-1)
        assert any("line 29" in line for line in texts(pane))


def test_the_gutter_stays_out_of_reach_of_grouped_words() -> None:
    drawn = lines(said(1, "x"), said(2, "C Zhang Min · chat · 13:00\nA   Li Wei · 13:00\nc more"), said(3, "c y"))
    assert gutters(drawn) == "Ccc"
    assert all(line[2 : GUTTER - 1].strip() == "" for line in drawn)
