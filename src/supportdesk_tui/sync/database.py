"""One SQLite file used from one thread: opened cheaply, set aside when it is damaged."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from supportdesk_tui.domain.errors import StorageError
from supportdesk_tui.failpoints import failpoint
from supportdesk_tui.sync import files

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


class Schema(Struct, frozen=True):
    """What a file must hold: scripts that lead from one version to the next, and settings of every connection."""

    steps: tuple[str, ...]
    """steps[n] leads from user_version n to n + 1."""
    pragmas: tuple[str, ...]
    is_checked: bool = False
    """Every page is looked at when the file is opened: for small files whose rows must not go missing without a word."""
    is_kept: bool = False
    """Before the first row the names that lead to the file are durable: what is in it is nowhere else."""


class Database:
    """A connection, the thread that uses it, and what to do when the file is broken."""

    def __init__(self, path: Path | None, schema: Schema, on_damage: Callable[[Path], None] | None = None) -> None:
        """`path` None keeps everything in memory. `on_damage` hears where a broken file was set aside."""
        self.path = path
        self._schema = schema
        self._on_damage = on_damage
        self._connection: sqlite3.Connection | None = None
        self._lock = RLock()
        self._pool: ThreadPoolExecutor | None = None

    def open(self) -> None:
        """Open or make the file; a broken or newer one is set aside and made anew."""
        if self.path is not None:
            files.private_folder(self.path.parent)
            files.private_file(self.path)
        try:
            self._connection = self._connect()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if self.path is None or not (files.is_damage(error) or isinstance(error, _KNOWN_BAD)):
                raise StorageError(f"cannot open {self.path}: {error}") from error
            if _is_about_the_disk(error):
                raise StorageError(f"cannot open {self.path}: {error}") from error
            self._rebuild()

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def _connect(self) -> sqlite3.Connection:
        failpoint("database.open")
        connection = sqlite3.connect(
            self.path or ":memory:", timeout=2, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        with ExitStack() as undo:
            undo.callback(connection.close)
            for pragma in self._schema.pragmas:
                connection.execute(f"PRAGMA {pragma}")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > len(self._schema.steps):
                raise _NewerError(f"made by a newer version ({version})")
            if version == 0 and self._schema.is_kept and self.path is not None:
                files.keep_names(self.path)
            for number in range(version, len(self._schema.steps)):
                step = f"BEGIN IMMEDIATE; {self._schema.steps[number]}; PRAGMA user_version = {number + 1}; COMMIT;"
                connection.executescript(step)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if self._schema.is_checked:
                if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
                    raise _DamagedError("its pages do not fit together")
                connection.execute("PRAGMA shrink_memory")  # what the check took, a third of a megabyte, nobody needs again
            undo.pop_all()
        return connection

    def give_up(self) -> None:
        """The file can be opened but what is in it is wrong: set it aside and begin anew."""
        with self._lock:
            self._rebuild()

    def _rebuild(self) -> None:
        self._disconnect()
        if self.path is None:
            raise StorageError("the database in memory is damaged")
        aside = files.set_aside(self.path)
        failpoint("database.set_aside")
        files.private_file(self.path)
        try:
            self._connection = self._connect()
        except sqlite3.Error as error:
            raise StorageError(f"cannot make {self.path} anew: {error}") from error
        if self._on_damage is not None:
            self._on_damage(aside)

    @contextmanager
    def use(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection for one job, in this thread; a write is one transaction. Any SQLite error is a StorageError."""
        with self._lock, ExitStack() as undo:
            if self._connection is None:
                raise StorageError(f"{self.path or 'the memory cache'} is not open")
            connection = self._connection
            undo.callback(_roll_back, connection)
            try:
                if write:
                    connection.execute("BEGIN IMMEDIATE")
                yield connection
                if write:
                    failpoint("database.before_commit")
                    connection.execute("COMMIT")
                    failpoint("database.after_commit")
            except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
                if files.is_damage(error):
                    self._rebuild()
                raise StorageError(f"{self.path or 'memory'}: {error}") from error

    async def run(self, job: Callable[[], T]) -> T:
        """Do a job in this database's thread."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(1, thread_name_prefix=self.path.stem if self.path else "memory")
        return await asyncio.get_running_loop().run_in_executor(self._pool, job)

    def finish(self, job: Callable[[], T]) -> T | None:
        """Do a last job, if the file is open."""
        with self._lock:
            return job() if self._connection is not None else None

    def close(self) -> None:
        """Finish what the thread has begun and close the file."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
        self._disconnect()

    def purge(self) -> None:
        """Delete the file and begin an empty one."""
        with self._lock:
            self._disconnect()
            try:
                if self.path is not None:
                    files.remove(self.path)
                    files.private_file(self.path)
                self._connection = self._connect()
            except (sqlite3.Error, OSError) as error:
                raise StorageError(f"cannot purge {self.path}: {error}") from error

    def _disconnect(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class _NewerError(sqlite3.DatabaseError):
    """The file belongs to a later release of ours."""


class _DamagedError(sqlite3.DatabaseError):
    """SQLite can read the file, but not all of it."""


_KNOWN_BAD = (_NewerError, _DamagedError, sqlite3.OperationalError)


def _is_about_the_disk(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM,
    }  # fmt: skip


def _roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction that was not committed; a connection that was closed meanwhile has none."""
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
