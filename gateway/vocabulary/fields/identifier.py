"""Identifiers: a text under a scheme of an issuer. Never a number, or its leading zeros are lost."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import field_validator

from gateway.vocabulary.fields.blank import FieldFile, Misread

__all__ = ["Identifier", "IdentifierField"]

_FLOATED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identifier:
    """The same text under another scheme, or of another issuer, is another thing."""

    scheme: str
    issuer: str
    value: str

    def __str__(self) -> str:
        """As an example says it: `customer:0042@crm`."""
        return f"{self.scheme}:{self.value}@{self.issuer}"


class IdentifierField(FieldFile):
    """`pattern` is what the whole text must match; it is compared as it is written, upper and lower case apart."""

    scheme: str
    issuer: str
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no pattern: {error}") from None
        return pattern

    def read(self, value: Any) -> Identifier:
        """Return the identifier. Raises Misread for a number, and for a text that the pattern does not match."""
        if not isinstance(value, str):
            raise Misread(f"{value!r} is no text: an identifier that was made a number has lost its zeros")
        text = value.strip()
        if not re.fullmatch(self.pattern, text):
            why = "; a spreadsheet made it a number" if _FLOATED.fullmatch(text) else ""
            raise Misread(f"{text[:40]!r} is no {self.scheme} of {self.issuer}{why}")
        return Identifier(self.scheme, self.issuer, text)

    def write(self, identifier: Identifier) -> str:
        """Return the text. Raises Misread for an identifier of another scheme or issuer."""
        if (identifier.scheme, identifier.issuer) != (self.scheme, self.issuer):
            raise Misread(f"{identifier} is no {self.scheme} of {self.issuer}")
        return identifier.value

    @staticmethod
    def text(identifier: Identifier) -> str:
        """Return an identifier as an example says it."""
        return str(identifier)
