"""Makes and keeps the local copy of all live tickets whole."""

import asyncio
from collections.abc import Callable

from supportdesk_tui.domain.errors import Ambiguous, RateLimited, Unreachable
from supportdesk_tui.domain.ids import Cursor, FeedMark
from supportdesk_tui.domain.queue import Page, QueueQuery, SortKey
from supportdesk_tui.domain.ticket import LIVE_PHASES, TicketSummary
from supportdesk_tui.sync import words
from supportdesk_tui.sync.common import Common

EVERY_LIVE_TICKET = QueueQuery(phases=LIVE_PHASES, sort=SortKey.CREATED)
"""Sorted by what never changes, so that no ticket moves from an unread page to a read one."""
MOST = 5_000
"""Newest live tickets that are copied of a server that is asked within a budget; of all others every one is."""
QUICK_PAGES = 10
"""Pages read of such a server without a pause: as many as fill the screens of most desks …"""
PAUSE_S = 1.0
"""… and the pause before each one after them."""
_WAITS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)


async def copy_all(common: Common, mark: Callable[[], FeedMark | None], progress: Callable[[], None]) -> None:
    """Read every live ticket; the feed must be open before this starts, so that nothing falls between.

    What the agent asks for comes first: a page is asked for only while nothing of theirs is waited for.
    """
    common.is_whole, was_part, common.holds_part = False, common.holds_part, common.is_sparing
    await common.cache.begin_copy()
    common.have, common.expected, after = 0, 1, None
    bad, pages, oldest = 0, 0, None
    while True:
        if common.is_sparing and pages >= QUICK_PAGES:
            await asyncio.sleep(PAUSE_S)
        page = await _page(common, after)
        await common.cache.put_tickets(page.items)
        pages += 1
        common.have += len(page.items)
        bad += page.bad_items
        common.expected = max(page.total or 0, common.have + (1 if page.after else 0))
        oldest = page.items[-1].created_at if page.items else oldest
        progress()
        after = page.after
        if after is None or (common.is_sparing and common.have >= MOST):
            break
    common.holds_part = after is not None
    await common.cache.end_copy(mark(), oldest if common.holds_part else None)
    common.expected, common.is_whole = 0, not common.holds_part
    if common.holds_part and not was_part:
        common.tell(words.COPY_PART, count=str(common.have))
    common.bad_items = bad
    await common.cache.run(lambda: common.cache.last.save_bad("tickets", bad))
    common.tell_bad(bad)
    progress()


async def _page(common: Common, after: Cursor | None) -> Page[TicketSummary]:
    """One page, asked for again while the server is away or busy."""
    tries = 0
    while True:
        await common.turn.free()
        try:
            return await common.server("copy").list_tickets(EVERY_LIVE_TICKET, after)
        except RateLimited as error:
            await asyncio.sleep(min(300.0, max(1.0, error.after_s)))
        except (Unreachable, Ambiguous):
            if tries >= len(_WAITS_S):
                raise
            await asyncio.sleep(_WAITS_S[tries])
            tries += 1
