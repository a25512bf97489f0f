"""Files of ours on disk: private folders, SQLite files opened with care, damaged ones set aside."""

import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.durable import sync_names
from supportdesk_tui.failpoints import failpoint

SIDE_FILES = ("-wal", "-shm", "-journal")


def private_folder(folder: Path) -> None:
    """Make a folder nobody else can read."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise StorageError(f"cannot use {folder}: {error.strerror}") from error


def private_file(path: Path) -> None:
    """Make sure a file is there and nobody else can read it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StorageError(f"cannot use {path}: {error.strerror}") from error


def keep_names(path: Path) -> None:
    """Make sure that a file is found again after a power cut: its name, and those of the folders that lead to it."""
    try:
        sync_names(path)
    except OSError as error:
        raise StorageError(f"cannot use {path}: {error.strerror}") from error


def set_aside(path: Path) -> Path:
    """Move a database that cannot be used out of the way, never deleting it; says where it went."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.broken-{stamp}")
    tries = 0
    while target.exists():
        tries += 1
        target = path.with_name(f"{path.name}.broken-{stamp}-{tries}")
    for side in SIDE_FILES:  # first: a journal left behind would be played into the file that is made anew
        with suppress(OSError):
            path.with_name(path.name + side).rename(target.with_name(target.name + side))
    failpoint("files.half_aside")
    try:
        path.rename(target)
    except OSError as error:
        raise StorageError(f"cannot set {path} aside: {error.strerror}") from error
    return target


def all_aside(path: Path) -> list[Path]:
    """What `set_aside` made of a database so far, oldest first."""
    found = path.parent.glob(f"{path.name}.broken-*")
    return sorted(one for one in found if not one.name.endswith(SIDE_FILES))


def rescued(aside: Path) -> Path:
    """The mark that every row of a file that was set aside lies in its successor."""
    return aside.with_name(aside.name.replace(".broken-", ".rescued-"))


def remove(path: Path) -> None:
    """Delete a database with its side files, and what was set aside of it."""
    for one in (path, *all_aside(path)):
        for side in ("", *SIDE_FILES):
            one.with_name(one.name + side).unlink(missing_ok=True)


def is_damage(error: Exception) -> bool:
    """Whether an error of SQLite means the file itself is broken, as opposed to full, locked or read-only."""
    if isinstance(error, UnicodeDecodeError) or "decode to UTF-8" in str(error):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
