"""A client that writes notes and a draft until it is killed; its arguments are those of `main`, tickets joined by commas."""

import asyncio
import sys
from pathlib import Path

from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.backends.port import Backend
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import Draft, OutboxItem, OutboxPhase
from supportdesk_tui.sync.sending import new_key
from tests.sync.desk import desk
from tests.sync.fake import until


def say(*words: object) -> None:
    """One line for the test that watches."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def main(folder: Path, url: str, token: str, tickets: list[str], numbers: range) -> None:
    async def connect() -> Backend:
        return NativeBackend(url, token)

    async with desk(folder, connect) as one:
        await until(lambda: one.state.session.session is not None and not one.state.session.is_cached)
        drafts = [draft.body for draft in one.state.drafts.values()]
        say("start", *drafts)
        for number in numbers:
            ticket = TicketId(tickets[number % len(tickets)])
            item = OutboxItem(new_key(), (ticket,), Note(f"note-{number}"), OutboxPhase.QUEUED, one.common.clock.now())
            await one.engine.outbox.add(item)
            one.store.dispatch(DraftChanged(Draft(ticket, body=f"draft-{number}")))
            one.engine.save_now()
            say("added", number, ticket)
        await until(lambda: not one.engine.outbox.book.items)
        say("empty")


if __name__ == "__main__":
    place, url, token, tickets, first, count = sys.argv[1:]
    numbers = range(int(first), int(first) + int(count))
    asyncio.run(main(Path(place), url, token, tickets.split(","), numbers))
