"""Agents can leave: who is not active signs in no more; what happened to agents is found without reading the log."""

from alembic import op
from sqlalchemy import Boolean, Column, text, true

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whoever is there works here; events of the log from before say nothing of it, and mean the same."""
    op.add_column("agents", Column("active", Boolean, nullable=False, server_default=true()))
    if _is_postgresql():  # SQLite finds the newest one through ix_events_ticket
        op.create_index("ix_events_staff", "events", ["seq"], postgresql_where=text("ticket IS NULL"))


def downgrade() -> None:
    """Forget who left."""
    if _is_postgresql():
        op.drop_index("ix_events_staff", "events")
    op.drop_column("agents", "active")


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
