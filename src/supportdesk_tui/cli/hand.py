"""A hand at the desk that nobody watches: presses keys, waits for what must follow, and asks the server what it wrote down."""

import asyncio
import http.client
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.state import DeskState

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from supportdesk_tui.app import DeskApp
    from supportdesk_tui.cli.demonstration import Stage

LIMIT_S = 30.0
"""For each thing that is waited for."""
POLL_S = 0.05
_NAMES = {" ": "space", "\n": "enter"}


class Missing(Exception):  # noqa: N818 - names the condition
    """What was waited for did not come."""


class Hand:
    """Keys into the app, and questions to the server beside it."""

    def __init__(self, app: "DeskApp", pilot: "Pilot[int]", stage: "Stage") -> None:
        self.app = app
        self._pilot = pilot
        self._stage = stage

    @property
    def state(self) -> DeskState:
        """What the desk knows now."""
        return self.app.store.state

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self._pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self._pilot.press(*(_NAMES.get(char, char) for char in text))

    async def until(self, holds: Callable[[DeskState], object], what: str) -> None:
        """Wait until the state fulfils something; wakes on every change of the store."""
        news = asyncio.Event()
        end = self.app.store.subscribe(lambda _: news.set())
        try:
            async with asyncio.timeout(LIMIT_S):
                while not holds(self.state):
                    news.clear()
                    await news.wait()
        except TimeoutError:
            raise Missing(f"never seen: {what}") from None
        finally:
            end()
        await self._pilot.pause()

    async def logged(self, ticket: TicketId, after: int, proves: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """The first event of the server's log after `after` that proves something."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while True:
                    for event in await self.log(ticket):
                        if event["seq"] > after and proves(event):
                            return event
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise Missing(f"not in the server's event log: {what}") from None

    async def log(self, ticket: TicketId) -> list[dict[str, Any]]:
        """The event log of a ticket, as the server tells it."""
        events = await self.ask("GET", f"/tickets/{ticket}/log", self._stage.token)
        return events if isinstance(events, list) else []

    async def write_as_customer(self, message: dict[str, str]) -> None:
        """Say something through the channel customers use."""
        await self.ask("POST", "/inbound", self._stage.inbound_token, message)

    async def ask(self, method: str, path: str, token: str, body: object = None) -> Any:
        """One request beside the app, so that what it proves does not come from the app."""
        return await asyncio.to_thread(_request, self._stage.url, method, f"/api/v1{path}", token, body)


def _request(url: str, method: str, path: str, token: str, body: object) -> Any:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=LIMIT_S)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
    except OSError as error:
        raise Missing(f"{method} {path}: {error}") from error
    finally:
        connection.close()
    if answer.status >= 300:
        raise Missing(f"{method} {path}: {answer.status} {text[:200].decode('utf-8', 'replace')}")
    return json.loads(text) if text else None
