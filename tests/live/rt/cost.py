"""How many requests each step of an agent makes of a real Request Tracker, counted in front of it.

`python -m tests.live.rt.cost` starts one and prints the table of docs/backends-rt.md; a test holds the page to it.
"""

import asyncio
import sys
from collections.abc import Awaitable

from supportdesk_tui.backends.rt.adapter import RtBackend
from supportdesk_tui.domain.changes import Assign, Reply, SetPriority
from supportdesk_tui.domain.ids import AgentId, ChangeKey
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.ticket import Priority
from tests.contract.relay import relay_to
from tests.live.rt.server import RequestTracker, running, stop_running


async def counted(rt: RequestTracker) -> dict[str, int]:
    """Requests by step."""
    checkout, alone, title = rt.fact("CHECKOUT"), rt.fact("HOURS"), rt.fact("TITLE")
    taking = Assign(AgentId("alice"), only_if_unowned=True)
    steps: dict[str, int] = {}
    async with relay_to(rt.url) as relay:

        async def count(step: str, *asked: Awaitable[object]) -> None:
            before = relay.opened
            for one in asked:
                await one
            steps[f"… {step}"] = relay.opened - before

        desk, shell = (RtBackend(relay.url, rt.token(login)) for login in ("alice", "bob"))
        await count("signing in", desk.open())
        await count("what the pickers show, once", desk.get_directory())
        await count("a page of the queue", desk.list_tickets(QueueQuery(), None))
        customer = (await desk.get_ticket(checkout)).summary.customer_id
        for step, ticket in (("with links", checkout), ("without links", alone)):
            opening = desk.get_ticket(ticket), desk.list_entries(ticket, None), desk.get_customer(customer)
            await count(f"opening a ticket {step}", *opening)
        await count("a reply or note", desk.apply(title, Reply("Counted."), ChangeKey("k1")))
        await count("a change of data", desk.apply(title, SetPriority(Priority.P3), ChangeKey("k2")))
        await count("assigning", desk.apply(title, Assign(AgentId("bob")), ChangeKey("k3")))
        await count("taking", desk.apply(alone, taking, ChangeKey("k4")))
        await count("a reply from the shell, signing in included", shell.apply(title, Reply("Shelled."), ChangeKey("k5")))
        await desk.close()
        await shell.close()
    return steps


if __name__ == "__main__":
    try:
        for name, number in asyncio.run(counted(running())).items():
            sys.stdout.write(f"| {name} | {number} |\n")
    finally:
        stop_running()
