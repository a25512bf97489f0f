"""Migrations and tables say the same, and going there and back leaves nothing."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from supportdesk_tui.server.storage.dialect import Sqlite
from supportdesk_tui.server.storage.engine import migrate, open_engine
from supportdesk_tui.server.storage.migrations.versions import v0001_first
from supportdesk_tui.server.storage.tables import metadata


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


def test_first_schema_drops_every_table_it_made() -> None:
    assert set(v0001_first.TABLES) == set(metadata.tables) | {"search"}
