"""Recordings: a folder a case, `recorded/<test>/<case>/`, with what was sent and what was made of it.

`message.json` is a canonical message. `expected.json` is what the adapter made of the answers: `facts` (predicate,
subject, value, and the `system` where several state the same) and `refusals`, or `error` (the name of an error class).
What else stands in the folder are the answers, in whatever form the target's `replay` reads: it is given the folder,
and answers with a context in which there is an adapter. With `--contract-live` the messages go to the system itself.
`keep` writes both files.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from contract_tests.checks import Broken
from contract_tests.drive import Excused, settled
from contract_tests.measure import lacks
from contract_tests.target import AdapterTarget
from gateway.canonical.fact import Fact
from gateway.ports.adapter import Adapter, Message
from gateway.ports.errors import AdapterError

__all__ = ["RECORDINGS", "Case", "cases_of", "keep", "replayed"]

RECORDINGS = "recordings"
"""What an excuse for having none is called."""


@dataclass(frozen=True, slots=True)
class Case:
    """One folder."""

    name: str
    folder: Path

    @property
    def message(self) -> Message:
        """What was sent."""
        return Message.model_validate_json((self.folder / "message.json").read_bytes())

    @property
    def expected(self) -> dict[str, Any]:
        """What came of it."""
        said: dict[str, Any] = orjson.loads((self.folder / "expected.json").read_bytes())
        return said


def cases_of(target: AdapterTarget) -> Sequence[Case]:
    """Return the cases of a target. Raises Excused where it declares to have none, Broken where it does not say."""
    entry = target.declaration.excuse(RECORDINGS)
    if entry is not None:
        raise Excused(entry)
    found = sorted(target.recorded.glob("*/*/expected.json")) if target.recorded and target.replay else []
    if not found:
        row = (
            f"{target.declaration.file}: say `contract: {{{RECORDINGS}: {{status: todo, comment: …}}}}`, or record some"
        )
        raise Broken("there are no recordings, and nothing says why", [row])
    return [Case(f"{path.parts[-3]}/{path.parts[-2]}", path.parent) for path in found]


async def replayed(target: AdapterTarget, case: Case) -> AsyncIterator[str]:
    """Yield in what a replayed case differs from what was recorded."""
    expected = case.expected
    try:
        with _adapter(target, case) as adapter:
            report = await settled(target, adapter, case.message)
    except AdapterError as error:
        if expected.get("error") != type(error).__name__:
            yield f"{type(error).__name__} came ({error.reason}); recorded is {expected.get('error') or 'a report'}"
        return
    except AssertionError as error:  # the replay says that another request was recorded
        yield str(error)
        return
    if expected.get("error"):
        yield f"a report came; recorded is {expected['error']}"
        return
    for row in _facts(expected.get("facts") or (), report.facts):
        yield row
    refused = sorted(one.subject for one in report.refusals)
    if refused != sorted(expected.get("refusals") or ()):
        yield f"refused are {refused}; recorded are {sorted(expected.get('refusals') or ())}"


async def keep(target: AdapterTarget, folder: Path, message: Message, *, moving: Collection[str] = ()) -> None:
    """Send a message to the system, and keep it with what comes of it. Record the exchanges around this call.

    `moving` names members of facts that are others each time, such as a day to come; they are not kept.
    """
    try:
        report = await settled(target, target.adapter(), message)
    except AdapterError as error:
        expected: dict[str, Any] = {"error": type(error).__name__}
    else:
        expected = {
            "facts": [
                {
                    "predicate": fact.predicate,
                    "subject": fact.subject,
                    "system": fact.source.system,
                    "value": {name: value for name, value in fact.value.items() if name not in moving},
                }
                for fact in report.facts
            ],
            "refusals": [one.subject for one in report.refusals],
        }
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    said = message.model_dump(mode="json", exclude_defaults=True)
    (folder / "message.json").write_bytes(orjson.dumps(said, option=options))
    (folder / "expected.json").write_bytes(orjson.dumps(expected, option=options))


def _facts(wanted: Sequence[Mapping[str, Any]], said: Sequence[Fact]) -> Iterator[str]:
    left = list(said)
    for one in wanted:
        key, system = f"{one['predicate']} {one['subject']}", one.get("system")
        found = next((fact for fact in left if str(fact.key) == key and system in {None, fact.source.system}), None)
        if found is None:
            yield f"{key} is not stated{f' by {system}' if system else ''}; it is recorded"
            continue
        left.remove(found)
        for lack in lacks(one.get("value") or {}, found.value):
            yield f"{key}: {lack}"
    for fact in left:
        yield f"{fact.key} is stated by {fact.source.system}; it is not recorded"


def _adapter(target: AdapterTarget, case: Case) -> AbstractContextManager[Adapter]:
    if target.live or target.replay is None:
        return nullcontext(target.adapter())
    return target.replay(case.folder)
