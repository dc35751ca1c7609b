"""Making facts: who says it, in which words, out of which answer."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import orjson

from gateway.canonical.fact import Assurance, Evidence, Fact, Source
from gateway.vocabulary.table import Vocabulary

__all__ = ["Speaker", "digest"]


def digest(answer: object) -> str:
    """Return `sha256:…` of an answer: of its bytes, or of its JSON with sorted keys."""
    body = answer if isinstance(answer, bytes) else orjson.dumps(answer, option=orjson.OPT_SORT_KEYS, default=str)
    return "sha256:" + hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Speaker:
    """A system that states facts, the adapter that reads it and the vocabularies it reads them with.

    `vocabulary` names those of one fact: `id@version`, several with a blank between; None where none was needed.
    """

    system: str
    adapter: str
    vocabulary: str | None = None

    def reading(self, *tables: Vocabulary) -> Self:
        """Return the same speaker, for facts that were read with these tables."""
        return replace(self, vocabulary=" ".join(table.name for table in tables) or None)

    def says(  # noqa: PLR0913 - a statement has this many parts
        self,
        predicate: str,
        subject: str,
        value: Mapping[str, Any],
        *,
        at: datetime,
        answer: object,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
        evidence: Iterable[Evidence] = (),
        assurance: Assurance = Assurance.ASSERTED,
        reason: str | None = None,
    ) -> Fact:
        """Return one statement, observed at `at` in `answer`; members of the value that are None are left out."""
        return Fact(
            predicate=predicate,
            subject=subject,
            value={name: member for name, member in value.items() if member is not None},
            observed_at=at,
            valid_from=valid_from,
            valid_to=valid_to,
            source=Source(system=self.system, adapter=self.adapter, vocabulary=self.vocabulary, message=digest(answer)),
            evidence=tuple(evidence),
            assurance=assurance,
            reason=reason,
        )
