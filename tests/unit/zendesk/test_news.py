"""Looking for news at Zendesk: everything once, the alert for who was given a ticket, and no more requests than may be."""

from datetime import UTC, datetime

import pytest

from supportdesk_tui.backends.zendesk.adapter import QUIET, Choices, ZendeskBackend
from supportdesk_tui.backends.zendesk.client import Zendesk as Client
from supportdesk_tui.backends.zendesk.directory import read
from supportdesk_tui.backends.zendesk.news import News
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.changes import (
    Assign,
    Merge,
    Note,
    Reply,
    SetAgentState,
    SetField,
    SetPriority,
    SetStatus,
    Tag,
    Transfer,
)
from supportdesk_tui.domain.changes import Watch as Follow
from supportdesk_tui.domain.conversation import EntryKind
from supportdesk_tui.domain.errors import Forbidden, Unsupported
from supportdesk_tui.domain.feed import AgentChanged, EntryAdded, Gap, TicketChanged
from supportdesk_tui.domain.ids import AgentId, ChangeKey, FeedMark, TeamId, TicketId
from supportdesk_tui.domain.people import AgentState
from supportdesk_tui.domain.ticket import Phase, Priority
from tests.fakes.serving import Fault
from tests.fakes.zendesk import Zendesk
from tests.unit.zendesk.desk import at, question, rotation


class Watch:
    """Looks for news as the first agent."""

    def __init__(self, server: Zendesk) -> None:
        self.client = Client(server.tokens.secret("ana"), rotation(server))
        self.shown: TicketId | None = None
        self.news = News(self.client, lambda: self.shown)

    async def begin(self) -> FeedMark:
        """Learn what there is, and where now is."""
        me = await self.client.get("sign in", "/users/me")
        await read(self.client, me.at("user"))
        mark = (await self.news.look(None)).mark
        assert mark is not None
        return mark


async def test_look_without_news_is_one_request(server: Zendesk) -> None:
    watch = Watch(server)
    mark = await watch.begin()
    server.watched.forget()
    seen = await watch.news.look(mark)
    assert (list(seen.notices), seen.mark) == ([], mark)
    assert seen.at is not None
    assert [one.path for one in server.watched.requests if "availabilities" not in one.path] == ["/api/v2/tickets"]
    await watch.client.close()


async def test_ticket_given_to_me_is_an_alert_with_words(server: Zendesk) -> None:
    watch, ticket = Watch(server), question(server)
    mark = await watch.begin()
    async with at(server, login="ben") as colleague:
        await colleague.apply(ticket, Assign(AgentId("101")), ChangeKey("k"))
    told = [one for one in (await watch.news.look(mark)).notices if isinstance(one, TicketChanged)]
    [changed] = [one for one in told if one.ticket.id == ticket]
    assert (changed.actor, changed.tells, changed.ticket.owner) == ("102", "101", "101")
    assert "assigned ticket" in changed.says
    await watch.client.close()


async def test_words_on_the_open_ticket_come_once(server: Zendesk) -> None:
    watch = Watch(server)
    watch.shown = ticket = question(server)
    mark: FeedMark | None = await watch.begin()
    heard: list[str] = []
    for number in range(4):
        server.store.customer_says(int(ticket), f"word {number}")
        if number == 2:
            server.store.customer_says(int(ticket), "and another")
        for _ in range(2):
            seen = await watch.news.look(mark)
            mark = seen.mark
            heard += [str(one.entry.body) for one in seen.notices if isinstance(one, EntryAdded)]
    assert heard == ["word 0", "word 1", "word 2", "and another", "word 3"]
    await watch.client.close()


async def test_more_news_than_a_page_is_a_gap(server: Zendesk) -> None:
    watch = Watch(server)
    mark = await watch.begin()
    for number in range(101):
        question(server, f"flood {number}")
    seen = await watch.news.look(mark)
    assert [type(one) for one in seen.notices] == [Gap]
    assert (await watch.news.look(seen.mark)).notices == []
    await watch.client.close()


async def test_state_of_a_colleague_is_told_once(server: Zendesk) -> None:
    watch = Watch(server)
    mark: FeedMark | None = await watch.begin()
    server.store.states[102] = 4
    told: list[AgentChanged] = []
    for _ in range(7):
        seen = await watch.news.look(mark)
        mark = seen.mark
        told += [one for one in seen.notices if isinstance(one, AgentChanged)]
    assert [(one.agent.id, one.agent.state) for one in told] == [("102", AgentState.AWAY)]
    await watch.client.close()


@pytest.mark.parametrize("family", ["ratelimit", "x-rate-limit"])
async def test_little_left_of_the_quota_makes_the_looking_wait(server: Zendesk, family: str) -> None:
    watch = Watch(server)
    mark = await watch.begin()
    name = family if family == "x-rate-limit" else f"{family}-limit"
    server.headers = {name: "200", f"{family}-remaining": "15", "ratelimit-reset": "41"}
    seen = await watch.news.look(mark)
    assert 35 < seen.wait_s <= 41
    await watch.client.close()


def test_looking_leaves_the_quota_of_a_small_account_to_people() -> None:
    assert Choices().budget is QUIET
    assert QUIET.per_minute * 10 <= 200


async def test_account_without_routing_says_that_nobody_knows_who_is_available(server: Zendesk) -> None:
    gone = Fault(path="/api/v2/agent_availabilities.*", status=404, body=b'{"error":"InvalidEndpoint"}', times=99)
    server.watched.faults.append(gone)
    async with at(server) as desk:
        session = await desk.open()
        assert "omnichannel" in session.lacking[Capability.AGENT_STATE]
        with pytest.raises(Unsupported):
            await desk.apply(None, SetAgentState("busy"), ChangeKey("k"))


@pytest.mark.parametrize(("restriction", "lacks"), [("assigned", True), ("groups", False)])
async def test_restricted_agent_is_told_what_they_see(server: Zendesk, restriction: str, lacks: bool) -> None:
    server.store.users[101]["ticket_restriction"] = restriction
    async with at(server) as desk:
        session = await desk.open()
    assert (session.lacking.get(Capability.TAKE) == "role") is lacks
    assert "sees the tickets" in session.server


async def test_pickers_go_without_what_an_agent_may_not_list(server: Zendesk) -> None:
    for path in ("custom_statuses", "ticket_fields", "ticket_forms", "macros/active", "tags"):
        body = b'{"error":{"title":"Forbidden","message":"You do not have access to this page."}}'
        server.watched.faults.append(Fault(path=f"/api/v2/{path}", status=403, body=body, times=9))
    async with at(server) as desk:
        found = await desk.get_directory()
    assert {Phase.NEW, Phase.OPEN, Phase.PENDING, Phase.SOLVED} <= {one.phase for one in found.statuses}
    assert (found.macros, found.categories, found.tags) == ((), (), ())


async def opened_in(desk: ZendeskBackend, server: Zendesk, ticket: TicketId) -> list[str]:
    server.watched.forget()
    await desk.get_ticket(ticket)
    await desk.list_entries(ticket, None)
    return [one.path for one in server.watched.requests]


async def test_ticket_is_opened_in_two_requests(server: Zendesk) -> None:
    ticket = question(server)
    async with at(server) as desk:
        assert await opened_in(desk, server, ticket) == [f"/api/v2/tickets/{ticket}", f"/api/v2/tickets/{ticket}/comments"]
        version = (await desk.get_ticket(ticket)).summary.version
        server.watched.forget()
        await desk.apply(ticket, Reply("One request.", (SetPriority(Priority.P1),)), ChangeKey("k"), version)
        assert [one.method for one in server.watched.requests] == ["PUT"]


async def test_everything_a_reply_can_carry_is_one_request_the_specification_knows(server: Zendesk) -> None:
    ticket = question(server)
    then = (Assign(AgentId("101")), SetStatus("pending/6130830355738"), SetField("701", "Card"), Follow(), Tag(("q",)))
    async with at(server) as desk:
        await desk.apply(ticket, Reply("All at once.", then, cc=("boss@example.com",)), ChangeKey("k"))
        opened = await desk.get_ticket(ticket)
        outcomes = [one async for one in desk.apply_each([ticket], Note("bulk", (Assign(None), Tag(("z",)))), ChangeKey("l"))]
        await desk.apply(ticket, Transfer(TeamId("12"), "their question"), ChangeKey("m"))
    assert (opened.summary.owner, opened.summary.status.title, opened.summary.watched) == ("101", "等待银行", True)
    assert (opened.cc, opened.fields[0].value) == (("boss@example.com",), "Card")
    assert [one.done for one in outcomes] == [True]
    held = server.store.tickets[int(ticket)]
    assert (held["assignee_id"], held["group_id"], held["tags"]) == (None, 12, ["q", "z"])
    assert server.seen_by_customer(int(ticket)) == ["Where is my money?", "All at once."]


async def test_macro_is_read_and_nothing_is_written(server: Zendesk) -> None:
    ticket = question(server)
    async with at(server) as desk:
        [macro] = (await desk.get_directory()).macros
        server.watched.forget()
        text = await desk.read_macro(ticket, macro.id)
    assert macro.title == "Money › refund"
    assert text.body == "Hi Wang Li, your refund is on its way."
    assert [type(step).__name__ for step in text.then] == ["SetStatus", "SetPriority", "Tag", "SetField"]
    assert text.left_out == ("type: task",)
    assert {one.method for one in server.watched.requests} == {"GET"}


async def test_merged_ticket_closes_and_leaves_no_word_to_customers(server: Zendesk) -> None:
    first, second = question(server, "first"), question(server, "second")
    async with at(server) as desk:
        applied = await desk.apply(second, Merge(first), ChangeKey("k"))
        assert applied.ticket == first
        assert (await desk.get_ticket(second)).summary.status.phase is Phase.CLOSED
        assert (await desk.find_applied(second, Merge(first), ChangeKey("k"), datetime.now(UTC))) is not None
    assert server.seen_by_customer(int(first)) == ["first"]
    assert server.seen_by_customer(int(second)) == ["second"]


async def test_looking_at_a_secret_leaves_a_note_that_says_why(server: Zendesk) -> None:
    ticket = question(server, "my card is 4111 1111 1111 1111")
    async with at(server) as desk:
        [entry] = (await desk.list_entries(ticket, None)).items
        assert "4111" not in entry.body
        assert "4111 1111 1111 1111" in await desk.reveal(ticket, entry.id, "the bank asks for it")
        notes = [one for one in (await desk.list_entries(ticket, None)).items if one.kind is EntryKind.NOTE]
        assert "the bank asks for it" in notes[-1].body
        server.watched.faults.append(Fault(path=r"/api/v2/tickets/\d+", method="PUT", status=403, body=b"{}"))
        server.watched.forget()
        with pytest.raises(Forbidden):
            await desk.reveal(ticket, entry.id, "not allowed to write")
        assert server.watched.asked("GET", ".*/comments") == []


async def test_help_center_without_the_language_is_asked_in_any(server: Zendesk) -> None:
    async with at(server) as desk:
        assert [one.title for one in await desk.search_articles("refund", "fr")] == ["How to get a refund"]
        [article] = await desk.search_articles("退款", "zh")
        assert article.url == f"{server.url}/hc/articles/360002"
        server.watched.faults.append(Fault(path="/api/v2/help_center/.*", status=404, body=b"<html>", times=9))
        assert await desk.search_articles("refund", None) == []


async def test_note_with_a_mention_stays_inside(server: Zendesk) -> None:
    ticket = question(server)
    async with at(server) as desk:
        await desk.apply(ticket, Note("look, please"), ChangeKey("k"))
    assert server.seen_by_customer(int(ticket)) == ["Where is my money?"]
