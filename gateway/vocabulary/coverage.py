"""How much of a code list a table translates, and how exactly."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway.vocabulary.table import LOSSLESS_ENOUGH, Relation, Vocabulary

__all__ = ["Coverage", "coverage_of", "unused_codes"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of `total` codes or fields `mapped` are translated; the others hold the order."""

    total: int
    mapped: int
    equivalent: int = 0
    narrower: int = 0
    broader: int = 0
    related: int = 0
    unmatched: int = 0
    fields: int = 0


def coverage_of(table: Vocabulary) -> Coverage:
    """Return the coverage of a table."""
    if table.fields:
        return Coverage(total=len(table.fields), mapped=len(table.fields), fields=len(table.fields))
    by_relation = Counter(row.rel for row in table.rows.values())
    mapped = sum(row.rel in LOSSLESS_ENOUGH for row in table.rows.values())
    return Coverage(len(table.rows), mapped, **{relation.value: by_relation[relation] for relation in Relation})


def unused_codes(table: Vocabulary, met: Collection[str]) -> Sequence[str]:
    """Return the codes that the system was never heard to say: mistakes of the list, or rare."""
    return [code for code in table.rows if code not in met]
