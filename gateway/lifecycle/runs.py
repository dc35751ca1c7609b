"""Beginning a run that reads the systems back: a row that shows how far it is, and durable work that does it."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from gateway.canonical.drift import AgreementRun, RunCause
from gateway.canonical.ids import new_id
from gateway.ports.agreement import RunStep
from gateway.ports.repository import Change, Repository, Work

__all__ = ["AGREEMENT_LANE", "begin_run"]

AGREEMENT_LANE = "agreement"
"""The lane of work that reads the systems back."""


async def begin_run(
    repository: Repository, now: datetime, cause: RunCause, orders: Sequence[str], most: int
) -> AgreementRun:
    """Begin a run over some orders; over what was not looked at for longest where none is named."""
    run = AgreementRun(id=new_id(), cause=cause, started_at=now, most=most, orders=tuple(orders))
    await repository.save_run_step(RunStep(run=run))
    payload = orjson.dumps({"what": "go on", "run": run.id})
    # One stream for all runs: they follow one another, so that no two walk the same inventory at once.
    await repository.save(Change(work=(Work(AGREEMENT_LANE, "run", run.id, payload),)))
    return run
