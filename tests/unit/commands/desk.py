"""A desk in memory: a context with a queue, an open ticket, a directory; and what running a command does to it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from supportdesk_tui.commands import effects as ef
from supportdesk_tui.commands.catalog import BY_ID
from supportdesk_tui.commands.context import Context
from supportdesk_tui.commands.effects import Effect
from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.domain.conversation import Entry, EntryKind
from supportdesk_tui.domain.directory import Category, Directory, EscalationTarget
from supportdesk_tui.domain.ids import TeamId, TicketId
from supportdesk_tui.domain.people import Contact, CustomerContext, Fact, MoneyDirection, Movement, Team
from supportdesk_tui.domain.ticket import Channel, FieldValue, Phase, Status, Ticket
from supportdesk_tui.store.reduce import reduce
from supportdesk_tui.store.state import (
    ConversationState,
    DeskState,
    DeskView,
    Loaded,
    Pane,
    QueueState,
    SessionState,
)
from supportdesk_tui.text.safe import sanitize, sanitize_line
from tests import make

NOW = make.NOW
TXID = "ab" * 32
STATUSES = tuple(
    Status(name, phase, sanitize_line(name.replace("_", " ").title()))
    for name, phase in (
        ("new", Phase.NEW),
        ("bot", Phase.ON_HOLD),
        ("open", Phase.OPEN),
        ("waiting_customer", Phase.PENDING),
        ("waiting_internal", Phase.ON_HOLD),
        ("waiting_third_party", Phase.ON_HOLD),
        ("snoozed", Phase.SNOOZED),
        ("solved", Phase.SOLVED),
        ("closed", Phase.CLOSED),
        ("spam", Phase.CLOSED),
    )
)
WALLET, RISK = TeamId("wallet-ops"), TeamId("risk")


def directory(**changes: Any) -> Directory:
    """Three agents, two specialist teams, every status of the embedded server."""
    one = Directory(
        agents=(make.agent(1), make.agent(2), make.agent(3)),
        teams=(Team(WALLET, sanitize_line("Wallet-Ops"), "w"), Team(RISK, sanitize_line("Risk"), "r")),
        statuses=STATUSES,
        categories=(Category("FND", sanitize_line("Funds")),),
        tags=(sanitize_line("vip"), sanitize_line("refund")),
        targets=(
            EscalationTarget("w", WALLET, sanitize_line("Wallet-Ops"), ("txid", "network")),
            EscalationTarget("r", RISK, sanitize_line("Risk"), ("restriction_code",)),
            EscalationTarget("l", TeamId("duty"), sanitize_line("Duty Manager")),
            EscalationTarget("s", TeamId("security"), sanitize_line("Security Response"), ("unknown_activity",)),
        ),
        resolve_reasons=("answered", "fixed"),
    )
    return replace(one, **changes)


def movement(direction: MoneyDirection = MoneyDirection.OUT, **changes: Any) -> Movement:
    """1,200 USDT on their way."""
    one = Movement(
        id="WD202608170000000001",
        direction=direction,
        coin="USDT",
        network="TRC20",
        amount=Decimal("1200.50"),
        state="confirming",
        confirmations=3,
        needed=20,
        txid=sanitize_line(TXID),
        address=sanitize_line("T" + "x" * 33),
        at=NOW - timedelta(hours=2),
    )
    return replace(one, **changes)


def customer(**changes: Any) -> CustomerContext:
    """Zhang Min, with money in motion and an earlier case."""
    one = CustomerContext(
        customer=make.customer(),
        kyc=(Fact("level", sanitize_line("2")), Fact("status", sanitize_line("approved"))),
        movements=(movement(), movement(MoneyDirection.IN, id="DP1", at=NOW - timedelta(days=2), state="done")),
        contacts=(
            Contact(TicketId("t9"), "HX-260801-000009", sanitize_line("Old case"), Channel.EMAIL, STATUSES[7], NOW),
            Contact(TicketId("t1"), "HX-260817-000001", sanitize_line("This case"), Channel.CHAT, STATUSES[2], NOW),
        ),
    )
    return replace(one, **changes)


def detail(n: int = 1, **changes: Any) -> Ticket:
    """An opened ticket with two facts."""
    facts = (
        FieldValue("txid", sanitize_line("TXID"), sanitize_line("field-txid"), required=True),
        FieldValue("coin", sanitize_line("Coin"), sanitize_line("")),
    )
    return Ticket(make.summary(n, **changes), fields=facts, handover=sanitize("Bot: withdrawal not arrived"))


def context(pane: Pane = Pane.QUEUE, *, opened: int | None = None, **state: Any) -> Context:
    """Three rows under the cursor of an agent who may do everything; a ticket open when asked for."""
    rows = tuple(make.summary(n) for n in (1, 2, 3))
    queue = QueueState(
        views=(make.view("mine"), make.view("unassigned")),
        view=make.view("mine").id,
        query=make.view("mine").query,
        total=3,
        rows=rows,
        cursor=rows[0].id,
    )
    conversation = ConversationState()
    if opened is not None:
        entries: tuple[Entry, ...] = (make.entry(1), make.entry(2, EntryKind.AGENT, "Looking."), make.entry(3))
        conversation = ConversationState(
            ticket=TicketId(f"t{opened}"),
            detail=Loaded(detail(opened), NOW),
            entries=Loaded(entries, NOW),
            customer=Loaded(customer(), NOW),
        )
    desk = DeskState(
        session=SessionState(make.session(), directory()),
        queue=queue,
        conversation=conversation,
        view=DeskView(focus=pane, composer_open=pane is Pane.COMPOSER),
    )
    return Context(replace(desk, **state), NOW, page=10, options={"time_zone": "UTC", "hold_s": "10", "locale": "en"})


def with_queue(ctx: Context, **changes: Any) -> Context:
    """The context with another queue."""
    return replace(ctx, state=replace(ctx.state, queue=replace(ctx.state.queue, **changes)))


def with_conversation(ctx: Context, **changes: Any) -> Context:
    """The context with another open ticket."""
    return replace(ctx, state=replace(ctx.state, conversation=replace(ctx.state.conversation, **changes)))


def with_directory(ctx: Context, **changes: Any) -> Context:
    """The context with other words of the backend."""
    session = replace(ctx.state.session, directory=replace(ctx.state.session.directory, **changes))
    return replace(ctx, state=replace(ctx.state, session=session))


def lacking(ctx: Context, capability: Capability, why: str) -> Context:
    """The context of an agent who may not do one thing."""
    session = make.session(capabilities=frozenset(Capability) - {capability}, lacking={capability: why})
    return replace(ctx, state=replace(ctx.state, session=replace(ctx.state.session, session=session)))


def run(ctx: Context, command: str, *args: str) -> list[Effect]:
    """What a command asks for."""
    return list(BY_ID[command].run(ctx, args))


def after(ctx: Context, effects: list[Effect]) -> Context:
    """The context once the emitted events have been reduced."""
    state = ctx.state
    for effect in effects:
        if isinstance(effect, ef.Emit):
            state = reduce(state, effect.event)
    return replace(ctx, state=state)


def only(effects: list[Effect], kind: type[Any]) -> Any:
    """The one effect of a kind."""
    (one,) = [effect for effect in effects if isinstance(effect, kind)]
    return one


def has(effects: list[Effect], kind: type[Any]) -> bool:
    """Whether there is an effect of a kind."""
    return any(isinstance(effect, kind) for effect in effects)


def events(effects: list[Effect]) -> list[Any]:
    """The emitted events."""
    return [effect.event for effect in effects if isinstance(effect, ef.Emit)]


def reason(ctx: Context, command: str) -> str:
    """Why a command is off; empty when it is on."""
    blocked = BY_ID[command].when(ctx)
    return blocked.reason if blocked else ""
