"""Reading vocabularies from YAML. A table that does not pass every check translates nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway.ports.errors import SetupError
from gateway.vocabulary.checks import Problem, table_problems
from gateway.vocabulary.document import Document, read_documents
from gateway.vocabulary.examples import example_problems
from gateway.vocabulary.fields.field import KINDS, FieldSpec, field_of
from gateway.vocabulary.file import TableFile
from gateway.vocabulary.homomorphism import transition_problems
from gateway.vocabulary.table import Row, StateClass, Vocabulary
from gateway.vocabulary.targets import FIELDS, TARGETS

__all__ = ["built", "load_vocabularies", "load_vocabulary", "problems_of", "require", "table_of"]


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
    table = document.read(TableFile)
    for reason, fix, path in problems_of(table):
        raise document.wrong(f"vocabulary {table.vocab}: {reason}", fix, *path)
    return built(table).model_copy(update={"is_counted": True})


def require(tables: Mapping[str, Vocabulary], path: Path, *ids: str) -> tuple[Vocabulary, ...]:
    """Return the vocabularies of these ids, in that order. Raises SetupError where one is absent."""
    for wanted in ids:
        if wanted not in tables:
            raise SetupError(f"lacks the vocabulary {wanted}", f"add a document with vocab: {wanted}", file=str(path))
    return tuple(tables[wanted] for wanted in ids)


def problems_of(table: TableFile) -> Iterator[Problem]:
    """Yield everything that is wrong with a table, so that it is not loaded."""
    target = TARGETS.get(table.target)
    if target is None:
        yield f"target {table.target!r} is not known", f"use one of {', '.join(sorted(TARGETS))}", ("target",)
        return
    found = list(_field_problems(table) if table.target == FIELDS else table_problems(table, target))
    yield from found
    if table.target != FIELDS:
        if table.fields:
            yield f"{table.target} has fields", f"a table of fields has target: {FIELDS}", ("fields",)
        yield from transition_problems(table, target)
    if not found:  # a table that is unsound cannot be asked
        yield from example_problems(built(table), table.examples)


def _field_problems(table: TableFile) -> Iterator[Problem]:
    for member in ("map", "inverse", "transitions", "carry"):
        if getattr(table, member):
            yield f"a table of fields has no {member}", "say fields", (member,)
    if not table.fields:
        yield "no field is named", "say fields: {NAME: {is: …}}", ("fields",)
    for name, entry in table.fields.items():
        if entry.is_ not in KINDS:
            yield f"{entry.is_!r} is no kind of field", f"use one of {', '.join(KINDS)}", ("fields", name, "is")
            continue
        try:
            _field(table, name)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            yield f"{name}{'.' if where else ''}{where}: {first['msg']}", "correct the field", ("fields", name)


def _field(table: TableFile, name: str) -> FieldSpec:
    said: dict[str, Any] = table.fields[name].model_dump(by_alias=True)
    return field_of(name, said)


def built(table: TableFile) -> Vocabulary:
    """Return the vocabulary of a table that has no problems."""
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
                factor=row.factor,
            )
            for code, row in table.map.items()
        },
        inverses=table.inverse,
        carry=table.carry,
        fields={name: _field(table, name) for name in table.fields},
    )
