"""A believable floor for pane tests: tickets, entries and customers of a fictional exchange, all at one fixed moment."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from supportdesk_tui.commands.sheet import Hint
from supportdesk_tui.commands.spec import Blocked
from supportdesk_tui.domain.changes import MakePromise, Note, Reply, SetStatus
from supportdesk_tui.domain.conversation import Attachment, Entry, EntryKind
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import AgentId, AttachmentId, ChangeKey, CustomerId, EntryId, TeamId, TicketId, ViewId
from supportdesk_tui.domain.people import (
    Agent,
    AgentState,
    Contact,
    CustomerContext,
    Fact,
    MoneyDirection,
    Movement,
    RiskFlag,
    Role,
)
from supportdesk_tui.domain.queue import QueueQuery
from supportdesk_tui.domain.sla import Clock, ClockKind
from supportdesk_tui.domain.ticket import (
    Channel,
    LinkedTicket,
    Phase,
    Priority,
    PromiseRecord,
    PromiseState,
    Status,
    Ticket,
    TicketSummary,
)
from supportdesk_tui.store.state import (
    Draft,
    DraftMode,
    Level,
    LinkPhase,
    LinkState,
    Menu,
    MenuItem,
    Notice,
    OutboxItem,
    OutboxPhase,
    Pane,
)
from supportdesk_tui.store.views import (
    BottomView,
    ComposerView,
    ConversationView,
    CustomerView,
    QueueView,
    Shown,
    TabView,
    TopView,
)
from supportdesk_tui.text.safe import NO_TEXT, SafeText, sanitize, sanitize_line
from tests import make

NOW = datetime(2026, 8, 17, 14, 2, 10, tzinfo=UTC)
ME = AgentId("li")
OPEN = Status("open", Phase.OPEN, SafeText("open"))
WAITING = Status("waiting_customer", Phase.PENDING, SafeText("waiting"))

_PEOPLE = (
    ("Zhang Min", "FND", "Withdrawal pending 2 h — USDT/TRC20", Channel.CHAT, "zh", Priority.P2, 3, 2),
    ("O. Petrova", "TEC", "App shows a blank screen after the update", Channel.EMAIL, "ru", Priority.P3, 12, 0),
    ("佐藤 健", "USE", "二段階認証の再設定について", Channel.INAPP, "ja", Priority.P3, 25, 1),
    ("A. Souza", "KYC", "Documento recusado — foto sem nitidez", Channel.TICKET, "pt", Priority.P3, 41, 0),
    ("Нина К.", "P2P", "Продавец не отпускает монеты", Channel.SOCIAL, "ru", Priority.P1, 120, 0),
    ("M. Dubois", "FIA", "SEPA deposit not credited after three days", Channel.EMAIL, "fr", Priority.P3, 300, 0),
    ("Trần Văn Hùng", "EAR", "Hỏi về lãi suất tiết kiệm", Channel.FORUM, "vi", Priority.P4, 0, 0),
    ("陈晓雯", "SEC", "账户异地登录，请帮忙冻结", Channel.PHONE, "zh", Priority.P1, -4, 5),
)


def summary(index: int = 0) -> TicketSummary:
    """A ticket of the queue; every index is another one."""
    name, category, subject, channel, language, priority, minutes, unread = _PEOPLE[index % len(_PEOPLE)]
    due = NOW + timedelta(minutes=minutes + index // len(_PEOPLE) * 7)
    clock = Clock(ClockKind.NEXT, due - timedelta(hours=1), due)
    if minutes == 0:
        clock = Clock(ClockKind.NEXT, None, None, paused=True)
    owner = (ME, None, AgentId("mei"))[index % 3]
    return TicketSummary(
        id=TicketId(f"t{index}"),
        number=f"HX-260817-{4213 + index:06d}",
        subject=sanitize_line(subject),
        channel=channel,
        status=WAITING if minutes == 0 else OPEN,
        priority=priority,
        category=category,
        language=language,
        customer_id=CustomerId(f"c{index}"),
        customer_name=sanitize_line(name),
        tier=SafeText("VIP2"),
        owner=owner,
        owner_name=SafeText({"li": "Li Wei", "mei": "Mei Lin"}.get(owner or "", "")),
        team=TeamId("asia"),
        tags=(),
        clock=clock,
        unread=unread,
        created_at=NOW - timedelta(hours=5),
        updated_at=NOW - timedelta(minutes=index),
        version=1,
    )


def queue(count: int = 300, **changes: object) -> QueueView:
    """A queue view of so many tickets."""
    rows = tuple(summary(index) for index in range(min(count, 300)))
    view = QueueView(
        title="Mine",
        query=QueueQuery(),
        search="",
        filter="",
        problems=(),
        rows=rows,
        start=0,
        total=count,
        index=0,
        selected=frozenset({TicketId("t3"), TicketId("t4")}),
        presence={
            TicketId("t3"): {AgentId("mei"): ("Mei Lin", Activity.TYPING)},
            TicketId("t5"): {AgentId("ana"): ("Ana", Activity.VIEWING)},
        },
        drafts=frozenset({TicketId("t1")}),
        opened=TicketId("t0"),
        me=ME,
        shown=Shown(),
        have=count,
        expected=0,
        is_focused=True,
    )
    return replace(view, **changes)


def entry(seq: int, kind: EntryKind, author: str, minutes: int, body: str, **changes: object) -> Entry:
    """One entry, so many minutes before now."""
    made = Entry(
        id=EntryId(f"e{seq}"),
        seq=seq,
        kind=kind,
        author=sanitize_line(author),
        author_id=ME if author == "Li Wei" else None,
        at=NOW - timedelta(minutes=minutes),
        body=sanitize(body),
    )
    return replace(made, **changes)


MAIL = (
    "Hello,\n\nas you asked, here is the screenshot of the transfer. The exchange shows it as sent, ours shows none.\n\n"
    "On Mon, 16 Aug 2026 at 10:12, Harbor Support wrote:\n"
    + "\n".join(f"> line {n} of what we wrote yesterday" for n in range(1, 14))
    + "\n\nBest regards,\nZhang Min"
)


def entries() -> tuple[Entry, ...]:
    """A short talk with every kind of voice in it."""
    picture = Attachment(AttachmentId("a1"), sanitize_line("转账截图.png"), "image/png", 245_760)
    return (
        entry(1, EntryKind.CUSTOMER, "Zhang Min", 1500, MAIL, attachments=(picture,)),
        entry(
            2, EntryKind.AGENT, "Mei Lin", 1460, "您好，我们已收到截图，正在核对。通常需要两个小时，我会在今天晚上之前回复您。"
        ),
        entry(3, EntryKind.SYSTEM, "Mei Lin", 1459, "set status to waiting on third party"),
        entry(4, EntryKind.SYSTEM, "", 900, "shift ended: moved from Mei Lin to the team queue"),
        entry(
            5,
            EntryKind.CUSTOMER,
            "Zhang Min",
            14,
            "我的USDT提现提交2小时了还没到账,订单号是WD260817-88120。麻烦尽快处理，我等着用钱。",
        ),
        entry(6, EntryKind.BOT, "Buoy", 13, "您好,我正在为您查询…  handed over: asked for a human, 1 miss"),
        entry(
            7,
            EntryKind.NOTE,
            "Li Wei",
            6,
            "Risk hold released 13:55, broadcast queued.\nDo not promise a time before wallet-ops confirm.",
        ),
        entry(8, EntryKind.CUSTOMER, "Zhang Min", 2, "还要多久？"),
    )


def detail(row: TicketSummary | None = None) -> Ticket:
    """What an opened ticket knows."""
    row = row or summary()
    return Ticket(
        summary=row,
        links=(
            LinkedTicket(
                TicketId("x1"), "HX-260817-004290", "task", SafeText("Broadcast stuck"), OPEN, team_name=SafeText("wallet-ops")
            ),
        ),
        promises=(promise(),),
    )


def promise(minutes: int = 238, state: PromiseState = PromiseState.OPEN) -> PromiseRecord:
    """Something told to a customer."""
    return PromiseRecord("p1", SafeText("update"), NOW + timedelta(minutes=minutes), ME, SafeText("Li Wei"), state)


def sending(phase: OutboxPhase, *, note: bool = False, body: str = "您的提现正在广播。") -> OutboxItem:
    """A reply or note on its way."""
    return OutboxItem(
        key=ChangeKey(f"k-{phase}-{note}"),
        tickets=(TicketId("t0"),),
        change=Note(body) if note else Reply(body),
        phase=phase,
        created_at=NOW,
        held_until=NOW + timedelta(seconds=8),
        reason="the ticket was closed by Mei Lin",
        settled_at=NOW,
    )


def conversation(**changes: object) -> ConversationView:
    """The open ticket."""
    view = ConversationView(
        ticket=TicketId("t0"),
        summary=summary(),
        detail=detail(),
        entries=entries(),
        pending=(),
        read_to=7,
        has_older=False,
        is_loading_older=False,
        others=(("Mei Lin", Activity.TYPING),),
        shown=Shown(),
        is_focused=False,
        is_peek=False,
    )
    return replace(view, **changes)


def customer_context() -> CustomerContext:
    """Everything about Zhang Min."""
    return CustomerContext(
        customer=make.customer(
            id=CustomerId("c0"),
            uid="88120417",
            email=SafeText("z***n@example.com"),
            phone=SafeText("+86 138 **** 2204"),
            joined_at=NOW - timedelta(days=900),
            preferred_channel=Channel.CHAT,
        ),
        kyc=(Fact("level", SafeText("2")), Fact("status", SafeText("approved"))),
        security=(
            Fact("2fa", SafeText("app")),
            Fact("new_device", SafeText("2 h ago, Android, Hangzhou"), warn=True),
            Fact("password_changed", SafeText("2026-03-02")),
        ),
        account=(Fact("frozen", SafeText("no")), Fact("withdrawal_limit", SafeText("100,000 USDT/day"))),
        movements=(
            Movement(
                "m1",
                MoneyDirection.OUT,
                "USDT",
                "TRC20",
                Decimal("1200"),
                "confirming",
                3,
                20,
                SafeText("9f2c77e1a4b85510c3d2"),
                SafeText("TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE"),
                NOW - timedelta(hours=2),
            ),
            Movement(
                "m2", MoneyDirection.IN, "BTC", "BTC", Decimal("0.4"), "done", 3, 3, NO_TEXT, NO_TEXT, NOW - timedelta(days=2)
            ),
        ),
        contacts=(
            Contact(
                TicketId("o1"), "HX-260802-001177", SafeText("提现地址白名单"), Channel.CHAT, OPEN, NOW - timedelta(days=15)
            ),
            Contact(
                TicketId("o2"), "HX-260711-000804", SafeText("VIP fee tier"), Channel.EMAIL, OPEN, NOW - timedelta(days=37)
            ),
        ),
        tags=(SafeText("vip"), SafeText("hk-desk"), SafeText("prefers-chat")),
        flags=(RiskFlag("new_device", SafeText("risk engine"), NOW + timedelta(hours=22)),),
        promises=(promise(),),
    )


def customer(**changes: object) -> CustomerView:
    """Who is asking."""
    view = CustomerView(context=customer_context(), detail=detail(), shown=Shown(), is_focused=False)
    return replace(view, **changes)


def composer(**changes: object) -> ComposerView:
    """A reply being written."""
    view = ComposerView(
        is_open=True,
        ticket=TicketId("t0"),
        summary=summary(),
        draft=Draft(
            TicketId("t0"),
            DraftMode.REPLY,
            then=(SetStatus("waiting_third_party"), MakePromise("update", NOW + timedelta(hours=2))),
        ),
        limit=10_000,
        others=(),
        arrived=(),
        is_focused=True,
    )
    return replace(view, **changes)


def top(**changes: object) -> TopView:
    """The bar."""
    titles = (("Mine", 12), ("Unassigned", 41), ("Team", 87), ("At risk", 5), ("Promises", 3))
    view = TopView(
        tabs=tuple(TabView(ViewId(title), str(at), title, count, at == 1) for at, (title, count) in enumerate(titles, start=1)),
        link=LinkState(LinkPhase.LIVE, heard_at=NOW - timedelta(seconds=1)),
        waiting=0,
        held=0,
        troubled=0,
        me=Agent(
            ME, SafeText("Li Wei"), Role.L1, (TeamId("asia"),), ("zh", "en"), (), AgentState.AVAILABLE, load=3, capacity=5
        ),
        clock_shown=False,
        is_cached=False,
    )
    return replace(view, **changes)


def menu() -> Menu:
    """The leader's second letters."""
    items = [
        MenuItem(key, label, "ticket.escalate", (key,))
        for key, label in zip("srwktfl", ("security", "risk", "wallet-ops", "KYC", "tech", "finance", "lead"), strict=True)
    ]
    items[5] = replace(items[5], blocked="needs a team lead")
    return Menu("Escalate to", tuple(items))


def bottom(**changes: object) -> BottomView:
    """The last line."""
    return replace(BottomView(None, None, Pane.QUEUE), **changes)


NOTICE = Notice("solved 004213 · z takes it back", Level.DONE, NOW)

HINTS = (
    Hint("r", "reply", "ticket.reply"),
    Hint("n", "note", "ticket.note"),
    Hint(";", "macro", "menu.leader"),
    Hint("!", "escalate", "menu.escalate"),
    Hint("a", "assign", "menu.assign"),
    Hint("A", "take", "ticket.take"),
    Hint("e", "solve", "ticket.solve", blocked=Blocked("already solved")),
    Hint("z", "undo", "desk.undo"),
    Hint("N", "next best", "ticket.next_best"),
    Hint(":", "palette", "desk.palette", is_right=True),
    Hint("?", "keys", "desk.keys", is_right=True),
)
