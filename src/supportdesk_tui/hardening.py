"""What keeps the memory of a running desk, token and customers' words included, from being written down or read by others."""

import contextlib
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""From linux/prctl.h; 0 also keeps other processes of the same person from attaching."""


def refuse_core_dumps() -> None:
    """A crash writes no memory to disk; takes well under a millisecond."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def hide_memory() -> None:
    """No core dump and no foreign reader, whatever the limits say; only Linux can. Loads ctypes: not before the first paint."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
