"""The first schema: log, projections, keys, tokens, search."""

from alembic import op

from supportdesk_tui.server.storage.search import CREATE_SEARCH
from supportdesk_tui.server.storage.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    metadata.create_all(op.get_bind())
    op.execute(CREATE_SEARCH)


def downgrade() -> None:
    """Drop every table."""
    op.execute("DROP TABLE search")
    metadata.drop_all(op.get_bind())
