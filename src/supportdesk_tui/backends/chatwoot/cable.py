"""Chatwoot's socket: ActionCable, protocol `actioncable-v1-json`, one subscription to RoomChannel.

The server greets with `welcome`, confirms or rejects the subscription, and then says `ping` every three seconds with its time;
everything else is a broadcast of an event with its data. What is missed while the socket is closed is not said again.
The one credential is the agent's `pubsub_token`: it is asked for anew for every socket, kept nowhere and never logged.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from supportdesk_tui.backends.calls import Call
from supportdesk_tui.backends.chatwoot.client import Chatwoot
from supportdesk_tui.backends.live import Pace
from supportdesk_tui.backends.loose import Node, said_in
from supportdesk_tui.backends.socket import Socket, open_socket
from supportdesk_tui.domain.errors import Forbidden, Unreachable
from supportdesk_tui.text.safe import sanitize_line

PROTOCOL = "actioncable-v1-json"
OPERATION = "listen"


@dataclass(frozen=True, slots=True, kw_only=True)
class CablePace(Pace):
    """How patient the feed is with Chatwoot's socket."""

    silence_s: float = 9.0
    """Three pings in a row are missing."""
    backoff_s: float = 1.0
    presence_s: float = 15.0
    """Between two words that we are here; Chatwoot forgets after twenty seconds."""
    check_s: float = 300.0
    """Between two looks whether something was not said: what Chatwoot broadcasts is kept nowhere, and may get lost."""
    unsettled: int = 4
    """So many sockets in a row that did not hold make the desk look for news instead."""
    again_s: float = 15.0
    """Before a socket is tried again that could not be opened; doubles up to `again_max_s`."""
    again_max_s: float = 600.0
    typing_s: float = 30.0
    """Who has not typed for this long has stopped, whether or not Chatwoot said so."""

    def again_after(self, refusals: int) -> float:
        """Seconds before the next try, after so many in vain."""
        return min(self.again_max_s, self.again_s * 2.0 ** min(refusals - 1, 20))


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One event of the account."""

    event: str
    data: Node


@dataclass(frozen=True, slots=True)
class Beat:
    """A ping, with the server's time."""

    at: datetime | None


class Cable:
    """One socket with its subscription."""

    def __init__(self, socket: Socket, identifier: str, pace: Pace) -> None:
        self._socket = socket
        self._identifier = identifier
        self._pace = pace
        self._waiting: list[Node] = []
        """Frames that came together with the confirmation."""
        self._clock = asyncio.get_running_loop().time
        self._whole_at = self._clock()

    async def subscribe(self) -> None:
        """Say who listens, once greeted; returns when the server has agreed."""
        is_greeted = False
        while True:
            frames = await self._frames()
            for place, frame in enumerate(frames):
                kind = frame.text("type")
                if kind == "welcome" and not is_greeted:
                    is_greeted = True
                    await self._say({"command": "subscribe", "identifier": self._identifier})
                elif kind == "reject_subscription":
                    raise Forbidden(OPERATION, sanitize_line("Chatwoot refused the subscription"))
                elif kind == "confirm_subscription" and is_greeted:
                    self._waiting = frames[place + 1 :]
                    return

    async def receive(self) -> list[Broadcast | Beat]:
        """What comes next, as much as came at once; at least every few seconds a ping."""
        frames, self._waiting = self._waiting or await self._frames(), []
        return list(self._read(frames))

    async def perform(self, action: str) -> None:
        """Have the channel do something."""
        data = json.dumps({"action": action})
        await self._say({"command": "message", "identifier": self._identifier, "data": data})

    def _read(self, frames: Iterable[Node]) -> Iterable[Broadcast | Beat]:
        for frame in frames:
            if frame.text("type") == "ping":
                yield Beat(frame.when("message"))
            elif frame.text("identifier") == self._identifier and frame.text("message", "event"):
                yield Broadcast(frame.text("message", "event"), frame.at("message", "data"))

    async def _frames(self) -> list[Node]:
        texts = await self._socket.receive(self._pace.silence_s)
        if texts:
            self._whole_at = self._clock()
        elif self._clock() - self._whole_at > self._pace.stall_s:
            raise Unreachable(OPERATION, sanitize_line("bytes, but no whole frame"))
        frames = [said_in(text.encode(errors="replace")) for text in texts]
        for frame in frames:
            if not isinstance(frame.value, dict):
                # It may have been news: a new socket begins with reading what was missed.
                raise Unreachable(OPERATION, sanitize_line("a frame that cannot be read"))
            if frame.text("type") == "disconnect":
                raise Unreachable(OPERATION, sanitize_line(f"Chatwoot ended it: {frame.line('reason', limit=80)}"))
        return frames

    async def _say(self, command: dict[str, str]) -> None:
        await self._socket.send(json.dumps(command))


@asynccontextmanager
async def open_cable(desk: Chatwoot, token: str, pace: Pace) -> AsyncIterator[Cable]:
    """A subscribed socket for the signed-in agent; any `BackendError` says that there is none to be had."""
    if not token:
        raise Forbidden(OPERATION, sanitize_line("Chatwoot gave no token for its socket"))
    room = {
        "channel": "RoomChannel",
        "pubsub_token": token,
        "account_id": _number(desk.account),
        "user_id": _number(desk.lens.me),
    }
    call = Call(operation=OPERATION, method="GET", route="/cable", attempts=1)
    async with open_socket(desk.http, call, PROTOCOL) as socket:
        cable = Cable(socket, json.dumps(room), pace)
        try:
            async with asyncio.timeout(pace.connect_s):
                await cable.subscribe()
        except TimeoutError:
            raise Unreachable(OPERATION, sanitize_line(f"no subscription within {pace.connect_s:g} s")) from None
        yield cable


def _number(said: str | None) -> int | str:
    return int(said) if said and said.isascii() and said.isdecimal() else said or ""
