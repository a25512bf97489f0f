"""A fake Chatwoot 4: one account, behaving as the facts of the product say, its quirks included. Behind nginx, as most are."""

import email.policy
import json
import re
import threading
from collections.abc import Iterator
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.types import Receive, Scope, Send

from tests.fakes.chatwoot_cable import Cable, as_pushed_conversation, as_pushed_message, as_pushed_user
from tests.fakes.chatwoot_routes import GONE, ROUTES, C, Handler
from tests.fakes.chatwoot_world import Refusal, Row, World
from tests.fakes.serving import Request, Served, Watched
from tests.specs.strict import checker

UNSIGNED = {"errors": ["You need to sign in or sign up before continuing."]}
FORBIDDEN = {"error": "You are not authorized to do this action"}

CHANGES = {
    "assignee.changed": ("assignee",),
    "team.changed": ("team",),
    "conversation.status_changed": ("status",),
    "conversation.updated": ("labels", "priority", "custom_attributes", "snoozed_until", "assignee", "team", "status"),
    "conversation.read": ("seen",),
}
"""Events, and what of a conversation must have changed for them."""
KNOWN: dict[str, str] = {
    r"GET .*/conversations: unknown query parameter '(sort_by|conversation_type|updated_within)'": (
        "the finder reads them; facts, 'Where the swagger differs' 3"
    ),
    r"POST .*/conversations/filter: body /payload/\d+/query_operator: null is not (one of .*|of type .*)": (
        "the last condition's must be null, as in the swagger's own example; facts, 'Lists, filters, views'"
    ),
    r"POST .*/messages: body /: Unevaluated properties are not allowed \(('(echo_id|cc_emails)'(, )?)+ w\w+ unexpected\)": (
        "the message builder reads them; facts, 'Messages', Send"
    ),
}
"""Findings against requests that are right, each with the fact that proves it."""


def check(request: Request) -> Iterator[str]:
    """What the specification has against a request; our token has no business where files lie."""
    if request.path.startswith("/rails/"):
        if {"api-access-token", "authorization", "cookie"} & request.headers.keys():
            yield f"{request.method} {request.path}: the token went to a signed address"
        return
    for finding in checker("chatwoot").check(request.method, request.url, request.json):
        if not any(re.fullmatch(known, finding) for known in KNOWN):
            yield finding


class Desk:
    """The application over a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lock = threading.Lock()
        self.base = ""
        self.cable = Cable(self)
        self._later: list[tuple[Row, Row, bool]] | None = None
        world.spoken = self._spoken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one socket."""
        if scope["type"] == "websocket":
            await self.cable.serve(scope, receive, send)
            return
        body = (await receive()).get("body", b"")
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode()
        asked: Row = {"query": parse_qs(scope["query_string"].decode(), keep_blank_values=True), "headers": headers}
        with self.lock:
            try:
                answer = self._file(path) or self._api(scope["method"], path, asked, body)
            except Refusal as refusal:
                answer = (refusal.status, {"content-type": "application/json"}, json.dumps(refusal.body).encode())
        status, sent, data = answer
        head = [(name.encode(), value.encode()) for name, value in {**sent, "content-length": str(len(data))}.items()]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": data})

    def _file(self, path: str) -> tuple[int, dict[str, str], bytes] | None:
        """A signed address, which leads to where the file lies; no token is looked at."""
        found = re.fullmatch(r"/rails/active_storage/(blobs/redirect|disk)/(?P<key>\w+)--signed/(?P<name>[^/]+)", path)
        if found is None:
            return None
        if found["key"] not in self.world.blobs:
            return 404, {}, b""
        if found[1] != "disk":
            return 302, {"location": f"{self.base}{path.replace('blobs/redirect', 'disk')}?disposition=inline"}, b""
        kind, data = self.world.blobs[found["key"]]
        return 200, {"content-type": kind}, data

    def _api(self, method: str, path: str, asked: Row, body: bytes) -> tuple[int, dict[str, str], bytes]:
        user = self._user(asked["headers"])
        asked["body"], asked["files"] = _decoded(asked["headers"].get("content-type", ""), body)
        for one, pattern, handler in ROUTES:
            found = pattern.fullmatch(path)
            if one == method and found:
                if found.groupdict().get("id") and pattern.pattern.startswith(C):
                    asked["row"] = self.conversation(found["id"], user)
                answer = self._done(handler, user, found, asked)
                return 200, {"content-type": "application/json"}, b"" if answer is None else json.dumps(answer).encode()
        if re.match(r"/api/v1/accounts/(?!1/)", path):
            raise Refusal(401, {"error": "You are not authorized to access this account"})
        raise Refusal(404, GONE)

    def _done(self, handler: Handler, user: Row, found: "re.Match[str]", asked: Row) -> Any:
        """Do it, and tell what became of the conversation; the words that came of it are told afterwards, by a job."""
        row = asked.get("row")
        before, self._later = dict(row or {}), []
        try:
            answer = handler(self, user, found, asked)
        finally:
            said, self._later = self._later, None
        for event, names in CHANGES.items():
            if row is not None and any(before[name] != row[name] for name in names):
                self.tell(event, row, user)
        for words in said:
            self._spoken(*words)
        return answer

    def _spoken(self, row: Row, message: Row, is_reopened: bool) -> None:
        if self._later is not None:
            self._later.append((row, message, is_reopened))
            return
        if is_reopened:
            self.tell("conversation.status_changed", row)
        self.tell_message("message.created", row, message)

    def tell(self, event: str, row: Row, performer: Row | None = None) -> None:
        """Broadcast a conversation as it stands."""
        self.cable.tell(event, self._pushed(row), performer)

    def tell_message(self, event: str, row: Row, message: Row) -> None:
        """Broadcast a message; its echo comes with it."""
        shown = self.world.as_message(message, row, self.base, message.get("echo"))
        self.cable.tell(event, as_pushed_message(shown, row, message["at"], self.shown(row)["unread_count"]))

    def tell_typing(self, row: Row, user: Row, word: str, *, is_private: bool) -> None:
        """Broadcast who types to everybody else."""
        said = {"conversation": self._pushed(row), "user": as_pushed_user(user), "is_private": is_private}
        self.cable.tell(f"conversation.typing_{word}", said, but=user["id"])

    def _pushed(self, row: Row) -> Row:
        messages = [self.world.as_message(one, row, self.base) for one in self.world.messages[row["id"]]]
        return as_pushed_conversation(self.shown(row), messages)

    def _user(self, headers: dict[str, str]) -> Row:
        token = headers.get("api-access-token")
        if not token:
            raise Refusal(401, UNSIGNED)
        found = next((one for one in self.world.users.values() if one["token"] == token), None)
        if found is None:
            raise Refusal(401, {"error": "Invalid Access Token"})
        return found

    def conversation(self, number: str, user: Row) -> Row:
        """By the number people see; whoever may not work gets 401, not 403."""
        row = self.world.conversations.get(int(number)) if number.isdecimal() else None
        if row is None:
            raise Refusal(404, GONE)
        self.allow(user)
        return row

    def allow(self, user: Row) -> None:
        """Whether this agent may work on conversations."""
        if not {"agent", "administrator", "conversation_manage"} & set(user["permissions"]):
            raise Refusal(401, FORBIDDEN)

    def shown(self, row: Row) -> Row:
        """A conversation as JSON."""
        return self.world.as_conversation(row, self.base)


def _decoded(kind: str, body: bytes) -> tuple[Row, list[tuple[str, str, bytes]]]:
    if not kind.startswith("multipart/"):
        return (json.loads(body) if body else {}), []
    read = BytesParser(policy=email.policy.HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    fields: Row = {}
    files: list[tuple[str, str, bytes]] = []
    for part in read.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        if part.get_filename() is None:
            fields[str(name)] = data.decode()
        else:
            assert name == "attachments[]"
            written = str(part.get_filename()).encode("utf-8", "surrogateescape").decode()
            files.append((unquote(written), part.get_content_type(), data))
    return fields, files


class FakeChatwoot:
    """A Chatwoot on loopback, with what its customers do by a back door."""

    def __init__(self, world: World) -> None:
        self.desk = Desk(world)
        self.world = world
        self.watched = Watched(self.desk, check)
        self._served = Served(self.watched, ws="auto").start()
        self.cable = self.desk.cable
        self.url = self.desk.base = self._served.url

    def customer_writes(self, body: str, *, subject: str = "", thread: int = 0) -> int:
        """A mail; the conversation it is on."""
        with self.desk.lock:
            row = self.world.conversations.get(thread)
            if row is None:
                sender = self.world.add_contact(f"customer{len(self.world.contacts)}@example.com")
                row = self.world.add_conversation(sender, 1, subject or None)
                self.desk.tell("conversation.created", row)
            self.world.customer_says(row, body)
            return int(row["id"])

    def customer_sees(self, ticket: int) -> list[str]:
        """What was said in public."""
        with self.desk.lock:
            messages = self.world.messages[ticket]
            return [str(one["content"]) for one in messages if one["message_type"] in {0, 1} and not one["private"]]

    def stop(self) -> None:
        """Stop serving."""
        self._served.stop()
