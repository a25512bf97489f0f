"""What is asked of the server beside tickets: articles, hidden words, macros, presence; answers, refusals, no connection."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.commands.effects import Attend, Effect, Load, LoadKind, Reveal
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import EntryId
from supportdesk_tui.server.runner import ServerThread
from supportdesk_tui.store.events import ArticlesLoaded, Event, MacroAnswered, RevealAnswered
from supportdesk_tui.store.state import value_of
from tests.chaos.proxy import Fault, Proxy, proxy_to
from tests.desk.people import customer_writes
from tests.sync.desk import ALL_LIVE, Desk, desk, native
from tests.sync.fake import until

PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread(tickets=20, seed=9, ticking=False) as one:
        yield one


@pytest.fixture
async def one(server: ServerThread, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, native(server)) as desk_:
        await desk_.live()
        await desk_.show(ALL_LIVE)
        yield desk_


async def answered(one: Desk, kind: type[Event], *effects: Effect) -> list[Event]:
    """What came of asking for something."""
    heard: list[Event] = []
    before = one.store.dispatch

    def dispatch(*events: Event) -> None:
        heard.extend(event for event in events if isinstance(event, kind))
        before(*events)

    one.store.dispatch = dispatch  # type: ignore[method-assign]  # an ear at the door, nothing is changed
    for effect in effects:
        one.engine.perform(effect)
    await until(lambda: heard and one.engine.busy == 0)
    one.store.dispatch = before  # type: ignore[method-assign]  # as it was
    return heard


async def test_articles_are_found_and_only_the_last_search_is_answered(one: Desk) -> None:
    asks = [Load(LoadKind.ARTICLES, text=word) for word in ("with", "withdr", "withdrawal")]
    found = await answered(one, ArticlesLoaded, *asks)
    assert [(event.text, event.failed) for event in found if isinstance(event, ArticlesLoaded)] == [("withdrawal", "")]
    assert isinstance(found[0], ArticlesLoaded)
    assert found[0].articles


async def test_articles_without_a_connection_are_an_answer_that_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path, None) as one:
        (found,) = await answered(one, ArticlesLoaded, Load(LoadKind.ARTICLES, text="fees"))
        assert isinstance(found, ArticlesLoaded)
        assert (found.articles, found.failed) == ((), "not connected")


async def test_hidden_words_come_for_a_reason_and_a_refusal_is_the_answer(one: Desk, server: ServerThread) -> None:
    row = one.state.queue.rows[0]
    await customer_writes(server, row, f"my words: {PHRASE}")
    await one.open(row.id)
    entries = value_of(one.state.conversation.entries)
    assert entries
    assert "sausage" not in entries[-1].body
    (shown,) = await answered(one, RevealAnswered, Reveal(row.id, entries[-1].id, "the customer asks which words"))
    (missing,) = await answered(one, RevealAnswered, Reveal(row.id, EntryId("e99999"), "a slip"))
    assert isinstance(shown, RevealAnswered)
    assert isinstance(missing, RevealAnswered)
    assert shown.text is None or PHRASE in shown.text
    assert (shown.text is None) is bool(shown.failed), "an answer, or why there is none"
    assert missing.text is None
    assert missing.failed


async def test_macro_of_a_server_without_macros_is_an_answer_that_says_so(one: Desk) -> None:
    (event,) = await answered(one, MacroAnswered, Load(LoadKind.MACRO, one.state.queue.rows[0].id, text="7"))
    assert isinstance(event, MacroAnswered)
    assert (event.macro, event.text) == ("7", None)
    assert event.failed


async def test_presence_that_could_not_be_said_is_said_once_the_server_is_back(server: ServerThread, tmp_path: Path) -> None:
    async with (
        proxy_to(server.url) as proxy,
        desk(tmp_path / "mine", through(proxy, server)) as one,
        desk(tmp_path / "other", native(server, "chen.jing")) as other,
    ):
        await one.live()
        await other.live()
        await one.show(ALL_LIVE)
        ticket = one.state.queue.rows[1].id
        proxy.plan([Fault("reset", "read")])
        one.engine.perform(Attend(ticket, Activity.VIEWING))
        await until(lambda: any("PUT /api/v1/presence" in line for line in proxy.done))
        await until(lambda: one.engine.busy == 0)
        assert ticket not in other.state.presence
        proxy.cut()
        await until(lambda: ticket in other.state.presence)
        one.engine.perform(Attend(None, Activity.GONE))
        await until(lambda: ticket not in other.state.presence)


def through(proxy: Proxy, server: ServerThread) -> Callable[[], Awaitable[Backend]]:
    token = server.token_for("li.wei")

    async def connect() -> Backend:
        return NativeBackend(proxy.url, token)

    return connect
