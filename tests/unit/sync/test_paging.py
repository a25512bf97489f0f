"""A list that only the backend knows, read page by page."""

from typing import Any, cast

from supportdesk_tui.domain.errors import Refused, Unreachable
from supportdesk_tui.domain.ids import Cursor
from supportdesk_tui.domain.queue import Page, QueueQuery
from supportdesk_tui.domain.ticket import TicketSummary
from supportdesk_tui.store.events import QueueChosen
from supportdesk_tui.store.store import Store
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.queue import Queue
from tests import make

FOUND = QueueQuery(text="stuck")


class Pages:
    """Two pages of a list; the second is not always to be had."""

    error: Unreachable | Refused | None = None

    async def list_tickets(self, _: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        if after is None:
            return Page((make.summary(1), make.summary(2)), Cursor("2"), total=4)
        if self.error is not None:
            raise self.error
        return Page((make.summary(3), make.summary(4)), None, total=4)


async def test_list_that_ends_before_its_time_says_why_until_the_rest_is_there() -> None:
    common, pages = Common(Store(), Cache(None)), Pages()
    common.cache.open()
    common.backend = cast(Any, pages)
    queue = Queue(common)
    common.store.dispatch(QueueChosen(FOUND, None, search="stuck"))
    for error in (Unreachable("search", "no answer"), Refused("search", "too deep")):
        pages.error = error
        await queue.search()
        shown = common.store.state.queue
        assert (len(shown.rows), shown.total, shown.problems) == (2, 4, (error.reason,))
    pages.error = None
    await queue.load()
    shown = common.store.state.queue
    assert (len(shown.rows), shown.total, shown.problems) == (4, 4, ())
    common.cache.close()
