"""Opening the database: pragmas, migrations, one writer, many readers."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

T = TypeVar("T")


class UnsupportedDatabase(ValueError):  # noqa: N818  names the condition
    """The URL names a database this release cannot keep its log in."""


def open_engine(url: str) -> Engine:
    """An engine with our pragmas; SQLite only, since the search index is FTS5."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise UnsupportedDatabase(f"{parsed.get_backend_name()} is not supported yet; use sqlite:///path")
    if parsed.database in {None, "", ":memory:"}:
        raise UnsupportedDatabase("a database file is needed: readers and the writer have connections of their own")
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)  # below that it would log the rows it reads
    engine = create_engine(
        url,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        connect_args={"check_same_thread": False, "timeout": 10},
        hide_parameters=True,
        pool_size=8,
        max_overflow=8,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: DBAPIConnection, _record: Any) -> None:
    connection.isolation_level = None  # sqlite3 begins nothing by itself: we say BEGIN
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32000", "temp_store=MEMORY", "wal_autocheckpoint=0"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine) -> None:
    """Bring the schema to this release's version; runs at every start."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("supportdesk_tui.server.storage").joinpath("migrations")))
    with engine.connect().execution_options(writes=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def checkpoint(engine: Engine) -> None:
    """Move what the write-ahead log holds into the database, without making anybody wait for it."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
    finally:
        connection.close()


class Database:
    """The engine with its single writing thread; readers use `reading` from any thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection with one consistent view of the data."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that holds the write lock from its first statement; commits at the end, rolls back on any error."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in one write transaction on the writer's thread and wait for it."""
        return self.writer.submit(self._written, work).result()

    def _written(self, work: Callable[[Connection], T]) -> T:
        with self.writing() as connection:
            return work(connection)

    def close(self) -> None:
        """Finish what is being written and let go of every file."""
        self.writer.shutdown(wait=True)
        self.engine.dispose()
