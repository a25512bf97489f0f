"""What every backend tells: who am I, which tickets, what was said."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain import grammar
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.errors import NotFound, SignInNeeded
from supportdesk_tui.domain.ids import Cursor, TicketId
from supportdesk_tui.domain.queue import Page, QueueQuery, SortKey, matches
from supportdesk_tui.domain.ticket import Phase, TicketSummary
from supportdesk_tui.text.safe import FORBIDDEN, SafeText
from tests.contract.floor import Floor, new_key


async def every(desk: Backend, query: QueueQuery, first: Page[TicketSummary] | None = None) -> list[TicketSummary]:
    """All rows of a query, page by page; the first one may have been read already."""
    page = first or await desk.list_tickets(query, None)
    rows: list[TicketSummary] = []
    while True:
        assert page.bad_items == 0
        assert page.unapplied == ()
        rows += page.items
        if page.after is None:
            return rows
        assert page.items
        page = await desk.list_tickets(query, page.after)


async def test_sign_in_says_who_we_are_and_what_we_may(floor: Floor) -> None:
    desk = floor.backend(floor.me)
    session = await desk.open()
    await desk.close()
    assert session.agent.name
    assert session.agent.teams
    assert {Capability.REPLY, Capability.NOTE, Capability.SEARCH} <= session.capabilities
    assert session.capabilities | set(session.lacking) == set(Capability)
    assert not session.capabilities & set(session.lacking)
    assert session.server
    assert abs(session.clock_offset) < timedelta(seconds=30)


async def test_wrong_token_needs_a_sign_in(floor: Floor) -> None:
    desk = floor.stranger()
    with pytest.raises(SignInNeeded):
        await desk.open()
    with pytest.raises(SignInNeeded):
        await desk.list_views()
    with pytest.raises(SignInNeeded):
        await anext(aiter(desk.feed(None)))
    await desk.close()


async def test_trainee_lacks_the_reply_because_of_the_role(floor: Floor) -> None:
    if not floor.words.knows_roles:
        pytest.skip("rights are met ticket by ticket")
    desk = floor.backend(floor.trainee)
    session = await desk.open()
    await desk.close()
    assert session.lacking[Capability.REPLY] == "role"


async def test_directory_has_everything_the_pickers_show(desk: Backend) -> None:
    me = (await desk.open()).agent
    directory = await desk.get_directory()
    assert directory.agent(me.id) == me
    assert {team for agent in directory.agents for team in agent.teams} <= {team.id for team in directory.teams}
    assert {Phase.OPEN, Phase.PENDING, Phase.SOLVED} <= {status.phase for status in directory.statuses}
    assert {target.team for target in directory.targets} <= {team.id for team in directory.teams}
    assert directory.categories or directory.targets == ()


async def test_counts_of_views_are_what_their_pages_hold(desk: Backend) -> None:
    views = await desk.list_views()
    assert len(views) >= 5
    for view in views:
        if view.count is None or view.query.due_within is not None:
            await desk.list_tickets(view.query, None)
        else:
            assert view.count == len(await every(desk, view.query)), view.title


SORTED: dict[SortKey, Callable[[TicketSummary], object]] = {
    SortKey.UPDATED: lambda row: -row.updated_at.timestamp(),
    SortKey.CREATED: lambda row: -row.created_at.timestamp(),
    SortKey.PRIORITY: lambda row: row.priority,
    SortKey.CLOCK: lambda row: row.clock.due_at.timestamp() if row.clock.due_at and not row.clock.paused else 1e12,
}
LIVE = frozenset({Phase.NEW, Phase.OPEN, Phase.PENDING})


async def test_pages_of_every_order_end_in_it_without_loss_or_doubling(desk: Backend) -> None:
    everything = {row.id for row in await every(desk, QueueQuery())}
    for sort, key in SORTED.items():
        first = await desk.list_tickets(QueueQuery(sort=sort), None)
        assert first.after is not None
        rows = await every(desk, QueueQuery(sort=sort), first)
        assert len(rows) > len(first.items)
        assert len({row.id for row in rows}) == len(rows)
        assert {row.id for row in rows} == everything
        live = [key(row) for row in rows if row.status.phase in LIVE]
        assert live == sorted(live), sort  # type: ignore[type-var]  # floats or priorities, never mixed


LINES = (
    "phase:open",
    "phase:new,open channel:chat",
    "owner:me",
    "owner:nobody phase:new,open",
    "team:mine",
    "team:mine lang:zh",
    "cat:FND",
    "prio:p1,p2",
    "tag:vip",
    "sla:late",
    "sla:<2h phase:new,open",
    "is:unread",
    "is:watched",
    "phase:open,pending is:promised",
    "status:waiting_customer channel:email,social",
    "phase:solved owner:me lang:zh",
)


async def test_query_gives_exactly_the_tickets_that_match(floor: Floor, desk: Backend) -> None:
    me = (await desk.open()).agent
    everything = await every(desk, QueueQuery())
    for line in LINES:
        query = grammar.parse(line).query
        now = datetime.now(UTC)
        first = await desk.list_tickets(query, None)
        if first.unapplied:
            assert all(first.unapplied)
            continue
        expected = {row.id for row in everything if matches(query, row, me=me.id, my_teams=me.teams, now=now)}
        found = {row.id for row in await every(desk, query, first)}
        assert found == expected, line
        assert len(found) < len(everything) or not floor.words.is_seeded, line


async def test_ticket_is_found_by_id_and_by_case_number(desk: Backend) -> None:
    [row, *_] = (await desk.list_tickets(QueueQuery(), None)).items
    by_id = await desk.get_ticket(row.id)
    by_number = await desk.get_ticket(TicketId(row.number))
    assert by_id.summary.number == row.number
    assert by_number.summary.id == row.id


@pytest.mark.parametrize("name", ["no-such-ticket", "HX-000000-000000", "../session", "票"])
async def test_unknown_ticket_is_not_found(desk: Backend, name: str) -> None:
    with pytest.raises(NotFound):
        await desk.get_ticket(TicketId(name))


async def test_conversation_is_read_upward_without_loss_or_doubling(floor: Floor, desk: Backend) -> None:
    thread = "long-conversation"
    ticket = await floor.customer_writes("customer 0", thread=thread)
    expected = ["customer 0"]
    for number in range(1, floor.words.talk):
        if number % 3 == 1:
            await floor.customer_writes(f"customer {number}", thread=thread)
            expected.append(f"customer {number}")
        else:
            await desk.apply(ticket, Note(f"note {number}"), new_key())
            expected.append(f"note {number}")
    entries: list[Entry] = []
    before: Cursor | None = None
    pages = 0
    while True:
        page = await desk.list_entries(ticket, before)
        entries = [*page.items, *entries]
        pages += 1
        if page.after is None:
            break
        before = page.after
    assert pages > 1
    assert [entry.seq for entry in entries] == sorted({entry.seq for entry in entries})
    said = [str(entry.body) for entry in entries if entry.kind in {EntryKind.CUSTOMER, EntryKind.NOTE}]
    assert said == expected
    assert all(entry.at.utcoffset() == timedelta() for entry in entries)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("我要退款，充值没有到账", "退款"),
        ("我的提现卡住了怎么办", "提现卡住"),
        ("The withdrawal is stuck since zanzibar", "zanzibar"),
        ("Подскажите про комиссию вознаграждения", "вознаграждения"),
        ("exact phrase of the purple elephant here", '"purple elephant"'),
    ],
)
async def test_search_finds_words_of_every_script(floor: Floor, desk: Backend, words: str, asked: str) -> None:
    ticket = await floor.customer_writes(words, subject=words)
    found = await every(desk, grammar.parse(f"{asked} phase:new,open").query)
    assert ticket in {row.id for row in found}
    assert await every(desk, grammar.parse("qqzzyyxxw").query) == []


async def test_what_a_customer_wrote_is_safe_to_draw(floor: Floor, desk: Backend) -> None:
    ticket = await floor.customer_writes("a\x1b]0;owned\x07b\u202ec\u200bd", subject="s\x1b[2J\u2066t")
    opened = await desk.get_ticket(ticket)
    page = await desk.list_entries(ticket, None)
    texts = [opened.summary.subject, opened.summary.customer_name, *(entry.body for entry in page.items)]
    assert all(isinstance(text, SafeText) for text in texts)
    assert not any(FORBIDDEN.search(text.replace("\n", "")) for text in texts)
    assert any("control_chars" in entry.flags for entry in page.items)


async def test_customer_pane_has_who_is_asking(floor: Floor, desk: Backend) -> None:
    seen = 0
    for row in (await desk.list_tickets(QueueQuery(), None)).items[:12]:
        context = await desk.get_customer(row.customer_id)
        assert context.customer.id == row.customer_id
        assert context.customer.name == row.customer_name
        assert row.id in {contact.ticket for contact in context.contacts} or len(context.contacts) >= 5
        seen += len(context.movements) + len(context.flags)
    assert seen > 0 or not floor.words.is_seeded


@pytest.mark.needs(Capability.ARTICLES)
async def test_articles_are_found_in_their_languages(floor: Floor, desk: Backend) -> None:
    for words, locale in floor.words.articles:
        found = await desk.search_articles(words, locale)
        assert found, words
        assert all(article.title and article.body for article in found)
