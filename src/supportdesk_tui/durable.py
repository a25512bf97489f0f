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


def write_text(path: Path, text: str) -> None:
    """Write a file and come back when the disk has it and every name that leads to it; what it held before is lost first."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync_names(path)


def replace_text(path: Path, text: str) -> None:
    """Put another text into a file so that a power cut leaves the old one or the new one, whole."""
    part = path.with_name(path.name + ".part")
    write_text(part, text)
    part.replace(path)
    sync_folder(path.parent)
