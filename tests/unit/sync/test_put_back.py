"""A server that was put back to a backup in the very moment in which something is on its way to it."""

from collections.abc import Callable
from datetime import datetime

from supportdesk_tui import failpoints
from supportdesk_tui.domain.changes import Applied, Change
from supportdesk_tui.domain.ids import ChangeKey, TicketId
from supportdesk_tui.store.state import OutboxPhase
from tests import make
from tests.sync.fake import FakeBackend, until
from tests.unit.sync.client import Client, again


class PutBack(FakeBackend):
    """Tells while it is looked for that the server was put back to a backup."""

    told: Callable[[], object]

    async def find_applied(self, ticket: TicketId | None, change: Change, key: ChangeKey, since: datetime) -> Applied | None:
        found = await super().find_applied(ticket, change, key, since)
        self.told()
        return found


async def test_what_is_looked_for_when_the_server_is_put_back_is_not_sent_again_unasked(client: Client) -> None:
    client.server.script = ["cut"]
    await client.outbox.add(make.outbox_item(1))
    client.backend = backend = PutBack(client.server)
    backend.told = lambda: client.outbox.ask_for_each("put back")
    client.connect()
    await client.work(1)
    assert client.phases() == {"k1": OutboxPhase.UNKNOWN}
    client.clock.advance(100)
    await client.work()
    assert client.server.done == [], "sent without the agent's word"
    assert client.board.items[ChangeKey("k1")].needs_word
    assert client.board.items[ChangeKey("k1")].reason == "put back"
    backend.told = bool
    await client.outbox.retry(ChangeKey("k1"))
    await client.work()
    assert [one.key for one in client.server.done] == ["k1"]


async def test_what_is_being_written_down_when_the_server_is_put_back_is_not_sent_unasked(client: Client) -> None:
    await client.outbox.add(make.outbox_item(1))
    client.connect()
    with failpoints.armed("outbox.before_put=sleep:0.3"):
        await client.outbox.step()
        await until(lambda: client.outbox.book.items[0].phase is OutboxPhase.SENDING)
        assert client.phases() == {"k1": OutboxPhase.QUEUED}, "the disk has not answered yet"
        client.outbox.ask_for_each("put back")
        await client.work()
    assert client.server.done == [], "sent without the agent's word"
    waiting = (await again(client)).outbox.book.items[0]
    assert (waiting.phase, waiting.held_until, waiting.reason) == (OutboxPhase.HELD, None, "put back")
