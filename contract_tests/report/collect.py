"""Keeping what came of each check, in a form that travels from the process that ran it to the one that reports."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from contract_tests.checks import Broken, Check
from contract_tests.drive import Excused

__all__ = ["KEPT", "PROPERTY", "Kept", "Record", "record_of"]

PROPERTY = "contract"


@dataclass(frozen=True, slots=True)
class Record:
    """One check on one case. `outcome` is passed, failed, exempt or todo."""

    target: str
    kind: str
    code: str
    level: int
    law: str
    case: str
    outcome: str
    rows: tuple[str, ...] = ()
    reason: str = ""
    until: str = ""
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass
class Kept:
    """All records of a run."""

    records: list[Record] = field(default_factory=list)

    def take(self, text: str) -> None:
        """Keep a record as `record_of` wrote it."""
        said = orjson.loads(text)
        self.records.append(Record(**said | {"rows": tuple(said["rows"])}))


KEPT = Kept()
"""What this process has kept: there is one run of pytest in a process."""


def record_of(item: pytest.Item, check: Check, outcome: str, error: BaseException | None) -> str:
    """Return what came of a check as JSON."""
    given = getattr(item, "funcargs", {})
    params = item.callspec.params if hasattr(item, "callspec") else {}  # a fixture that skips has given nothing yet
    target, face = given.get("target"), params.get("face")
    rows: tuple[str, ...] = ()
    if outcome == "failed":
        rows = tuple(error.rows) if isinstance(error, Broken) else (f"{type(error).__name__}: {str(error)[:500]}",)
    excused = error.entry if isinstance(error, Excused) and outcome == "skipped" else None
    case = item.callspec.id if hasattr(item, "callspec") else ""
    return orjson.dumps(
        Record(
            target=str(face) if face is not None else _system_of(item, target),
            kind="address" if face is not None else "adapter",
            code=check.code,
            level=check.level,
            law=check.law,
            case=case,
            outcome=excused.status if excused and excused.status == "todo" else "exempt" if excused else outcome,
            rows=rows,
            reason=excused.comment if excused else "",
            until=str(excused.until or "") if excused else "",
            figures=dict(getattr(given.get("server", target), "figures", {})),
        ),
        default=str,
    ).decode()


def _system_of(item: pytest.Item, target: Any) -> str:
    name = getattr(getattr(item, "cls", None), "__name__", "adapter")
    try:
        return f"{target.declaration.system or name} ({item.cls.role})"  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - a target that cannot even be read has a report all the same
        return str(name)
