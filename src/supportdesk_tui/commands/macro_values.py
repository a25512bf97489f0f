"""What macro bodies can ask for, and where each value comes from."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeAlias

from msgspec import Struct, field

from supportdesk_tui.commands.facts import meant
from supportdesk_tui.domain.directory import NO_DIRECTORY, Directory
from supportdesk_tui.domain.people import Agent, CustomerContext, Fact, MoneyDirection
from supportdesk_tui.domain.ticket import PromiseState, Ticket

SHORT_ENDS = 8, 6
"""Characters kept at both ends of a long identifier by `|short`."""


class Subject(Struct, frozen=True, kw_only=True):
    """Everything a macro may speak about."""

    ticket: Ticket
    customer: CustomerContext | None = None
    agent: Agent | None = None
    directory: Directory = NO_DIRECTORY
    now: datetime
    zone: tzinfo = UTC
    """The agent's zone: what `date` and `time` are written in."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """Answers to the macro's prompts."""
    in_motion: frozenset[str] = frozenset()
    """Of `MONEY` those that are spoken of only while they are on their way."""


Asked: TypeAlias = str | bool | int | datetime | Decimal | None
_Getter: TypeAlias = Callable[[Subject, str], Asked]

_TICKET = {
    "number": "number",
    "subject": "subject",
    "channel": "channel",
    "priority": "priority",
    "language": "language",
    "created": "created_at",
}
IS_MOVING = "is_moving"
_MONEY = (
    *("id", "direction", "coin", "network", "amount", "state", "confirmations", "needed", "txid", "address", "at"),
    *("memo_missing", IS_MOVING),
)
MONEY: Mapping[str, MoneyDirection | None] = {"money": None, "withdrawal": MoneyDirection.OUT, "deposit": MoneyDirection.IN}
"""Roots that speak of a movement of the customer's, and which way it goes."""
_CUSTOMER = ("name", "uid", "tier", "language", "region", "email", "phone", "time_zone")
_ROOTS: dict[str, tuple[str, ...]] = {
    "customer": _CUSTOMER,
    "ticket": (*_TICKET, "status", "category", "stage", "team"),
    "agent": ("name", "id"),
    "money": _MONEY,
    "withdrawal": _MONEY,
    "deposit": _MONEY,
    "promise": ("text", "due"),
    "linked": ("number", "subject", "team"),
    "now": ("date", "time"),
}
FIELDS: tuple[str, ...] = tuple(f"{root}.{name}" for root, names in _ROOTS.items() for name in names)
"""Every path with a fixed name."""
OPEN_ROOTS = ("field", "kyc", "security", "account", "ask")
"""Roots whose names the backend or the macro itself decides: `{field.order_id}`, `{kyc.level}`, `{ask.hours}`."""


def is_known(path: str) -> bool:
    """Whether a body may ask for this path."""
    return path in FIELDS or path.partition(".")[0] in OPEN_ROOTS


def look_up(subject: Subject, path: str, name: str = "") -> str | None:
    """A value as text, through a filter; "" when false or empty, None when unknown."""
    root, _, rest = path.partition(".")
    getter = _GETTERS.get(root)
    return None if getter is None else _written(getter(subject, rest), name, subject)


def _written(value: Asked, name: str, subject: Subject) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, datetime):
        return value.astimezone(subject.zone).strftime({"date": "%Y-%m-%d", "time": "%H:%M"}.get(name, "%Y-%m-%d %H:%M"))
    if isinstance(value, Decimal):
        whole = f"{value:,f}"
        return whole.rstrip("0").rstrip(".") if "." in whole else whole
    text = str(value).strip()
    if name == "short" and len(text) > sum(SHORT_ENDS) + 1:
        return f"{text[: SHORT_ENDS[0]]}…{text[-SHORT_ENDS[1] :]}"
    return text.split(" ", 1)[0] if name == "first" else text


def _customer(subject: Subject, name: str) -> Asked:
    summary = subject.ticket.summary
    if subject.customer is None:
        return {"name": summary.customer_name, "tier": summary.tier, "language": summary.language}.get(name)
    return str(getattr(subject.customer.customer, name)) if name in _CUSTOMER else None


def _ticket(subject: Subject, name: str) -> Asked:
    summary, directory = subject.ticket.summary, subject.directory
    if name in _TICKET:
        value: Any = getattr(summary, _TICKET[name])
        return f"P{value.value}" if name == "priority" else value if isinstance(value, datetime) else str(value)
    team = directory.team(summary.team)
    category = next((one for one in directory.categories if one.code == summary.category), None)
    named: dict[str, Asked] = {
        "status": str(summary.status.title),
        "category": str(category.title) if category else summary.category,
        "stage": subject.ticket.stage,
        "team": str(team.name) if team else None,
    }
    return named.get(name)


def _agent(subject: Subject, name: str) -> Asked:
    return str(getattr(subject.agent, name)) if subject.agent and name in _ROOTS["agent"] else None


def _money(root: str) -> _Getter:
    def get(subject: Subject, name: str) -> Asked:
        found = meant(subject.ticket, subject.customer, MONEY[root], in_motion=root in subject.in_motion)
        if found is None or name not in _MONEY:
            return None
        value: Asked = getattr(found, name)
        return value

    return get


def _promise(subject: Subject, name: str) -> Asked:
    still_open = [one for one in subject.ticket.promises if one.state in {PromiseState.OPEN, PromiseState.BROKEN}]
    first = min(still_open, key=lambda one: one.due_at, default=None)
    return None if first is None else first.due_at if name == "due" else str(first.text) if name == "text" else None


def _linked(subject: Subject, name: str) -> Asked:
    """The ticket this one leads to: what it was merged into or duplicates, else its task."""
    order = {"merged_into": 0, "duplicate": 1, "task": 2, "task_of": 3}
    first = min(subject.ticket.links, key=lambda one: order.get(one.relation, 9), default=None)
    return None if first is None else {"number": first.number, "subject": first.subject, "team": first.team_name}.get(name)


def _now(subject: Subject, name: str) -> Asked:
    local = subject.now.astimezone(subject.zone)
    return {"date": local.strftime("%Y-%m-%d"), "time": local.strftime("%H:%M")}.get(name)


def _field(subject: Subject, name: str) -> Asked:
    return next((str(one.value) for one in subject.ticket.fields if one.name == name and one.value), None)


def _fact(group: str) -> _Getter:
    def get(subject: Subject, name: str) -> Asked:
        facts: tuple[Fact, ...] = getattr(subject.customer, group) if subject.customer else ()
        named = ((one.name.lower().replace(" ", "_").removeprefix(f"{group}_"), one) for one in facts)
        return next((str(fact.value) for found, fact in named if found == name), None)

    return get


def _asked(subject: Subject, name: str) -> Asked:
    return subject.asked.get(name) or None


_GETTERS: dict[str, _Getter] = {
    "customer": _customer,
    "ticket": _ticket,
    "agent": _agent,
    **{root: _money(root) for root in MONEY},
    "promise": _promise,
    "linked": _linked,
    "now": _now,
    "field": _field,
    "kyc": _fact("kyc"),
    "security": _fact("security"),
    "account": _fact("account"),
    "ask": _asked,
}
