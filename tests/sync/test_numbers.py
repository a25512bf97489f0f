"""Opening a ticket by its number: whose keys it takes, what it marks as read, and what the copy knows without a server."""

from pathlib import Path

from msgspec.structs import replace

from supportdesk_tui.commands.effects import Load, LoadKind
from supportdesk_tui.domain.changes import MarkRead
from supportdesk_tui.domain.errors import SignInNeeded
from supportdesk_tui.domain.ids import AgentId, TicketId
from supportdesk_tui.domain.ticket import Ticket
from supportdesk_tui.store.events import ComposerToggled, QueueChosen, TicketOpened
from supportdesk_tui.store.state import Pane
from supportdesk_tui.text.safe import sanitize_line
from tests import make
from tests.sync.desk import ALL_LIVE, desk
from tests.sync.fake import FakeBackend, until
from tests.sync.test_feed import server_with, to


async def test_opening_by_number_marks_read_once_and_peeking_never(tmp_path: Path) -> None:
    server = server_with(2)
    server.tickets[TicketId("t1")] = make.summary(1, unread=2)
    backend = FakeBackend(server)
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        one.store.dispatch(QueueChosen(replace(ALL_LIVE, owner=AgentId("nobody here")), None))
        one.engine.perform(Load(LoadKind.QUEUE))
        await until(lambda: one.engine.busy == 0)
        one.store.dispatch(TicketOpened(TicketId("t1"), peek=True))
        one.engine.perform(Load(LoadKind.TICKET, TicketId("t1")))
        await until(lambda: one.engine.busy == 0)
        assert server.done == []
        one.engine.perform(Load(LoadKind.NUMBER, text=make.summary(1).number))
        await until(lambda: [done.change for done in server.done] == [MarkRead(to=2)])
        assert one.state.view.focus is Pane.CONVERSATION, "a reply would go to the ticket under the cursor of the queue"


async def test_ticket_is_opened_by_its_number_from_the_copy_while_the_token_is_refused(tmp_path: Path) -> None:
    class Refusing(FakeBackend):
        async def get_ticket(self, ticket: TicketId) -> Ticket:
            raise SignInNeeded("ticket", sanitize_line("the token is not valid any more"))

    backend = Refusing(server_with(2))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        one.engine.perform(Load(LoadKind.NUMBER, text=make.summary(2).number))
        await until(lambda: one.state.conversation.ticket == TicketId("t2"))


async def test_ticket_found_late_does_not_take_the_keys_of_who_has_begun_to_write(tmp_path: Path) -> None:
    backend = FakeBackend(server_with(2))
    async with desk(tmp_path, to(backend)) as one:
        await one.live()
        one.store.dispatch(TicketOpened(TicketId("t2")))
        one.engine.perform(Load(LoadKind.NUMBER, text=make.summary(1).number))
        one.store.dispatch(ComposerToggled(True))
        await until(lambda: one.engine.busy == 0)
        assert one.state.conversation.ticket == TicketId("t2")
        assert one.state.view.focus is Pane.COMPOSER
