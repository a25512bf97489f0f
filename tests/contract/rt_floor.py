"""A real Request Tracker under the contract: agents by their tokens, customers by mail."""

import asyncio
import itertools
from typing import Any

import httpx

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.backends.rt.adapter import Choices, RtBackend
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Channel
from tests.contract.words import Words
from tests.live.rt.server import running

QUICK = Limits(backoff_s=0.01)
EAGER = Choices(budget=Budget(per_minute=3000, quick_s=0.1, slow_s=0.2), page=20, talk=12)
_CUSTOMERS = itertools.cycle(f"customer{number}@example.com" for number in range(1, 7))
"""A few who write often: RT makes a user of each new address, which takes it half as long again as the mail."""


class RtFloor:
    """RT 5 as Debian packages it."""

    me = "alice"
    other = "bob"
    trainee = "trainee"
    lacks = SPECS["rt"].gaps()
    words = Words(
        pending="pending",
        solved="solved",
        talk=14,
        longest=0,
        articles=(("refund", "en"),),
        max_file=10 * 1024 * 1024,
        is_seeded=False,
        knows_roles=False,
        channel=Channel.EMAIL,
        reply_head=b"/correspond ",
    )

    def __init__(self) -> None:
        self.server = running()
        self.url = self.server.url
        self._threads: dict[str, TicketId] = {}

    def backend(self, login: str, url: str = "") -> RtBackend:
        """An agent's backend."""
        return RtBackend(url or self.url, self.server.token(login), EAGER, limits=QUICK)

    def stranger(self) -> RtBackend:
        """A backend with a token nobody has."""
        return RtBackend(self.url, "1-30-0123456789abcdef0123456789abcdef", EAGER, limits=QUICK)

    async def customer_writes(self, body: str, *, subject: str = "", thread: str = "", channel: str = "email") -> TicketId:
        """By mail, through the gate."""
        known = self._threads.get(thread) if thread else None
        sender = next(_CUSTOMERS)
        line = f"Re: [supportdesk #{known}] {subject}" if known else subject or body[:60].replace("\n", " ") or "no subject"
        await asyncio.to_thread(self.server.mail, sender, line, body)
        ticket = known or await self._newest_of(sender)
        if thread:
            self._threads[thread] = ticket
        return ticket

    async def _newest_of(self, sender: str) -> TicketId:
        found = await self._ask("/tickets", query=f"Requestor.EmailAddress = '{sender}'", orderby="id", order="DESC")
        return TicketId(str(found["items"][0]["id"]))

    async def customer_sees(self, ticket: TicketId) -> list[str]:
        """What was said in public, as the administrator reads it."""
        history = await self._ask(f"/ticket/{ticket}/history", fields="Type", per_page="100", orderby="id")
        public = [row["id"] for row in history["items"] if row["Type"] in {"Create", "Correspond"}]
        parts = await self._ask(
            f"/ticket/{ticket}/attachments", fields="TransactionId,ContentType,Filename,Content", per_page="100", orderby="id"
        )
        texts = {part["TransactionId"]: part["Content"] for part in parts["items"] if part["ContentType"] == "text/plain"}
        return [str(texts[one]).strip("\n") for one in public if one in texts]

    async def _ask(self, route: str, **query: str) -> Any:
        headers = {"Authorization": f"token {self.server.token('root')}"}
        async with httpx.AsyncClient(base_url=f"{self.url}/REST/2.0", headers=headers, verify=False, timeout=30) as client:
            answer = await client.get(route, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        """Nothing: the server goes on for the other tests of the product, and ends with the session."""
