"""What a fake Zendesk holds, and the rules Zendesk keeps when it is changed."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
ANA, BEN, TOM = 101, 102, 103
SUPPORT, BILLING = 11, 12
PRODUCT, ORDER = 701, 702
FORM = 901
BANK = 6130830355738
LOGINS = {"ana": ANA, "ben": BEN, "tom": TOM}
KNOWN = {
    "assignee_id",
    "assignee_email",
    "group_id",
    "status",
    "custom_status_id",
    "priority",
    "type",
    "problem_id",
    "tags",
    "comment",
    "custom_fields",
    "followers",
    "email_ccs",
    "subject",
    "requester",
    "requester_id",
    "external_id",
    "ticket_form_id",
    "safe_update",
    "updated_stamp",
    "additional_tags",
    "remove_tags",
    "due_at",
}
"""Properties of a ticket a client may write; others are dropped with a warning in a header."""


@dataclass
class Refusal(Exception):  # noqa: N818  names the condition
    """An answer other than 2xx."""

    status: int
    body: Json


def invalid(name: str, words: str) -> Refusal:
    """A 422 as Zendesk words it."""
    details = {name: [{"description": words, "error": "Invalid"}]}
    return Refusal(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def _user(number: int, name: str, **more: Any) -> Json:
    person = {
        "id": number,
        "name": name,
        "email": f"{name.split(maxsplit=1)[0].lower()}@desk.example",
        "role": "agent",
        "locale": "en-US",
    }
    return {
        **person,
        "only_private_comments": False,
        "ticket_restriction": None,
        "default_group_id": SUPPORT,
        "tags": [],
        "iana_time_zone": "Asia/Shanghai",
        "phone": None,
        "user_fields": {},
        "url": "https://z3n.example/x",
        **more,
    }


@dataclass
class Store:
    """All of one account."""

    users: dict[int, Json] = field(default_factory=dict)
    tickets: dict[int, Json] = field(default_factory=dict)
    comments: dict[int, list[Json]] = field(default_factory=dict)
    audits: dict[int, Json] = field(default_factory=dict)
    """The newest of each ticket."""
    activities: list[Json] = field(default_factory=list)
    uploads: dict[str, Json] = field(default_factory=dict)
    files: dict[int, tuple[Json, bytes]] = field(default_factory=dict)
    states: dict[int, int] = field(default_factory=lambda: {ANA: 3, BEN: 3, TOM: 2})
    unindexed: set[int] = field(default_factory=set)
    """Tickets the search does not know yet."""
    archived: set[int] = field(default_factory=set)
    """Tickets closed long ago: lists leave them out."""
    warnings: list[str] = field(default_factory=list)
    """What went out as `X-Zendesk-API-Warn`."""

    def __post_init__(self) -> None:
        self._ids = itertools.count(32_333_601_000)
        self._numbers = itertools.count(4001)
        self._people = itertools.count(1_205_578_000)
        self._clock, self._is_now = 1_790_000_000, False
        self.lock = threading.RLock()
        self.users = {
            ANA: _user(ANA, "Ana Ruiz"),
            BEN: _user(BEN, "Ben 陈", role="admin"),
            TOM: _user(TOM, "Tom Hale", only_private_comments=True),
        }
        self.groups = [{"id": SUPPORT, "name": "Support"}, {"id": BILLING, "name": "Billing & refunds"}]
        self.memberships = [
            {"id": 1, "user_id": ANA, "group_id": SUPPORT},
            {"id": 2, "user_id": BEN, "group_id": SUPPORT},
            {"id": 3, "user_id": BEN, "group_id": BILLING},
            {"id": 4, "user_id": TOM, "group_id": BILLING},
        ]

    def now(self) -> str:
        """The time of a write. No two writes share a second, so that `updated_at` tells them apart."""
        self._clock = max(self._clock + 1, int(time.time()) if self._is_now else 0)
        return stamp(self._clock)

    def hurry(self) -> None:
        """From the past of the seeded tickets to the present."""
        self._is_now = True

    def next_id(self) -> int:
        """A number nobody has."""
        return next(self._ids)

    # --- tickets

    def customer(self, name: str, email: str) -> Json:
        """A customer, by their address."""
        known = next((one for one in self.users.values() if one["email"] == email), None)
        if known is None:
            known = _user(
                next(self._people), name, email=email, role="end-user", organization_id=77, created_at=stamp(1_700_000_000)
            )
            self.users[known["id"]] = known
        return known

    def open_ticket(self, asker: Json, subject: str, body: Json, *, author: int, channel: str) -> Json:
        """A new ticket with its first comment."""
        with self.lock:
            number, now = next(self._numbers), self.now()
            ticket: Json = {
                "id": number,
                "url": f"https://z3n.example/api/v2/tickets/{number}.json",
                "external_id": None,
                "via": {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}},
                "created_at": now,
                "updated_at": now,
                "type": None,
                "subject": subject,
                "raw_subject": subject,
                "description": body["body"],
                "priority": None,
                "status": "new",
                "custom_status_id": 1,
                "requester_id": asker["id"],
                "submitter_id": author,
                "assignee_id": None,
                "organization_id": 77,
                "group_id": None,
                "follower_ids": [],
                "email_cc_ids": [],
                "problem_id": None,
                "tags": [],
                "custom_fields": [{"id": PRODUCT, "value": None}, {"id": ORDER, "value": None}],
                "followup_ids": [],
                "ticket_form_id": FORM,
                "satisfaction_rating": None,
                "has_incidents": False,
                "is_public": True,
                "due_at": None,
            }
            self.tickets[number] = ticket
            self.comments[number] = []
            self.say(ticket, author, body, now)
            return ticket

    def say(self, ticket: Json, author: int, said: Json, at: str) -> Json:
        """One comment, and the audit that holds it."""
        audit = self._audit(ticket, author, at)
        files = [file for token in said.get("uploads", []) for file in self.uploads.pop(token)["attachments"]]
        is_public = said.get("public", True) and not self.users[author]["only_private_comments"]
        comment = {
            "id": self.next_id(),
            "type": "Comment",
            "author_id": author,
            "body": said["body"],
            "plain_body": said["body"],
            "html_body": f'<div class="zd-comment" dir="auto">{said["body"]}</div>',
            "public": is_public,
            "attachments": files,
            "audit_id": audit["id"],
            "via": {"channel": "web"},
            "created_at": at,
            "metadata": {"system": {}, "custom": {}},
        }
        self.comments[ticket["id"]].append(comment)
        audit["events"].append({"id": comment["id"], "type": "Comment", "public": is_public, "body": said["body"]})
        return comment

    def _audit(self, ticket: Json, author: int, at: str) -> Json:
        audit: Json = {"id": self.next_id(), "ticket_id": ticket["id"], "created_at": at, "author_id": author, "events": []}
        self.audits[ticket["id"]] = audit
        return audit

    def update(self, author: int, number: int, asked: Json) -> Json:
        """One PUT: everything or nothing; the audit."""
        with self.lock:
            ticket = self.tickets.get(number)
            if ticket is None:
                raise Refusal(404, {"error": "RecordNotFound", "description": "Not found"})
            self._guard(ticket, asked)
            after = {**ticket, **dict(self._settled(ticket, asked))}
            now = self.now()
            if "comment" in asked:
                self.say(ticket, author, asked["comment"], now)
            else:
                self._audit(ticket, author, now)
            was = ticket["assignee_id"]
            ticket.update(after, updated_at=now)
            if ticket["assignee_id"] not in {None, was, author}:
                self._notify(ticket, author, now)
            return self.audits[number]

    def _guard(self, ticket: Json, asked: Json) -> None:
        if ticket["status"] == "closed":
            raise invalid("status", "Status: closed prevents ticket update")
        if asked.get("safe_update") and asked.get("updated_stamp") != ticket["updated_at"]:
            words = "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data."
            raise Refusal(409, {"error": "UpdateConflict", "description": words})
        strange = sorted(asked.keys() - KNOWN)
        if strange:
            self.warnings.append(f"Removed restricted keys {strange} from parameters according to whitelist")

    def _settled(self, ticket: Json, asked: Json) -> Iterator[tuple[str, Any]]:
        """The new values, checked."""
        plain = ("priority", "type", "problem_id", "subject", "tags", "group_id", "external_id")
        yield from ((name, asked[name]) for name in plain if name in asked)
        if "additional_tags" in asked or "remove_tags" in asked:
            held = [tag for tag in ticket["tags"] if tag not in asked.get("remove_tags", [])]
            yield "tags", list(dict.fromkeys([*held, *asked.get("additional_tags", [])]))
        group = asked.get("group_id", ticket["group_id"])
        owner = asked.get("assignee_id", ticket["assignee_id"])
        if "assignee_id" in asked or "group_id" in asked:
            belongs = {one["group_id"] for one in self.memberships if one["user_id"] == owner}
            if owner is not None and group is None:
                group = self.users[owner]["default_group_id"] if owner in self.users else None
            if owner is not None and group not in belongs:
                raise invalid("assignee_id", "Assignee: is not a member of the group")
            yield from (("assignee_id", owner), ("group_id", group))
        yield from self._status(ticket, asked, owner)
        if "custom_fields" in asked:
            values = {one["id"]: one["value"] for one in (*ticket["custom_fields"], *asked["custom_fields"])}
            yield "custom_fields", [{"id": number, "value": value} for number, value in values.items()]
        for one in asked.get("followers", []):
            others = [person for person in ticket["follower_ids"] if str(person) != one["user_id"]]
            yield "follower_ids", [*others, int(one["user_id"])] if one["action"] == "put" else others
        ccs = [self.customer(one["user_email"], one["user_email"])["id"] for one in asked.get("email_ccs", [])]
        if ccs:
            yield "email_cc_ids", [*ticket["email_cc_ids"], *ccs]

    def _status(self, ticket: Json, asked: Json, owner: int | None) -> Iterator[tuple[str, Any]]:
        if asked.get("custom_status_id") == BANK:
            yield from (("custom_status_id", BANK), ("status", "pending"))
        elif "status" in asked:
            if asked["status"] == "new" and ticket["status"] != "new":
                raise invalid("status", "Status: cannot be set to new again")
            yield from (("custom_status_id", STATUSES[asked["status"]]), ("status", asked["status"]))
        elif owner is not None and ticket["status"] == "new":
            yield from (("custom_status_id", STATUSES["open"]), ("status", "open"))

    def _notify(self, ticket: Json, author: int, now: str) -> None:
        target = {"ticket": {"id": ticket["id"], "subject": ticket["subject"]}}
        title = f"{self.users[author]['name']} assigned ticket #{ticket['id']} to you."
        self.activities.append(
            {
                "id": self.next_id(),
                "verb": "tickets.assignment",
                "title": title,
                "created_at": now,
                "target": target,
                "actor_id": author,
                "user_id": ticket["assignee_id"],
            }
        )

    def customer_says(self, number: int, body: str) -> None:
        """A customer answers on their ticket, which opens it again."""
        with self.lock:
            ticket, now = self.tickets[number], self.now()
            self.say(ticket, ticket["requester_id"], {"body": body}, now)
            ticket.update(updated_at=now)
            if ticket["status"] in {"pending", "hold", "solved"}:
                ticket.update(status="open", custom_status_id=STATUSES["open"])

    def merge(self, author: int, into: int, asked: Json) -> None:
        """Fold tickets into another."""
        with self.lock:
            for number in asked["ids"]:
                source = self.tickets[number]
                said = {"body": asked["source_comment"], "public": asked.get("source_comment_is_public", True)}
                self.update(author, number, {"comment": said, "additional_tags": ["closed_by_merge"]})
                source["status"] = "closed"
            said = {"body": asked["target_comment"], "public": asked.get("target_comment_is_public", True)}
            self.update(author, into, {"comment": said})


STATUSES = {"new": 1, "open": 2, "pending": 3, "hold": 4, "solved": 5, "closed": 6}
"""Numbers of the statuses every account has."""


def stamp(at: int) -> str:
    """Unix seconds as Zendesk writes them."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seed(store: Store, tickets: int = 70) -> None:
    """Tickets of every status and priority, a third of them with a deadline."""
    for number in range(tickets):
        asker = store.customer(f"Customer {number % 13}", f"customer{number % 13}@example.com")
        ticket = store.open_ticket(
            asker, f"Question {number}", {"body": f"Words of question {number}"}, author=asker["id"], channel="email"
        )
        status = ("new", "open", "pending", "hold", "solved", "open")[number % 6]
        owner = (None, ANA, BEN)[number % 3]
        ticket.update(
            status=status,
            custom_status_id=STATUSES[status],
            priority=(None, "low", "normal", "high", "urgent")[number % 5],
            assignee_id=owner,
            group_id=SUPPORT if owner else None,
            tags=["vip"] if number % 7 == 0 else [],
            follower_ids=[ANA] if number % 9 == 0 else [],
        )
        if number % 3 == 0:
            due = stamp(int(time.time()) + (number - 20) * 600)
            ticket["sla"] = [{"breach_at": due, "stage": "active", "metric": "first_reply_time", "minutes": 55}]
    store.hurry()
