"""The vocabularies of the customer role, by what they translate."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """One table for each code list."""

    accounts: Vocabulary
    subscriptions: Vocabulary
    technologies: Vocabulary
    coverage: Vocabulary
    recurrences: Vocabulary
    currencies: Vocabulary

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary]) -> Self:
        """Return the tables by their ids. Raises SetupError where one is absent."""
        kinds = "account", "subscription", "technology", "coverage", "recurrence", "price-currency"
        return cls(*require(tables, Path("codes.yaml"), *(f"tryton-{kind}" for kind in kinds)))
