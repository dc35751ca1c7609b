"""The mutation score of a table: how many of its possible mistakes its own checks, laws and examples would notice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from gateway.ports.errors import UnknownCode
from gateway.vocabulary.checks import doubts
from gateway.vocabulary.fields.blank import MISSING, Misread
from gateway.vocabulary.file import TableFile
from gateway.vocabulary.load import built, problems_of
from gateway.vocabulary.operators import Mutant, mutants_of
from gateway.vocabulary.table import LOSSLESS_ENOUGH, Row, Vocabulary
from gateway.vocabulary.targets import FIELDS, PROFILE, TARGETS

__all__ = ["Score", "Survivor", "score_of"]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mistake that nothing in the table would notice, and why."""

    operator: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the mutants of one table. Those that change nothing that can be observed do not count."""

    vocabulary: str
    killed: int
    equivalent: int
    survivors: tuple[Survivor, ...]
    operators: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # operator → killed, counted

    @property
    def counted(self) -> int:
        """How many mutants count."""
        return self.killed + len(self.survivors)

    @property
    def percent(self) -> float:
        """The share killed of those that count; 100 where there is none."""
        return 100.0 if not self.counted else 100.0 * self.killed / self.counted


def score_of(data: Mapping[str, Any]) -> Score:
    """Return the score of a document that has no problems."""
    table = TableFile.model_validate(data)
    before, known = _behaviour(built(table)), {reason for reason, _, _ in doubts(table)}
    killed, equivalent, survivors = 0, 0, []
    operators: dict[str, tuple[int, int]] = {}
    for mutant in mutants_of(data):
        changed = _table(mutant)
        if changed is not None and _is_same(changed, before):
            equivalent += 1
            continue
        dead = changed is None or _is_noticed(changed, known)
        killed += dead
        so_far, counted = operators.get(mutant.operator, (0, 0))
        operators[mutant.operator] = (so_far + dead, counted + 1)
        if not dead:
            survivors.append(Survivor(mutant.operator, mutant.what, _why(table, mutant.operator)))
    return Score(f"{table.vocab}@{table.version}", killed, equivalent, tuple(survivors), operators)


def _table(mutant: Mutant) -> TableFile | None:
    try:
        return TableFile.model_validate(mutant.data)
    except ValidationError:
        return None


def _is_noticed(table: TableFile, known: set[str]) -> bool:
    if next(problems_of(table), None) is not None:
        return True
    return any(reason not in known for reason, _, _ in doubts(table))


def _is_same(table: TableFile, before: Any) -> bool:
    try:
        return bool(_behaviour(built(table)) == before)
    except (ValidationError, ValueError, KeyError):
        return False


def _behaviour(table: Vocabulary) -> Any:
    """Return all that a user of the table could tell it by."""
    if table.target == FIELDS:
        return {name: [_field_says(table, name, probe) for probe in _PROBES] for name in table.fields}
    rows = {code: (*_meaning(table, row), row.rel, row.state_class) for code, row in table.rows.items()}
    return rows, dict(table.inverses), dict(table.carry), frozenset(table.codes)


def _meaning(table: Vocabulary, row: Row) -> tuple[Any, ...]:
    if row.to is None or row.rel not in LOSSLESS_ENOUGH:
        return ("holds",)
    if table.target == PROFILE:
        return tuple(sorted((name, one.base) for name, one in _quantities(row).items()))
    if TARGETS[table.target].dimension is not None and isinstance(row.to, str):
        single = Vocabulary(id="", version=1, system="", codes=("",), target=table.target, rows={"": row})
        return (single.quantity(1, "").base,)
    return (row.to,)


def _quantities(row: Row) -> Mapping[str, Any]:
    single = Vocabulary(id="", version=1, system="", codes=("",), target=PROFILE, rows={"": row})
    return single.profile("")


def _field_says(table: Vocabulary, name: str, probe: Any) -> Any:
    spec = table.fields[name]
    more = {"currency": "EUR"} if hasattr(spec.kind, "basis") and not _fixed(spec.kind.currency) else {}
    try:
        said = spec.read(probe, **more)
        return spec.text(said)
    except (Misread, ValueError, UnknownCode):
        return "refused"


def _fixed(currency: str) -> bool:
    return currency in (TARGETS["canonical.currency"].values or ())


def _probes() -> Iterator[Any]:
    yield from (MISSING, None, "", " ", "N/A", "-")
    yield from ("0", "1", "7", "20", "200", "0.2", "1999", "-1999", "19.99", "19,99", "-19,99", "1.234,50", "1,234.50")
    yield from ("2026-03-31", "31.03.2026", "03.04.2026", "2026-07-01", "01.07.2026", "31.12.9999", "9999-12-31")
    yield from ("15.01.2026 08:30:00", "15.07.2026 08:30:00", "2026-03-09T14:02:11Z", "2026-07-09T14:02:11+02:00")
    yield from ("1773064931", "1773064931000", "03/04/2026", "04/03/2026 10:00:00", "20260331")
    yield from ("+493055500001", "493055500001", "030 55500001", "03055500001", "+12125550123", "12125550123")
    yield from ("500 Mbit/s", "500000 kbit/s", "-18.2 dBm", "10 GB", "500000", "-18.2")
    yield from ("A", "a", "0042", "CUST-1001", "cust-1001", "BA-1001", "PR-1001", "ADDR-1001", "UPRN-1", "SVC-1", "x y")
    yield from (["UPRN-1"], ["UPRN-1", "UPRN-2"], 42, 1999)


_PROBES = tuple(_probes())

_WHY = {
    "retarget": "no inverse, move or example tells the two values apart",
    "swap two targets": "no inverse, move or example tells the two codes apart",
    "swap two codes": "rows and inverses agree with each other, and no move or example says otherwise",
    "change rel": "no note, inverse or doubt depends on the relation",
    "change class": "the target gives no meaning to it",
    "unit factor": "no example says what one of it is",
    "swap rates": "no example names the rates",
    "case": "nothing else names the code",
}


def _why(table: TableFile, operator: str) -> str:
    examples = "the table has no examples" if not table.examples else "none of the examples shows it"
    return f"{_WHY.get(operator, 'nothing depends on it')}; {examples}"
