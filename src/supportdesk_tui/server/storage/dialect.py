"""What SQLite and PostgreSQL do differently: connections, the write lock, the search index; everything else is SQLAlchemy's."""

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    any_,
    bindparam,
    event,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from supportdesk_tui.durable import sync_names
from supportdesk_tui.server.storage.tables import keys

TICKET_SHIFT = 16
"""A row of the search index is `ticket << 16 | ordinal of the text on the ticket`."""
LOCK_WAIT_MS = 10_000
"""How long a write waits for somebody else's."""
WRITE_LOCK = 0x5355_5050_4445_534B
"""The advisory lock of writers on PostgreSQL, `SUPPDESK`: the log's numbers have one giver, also among several servers."""


class UnsupportedDatabase(ValueError):  # noqa: N818  names the condition
    """The URL names a database this release cannot keep its log in."""


class Phrase(NamedTuple):
    """Tokens that follow each other; the last may be the beginning of a longer one."""

    words: tuple[str, ...]
    is_prefix: bool = False


class Dialect(Protocol):
    """One kind of database."""

    writing: dict[str, Any]
    """Execution options of a connection that writes."""

    def prepare(self, url: URL) -> tuple[URL, dict[str, Any]]:
        """The URL to connect to and the engine's own options; UnsupportedDatabase when that cannot be."""
        ...

    def listen(self, engine: Engine) -> None:
        """Set up every connection and begin every transaction."""
        ...

    def keep_names(self, engine: Engine) -> None:
        """Make sure that the database is found again after a power cut; OSError when the disk fails."""
        ...

    def checkpoint(self, engine: Engine) -> None:
        """Let the database tidy up, without making anybody wait for it."""
        ...

    def add_texts(self, connection: Connection, rows: Sequence[tuple[int, list[str]]]) -> None:
        """Index texts, each as its row and its tokens."""
        ...

    def clear_texts(self, connection: Connection) -> None:
        """Empty the index."""
        ...

    def find(self, connection: Connection, phrases: Sequence[Phrase], limit: int) -> list[int]:
        """The numbers of the newest tickets with a text that holds every phrase, newest first."""
        ...

    def among(self, column: ColumnElement[int], numbers: list[int]) -> ColumnElement[bool]:
        """Whether a column is one of many numbers, sent as one parameter."""
        ...

    def age_of_keys(self) -> ColumnElement[int]:
        """What idempotency keys are sorted by, oldest first, without a sort."""
        ...

    def is_outside(self, error: BaseException | None) -> bool:
        """Whether an operational error came from the disk, the network or other programs; else it is a mistake of ours."""
        ...


class Sqlite:
    """A file, with FTS5."""

    writing: dict[str, Any] = {"writes": True}  # noqa: RUF012  read only
    create_search = "CREATE VIRTUAL TABLE search USING fts5(body, content='', tokenize='unicode61 remove_diacritics 2')"
    _outside = frozenset(
        {
            sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_CANTOPEN,
        }
    )  # fmt: skip

    def prepare(self, url: URL) -> tuple[URL, dict[str, Any]]:
        """A file of its own."""
        if url.database in {None, "", ":memory:"}:
            raise UnsupportedDatabase("a database file is needed: readers and the writer have connections of their own")
        return url, {"connect_args": {"check_same_thread": False, "timeout": LOCK_WAIT_MS / 1000}}

    def listen(self, engine: Engine) -> None:
        """Pragmas for each connection; a writer takes the write lock as it begins."""
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", self._on_begin)

    @staticmethod
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3 begins nothing by itself: we say BEGIN
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "cache_size=-32000",
            "temp_store=MEMORY",
            "wal_autocheckpoint=0",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @staticmethod
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    def keep_names(self, engine: Engine) -> None:
        """SQLite syncs the file and the names in its folder, not the folders above."""
        sync_names(Path(engine.url.database or ""))

    def checkpoint(self, engine: Engine) -> None:
        """Move what the write-ahead log holds into the database."""
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            connection.close()

    def add_texts(self, connection: Connection, rows: Sequence[tuple[int, list[str]]]) -> None:
        """FTS5 splits our tokens at their spaces and takes the accents off."""
        found = [(row, " ".join(tokens)) for row, tokens in rows]
        connection.exec_driver_sql("INSERT INTO search(rowid, body) VALUES (?, ?)", found)

    def clear_texts(self, connection: Connection) -> None:
        """An index without content is emptied by making it anew."""
        connection.exec_driver_sql("DROP TABLE search")
        connection.exec_driver_sql(self.create_search)

    def find(self, connection: Connection, phrases: Sequence[Phrase], limit: int) -> list[int]:
        """Phrases as FTS5 writes them."""
        expression = " AND ".join(f'"{" ".join(one.words)}"{"*" if one.is_prefix else ""}' for one in phrases)
        query = f"SELECT DISTINCT rowid >> {TICKET_SHIFT} FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?"  # noqa: S608  a constant of ours
        return [row[0] for row in connection.exec_driver_sql(query, (expression, limit))]

    def among(self, column: ColumnElement[int], numbers: list[int]) -> ColumnElement[bool]:
        """A JSON array, since SQLite knows no other."""
        given = text("SELECT value FROM json_each(:hits)").bindparams(hits=msgspec.json.encode(numbers).decode())
        return column.in_(given)

    def age_of_keys(self) -> ColumnElement[int]:
        """Rows lie in the order of their making."""
        return literal_column("rowid", Integer)

    def is_outside(self, error: BaseException | None) -> bool:
        """By SQLite's primary result code."""
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in self._outside


class Postgres:
    """A PostgreSQL database, with a GIN index over vectors of our own tokens.

    Readers see one snapshot (REPEATABLE READ). Writers wait for the lock first and must then see what was committed while they
    waited (READ COMMITTED).
    """

    writing: dict[str, Any] = {"writes": True, "isolation_level": "READ COMMITTED"}  # noqa: RUF012  read only
    _places = 16_383
    """The last position a vector knows."""
    _places_of_one = 255
    """The places of one lexeme a vector keeps: of a word said more often in one text, phrases find the first ones."""
    _lexeme_chars = 500
    """A lexeme has at most 2,046 bytes."""
    _words = re.compile(r"[^\W_]+")
    _ours = "54"
    """The class of limits a statement exceeded; every other operational error is the server's or the network's."""

    def prepare(self, url: URL) -> tuple[URL, dict[str, Any]]:
        """Through psycopg 3."""
        if find_spec("psycopg") is None:
            raise UnsupportedDatabase("PostgreSQL needs psycopg; run: pip install 'supportdesk-tui[server,postgres]'")
        given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
        options = {"isolation_level": "REPEATABLE READ", "connect_args": given, "pool_pre_ping": True}
        return url.set(drivername="postgresql+psycopg"), options

    def listen(self, engine: Engine) -> None:
        """Text without NUL for each connection; a writer takes the writers' lock as it begins."""
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", self._on_begin)

    @staticmethod
    def _on_connect(connection: Any, _record: Any) -> None:
        from psycopg.types.string import StrDumperUnknown

        class Text(StrDumperUnknown):
            """PostgreSQL's text holds no NUL: it becomes the replacement character, as in CommonMark."""

            def dump(self, obj: str) -> Any:
                return super().dump(obj.replace("\0", "\ufffd"))

        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise UnsupportedDatabase(f"the database is encoded in {encoding}; it must be UTF8")
        connection.adapters.register_dumper(str, Text)

    @staticmethod
    def _on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes", False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")

    def keep_names(self, engine: Engine) -> None:
        """The server's files are its own business."""

    def checkpoint(self, engine: Engine) -> None:
        """The server does that by itself."""

    def add_texts(self, connection: Connection, rows: Sequence[tuple[int, list[str]]]) -> None:
        """Vectors made here: PostgreSQL's own parser would split the tokens again."""
        found = [(row, self._vector(tokens)) for row, tokens in rows]
        connection.exec_driver_sql("INSERT INTO search (doc, body) VALUES (%s, %s::tsvector)", found)

    def clear_texts(self, connection: Connection) -> None:
        """Readers go on meanwhile."""
        connection.exec_driver_sql("DELETE FROM search")

    def find(self, connection: Connection, phrases: Sequence[Phrase], limit: int) -> list[int]:
        """Phrases as `tsquery` writes them."""
        wanted = " & ".join(filter(None, (self._phrase(one) for one in phrases)))
        if not wanted:
            return []
        query = f"SELECT DISTINCT doc >> {TICKET_SHIFT} AS n FROM search WHERE body @@ %s::tsquery ORDER BY n DESC LIMIT %s"  # noqa: S608  a constant of ours
        return [row[0] for row in connection.exec_driver_sql(query, (wanted, limit))]

    def among(self, column: ColumnElement[int], numbers: list[int]) -> ColumnElement[bool]:
        """An array."""
        return column == any_(bindparam("hits", numbers, type_=ARRAY(BigInteger), unique=True))

    def age_of_keys(self) -> ColumnElement[int]:
        """By their time; PostgreSQL has an index of that."""
        return keys.c.at

    def is_outside(self, error: BaseException | None) -> bool:
        """By the class of the SQLSTATE; a connection that broke has none."""
        return hasattr(error, "sqlstate") and not str(getattr(error, "sqlstate", "")).startswith(self._ours)

    def _phrase(self, phrase: Phrase) -> str:
        lexemes = [one for word in phrase.words for one in self._lexemes(word)]
        return "(" + " <-> ".join(f"'{one}'" for one in lexemes) + (":*" if phrase.is_prefix else "") + ")" if lexemes else ""

    def _vector(self, tokens: list[str]) -> str:
        """Lexemes with their places, as a vector is written."""
        places: dict[str, list[str]] = {}
        for place, lexeme in enumerate((one for token in tokens for one in self._lexemes(token)), 1):
            if place > self._places:
                break
            found = places.setdefault(lexeme, [])
            if len(found) < self._places_of_one:
                found.append(str(place))
        return " ".join(f"'{lexeme}':{','.join(found)}" for lexeme, found in places.items())

    def _lexemes(self, token: str) -> list[str]:
        """A token as FTS5's `unicode61` has it: Latin without accents, split where there is neither letter nor digit."""
        if not token.isascii():
            bases = ((unicodedata.normalize("NFD", one)[0], one) for one in token)
            token = "".join(base if base.isascii() else one for base, one in bases)
        return [one[: self._lexeme_chars] for one in self._words.findall(token)]


_CONNECTING: dict[str, Any] = {
    "connect_timeout": 10,
    "client_encoding": "utf8",
    "application_name": "supportdesk",
    "options": f"-c lock_timeout={LOCK_WAIT_MS}",
}
"""How psycopg connects, where the URL does not say otherwise."""
_DIALECTS: dict[str, Dialect] = {"sqlite": Sqlite(), "postgresql": Postgres()}


def dialect_named(name: str) -> Dialect:
    """The dialect of a URL's scheme."""
    if name not in _DIALECTS:
        raise UnsupportedDatabase(f"{name} is not supported; use sqlite:///path or postgresql://host/name")
    return _DIALECTS[name]


def dialect_of(bind: Connection | Engine) -> Dialect:
    """The dialect of an open database."""
    return _DIALECTS[bind.dialect.name]


def is_outside(error: BaseException | None) -> bool:
    """Whether an operational error came from outside the program, whichever database raised it."""
    return any(one.is_outside(error) for one in _DIALECTS.values())
