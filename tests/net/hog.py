"""A client in a process of its own: meets one hostile answer and says how much its memory grew at the worst, in kB.

python -m tests.net.hog URL WHAT
"""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from supportdesk_tui.backends.http import Limits
from supportdesk_tui.backends.live import Pace
from supportdesk_tui.backends.native.adapter import NativeBackend
from supportdesk_tui.domain.errors import BackendError
from supportdesk_tui.domain.feed import Gap, Lost
from supportdesk_tui.domain.ids import TicketId


def most_held() -> int:
    """Most kB this process has held since the mark was last put back (`clear_refs`); what the parent held does not count."""
    return int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line).split()[1])


def from_here() -> int:
    """Put the mark back to what is held now."""
    Path("/proc/self/clear_refs").write_text("5")
    return most_held()


async def meet(url: str, what: str) -> str:
    """Ask once in peace, so that everything is loaded; then once in earnest."""
    backend = NativeBackend(url, "token", limits=Limits(attempts=1, backoff_s=0.01), pace=Pace(backoff_s=0.01))
    try:
        await backend.list_views()
        before = from_here()
        outcome = await _outcome(backend, what)
        grown = most_held() - before
    finally:
        await backend.close()
    return f"{grown} {outcome}"


async def _outcome(backend: NativeBackend, what: str) -> str:
    try:
        if what == "feed":
            async with aclosing(backend.feed(None)) as notices:
                async for notice in notices:
                    if isinstance(notice, Gap | Lost):
                        return type(notice).__name__
        if what == "entries":
            page = await backend.list_entries(TicketId("t1"), None)
            return f"{len(page.items)} entries of {max(len(one.body) for one in page.items)}"
        await backend.list_views()
    except BackendError as error:
        return f"{type(error).__name__}: {error.reason}"
    return "answered"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(meet(sys.argv[1], sys.argv[2])))
