"""Levels 2 and 3: the tables between the system's words and ours."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson

from contract_tests.adapter.base import Checks
from contract_tests.checks import check, require
from contract_tests.target import AdapterTarget
from gateway.ports.errors import SetupError, UnknownCode
from gateway.vocabulary.checks import doubts
from gateway.vocabulary.coverage import coverage_of
from gateway.vocabulary.document import Document
from gateway.vocabulary.file import TableFile
from gateway.vocabulary.load import built, problems_of
from gateway.vocabulary.mutate import Score, score_of
from gateway.vocabulary.table import LOSSLESS_ENOUGH, Vocabulary
from gateway.vocabulary.targets import FIELDS, PROFILE, TARGETS

__all__ = ["VocabularyChecks"]

_NOBODY_SAYS = "?no-such-code?"


class VocabularyChecks(Checks):
    """Totality, range, round trip, moves, examples; then how many small mistakes would be noticed."""

    @check("VOC-1", 2, "each table is total, in range, leads back, moves as ours does, and agrees with its examples")
    async def test_the_tables_are_sound(self, target: AdapterTarget) -> None:
        """The checks that every table has to pass before it is loaded."""
        require(self.test_the_tables_are_sound, [row for one in _tables(target) for row in _unsound(one)])

    @check("VOC-2", 2, "every code is translated or refused, leads back, and none that is not listed gets through")
    async def test_the_tables_translate_and_guess_nothing(self, target: AdapterTarget) -> None:
        """Totality, round trip and refusal, asked of the tables as they are used."""
        rows: list[str] = []
        for document in _tables(target):
            if not list(_unsound(document)):
                rows += _translations(document, built(document.read(TableFile)))
        require(self.test_the_tables_translate_and_guess_nothing, rows)

    @check("VOC-3", 2, "nothing about a table is doubtful")
    async def test_nothing_is_doubtful(self, target: AdapterTarget) -> None:
        """Codes that share a value without a carried reason, notes on equivalent codes, moves that nobody lists."""
        rows = []
        for document in _tables(target):
            if list(_unsound(document)):
                continue
            table = document.read(TableFile)
            rows += [f"{_where(document, path)}: {reason}; {fix}" for reason, fix, path in doubts(table)]
            target.figures.setdefault("vocabularies", {})[table.vocab] = _coverage(built(table))
        require(self.test_nothing_is_doubtful, rows)

    @check("VOC-4", 3, "of the small mistakes that could be made in a table, nearly all would be noticed")
    async def test_mistakes_would_be_noticed(self, target: AdapterTarget) -> None:
        """The mutation score of all tables together; what survives is named."""
        scores = [_score(orjson.dumps(one.data, default=str)) for one in _tables(target) if not list(_unsound(one))]
        killed, counted = sum(one.killed for one in scores), sum(one.counted for one in scores)
        percent = 100.0 if not counted else 100.0 * killed / counted
        survivors = [f"{one.vocabulary}: {left.what}: {left.why}" for one in scores for left in one.survivors]
        target.figures["mutation"] = {"percent": round(percent, 1), "killed": killed, "counted": counted}
        target.figures["survivors"] = survivors
        least = target.mutation_at_least
        head = f"{percent:.1f} % of {counted} mistakes would be noticed, and {least:g} % are wanted; survivors:"
        require(self.test_mistakes_would_be_noticed, [head, *survivors] if percent < least else [])


def _tables(target: AdapterTarget) -> list[Document]:
    return list(target.tables)


def _unsound(document: Document) -> Iterator[str]:
    try:
        table = document.read(TableFile)
    except SetupError as error:
        yield str(error.reason)
        return
    for reason, fix, path in problems_of(table):
        yield f"{_where(document, path)}: {table.vocab}: {reason}; {fix}"


def _where(document: Document, path: tuple[str | int, ...]) -> str:
    return f"{document.file}:{document.line(*path)}"


def _coverage(table: Vocabulary) -> dict[str, Any]:
    found = coverage_of(table)
    return {"mapped": found.mapped, "total": found.total, "target": table.target, "version": table.version}


@cache
def _score(data: bytes) -> Score:
    return score_of(orjson.loads(data))


def _translations(document: Document, table: Vocabulary) -> Iterator[str]:
    if table.target == FIELDS:
        return
    for code, row in table.rows.items():
        where = f"{_where(document, ('map', code))}: {table.id}: {code!r}"
        said = _said(table, code)
        if row.rel not in LOSSLESS_ENOUGH or row.to is None:
            if said is not None:
                yield f"{where} is {row.rel}, and is translated to {said!r}"
        elif said is None:
            yield f"{where} is not translated"
        elif table.target != PROFILE and TARGETS[table.target].dimension is None and said in table.inverses:
            back = table.inverse(said)
            if _said(table, back) != said:
                yield f"{where}: {said!r} goes back to {back!r}, which means {_said(table, back)!r}"
    for code in (_NOBODY_SAYS, *(code.swapcase() for code in table.rows if code.swapcase() not in table.rows and code)):
        if code not in table.rows and _said(table, code) is not None:
            yield f"{_where(document, ('map',))}: {table.id}: {code!r} is not listed, and is translated"


def _said(table: Vocabulary, code: str) -> Any:
    try:
        return table.profile(code) if table.target == PROFILE else table.translate(code)
    except UnknownCode:
        return None
