"""A client without a server in a folder that can be full or read-only; says what it sees, line by line."""

import asyncio
import sys
from pathlib import Path

from supportdesk_tui.commands.effects import Apply
from supportdesk_tui.domain.changes import Note
from supportdesk_tui.domain.ids import TicketId
from supportdesk_tui.store.events import DraftChanged
from supportdesk_tui.store.state import Draft, DraftMode
from supportdesk_tui.sync import drafts
from supportdesk_tui.sync.cache import Cache
from tests import make
from tests.sync.desk import desk
from tests.sync.fake import until

T1 = TicketId("t1")


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def fill(path: Path) -> None:
    """Take every byte there is."""
    with path.open("wb", buffering=0) as file:
        for size in (4096, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


async def main(folder: Path) -> None:
    drafts.RETRY_S = 0.1
    cache = Cache(folder / "cache.db")
    cache.open()
    cache.last.save_session(make.session(), make.directory())
    cache.close()
    async with desk(folder, None) as one:
        fill(folder / "filler")
        body = "precious " * 3000
        one.store.dispatch(DraftChanged(Draft(T1, DraftMode.NOTE, body, is_saved=False)))
        await until(lambda: one.state.drafts[T1].is_refused)
        say("not-saved", one.state.drafts[T1].body == body)
        one.engine.perform(Apply((T1,), Note(body), clears_draft=T1))
        await until(lambda: one.state.view.notice is not None and "disk refused" in one.state.view.notice.text)
        say("not-sent", not one.state.outbox, one.state.drafts[T1].body == body)
        (folder / "filler").unlink()
        await until(lambda: one.state.drafts[T1].is_saved)
        say("saved-again", one.state.drafts[T1].body == body)
        one.engine.perform(Apply((T1,), Note(body), clears_draft=T1))
        await until(lambda: one.state.outbox)
        say("queued", T1 not in one.state.drafts)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
