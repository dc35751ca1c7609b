"""The vocabularies of template, by what they translate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from adapters.sdk.fields import Fields
from adapters.sdk.redact import redact
from gateway.ports.errors import Unreadable
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["NUMBER_NAMES", "Row", "Words", "is_number_name", "member"]

Row = dict[str, Any]
"""A row as the client returns it."""

NUMBER_NAMES = frozenset({"telephonenumber", "phonenumber", "msisdn", "tel_msisdn", "number"})
"""Characteristics that hold a telephone number, in small letters."""


def is_number_name(name: str) -> bool:
    """Whether a characteristic holds a telephone number."""
    return name.lower() in NUMBER_NAMES


def member(row: Row, name: str) -> str:
    """Return a member that every row of its kind has. Raises Unreadable."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"template left out {name}", redact(str(row)))
    return value


@dataclass(frozen=True, slots=True)
class Words:
    """What each table of codes.yaml is for."""

    states: Vocabulary
    sessions: Vocabulary
    units: Vocabulary
    types: Vocabulary
    resources: Vocabulary
    fields: Fields = field(kw_only=True)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary], codes: Path) -> Self:
        """Return the tables by their ids. Raises SetupError where one is absent."""
        kinds = "service-state", "session-state", "rate-unit", "service-type", "resource-kind", "field"
        *found, fields = require(tables, codes, *(f"template-{kind}" for kind in kinds))
        return cls(*found, fields=Fields(fields))

    def number(self, text: str) -> str:
        """Return a telephone number in E.164. Raises Unreadable."""
        number: str = self.fields.read("number", text)
        return number

    def instant(self, row: Row, name: str) -> datetime:
        """Return when something was so. Raises Unreadable."""
        moment: datetime = self.fields.read(name, row.get(name))
        return moment
