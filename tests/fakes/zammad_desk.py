"""What a Zammad keeps: tickets, articles, people; and what its own rules do to them."""

import base64
import binascii
import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]
NOBODY = 1
NEW, OPEN, REMINDER, CLOSED, MERGED, REMOVED, PENDING_CLOSE, WAITING = range(1, 9)
EMAIL, PHONE, NOTE, WEB = 1, 5, 10, 11
TYPES = {1: "email", 2: "sms", 3: "chat", 5: "phone", 10: "note", 11: "web", 12: "telegram personal-message"}
SENDERS = {1: "Agent", 2: "Customer", 3: "System"}
_STATES = {
    NEW: ("new", 1, False),
    OPEN: ("open", 2, False),
    REMINDER: ("pending reminder", 3, True),
    CLOSED: ("closed", 5, True),
    MERGED: ("merged", 6, True),
    REMOVED: ("removed", 7, True),
    PENDING_CLOSE: ("pending close", 4, True),
    WAITING: ("waiting for customer", 3, True),
}


class Refusal(Exception):  # noqa: N818  names the condition
    """What Zammad answers instead."""

    def __init__(self, status: int, body: Row | str) -> None:
        super().__init__(str(body))
        self.status = status
        self.body: Row = {"error": body, "error_human": body} if isinstance(body, str) else body


def stamp(at: datetime | None = None) -> str:
    """A time as Zammad writes it."""
    at = at or datetime.now(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Desk:
    """One Zammad; the lock is held for every request and for what customers do by the back door."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.groups = {1: "Support", 2: "2nd Level", 3: "Finance"}
        self.states: dict[int, Row] = {
            number: {
                "id": number,
                "name": name,
                "state_type_id": kind,
                "ignore_escalation": ignored,
                "active": number != REMOVED,
            }
            for number, (name, kind, ignored) in _STATES.items()
        }
        self.priorities = {1: "1 low", 2: "2 normal", 3: "3 high"}
        self.users: dict[int, Row] = {}
        self.tokens: dict[str, int] = {}
        self.tickets: dict[int, Row] = {}
        self.articles: dict[int, Row] = {}
        self.files: dict[int, bytes] = {}
        self.tags: dict[int, list[str]] = {}
        self.mentions: dict[int, Row] = {}
        self.links: list[tuple[str, int, int]] = []
        """(type, source, target): "parent" says that the target is the parent of the source."""
        self.macros: dict[int, Row] = {}
        self.modules: dict[int, Row] = {}
        self.answers: list[Row] = []
        self.locked: set[int] = set()
        """Tickets that nobody may change."""
        self.custom: Row = {"order_no": "", "is_urgent": False}
        """Fields the admin made, and what a new ticket has there."""
        self.on_event: Callable[[str, Row], None] = lambda name, data: None
        self._ids: Iterator[int] = itertools.count(1)
        self._numbers: Iterator[int] = itertools.count(1)
        self._people: Iterator[int] = itertools.count(1)
        self.add_user("-", "", {})

    def add_user(self, login: str, name: str, groups: dict[int, list[str]], **more: Any) -> int:
        """Somebody; agents have groups."""
        number = next(self._people)
        first, _, last = name.partition(" ")
        row = {"id": number, "login": login, "email": login if "@" in login else f"{login}@desk.example"}
        row |= {"firstname": first, "lastname": last, "active": True, "vip": False, "out_of_office": False, "phone": ""}
        row |= {"group_ids": {str(group): access for group, access in groups.items()}, "organization_id": None}
        row |= {"preferences": {"locale": "en-us"}, "created_at": stamp(), "role_ids": [2] if groups else [3]}
        self.users[number] = row | more
        return number

    def customer(self, address: str, name: str = "") -> int:
        """The customer with an address, made when they are new."""
        known = next((one for one in self.users.values() if one["email"] == address), None)
        return known["id"] if known else self.add_user(address, name or f"Customer {address.partition('@')[0]}", {})

    # --- tickets

    def open_ticket(self, title: str, group: int, customer: int, by: int, **more: Any) -> Row:
        """A new ticket without words."""
        number, now = next(self._numbers), stamp()
        row: Row = {
            "id": number, "number": str(97_000 + number), "title": title, "group_id": group, "customer_id": customer,
            "owner_id": NOBODY, "state_id": NEW, "priority_id": 2, "organization_id": None, "escalation_at": None,
            "first_response_escalation_at": None, "update_escalation_at": None, "close_escalation_at": None,
            "pending_time": None, "last_owner_update_at": None, "last_contact_customer_at": None, "preferences": {},
            "create_article_type_id": NOTE, "create_article_sender_id": 1, "article_ids": [], "note": None,
            "created_by_id": by, "updated_by_id": by, "created_at": now, "updated_at": now, "type": None, **self.custom,
        }  # fmt: skip
        self.tickets[number] = row | more
        return self.tickets[number]

    def say(self, ticket: Row, by: int, said: Row) -> Row:
        """A new article, by the rules of articles; what is left out is filled in."""
        kinds = {name: number for number, name in TYPES.items()}
        kind = kinds.get(said.get("type", "note"))
        if not said.get("body"):
            raise Refusal(422, "Need at least an 'article body' field.")
        if kind is None:
            raise Refusal(422, f"No lookup value found for 'type': \"{said['type']}\"")
        if kind == EMAIL and not said.get("to") and said.get("sender") != "Customer":
            raise Refusal(422, "Sending an email without a valid recipient is not possible.")
        sender = {name: number for number, name in SENDERS.items()}[said.get("sender", "Agent")]
        number, now = next(self._ids), stamp()
        row: Row = {
            "id": number, "ticket_id": ticket["id"], "type_id": kind, "sender_id": sender, "body": said["body"],
            "internal": bool(said.get("internal", False)), "content_type": said.get("content_type", "text/plain"),
            "from": said.get("from") or self.users[by]["email"], "to": said.get("to"), "cc": said.get("cc"),
            "subject": said.get("subject"), "reply_to": None, "in_reply_to": said.get("in_reply_to"),
            "message_id": f"<{number}@zammad.example>", "origin_by_id": said.get("origin_by_id"), "preferences": {},
            "created_by_id": by, "updated_by_id": by, "created_at": now, "updated_at": now,
            "attachments": self._stored(said.get("attachments", [])),
        }  # fmt: skip
        self.articles[number] = row
        if not ticket["article_ids"]:
            ticket |= {"create_article_type_id": kind, "create_article_sender_id": sender}
        ticket["article_ids"] = [*ticket["article_ids"], number]
        if sender == 2:
            self._customer_spoke(ticket, now)
        elif not row["internal"] and kind != NOTE:
            ticket |= {"first_response_escalation_at": None, "escalation_at": None}
        self.touch(ticket, by)
        return row

    def _stored(self, files: list[Row]) -> list[Row]:
        kept = []
        for file in files:
            if not {"filename", "data", "mime-type"} <= file.keys():
                raise Refusal(422, "Attachment needs 'filename', 'data' and 'mime-type'")
            try:
                data = base64.b64decode(file["data"], validate=True)
            except binascii.Error:
                raise Refusal(422, "Invalid base64 for attachment") from None
            number = next(self._ids)
            self.files[number] = data
            kept.append(self.file_row(number, file["filename"], file["mime-type"]))
        return kept

    def file_row(self, number: int, name: str, kind: str, **more: str) -> Row:
        """A file as an article lists it: its size is a string."""
        return {
            "id": number,
            "filename": name,
            "size": str(len(self.files[number])),
            "preferences": {"Mime-Type": kind, **more},
        }

    def _customer_spoke(self, ticket: Row, now: str) -> None:
        """A customer's word reopens, and its answer is due."""
        state = self.states[ticket["state_id"]]
        if state["state_type_id"] not in {1, 2}:
            ticket |= {"state_id": OPEN, "pending_time": None}
        due = stamp(datetime.now(UTC) + timedelta(hours=2))
        ticket |= {"last_contact_customer_at": now, "first_response_escalation_at": due, "escalation_at": due}

    def touch(self, ticket: Row, by: int) -> None:
        """The ticket has changed."""
        ticket |= {"updated_at": stamp(), "updated_by_id": by}
        self.on_event("Ticket:update", {"id": ticket["id"], "updated_at": ticket["updated_at"]})

    def change(self, ticket: Row, by: int, wanted: Row) -> None:
        """Fields by id or by name; unknown fields are ignored without a word, unknown names are refused."""
        fields = self._looked_up(wanted)
        state = self.states[fields.get("state_id") or ticket["state_id"]]
        if state["state_type_id"] in {3, 4} and "state_id" in fields and not fields.get("pending_time"):
            raise Refusal(422, "Missing required value for field 'pending_time'!")
        before = ticket["owner_id"]
        ticket |= {name: value for name, value in fields.items() if name in ticket and name not in {"id", "number"}}
        if ticket["owner_id"] != before:
            ticket["last_owner_update_at"] = stamp()
        if state["ignore_escalation"]:
            ticket |= {"escalation_at": None, "first_response_escalation_at": None}
        self.touch(ticket, by)

    def _looked_up(self, wanted: Row) -> Row:
        fields = dict(wanted)
        names: dict[str, dict[str, int]] = {
            "state": {one["name"]: number for number, one in self.states.items()},
            "group": {name: number for number, name in self.groups.items()},
            "priority": {name: number for number, name in self.priorities.items()},
        }
        for field, known in names.items():
            if field in fields:
                value = fields.pop(field)
                if value not in known:
                    raise Refusal(422, f"No lookup value found for '{field}': \"{value}\"")
                fields[f"{field}_id"] = known[value]
            number = fields.get(f"{field}_id")
            if number is not None and number not in known.values():
                raise Refusal(422, f"Invalid value for '{field}_id'")
        return fields

    def linked(self, ticket: int) -> list[Row]:
        """Links as one end sees them: from the other end a parent is a child."""
        flipped = {"parent": "child", "child": "parent", "normal": "normal"}
        rows = [(kind, target) for kind, source, target in self.links if source == ticket]
        rows += [(flipped[kind], source) for kind, source, target in self.links if target == ticket]
        return [{"link_type": kind, "link_object": "Ticket", "link_object_value": other} for kind, other in rows]

    def merge(self, source: Row, number: str, by: int) -> Row:
        """Fold a ticket into the one with a number; that there is none is no error of HTTP."""
        target = next((one for one in self.tickets.values() if one["number"] == number), None)
        if target is None or target is source:
            return {"result": "failed", "message": "The target ticket was not found!"}
        for article in source["article_ids"]:
            self.articles[article]["ticket_id"] = target["id"]
        target["article_ids"] = sorted(target["article_ids"] + source["article_ids"])
        source |= {"article_ids": [], "state_id": MERGED}
        self.links.append(("parent", source["id"], target["id"]))
        self.say(source, by, {"body": "merged", "internal": True})
        self.touch(target, by)
        return {"result": "success", "target_ticket": target, "source_ticket": source}

    # --- who may what

    def may(self, user: int, ticket: Row, verb: str) -> bool:
        """Whether an agent has this access in the ticket's group."""
        access = self.users[user]["group_ids"].get(str(ticket["group_id"]), [])
        return "full" in access or verb in access

    def allowed(self, user: int, number: int, verb: str) -> Row:
        """The ticket, for an agent who may do this with it."""
        ticket = self.tickets.get(number)
        if ticket is None:
            raise Refusal(404, f"Couldn't find Ticket with 'id'={number}")
        if not self.may(user, ticket, verb) or (verb == "change" and number in self.locked):
            raise Refusal(403, "Not authorized")
        return ticket
