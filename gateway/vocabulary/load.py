"""Reading vocabularies from YAML, and the checks that a table must pass before it may translate anything.

Totality: every source code has a row. Range: values are of the target's set. Round trip: an inverse leads back.
Class: a state means what its canonical state means. Anything but `equivalent` says why in a note.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.canonical.quantity import UnknownUnit, read_quantity
from gateway.canonical.states import BlockedBy
from gateway.ports.errors import SetupError
from gateway.vocabulary.document import Document, read_documents
from gateway.vocabulary.table import Relation, Row, StateClass, Vocabulary
from gateway.vocabulary.targets import PROFILE, TARGETS, Target

__all__ = ["load_vocabularies", "load_vocabulary", "require", "table_of"]


def _as_code(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


_Code = Annotated[str, BeforeValidator(_as_code)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class _Source(_File):
    system: str
    codes: tuple[_Code, ...] = Field(min_length=1)


class _Class(_File):
    terminal: bool
    blocked_by: BlockedBy | None = None
    billable: bool | None = None


class _Row(_File):
    rel: Relation
    to: str | dict[str, str] | None = None
    class_: _Class | None = Field(default=None, alias="class")
    note: str | None = None
    action: Literal["hold"] | None = None


class _Table(_File):
    vocab: str
    version: int = Field(ge=1)
    source: _Source
    target: str
    on_unknown: Literal["hold"]
    map: dict[str, _Row]
    inverse: dict[str, _Code] = {}
    carry: dict[str, bool] = {}


def load_vocabulary(path: Path) -> Vocabulary:
    """Return the one vocabulary of a file. Raises SetupError with file and line."""
    tables = load_vocabularies(path)
    if len(tables) != 1:
        raise SetupError(f"holds {len(tables)} vocabularies", "keep exactly one", file=str(path))
    return next(iter(tables.values()))


def load_vocabularies(path: Path) -> Mapping[str, Vocabulary]:
    """Return the vocabularies of a file, one a YAML document, by id. Raises SetupError with file and line."""
    found: dict[str, Vocabulary] = {}
    for document in read_documents(path):
        table = table_of(document)
        if table.id in found:
            raise document.wrong(f"vocabulary {table.id} stands twice", "keep one of them", "vocab")
        found[table.id] = table
    return found


def table_of(document: Document) -> Vocabulary:
    """Return the vocabulary that one document says, checked. Raises SetupError with file and line."""
    table = document.read(_Table)
    _check(document, table)
    return _built(table)


def require(tables: Mapping[str, Vocabulary], path: Path, *ids: str) -> tuple[Vocabulary, ...]:
    """Return the vocabularies of these ids, in that order. Raises SetupError where one is absent."""
    for wanted in ids:
        if wanted not in tables:
            raise SetupError(f"lacks the vocabulary {wanted}", f"add a document with vocab: {wanted}", file=str(path))
    return tuple(tables[wanted] for wanted in ids)


def _check(document: Document, table: _Table) -> None:
    if table.target not in TARGETS:
        raise document.wrong(
            f"target {table.target!r} is not known", f"use one of {', '.join(sorted(TARGETS))}", "target"
        )
    for reason, fix, path in _problems(table, TARGETS[table.target]):
        raise document.wrong(f"vocabulary {table.vocab}: {reason}", fix, *path)


_Problem = tuple[str, str, tuple[str | int, ...]]


def _problems(table: _Table, target: Target) -> Iterator[_Problem]:
    listed: set[str] = set()
    for index, code in enumerate(table.source.codes):
        if code in listed:
            yield f"code {code!r} is listed twice", "list it once", ("source", "codes", index)
        if code != code.strip():
            yield (
                f"code {code!r} has blanks around it",
                "trim it: codes are compared trimmed",
                ("source", "codes", index),
            )
        listed.add(code)
        if code not in table.map:
            yield f"code {code!r} has no row", "map it, or say rel: unmatched", ("source", "codes", index)
    for code, row in table.map.items():
        if code not in listed:
            yield f"row {code!r} is not among source.codes", "list the code", ("map", code)
        yield from (
            (reason, fix, ("map", code, *path)) for reason, fix, path in _row_problems(table, target, code, row)
        )
    yield from _inverse_problems(table)


def _row_problems(table: _Table, target: Target, code: str, row: _Row) -> Iterator[_Problem]:
    if row.rel is not Relation.EQUIVALENT and not row.note:
        yield f"{code!r} is {row.rel} and has no note", "say why in a note", ()
    if (row.to is None) != (row.rel is Relation.UNMATCHED):
        yield f"{code!r} has rel {row.rel} and to {row.to!r}", "an unmatched code has no `to`, any other has one", ()
    if row.to is None:
        return
    if table.target == PROFILE:
        yield from _profile_problems(code, row)
        return
    if not isinstance(row.to, str):
        yield f"{code!r} is mapped to several values", f"{table.target} takes one value", ("to",)
    elif target.values is not None and row.to not in target.values:
        allowed = ", ".join(sorted(target.values)[:20])
        yield f"{row.to!r} is not a value of {table.target}", f"use one of {allowed}", ("to",)
    elif target.is_state:
        yield from _class_problems(target, code, row, row.to)


def _profile_problems(code: str, row: _Row) -> Iterator[_Problem]:
    if not isinstance(row.to, dict) or not row.to:
        yield f"profile {code!r} names no rates", "give `to` a quantity for each characteristic", ("to",)
        return
    for name, said in row.to.items():
        try:
            quantity = read_quantity(said)
        except UnknownUnit as error:
            yield f"profile {code!r}: {error}", "use a unit of rate, such as Mbit/s", ("to", name)
            continue
        if quantity is None or quantity.dimension != "rate":
            yield f"profile {code!r}: {said!r} is no rate", "use a unit of rate, such as Mbit/s", ("to", name)


def _class_problems(target: Target, code: str, row: _Row, state: str) -> Iterator[_Problem]:
    if row.class_ is None:
        yield f"state {code!r} has no class", "say class: {terminal: …, blockedBy: …}", ()
        return
    for name, said, meant in (
        ("terminal", row.class_.terminal, state in target.final),
        ("blockedBy", row.class_.blocked_by, target.blocked_by.get(state)),
        ("billable", row.class_.billable, None if row.class_.billable is None else state in target.billable),
    ):
        if said != meant:
            fix = "map it to a state of that class, or correct the class"
            yield f"{code!r} has {name} {said}, but {state!r} has {meant}", fix, ("class",)


def _inverse_problems(table: _Table) -> Iterator[_Problem]:
    for value, code in table.inverse.items():
        row = table.map.get(code)
        if row is None:
            yield f"inverse of {value!r} is {code!r}, which has no row", "name a code of the table", ("inverse", value)
        elif row.to != value:
            fix = "name a code that means it"
            yield f"inverse of {value!r} is {code!r}, which means {row.to!r}", fix, ("inverse", value)


def _built(table: _Table) -> Vocabulary:
    return Vocabulary(
        id=table.vocab,
        version=table.version,
        system=table.source.system,
        codes=table.source.codes,
        target=table.target,
        rows={
            code: Row(
                rel=row.rel,
                to=row.to,
                state_class=StateClass(**row.class_.model_dump()) if row.class_ else None,
                note=row.note,
                action=row.action,
            )
            for code, row in table.map.items()
        },
        inverses=table.inverse,
        carry=table.carry,
    )
