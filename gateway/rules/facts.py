"""The facts of a trace, found by what they are about: without those that others supersede, the best statement first.

The order in which facts stand in a trace means nothing: equal traces in any order give equal answers.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

import orjson

from gateway.canonical.fact import Assurance, Fact
from gateway.rules.times import aware

__all__ = ["FactIndex", "Statement"]

_RANK = {assurance: assurance.rank for assurance in Assurance}


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
        self._groups: dict[tuple[str, str], list[Statement]] = {}
        self._kinds: dict[str, list[Statement]] = {}
        self._all: dict[str, Statement] = {}
        for number, fact in enumerate(facts):
            statement = Statement(f"facts[{number}]", fact)
            if fact.id:
                self._all[fact.id] = statement
                if fact.id in replaced:
                    continue
            self._groups.setdefault((fact.predicate, fact.subject), []).append(statement)
            self._kinds.setdefault(fact.predicate, []).append(statement)
        for groups in (self._groups, self._kinds):
            for group in groups.values():
                if len(group) > 1:
                    self._sort(group)

    def about(self, predicate: str, subject: str) -> Sequence[Statement]:
        """Return every standing statement about one key, best first."""
        return self._groups.get((predicate, subject), ())

    def of(self, predicate: str) -> Sequence[Statement]:
        """Return every standing statement of one predicate, whatever it is about, best first."""
        return self._kinds.get(predicate, ())

    def by_id(self, fact_id: str) -> Statement | None:
        """Return the fact of that id, superseded or not."""
        return self._all.get(fact_id)

    def _sort(self, group: list[Statement]) -> None:
        keys = [self._trust(statement.fact) for statement in group]
        if len(set(keys)) < len(keys):  # only what is said alike at one moment is told apart by what it says
            group.sort(key=_content)
        group.sort(key=lambda statement: self._trust(statement.fact), reverse=True)

    def _trust(self, fact: Fact) -> tuple[int, datetime, datetime, str]:
        seen = aware(fact.valid_from or fact.observed_at, self._zone)
        known = aware(fact.recorded_at or fact.observed_at, self._zone)
        return _RANK[fact.assurance], seen, known, fact.id


def _content(statement: Statement) -> bytes:
    fact = statement.fact
    return orjson.dumps([fact.subject, fact.source.system, fact.value], option=orjson.OPT_SORT_KEYS, default=str)
