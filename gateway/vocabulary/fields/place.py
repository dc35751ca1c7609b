"""Places: the reference that was resolved is the place; the text is evidence and never compared."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import field_validator

from gateway.vocabulary.fields.blank import FieldFile, Misread
from gateway.vocabulary.targets import TARGETS

__all__ = ["PlaceField", "ResolvedPlace"]


@dataclass(frozen=True, slots=True)
class ResolvedPlace:
    """One place in one role. Two with equal texts may be two places: a flat is easily lost in a text."""

    scheme: str
    reference: str
    role: str
    written: str | None = None

    def __str__(self) -> str:
        """As an example says it: `uprn:100023 as installation`."""
        return f"{self.scheme}:{self.reference} as {self.role}"


class PlaceField(FieldFile):
    """A reference under a scheme (`uprn`, `location`), in the role that the field stands for."""

    scheme: str
    role: str
    pattern: str = r"\S+"

    @field_validator("role")
    @classmethod
    def _known(cls, role: str) -> str:
        known = TARGETS["canonical.address-role"].values or frozenset()
        if role not in known:
            raise ValueError(f"role {role!r} is not one of {', '.join(sorted(known))}")
        return role

    def read(self, value: Any, written: str | None = None) -> ResolvedPlace:
        """Return the place. Raises Misread where there is no one reference: a text alone is no place."""
        if isinstance(value, list | tuple):
            if len(value) != 1:
                raise Misread(f"{len(value)} places answer to it; it resolves to none")
            value = value[0]
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value.strip()):
            raise Misread(f"{str(value)[:40]!r} is no {self.scheme} reference")
        return ResolvedPlace(self.scheme, value.strip(), self.role, written)

    def write(self, place: ResolvedPlace) -> str:
        """Return the reference. Raises Misread for a place of another scheme or role."""
        if (place.scheme, place.role) != (self.scheme, self.role):
            raise Misread(f"{place} is no {self.scheme} of the {self.role} place")
        return place.reference

    @staticmethod
    def text(place: ResolvedPlace) -> str:
        """Return a place as an example says it."""
        return str(place)
