"""Small things asked of the backend: articles, presence, views."""

from supportdesk_tui.domain.errors import BackendError, Unsupported
from supportdesk_tui.domain.feed import Activity
from supportdesk_tui.domain.ids import EntryId, TicketId
from supportdesk_tui.domain.queue import bad_items_of
from supportdesk_tui.store.events import ArticlesAsked, ArticlesLoaded, MacroAnswered, RevealAnswered, ViewsLoaded
from supportdesk_tui.store.state import LinkPhase
from supportdesk_tui.sync.common import Common
from supportdesk_tui.sync.telling import why


class Errands:
    """One method a thing."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._attending: tuple[TicketId | None, Activity] = (None, Activity.GONE)
        self._is_told = True

    async def views(self) -> None:
        """The view bar, with the server's counts."""
        listed = await self._common.server("views").list_views()
        views, bad = tuple(listed), bad_items_of(listed)
        self._common.store.dispatch(ViewsLoaded(views, bad))
        await self._common.cache.run(lambda: self._common.cache.last.save_views(views))
        await self._common.cache.run(lambda: self._common.cache.last.save_bad("views", bad))

    async def articles(self, text: str) -> None:
        """Knowledge-base search; a failure is part of the answer."""
        common = self._common
        common.store.dispatch(ArticlesAsked(text))
        try:
            found = await common.server("articles").search_articles(text, common.options.locale)
        except (BackendError, Unsupported) as error:
            common.store.dispatch(ArticlesLoaded(text, (), common.clock.now(), why(error)))
            return
        common.tell_bad(bad_items_of(found))
        common.store.dispatch(ArticlesLoaded(text, tuple(found), common.clock.now()))

    async def reveal(self, ticket: TicketId, entry: EntryId, reason: str) -> None:
        """What is hidden in an entry: from the backend into the open dialog, and nowhere else."""
        try:
            text = await self._common.server("reveal").reveal(ticket, entry, reason)
        except (BackendError, Unsupported) as error:
            self._common.store.dispatch(RevealAnswered(entry, None, why(error)))
            return
        self._common.store.dispatch(RevealAnswered(entry, text))

    async def macro(self, ticket: TicketId, macro: str) -> None:
        """What a macro of the backend's own would write on a ticket; nothing happens there by asking."""
        common = self._common
        try:
            text = await common.server("macro").read_macro(ticket, macro)
        except (BackendError, Unsupported) as error:
            common.store.dispatch(MacroAnswered(ticket, macro, None, why(error)))
            return
        common.store.dispatch(MacroAnswered(ticket, macro, text))

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        """Presence; only a change is sent, and nobody is bothered when it cannot be."""
        if self._is_told and self._attending == (ticket, activity):
            return
        self._attending, self._is_told = (ticket, activity), False
        await self._tell_where()

    async def attend_again(self) -> None:
        """A server forgets where we were when the connection ends: say it anew."""
        self._is_told = self._attending[0] is None
        await self._tell_where()

    async def _tell_where(self) -> None:
        is_lost = self._common.store.state.link.phase is LinkPhase.LOST
        if self._common.backend is None or self._is_told or is_lost:
            return
        self._is_told = True
        try:
            await self._common.backend.attend(*self._attending)
        except (BackendError, Unsupported):
            self._is_told = False
