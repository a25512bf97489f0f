"""What the desk asks of a real Request Tracker, counted in front of it, and what an agent notices of a slow one."""

import asyncio
from pathlib import Path

import pytest

from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.backends.rt.adapter import Choices, RtBackend
from supportdesk_tui.domain.changes import Merge, Note
from supportdesk_tui.domain.feed import Heard
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.domain.queue import QueueQuery, SortKey
from supportdesk_tui.store.state import OutboxPhase
from tests.contract.relay import relay_to
from tests.live.rt.cost import counted
from tests.live.rt.desk import at_rt_desk
from tests.live.rt.server import RequestTracker
from tests.live.rt.test_shift import open_ticket

pytestmark = pytest.mark.xdist_group("contract-rt")


async def test_every_step_takes_as_many_requests_as_the_documentation_says(rt: RequestTracker) -> None:
    page = (Path(__file__).parents[3] / "docs" / "backends-rt.md").read_text(encoding="utf-8")
    said = {line.split("|")[1].strip(): int(line.split("|")[2]) for line in page.splitlines() if line.startswith("| …")}
    assert await counted(rt) == said


async def test_looking_for_news_stays_within_its_budget(rt: RequestTracker) -> None:
    """Every look of an idle desk is one request, and the first one after a wait is as soon as the budget allows."""
    async with relay_to(rt.url) as relay:
        backend = RtBackend(relay.url, rt.token("alice"), Choices(budget=Budget(per_minute=600, quick_s=0.01, slow_s=0.05)))
        await backend.list_tickets(QueueQuery(), None)
        before, started = relay.opened, asyncio.get_running_loop().time()
        looks = 0
        async for notice in backend.feed(None):
            looks += isinstance(notice, Heard)
            if looks == 6:
                break
        took = asyncio.get_running_loop().time() - started
        await backend.close()
    assert relay.opened - before == 6
    assert took >= 5 * 60 / 600


async def test_agent_who_may_not_see_comments_reads_the_rest_and_is_told_what_is_refused(rt: RequestTracker) -> None:
    hours = rt.fact("HOURS")
    backend, other = RtBackend(rt.url, rt.token("trainee")), RtBackend(rt.url, rt.token("alice"))
    for number in range(3):
        await other.apply(hours, Note(f"not for trainees {number}"), ChangeKey(f"n{number}"))
    page = await backend.list_entries(hours, None)
    assert [str(entry.body) for entry in page.items if "trainees" in entry.body] == []
    assert page.items[0].body
    assert page.after is None
    assert [row.id for row in (await backend.list_tickets(QueueQuery(sort=SortKey.CREATED), None)).items].count(hours) == 1
    with pytest.raises(Exception, match="CommentOnTicket"):
        await backend.apply(hours, Note("may I?"), ChangeKey("k4"))
    await backend.close()
    await other.close()


async def test_desk_goes_on_taking_keys_while_the_server_says_nothing(rt: RequestTracker, tmp_path: Path) -> None:
    async with relay_to(rt.url) as relay, at_rt_desk(relay.url, rt.token("alice"), tmp_path) as agent:
        await open_ticket(agent, rt.fact("TITLE"))
        relay.swallow()
        await agent.press("n")
        await agent.type("on its way")
        await agent.press("ctrl+d", "r")
        await agent.type("still typing")
        await agent.sees("still typing")
        assert any(item.phase is not OutboxPhase.SENT for item in agent.state.outbox)
        relay.heal()


async def test_old_number_of_a_merged_ticket_leads_to_the_one_it_went_into(rt: RequestTracker) -> None:
    backend = RtBackend(rt.url, rt.token("alice"))
    rt.mail("twice@example.com", "first of two", "one")
    rt.mail("twice@example.com", "second of two", "two")
    first, second = (
        TicketId(row["id"])
        for row in rt.ask("/tickets", query="Requestor.EmailAddress = 'twice@example.com'", orderby="id")["items"]
    )
    await backend.apply(second, Merge(first), ChangeKey("m1"))
    assert (await backend.get_ticket(second)).summary.id == first
    said = [str(entry.body) for entry in (await backend.list_entries(second, None)).items]
    assert {"one", "two"} <= set(said)
    await backend.close()
