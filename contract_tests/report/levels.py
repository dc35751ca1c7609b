"""From records to levels: a level counts where each of its checks passed or does not apply, and so those below it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract_tests.checks import ADAPTER_LEVELS, ADDRESS_LEVELS, Check, checks_in, is_newer
from contract_tests.report.collect import Kept, Record

__all__ = ["Failure", "Level", "Verdict", "summary_lines", "verdicts"]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of one target. `state` is passed, failed, todo, part (some checks were not run) or none."""

    number: int
    meaning: str
    state: str
    passed: int
    failed: int
    exempt: int
    todo: int
    not_run: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its meaning in a word or two."""
        return self.meaning.partition(":")[0]

    @property
    def says(self) -> str:
        """Its meaning in a sentence."""
        return self.meaning.partition(": ")[2]


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that failed, with all its cases and rows."""

    code: str
    level: int
    law: str
    cases: Sequence[str]
    rows: Sequence[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one target."""

    target: str
    kind: str
    reached: int
    levels: Sequence[Level]
    records: Sequence[Record]
    figures: Mapping[str, Any]
    newer: Sequence[str]

    @property
    def failures(self) -> Sequence[Failure]:
        """What failed, the lowest level first, each check once."""
        found: dict[str, list[Record]] = {}
        for one in self.records:
            if one.outcome == "failed":
                found.setdefault(one.code, []).append(one)
        failures = [
            Failure(
                same[0].code,
                same[0].level,
                same[0].law,
                tuple(sorted({one.case for one in same if one.case and one.case != self.target})),
                tuple(dict.fromkeys(row for one in same for row in one.rows)),
            )
            for same in found.values()
        ]
        return sorted(failures, key=lambda one: (one.level, one.code))

    @property
    def excuses(self) -> Sequence[tuple[str, str, str, str]]:
        """(code or codes, status, reason, until) of what is declared not to pass, each reason once."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for one in self.records:
            if one.outcome in {"exempt", "todo"}:
                found.setdefault((one.outcome, one.reason, one.until), []).append(one.code)
        return [(", ".join(sorted(set(codes))), *said) for said, codes in sorted(found.items(), key=lambda one: one[0])]

    @property
    def not_run(self) -> Sequence[str]:
        """Codes of checks that were left out of the run."""
        return [code for level in self.levels for code in level.not_run]

    def count(self, outcome: str) -> int:
        """Return how many checks ended so."""
        return sum(one.outcome == outcome for one in self.records)

    @property
    def sentence(self) -> str:
        """The verdict in one line."""
        done = f"level {self.reached} of {len(self.levels)}" if self.reached else "no level"
        figures = f"{self.count('passed')} passed, {self.count('failed')} failed"
        excused = f"{self.count('exempt')} exempt, {self.count('todo')} to do"
        return f"{self.target}: {done} reached; {figures}, {excused}"


def verdicts(kept: Kept, pinned: str) -> Sequence[Verdict]:
    """Return the verdict on each target, by name."""
    by_target: dict[tuple[str, str], list[Record]] = {}
    for one in kept.records:
        by_target.setdefault((one.target, one.kind), []).append(one)
    return [_verdict(target, kind, records, pinned) for (target, kind), records in sorted(by_target.items())]


def summary_lines(kept: Kept, pinned: str) -> Sequence[str]:
    """Return a line for each target."""
    return [one.sentence for one in verdicts(kept, pinned)]


def _verdict(target: str, kind: str, records: Sequence[Record], pinned: str) -> Verdict:
    known = list(_known(kind, records))
    asked = [one for one in known if not is_newer(one.since, pinned)]
    meanings = ADAPTER_LEVELS if kind == "adapter" else ADDRESS_LEVELS
    levels = [_level(number, says, asked, records) for number, says in meanings.items()]
    reached = 0
    for level in levels:
        if level.state != "passed":
            break
        reached = level.number
    figures: dict[str, Any] = {}
    for one in records:
        figures |= one.figures
    newer = [f"{one.code}: {one.law}" for one in known if is_newer(one.since, pinned)]
    return Verdict(target, kind, reached, levels, records, figures, newer)


def _known(kind: str, records: Sequence[Record]) -> Iterator[Check]:
    if kind == "adapter":
        from contract_tests.adapter.contract import AdapterContract  # noqa: PLC0415 - the kit of one kind alone

        yield from checks_in(AdapterContract)
        return
    from contract_tests.address import checks_of  # noqa: PLC0415 - the kit of one kind alone

    yield from checks_of(records[0].target)


def _level(number: int, meaning: str, known: Sequence[Check], records: Sequence[Record]) -> Level:
    mine = [one for one in records if one.level == number]
    counts = {name: sum(one.outcome == name for one in mine) for name in ("passed", "failed", "exempt", "todo")}
    seen = {one.code for one in mine}
    not_run = tuple(one.code for one in known if one.level == number and one.code not in seen)
    if counts["failed"]:
        state = "failed"
    elif counts["todo"]:
        state = "todo"
    elif not_run:
        state = "part" if mine else "none"
    else:
        state = "passed"
    return Level(number, meaning, state, counts["passed"], counts["failed"], counts["exempt"], counts["todo"], not_run)
