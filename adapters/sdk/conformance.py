"""What an adapter says of itself: one row an operation, and one for its cancel. Silence is a failure."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from gateway.ports.adapter import OPERATIONS, Capability, Role
from gateway.vocabulary.document import read_document

__all__ = ["load_conformance"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Capability
    comment: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    adapter: str
    role: Role
    capabilities: dict[str, _Row]


def load_conformance(path: Path) -> Mapping[str, Capability]:
    """Return what a conformance.yaml declares: `build` → full, `build.cancel` → partial.

    Raises SetupError where an operation of the role is left out, is not one of the role, or is less than full
    without a comment.
    """
    document = read_document(path)
    said = document.read(_File)
    wanted = {name for op in OPERATIONS[said.role] for name in (op.value, f"{op.value}.cancel")}
    for name in sorted(wanted ^ set(said.capabilities)):
        reason = f"nothing is said of {name}" if name in wanted else f"{name} is no operation of {said.role}"
        raise document.wrong(reason, f"declare exactly {', '.join(sorted(wanted))}", "capabilities", name)
    for name, row in said.capabilities.items():
        if row.status is not Capability.FULL and not row.comment:
            raise document.wrong(f"{name} is {row.status} without a comment", "say why", "capabilities", name)
    return MappingProxyType({name: row.status for name, row in said.capabilities.items()})
