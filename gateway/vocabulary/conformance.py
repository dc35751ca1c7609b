"""What an adapter declares of itself, in its `conformance.yaml`: what it supports, what is left to do, what it ignores.

Silence is a failure: every operation of the adapter's role is named, with one of five answers, and all but `full` say
why in a comment. The declaration and `Adapter.capabilities` must agree.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from gateway.canonical.base import Model
from gateway.ports.adapter import OPERATIONS, Adapter, Capability, Operation, Role
from gateway.ports.errors import SetupError
from gateway.ports.loss import Direction
from gateway.vocabulary.document import Document, read_document

__all__ = ["Declaration", "Entry", "Excuse", "Ignored", "Patterns", "Todo", "load_declaration"]

_GROUPS = ("cancel", "lookup", "idempotent")
_SINGLE = ("idempotency", "on-demand", "observe", "inventory", "poll", "callback", "hears")
_IN_WORDS = frozenset({"idempotency"})
"""Says how a thing is made once, for people: `lookup` and `idempotent` say it for each operation."""

_OPERATIONS = tuple(operation.value for each in OPERATIONS.values() for operation in each)
_REST = frozenset({"system", "simulated", "todo", "ignored", "contract"})
_WORDS = ", ".join(Capability)
_DOES = frozenset({Capability.FULL, Capability.PARTIAL})
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Entry(Model):
    """One answer. `todo` says what is still to be written before the answer is a better one.

    Of `idempotent OPERATION`, `key` says by what the system knows a call that it has had: a header, a member, a row.
    """

    status: Capability
    comment: _Text | None = None
    todo: _Text | None = None
    key: _Text | None = None

    @model_validator(mode="after")
    def _says_why(self) -> "Entry":
        if self.status is not Capability.FULL and self.comment is None and self.todo is None:
            raise ValueError(f"{self.status} without a comment: say why, or what is left to do in todo")
        return self


class Patterns(Model):
    """Members that are left out on purpose, by a pattern (`ticket.Documents.*`), each with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    to_legacy: Mapping[str, _Text] = Field(default_factory=dict, alias="to-legacy")
    from_legacy: Mapping[str, _Text] = Field(default_factory=dict, alias="from-legacy")

    def of(self, direction: Direction) -> Mapping[str, str]:
        """Return the patterns and reasons of one direction."""
        return self.to_legacy if direction is Direction.TO_LEGACY else self.from_legacy

    def fits(self, direction: Direction, member: str) -> str | None:
        """Return the first pattern that a member fits, None where it is not declared. `[` stands for itself."""
        declared = self.of(direction)
        if member in declared:
            return member
        return next((one for one in declared if fnmatchcase(member, one.replace("[", "[[]"))), None)


class Ignored(Patterns):
    """What is left out in every operation, and what in one of them: `bill: {to-legacy: {…}}`."""

    gather: Patterns = Patterns()
    book: Patterns = Patterns()
    build: Patterns = Patterns()
    reserve: Patterns = Patterns()
    activate: Patterns = Patterns()
    charge: Patterns = Patterns()
    bill: Patterns = Patterns()
    fee: Patterns = Patterns()

    def within(self, operation: str) -> Patterns:
        """Return what is left out in one operation alone."""
        found: Patterns = getattr(self, Operation(operation).value)
        return found


class Excuse(Model):
    """Why a check, fault, fact or scenario of the contract kit does not count, and until when at most."""

    status: Literal["done", "exempt", "todo"]
    comment: _Text
    until: date | None = None


class Todo(Model):
    """One thing that is left to do: where it stands in the declaration (`cancel build`, or `todo`), and what."""

    where: str
    what: str


class Declaration(Model):
    """A whole `conformance.yaml`, read. `answers` are by the words of `Adapter.capabilities`: `cancel gather`."""

    file: str
    system: str
    simulated: bool = False
    answers: Mapping[str, Entry]
    ignored: Ignored = Ignored()
    todo: tuple[str, ...] = ()
    contract: Mapping[str, Excuse] = Field(default_factory=dict)
    lines: Mapping[str, int] = Field(default_factory=dict)  # the line of each answer

    @property
    def todos(self) -> tuple[Todo, ...]:
        """Everything that is left to do."""
        entries = [Todo(where=word, what=entry.todo) for word, entry in self.answers.items() if entry.todo]
        excused = [Todo(where=name, what=one.comment) for name, one in self.contract.items() if one.status == "todo"]
        return (*entries, *excused, *(Todo(where="todo", what=what) for what in self.todo))

    def problems(self, role: Role, capabilities: Mapping[str, Capability]) -> Iterator[SetupError]:
        """Yield each disagreement with an adapter of a role, as the error that names file and line."""
        for word in _expected(role):
            if word not in self.answers:
                fix = f"add {_as_yaml(word)} with one of {_WORDS}, and a comment"
                yield SetupError(f"says nothing of {word}", fix, file=self.file)
        for word in sorted({*self.answers, *capabilities} - _IN_WORDS):
            declared, said = self.answers.get(word), capabilities.get(word)
            if declared is not None and said is not None and declared.status is not said:
                yield self._wrong(f"{word} is {declared.status} here and {said} in Adapter.capabilities", word)
            elif declared is None and said is not None and word not in _expected(role):
                yield self._wrong(f"{word} is {said} in Adapter.capabilities and not named here", word)
            elif declared is not None and said is None and declared.status in _DOES:
                yield self._wrong(f"{word} is {declared.status} here and absent in Adapter.capabilities", word)

    def check(self, adapter: Adapter) -> None:
        """Raise SetupError for the first disagreement with an adapter."""
        for problem in self.problems(adapter.role, adapter.capabilities):
            raise problem

    def _wrong(self, reason: str, word: str) -> SetupError:
        return SetupError(reason, "say the same in both", file=self.file, line=self.lines.get(word))


def load_declaration(path: Path) -> Declaration:
    """Return the declaration of a file. Raises SetupError with file and line."""
    document = read_document(path)
    if not isinstance(document.data, dict):
        raise document.wrong("holds no declaration", "say system, and an answer for each operation")
    answers: dict[str, Entry] = {}
    lines: dict[str, int] = {}
    for where in _places(document):
        word = " ".join(where)
        answers[word], lines[word] = document.read(Entry, *where), document.line(*where)
        if where[0] == "idempotent" and answers[word].status in _DOES and not _explains(answers[word]):
            fix = "say key: by which header, member or row the system knows a call that it has had; else why in comment"
            raise document.wrong(f"{word} names no key", fix, *where)
    rest = {key: value for key, value in document.data.items() if key in _REST}
    return _declared(document, rest, answers, lines)


def _explains(entry: Entry) -> bool:
    """Whether it is said why a call may be repeated."""
    return entry.key is not None or entry.comment is not None


def _places(document: Document) -> Iterator[tuple[str, ...]]:
    """Yield where the answers stand: `gather`, or `cancel` and `gather`."""
    for key, value in document.data.items():
        if key in _GROUPS:
            if not isinstance(value, dict):
                raise document.wrong(f"{key} is no table", f"say {key}: {{{_OPERATIONS[0]}: {{status: …}}}}", key)
            for operation in value:
                if operation not in _OPERATIONS:
                    raise document.wrong(f"{key} {operation} is no operation", _known(_OPERATIONS), key, operation)
                yield key, operation
        elif key in _OPERATIONS or key in _SINGLE:
            yield (key,)
        elif key not in _REST:
            raise document.wrong(f"{key} is not known", _known((*_OPERATIONS, *_GROUPS, *_SINGLE)), key)


def _declared(
    document: Document, rest: dict[str, Any], answers: dict[str, Entry], lines: dict[str, int]
) -> Declaration:
    if not rest.get("system"):
        raise document.wrong("names no system", "say system: NAME, as facts name it")
    whole = {**rest, "file": document.file, "answers": answers, "lines": lines}
    return document.read(Declaration, value=whole)


def _expected(role: Role) -> list[str]:
    operations = [operation.value for operation in OPERATIONS[role]]
    groups = [f"{group} {operation}" for group in ("cancel", "lookup") for operation in operations]
    return [*operations, *groups, "observe", "inventory"]


def _as_yaml(word: str) -> str:
    group, _, operation = word.partition(" ")
    return f"{group}: {{{operation}: …}}" if operation else f"{word}: …"


def _known(words: tuple[str, ...]) -> str:
    return f"use one of {', '.join(words)}"
