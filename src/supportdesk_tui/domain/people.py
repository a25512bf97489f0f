"""Agents, teams and customers."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from supportdesk_tui.domain.ids import AgentId, CustomerId, TeamId, TicketId
from supportdesk_tui.domain.ticket import Channel, PromiseRecord, Status
from supportdesk_tui.text.safe import SafeText


class AgentState(StrEnum):
    """Whether work may reach an agent."""

    AVAILABLE = "available"
    BUSY = "busy"
    WRAP_UP = "wrap_up"
    BREAK = "break"
    TRAINING = "training"
    AWAY = "away"
    OFFLINE = "offline"


class Role(StrEnum):
    """What the server lets somebody do; the client only greys what would be refused."""

    TRAINEE = "trainee"
    L1 = "l1"
    L2 = "l2"
    SPECIALIST = "specialist"
    LEAD = "lead"
    DUTY_MANAGER = "duty_manager"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Agent(Struct, frozen=True):
    """Somebody who answers."""

    id: AgentId
    name: SafeText
    role: Role
    teams: tuple[TeamId, ...]
    languages: tuple[str, ...]
    skills: tuple[tuple[str, int], ...]
    """(skill, level 1–3)."""
    state: AgentState
    load: int
    """Open tickets owned."""
    capacity: int
    """Most of them; 0 where the backend knows no limit, and so tells neither."""


class Team(Struct, frozen=True):
    """A group that owns a queue."""

    id: TeamId
    name: SafeText
    escalation_key: str = ""
    """The letter after `!`; empty when one cannot escalate to it."""


class MoneyDirection(StrEnum):
    """Which way money moves, seen from the customer."""

    IN = "in"
    OUT = "out"


class Movement(Struct, frozen=True):
    """A deposit or withdrawal on its way, or recently done."""

    id: str
    direction: MoneyDirection
    coin: str
    network: str
    amount: Decimal
    state: str
    """review, signing, broadcast, confirming, done, failed, returned."""
    confirmations: int
    needed: int
    txid: SafeText
    address: SafeText
    at: datetime
    memo_missing: bool = False

    @property
    def is_moving(self) -> bool:
        """Still on its way."""
        return self.state not in {"done", "failed", "returned"}


class Contact(Struct, frozen=True):
    """One earlier contact of the customer."""

    ticket: TicketId
    number: str
    subject: SafeText
    channel: Channel
    status: Status
    at: datetime


class RiskFlag(Struct, frozen=True):
    """A warning about the account, with where it came from."""

    name: str
    source: SafeText
    expires_at: datetime | None = None


class Fact(Struct, frozen=True):
    """A labelled line of a group, e.g. security: 2FA = app."""

    name: str
    """Known names are translated when drawn; others are shown as they are."""
    value: SafeText
    warn: bool = False


class Customer(Struct, frozen=True):
    """Who is asking."""

    id: CustomerId
    name: SafeText
    uid: str
    tier: SafeText
    language: str
    region: str
    time_zone: str
    """IANA name; empty when unknown."""
    email: SafeText
    """Masked by the backend."""
    phone: SafeText
    joined_at: datetime | None = None
    preferred_channel: Channel | None = None
    do_not_contact: bool = False


class CustomerContext(Struct, frozen=True):
    """Everything the customer pane shows."""

    customer: Customer
    kyc: tuple[Fact, ...] = ()
    security: tuple[Fact, ...] = ()
    account: tuple[Fact, ...] = ()
    movements: tuple[Movement, ...] = ()
    contacts: tuple[Contact, ...] = ()
    tags: tuple[SafeText, ...] = ()
    flags: tuple[RiskFlag, ...] = ()
    promises: tuple[PromiseRecord, ...] = ()
    bad_items: int = 0
    """Items of its lists that could not be read and are missing here."""
