"""The lanes of work: one a role, one for the lifecycle itself, one for replays, one for agreement."""

import orjson

from gateway.app.settings import Settings
from gateway.lifecycle.auditor import Auditor
from gateway.lifecycle.courier import Courier
from gateway.lifecycle.desk import LIFECYCLE_LANE, OrderDesk
from gateway.lifecycle.exceptions.mending import REPLAY_LANE, Mender
from gateway.lifecycle.rule_sets.desk import RuleDesk
from gateway.lifecycle.runs import AGREEMENT_LANE
from gateway.ports.adapter import Role
from gateway.storage.vocabularies import RECHECK
from gateway.streams.backoff import Backoff
from gateway.streams.lanes import Lane
from gateway.streams.message import Again, Job

__all__ = ["REPLAYS_AT_ONCE", "lanes_of"]


REPLAYS_AT_ONCE = 8
"""How many members of exception groups are on their way at once: a replay leaves room for the day's orders."""


def lanes_of(
    settings: Settings,
    desk: OrderDesk,
    courier: Courier,
    mender: Mender,
    rules: RuleDesk,
    auditor: Auditor,
) -> list[Lane]:
    """Return every lane with its handler but those of notifications."""

    async def lifecycle(job: Job) -> Again | None:
        said = orjson.loads(job.payload)
        if said["what"] == RECHECK:
            await desk.recheck(said["order"])
            return None
        if said["what"] == "rules":
            await rules.refresh()  # another process may have put them into force a moment ago
        await desk.work(said["order"], said["what"])
        return None

    async def agreement(job: Job) -> Again | None:
        said = orjson.loads(job.payload)
        if said["what"] != "begin":
            return Again(0.0) if await auditor.go_on(said["run"]) else None
        if not settings.agreement_every_seconds:
            return None
        await auditor.begin()
        return Again(settings.agreement_every_seconds)

    roles = {role.value for role in Role}
    handlers = {role.value: courier.carry for role in Role} | {LIFECYCLE_LANE: lifecycle}
    handlers[REPLAY_LANE] = mender.carry
    handlers[AGREEMENT_LANE] = agreement
    return [
        Lane(
            name=name,
            handler=handler,
            concurrency=min(settings.workers, REPLAYS_AT_ONCE) if name == REPLAY_LANE else settings.workers,
            backoff=Backoff(first_seconds=0.2, cap_seconds=settings.backoff_cap_seconds),
            give_up_seconds=settings.give_up_seconds,
            lease_seconds=settings.lease_seconds,
            gave_up=courier.gave_up if name in roles else None,
        )
        for name, handler in handlers.items()
    ]
