"""One life of a client with an outbox, and its successor on the same folder."""

from pathlib import Path

from supportdesk_tui.domain.capabilities import Capability
from supportdesk_tui.store.state import OutboxPhase
from supportdesk_tui.sync.outbox import Hooks, Outbox
from supportdesk_tui.sync.outbox_db import Ledger
from tests import make
from tests.sync.fake import Board, FakeBackend, FakeServer, HandClock

KEYLESS = make.session(capabilities=frozenset(Capability) - {Capability.IDEMPOTENCY})


class Client:
    """One life of a client; the folder and the server outlive it."""

    def __init__(self, folder: Path, server: FakeServer, clock: HandClock) -> None:
        self.folder, self.server, self.clock = folder, server, clock
        self.board = Board()
        self.ledger = Ledger(folder)
        self.ledger.open()
        self.outbox = Outbox(self.ledger, clock, Hooks(self.board.publish, self.board.spawn, self.board.sign_in))
        loaded = self.outbox.load(make.ME)
        self.board.items = {item.key: item for item in loaded.items}
        self.backend = FakeBackend(server, make.session() if server.keeps_keys else KEYLESS)

    def connect(self) -> None:
        self.outbox.connect(self.backend, self.backend.session)

    async def work(self, rounds: int = 3) -> None:
        for _ in range(rounds):
            await self.outbox.step()
            await self.board.rest()

    def phases(self) -> dict[str, OutboxPhase]:
        return {item.key: item.phase for item in self.board.items.values()}

    async def die(self) -> None:
        """The process ends as if killed: what is on its way is never heard of again."""
        for task in list(self.board.tasks):
            task.cancel()
        await self.board.rest()
        self.ledger.close()


async def again(client: Client) -> Client:
    await client.die()
    return Client(client.folder, client.server, client.clock)
