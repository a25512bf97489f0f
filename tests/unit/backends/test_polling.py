"""Looking for news on servers without push: the budget is kept, quiet makes it slower, failures are told."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from supportdesk_tui.backends.polling import Budget, Poller, Seen, rest
from supportdesk_tui.domain.errors import RateLimited, SignInNeeded, Unreachable
from supportdesk_tui.domain.feed import Gap, Heard, Lost, Notice
from supportdesk_tui.domain.ids import FeedMark

BUDGET = Budget(per_minute=30, quick_s=4.0, slow_s=20.0)


class Server:
    """Answers looks from a list, and keeps what was asked and how long was waited."""

    def __init__(self, answers: Sequence[Seen | Exception]) -> None:
        self.answers = list(answers)
        self.marks: list[FeedMark | None] = []
        self.waits: list[tuple[float, float]] = []

    async def look(self, mark: FeedMark | None) -> Seen:
        self.marks.append(mark)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def rest(self, least_s: float, most_s: float, _: asyncio.Event) -> None:
        self.waits.append((least_s, most_s))

    async def notices(self, poller: Poller, since: FeedMark | None = None) -> list[Notice]:
        """Everything the feed says until there are no more answers."""
        heard: list[Notice] = []
        async with aclosing(poller.feed(since)) as feed:
            with pytest.raises(IndexError):
                async for notice in feed:
                    heard.append(notice)
        return heard


def polled(server: Server) -> Poller:
    return Poller(server.look, BUDGET, rest=server.rest)


async def test_next_look_begins_where_the_last_one_ended() -> None:
    server = Server([Seen(mark=FeedMark("7")), Seen(), Seen(mark=FeedMark("9"))])
    await server.notices(polled(server), FeedMark("5"))
    assert server.marks == ["5", "7", "7", "9"]


async def test_quiet_makes_it_slower_and_news_quick_again() -> None:
    server = Server([Seen(), Seen(), Seen(), Seen(), Seen(), Seen(), Seen(notices=(Gap(),))])
    await server.notices(polled(server))
    most = [wait[1] for wait in server.waits]
    assert most == [6.0, 9.0, 13.5, 20.0, 20.0, 20.0, 4.0]


async def test_sign_of_life_says_how_long_the_next_look_may_take() -> None:
    server = Server([Seen(), Seen(wait_s=60.0), Seen(notices=(Gap(),))])
    told = await server.notices(polled(server))
    assert [notice.again_in_s for notice in told if isinstance(notice, Heard)] == [6.0, 60.0, 4.0]
    assert [wait[1] for wait in server.waits] == [6.0, 60.0, 4.0]


async def test_more_requests_than_the_budget_allows_are_waited_for() -> None:
    server = Server([Seen(requests=1), Seen(requests=10), Seen(wait_s=60.0)])
    await server.notices(polled(server))
    assert [wait[0] for wait in server.waits] == [2.0, 20.0, 60.0]
    assert all(least <= most for least, most in server.waits)


async def test_agent_at_work_makes_the_next_look_quick() -> None:
    server = Server([Seen(), Seen(), Seen()])
    poller = polled(server)
    heard = 0
    async with aclosing(poller.feed(None)) as feed:
        with pytest.raises(IndexError):
            async for _ in feed:
                heard += 1
                if heard == 3:
                    poller.wake()
    assert [wait[1] for wait in server.waits] == [6.0, 9.0, 4.0]


async def test_failed_look_is_lost_and_the_next_good_one_heard() -> None:
    server = Server([Unreachable("look", "no route"), Unreachable("look", "no route"), Seen()])
    notices = await server.notices(polled(server))
    assert [type(notice) for notice in notices] == [Lost, Lost, Heard]
    first, second = (notice for notice in notices if isinstance(notice, Lost))
    assert 0.5 <= first.retry_in_s <= 1.0 <= second.retry_in_s <= 2.0
    assert first.reason == "no route"


async def test_server_that_asks_us_to_wait_is_left_alone_as_long() -> None:
    server = Server([RateLimited("look", "too many", after_s=90.0), Seen()])
    [lost, *_] = await server.notices(polled(server))
    assert isinstance(lost, Lost)
    assert lost.retry_in_s == 90.0
    assert server.waits[0] == (90.0, 90.0)


async def test_refused_token_ends_the_feed() -> None:
    server = Server([SignInNeeded("look")])
    with pytest.raises(SignInNeeded):
        await anext(polled(server).feed(None))


async def test_rest_ends_at_once_when_woken_but_never_before_its_least() -> None:
    woken = asyncio.Event()
    woken.set()
    clock = asyncio.get_running_loop().time
    began = clock()
    await rest(0.02, 60.0, woken)
    assert 0.015 <= clock() - began < 30.0
