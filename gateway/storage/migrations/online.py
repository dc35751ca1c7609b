"""Changes that are made while the release before serves: on PostgreSQL without a lock that anybody would notice."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

__all__ = ["add_index", "drop_index"]


def add_index(name: str, table: str, columns: Sequence[str], *, where: str | None = None, unique: bool = False) -> None:
    """Make an index beside the writes. One that an earlier try left unfinished is made anew."""
    condition: dict[str, Any] = (
        {} if where is None else {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    )
    if op.get_context().dialect.name != "postgresql":
        op.create_index(name, table, list(columns), unique=unique, **condition)
        return
    more: dict[str, Any] = {**condition, "postgresql_concurrently": True}
    with op.get_context().autocommit_block():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, list(columns), unique=unique, **more)


def drop_index(name: str, table: str) -> None:
    """Drop an index beside the writes."""
    if op.get_context().dialect.name != "postgresql":
        op.drop_index(name, table_name=table)
        return
    with op.get_context().autocommit_block():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
