"""The vocabularies of the customer system, by what they translate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from adapters.sdk.fields import Fields
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """One table for each code list of the system."""

    accounts: Vocabulary
    products: Vocabulary
    roles: Vocabulary
    flags: Vocabulary
    technologies: Vocabulary
    profiles: Vocabulary
    prices: Vocabulary
    currencies: Vocabulary
    fields: Fields = field(kw_only=True)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary], zone: str | None = None) -> Self:
        """Return the tables by their ids. Raises SetupError where one is absent."""
        kinds = "account-status", "product-status", "role", "flag", "technology", "profile", "price-type", "currency"
        *codes, fields = require(tables, Path("codes.yaml"), *(f"crm-{kind}" for kind in (*kinds, "field")))
        return cls(*codes, fields=Fields(fields, zone))
