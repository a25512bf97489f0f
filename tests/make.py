"""Builders of domain values for tests: believable defaults, anything can be said otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from supportdesk_tui.domain.capabilities import Capability, Session
from supportdesk_tui.domain.changes import Reply
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.directory import Directory
from supportdesk_tui.domain.ids import AgentId, ChangeKey, CustomerId, EntryId, TeamId, TicketId, ViewId
from supportdesk_tui.domain.people import Agent, AgentState, Customer, Role, Team
from supportdesk_tui.domain.queue import Owner, QueueQuery, View
from supportdesk_tui.domain.sla import Clock, ClockKind
from supportdesk_tui.domain.ticket import LIVE_PHASES, Channel, Phase, Priority, Status, Ticket, TicketSummary
from supportdesk_tui.store.state import OutboxItem, OutboxPhase
from supportdesk_tui.text.safe import sanitize, sanitize_line

NOW = datetime(2026, 8, 17, 14, 3, tzinfo=UTC)
ME = AgentId("a1")
OPEN = Status("open", Phase.OPEN, sanitize_line("Open"))


def summary(n: int = 1, **changes: Any) -> TicketSummary:
    """Ticket number `n`, assigned to me, its clock running out in `n` minutes."""
    row = TicketSummary(
        id=TicketId(f"t{n}"),
        number=f"HX-260817-{n:06d}",
        subject=sanitize_line(f"Withdrawal pending {n} h"),
        channel=Channel.CHAT,
        status=OPEN,
        priority=Priority.P2,
        category="FND",
        language="zh",
        customer_id=CustomerId(f"c{n}"),
        customer_name=sanitize_line("Zhang Min"),
        tier=sanitize_line("VIP2"),
        owner=ME,
        owner_name=sanitize_line("Li Wei"),
        team=TeamId("frontline-cn"),
        tags=(),
        clock=Clock(ClockKind.FIRST, NOW - timedelta(minutes=10), NOW + timedelta(minutes=n)),
        unread=0,
        created_at=NOW - timedelta(hours=2),
        updated_at=NOW - timedelta(minutes=n),
        version=1,
    )
    return replace(row, **changes)


def ticket(n: int = 1, **changes: Any) -> Ticket:
    """An opened ticket; `changes` are of its summary."""
    return Ticket(summary(n, **changes))


def entry(seq: int, kind: EntryKind = EntryKind.CUSTOMER, body: str = "Where is my money?", **changes: Any) -> Entry:
    """What was said at `seq`."""
    one = Entry(
        id=EntryId(f"e{seq}"),
        seq=seq,
        kind=kind,
        author=sanitize_line("Zhang Min" if kind is EntryKind.CUSTOMER else "Li Wei"),
        author_id=None if kind is EntryKind.CUSTOMER else ME,
        at=NOW + timedelta(seconds=seq),
        body=sanitize(body),
    )
    return replace(one, **changes)


def agent(n: int = 1, **changes: Any) -> Agent:
    """A colleague; number 1 is me."""
    one = Agent(
        id=AgentId(f"a{n}"),
        name=sanitize_line("Li Wei" if n == 1 else f"Agent {n}"),
        role=Role.L1,
        teams=(TeamId("frontline-cn"),),
        languages=("zh", "en"),
        skills=(("wallet", 2),),
        state=AgentState.AVAILABLE,
        load=3,
        capacity=12,
    )
    return replace(one, **changes)


def session(**changes: Any) -> Session:
    """Signed in as me, allowed everything."""
    return replace(Session(agent=agent(), capabilities=frozenset(Capability), server="native 1"), **changes)


def directory() -> Directory:
    """Three agents, one team, one status."""
    return Directory(
        agents=(agent(1), agent(2), agent(3)),
        teams=(Team(TeamId("frontline-cn"), sanitize_line("Frontline-CN")),),
        statuses=(OPEN,),
    )


def customer(**changes: Any) -> Customer:
    """Zhang Min, a VIP of the exchange."""
    one = Customer(
        id=CustomerId("c1"),
        name=sanitize_line("Zhang Min"),
        uid="123456789012345678",
        tier=sanitize_line("VIP2"),
        language="zh",
        region="CN",
        time_zone="Asia/Shanghai",
        email=sanitize_line("zh***@mail.example"),
        phone=sanitize_line("138****0000"),
    )
    return replace(one, **changes)


def view(name: str = "mine", **changes: Any) -> View:
    """A named queue."""
    query = QueueQuery(phases=LIVE_PHASES, owner=Owner.ME)
    return replace(View(ViewId(name), sanitize_line(name.title()), query, 3), **changes)


def outbox_item(n: int = 1, phase: OutboxPhase = OutboxPhase.QUEUED, **changes: Any) -> OutboxItem:
    """A reply to ticket `n` on its way."""
    item = OutboxItem(
        key=ChangeKey(f"k{n}"), tickets=(TicketId(f"t{n}"),), change=Reply("We are looking."), phase=phase, created_at=NOW
    )
    return replace(item, **changes)
