"""What the contract suite needs of a backend under test: agents who sign in, and customers who write."""

import itertools
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx

from supportdesk_tui.backends.catalog import SPECS
from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.live import Pace
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.server.runner import ServerThread
from tests.contract.words import Words
from tests.fakes.serving import Watched

QUICK_FEED = Pace(backoff_s=0.01, backoff_max_s=0.05)
QUICK = Limits(backoff_s=0.01)


class Floor(Protocol):
    """A backend under test; one entry in `FLOORS` for each adapter."""

    url: str
    me: str
    other: str
    trainee: str
    """Logins of three agents; the trainee may not reply."""
    lacks: Mapping[Capability, str]
    """What the product cannot do, and why: tests that need it are not run, but what is said instead is tested."""
    words: Words

    def backend(self, login: str, url: str = "") -> Backend:
        """An agent's backend, not yet opened; another URL stands for a relay in front of the server."""
        ...

    def stranger(self) -> Backend:
        """A backend with a token nobody has."""
        ...

    async def customer_writes(self, body: str, *, subject: str = "", thread: str = "", channel: str = "email") -> TicketId:
        """A customer's message, with the means of the backend; the ticket it is on."""
        ...

    async def customer_sees(self, ticket: TicketId) -> list[str]:
        """The bodies a customer can read, asked past the adapter."""
        ...

    def close(self) -> None:
        """Stop the backend."""
        ...


class NativeFloor:
    """The embedded server, really running."""

    me = "li.wei"
    other = "mei.lin"
    trainee = "tom.hale"
    lacks = SPECS["native"].gaps()
    words = Words()

    def __init__(self) -> None:
        self.server = ServerThread(tickets=450, seed=7, ticking=False).start()
        self.url = self.server.url
        self._tokens = {login: self.server.token_for(login) for login in (self.me, self.other, self.trainee)}
        self._inbound = self.server.inbound_token
        self._customers = itertools.count(1)

    def backend(self, login: str, url: str = "") -> NativeBackend:
        """An agent's backend."""
        return NativeBackend(url or self.url, self._tokens[login], limits=QUICK, pace=QUICK_FEED)

    def stranger(self) -> NativeBackend:
        """A backend with a token nobody has."""
        return NativeBackend(self.url, "sd_nobody_has_this_token")

    async def customer_writes(self, body: str, *, subject: str = "", thread: str = "", channel: str = "email") -> TicketId:
        """Through the connectors' route."""
        said = {
            "channel": channel,
            "customer": f"customer{next(self._customers)}@example.com",
            "body": body,
            "subject": subject,
            "thread": thread or uuid.uuid4().hex,
            "category": "FND",
        }
        answer = await self._ask("POST", "/inbound", self._inbound, said)
        return TicketId(answer["ticket"])

    async def customer_sees(self, ticket: TicketId) -> list[str]:
        """Through the customer-visible route alone."""
        answer = await self._ask("GET", f"/tickets/{ticket}/entries", self._tokens[self.other])
        return [entry["body"] for entry in answer["items"]]

    async def _ask(self, method: str, route: str, token: str, body: dict[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, verify=False) as client:
            answer = await client.request(method, route, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        """Stop the server."""
        self.server.stop()


def _rt() -> Floor:
    from tests.contract.rt_floor import RtFloor

    return RtFloor()


def _chatwoot() -> Floor:
    from tests.contract.chatwoot_floor import ChatwootFloor

    return ChatwootFloor()


def _zammad() -> Floor:
    from tests.contract.zammad_floor import ZammadFloor

    return ZammadFloor()


def _zendesk() -> Floor:
    from tests.contract.zendesk_floor import ZendeskFloor

    return ZendeskFloor()


FLOORS: dict[str, Callable[[], Floor]] = {
    "native": NativeFloor,
    "rt": _rt,
    "chatwoot": _chatwoot,
    "zammad": _zammad,
    "zendesk": _zendesk,
}


WATCHED: dict[str, Callable[[Any], Watched]] = {
    "chatwoot": lambda floor: floor.fake.watched,
    "zammad": lambda floor: floor.watched,
    "zendesk": lambda floor: floor.server.watched,
}
"""Where the fakes' requests pass."""


def open_floor(name: str) -> Iterator[Floor]:
    """A floor for the length of a test session; with Prism asked for, what was said on it is shown to Prism in the end."""
    floor = FLOORS[name]()
    watched = WATCHED[name](floor) if name in WATCHED and "SUPPORTDESK_PRISM" in os.environ else None
    if watched is not None:
        watched.answers = []
    yield floor
    floor.close()
    if watched is not None:
        from tests.specs import prism

        prism.report(prism.play(name, watched.answers or []))


def new_key() -> ChangeKey:
    """A key as the desk makes them."""
    return ChangeKey(uuid.uuid4().hex)


def just_now() -> datetime:
    """When what is looked for may have been sent."""
    return datetime.now(UTC) - timedelta(seconds=30)
