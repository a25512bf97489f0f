"""Migrations and tables say the same, and going there and back leaves nothing."""

from pathlib import Path
from typing import Any

import msgspec
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, insert, inspect, select, text

from supportdesk_tui.server.floor.people import Agent
from supportdesk_tui.server.storage.dialect import Sqlite
from supportdesk_tui.server.storage.engine import connect_to_write, migrate, open_engine
from supportdesk_tui.server.storage.log import rebuild_projections
from supportdesk_tui.server.storage.migrations import versions
from supportdesk_tui.server.storage.migrations.versions import v0001_first
from supportdesk_tui.server.storage.tables import agents, events, metadata


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    if kind == "index":
        return name not in {"ix_events_staff", "ix_keys_at", "ix_search"}  # PostgreSQL's only
    return not (kind == "table" and (name or "").startswith("search"))


def indexes(connection: Connection) -> dict[str, str]:
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")).all()
    return {row.name: " ".join(row.sql.split()) for row in found}


def test_migrations_make_exactly_the_tables_we_query(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    migrate(engine)
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    metadata.create_all(fresh)
    with engine.connect() as connection, fresh.connect() as other:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert indexes(connection) == indexes(other)
    assert Sqlite.create_search in v0001_first.SCHEMA
    engine.dispose()
    fresh.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    migrate(engine)
    before = set(inspect(engine).get_table_names())
    migrate(engine)
    assert set(inspect(engine).get_table_names()) == before
    assert set(metadata.tables) | {"search", "alembic_version"} <= before
    engine.dispose()


def test_database_of_the_first_schema_is_brought_up_to_date_and_its_log_still_makes_the_same_tables(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    anna: dict[str, Any] = {"id": "a1", "login": "anna", "name": "Anna", "role": "l1", "state": "away", "capacity": 12}
    joined = {"agents": {"a1": anna | {"teams": [], "languages": [], "skills": {}}}}
    row = {"seq": 1, "at": 0, "kind": "agent.joined", "says": ""}
    row |= {"before": '{"agents":{"a1":null}}', "after": msgspec.json.encode(joined).decode()}
    with connect_to_write(engine) as connection:
        alembic(connection, "upgrade", "0001")
    with connect_to_write(engine) as connection, connection.begin():
        connection.execute(text("INSERT INTO agents VALUES ('a1','anna','Anna','l1','[]','[]','{}','away',12)"))
        connection.execute(insert(events), [row])
    migrate(engine)
    with connect_to_write(engine) as connection, connection.begin():
        before = connection.execute(select(agents)).mappings().one()
        assert Agent(**before).active
        assert rebuild_projections(connection) == 1
        assert connection.execute(select(agents)).mappings().one() == before
    with connect_to_write(engine) as connection:
        alembic(connection, "downgrade", "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()


def alembic(connection: Connection, step: str, to: str) -> None:
    """Bring the schema to a version, up or down."""
    config = Config()
    config.set_main_option("script_location", str(Path(versions.__file__ or "").parents[1]))
    config.attributes["connection"] = connection
    getattr(command, step)(config, to)


def test_first_schema_drops_every_table_it_made() -> None:
    assert set(v0001_first.TABLES) == set(metadata.tables) | {"search"}
