"""One fake Zammad, what is asked of it, and what goes wrong on the way."""

from starlette.types import ASGIApp, Receive, Scope, Send

from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.polling import Budget
from supportdesk_tui.backends.zammad.adapter import Choices, ZammadBackend
from supportdesk_tui.domain.ids import TicketId
from tests.contract.zammad_floor import mailed, seeded
from tests.fakes.serving import Fault, Served, Watched
from tests.fakes.zammad import FakeZammad, check
from tests.fakes.zammad_desk import Desk

QUICK = Limits(deadline_s=20.0, backoff_s=0.005, wait_s=0.5)
EAGER = Choices(budget=Budget(per_minute=3000, quick_s=0.05, slow_s=0.1), page=10, is_listening=False)
API = "/api/v1"


class Port:
    """One port for a fake after the other: starting and stopping a server takes longer than most tests."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.served = Served(self).start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whoever is behind it now answers."""
        assert self.app is not None
        await self.app(scope, receive, send)


class World:
    """One fake and what is asked of it."""

    def __init__(self, port: Port) -> None:
        self.desk: Desk = seeded()
        self.fake = FakeZammad(self.desk)
        self.watched = Watched(self.fake, check)
        port.app = self.watched
        self.url = port.served.url

    def backend(self, choices: Choices = EAGER, *, token: str = "token-alice") -> ZammadBackend:
        return ZammadBackend(self.url, token, choices, limits=QUICK)

    def mail(self, body: str, known: TicketId | None = None) -> TicketId:
        return mailed(self.desk, body, "", known)

    def goes_wrong(self, fault: Fault) -> None:
        """Something will go wrong; paths are those below the API."""
        fault.path = API + fault.path
        self.watched.faults.append(fault)

    def bodies(self, ticket: TicketId) -> list[str]:
        return [str(self.desk.articles[one]["body"]) for one in self.desk.tickets[int(ticket)]["article_ids"]]
