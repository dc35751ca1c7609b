"""A field of a legacy system: its kind, and what its blanks mean."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from gateway.canonical.base import Model
from gateway.vocabulary.fields.blank import Blank, Blanks
from gateway.vocabulary.fields.identifier import IdentifierField
from gateway.vocabulary.fields.measure import Measure, TaxRate
from gateway.vocabulary.fields.moment import Day, Instant
from gateway.vocabulary.fields.number import NumberField
from gateway.vocabulary.fields.place import PlaceField
from gateway.vocabulary.fields.sum import Sum

__all__ = ["KINDS", "FieldSpec", "field_of"]

KINDS: Mapping[str, type[BaseModel]] = {
    "instant": Instant,
    "day": Day,
    "sum": Sum,
    "measure": Measure,
    "tax-rate": TaxRate,
    "identifier": IdentifierField,
    "number": NumberField,
    "place": PlaceField,
}
"""What a field may be (`is:`) → the model of its further members, which reads and writes it."""


class FieldSpec(Model):
    """One field. `kind` is a model of `KINDS`."""

    name: str
    kind: Any
    blanks: Blanks

    def read(self, value: Any, **more: Any) -> Any:
        """Return what a value says, or what a blank says (`Blank.ABSENT`, `Blank.NONE`). Raises Misread."""
        blank = self.blanks.of(value)
        return self.kind.read(value, **more) if blank is None else blank

    def write(self, value: Any) -> str:
        """Return a value as the system writes it."""
        written: str = self.kind.write(value)
        return written

    def text(self, value: Any) -> str:
        """Return what was read as an example says it."""
        said: str = value.value if isinstance(value, Blank) else self.kind.text(value)
        return said


def field_of(name: str, said: Mapping[str, Any]) -> FieldSpec:
    """Return a field as a table says it. Raises pydantic's ValidationError, KeyError for a kind that is none."""
    rest = {member: value for member, value in said.items() if member not in {"is", "blanks"}}
    kind = KINDS[said["is"]].model_validate(rest)
    return FieldSpec(name=name, kind=kind, blanks=Blanks.model_validate(said["blanks"]))
