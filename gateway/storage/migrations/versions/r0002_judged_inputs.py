"""What decisions looked at, so that they can be made again."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of judged inputs; decisions of before name none."""
    op.create_table(
        "judged_inputs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True),
        sa.Column("doc", sa.Text, nullable=False),
    )
