"""Streams, lanes and legacy systems on the gateway's own face: what waits, why, and what a person does about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.lifecycle.asking import Paging, among, asked, number, paged
from gateway.faces.problems import problem
from gateway.faces.rows import instant_text
from gateway.faces.settings import FaceSettings
from gateway.ports.errors import FaceError
from gateway.ports.lanes import LANES
from gateway.streams.circuits import StateChange
from gateway.streams.message import LaneStatistics
from gateway.streams.office import Action, StreamOffice, StreamRow, SystemRow, WorkRow
from gateway.streams.tally import Done

__all__ = ["stream_handlers"]

_OPERATIONS = (
    "listStreams", "retrieveStream", "replayStreams", "skipStream", "purgeStreams",
    "listLanes", "listSystems", "retrieveSystem", "releaseSystem", "stopSystem",
)  # fmt: skip
_STATES = ("parked", "running", "due", "later")
_DAY_MINUTES = 24 * 60


def stream_handlers(office: StreamOffice | None, settings: FaceSettings) -> dict[str, Handler]:
    """Return the operations by name; without an office each answers that nothing is kept here."""
    if office is None:
        return dict.fromkeys(_OPERATIONS, _nothing)
    streams, systems = _Streams(office, Paging(settings)), _Systems(office)
    handlers = (
        streams.list, streams.retrieve, streams.replay, streams.skip, streams.purge,
        streams.lanes, systems.list, systems.retrieve, systems.release, systems.stop,
    )  # fmt: skip
    return dict(zip(_OPERATIONS, handlers, strict=True))


async def _nothing(_call: Call) -> Answer:
    raise problem("notSupported", reason="no streams are kept here", fix="ask a gateway that has a database")


class _Streams:
    """What the face does with streams and lanes."""

    def __init__(self, office: StreamOffice, paging: Paging) -> None:
        self._office, self._paging = office, paging

    async def list(self, call: Call) -> Answer:
        """One page of streams, parked ones first."""
        said = asked(call, ("lane", "key", "state"))
        among(said, "lane", tuple(LANES))
        among(said, "state", _STATES)
        offset, limit = self._paging.of(said)
        found, total = await self._office.streams(
            lane=said.get("lane"), state=said.get("state"), key=said.get("key"), offset=offset, limit=limit
        )
        return paged(call, [_stream_to_wire(one) for one in found], total, offset, limit)

    async def retrieve(self, call: Call) -> Answer:
        """One stream with its works."""
        key = asked(call, ("key",)).get("key", "")
        found = await self._office.stream(_lane(call), key)
        if found is None:
            raise _no_stream(call, key)
        return Answer(body=_stream_to_wire(found))

    async def replay(self, call: Call) -> Answer:
        """Try parked streams again: one, or all of the lane."""
        lane, body = _lane(call), call.body
        if "key" not in body:
            return Answer(body={"streams": await self._office.replay_lane(lane, *_said(body))})
        if not await self._office.replay(lane, body["key"], *_said(body)):
            raise await self._why_not(call, lane, body["key"])
        return Answer(body={"streams": 1})

    async def skip(self, call: Call) -> Answer:
        """Drop the head of a parked stream, or all of it."""
        lane, body = _lane(call), call.body
        dropped = await self._office.skip(lane, body["key"], *_said(body), whole=body.get("whole", False))
        if not dropped:
            raise await self._why_not(call, lane, body["key"])
        return Answer(body={"dropped": list(dropped)})

    async def purge(self, call: Call) -> Answer:
        """Throw away what has been parked for long."""
        body = call.body
        among(body, "lane", tuple(LANES))
        gone = await self._office.purge(float(body["olderThanDays"]), *_said(body), lane=body.get("lane"))
        return Answer(body={"streams": gone.streams, "works": gone.works, "records": gone.changes})

    async def lanes(self, call: Call) -> Answer:
        """Every lane's figures."""
        minutes = number(asked(call, ("minutes",)), "minutes", 60)
        if not 1 <= minutes <= _DAY_MINUTES:
            fix = f"send a number from 1 to {_DAY_MINUTES}"
            raise problem("badParameter", reason="minutes is out of range", fix=fix, path="minutes")
        found = {one.lane: (one, done) for one, done in await self._office.lanes(minutes)}
        names = [*LANES, *(name for name in found if name not in LANES)]
        body = [_lane_to_wire(*found.get(name, (LaneStatistics(name), Done())), minutes) for name in names]
        return Answer(body=body, headers={"X-Total-Count": str(len(body)), "X-Result-Count": str(len(body))})

    async def _why_not(self, call: Call, lane: str, key: str) -> FaceError:
        found = await self._office.stream(lane, key)
        if found is None:
            return _no_stream(call, key)
        reason = f"the stream is {found.state}, not parked"
        return problem("notParked", reason=reason, fix="leave it: it goes on by itself", path="key")


class _Systems:
    """What the face does with legacy systems."""

    def __init__(self, office: StreamOffice) -> None:
        self._office = office

    async def list(self, call: Call) -> Answer:
        """Every legacy system."""
        body = [_system_to_wire(one, call.base) for one in await self._office.systems()]
        return Answer(body=body, headers={"X-Total-Count": str(len(body)), "X-Result-Count": str(len(body))})

    async def retrieve(self, call: Call) -> Answer:
        """One legacy system with the changes of its state."""
        found = await self._office.system(call.parameters["name"])
        if found is None:
            raise _no_system(call)
        said = _system_to_wire(found, call.base)
        return Answer(body={**said, "changes": [_change_to_wire(one) for one in found.changes]})

    async def release(self, call: Call) -> Answer:
        """Let a system be tried now."""
        if not await self._office.release(call.parameters["name"], *_said(call.body)):
            raise _no_system(call)
        return await self.retrieve(call)

    async def stop(self, call: Call) -> Answer:
        """Let a system be asked nothing until it is released."""
        if not await self._office.stop(call.parameters["name"], *_said(call.body)):
            raise _no_system(call)
        return await self.retrieve(call)


def _lane(call: Call) -> str:
    lane: str = call.parameters["lane"]
    if lane not in LANES:
        raise problem(
            "notFound", reason=f"there is no lane {lane!r}", fix=f"use one of {', '.join(LANES)}", path="lane"
        )
    return lane


def _said(body: Mapping[str, Any]) -> tuple[str, str]:
    return body["who"], body["reason"]


def _no_stream(call: Call, key: str) -> FaceError:
    reason = f"lane {call.parameters['lane']} has no work for {key!r}"
    return problem("notFound", reason=reason, fix="use a key that GET streams lists", path="key")


def _no_system(call: Call) -> FaceError:
    reason = f"no process has worked with a system {call.parameters['name']!r}"
    return problem("notFound", reason=reason, fix="use a name that GET systems lists", path="name")


def _stream_to_wire(one: StreamRow) -> dict[str, Any]:
    said: dict[str, Any] = {
        "lane": one.lane,
        "key": one.key,
        "state": one.state,
        "waiting": one.waiting,
        "attempts": one.attempts,
        "inDoubt": one.in_doubt,
        "dueAt": _text(one.due),
        "firstTriedAt": _text(one.first_try),
        "parkedSince": _text(one.parked_since),
        "error": one.error,
        "waitsFor": one.waits_for,
    }
    if one.works:
        said["works"] = [_work_to_wire(work) for work in one.works]
        said["actions"] = [_action_to_wire(action) for action in one.actions]
    return {name: value for name, value in said.items() if value is not None}


def _work_to_wire(one: WorkRow) -> dict[str, Any]:
    said: dict[str, Any] = {"seq": one.seq, "id": one.id}
    try:
        content = orjson.loads(one.payload)
    except orjson.JSONDecodeError:
        return said
    return said | ({"content": content} if isinstance(content, dict) else {})


def _action_to_wire(one: Action) -> dict[str, Any]:
    said = {"at": instant_text(one.at), "action": one.action, "who": one.who, "reason": one.reason}
    return said | {"works": one.works}


def _lane_to_wire(one: LaneStatistics, done: Done, minutes: int) -> dict[str, Any]:
    return {
        "lane": one.lane,
        "carries": LANES.get(one.lane, "work of another release"),
        "depth": one.works,
        "streams": one.streams,
        "due": one.due,
        "running": one.running,
        "retrying": one.retrying,
        "parked": one.parked,
        "oldestDueSeconds": round(one.oldest_due_seconds, 3),
        "attempts": {str(tried): streams for tried, streams in sorted(one.attempts.items())},
        "minutes": minutes,
        "done": done.done,
        "failed": done.failed,
        "givenUp": done.parked,
        "donePerSecond": round(done.done / (minutes * 60), 3),
    }


def _system_to_wire(one: SystemRow, base: str) -> dict[str, Any]:
    said = {
        "name": one.name,
        "href": f"{base}/systems/{quote(one.name, safe='')}",
        "state": one.state,
        "lanes": list(one.lanes),
        "since": _text(one.since),
        "nextProbeAt": _text(one.until),
        "failuresInARow": one.failures,
        "reason": one.reason or None,
        "waitingStreams": one.streams,
    }
    return {name: value for name, value in said.items() if value is not None}


def _change_to_wire(one: StateChange) -> dict[str, Any]:
    said = {"at": instant_text(one.at), "state": one.state}
    return said | ({"reason": one.reason} if one.reason else {})


def _text(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)
