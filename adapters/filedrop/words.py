"""The vocabularies of the host, named, and the rows of its files. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Self

from adapters.sdk.fields import Fields
from gateway.canonical.money import Money
from gateway.vocabulary.fields.blank import Blank
from gateway.vocabulary.table import Vocabulary

__all__ = ["Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """What each table is for. Every use of one may raise UnknownCode, and of a field Unreadable."""

    kinds: Vocabulary
    acknowledgements: Vocabulary
    currencies: Vocabulary
    states: Vocabulary
    fields: Fields = field(kw_only=True)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary], zone: str) -> Self:
        """Return the tables by their ids. Raises KeyError where one is absent."""
        parts = ("charge-kind", "acknowledgement", "currency", "invoice-state")
        codes = [tables[f"filedrop-{part}"] for part in parts]
        return cls(*codes, fields=Fields.of(tables, "filedrop-field", zone))

    def is_taken(self, row: Mapping[str, str]) -> bool:
        """Whether the host took a line."""
        return self.acknowledgements.translate(row["status"]) == "true"

    def money(self, row: Mapping[str, str], name: str) -> Money:
        """Return the sum in a column `net` or `gross`, in the row's currency."""
        said: Money = self.fields.read(name, row[name], currency=self.currencies.translate(row["currency"])).plain
        return said

    def day(self, text: str) -> datetime:
        """Return local midnight of a day."""
        moment: datetime = self.fields.read("day", text)
        return moment

    def until(self, text: str) -> datetime | None:
        """Return the end of the last day, or None where there is no end."""
        said = self.fields.read("until", text)
        return None if isinstance(said, Blank) else said

    def rate(self, text: str) -> Decimal:
        """Return a tax rate in percent."""
        rate: Decimal = self.fields.read("permille", text)
        return rate
