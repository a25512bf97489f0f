"""Makes and keeps the local copy of all live tickets whole."""

import asyncio
from collections.abc import Callable

from supportdesk_tui.domain.errors import Ambiguous, RateLimited, Unreachable
from supportdesk_tui.domain.ids import Cursor, FeedMark
from supportdesk_tui.domain.queue import Page, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import LIVE_PHASES, TicketSummary
from supportdesk_tui.sync.common import Common

EVERY_LIVE_TICKET = QueueQuery(phases=LIVE_PHASES, sort=SortKey.CREATED)
"""Sorted by what never changes, so that no ticket moves from an unread page to a read one."""
_WAITS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)


async def copy_all(common: Common, mark: Callable[[], FeedMark | None], progress: Callable[[], None]) -> None:
    """Read every live ticket; the feed must be open before this starts, so that nothing falls between."""
    common.is_whole = False
    await common.cache.begin_copy()
    common.have, common.expected, after = 0, 1, None
    bad = 0
    while True:
        page = await _page(common, after)
        await common.cache.put_tickets(page.items)
        common.have += len(page.items)
        bad += page.bad_items
        common.expected = max(page.total or 0, common.have + (1 if page.after else 0))
        progress()
        after = page.after
        if after is None:
            break
    await common.cache.end_copy(mark())
    common.expected, common.is_whole = 0, True
    common.tell_bad(bad)
    progress()


async def _page(common: Common, after: Cursor | None) -> Page[TicketSummary]:
    """One page, asked for again while the server is away or busy."""
    tries = 0
    while True:
        try:
            return await common.server("copy").list_tickets(EVERY_LIVE_TICKET, after)
        except RateLimited as error:
            await asyncio.sleep(min(300.0, max(1.0, error.after_s)))
        except (Unreachable, Ambiguous):
            if tries >= len(_WAITS_S):
                raise
            await asyncio.sleep(_WAITS_S[tries])
            tries += 1
