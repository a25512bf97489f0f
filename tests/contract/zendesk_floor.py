"""A fake Zendesk under the contract: agents signed in by OAuth, customers by the back door, every request held against the
published specification."""

import itertools

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.backends.zendesk.adapter import Choices, ZendeskBackend
from supportdesk_tui.backends.zendesk.oauth import Rotation
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.domain.ticket import Channel
from tests.contract.words import Words
from tests.fakes.zendesk import Zendesk
from tests.fakes.zendesk_oauth import CLIENT

EAGER = Choices(
    budget=Budget(per_minute=3000, quick_s=0.05, slow_s=0.1), page=20, talk=12, job_s=0.01, limits=Limits(backoff_s=0.01)
)
_CUSTOMERS = itertools.count(1)


class ZendeskFloor:
    """One account of Zendesk Suite with statuses of its own and omnichannel routing."""

    me = "ana"
    other = "ben"
    trainee = "tom"
    lacks = SPECS["zendesk"].gaps()
    words = Words(
        pending="pending",
        solved="solved",
        talk=40,
        longest=0,
        articles=(("refund", "en"), ("退款", "zh")),
        max_file=50 * 1024 * 1024,
        is_seeded=False,
        channel=Channel.TICKET,
    )

    def __init__(self) -> None:
        self.server = Zendesk().start()
        self.url = self.server.url
        self._threads: dict[str, TicketId] = {}

    def backend(self, login: str, url: str = "") -> ZendeskBackend:
        """An agent's backend, with a sign-in of its own."""
        return at(url or self.url, self.server.tokens.secret(login))

    def stranger(self) -> ZendeskBackend:
        """A backend with a token nobody has."""
        return at(self.url, "nobody-has-this-token")

    async def customer_writes(self, body: str, *, subject: str = "", thread: str = "", channel: str = "email") -> TicketId:
        """Into the store."""
        known = self._threads.get(thread) if thread else None
        if known is not None:
            self.server.store.customer_says(int(known), body)
            return known
        number = next(_CUSTOMERS)
        asker = self.server.store.customer(f"Writer {number}", f"writer{number}@example.com")
        made = self.server.store.open_ticket(
            asker, subject or body[:60].replace("\n", " "), {"body": body}, author=asker["id"], channel=channel
        )
        ticket = TicketId(str(made["id"]))
        if thread:
            self._threads[thread] = ticket
        return ticket

    async def customer_sees(self, ticket: TicketId) -> list[str]:
        """Public comments."""
        return self.server.seen_by_customer(int(ticket))

    def close(self) -> None:
        """Stop, and fail on anything the specification had against a request."""
        self.server.stop()
        assert not self.server.findings, "\n".join(dict.fromkeys(self.server.findings))


def at(url: str, secret: str) -> ZendeskBackend:
    """A backend that keeps nothing."""
    return ZendeskBackend(secret, Rotation(url=url, client_id=CLIENT, limits=EAGER.limits), EAGER)
