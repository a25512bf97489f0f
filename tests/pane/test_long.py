"""A long conversation in its pane: a stretch of it is laid out, and nobody can tell."""

import re

from msgspec.structs import replace

from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.ui.panes.conversation import ConversationPane, entry_under
from supportdesk_tui.ui.widgets.talk_span import PER_LINE, SIZE
from tests import make
from tests.pane import data
from tests.pane.harness import DARK, misfits, of, showing, texts

COUNT, HEIGHT = 1_000, 24
MOST_BLOCKS = 3 * (SIZE + PER_LINE * HEIGHT)


def entries(count: int = COUNT) -> tuple[Entry, ...]:
    """Numbered messages, some of several lines, every hundredth of them with a rare word."""
    return tuple(
        make.entry(seq, body=f"message {seq}!" + (" kingfisher" if seq % 100 == 50 else "") + (" word\n" * (seq % 4)))
        for seq in range(1, count + 1)
    )


def numbers(pane: ConversationPane) -> list[int]:
    """Which messages begin in sight."""
    return [int(found[1]) for line in texts(pane) if (found := re.search(r"message (\d+)!", line))]


async def test_every_message_is_passed_on_the_way_up_and_down_and_little_is_laid_out_at_a_time() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, HEIGHT):
        pane.show(data.conversation(entries=entries(), read_to=0), data.NOW)
        assert numbers(pane)[-1] == COUNT
        for step, last in ((-1, 1), (1, COUNT)):
            seen = set(numbers(pane))
            while last not in seen:
                before = numbers(pane)
                pane.page(step)
                assert numbers(pane) != before, "stuck"
                seen.update(numbers(pane))
                assert len(pane.reader.blocks) <= MOST_BLOCKS
            assert seen == set(range(1, COUNT + 1))
        assert (misfits(pane), pane.reader.is_at_end) == ([], True)


async def test_first_and_last_message_are_one_key_away_and_the_entry_cursor_passes_every_edge() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, HEIGHT) as (app, _pilot):
        pane.show(data.conversation(entries=entries(), read_to=0), data.NOW)
        pane.home()
        assert numbers(pane)[0] == 1
        passed = []
        for _ in range(SIZE + PER_LINE * HEIGHT + 10):
            pane.next_entry(1)
            under = entry_under(pane)
            assert under is not None
            passed.append(under.seq)
        assert passed == list(range(passed[0], passed[0] + len(passed)))
        pane.end()
        assert numbers(pane)[-1] == COUNT
        assert of(app, ConversationPane.NeedOlder) == []


async def test_words_are_found_wherever_they_stand_and_round_the_ends() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, HEIGHT):
        pane.show(data.conversation(entries=entries(), read_to=0), data.NOW)
        assert pane.find("KINGFISHER") == COUNT // 100
        assert "in 10 entries" in texts(pane)[0]
        found = []
        for _ in range(COUNT // 100):
            pane.find_next(-1)
            found.append(next(n for n in numbers(pane) if n % 100 == 50))
        assert sorted(found) == list(range(50, COUNT, 100))
        pane.find_next(1)
        assert pane.find("nowhere at all") == 0
        assert "is nowhere here" in texts(pane)[0]
        assert pane.find("") == 0
        assert len(pane.reader.blocks) <= MOST_BLOCKS


async def test_reader_in_the_middle_stays_on_the_line_while_messages_come() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, HEIGHT):
        talk = entries()
        pane.show(data.conversation(entries=talk[:-200], read_to=0), data.NOW)
        pane.scroll_lines(-300)
        before = texts(pane)[4:-1]
        for end in range(-150, 0, 50):
            pane.show(data.conversation(entries=talk[:end], read_to=0), data.NOW)
            assert texts(pane)[4:-1] == before
        assert "new" in texts(pane)[-1]


async def test_many_unread_messages_open_where_they_begin() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, HEIGHT):
        pane.show(data.conversation(entries=entries(), read_to=400), data.NOW)
        assert "600 new" in "\n".join(texts(pane))
        assert numbers(pane)[0] == 401


async def test_talk_that_is_longer_than_what_is_held_says_so_at_its_top() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, HEIGHT):
        view = replace(data.conversation(entries=entries(), read_to=0), is_full=True, has_older=False)
        pane.show(view, data.NOW)
        pane.home()
        assert "earlier entries are on the server only: the desk holds the newest 1000" in "\n".join(texts(pane))
