"""Sets as SQL: what they hold, how many that is, and which part of a conjunction is walked while the others are asked.

Every SELECT gives (created, id), each resource once.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gateway.canonical.lifecycle import ResourceKind
from gateway.storage.json_sql import JSON_SQL, Sql
from gateway.storage.leaves import several
from gateway.storage.schema import RESOURCES
from gateway.storage.sets import Every, Found, Holding, In, Not, Ranked, Some
from gateway.streams.sql import Connection

__all__ = ["SetSql"]

_COUNTED = 20_000
"""How far sizes are counted to find the smallest."""


class SetSql:
    """The sets of one kind in one transaction."""

    def __init__(self, conn: Connection, kind: ResourceKind) -> None:
        self._conn, self._table = conn, RESOURCES[kind].name
        self._mark = JSON_SQL[conn.dialect].mark

    def known(self, found: Found) -> Found | None:
        """Return a set without the tokens that nothing has; None where a rank that it needs may be missing."""
        match found:
            case In(tokens):
                there = tuple(token for token in tokens if self._has(token))
                return In(there, is_disjoint=found.is_disjoint or len(there) < 2)
            case Ranked(guard=guard):
                if guard is not None and self._has(guard):
                    return None
                return replace(found, is_single=found.is_single or not self._has(several(found.token)))
            case Not(part):
                inner = self.known(part)
                return None if inner is None else Not(inner)
            case Every(parts) | Some(parts):
                made = [self.known(part) for part in parts]
                some = tuple(one for one in made if one is not None)
                return None if len(some) < len(parts) else type(found)(some)
            case Holding():
                return found

    def size(self, found: Found) -> int:
        """Return how many resources a set holds, at most: counted as far as that is cheap."""
        match found:
            case Not():
                return _COUNTED + 1
            case Every(parts):
                return min(self.size(part) for part in parts)
            case Some(parts):
                return sum(self.size(part) for part in parts)
            case In(tokens):
                return sum(self._capped(*self._one(token)) for token in tokens)
        return self._capped(*self.select(found))

    def total(self, found: Found) -> int:
        """Return how many resources a set holds."""
        match found:
            case In(tokens):  # each token's without those that an earlier one has: nothing need be sorted
                counts = []
                for place, token in enumerate(tokens):
                    text, binds = self._one(token)
                    if place and not found.is_disjoint:
                        probe, some = self.probe(In(tokens[:place]), "a")
                        text, binds = f"SELECT 1 FROM ({text}) AS a WHERE NOT {probe}", [*binds, *some]  # noqa: S608 - our own words
                    counts.append(self._count(text, binds))
                return sum(counts)
            case Not(part):
                return self._count(f"SELECT 1 FROM {self._table}", []) - self.total(part)  # noqa: S608 - our own words
        return self._count(*self.select(found))

    def select(self, found: Found) -> Sql:  # noqa: PLR0911 - one kind of set a case
        """Return the query of a set."""
        match found:
            case In(tokens):
                if len(tokens) == 1:
                    return self._one(tokens[0])
                word = "UNION ALL" if found.is_disjoint else "UNION"
                return self._united([self._one(token) for token in tokens], word)
            case Ranked():
                test, binds = self._range(found)
                once = "" if found.is_single else "DISTINCT "
                return f"SELECT {once}created, id FROM leaf_rank WHERE {test}", binds  # noqa: S608 - our own words
            case Holding(column, values):
                return f"SELECT created, id FROM {self._table} WHERE {column} IN ({self._marks(values)})", list(values)  # noqa: S608 - the same
            case Not():
                text, binds = self.probe(found, "a")
                return f"SELECT created, id FROM {self._table} AS a WHERE {text}", binds  # noqa: S608 - the same
            case Some(parts):
                return self._united([self.select(part) for part in parts], "UNION")
            case Every(parts):
                return self._every(parts)

    def probe(self, found: Found, alias: str) -> Sql:  # noqa: PLR0911 - the same
        """Return the condition that a row with `created` and `id` is in a set."""
        match found:
            case In(tokens):
                if not tokens:
                    return "1 = 0", []
                test = f"l.token IN ({self._marks(tokens)}) AND l.created = {alias}.created AND l.id = {alias}.id"
                return f"EXISTS (SELECT 1 FROM leaf AS l WHERE {test})", list(tokens)  # noqa: S608 - the same
            case Not(Holding() as part):  # what is left out are few as a rule
                text, binds = self.select(part)
                return f"{alias}.id NOT IN (SELECT id FROM ({text}) AS o)", binds  # noqa: S608 - the same
            case Not(part):
                text, binds = self.probe(part, alias)
                return f"NOT {text}", binds
            case Every(parts) | Some(parts):
                made = [self.probe(part, alias) for part in parts]
                word = " AND " if isinstance(found, Every) else " OR "
                return f"({word.join(text for text, _ in made)})", [bind for _, some in made for bind in some]
            case Holding(column, values):
                test = f"h.{column} IN ({self._marks(values)}) AND h.created = {alias}.created AND h.id = {alias}.id"
                return f"EXISTS (SELECT 1 FROM {self._table} AS h WHERE {test})", list(values)  # noqa: S608 - the same
            case Ranked():
                test, binds = self._range(found)
                return f"{alias}.id IN (SELECT id FROM leaf_rank WHERE {test})", binds  # noqa: S608 - the same

    def _every(self, parts: Sequence[Found]) -> Sql:
        first = min(parts, key=self.size)
        text, binds = self.select(first)
        tests = ["1 = 1"]
        for part in parts:
            if part is not first:
                test, some = self.probe(part, "a")
                tests.append(test)
                binds = [*binds, *some]
        return f"SELECT a.created, a.id FROM ({text}) AS a WHERE {' AND '.join(tests)}", binds  # noqa: S608 - the same

    def _united(self, parts: Sequence[Sql], word: str) -> Sql:
        if not parts:
            return f"SELECT created, id FROM {self._table} WHERE 1 = 0", []  # noqa: S608 - the same
        binds = [bind for _, some in parts for bind in some]
        return f" {word} ".join(f"SELECT created, id FROM ({text}) AS u" for text, _ in parts), binds  # noqa: S608 - the same

    def _one(self, token: int) -> Sql:
        return f"SELECT created, id FROM leaf WHERE token = {self._mark}", [token]  # noqa: S608 - the same

    def _range(self, found: Ranked) -> Sql:
        tests = [f"token = {self._mark}", *(f"rank {sign} {self._mark}" for sign, _ in found.bounds)]
        return " AND ".join(tests), [found.token, *(rank for _, rank in found.bounds)]

    def _has(self, token: int) -> bool:
        return bool(self._capped(*self._one(token), most=1))

    def _capped(self, text: str, binds: Sequence[Any], most: int = _COUNTED) -> int:
        return self._count(f"{text} LIMIT {most}" if most == 1 else f"SELECT 1 FROM ({text}) AS c LIMIT {most}", binds)  # noqa: S608 - the same

    def _count(self, text: str, binds: Sequence[Any]) -> int:
        ((count,),) = self._conn.cursor.execute(f"SELECT count(*) FROM ({text}) AS n", list(binds)).fetchall()  # noqa: S608 - the same
        return int(count)

    def _marks(self, values: Sequence[object]) -> str:
        return ", ".join([self._mark] * len(values))
