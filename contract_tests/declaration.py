"""Reading `conformance.yaml`: what a target says of itself. Silence is a failure; an excuse has a reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from gateway.ports.adapter import OPERATIONS, Capability, Operation, Role
from gateway.ports.errors import SetupError
from gateway.vocabulary.document import Document, read_document

__all__ = ["EXCUSES", "Declaration", "Entry", "load_declaration", "parse_declaration"]

EXCUSES = frozenset({"exempt", "todo"})
"""`exempt`: it does not apply, and the level counts. `todo`: not done yet, and the level does not count."""

_STATUSES = EXCUSES | {"done"}
_HEADS = frozenset({"system", "simulated", "contract", "cancel", "idempotency", "observe", "inventory"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is declared: a status, why, and for an excuse the last day on which it holds."""

    name: str
    status: str
    comment: str = ""
    until: date | None = None
    line: int = 1

    def is_over(self, today: date) -> bool:
        """Whether an excuse has run out."""
        return self.until is not None and today > self.until


@dataclass(frozen=True)
class Declaration:
    """A conformance file. `excuses` are by check, fault, fact or scenario; `problems` are what is wrong with it."""

    file: str
    system: str = ""
    operations: Mapping[str, Entry] = field(default_factory=dict)
    cancels: Mapping[str, Entry] = field(default_factory=dict)
    features: Mapping[str, Entry] = field(default_factory=dict)
    excuses: Mapping[str, Entry] = field(default_factory=dict)
    problems: Sequence[str] = ()

    def excuse(self, *names: str) -> Entry | None:
        """Return the first excuse for one of these names that still holds."""
        for name in names:
            found = self.excuses.get(name)
            if found is not None and found.status in EXCUSES and not found.is_over(_today()):
                return found
        return None

    def capability(self, name: str) -> str | None:
        """Return the status declared for `charge`, `cancel charge`, `observe` or `inventory`; None where silent."""
        head, _, rest = name.partition(" ")
        entry = self.cancels.get(rest) if head == "cancel" else self.operations.get(name) or self.features.get(name)
        return None if entry is None else entry.status

    def expired(self) -> Iterator[str]:
        """Yield each excuse that has run out."""
        for entry in self.excuses.values():
            if entry.is_over(_today()):
                yield f"{self.file}:{entry.line}: the excuse for {entry.name} ended on {entry.until}: {entry.comment}"

    def missing(self, role: Role) -> Iterator[str]:
        """Yield what the file is silent about, and what it says that is unknown."""
        yield from self.problems
        for operation in OPERATIONS[role]:
            if operation.value not in self.operations:
                yield f"{self.file}: nothing is said of {operation}; add `{operation}: {{status: …}}`"
            elif operation.value not in self.cancels and self.operations[operation.value].status in {"full", "partial"}:
                yield f"{self.file}: nothing is said of cancelling {operation}; add it under `cancel:`"
        for name in ("idempotency", "observe", "inventory"):
            if name not in self.features:
                yield f"{self.file}: nothing is said of {name}; add `{name}: {{status: …, comment: …}}`"


def load_declaration(path: Path) -> Declaration:
    """Return what a conformance file says. Raises SetupError with file and line where it is no YAML."""
    return parse_declaration(read_document(path))


def parse_declaration(document: Document) -> Declaration:
    """Return what a document says; what cannot be meant is in `problems`."""
    data = document.data
    if not isinstance(data, dict):
        raise SetupError("is no mapping", "say `system: NAME` and a status for each operation", file=document.file)
    words = {one.value for one in Capability} | EXCUSES
    operations = {operation.value for operation in Operation}
    plain = {name: one for name, one in data.items() if name in operations}
    problems = [
        f"{document.file}:{document.line(name)}: {name!r} is neither an operation nor a known member"
        for name in sorted(data.keys() - operations - _HEADS)
    ]
    entries = _entries(document, (), plain, words, problems)
    cancels = _entries(document, ("cancel",), data.get("cancel") or {}, words, problems)
    named = {name: data[name] for name in ("idempotency", "observe", "inventory") if name in data}
    features = _entries(document, (), named, words, problems)
    excuses = _entries(document, ("contract",), data.get("contract") or {}, _STATUSES, problems)
    return Declaration(document.file, str(data.get("system", "")), entries, cancels, features, excuses, tuple(problems))


def _entries(
    document: Document, path: tuple[str, ...], said: Any, statuses: set[str] | frozenset[str], problems: list[str]
) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    if not isinstance(said, dict):
        problems.append(f"{document.file}:{document.line(*path)}: {'.'.join(path)} is no mapping")
        return found
    for name, one in said.items():
        where = f"{document.file}:{document.line(*path, name)}: {name}"
        status = one.get("status") if isinstance(one, dict) else None
        if not isinstance(one, dict) or status not in statuses or one.keys() - {"status", "comment", "until"}:
            problems.append(f"{where} needs {{status: {' | '.join(sorted(statuses))}, comment: …}}")
            continue
        entry = Entry(
            name, str(status), str(one.get("comment") or ""), _day(one.get("until")), document.line(*path, name)
        )
        if status not in {"full", "done"} and not entry.comment:
            problems.append(f"{where} is {status} and does not say why; add a comment")
        if one.get("until") is not None and entry.until is None:
            problems.append(f"{where} has an `until` that is no day; write 2027-01-31")
        found[name] = entry
    return found


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _today() -> date:
    return date.today()  # noqa: DTZ011 - an excuse ends with a day where the vendor is
