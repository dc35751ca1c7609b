"""A query that takes too long is ended, and says which attribute has no index."""

import pytest

from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.errors import SlowQuery, StoreUnavailable
from gateway.ports.query import AllOf, Condition, Operator, SortKey
from gateway.ports.repository import Query
from gateway.storage.find import _slow_paths
from gateway.storage.time_limit import time_limit

ENDLESS = "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n) AS e"


@pytest.mark.parametrize(
    ("slow", "error"), [(("notes.text", "description"), SlowQuery), ((), StoreUnavailable)], ids=["named", "indexed"]
)
async def test_what_takes_too_long_is_ended_and_the_store_goes_on(database, slow, error):
    def read(conn):
        with time_limit(conn, 0.05, lambda: slow):
            conn.cursor.execute(ENDLESS, []).fetchall()

    with pytest.raises(error) as caught:
        await database.read(read)
    assert all(path in caught.value.reason for path in slow)
    assert caught.value.status == (400 if slow else 503)
    assert await database.read(lambda conn: conn.cursor.execute("SELECT 1", []).fetchall()) == [(1,)]


def test_only_what_no_index_answers_is_named():
    asked = AllOf(
        (
            Condition("parties.id", Operator.EQ, ("c1",)),
            Condition("notes.text", Operator.EQ, ("x",)),
            Condition("category", Operator.REGEX, ("x",)),
        )
    )
    query = Query(ResourceKind.PRODUCT_ORDER, (("state", ("held",)),), filters=(asked,), sort=(SortKey("order_date"),))
    assert _slow_paths(query) == ("notes.text", "category")
    by_text = Query(ResourceKind.PRODUCT_ORDER, sort=(SortKey("description"),))
    assert _slow_paths(by_text) == ("description",)
