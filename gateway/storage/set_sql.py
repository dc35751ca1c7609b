"""Sets as SQL: what they hold, how many that is, and which part of a conjunction is walked while the others are asked.

Every SELECT gives (created, id), each resource once.
"""

from collections.abc import Iterable, Iterator, Sequence
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
_STEPS = (500, 5000, _COUNTED)
"""How far they are counted at first, where the smallest may be far smaller."""


class SetSql:
    """The sets of one kind in one transaction."""

    def __init__(self, conn: Connection, kind: ResourceKind) -> None:
        self._conn, self._table = conn, RESOURCES[kind].name
        self._mark = JSON_SQL[conn.dialect].mark
        self._sizes: dict[tuple[Found, int], int] = {}
        self._smallest: dict[tuple[Found, ...], Found] = {}

    def known(self, found: Found) -> Found | None:
        """Return a set without the tokens that nothing has; None where a rank that it needs may be missing."""
        if isinstance(found, In) and len(found.tokens) == 1:  # nothing to be left out
            return found
        return _known(found, self.there(_asked(found)))

    def there(self, tokens: Iterable[int]) -> frozenset[int]:
        """Return those tokens that some resource has."""
        asked = sorted(set(tokens))
        if not asked:
            return frozenset()
        tests = [f"EXISTS (SELECT 1 FROM leaf WHERE token = {self._mark})"] * len(asked)  # noqa: S608 - our own words
        (row,) = self._conn.cursor.execute(f"SELECT {', '.join(tests)}", asked).fetchall()
        return frozenset(token for token, is_there in zip(asked, row, strict=True) if is_there)

    def size(self, found: Found, most: int = _COUNTED) -> int:
        """Return how many resources a set holds, at most: counted as far as that is cheap."""
        key = found, most
        if key not in self._sizes:
            self._sizes[key] = self._size(found, most)
        return self._sizes[key]

    def _size(self, found: Found, most: int) -> int:
        match found:
            case Not():
                return most + 1
            case Every(parts):
                return min(self.size(part, most) for part in parts)
            case Some(parts):
                return sum(self.size(part, most) for part in parts)
            case In(tokens):
                return sum(self._capped(*self._one(token), most) for token in tokens)
        return self._capped(*self.select(found), most)

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
        first = self._first(tuple(parts))
        text, binds = self.select(first)
        tests = ["1 = 1"]
        for part in parts:
            if part is not first:
                test, some = self.probe(part, "a")
                tests.append(test)
                binds = [*binds, *some]
        return f"SELECT a.created, a.id FROM ({text}) AS a WHERE {' AND '.join(tests)}", binds  # noqa: S608 - the same

    def _first(self, parts: tuple[Found, ...]) -> Found:
        """Return the smallest part: counting ends as soon as one is known to be smaller than the others."""
        if parts not in self._smallest:
            for most in _STEPS:
                first = min(parts, key=lambda part, most=most: self.size(part, most))  # type: ignore[misc]
                if self.size(first, most) < most:
                    break
            self._smallest[parts] = first
        return self._smallest[parts]

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

    def _capped(self, text: str, binds: Sequence[Any], most: int) -> int:
        return self._count(f"SELECT 1 FROM ({text}) AS c LIMIT {most}", binds)  # noqa: S608 - the same

    def _count(self, text: str, binds: Sequence[Any]) -> int:
        ((count,),) = self._conn.cursor.execute(f"SELECT count(*) FROM ({text}) AS n", list(binds)).fetchall()  # noqa: S608 - the same
        return int(count)

    def _marks(self, values: Sequence[object]) -> str:
        return ", ".join([self._mark] * len(values))


def _asked(found: Found) -> Iterator[int]:
    """Yield the tokens of which must be known whether anything has them."""
    match found:
        case In(tokens):
            yield from tokens
        case Ranked():
            yield several(found.token)
            if found.guard is not None:
                yield found.guard
        case Not(part):
            yield from _asked(part)
        case Every(parts) | Some(parts):
            for part in parts:
                yield from _asked(part)
        case Holding():
            pass


def _known(found: Found, there: frozenset[int]) -> Found | None:
    match found:
        case In(tokens):
            some = tuple(token for token in tokens if token in there)
            return In(some, is_disjoint=found.is_disjoint or len(some) < 2)
        case Ranked(guard=guard):
            is_single = found.is_single or several(found.token) not in there
            return None if guard in there else replace(found, is_single=is_single)
        case Not(part):
            inner = _known(part, there)
            return None if inner is None else Not(inner)
        case Every(parts) | Some(parts):
            made = [_known(part, there) for part in parts]
            kept = tuple(one for one in made if one is not None)
            return None if len(kept) < len(parts) else type(found)(kept)
        case Holding():
            return found
