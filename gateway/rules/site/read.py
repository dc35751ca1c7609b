"""Reading site rules: every expression is compiled, every name looked up, every example run, before one is used."""

from collections.abc import Iterator

from gateway.canonical.fact import PREDICATES
from gateway.ports.errors import SetupError
from gateway.rules.bindings.stated import Stated
from gateway.rules.site.cel import CelError, Program, compiled, require
from gateway.rules.site.definition import Definition
from gateway.rules.site.evaluation import Programs
from gateway.rules.site.examples import wrong_examples
from gateway.rules.site.names import Used, used
from gateway.rules.site.site_rule import SiteRule, site_rule
from gateway.rules.site.where import where_of

__all__ = ["look_at", "read_site_rule"]

_EXPRESSIONS = (("applies", "BOOL"), ("expression", "BOOL"), ("message", "STRING"))
_NOWHERE = ("order", "")


def read_site_rule(document: Stated, *path: str | int) -> SiteRule:
    """Return the site rule at a path of a document. Raises SetupError with file, line and column."""
    found, problems = look_at(document, *path)
    if found is None:
        raise problems[0]
    return found


def look_at(document: Stated, *path: str | int) -> tuple[SiteRule | None, list[SetupError]]:
    """Return the site rule at a path, or everything that is wrong with it."""
    require(document.file)
    try:
        definition = document.read(Definition, *path)
    except SetupError as error:
        return None, [error]
    problems: list[SetupError] = []
    programs: list[Program] = []
    names = Used()
    for name, wanted in _EXPRESSIONS:
        try:
            programs.append(_program(definition, name, wanted, names))
        except CelError as error:
            problems.append(_place(document, definition, name, path, error))
    problems += _unread(definition, names, document, path) if not problems else ()
    where = _NOWHERE
    try:
        where = where_of(definition.path)
    except ValueError as error:
        problems.append(document.wrong(f"rule {definition.code}: path: {error}", "use one of those", *path, "path"))
    if problems:
        return None, problems
    whole = Programs(*programs)
    problems += wrong_examples(definition, whole, names, document, path)
    return (None, problems) if problems else (site_rule(definition, whole, names, where), [])


def _program(definition: Definition, name: str, wanted: str, names: Used) -> Program:
    expression = getattr(definition, name)
    program = compiled(expression)
    if program.returns not in {wanted, "DYN"}:
        what = {"BOOL": "true or false", "STRING": "a text"}[wanted]
        raise CelError(f"is {program.returns}, but has to be {what}")
    mine = used(expression, definition.params)
    names.variables |= mine.variables
    names.facts |= mine.facts
    return program


def _place(
    document: Stated, definition: Definition, name: str, path: tuple[str | int, ...], error: CelError
) -> SetupError:
    line, column = document.spot((*path, name), error.line, error.column)
    return SetupError(
        f"column {column}: rule {definition.code}: {name}: {error.reason}",
        "correct the expression",
        file=document.file,
        line=line,
    )


def _unread(definition: Definition, names: Used, document: Stated, path: tuple[str | int, ...]) -> Iterator[SetupError]:
    said = set()
    for number, entry in enumerate(definition.reads):
        kind, _, fact = entry.partition(":")
        if kind != "fact" or fact not in PREDICATES:
            reason = f"rule {definition.code}: reads {entry!r}, which is no fact"
            yield document.wrong(reason, "write fact:<predicate>, such as fact:site.qualified", *path, "reads", number)
        said.add(fact)
    for fact in sorted(names.facts - said):
        reason = f"rule {definition.code}: asks for {fact}, which `reads` does not name"
        yield document.wrong(reason, f"add fact:{fact} to reads", *path, "reads")
    for fact in sorted((said & PREDICATES) - names.facts):
        reason = f"rule {definition.code}: `reads` names {fact}, which no expression asks for"
        yield document.wrong(reason, "remove it from reads", *path, "reads")
