"""Pages that the indexes give alone. Documents that are not indexed yet are looked into, and put among them."""

from typing import Any

from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.query import SortKey
from gateway.ports.repository import Query
from gateway.storage.json_sql import JSON_SQL, Sql
from gateway.storage.leaves import INDEXED, entries, rank_token, ranks_in, too_long
from gateway.storage.schema import RESOURCES
from gateway.storage.set_sql import SetSql
from gateway.storage.sets import Found, Ranked
from gateway.storage.shapes import Type, type_at
from gateway.streams.sql import Connection

__all__ = ["Lookup"]

_AT_FIRST = 500
"""So many of the oldest are looked at sooner than many more are sorted, and so many rows skipped without a count."""
_FEW = 1000
"""So many documents are sorted sooner than found in an index that is sorted already."""
_FIRST_PART = 10
"""A page in the first part of so many is walked to."""

_ROWS = {
    "sqlite": "SELECT coalesce(max(rowid), 0) FROM {}",
    "postgresql": "SELECT reltuples::bigint FROM pg_class WHERE oid = '{}'::regclass",
}
"""About how many rows a table has, told without counting them."""


class Lookup:
    """Looks up what a query of one kind wants; `where` is its condition on a document."""

    def __init__(self, conn: Connection, kind: ResourceKind, where: Sql) -> None:
        self._conn, self._kind, self._where = conn, kind, where
        words = JSON_SQL[conn.dialect]
        self._table, self._mark = RESOURCES[kind].name, words.mark
        self._documents = words.rows(self._table)  # where a condition on a document stands
        self._sets = SetSql(conn, kind)
        self._unread = f"SELECT id FROM unindexed WHERE kind = {self._mark}"  # noqa: S608 - our own words
        self._is_behind = bool(self._run(f"{self._unread} LIMIT 1", [kind.value]))

    def known(self, found: Found | None) -> Found | None:
        """Return a set as far as it can be used, None where it cannot."""
        return None if found is None else self._sets.known(found)

    def size(self, found: Found) -> int:
        """Return about how many documents a set holds."""
        return self._sets.size(found)

    def about(self) -> int:
        """Return about how many documents there are."""
        ((rows,),) = self._run(_ROWS[self._conn.dialect].format(self._table), [])
        return int(rows)

    def total(self, found: Found | None) -> int:
        """Return how many resources there are in a set, in all for None."""
        if found is not None and not self._is_behind:
            return self._sets.total(found)
        text, binds = (self._table, []) if found is None else self._members(found)
        ((total,),) = self._run(f"SELECT count(*) FROM {text if found is None else f'({text}) AS m'}", binds)  # noqa: S608 - the same
        return int(total)

    def page(self, query: Query, found: Found) -> tuple[list[str], int]:
        """Return the documents of a page in the order of creation, and how many there are in all."""
        offset, limit = max(0, query.offset), max(0, query.limit)
        if isinstance(found, Ranked):
            total = self.total(found)
            if limit and total > _AT_FIRST and 2 * (offset + limit) < _AT_FIRST:
                docs = self._among_the_first(found, offset, limit)
                if len(docs) == limit:
                    return docs, total
        elif limit and offset < _AT_FIRST:
            docs = self._part(found, "ASC", limit, offset)
            is_end = len(docs) < limit and (docs or not offset)
            return docs, offset + len(docs) if is_end else self.total(found)
        else:
            total = self.total(found)
        limit = min(limit, total - offset)
        if limit <= 0:
            return [], total
        after = total - offset - limit
        return self._part(found, *(("ASC", limit, offset) if offset <= after else ("DESC", limit, after))), total

    def _part(self, found: Found, way: str, limit: int, skip: int) -> list[str]:
        text, binds = self._members(found)
        text = (
            f"SELECT t.doc FROM ({text} ORDER BY created {way}, id {way} LIMIT {self._mark} OFFSET {self._mark}) AS p "  # noqa: S608 - the same
            f"JOIN {self._table} AS t ON t.id = p.id ORDER BY p.created, p.id"
        )
        return [doc for (doc,) in self._run(text, [*binds, limit, skip])]

    def _among_the_first(self, found: Ranked, offset: int, limit: int) -> list[str]:
        """Return the documents of a page that are found among the oldest, so that many need not be sorted."""
        text = (
            f"SELECT p.id, i.entries, u.id FROM (SELECT id, created FROM {self._table} "  # noqa: S608 - the same
            f"ORDER BY created, id LIMIT {_AT_FIRST}) AS p "
            f"LEFT JOIN indexed AS i ON i.kind = {self._mark} AND i.id = p.id "
            f"LEFT JOIN unindexed AS u ON u.kind = {self._mark} AND u.id = p.id ORDER BY p.created, p.id"
        )
        rows = self._run(text, [self._kind.value] * 2)
        if any(kept is None or unread is not None for _, kept, unread in rows):
            return []
        ids = [one for one, kept, _ in rows if found.has(ranks_in(kept, found.token))][offset : offset + limit]
        return self._docs(ids) if len(ids) == limit else []

    def _docs(self, ids: list[str]) -> list[str]:
        marks = ", ".join([self._mark] * len(ids))
        docs = dict(self._run(f"SELECT id, doc FROM {self._table} WHERE id IN ({marks})", ids))  # noqa: S608 - the same
        return [docs[one] for one in ids]

    def sorted_page(self, query: Query, found: Found | None, total: int) -> list[str] | None:
        """Return the documents of a sorted page, None where no index has all of it in that order."""
        token = self._token(query.sort)
        if token is None:
            return None
        offset = max(0, query.offset)
        limit = min(max(0, query.limit), total - offset)
        if limit <= 0:
            return []
        if total <= _FEW:
            return None if found is None or self._is_behind else self._sorted_few(query, found, token)
        test, binds = ("1 = 1", []) if found is None else self._sets.probe(found, "r")
        if _FIRST_PART * (offset + limit) <= total:  # asked row by row until the page is full, never joined and sorted
            test = f"CASE WHEN {test} THEN 1 ELSE 0 END = 1"
        way = "DESC" if query.sort[0].descending else "ASC"
        most, skip = (limit, offset) if not self._is_behind else (offset + limit, 0)
        if self._is_behind:
            test, binds = f"{test} AND r.id NOT IN ({self._unread})", [*binds, self._kind.value]
        rows = self._run(
            f"SELECT r.rank, r.id FROM leaf_rank AS r WHERE r.token = {self._mark} AND {test} "  # noqa: S608 - the same
            f"ORDER BY r.rank {way}, r.id LIMIT {self._mark} OFFSET {self._mark}",
            [token, *binds, most, skip],
        )
        if self._is_behind:
            rows = [*((bytes(rank), one) for rank, one in rows), *self._unread_ranks(token)]
            rows = sorted(sorted(rows, key=lambda row: row[1]), key=lambda row: row[0], reverse=way == "DESC")
            rows = rows[offset : offset + limit]
        if len(rows) < limit:  # those that have no value come last
            return None
        return self._docs([one for _, one in rows])

    def _sorted_few(self, query: Query, found: Found, token: int) -> list[str]:
        """Return the documents of a sorted page of a small set, by what is kept of each."""
        text, binds = self._sets.select(found)
        rows = self._run(
            f"SELECT s.id, i.entries FROM ({text}) AS s JOIN indexed AS i ON i.kind = {self._mark} AND i.id = s.id",  # noqa: S608 - the same
            [*binds, self._kind.value],
        )
        ranks = [(one, ranks_in(kept, token)) for one, kept in sorted(rows)]  # one at most
        first = sorted((row for row in ranks if row[1]), key=lambda row: row[1], reverse=query.sort[0].descending)
        ids = [one for one, _ in (*first, *(row for row in ranks if not row[1]))]  # those that have no value come last
        return self._docs(ids[max(0, query.offset) :][: query.limit])

    def candidates(self, found: Found) -> Sql:
        """Return the query of the ids in a set, with those that are not indexed yet."""
        text, binds = self._sets.select(found)
        text = f"SELECT id FROM ({text}) AS s"  # noqa: S608 - the same
        return (f"{text} UNION {self._unread}", [*binds, self._kind.value]) if self._is_behind else (text, binds)

    def _members(self, found: Found) -> Sql:
        text, binds = self._sets.select(found)
        if not self._is_behind:
            return text, binds
        where, some = self._where
        text = (
            f"SELECT created, id FROM ({text}) AS s WHERE id NOT IN ({self._unread}) "  # noqa: S608 - the same
            f"UNION ALL SELECT t.created, t.id FROM {self._documents} WHERE t.id IN ({self._unread}) AND {where}"
        )
        return text, [*binds, self._kind.value, self._kind.value, *some]

    def _token(self, sort: tuple[SortKey, ...]) -> int | None:
        """Return the token of the ranks in whose order a page is, None where there are none."""
        if len(sort) != 1 or (path := sort[0].path) not in INDEXED[self._kind].ranked:
            return None
        what = type_at(self._kind, tuple(path.split(".")))
        if what is Type.TEXT and self._sets.there([too_long(self._kind, path)]):
            return None
        return rank_token(self._kind, path, what)

    def _unread_ranks(self, token: int) -> list[tuple[bytes, str]]:
        where, binds = self._where
        rows = self._run(
            f"SELECT t.id, t.doc FROM {self._documents} WHERE t.id IN ({self._unread}) AND {where}",  # noqa: S608 - the same
            [self._kind.value, *binds],
        )
        return [
            (rank, one) for one, doc in rows for of, rank in entries(self._kind, doc).ranks if of == token
        ]  # one value at most

    def _run(self, text: str, binds: list[Any]) -> list[Any]:
        return list(self._conn.cursor.execute(text, binds).fetchall())
