"""Recordings: a folder a case, `recorded/<test>/<case>/`, with what was sent and what was made of it.

`message.json` is a canonical message. `expected.json` is what the adapter made of the answers: `facts` (predicate,
subject, value) and `refusals`, or `error` (the name of an error class). What else stands in the folder are the answers,
in whatever form the target's `replay` reads: it is given the folder, and answers with a context in which there is an
adapter. With `--contract-live` the messages go to the system itself.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from contract_tests.checks import Broken
from contract_tests.drive import Excused, settled
from contract_tests.measure import lacks
from contract_tests.target import AdapterTarget
from gateway.ports.adapter import Adapter, Message
from gateway.ports.errors import AdapterError

__all__ = ["RECORDINGS", "Case", "cases_of", "replayed"]

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
    said = {str(fact.key): fact.value for fact in report.facts}
    wanted = {f"{one['predicate']} {one['subject']}": one.get("value") or {} for one in expected.get("facts") or ()}
    for key in wanted.keys() - said.keys():
        yield f"{key} is not stated; it is recorded"
    for key in said.keys() - wanted.keys():
        yield f"{key} is stated; it is not recorded"
    for key in wanted.keys() & said.keys():
        for lack in lacks(wanted[key], said[key]):
            yield f"{key}: {lack}"
    refused = sorted(one.subject for one in report.refusals)
    if refused != sorted(expected.get("refusals") or ()):
        yield f"refused are {refused}; recorded are {sorted(expected.get('refusals') or ())}"


def _adapter(target: AdapterTarget, case: Case) -> AbstractContextManager[Adapter]:
    if target.live or target.replay is None:
        return nullcontext(target.adapter())
    return target.replay(case.folder)
