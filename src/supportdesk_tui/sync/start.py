"""The state of the last run, from disk, for the first paint."""

from collections.abc import Sequence

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.domain.ids import ViewId
from supportdesk_tui.domain.queue import View
from supportdesk_tui.store import events as ev
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.drafts import Drafts
from supportdesk_tui.sync.outbox import Outbox
from supportdesk_tui.sync.windows import Ask


def open_from_disk(common: Common, outbox: Outbox, drafts: Drafts, rows: int) -> None:
    """Session, views, rows, drafts and outbox as they were, into the store; a damaged cache only means fewer of them."""
    try:
        known = common.cache.last.session()
        views = common.cache.last.views()
    except StorageError:
        known, views = None, ()
    if known is None:
        return
    session, directory = known
    common.store.dispatch(ev.SignedIn(session, directory, is_cached=True), ev.ViewsLoaded(views))
    try:
        loaded: list[ev.Event] = [drafts.load(session.agent.id), outbox.load(session.agent.id)]
        common.store.dispatch(*loaded)
    except StorageError:
        pass  # told when it was opened
    chosen = first_view(views, common.options.view)
    if chosen is not None:
        common.store.dispatch(ev.QueueChosen(chosen.query, chosen.id), *_rows(common, chosen, rows))


def _rows(common: Common, view: View, rows: int) -> list[ev.Event]:
    try:
        window = common.cache.first_window(Ask(view.query, "", common.asker()), 0, rows)
        as_of = common.cache.last.touched_at() or common.clock.now()
    except StorageError:
        return []
    return [ev.QueueLoaded(view.query, "", window.total, window.start, window.rows, as_of, cursor_index=0)]


def first_view(views: Sequence[View], wanted: str) -> View | None:
    """The view the desk opens with: the configured one, else the first."""
    named = next((view for view in views if view.id == ViewId(wanted)), None)
    return named or next(iter(views), None)
