"""Values deep in documents, to be looked up."""

import sqlalchemy as sa
from alembic import op

from gateway.canonical.lifecycle import ResourceKind
from gateway.storage.leaves import INDEXED, tokens

__all__ = ["upgrade"]

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = {ResourceKind.PRODUCT_ORDER: "product_order", ResourceKind.SERVICE_ORDER: "service_order"}
_AT_ONCE = 500


def upgrade() -> None:
    """Make the table and fill it from the orders that are there."""
    leaf = op.create_table(
        "leaf",
        sa.Column("token", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("created", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    bind = op.get_bind()
    raw = bind.connection.driver_connection
    # SQLite's driver is in the hands of whoever opened it: without a transaction each row would be a commit of its own.
    opens = bind.dialect.name == "sqlite" and raw is not None and not raw.in_transaction
    if opens:
        bind.exec_driver_sql("BEGIN")
    for kind in INDEXED:
        after = ""
        while rows := bind.execute(
            sa.text(f"SELECT id, created, doc FROM {_TABLES[kind]} WHERE id > :after ORDER BY id LIMIT {_AT_ONCE}"),  # noqa: S608 - our own words
            {"after": after},
        ).fetchall():
            made = [
                {"token": token, "created": created, "id": resource_id}
                for resource_id, created, doc in rows
                for token in tokens(kind, doc)
            ]
            if made:
                bind.execute(leaf.insert(), made)
            after = rows[-1][0]
    if opens:
        bind.exec_driver_sql("COMMIT")
