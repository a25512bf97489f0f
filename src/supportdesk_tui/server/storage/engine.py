"""Opening the database: migrations, one writer, many readers."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Engine, create_engine, make_url

from supportdesk_tui.server.storage.dialect import dialect_named, dialect_of

T = TypeVar("T")


def open_engine(url: str) -> Engine:
    """An engine set up for our way of writing; UnsupportedDatabase when the log cannot be kept there."""
    parsed = make_url(url)
    dialect = dialect_named(parsed.get_backend_name())
    prepared, options = dialect.prepare(parsed)
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)  # below that it would log the rows it reads
    engine = create_engine(
        prepared,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,
        pool_size=8,
        max_overflow=8,
        **options,
    )
    dialect.listen(engine)
    return engine


def connect_to_write(engine: Engine) -> Connection:
    """A connection whose transactions hold the write lock from their beginning."""
    return engine.connect().execution_options(**dialect_of(engine).writing)


def migrate(engine: Engine) -> None:
    """Bring the schema to this release's version; runs at every start."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("supportdesk_tui.server.storage").joinpath("migrations")))
    with connect_to_write(engine) as connection:
        dialect_of(engine).keep_names(engine)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def checkpoint(engine: Engine) -> None:
    """Let the database tidy up what was written, without making anybody wait for it."""
    dialect_of(engine).checkpoint(engine)


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
        with connect_to_write(self.engine) as connection, connection.begin():
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
