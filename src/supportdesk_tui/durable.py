"""Names that are there after a power cut: fsync of a file keeps its bytes, not the names that lead to it (fsync(2), POSIX).

Standard library only, for client and server.
"""

import errno
import os
from pathlib import Path

_CANNOT = frozenset({errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOTSUP})
"""A folder we may not open, so none that we made; or a file system that does not sync folders."""


def sync_folder(folder: Path) -> None:
    """Make what a folder's names mean durable; OSError when the disk fails."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise


def sync_names(path: Path) -> None:
    """Make every name that leads to a file durable, whoever made the folders: before anything in it is promised."""
    for folder in path.absolute().parents:
        sync_folder(folder)
