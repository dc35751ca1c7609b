"""`tmf-gateway rules check`: judge trace documents from files, on all cores where there are many."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from gateway.canonical.judgement import Judgement, Verdict
from gateway.faces.lifecycle.trace import TraceProblem, answer_of, trace_from_wire
from gateway.lifecycle.rule_sets.reading import load_rule_set
from gateway.rules.engine import Catalogue, judge_all

__all__ = ["check_files"]

MANY = 400
"""From how many traces on it pays to start further processes."""

CHUNK = 50
"""How many traces one process is given at a time."""

_RANK = {Verdict.ADVANCE: 0, Verdict.HOLD: 1, Verdict.REJECT: 2}


def check_files(files: Sequence[Path], *, as_json: bool, fail_on: str | None, rule_set: Path | None = None) -> int:
    """Judge every trace of the files; return 1 where a gate is as bad as `fail_on`, 2 where a file cannot be read.

    `rule_set` says how the rules are taken and adds its site rules. Raises SetupError where it is not sound.
    """
    if fail_on is not None and fail_on not in {"hold", "reject"}:
        Console(stderr=True).print("--fail-on takes hold or reject")
        return 2
    try:
        documents = list(_documents(files))
    except OSError as error:
        Console(stderr=True).print(f"cannot read {error.filename}: {error.strerror}")
        return 2
    judge = _Judge(rule_set)
    worst = 0
    if as_json:
        for line, rank in _shown(_answers(judge, [text for _, text in documents]), len(documents)):
            worst = max(worst, rank)
            sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
    else:
        for name, text in _shown(iter(documents), len(documents)):
            worst = max(worst, _print(judge, name, text))
    return int(fail_on is not None and worst >= _RANK[Verdict(fail_on)])


class _Judge:
    """Answers traces by one catalogue. Sent to another process it is made anew there, from the same file."""

    def __init__(self, rule_set: Path | None) -> None:
        self._rule_set = rule_set
        built_in = Catalogue.load()
        self._catalogue = built_in if rule_set is None else load_rule_set(rule_set, built_in)[0].bind(built_in)

    def __reduce__(self) -> tuple[type["_Judge"], tuple[Path | None]]:
        return _Judge, (self._rule_set,)

    def judged(self, text: bytes) -> tuple[Sequence[Judgement], dict[str, Any]]:
        """Return the judgements and the answer. Raises TraceProblem, JSONDecodeError."""
        trace = trace_from_wire(orjson.loads(text))
        judgements = judge_all(trace, self._catalogue)
        return judgements, answer_of(judgements, trace, self._catalogue)

    def line(self, text: bytes) -> tuple[bytes, int]:
        """Return the answer to one trace as one line of JSON, and how bad its worst gate is (0 to 2)."""
        try:
            judgements, answer = self.judged(text)
        except (TraceProblem, orjson.JSONDecodeError) as error:
            return orjson.dumps({"error": {"code": "unreadableTrace", "reason": str(error)}}), 0
        return orjson.dumps(answer), _worst(judgements)


_of_this_process: _Judge | None = None


def _begin(judge: _Judge) -> None:
    global _of_this_process  # noqa: PLW0603 - a worker process judges by one catalogue as long as it lives
    _of_this_process = judge


def _lines(texts: list[bytes]) -> list[tuple[bytes, int]]:
    assert _of_this_process is not None
    return [_of_this_process.line(text) for text in texts]


def _answers(judge: _Judge, texts: list[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield the answers in the order of the traces."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(texts) < MANY or cores < 2:
        yield from map(judge.line, texts)
        return
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn"), initializer=_begin, initargs=(judge,)) as pool:
        for lines in pool.map(_lines, _chunks(texts)):
            yield from lines


def _chunks(texts: list[bytes]) -> Iterator[list[bytes]]:
    left = iter(texts)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def _shown(things: Iterator[Any], total: int) -> Iterable[Any]:
    """Return the things, with progress on standard error where there are many."""
    return things if total < MANY else track(things, "judging", total=total, console=Console(stderr=True))


def _documents(files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        body = file.read_bytes()
        if file.suffix == ".jsonl":
            yield from ((f"{file.name}:{n}", line) for n, line in enumerate(body.splitlines(), 1) if line.strip())
        else:
            yield file.name, body


def _worst(judgements: Sequence[Judgement]) -> int:
    return max((_RANK[judgement.verdict] for judgement in judgements), default=0)


def _print(judge: _Judge, name: str, text: bytes) -> int:
    try:
        judgements, _ = judge.judged(text)
    except (TraceProblem, orjson.JSONDecodeError) as error:
        Console().print(f"{name}: cannot be read: {error}", markup=False)
        return 0
    table = Table("gate", "verdict", "waits for", "finding", "path", "remedy", title=name)
    for judgement in judgements:
        waits = escape("\n".join(map(str, judgement.missing)))
        table.add_row(judgement.gate, judgement.verdict, waits, "", "", "")
        for finding in judgement.findings:
            said = (f"{finding.code} {finding.reason}", finding.path, finding.fix)
            table.add_row("", finding.severity, "", *map(escape, said))
    Console().print(table)
    return _worst(judgements)
