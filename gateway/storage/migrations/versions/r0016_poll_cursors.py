"""How far each legacy system was asked for changes."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. The release before neither reads nor minds it."""
    op.create_table(
        "poll_cursor",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("position", sa.Text),
        sa.Column("moved", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
