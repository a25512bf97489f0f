"""The port: what every ticket backend must answer. Small, and nothing in it is optional."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from supportdesk_tui.domain.capabilities import Session
from supportdesk_tui.domain.changes import Applied, Change, Outcome
from supportdesk_tui.domain.conversation import Attachment, Entry
from supportdesk_tui.domain.directory import Article, Directory, MacroText
from supportdesk_tui.domain.feed import Activity, Notice
from supportdesk_tui.domain.ids import AttachmentId, ChangeKey, Cursor, CustomerId, EntryId, FeedMark, TicketId
from supportdesk_tui.domain.people import CustomerContext
from supportdesk_tui.domain.queue import Page, QueueQuery, View
from supportdesk_tui.domain.ticket import Ticket, TicketSummary
from supportdesk_tui.text.safe import SafeText


class LocalFile(Struct, frozen=True):
    """A file to upload."""

    path: Path
    media_type: str
    ticket: TicketId


class Backend(Protocol):
    """A ticket system, as one agent sees it.

    Every method may raise a `BackendError`; writes raise `Conflict`, `Refused`, `Unsupported` or `Ambiguous` too.
    Everything a stranger wrote comes back as `SafeText`.
    """

    async def open(self) -> Session:
        """Sign in: who am I, what may I do, what server is it."""
        ...

    async def get_directory(self) -> Directory:
        """The words of this backend: agents, teams, statuses, categories, tags, fields."""
        ...

    async def list_views(self) -> list[View]:
        """Named queues, with counts where they are cheap; a `Shortened` list where some could not be read."""
        ...

    async def list_tickets(self, query: QueueQuery, after: Cursor | None) -> Page[TicketSummary]:
        """A page of a query, exactly, or with what could not be applied in `Page.unapplied`."""
        ...

    async def get_ticket(self, ticket: TicketId) -> Ticket:
        """One ticket; a case number is accepted as id, and a merged ticket's number resolves."""
        ...

    async def list_entries(self, ticket: TicketId, before: Cursor | None) -> Page[Entry]:
        """The newest entries, in server order, or those before a cursor; `Page.after` leads to older ones."""
        ...

    async def get_customer(self, customer: CustomerId) -> CustomerContext:
        """Who is asking, and all the pane shows of them."""
        ...

    async def search_articles(self, text: str, locale: str | None) -> list[Article]:
        """Knowledge base search; a `Shortened` list where some could not be read."""
        ...

    async def read_macro(self, ticket: TicketId, macro: str) -> MacroText:
        """A macro of `Directory.macros`, filled in for a ticket; nothing is changed by asking."""
        ...

    async def reveal(self, ticket: TicketId, entry: EntryId, reason: str) -> SafeText:
        """The words of an entry with its secrets, for the eyes only; the backend keeps who asked and why."""
        ...

    def read_attachment(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces, never more than its limit."""
        ...

    async def write_attachment(self, file: LocalFile) -> AttachmentId:
        """Upload a file; its id goes into a reply or note."""
        ...

    async def apply(self, ticket: TicketId | None, change: Change, key: ChangeKey, expected: int | None = None) -> Applied:
        """Do one change; `expected` is the version the agent saw. `ticket` is None for changes about no ticket."""
        ...

    def apply_each(self, tickets: Sequence[TicketId], change: Change, key: ChangeKey) -> AsyncIterator[Outcome]:
        """Do one change to many tickets; one outcome each, in any order."""
        ...

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        """Look whether a change of ours, made at `since` (our clock), has happened; None when it has not."""
        ...

    async def attend(self, ticket: TicketId | None, activity: Activity) -> None:
        """Presence: tell others what we look at or type on."""
        ...

    def feed(self, since: FeedMark | None) -> AsyncIterator[Notice]:
        """What changes, for ever: reconnects by itself and says so; push or poll is the adapter's business."""
        ...

    async def close(self) -> None:
        """Let go of sockets; safe to call twice."""
        ...
