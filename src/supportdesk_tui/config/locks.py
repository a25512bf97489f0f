"""A file only one program of ours holds at a time; the system lets go of it when that program ends, however it ends."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

LOOK_S = 0.05
"""Between two tries at a file another program holds."""


@asynccontextmanager
async def held(path: Path, within_s: float) -> AsyncIterator[None]:
    """Hold a file, made where there is none; `TimeoutError` when another program does not let go of it in time.

    Any other `OSError` says that this folder cannot be locked in.
    """
    descriptor = await asyncio.to_thread(os.open, path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        async with asyncio.timeout(within_s):
            while not _is_taken(descriptor):  # noqa: ASYNC110 - another process lets go of it, and no event tells
                await asyncio.sleep(LOOK_S)
        yield
    finally:
        os.close(descriptor)


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
