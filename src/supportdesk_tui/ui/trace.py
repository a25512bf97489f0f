"""The trace of a desk that holds a terminal: what is left when it was killed tells the next one to say how to repair things."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final

from supportdesk_tui.i18n.catalog import _

_PREFIX: Final = "terminal-"


class TerminalTrace:
    """A locked, empty file for as long as this process holds the terminal; the lock goes with the process, whatever ends it."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: int | None = None

    @property
    def _own(self) -> Path | None:
        return None if self._folder is None else self._folder / f"{_PREFIX}{os.getpid()}"

    def leave(self) -> tuple[str, ...]:
        """Leave our own trace and take away those of the dead; what to tell the person when there were any."""
        if self._held is not None or self._folder is None or self._own is None:
            return ()
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = [_is_dead(path) for path in self._folder.glob(f"{_PREFIX}*")]
            self._held = os.open(self._own, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if any(found):
                return (_("The desk was killed: where a terminal is odd, run supportdesk reset-terminal"),)
        return ()

    def remove(self) -> None:
        """The terminal is as it was: nothing to tell the next desk."""
        if self._held is None or self._own is None:
            return
        with contextlib.suppress(OSError):
            self._own.unlink(missing_ok=True)
            os.close(self._held)
        self._held = None


def _is_dead(path: Path) -> bool:
    """Whether nobody holds a trace any more; it is taken away then."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
