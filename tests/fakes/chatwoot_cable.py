"""The socket of the fake Chatwoot: ActionCable over /cable, one stream for each agent, and what a test may make of it."""

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.types import Message, Receive, Scope, Send

from tests.fakes.chatwoot_world import Row

if TYPE_CHECKING:
    from tests.fakes.chatwoot import Desk

PROTOCOL = "actioncable-v1-json"


@dataclass(eq=False)
class Seat:
    """One open socket."""

    loop: asyncio.AbstractEventLoop
    waiting: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    user: Row | None = None
    """Who subscribed."""
    identifier: str = ""

    def say(self, frame: Any) -> None:
        """Send something, from whatever thread."""
        text = frame if isinstance(frame, str) else json.dumps(frame)
        self.put({"type": "websocket.send", "text": text})

    def put(self, message: Message) -> None:
        """Hand a message to the socket's own loop."""
        self.loop.call_soon_threadsafe(self.waiting.put_nowait, message)


class Cable:
    """Every socket that is open, and how the next ones fare."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self.seats: set[Seat] = set()
        self.ping_s = 0.1
        """Chatwoot says one every three seconds."""
        self.is_silent = False
        """Sockets are greeted and subscribed, and then nothing is said any more."""
        self.status = 0
        """Answered instead of an upgrade, as a proxy without sockets does."""
        self.is_rejecting = False
        """Every subscription is refused."""
        self.is_mute = False
        """No subscription is ever answered: what the product does where it finds no such agent."""
        self.opened = 0
        self.commands: list[Row] = []
        """What was subscribed to and performed."""

    def mend(self) -> None:
        """Nothing is broken any more."""
        self.status, self.is_silent, self.is_rejecting, self.is_mute = 0, False, False, False
        self.opened = 0
        self.commands.clear()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket from its upgrade to its end."""
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        await receive()
        refusal = self.status or (404 if headers.get("origin") != self._origin(headers) else 0)
        if refusal or scope["path"] != "/cable" or PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.http.response.start", "status": refusal or 404, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"Page not found"})
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        self.opened += 1
        seat = Seat(asyncio.get_running_loop())
        with self._lock:
            self.seats.add(seat)
        seat.say({"type": "welcome"})
        tasks = [asyncio.create_task(one) for one in (self._beat(seat), self._hear(seat, receive), _pass(seat, send))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            with self._lock:
                self.seats.discard(seat)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _origin(self, headers: dict[str, str]) -> str:
        """Rails lets in who comes from the host they ask."""
        return f"http://{headers.get('host', '')}"

    async def _beat(self, seat: Seat) -> None:
        while True:
            await asyncio.sleep(self.ping_s)
            if not self.is_silent:
                seat.say({"type": "ping", "message": int(time.time())})

    async def _hear(self, seat: Seat, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            command = json.loads(message["text"])
            self.commands.append(command)
            if command["command"] == "subscribe":
                self._subscribe(seat, command["identifier"])
            elif command["identifier"] == seat.identifier and json.loads(command["data"])["action"] == "update_presence":
                self._say_who_is_here(seat)

    def _subscribe(self, seat: Seat, identifier: str) -> None:
        room = json.loads(identifier)
        world = self._desk.world
        user = world.users.get(room["user_id"])
        is_ours = user is not None and room["pubsub_token"] == user["pubsub"] and room["account_id"] == world.account
        if self.is_mute:
            return
        if user is None or not is_ours or self.is_rejecting or room["channel"] != "RoomChannel":
            seat.say({"type": "reject_subscription", "identifier": identifier})
            return
        seat.user, seat.identifier = user, identifier
        seat.say({"type": "confirm_subscription", "identifier": identifier})
        self._say_who_is_here(seat)

    def _say_who_is_here(self, seat: Seat) -> None:
        """Agents that are away are left out."""
        users = {str(one["id"]): one["availability"] for one in self._desk.world.users.values()}
        here = {number: state for number, state in users.items() if state != "offline"}
        self._broadcast(seat, "presence.update", {"account_id": self._desk.world.account, "users": here, "contacts": {}})

    def _broadcast(self, seat: Seat, event: str, data: Row) -> None:
        if not self.is_silent:
            seat.say({"identifier": seat.identifier, "message": {"event": event, "data": data}})

    # --- what happens in the account

    def tell(self, event: str, data: Row, performer: Row | None = None, *, but: int | None = None) -> None:
        """Say an event to every agent who may see conversations; to one less where it is theirs."""
        said = {**data, "account_id": self._desk.world.account}
        if performer is not None:
            said["performer"] = as_pushed_user(performer)
        for seat in self._seats():
            if seat.user is not None and seat.user["id"] != but and "report_manage" not in seat.user["permissions"]:
                self._broadcast(seat, event, said)

    def _seats(self) -> list[Seat]:
        with self._lock:
            return list(self.seats)

    # --- what a test does to the sockets

    def cut(self) -> None:
        """End every socket."""
        for seat in self._seats():
            seat.put({"type": "websocket.close", "code": 1011})

    def say_raw(self, text: str) -> None:
        """Send a text as it is to every socket."""
        for seat in self._seats():
            seat.say(text)

    def say_bytes(self, data: bytes) -> None:
        """Send what is no text to every socket."""
        for seat in self._seats():
            seat.put({"type": "websocket.send", "bytes": data})


async def _pass(seat: Seat, send: Send) -> None:
    while True:
        message = await seat.waiting.get()
        await send(message)
        if message["type"] == "websocket.close":
            return


# --- as JSON, which is not quite that of the answers


def as_pushed_user(user: Row) -> Row:
    """An agent in an event."""
    return {
        "id": user["id"], "name": user["name"], "available_name": user["name"], "avatar_url": "", "type": "user",
        "availability_status": user["availability"], "thumbnail": "",
    }  # fmt: skip


def as_pushed_conversation(shown: Row, world_messages: list[Row]) -> Row:
    """A conversation in an event: its channel stands on top, nobody is `null`, only public words are in it."""
    meta = dict(shown["meta"])
    channel = meta.pop("channel")
    said = [one for one in world_messages if one["message_type"] != 2 and not one["private"]]
    left_out = {"last_non_activity_message", "account_id", "uuid", "muted"}
    return {
        **{name: value for name, value in shown.items() if name not in left_out},
        "channel": channel,
        "meta": {
            **meta,
            "assignee": meta.get("assignee"),
            "assignee_type": meta.get("assignee_type"),
            "team": meta.get("team"),
        },
        "messages": said[-1:],
        "contact_inbox": {"source_id": "s", "pubsub_token": "a-customer-s"},
    }


def as_pushed_message(shown: Row, conversation: Row, at: float, unread: int) -> Row:
    """A message in an event: all its columns, times cut to milliseconds, and a little of its conversation."""
    return {
        **shown,
        "updated_at": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "conversation": {
            "assignee_id": conversation["assignee"],
            "unread_count": unread,
            "last_activity_at": int(conversation["activity"]),
            "contact_inbox": {"source_id": "s"},
        },
    }
