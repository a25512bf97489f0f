"""Fills a client's cache for the benchmarks: tickets, a session and conversations, as a desk leaves them behind."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from msgspec.structs import replace  # noqa: E402
from tests import make  # noqa: E402
from tests.pane import data  # noqa: E402

from supportdesk_tui.domain.conversation import EntryKind  # noqa: E402
from supportdesk_tui.domain.ids import FeedMark  # noqa: E402
from supportdesk_tui.domain.sla import Clock, ClockKind  # noqa: E402
from supportdesk_tui.domain.ticket import Ticket, TicketSummary  # noqa: E402
from supportdesk_tui.sync.cache import Cache  # noqa: E402
from supportdesk_tui.sync.conversations import Asking, Detail, Entries  # noqa: E402
from supportdesk_tui.sync.rows import Asker  # noqa: E402
from supportdesk_tui.sync.windows import Ask  # noqa: E402
from supportdesk_tui.text.safe import sanitize_line  # noqa: E402

SUBJECTS = ("Withdrawal pending", "提现未到账", "KYC document refused", "Deposit not credited", "Новый вход в аккаунт")
NAMES = ("Zhang Min", "O. Petrova", "佐藤 健", "A. Souza", "Нина К.", "M. Dubois", "Trần Văn")
READY = "000003"
"""The number of a row in the first view; the skeleton cannot show it."""
EVEN, ODD = "EVEN-MARK", "ODD-MARK"
"""In the newest entry of tickets with even and odd numbers."""


def build_cache(path: Path, count: int, *, opened: int = 60) -> None:
    """Write a cache with `count` tickets, the first `opened` of them with twenty entries each; counted, as a desk leaves it."""
    now = datetime.now(UTC)
    session, view = make.session(), make.view()
    cache = Cache(path)
    cache.open()
    cache.last.save_session(session, make.directory())
    cache.last.save_views((view,))
    cache.put_tickets_now(_row(n, now) for n in range(count))
    asyncio.run(_conversations(cache, min(opened, count), now))
    cache.last.set_complete(FeedMark("1"))
    cache.window_now(Ask(view.query, "", Asker(session.agent.id, session.agent.teams, now)), 0, 1)
    cache.close()


def _row(n: int, now: datetime) -> TicketSummary:
    clock = Clock(ClockKind.FIRST, now - timedelta(minutes=10), now + timedelta(hours=2, minutes=n))
    return make.summary(
        n,
        subject=sanitize_line(f"{SUBJECTS[n % len(SUBJECTS)]} {n}"),
        customer_name=sanitize_line(NAMES[n % len(NAMES)]),
        clock=clock,
        updated_at=now - timedelta(seconds=n),
        created_at=now - timedelta(days=1),
    )


async def _conversations(cache: Cache, count: int, now: datetime) -> None:
    context = data.customer_context()
    for n in range(count):
        mark = ODD if n % 2 else EVEN
        ticket = Ticket(_row(n, now))
        entries = []
        for seq in range(1, 21):
            kind = EntryKind.CUSTOMER if seq % 2 else EntryKind.AGENT
            words = "It still does not work for us. " * (2 + seq % 5)
            last = f"\n\n{mark} {n}" if seq == 20 else ""
            entries.append(make.entry(seq, kind, f"Hello, this is message {seq}.\n\n{words}\n我的提现还没有到账。{last}"))
        await cache.conversations.put(ticket.summary.id, Detail(ticket, now), now)
        customer = replace(
            context, customer=replace(context.customer, name=ticket.summary.customer_name, uid=f"{88120000 + n}")
        )
        await cache.conversations.put(ticket.summary.id, Entries(tuple(entries), None, now), now)
        await cache.conversations.put(ticket.summary.id, Asking(customer, now), now)
