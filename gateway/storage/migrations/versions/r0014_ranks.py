"""Values deep in documents, indexed after the documents are stored, and compared by rank too."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLES = {
    "productOrder": "product_order",
    "cancelProductOrder": "cancel_product_order",
    "serviceOrder": "service_order",
    "cancelServiceOrder": "cancel_service_order",
    "customerBill": "customer_bill",
    "appliedCustomerBillingRate": "applied_rate",
    "customerBillOnDemand": "on_demand_bill",
    "billCycle": "bill_cycle",
}


def upgrade() -> None:
    """Make the tables and let the indexer read everything anew; until it has, queries look into the documents."""
    op.create_table(
        "leaf_rank",
        sa.Column("token", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("rank", sa.LargeBinary, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "indexed",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unindexed",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.execute("UPDATE schema_support SET oldest = '0014'")  # releases before would not say what is to be indexed
    op.execute("DELETE FROM leaf")
    for kind, table in _TABLES.items():
        op.drop_index(f"{table}_state", table_name=table)
        op.create_index(f"{table}_state", table, ["state", "created", "id"])
        op.execute(f"INSERT INTO unindexed (kind, id) SELECT '{kind}', id FROM {table}")  # noqa: S608 - our own words
