"""What a target declares: the answers of its `conformance.yaml`, and under `contract:` what does not pass, and why."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from gateway.ports.adapter import Capability, Role
from gateway.ports.errors import SetupError
from gateway.vocabulary import conformance
from gateway.vocabulary.document import Document, read_document

__all__ = ["EXCUSES", "Declaration", "Entry", "excuses_of", "load_declaration"]

EXCUSES = frozenset({"exempt", "todo"})
"""`exempt`: it does not apply, and the level counts. `todo`: not done yet, and the level does not count."""

_SECTION = "contract"


@dataclass(frozen=True, slots=True)
class Entry:
    """One excuse: for what, why, and the last day on which it holds."""

    name: str
    status: str
    comment: str = ""
    until: date | None = None
    line: int = 1

    @property
    def is_over(self) -> bool:
        """Whether it has run out."""
        return self.until is not None and _today() > self.until


@dataclass(frozen=True)
class Declaration:
    """A conformance file. `excuses` are by check, fault, fact, scenario or `recordings`."""

    file: str
    system: str = ""
    answers: Mapping[str, conformance.Entry] = field(default_factory=dict)
    excuses: Mapping[str, Entry] = field(default_factory=dict)
    problems: Sequence[str] = ()
    whole: conformance.Declaration | None = None

    def excuse(self, *names: str) -> Entry | None:
        """Return the first excuse for one of these names that still holds."""
        for name in names:
            found = self.excuses.get(name)
            if found is not None and not found.is_over:
                return found
        return None

    def capability(self, name: str) -> Capability | None:
        """Return the answer for `charge`, `cancel charge`, `observe` …; None where the file is silent."""
        entry = self.answers.get(name)
        return None if entry is None else entry.status

    def without(self, name: str) -> Entry | None:
        """Return as an excuse why something is not supported; None where the file is silent."""
        entry = self.answers.get(name)
        if entry is None:
            return None
        return Entry(name, "todo" if entry.todo else "exempt", f"{entry.status}: {entry.todo or entry.comment}")

    def expired(self) -> Iterator[str]:
        """Yield each excuse that has run out."""
        for entry in self.excuses.values():
            if entry.is_over:
                yield f"{self.file}:{entry.line}: the excuse for {entry.name} ended on {entry.until}: {entry.comment}"

    def unknown(self, names: Container[str]) -> Iterator[str]:
        """Yield each excuse for something that there is not: a name that is misspelt excuses nothing."""
        for entry in self.excuses.values():
            if not all(part in names for part in entry.name.split()):
                yield f"{self.file}:{entry.line}: {entry.name} is no check, fault, fact or scenario; correct the name"

    def missing(self, role: Role) -> Iterator[str]:
        """Yield what the file is silent about."""
        yield from self.problems
        yield from self.differences(role, {word: entry.status for word, entry in self.answers.items()})

    def differences(self, role: Role, capabilities: Mapping[str, Capability]) -> Iterator[str]:
        """Yield where the file and an adapter's capabilities do not say the same."""
        if self.whole is not None:
            yield from (f"{problem.reason}; {problem.fix}" for problem in self.whole.problems(role, capabilities))


def load_declaration(path: Path) -> Declaration:
    """Return what a conformance file says. Raises SetupError with file and line."""
    whole = conformance.load_declaration(path)
    excuses, problems = excuses_of(read_document(path))
    return Declaration(whole.file, whole.system, whole.answers, excuses, problems, whole)


def excuses_of(document: Document) -> tuple[Mapping[str, Entry], Sequence[str]]:
    """Return the excuses of a document by name, and what is wrong with them. Raises SetupError."""
    data = document.data or {}
    said = data.get(_SECTION) or {} if isinstance(data, dict) else None
    if not isinstance(said, dict):
        raise SetupError("is no mapping", f"say `{_SECTION}: {{NAME: {{status: …}}}}`", file=document.file)
    found, problems = {}, []
    for name, one in said.items():
        line = document.line(_SECTION, name)
        wrong = _wrong(one)
        if wrong:
            problems.append(f"{document.file}:{line}: {name} {wrong}")
        else:
            found[name] = Entry(name, one["status"], str(one["comment"]), _day(one.get("until")), line)
    return found, problems


def _wrong(one: Any) -> str | None:
    if not isinstance(one, dict) or one.get("status") not in EXCUSES or one.keys() - {"status", "comment", "until"}:
        return "needs {status: exempt | todo, comment: …, until: DAY where it ends}"
    if not one.get("comment"):
        return f"is {one['status']} and does not say why; add a comment"
    if one.get("until") is not None and _day(one["until"]) is None:
        return "has an `until` that is no day; write 2027-01-31"
    return None


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _today() -> date:
    return date.today()  # noqa: DTZ011 - an excuse ends with a day where the vendor is
