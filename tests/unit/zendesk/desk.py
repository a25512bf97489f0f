"""Agents at the fake Zendesk, and what they keep."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from supportdesk_tui.backends.zendesk.adapter import Choices, ZendeskBackend
from supportdesk_tui.backends.zendesk.oauth import Rotation
from supportdesk_tui.domain.ids import TicketId
from tests.contract.zendesk_floor import EAGER
from tests.fakes.zendesk import Zendesk
from tests.fakes.zendesk_oauth import CLIENT


@dataclass
class Vault:
    """Where secrets are kept, as a key store would."""

    secrets: list[str] = field(default_factory=list)
    on_keep: Callable[[], None] = lambda: None

    def keep(self, secret: str) -> None:
        """Store one."""
        self.on_keep()
        self.secrets.append(secret)

    def load(self) -> str | None:
        """What is kept now."""
        return self.secrets[-1] if self.secrets else None


def rotation(server: Zendesk, vault: Vault | None = None) -> Rotation:
    """How pairs are renewed at the fake."""
    made = Rotation(url=server.url, client_id=CLIENT, limits=EAGER.limits)
    return made if vault is None else replace(made, keep=vault.keep, load=vault.load)


def backend(
    server: Zendesk, secret: str = "", *, vault: Vault | None = None, login: str = "ana", choices: Choices = EAGER
) -> ZendeskBackend:
    """An agent, signed in with a pair of their own unless a secret is given."""
    return ZendeskBackend(secret or server.tokens.secret(login), rotation(server, vault), choices)


@asynccontextmanager
async def at(
    server: Zendesk, secret: str = "", *, vault: Vault | None = None, login: str = "ana", choices: Choices = EAGER
) -> AsyncIterator[ZendeskBackend]:
    """The same, let go of afterwards; it has learnt what there is."""
    made = backend(server, secret, vault=vault, login=login, choices=choices)
    try:
        await made.get_directory()
        yield made
    finally:
        await made.close()


def ending(secret: str, in_s: float) -> str:
    """The same pair, whose access token ends in so many seconds."""
    return json.dumps({**json.loads(secret), "expires": int(time.time() + in_s)})


def question(server: Zendesk, body: str = "Where is my money?", *, subject: str = "") -> TicketId:
    """A customer's new ticket."""
    asker = server.store.customer("Wang Li", "wang@example.com")
    made = server.store.open_ticket(asker, subject or body, {"body": body}, author=asker["id"], channel="email")
    return TicketId(str(made["id"]))
