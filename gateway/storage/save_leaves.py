"""Says which documents the indexer has to read, in the transaction that stores them."""

from sqlalchemy import bindparam

from gateway.canonical.lifecycle import ResourceKind
from gateway.storage.schema_leaf import unindexed
from gateway.streams.sql import Connection, Statement, insert_into

__all__ = ["MARK", "mark"]


def _mark(dialect: str) -> object:
    new = insert_into(dialect, unindexed).values(kind=bindparam("new_kind"), id=bindparam("new_id"))
    # Not "do nothing": the row must be locked, so that the indexer does not take it away before this commits.
    same = [unindexed.c.kind, unindexed.c.id]
    return new.on_conflict_do_update(index_elements=same, set_={"kind": new.excluded.kind})


MARK = Statement(_mark)


def mark(conn: Connection, kind: ResourceKind, resource_id: str) -> None:
    """Let the indexer read a resource; until then queries look into its document."""
    conn.change(MARK, {"new_kind": kind.value, "new_id": resource_id})
