"""The checks that a table of codes must pass before it may translate anything, and what is doubtful about it.

Totality: every source code has a row. Range: values are of the target's set, and what a face cannot say is declared.
Round trip: an inverse leads back. Class: a state means what its canonical state means. Anything but `equivalent` says
why in a note, and what is not translated says what happens instead.
"""

from collections.abc import Iterator

from gateway.canonical.quantity import UnknownUnit, read_quantity
from gateway.vocabulary.file import RowFile, TableFile
from gateway.vocabulary.table import LOSSLESS_ENOUGH, Relation
from gateway.vocabulary.targets import PROFILE, Target

__all__ = ["Problem", "doubts", "table_problems"]

Problem = tuple[str, str, tuple[str | int, ...]]
"""Reason, remedy, and the path in the document."""

_REFUSED = frozenset({Relation.BROADER, Relation.RELATED})


def table_problems(table: TableFile, target: Target) -> Iterator[Problem]:
    """Yield what is wrong with the rows and inverses of a table."""
    yield from _totality(table)
    for code, row in table.map.items():
        if code not in table.source.codes:
            yield f"row {code!r} is not among source.codes", "list the code", ("map", code)
        for reason, fix, path in _row_problems(table, target, code, row):
            yield reason, fix, ("map", code, *path)
    yield from _inverse_problems(table)


def _totality(table: TableFile) -> Iterator[Problem]:
    if not table.source.codes:
        yield "source has no codes", "list every code that the system can say", ("source",)
    listed: set[str] = set()
    for index, code in enumerate(table.source.codes):
        here = ("source", "codes", index)
        if code in listed:
            yield f"code {code!r} is listed twice", "list it once", here
        if code != code.strip():
            yield f"code {code!r} has blanks around it", "trim it: codes are compared trimmed", here
        listed.add(code)
        if code not in table.map:
            yield f"code {code!r} has no row", "map it, or say rel: unmatched", here
    if table.source.may_be_empty and "" not in table.map:
        yield "the field may be empty, and no row says what that means", 'add the code "" with its row', ("source",)


def _row_problems(table: TableFile, target: Target, code: str, row: RowFile) -> Iterator[Problem]:
    yield from _relation_problems(code, row)
    if row.factor is not None and target.dimension is None:
        yield f"{code!r} has a factor, and {table.target} are no units", "leave the factor out", ("factor",)
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
    else:
        yield from _shown_problems(target, row, row.to)
        if target.is_state:
            yield from _class_problems(target, code, row, row.to)


def _relation_problems(code: str, row: RowFile) -> Iterator[Problem]:
    if row.rel is not Relation.EQUIVALENT and not row.note:
        yield f"{code!r} is {row.rel} and has no note", "say why in a note", ()
    if (row.to is None) != (row.rel is Relation.UNMATCHED):
        yield f"{code!r} has rel {row.rel} and to {row.to!r}", "an unmatched code has no `to`, any other has one", ()
    if row.rel in _REFUSED and row.action is None:
        yield f"{code!r} is {row.rel}, so it is not translated", "say action: hold", ()
    if row.action is not None and row.rel in LOSSLESS_ENOUGH:
        yield f"{code!r} is {row.rel} and holds", "only what is not translated holds", ("action",)


def _shown_problems(target: Target, row: RowFile, value: str) -> Iterator[Problem]:
    for face, unsaid in target.unsaid.items():
        instead = row.shown.get(face)
        if value in unsaid and instead is None:
            yield f"{face} has no word for {value!r}", f"say what it shows instead: shown: {{{face}: …}}", ("to",)
        elif instead is not None and (value not in unsaid or instead in unsaid):
            yield (
                f"{face} does not show {value!r} as {instead!r}",
                "say what it shows, or leave it out",
                ("shown", face),
            )
        elif instead is not None and target.values is not None and instead not in target.values:
            yield f"{instead!r} is not a state that {face} can show", "use one of its states", ("shown", face)
    for face in row.shown:
        if face not in target.unsaid:
            yield f"{face} says every value itself", "leave it out of shown", ("shown", face)


def _profile_problems(code: str, row: RowFile) -> Iterator[Problem]:
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


def _class_problems(target: Target, code: str, row: RowFile, state: str) -> Iterator[Problem]:
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


def _inverse_problems(table: TableFile) -> Iterator[Problem]:
    for value, code in table.inverse.items():
        row, here = table.map.get(code), ("inverse", value)
        if row is None:
            yield f"inverse of {value!r} is {code!r}, which has no row", "name a code of the table", here
        elif row.to != value:
            yield f"inverse of {value!r} is {code!r}, which means {row.to!r}", "name a code that means it", here
        elif row.rel not in LOSSLESS_ENOUGH:
            fix = "name a code that is equivalent or narrower"
            yield f"inverse of {value!r} is {code!r}, which is {row.rel} and not read back", fix, here


def doubts(table: TableFile) -> Iterator[Problem]:
    """Yield what is allowed and yet looks wrong: a reader of the report should look at it."""
    yield from _shared_value_doubts(table)
    for code, row in table.map.items():
        if table.transitions is not None and code not in table.transitions:
            fix = "say under transitions which codes may follow it, or [] for none"
            yield f"nothing says what may follow {code!r}", fix, ("map", code)
        if table.inverse and row.rel is Relation.EQUIVALENT and isinstance(row.to, str) and row.to not in table.inverse:
            yield f"{code!r} is equivalent to {row.to!r}, which has no inverse", "add the inverse", ("map", code)


def _shared_value_doubts(table: TableFile) -> Iterator[Problem]:
    by_value: dict[str, list[str]] = {}
    for code, row in table.map.items():
        if isinstance(row.to, str):
            by_value.setdefault(row.to, []).append(code)
    for value, codes in by_value.items():
        rows = [table.map[code] for code in codes]
        if len(codes) == 1:
            if rows[0].rel is Relation.EQUIVALENT and rows[0].note:
                fix = "say rel: narrower or broader, or make the note a comment"
                yield f"{codes[0]!r} is equivalent to {value!r}, and a note says how it differs", fix, ("map", codes[0])
            continue
        if not table.carry and not all(row.note for row in rows):
            fix = "say carry: {reason: true}, or in a note of each how they differ"
            yield f"{', '.join(codes)} all mean {value!r}, so a round trip loses which it was", fix, ("map", codes[0])
        relations = {row.rel for row in rows}
        if Relation.EQUIVALENT in relations and len(relations) > 1:
            fix = "codes exclude each other: make all of them narrower"
            yield f"of {', '.join(codes)} one is equivalent to {value!r} and another is not", fix, ("map", codes[0])
