"""The vocabularies of the activation system, named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from adapters.sdk.fields import Fields
from gateway.vocabulary.table import Vocabulary

__all__ = ["NUMBER_NAMES", "Words", "is_number_name"]

NUMBER_NAMES = frozenset({"telephonenumber", "phonenumber", "msisdn", "tel_msisdn", "number"})
"""Characteristics that hold a telephone number, in small letters."""


def is_number_name(name: str) -> bool:
    """Whether a characteristic holds a telephone number."""
    return name.lower() in NUMBER_NAMES


@dataclass(frozen=True, slots=True)
class Words:
    """What each table is for. Every use of one may raise UnknownCode."""

    states: Vocabulary
    units: Vocabulary
    profiles: Vocabulary
    types: Vocabulary
    resources: Vocabulary
    fields: Fields = field(kw_only=True)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary]) -> Self:
        """Return the tables by their ids. Raises KeyError where one is absent."""
        parts = ("service-state", "rate-unit", "profile", "service-type", "resource-kind")
        codes = [tables[f"activation-{part}"] for part in parts]
        return cls(*codes, fields=Fields(tables["activation-field"]))

    def number(self, text: str) -> str:
        """Return a telephone number in E.164. Raises Unreadable."""
        number: str = self.fields.read("msisdn", text)
        return number

    def instant(self, text: str | None) -> datetime:
        """Return when something was so. Raises Unreadable."""
        moment: datetime = self.fields.read("at", text)
        return moment
