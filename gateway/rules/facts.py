"""The facts of a trace, found by what they are about: without those that others supersede, the best statement first.

The order in which facts stand in a trace means nothing: equal traces in any order give equal answers.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

import orjson

from gateway.canonical.fact import Assurance, Fact
from gateway.rules.times import aware

__all__ = ["FactIndex", "Statement"]

_RANK = {assurance: assurance.rank for assurance in Assurance}
_Rank = tuple[int, datetime, datetime, str]


class Statement(NamedTuple):
    """A fact and where it stands: `facts[3]`."""

    path: str
    fact: Fact


class FactIndex:
    """Facts by (predicate, subject). Superseded facts are left out; the rest are sorted best first.

    Best means most trusted (asserted < corroborated < verified < attested), then newest.
    """

    def __init__(self, facts: Sequence[Fact], zone: tzinfo) -> None:
        replaced = {fact.supersedes for fact in facts if fact.supersedes and fact.supersedes != fact.id}
        self._zone = zone
        self._all: dict[str, Statement] = {}
        self._ranks: dict[str, _Rank] = {}
        groups: dict[tuple[str, str], list[Statement]] = {}
        kinds: dict[str, list[Statement]] = {}
        for number, fact in enumerate(facts):
            statement = Statement(f"facts[{number}]", fact)
            if fact.id:
                self._all[fact.id] = statement
                if fact.id in replaced:
                    continue
            predicate, subject = fact.predicate, fact.subject
            kind, group = kinds.get(predicate), groups.get((predicate, subject))
            if kind is None:
                kinds[predicate] = [statement]
            else:
                kind.append(statement)
            if group is None:
                groups[predicate, subject] = [statement]
            else:
                group.append(statement)
        for several in (*groups.values(), *kinds.values()):
            if len(several) > 1:
                self._sort(several)
        self.by_key: Mapping[tuple[str, str], Sequence[Statement]] = groups
        self.by_predicate: Mapping[str, Sequence[Statement]] = kinds

    def about(self, predicate: str, subject: str) -> Sequence[Statement]:
        """Return every standing statement about one key, best first."""
        return self.by_key.get((predicate, subject), ())

    def of(self, predicate: str) -> Sequence[Statement]:
        """Return every standing statement of one predicate, whatever it is about, best first."""
        return self.by_predicate.get(predicate, ())

    def by_id(self, fact_id: str) -> Statement | None:
        """Return the fact of that id, superseded or not."""
        return self._all.get(fact_id)

    def _sort(self, group: list[Statement]) -> None:
        ranks = [self._rank(statement) for statement in group]
        if len(set(ranks)) < len(ranks):  # only what is said alike at one moment is told apart by what it says
            group.sort(key=_content)
        group.sort(key=self._rank, reverse=True)

    def _rank(self, statement: Statement) -> _Rank:
        """How good a statement is; each is asked for with those about its subject, and with all of its predicate."""
        rank = self._ranks.get(statement.path)
        if rank is None:
            rank = self._ranks[statement.path] = self._trust(statement.fact)
        return rank

    def _trust(self, fact: Fact) -> _Rank:
        seen = aware(fact.valid_from or fact.observed_at, self._zone)
        known = aware(fact.recorded_at or fact.observed_at, self._zone)
        return _RANK[fact.assurance], seen, known, fact.id


def _content(statement: Statement) -> bytes:
    fact = statement.fact
    return orjson.dumps([fact.subject, fact.source.system, fact.value], option=orjson.OPT_SORT_KEYS, default=str)
