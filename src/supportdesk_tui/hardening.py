"""What keeps the memory of a running desk, token and customers' words included, from being written down, read by others or
scattered over many heaps."""

import contextlib
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""From linux/prctl.h; 0 also keeps other processes of the same person from attaching."""
M_ARENA_MAX: Final = -8
"""From glibc's malloc.h: how many heaps threads may make."""


def refuse_core_dumps() -> None:
    """A crash writes no memory to disk; takes well under a millisecond."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def hide_memory() -> None:
    """No core dump and no foreign reader, whatever the limits say; only Linux can. Loads ctypes: not before the first paint.

    Threads begun from now on share one heap (glibc): what one has let go of is used by the next, not kept for itself.
    """
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.mallopt(M_ARENA_MAX, 1)
