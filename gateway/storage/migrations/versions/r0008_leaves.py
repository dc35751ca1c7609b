"""Values deep in documents, to be looked up. What fills the table has a later revision."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "leaf",
        sa.Column("token", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("created", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
