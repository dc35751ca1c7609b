"""The facts of a trace, found by what they are about: without those that others supersede, the best statement first.

The order in which facts stand in a trace means nothing: equal traces in any order give equal answers.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
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
            if predicate in kinds:
                kinds[predicate].append(statement)
            else:
                kinds[predicate] = [statement]
            if (predicate, subject) in groups:
                groups[predicate, subject].append(statement)
            else:
                groups[predicate, subject] = [statement]
        self._sort_all(groups, kinds)
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

    def _sort_all(self, groups: dict[tuple[str, str], list[Statement]], kinds: dict[str, list[Statement]]) -> None:
        for group in groups.values():
            if len(group) > 1:
                self._sort(group)
        for predicate, kind in kinds.items():
            if len(kind) > 1:
                same = groups[predicate, kind[0].fact.subject]
                if len(same) == len(kind):
                    kinds[predicate] = same  # all about one subject, and sorted already
                else:
                    self._sort(kind)

    def _sort(self, group: list[Statement]) -> None:
        ranks = self._ranks
        for path, fact in group:
            if path not in ranks:
                ranks[path] = self._trust(fact)
        group.sort(key=lambda one: ranks[one.path], reverse=True)
        if any(ranks[one.path] == ranks[other.path] for one, other in pairwise(group)):
            group.sort(key=_content)  # only what is said alike at one moment is told apart by what it says
            group.sort(key=lambda one: ranks[one.path], reverse=True)

    def _trust(self, fact: Fact) -> _Rank:
        seen = aware(fact.valid_from or fact.observed_at, self._zone)
        known = aware(fact.recorded_at or fact.observed_at, self._zone)
        return _RANK[fact.assurance], seen, known, fact.id


def _content(statement: Statement) -> bytes:
    fact = statement.fact
    return orjson.dumps([fact.subject, fact.source.system, fact.value], option=orjson.OPT_SORT_KEYS, default=str)
