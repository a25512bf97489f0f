"""What a Chatwoot account holds, as a fake keeps it: rows in dictionaries, changed the way the product changes them."""

import itertools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

Row = dict[str, Any]
STATUSES = ("open", "resolved", "pending", "snoozed")
PRIORITIES = ("low", "medium", "high", "urgent")


class Refusal(Exception):  # noqa: N818  names the condition
    """An answer that is a refusal."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass
class World:
    """One account, its number 1, with three agents; the trainee has a custom role without conversations."""

    account: int = 1
    users: dict[int, Row] = field(default_factory=dict)
    teams: dict[int, Row] = field(default_factory=dict)
    inboxes: dict[int, Row] = field(default_factory=dict)
    contacts: dict[int, Row] = field(default_factory=dict)
    conversations: dict[int, Row] = field(default_factory=dict)
    messages: dict[int, list[Row]] = field(default_factory=dict)
    blobs: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    typed: list[tuple[int, int, str, bool]] = field(default_factory=list)
    """(agent, conversation, on or off, among agents only)."""
    filters: dict[int, Row] = field(default_factory=dict)
    articles: list[Row] = field(default_factory=list)
    canned: list[Row] = field(default_factory=list)
    macros: list[Row] = field(default_factory=list)
    queued: list[Row] = field(default_factory=list)
    """Bulk actions and macros that were taken: nothing here ever works them off."""
    spoken: Callable[[Row, Row, bool], None] | None = None
    """Told of every message: its conversation, the message, and whether the conversation was opened again by it."""
    tick: float = 0.0
    numbers: Any = field(default_factory=lambda: itertools.count(5001))
    """Messages of the whole installation are numbered together."""

    def now(self) -> float:
        """A time that never repeats: a database tells microseconds apart, two requests in a test might not."""
        self.tick = max(time.time(), self.tick + 0.000002)
        return self.tick

    # --- people and places

    def add_user(self, number: int, name: str, role: str, permissions: list[str]) -> None:
        """An agent, by the access token `token-<name>`."""
        self.users[number] = {
            "id": number, "name": name, "available_name": name, "email": f"{name.lower()}@desk.example", "role": role,
            "permissions": permissions, "availability": "online", "auto_offline": False, "token": f"token-{name.lower()}",
            "pubsub": f"pubsub-{number}",
        }  # fmt: skip

    def add_contact(self, email: str, **more: Any) -> Row:
        """Who writes."""
        number = len(self.contacts) + 41
        self.contacts[number] = {
            "id": number, "name": email.partition("@")[0], "email": email, "phone_number": None, "identifier": None,
            "blocked": False, "thumbnail": "", "custom_attributes": {}, "additional_attributes": {"city": "Lisbon"},
            "created_at": int(self.now()), "last_activity_at": int(self.now()), "availability_status": "offline", **more,
        }  # fmt: skip
        return self.contacts[number]

    def add_conversation(self, contact: Row, inbox: int, subject: str | None = None, **more: Any) -> Row:
        """A conversation without words yet."""
        number = len(self.conversations) + 1
        at = self.now()
        more = {name: value for name, value in more.items() if value is not None}
        self.conversations[number] = {
            "id": number, "uuid": str(uuid.uuid4()), "inbox_id": inbox, "status": "open", "priority": None, "labels": [],
            "contact": contact["id"], "assignee": None, "team": None, "custom_attributes": {}, "participants": set(),
            "additional_attributes": {"mail_subject": subject} if subject else {}, "snoozed_until": None, "created": at,
            "updated": at, "activity": at, "waiting": None, "first_reply": None, "seen": 0.0, "can_reply": True, **more,
        }  # fmt: skip
        self.messages[number] = []
        return self.conversations[number]

    # --- words

    def say(self, conversation: Row, content: str | None, kind: int, **more: Any) -> Row:
        """A message, and what it does to its conversation."""
        at = self.now()
        message = {
            "id": next(self.numbers), "content": content, "message_type": kind, "private": False, "content_type": "text",
            "status": "sent", "content_attributes": {}, "at": at, "source_id": None, "sender": None, "attachments": [], **more,
        }  # fmt: skip
        self.messages[conversation["id"]].append(message)
        conversation["updated"] = conversation["activity"] = at
        is_reopened = kind == 0 and conversation["status"] in {"resolved", "snoozed"}
        if kind == 0:
            conversation["waiting"] = conversation["waiting"] or at
        if is_reopened:
            conversation |= {"status": "open", "snoozed_until": None}
        if kind == 1 and not message["private"]:
            conversation["waiting"] = None
            conversation["first_reply"] = conversation["first_reply"] or at
        if self.spoken is not None:
            self.spoken(conversation, message, is_reopened)
        return message

    def customer_says(self, conversation: Row, content: str, html: str = "") -> Row:
        """A message of the customer; mail comes with its HTML."""
        email = {"email": {"html_content": {"full": html}, "text_content": {"full": content}}} if html else {}
        return self.say(conversation, content, 0, sender=("contact", conversation["contact"]), content_attributes=email)

    def note_activity(self, conversation: Row, text: str) -> None:
        """A line of the product's own: written by a job after the request, without a sender."""
        self.say(conversation, text, 2)

    def store(self, name: str, media_type: str, data: bytes) -> Row:
        """A file of a message; its address is signed and holds its name."""
        key = uuid.uuid4().hex
        self.blobs[key] = (media_type, data)
        kind = media_type.partition("/")[0]
        return {
            "id": len(self.blobs) + 900, "file_type": kind if kind in {"image", "audio", "video"} else "file",
            "key": key, "name": name, "file_size": len(data), "extension": name.rpartition(".")[2],
        }  # fmt: skip

    # --- as JSON

    def as_user(self, user: Row) -> Row:
        """An agent in a list."""
        return {
            "id": user["id"], "account_id": self.account, "availability_status": user["availability"],
            "auto_offline": user["auto_offline"], "confirmed": True, "email": user["email"], "available_name": user["name"],
            "name": user["name"], "role": user["role"], "thumbnail": "", "custom_role_id": None,
        }  # fmt: skip

    def as_profile(self, user: Row) -> Row:
        """The answer that holds secrets."""
        account = {
            "id": self.account, "name": "Exchange", "status": "active", "role": user["role"],
            "permissions": user["permissions"],
            "availability": user["availability"], "availability_status": user["availability"],
            "auto_offline": user["auto_offline"],
        }  # fmt: skip
        return {
            "id": user["id"], "name": user["name"], "available_name": user["name"], "display_name": None,
            "email": user["email"], "access_token": user["token"], "pubsub_token": user["pubsub"], "uid": user["email"],
            "message_signature": None, "ui_settings": {}, "role": user["role"], "account_id": self.account,
            "accounts": [account],
        }  # fmt: skip

    def as_sender(self, message: Row) -> Row | None:
        """Who said it; nobody for the product's own lines."""
        if message["sender"] is None:
            return None
        kind, number = message["sender"]
        if kind == "contact":
            return {**self.contacts[number], "type": "contact"}
        user = self.users[number]
        return {"id": number, "name": user["name"], "available_name": user["name"], "type": "user", "avatar_url": ""}

    def as_message(self, message: Row, conversation: Row, base: str, echo: str | None = None) -> Row:
        """A message; a sender only where there is one."""
        said = {
            "id": message["id"], "content": message["content"], "inbox_id": conversation["inbox_id"],
            "conversation_id": conversation["id"], "message_type": message["message_type"], "private": message["private"],
            "content_type": message["content_type"], "status": message["status"], "created_at": int(message["at"]),
            "content_attributes": message["content_attributes"], "source_id": message["source_id"],
        }  # fmt: skip
        sender = self.as_sender(message)
        if sender is not None:
            said["sender"] = sender
        if message["attachments"]:
            said["attachments"] = [self._as_attachment(one, message, base) for one in message["attachments"]]
        if echo is not None:
            said["echo_id"] = echo
        return said

    def _as_attachment(self, one: Row, message: Row, base: str) -> Row:
        ours = f"{base}/rails/active_storage/blobs/redirect/{one['key']}--signed/{quote(one['name'])}"
        address = one.get("address", ours)
        shown = {name: one[name] for name in ("id", "file_type", "file_size", "extension")}
        return {**shown, "message_id": message["id"], "account_id": self.account, "data_url": address, "thumb_url": ""}

    def as_conversation(self, row: Row, base: str) -> Row:
        """A conversation, alone or in a list: `meta.assignee` is left out when nobody has it."""
        contact, messages = self.contacts[row["contact"]], self.messages[row["id"]]
        spoken = [one for one in messages if one["message_type"] != 2]
        meta: Row = {"sender": contact, "channel": self.inboxes[row["inbox_id"]]["channel_type"], "hmac_verified": False}
        if row["assignee"]:
            meta |= {"assignee": self.as_user(self.users[row["assignee"]]), "assignee_type": "User"}
        if row["team"]:
            meta["team"] = {"id": row["team"], "name": self.teams[row["team"]]["name"]}
        unread = sum(one["message_type"] == 0 and one["at"] > row["seen"] for one in messages)
        return {
            "id": row["id"], "account_id": self.account, "uuid": row["uuid"], "inbox_id": row["inbox_id"],
            "status": row["status"], "priority": row["priority"], "labels": row["labels"], "meta": meta,
            "messages": [self.as_message(messages[-1], row, base)] if messages else [],
            "last_non_activity_message": self.as_message(spoken[-1], row, base) if spoken else None,
            "can_reply": row["can_reply"], "muted": False, "unread_count": min(unread, 10),
            "snoozed_until": row["snoozed_until"], "created_at": int(row["created"]), "updated_at": row["updated"],
            "timestamp": int(row["activity"]), "last_activity_at": int(row["activity"]),
            "waiting_since": int(row["waiting"] or 0), "first_reply_created_at": int(row["first_reply"] or 0),
            "agent_last_seen_at": int(row["seen"]), "assignee_last_seen_at": 0, "contact_last_seen_at": 0,
            "additional_attributes": row["additional_attributes"], "custom_attributes": row["custom_attributes"],
            "sla_policy_id": None, **({"applied_sla": row["applied_sla"]} if "applied_sla" in row else {}),
        }  # fmt: skip
