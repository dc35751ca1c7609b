"""What the absence of a value means. Missing, null and empty are three things, and each field says what each is."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

__all__ = ["MISSING", "Blank", "Blanks", "FieldFile", "Misread"]


class Misread(ValueError):
    """A value that is not written as its field says. Never guessed."""


class _Missing:
    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()
"""Stands for a member that is not there at all, where None stands for null."""


class Blank(StrEnum):
    """What a blank says."""

    ABSENT = "absent"  # nothing is stated
    NONE = "none"  # it is stated that there is none
    REFUSE = "refuse"  # the system never writes it so; it cannot be read


class FieldFile(BaseModel):
    """What the models of fields share: as strict about names as every file."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Blanks(FieldFile):
    """What each kind of blank means in one field; sentinels are texts that stand for a blank (`31.12.9999`)."""

    missing: Blank
    null: Blank
    empty: Blank
    sentinels: Mapping[str, Blank] = {}

    def of(self, value: Any) -> Blank | None:
        """Return what a value says by being blank, or None where it is no blank. Raises Misread."""
        if value is MISSING:
            said = self.missing
        elif value is None:
            said = self.null
        elif isinstance(value, str) and not value.strip():
            said = self.empty
        elif isinstance(value, str) and value.strip() in self.sentinels:
            said = self.sentinels[value.strip()]
        else:
            return None
        if said is Blank.REFUSE:
            raise Misread(f"{value!r} says nothing, and may not")
        return said
