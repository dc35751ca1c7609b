"""The vocabularies of the upstream, named, and a line of an order. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from adapters.sdk.fields import Fields
from adapters.sdk.redact import redact
from adapters.tmf.settings import Version
from gateway.canonical.quantity import Quantity
from gateway.ports.errors import Unreadable
from gateway.vocabulary.table import Vocabulary

__all__ = ["NO_PART", "Line", "Words"]

NO_PART = ".0"
"""How the name of a line ends that serves no item of a product order."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands at the upstream. `name` is ours for it, so it leads back to `subject`."""

    name: str
    subject: str
    verb: str  # add, modify, suspend, resume, delete; `modify` of a notification may be any of three

    @property
    def identity(self) -> str:
        """The name under which the gateway keeps what the upstream calls the line's service or product."""
        return f"service {self.name.removesuffix(NO_PART)}"


@dataclass(frozen=True, slots=True)
class Words:
    """What each table is for. Every use of one may raise UnknownCode."""

    states: Vocabulary
    services: Vocabulary
    products: Vocabulary
    actions: Vocabulary
    units: Vocabulary
    specifications: Vocabulary
    fields: Fields = field(kw_only=True)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary], version: Version) -> Self:
        """Return the tables by their ids. Raises KeyError where one is absent."""
        parts = (f"order-state-{version}", "service-state", "product-status", "action", "rate-unit", "specification")
        return cls(*(tables[f"tmf-{part}"] for part in parts), fields=Fields.of(tables, "tmf-field"))

    def rate(self, value: Any) -> Quantity:
        """Return a rate that is said as a Quantity, `{amount, units}`, or as a text, `500 Mbit/s`.

        Raises UnknownCode for a unit that the table lacks, or none; Unreadable for no number.
        """
        if isinstance(value, dict):
            amount, unit = value.get("amount"), value.get("units") or value.get("unit")
        else:
            amount, _, unit = str(value).strip().partition(" ")
        try:
            figure = Decimal(str(amount))
        except InvalidOperation:
            raise Unreadable("the upstream gave a rate that is no number", redact(str(value))) from None
        return self.units.quantity(figure, unit)

    def quantity(self, rate: Quantity) -> dict[str, Any]:
        """Return a rate as a Quantity in the unit that it was ordered in."""
        amount = rate.amount
        figure: int | float = int(amount) if amount == int(amount) else float(amount)
        return {"amount": figure, "units": self.units.inverse(rate.unit)}
