"""The members of a vocabulary document, as its YAML has them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.canonical.states import BlockedBy
from gateway.vocabulary.table import Relation

__all__ = ["Code", "ExampleFile", "FieldEntry", "RowFile", "TableFile"]


def _as_code(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


Code = Annotated[str, BeforeValidator(_as_code)]
"""A code of the legacy system. YAML's numbers and booleans are the texts that they are written as."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class _Source(_File):
    system: str
    codes: tuple[Code, ...] = ()
    may_be_empty: bool = False  # the field can be empty or null: then the table has a row for ""


class _Class(_File):
    terminal: bool
    blocked_by: BlockedBy | None = None
    billable: bool | None = None


class RowFile(_File):
    """A row of `map`. `factor`: one of this unit is so many of the canonical one. `shown`: what a face says instead."""

    rel: Relation
    to: str | dict[str, str] | None = None
    class_: _Class | None = Field(default=None, alias="class")
    note: str | None = None
    action: Literal["hold"] | None = None
    factor: Decimal | None = Field(default=None, gt=0)
    shown: dict[str, str] = {}


class ExampleFile(_File):
    """One thing known to be so, told apart from the rows. Without `legacy` the member is missing."""

    legacy: Any = None
    canonical: str | dict[str, str]
    field: str | None = None
    currency: str | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the example is about a member that is not there."""
        return "legacy" not in self.model_fields_set


class FieldEntry(_File):
    """An entry of `fields`; what stands beside `is` and `blanks` depends on the kind."""

    model_config = ConfigDict(extra="allow", frozen=True)

    is_: str = Field(alias="is")
    blanks: dict[str, Any]


class TableFile(_File):
    """A document. A table of codes has `map`, one of fields has `fields`."""

    vocab: str = Field(min_length=1)
    version: int = Field(ge=1)
    source: _Source
    target: str
    on_unknown: Literal["hold"]
    map: dict[str, RowFile] = {}
    inverse: dict[str, Code] = {}
    carry: dict[str, bool] = {}
    transitions: dict[str, tuple[Code, ...] | dict[str, tuple[str, ...]]] | None = None
    examples: tuple[ExampleFile, ...] = ()
    fields: dict[str, FieldEntry] = {}

    def moves(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Return the legacy machine: from → to → the canonical states in between that it does not show."""
        return {
            start: dict(ends) if isinstance(ends, dict) else dict.fromkeys(ends, ())
            for start, ends in (self.transitions or {}).items()
        }
