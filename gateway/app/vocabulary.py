"""`tmf-gateway vocabulary check`, `stage` and `adopt`."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.console import Console
from rich.table import Column, Table

from gateway.ports.errors import SetupError
from gateway.vocabulary.checks import Problem, doubts
from gateway.vocabulary.coverage import Coverage, coverage_of
from gateway.vocabulary.document import Document, read_documents
from gateway.vocabulary.file import TableFile
from gateway.vocabulary.load import table_of
from gateway.vocabulary.mutate import Score, score_of

__all__ = ["check_files", "send_file"]

_SECONDS = 30.0


@dataclass(frozen=True)
class _Checked:
    document: Document
    coverage: Coverage
    doubts: tuple[Problem, ...]
    score: Score


def check_files(files: Sequence[Path], *, as_json: bool, at_least: float) -> int:
    """Print what there is to say of each table; return 0 where the score of all is high enough, else 1.

    Raises SetupError for the first table that is not sound.
    """
    checked = [one for file in files for one in _checked(file)]
    if as_json:
        for one in checked:
            sys.stdout.write(orjson.dumps(_as_data(one)).decode() + "\n")
    else:
        _print(checked)
    return 0 if _percent(checked) >= at_least else 1


async def send_file(file: Path, url: str, *, who: str, reason: str, adopt: bool) -> int:
    """Send a file to a gateway; return 0 where it took it, else 1. Raises SetupError where none answers."""
    try:
        text = file.read_text(encoding="utf-8")  # noqa: ASYNC240 - one small file, before anything runs
    except (OSError, UnicodeDecodeError):
        raise SetupError("cannot be read", "name a UTF-8 file", file=str(file)) from None
    body = {"text": text, "who": who, "reason": reason, "adopt": adopt}
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_SECONDS) as http:
            answer = await http.post(f"{url.rstrip('/')}/lifecycle/v1/vocabularies", json=body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SetupError(
            f"no gateway answers at {url} ({type(error).__name__})", "start one, or correct --url"
        ) from None
    console = Console(highlight=False)
    if answer.status_code != httpx.codes.CREATED:
        said = _json(answer)
        reason = str(said.get("reason", f"status {answer.status_code}")).replace("text:", f"{file}:", 1)
        console.print(f"refused: {reason}\nFix: {said.get('message', 'look at the gateway')}", soft_wrap=True)
        return 1
    said = _json(answer)
    for one in said["vocabularies"]:
        console.print(f"{one['id']}@{one['version']} is {one['status']}")
    console.print(f"orders asked again: {said['ordersAskedAgain']}")
    return 0


def _checked(file: Path) -> Iterator[_Checked]:
    for document in read_documents(file):
        table = table_of(document)
        doubtful = tuple(doubts(document.read(TableFile)))
        yield _Checked(document, coverage_of(table), doubtful, score_of(document.data))


def _percent(checked: Sequence[_Checked]) -> float:
    counted = sum(one.score.counted for one in checked)
    return 100.0 if not counted else 100.0 * sum(one.score.killed for one in checked) / counted


def _as_data(one: _Checked) -> dict[str, Any]:
    score = one.score
    return {
        "file": one.document.file,
        "vocabulary": score.vocabulary,
        "coverage": asdict(one.coverage),
        "doubts": [
            {"line": one.document.line(*path), "reason": reason, "fix": fix} for reason, fix, path in one.doubts
        ],
        "mutants": score.counted,
        "killed": score.killed,
        "equivalent": score.equivalent,
        "score": round(score.percent, 1),
        "operators": {name: {"killed": dead, "mutants": all_} for name, (dead, all_) in score.operators.items()},
        "survivors": [asdict(survivor) for survivor in score.survivors],
    }


def _print(checked: Sequence[_Checked]) -> None:
    console = Console(highlight=False)
    shown = Table(
        Column("vocabulary", no_wrap=True), "mapped", "= / narrower / broader / unmatched", "mutants", "killed", "score"
    )
    for one in checked:
        cover, score = one.coverage, one.score
        relations = f"{cover.equivalent} / {cover.narrower} / {cover.broader + cover.related} / {cover.unmatched}"
        shown.add_row(
            score.vocabulary,
            f"{cover.mapped}/{cover.total}",
            "fields" if cover.fields else relations,
            str(score.counted),
            str(score.killed),
            f"{score.percent:.1f} %",
        )
    console.print(shown)
    for one in checked:
        for reason, fix, path in one.doubts:
            where = f"{one.document.file}:{one.document.line(*path)}"
            console.print(f"doubtful: {where}: {reason}. {fix}", soft_wrap=True)
        for survivor in one.score.survivors:
            told = f"{one.score.vocabulary}: {survivor.operator}: {survivor.what}: {survivor.why}"
            console.print(f"survives: {told}", soft_wrap=True)
    killed, counted = sum(one.score.killed for one in checked), sum(one.score.counted for one in checked)
    same = sum(one.score.equivalent for one in checked)
    console.print(f"mutation score: {_percent(checked):.1f} % ({killed} of {counted}; {same} more change nothing)")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
