"""The conversation as it is read: voices, folds, reading position, search, what is on its way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import DeskState, OutboxPhase
from supportdesk_tui.store.views import ConversationView, Shown, conversation_view
from supportdesk_tui.text.safe import sanitize
from supportdesk_tui.text.secrets import mask
from supportdesk_tui.ui.panes.conversation import ConversationPane, entry_under
from tests.pane import data
from tests.pane.harness import DARK, misfits, of, on_surface, showing, texts


def many(count: int, first: int = 1) -> tuple[Entry, ...]:
    """Entries of two lines each, oldest first."""
    return tuple(
        data.entry(seq, EntryKind.CUSTOMER, "Zhang Min", 200 - seq, f"line {seq}\nand more of {seq}")
        for seq in range(first, first + count)
    )


def line_of(pane: ConversationPane, text: str) -> int:
    """Where a text stands on the screen; -1 when it does not."""
    return next((y for y, line in enumerate(texts(pane)) if text in line), -1)


@asynccontextmanager
async def opened(width: int, height: int, view: ConversationView | None = None) -> AsyncIterator[ConversationPane]:
    """A pane that shows a conversation."""
    pane = ConversationPane(DARK)
    async with showing(pane, width, height) as (_app, pilot):
        pane.show(view or data.conversation(), data.NOW)
        await pilot.pause()
        yield pane


async def test_every_voice_has_its_letter_in_a_gutter_no_text_reaches() -> None:
    async with opened(76, 60) as pane:
        lines = texts(pane)
        letters = "".join(line[1] for line in lines if line[1] != " ")
        assert letters.endswith("CASSCBIC")
        assert all(line[2] == " " for line in lines[6:])
        assert misfits(pane) == []


async def test_a_note_has_its_ground_from_edge_to_edge_and_a_reply_never() -> None:
    async with opened(76, 60) as pane:
        note, reply = line_of(pane, "broadcast queued"), line_of(pane, "您好，我们已收到截图")
        assert "".join(on_surface(pane, note, DARK.surface.note_background)) == texts(pane)[note]
        assert on_surface(pane, reply, DARK.surface.note_background) == []


async def test_the_head_says_what_the_ticket_is_tied_to() -> None:
    async with opened(100, 30) as pane:
        head = "\n".join(texts(pane)[:6])
        for said in ("HX-260817-004213", "near 3m", "P2 · open · 中文 · chat · Li Wei", "Mei Lin is writing a reply"):
            assert said in head
        assert "task HX-260817-004290 · wallet-ops" in head
        assert "promise" in head


async def test_quotes_are_folded_and_unfold() -> None:
    async with opened(80, 40, data.conversation(entries=data.entries()[:1], read_to=0)) as pane:
        assert line_of(pane, "14 quoted lines · Enter") > 0
        assert line_of(pane, "line 3 of what we wrote") == -1
        assert pane.toggle_fold()
        assert line_of(pane, "line 3 of what we wrote") > 0
        assert pane.toggle_fold()
        assert line_of(pane, "line 3 of what we wrote") == -1


async def test_a_long_entry_is_cut_until_it_is_opened() -> None:
    long = data.entry(1, EntryKind.CUSTOMER, "Zhang Min", 5, "\n".join(f"row {n}" for n in range(200)))
    async with opened(80, 60, data.conversation(entries=(long,), read_to=0)) as pane:
        assert line_of(pane, "cut here · Enter opens it whole") > 0
        assert entry_under(pane) == long
        assert pane.toggle_fold()
        pane.end()
        assert line_of(pane, "row 199") > 0


async def test_it_opens_at_the_end_and_stays_there() -> None:
    view = data.conversation(entries=many(30), read_to=0)
    async with opened(60, 20, view) as pane:
        assert line_of(pane, "line 30") > 0
        pane.show(replace(view, entries=many(31)), data.NOW)
        assert line_of(pane, "line 31") > 0


async def test_a_new_entry_keeps_the_reading_position_and_leaves_one_mark() -> None:
    view = data.conversation(entries=many(30), read_to=0)
    async with opened(60, 20, view) as pane:
        pane.page(-1)
        before = texts(pane)
        pane.show(replace(view, entries=many(31)), data.NOW)
        after = texts(pane)
        assert before[:-1] == after[:-1]
        assert after[-1].endswith(" ▼ 1 new ")
        pane.end()
        assert "new" not in texts(pane)[-1]


async def test_older_entries_come_above_without_moving_the_text() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 60, 20) as (app, pilot):
        view = data.conversation(entries=many(20, first=11), read_to=0, has_older=True)
        pane.show(view, data.NOW)
        await pilot.pause()
        assert not of(app, ConversationPane.NeedOlder)
        pane.scroll_lines(-200)
        pane.scroll_lines(3)
        await pilot.pause()
        assert of(app, ConversationPane.NeedOlder)
        at = line_of(pane, "line 12")
        pane.show(replace(view, entries=many(30), has_older=False), data.NOW)
        assert line_of(pane, "line 12") == at > 0
        pane.home()
        assert line_of(pane, "line 1 ") > 0


async def test_reading_begins_at_the_unread_mark_when_not_all_fits() -> None:
    async with opened(60, 20, data.conversation(entries=many(30), read_to=10)) as pane:
        assert line_of(pane, "20 new") > 0
        assert line_of(pane, "line 11") > 0


async def test_words_are_found_marked_and_counted() -> None:
    async with opened(60, 20, data.conversation(entries=many(30), read_to=0)) as pane:
        pane.home()
        assert pane.find("LINE 2") == 11
        assert "“LINE 2” 1 of 11" in texts(pane)[0]
        assert on_surface(pane, line_of(pane, "line 2 "), DARK.surface.match) == ["line 2"]
        pane.find_next(-1)
        assert "11 of 11" in texts(pane)[0]
        assert line_of(pane, "line 29") > 0
        assert pane.find("nowhere") == 0
        assert "is nowhere here" in texts(pane)[0]
        pane.find("")
        assert "nowhere" not in texts(pane)[0]


async def test_the_entry_cursor_walks_and_is_brought_into_view() -> None:
    async with opened(60, 20, data.conversation(entries=many(30), read_to=0)) as pane:
        pane.next_entry(-1)
        under = entry_under(pane)
        assert under is not None
        assert under.seq == 30
        for _ in range(20):
            pane.next_entry(-1)
        under = entry_under(pane)
        assert under is not None
        assert under.seq == 10
        assert texts(pane)[line_of(pane, "line 10")].startswith("▎")


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (OutboxPhase.HELD, "held 8 s · z takes it back"),
        (OutboxPhase.QUEUED, "waiting for the line"),
        (OutboxPhase.SENDING, "sending…"),
        (OutboxPhase.SENT, "sent "),
        (OutboxPhase.REFUSED, "not sent: the ticket was closed by Mei Lin · D"),
        (OutboxPhase.UNKNOWN, "unknown"),
    ],
)
async def test_what_is_on_its_way_says_where_it_stands(phase: OutboxPhase, said: str) -> None:
    async with opened(76, 30, data.conversation(entries=(), read_to=0, pending=(data.sending(phase),))) as pane:
        assert line_of(pane, said) > line_of(pane, "您的提现正在广播") > 0


async def test_why_a_reply_was_not_sent_is_told_whole_on_a_narrow_pane() -> None:
    async with opened(36, 30, data.conversation(entries=(), read_to=0, pending=(data.sending(OutboxPhase.REFUSED),))) as pane:
        told = " ".join(line.strip() for line in texts(pane)[line_of(pane, "not sent") :])
        assert "the ticket was closed by Mei Lin · D" in told


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (data.conversation(ticket=None, summary=None, entries=()), "No ticket is open"),
        (data.conversation(entries=(), shown=Shown(is_loading=True)), "Reading…"),
        (data.conversation(entries=(), shown=Shown(failed="no answer")), "F5 asks again"),
        (data.conversation(entries=()), "Nothing was said yet"),
        (data.conversation(shown=Shown(as_of=data.NOW)), "as of"),
    ],
)
async def test_every_state_says_what_it_is(view: ConversationView, said: str) -> None:
    async with opened(60, 16, view) as pane:
        assert line_of(pane, said) >= 0
        assert misfits(pane) == []


@pytest.mark.parametrize("width", [24, 41, 76, 120])
async def test_hostile_entries_fit_exactly(width: int, hostile_texts: list[str]) -> None:
    pane = ConversationPane(DARK)
    kinds = list(EntryKind)
    said = tuple(
        replace(data.entry(n, kinds[n % 5], text, 50 - n, text), body=sanitize(text)) for n, text in enumerate(hostile_texts, 1)
    )
    async with showing(pane, width, 400) as (_app, pilot):
        pane.show(data.conversation(entries=said, read_to=0, others=(("[/x]\x1b", Activity.TYPING),)), data.NOW)
        pane.find("[/x]")
        await pilot.pause()
        assert misfits(pane) == []


async def test_another_width_wraps_anew() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 100, 40) as (_app, pilot):
        pane.show(data.conversation(), data.NOW)
        await pilot.pause()
        await pilot.resize_terminal(44, 40)
        await pilot.pause()
        assert misfits(pane) == []
        assert line_of(pane, "还要多久") > 0


async def test_what_is_hidden_in_a_long_message_is_still_told_to_be_hidden() -> None:
    """Marks are of our making: cut like the rest of the text, never filtered like a stranger's."""
    body, _kinds = mask(sanitize("my code is 482913\n" + "and so on\n" * 2000, limit=None))
    said = data.conversation(entries=(replace(data.entries()[0], body=body),))
    pane = ConversationPane(DARK)
    async with showing(pane, 76, 60) as (_app, _pilot):
        pane.show(said, data.NOW)
        pane.home()
        assert line_of(pane, "my code is ▒▒ code ▒▒") > 0


async def test_what_was_opened_or_said_while_another_pane_had_the_screen_is_there_when_it_is_seen_again() -> None:
    """On a narrow screen one pane stands alone: the others have no size then, and nothing is laid out for them."""
    first, closed = data.conversation(), conversation_view(DeskState())
    second = replace(closed, ticket=TicketId("t2"), summary=first.summary, entries=many(40))
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 24) as (_app, pilot):
        for seen, hidden, words in (
            (first, (closed, second), "line 40"),
            (second, (replace(second, entries=many(41)),), "line 41"),
        ):
            pane.show(seen, data.NOW)
            await pilot.pause()
            pane.display = False
            await pilot.pause()
            for view in hidden:
                pane.show(view, data.NOW)
            pane.display = True
            await pilot.pause()
            assert line_of(pane, words) > 0
        pane.home()
        kept = texts(pane)[4:10]
        pane.display = False
        await pilot.pause()
        pane.show(replace(second, entries=many(43)), data.NOW)
        pane.display = True
        await pilot.pause()
        assert texts(pane)[4:10] == kept, "who reads stays where they were"
