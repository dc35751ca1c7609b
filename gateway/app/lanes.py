"""The lanes of work: one a role, one for the lifecycle itself, one for replays, one for agreement."""

from dataclasses import replace
from typing import TypeVar

import orjson

from gateway.app.settings import Settings
from gateway.app.systems import system_of
from gateway.lifecycle.auditor import Auditor
from gateway.lifecycle.courier import Courier
from gateway.lifecycle.desk import LIFECYCLE_LANE, OrderDesk
from gateway.lifecycle.exceptions.mending import REPLAY_LANE, Mender
from gateway.lifecycle.polling import PollDesk
from gateway.lifecycle.rule_sets.desk import RuleDesk
from gateway.lifecycle.runs import AGREEMENT_LANE
from gateway.ports.adapter import Role
from gateway.ports.lanes import LaneTerms
from gateway.ports.polling import POLL_LANE
from gateway.storage.vocabularies import RECHECK
from gateway.streams.backoff import Backoff
from gateway.streams.lanes import Handler, Lane
from gateway.streams.message import Again, Job
from gateway.vocabulary.landscape import Landscape

__all__ = ["REPLAYS_AT_ONCE", "as_set", "lanes_of"]


T = TypeVar("T")

REPLAYS_AT_ONCE = 8
"""How many members of exception groups are on their way at once: a replay leaves room for the day's orders."""


def lanes_of(
    settings: Settings,
    desk: OrderDesk,
    courier: Courier,
    mender: Mender,
    rules: RuleDesk,
    auditor: Auditor,
    poll: PollDesk,
    *,
    landscape: Landscape,
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
        await desk.once.forget()
        await auditor.begin()
        return Again(settings.agreement_every_seconds)

    roles = {role.value for role in Role}
    handlers: dict[str, Handler] = {role.value: courier.carry for role in Role}
    handlers[LIFECYCLE_LANE] = lifecycle
    handlers[REPLAY_LANE] = mender.carry
    handlers[AGREEMENT_LANE] = agreement
    handlers[POLL_LANE] = poll.carry
    return [
        _lane(name, handler, settings, landscape, courier if name in roles else None)
        for name, handler in handlers.items()
    ]


def as_set(lane: Lane, landscape: Landscape) -> Lane:
    """Return a lane as the landscape sets it; what it does not name stays."""
    said, backoff = landscape.lanes.get(lane.name, LaneTerms()), lane.backoff
    return replace(
        lane,
        concurrency=_or(said.concurrency, lane.concurrency),
        backoff=replace(
            backoff,
            first_seconds=_or(said.backoff_first_seconds, backoff.first_seconds),
            cap_seconds=_or(said.backoff_cap_seconds, backoff.cap_seconds),
            jitter=_or(said.backoff_jitter, backoff.jitter),
        ),
        give_up_seconds=_or(said.give_up_seconds, lane.give_up_seconds),
        lease_seconds=_or(said.lease_seconds, lane.lease_seconds),
        ask_after_seconds=_or(said.ask_after_seconds, lane.ask_after_seconds),
    )


def _lane(name: str, handler: Handler, settings: Settings, landscape: Landscape, courier: Courier | None) -> Lane:
    """Return one lane. A `courier` goes to a legacy system."""
    most = min(settings.workers, REPLAYS_AT_ONCE) if name == REPLAY_LANE else settings.workers
    lane = Lane(
        name=name,
        handler=handler,
        concurrency=most,
        backoff=Backoff(min(0.2, settings.backoff_cap_seconds), settings.backoff_cap_seconds),
        give_up_seconds=float("inf") if name == POLL_LANE else settings.give_up_seconds,  # it is asked for ever
        lease_seconds=settings.lease_seconds,
        gave_up=None if courier is None else courier.gave_up,
        system=None if courier is None else system_of(Role(name), settings, landscape),
        ask_after_seconds=settings.ask_after_seconds,
    )
    return as_set(lane, landscape)


def _or(said: T | None, otherwise: T) -> T:
    return otherwise if said is None else said
