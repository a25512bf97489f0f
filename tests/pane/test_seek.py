"""Words that stand further up than what is held: said honestly, looked for page by page, and stopped by a key."""

import asyncio

import pytest
from msgspec.structs import replace

from supportdesk_tui.domain.conversation import Entry
from supportdesk_tui.store.views import ConversationView, Shown
from supportdesk_tui.ui.panes.conversation import ConversationPane
from tests import make
from tests.pane import data
from tests.pane.harness import DARK, OnePane, misfits, of, showing, texts

COUNT, PAGE = 1_000, 100


def talk(held: int, **more: object) -> ConversationView:
    """The newest messages of a thousand; every two hundredth has a rare word."""
    said = tuple(
        make.entry(seq, body=f"message {seq}!" + (" kingfisher" if seq % 200 == 50 else ""))
        for seq in range(COUNT - held + 1, COUNT + 1)
    )
    return replace(data.conversation(entries=said, read_to=0, others=(), has_older=held < COUNT), **more)


class Server:
    """Answers what the pane asks for, a page at a time."""

    def __init__(self, app: OnePane, pane: ConversationPane, held: int = PAGE) -> None:
        self.app, self.pane, self.held = app, pane, held
        self.answered = 0

    async def answer(self, pages: int = COUNT, **last: object) -> None:
        """Load older ones as often as they are asked for, at most so many pages; the last of them with what `last` says."""
        for at in range(pages):
            await _told(self.app)
            asked = len(of(self.app, ConversationPane.NeedOlder))
            if asked == self.answered:
                return
            self.answered = asked
            self.pane.show(talk(self.held, is_loading_older=True), data.NOW)
            self.held = min(COUNT, self.held + PAGE)
            self.pane.show(talk(self.held, **(last if at == pages - 1 else {})), data.NOW)
        await _told(self.app)


async def _told(app: OnePane) -> None:
    """What the pane posted has arrived."""
    done = asyncio.Event()
    app.screen.call_later(done.set)
    await done.wait()


@pytest.mark.parametrize("width", [40, 80])
async def test_a_word_further_up_is_looked_for_until_it_is_there(width: int) -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, width, 24) as (app, _pilot):
        server = Server(app, pane)
        pane.show(talk(PAGE), data.NOW)
        assert pane.find("KINGFISHER") == 0
        head = " ".join(" ".join(texts(pane)[:5]).split())
        assert "not found so far" in head
        assert "only in the newest 100 messages · Shift+F3" in head
        assert not of(app, ConversationPane.NeedOlder), "nothing is read before it is asked for"
        pane.find_next(1)
        assert "looking further up, 100 messages so far" in " ".join(" ".join(texts(pane)[:5]).split())
        await server.answer()
        assert server.held == 200
        assert any("message 850! kingfisher" in line for line in texts(pane))
        assert "only in the newest 200 messages" in " ".join(" ".join(texts(pane)[:5]).split())
        pane.find_next(-1)
        await server.answer()
        assert server.held == 400
        assert any("message 650! kingfisher" in line for line in texts(pane))
        pane.find_next(1)
        await server.answer()
        assert server.held == 400, "down from here there is one already"
        assert any("message 850! kingfisher" in line for line in texts(pane))
        assert misfits(pane) == []


async def test_what_is_nowhere_is_said_to_be_nowhere_only_when_the_beginning_was_seen() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 24) as (app, _pilot):
        server = Server(app, pane)
        pane.show(talk(PAGE), data.NOW)
        pane.find("heron")
        assert "nowhere" not in "\n".join(texts(pane))
        pane.find_next(-1)
        await server.answer()
        assert server.held == COUNT
        assert "“heron” is nowhere here" in texts(pane)[0]
        assert "looking further up" not in "\n".join(texts(pane))
        pane.show(talk(COUNT, is_full=True), data.NOW)
        assert "not found so far" in texts(pane)[0]
        assert "only in the newest 1,000 messages: the desk holds no more" in "\n".join(texts(pane))
        pane.find_next(-1)
        await server.answer()
        assert len(of(app, ConversationPane.NeedOlder)) == server.answered, "there is nothing to ask for"


@pytest.mark.parametrize("how", ["same key", "moving", "other words", "failing", "another ticket"])
async def test_a_search_that_goes_on_upward_ends_when_somebody_wants_it_or_it_cannot_go_on(how: str) -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 24) as (app, _pilot):
        server = Server(app, pane)
        pane.show(talk(PAGE), data.NOW)
        pane.find("heron")
        pane.find_next(-1)
        if how == "failing":
            await server.answer(2, shown=Shown(failed="no line"))
        else:
            await server.answer(2)
        match how:
            case "same key":
                pane.find_next(-1)
            case "moving":
                pane.page(-1)
            case "other words":
                pane.find("egret")
            case "another ticket":
                pane.show(replace(talk(PAGE), ticket=make.ticket(9).summary.id), data.NOW)
            case _:
                pass
        asked = len(of(app, ConversationPane.NeedOlder))
        assert "looking further up" not in "\n".join(texts(pane))
        server.answered = asked
        if how != "another ticket":
            pane.show(talk(server.held + PAGE), data.NOW)
        await server.answer()
        assert len(of(app, ConversationPane.NeedOlder)) == asked


async def test_news_below_do_not_count_as_an_answer() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 24) as (app, _pilot):
        pane.show(talk(PAGE), data.NOW)
        pane.find("heron")
        pane.find_next(-1)
        view = talk(PAGE)
        newer: tuple[Entry, ...] = (*view.entries, make.entry(COUNT + 1, body="a heron"))
        pane.show(replace(view, entries=newer), data.NOW)
        await _told(app)
        assert len(of(app, ConversationPane.NeedOlder)) == 1
        assert "looking further up" in "\n".join(texts(pane))


async def test_among_many_hits_a_mark_stands_before_the_one_somebody_is_on() -> None:
    pane = ConversationPane(DARK)
    async with showing(pane, 80, 24):
        pane.show(talk(PAGE), data.NOW)
        pane.find("message")
        seen = []
        for by in (0, 1, 1, -1):
            if by:
                pane.find_next(by)
            marked = [line for line in texts(pane) if line.startswith("▸")]
            assert len(marked) == 1
            seen.append(marked[0])
        assert seen[0] != seen[1] != seen[2]
        assert seen[3] == seen[1]
        assert misfits(pane) == []
        pane.find("")
        assert not any(line.startswith("▸") for line in texts(pane))
