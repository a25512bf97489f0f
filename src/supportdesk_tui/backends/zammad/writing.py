"""Changes as requests for Zammad, and how to tell from a ticket that they happened; pure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from supportdesk_tui.backends.calls import Call, unkeyed
from supportdesk_tui.backends.files import File
from supportdesk_tui.backends.loose import Node
from supportdesk_tui.backends.traces import Setting
from supportdesk_tui.backends.zammad import mapping
from supportdesk_tui.backends.zammad.client import API, WHOLE
from supportdesk_tui.backends.zammad.query import stamp
from supportdesk_tui.backends.zammad.words import ACTION, CUSTOMER, NOBODY, REMINDER, Lens, article_type
from supportdesk_tui.domain import changes
from supportdesk_tui.domain.capabilities import NEEDED, Capability
from supportdesk_tui.domain.errors import Refused, Unsupported
from supportdesk_tui.domain.ticket import Channel

REMIND = timedelta(days=1)
"""When a state that reminds is chosen without a time."""
NO_COPY = "nobody got a copy: only mail can have copies"
LONG = timedelta(days=30)
"""How long a ticket sleeps that waits for the customer's next word, which wakes it by itself."""
_CHANNELS = frozenset(
    {"sms", "telegram personal-message", "whatsapp message", "twitter direct-message", "facebook feed comment"}
)
"""Kinds a reply goes back by as it came; posts are answered by comments, everything else by mail."""


def to_setting(change: changes.Change, lens: Lens, now: datetime) -> Setting:
    """A change of the ticket's own fields."""
    match change:
        case changes.Assign(agent=agent):
            owner = agent or NOBODY
            return _fields(owner_id=_id(owner, "agent"))
        case changes.Transfer(team=team):
            return _fields(group_id=_id(team, "group"), owner_id=int(NOBODY))
        case changes.SetStatus(status=status):
            return _status(status, lens, now)
        case changes.SetPriority(priority=priority):
            number = lens.priority_id(priority)
            return _fields(priority_id=_id(number or "", "priority"))
        case changes.SetField(name=name, value=value):
            return Setting({name: value}, lambda row: row.text(name) == value or (row.flag(name) and value == "true"))
        case changes.Snooze(until=until):
            return _snooze(until, lens, now)
        case _:
            raise Unsupported(NEEDED[type(change)])


def _fields(**wanted: int) -> Setting:
    return Setting(dict(wanted), lambda row: all(row.number(name) == value for name, value in wanted.items()))


def _id(number: str, what: str) -> int:
    if not (number.isascii() and number.isdecimal()):
        raise Refused("change the ticket", f"no such {what}", fields={what: "unknown"})
    return int(number)


def _status(status: str, lens: Lens, now: datetime) -> Setting:
    state = lens.state_named(status)
    if state is None:
        raise Refused("change the ticket", "no such status", fields={"status": "unknown"})
    if state.kind == ACTION:
        reason = "this status ends by itself at a time, and a time cannot be given here"
        raise Refused("change the ticket", reason, fields={"status": "needs a time"})
    setting = _fields(state_id=int(state.id))
    if state.kind != REMINDER:
        return setting
    until = stamp(now + REMIND)
    return Setting(setting.body | {"pending_time": until}, setting.is_done, f"with a reminder at {until[:16]} UTC")


def _snooze(until: datetime | None, lens: Lens, now: datetime) -> Setting:
    state = lens.snoozing
    if state is None:
        raise Unsupported(Capability.SNOOZE)
    at = (until or now + LONG).astimezone(UTC)
    wanted = stamp(at)

    def is_done(row: Node) -> bool:
        slept = row.when("pending_time")
        is_then = slept is not None and (until is None or abs(slept - at) < timedelta(minutes=1))
        return row.text("state_id") == state.id and is_then

    says = "" if until else f"until the customer writes, at the latest {wanted[:10]}"
    return Setting({"state_id": int(state.id), "pending_time": wanted}, is_done, says)


def write(operation: str, method: str, route: str, body: Any = None, **values: str) -> Call:
    """A request that changes something; one about a ticket is answered with all of it."""
    query = {"all": "true"} if route in {"/tickets/{ticket}", "/tickets"} else {}
    return replace(unkeyed(operation, method, API + route, body, values), query=query, max_bytes=WHOLE)


# --- words


@dataclass(frozen=True, slots=True)
class Spoken:
    """An article to be, and what a person should know of the way it goes."""

    body: dict[str, Any]
    says: str = ""


def note(body: str, files: Sequence[File] = ()) -> dict[str, Any]:
    """Words the customer never reads: always of the kind that is sent to nobody, and internal."""
    return {"type": "note", "internal": True, "body": body, "content_type": "text/plain", **_files(files)}


def reply(said: changes.Reply, whole: Node, files: Sequence[File]) -> Spoken:
    """Words for the customer, on the way their last words came; Zammad takes no address from the ticket by itself."""
    assets, row = mapping.parts_of(whole)
    customer = assets.find("User", row.text("customer_id"))
    last = next((one for one in reversed(mapping.articles_of(whole)) if one.number("sender_id") == CUSTOMER), Node())
    kind = article_type(last) or article_type(row, "create_article_type")
    words: dict[str, Any] = {
        "body": said.body, "content_type": "text/plain", "internal": False, "sender": "Agent", **_files(files)
    }  # fmt: skip
    lost = NO_COPY if said.cc else ""
    if kind in {"twitter status", "facebook feed post"}:
        kind = "twitter status" if kind == "twitter status" else "facebook feed comment"
        return Spoken(words | {"type": kind, "in_reply_to": last.text("message_id")}, lost)
    if kind in _CHANNELS:
        return Spoken(words | {"type": kind, "to": last.text("from"), "in_reply_to": last.text("message_id")}, lost)
    to = _address(last, customer)
    if not to:
        says = "the customer has no address: they see it only on the pages of Zammad"
        return Spoken(words | {"type": "note"}, f"{says}; {lost}" if lost else says)
    title = last.text("subject") or row.text("title")
    subject = title if title.casefold().startswith("re:") else f"Re: {title}"
    mail = {"type": "email", "to": to, "cc": ", ".join(said.cc), "subject": subject[:3000]}
    return Spoken(words | mail | {"in_reply_to": last.text("message_id")})


def _address(last: Node, customer: Node) -> str:
    """Where mail for the customer goes: where they ask for it, where they wrote from, or where they can be reached."""
    if article_type(last) == "email":
        return last.text("reply_to") or last.text("from") or customer.text("email")
    return customer.text("email")


def _files(files: Sequence[File]) -> dict[str, Any]:
    if not files:
        return {}
    return {
        "attachments": [
            {"filename": one.name, "data": base64.b64encode(one.data).decode(), "mime-type": one.media_type} for one in files
        ]
    }


def new_ticket(change: changes.Create, group: str) -> dict[str, Any]:
    """A ticket for a customer, by id or by address; what they said on the phone is theirs, anything else is ours."""
    customer = change.customer if change.customer.isdecimal() else f"guess:{change.customer}"
    is_call = change.channel is Channel.PHONE
    article = {
        "type": "phone" if is_call else "note",
        "sender": "Customer" if is_call else "Agent",
        "internal": False,
        "subject": change.subject,
        "body": change.body,
        "content_type": "text/plain",
    }
    return {"title": change.subject, "group_id": _id(group, "group"), "customer_id": customer, "article": article}
