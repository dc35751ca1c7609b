"""Reading a system's fields by its table: what is not written as the table says cannot be read."""

from collections.abc import Mapping
from typing import Any

from adapters.sdk.redact import redact
from gateway.ports.errors import Unreadable
from gateway.vocabulary.fields.blank import MISSING, Misread
from gateway.vocabulary.fields.field import FieldSpec
from gateway.vocabulary.table import Vocabulary

__all__ = ["Fields"]


class Fields:
    """The fields of one system. `zone` stands in place of the zone that the table gives to local days and times."""

    def __init__(self, table: Vocabulary, zone: str | None = None) -> None:
        self.table = table
        self._specs = table.fields if zone is None else {name: _in(zone, one) for name, one in table.fields.items()}

    def read(self, name: str, value: Any = MISSING, **more: Any) -> Any:
        """Return what a field says, or which blank it is. Raises Unreadable."""
        try:
            return self._specs[name].read(value, **more)
        except Misread as error:
            reason = f"{self.table.system} wrote {name} as the table {self.table.name} does not have it"
            raise Unreadable(reason, redact(str(error))) from None

    def write(self, name: str, value: Any) -> str:
        """Return a value as the system writes it."""
        return self._specs[name].write(value)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary], vocab: str, zone: str | None = None) -> "Fields":
        """Return the fields of the table of that id. Raises KeyError where it is absent."""
        return cls(tables[vocab], zone)


def _in(zone: str, spec: FieldSpec) -> FieldSpec:
    if getattr(spec.kind, "zone", None) is None:
        return spec
    return spec.model_copy(update={"kind": spec.kind.model_copy(update={"zone": zone})})
