"""Keeps the looked-up values in step with the documents, in the transaction that stores these."""

from gateway.canonical.lifecycle import ResourceKind
from gateway.storage.json_sql import JSON_SQL
from gateway.storage.leaves import INDEXED, tokens
from gateway.storage.schema import RESOURCES
from gateway.streams.sql import Connection

__all__ = ["add_leaves", "replace_leaves"]


def add_leaves(conn: Connection, resource_id: str, created: int, new: frozenset[int]) -> None:
    """Add the values of a resource."""
    if not new:
        return
    mark = JSON_SQL[conn.dialect].mark
    text = f"INSERT INTO leaf (token, created, id) VALUES ({mark}, {mark}, {mark}) ON CONFLICT DO NOTHING"  # noqa: S608 - our own words
    conn.cursor.executemany(text, [(token, created, resource_id) for token in new])


def replace_leaves(conn: Connection, kind: ResourceKind, resource_id: str, new: frozenset[int]) -> bool:
    """Bring the values of a resource from the document that is stored to the new ones; False where none is stored."""
    if kind not in INDEXED:
        return False
    mark, table = JSON_SQL[conn.dialect].mark, RESOURCES[kind].name
    text = f"SELECT created, doc FROM {table} WHERE id = {mark}"  # noqa: S608 - the same
    stored = conn.cursor.execute(text, [resource_id]).fetchall()
    for created, doc in stored:
        old = tokens(kind, doc)
        gone = [(token, created, resource_id) for token in old - new]
        if gone:
            text = f"DELETE FROM leaf WHERE token = {mark} AND created = {mark} AND id = {mark}"  # noqa: S608 - the same
            conn.cursor.executemany(text, gone)
        add_leaves(conn, resource_id, created, new - old)
    return bool(stored)
