"""The state of the last run, from disk, for the first paint."""

from collections.abc import Sequence

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.queue import View
from supportdesk_tui.store import events as ev
from supportdesk_tui.store.state import Level
from supportdesk_tui.sync import words
from supportdesk_tui.sync.cache import Cache
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.windows import Ask

ROWS = 80
"""As many as the tallest terminals show."""


def open_cache(common: Common) -> None:
    """Session, views and rows as they were, into the store; a damaged cache only means fewer of them."""
    try:
        common.cache.open()
    except StorageError as error:
        common.tell(words.NOT_SAVED, Level.ERROR, reason=str(error))
        common.cache = Cache(None)
        common.cache.open()
    try:
        known = common.cache.last.session()
        views = common.cache.last.views()
        bad_views, common.bad_items = common.cache.last.bad("views"), common.cache.last.bad("tickets")
        common.cached_at = common.cache.last.heard_at() or common.cache.last.touched_at()
    except StorageError:
        known, views, bad_views = None, (), 0
    if known is None:
        return
    common.store.dispatch(ev.SignedIn(*known, is_cached=True), ev.ViewsLoaded(views, bad_views))
    chosen = first_view(views)
    if chosen is not None:
        common.store.dispatch(ev.QueueChosen(chosen.query, chosen.id), *_rows(common, chosen))


def _rows(common: Common, view: View) -> list[ev.Event]:
    try:
        window = common.cache.window_now(Ask(view.query, "", common.asker()), 0, ROWS)
        as_of = common.cached_at or common.clock.now()
    except StorageError:
        return []
    return [ev.QueueLoaded(view.query, "", window.total, window.start, window.rows, as_of, cursor_index=0)]


def first_view(views: Sequence[View]) -> View | None:
    """The view the desk opens with."""
    return next(iter(views), None)
