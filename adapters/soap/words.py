"""The vocabularies of the system, named. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from adapters.sdk.fields import Fields
from adapters.sdk.redact import redact
from gateway.canonical.quantity import Quantity
from gateway.ports.errors import Unreadable
from gateway.vocabulary.table import Vocabulary

__all__ = ["Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """What each table is for. Every use of one may raise UnknownCode."""

    states: Vocabulary
    units: Vocabulary
    types: Vocabulary
    fields: Fields = field(kw_only=True)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary]) -> Self:
        """Return the tables by their ids. Raises KeyError where one is absent."""
        codes = (tables[f"soap-{part}"] for part in ("service-state", "rate-unit", "service-type"))
        return cls(*codes, fields=Fields.of(tables, "soap-field"))

    def is_changing(self, code: Any) -> bool:
        """Whether a state says that a change is not in force yet: a row that waits, and means nothing else."""
        row = self.states.rows.get(str(code).strip())
        return row is not None and row.to is None

    def rate(self, value: Any, unit: Any) -> Quantity:
        """Return a rate of an answer. Raises UnknownCode for a unit, Unreadable for no number."""
        try:
            figure = Decimal(str(value))
        except InvalidOperation:
            raise Unreadable("a rate is no number", redact(str(value))) from None
        return self.units.quantity(figure, unit)

    def instant(self, text: Any) -> datetime:
        """Return when something was so. Raises Unreadable."""
        moment: datetime = self.fields.read("at", text)
        return moment
