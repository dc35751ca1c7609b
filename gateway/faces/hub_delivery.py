"""Delivering notifications: as they happen, and from the history to listeners that failed or fell behind.

Each event is work of its own, in order per listener and order. What cannot be delivered at once stays in no queue: the
listener's state remembers the oldest event that it lacks, and a lane of its own catches up from there. So a listener
that is dead, slow or gone costs the others nothing, and what it lacks takes no room beside the history.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from types import TracebackType
from typing import Any

import orjson
import structlog

from gateway.canonical.lifecycle import Event
from gateway.canonical.listening import Delivered, ListenerState, ListenerStatus, Notification
from gateway.faces.body import to_json
from gateway.faces.delivery import DeliverySettings, after_failure, after_success
from gateway.faces.hub_query import wanted
from gateway.faces.poster import Answered, Poster
from gateway.faces.spoke import ResourceSpoke, Spoke
from gateway.ports.clock import Clock, SystemClock
from gateway.ports.errors import FaceError
from gateway.ports.listeners import ListenerStore, Step
from gateway.streams.message import Again, Job

__all__ = ["LOCAL", "Hub"]

_log = structlog.get_logger(__name__)

_LANE_SECONDS = 0.25
"""After so long it is looked again whether the lane of events as they happen has handed over what it holds."""

LOCAL = "http://localhost"
"""What stands before addresses in notifications where the operator has not said how clients reach the gateway."""


class Hub:
    """The handlers of both lanes of notifications."""

    def __init__(
        self,
        store: ListenerStore,
        spokes: Sequence[Spoke],
        settings: DeliverySettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._store, self._clock = store, clock or SystemClock()
        self._settings = settings or DeliverySettings()
        self._spokes = {spoke.face: spoke for spoke in spokes}
        self._poster = Poster(self._settings.callbacks, self._settings.answer_seconds, self._settings.answer_bytes)
        self._rooms: dict[str, _Room] = {}

    @property
    def store(self) -> ListenerStore:
        """What is known of the listeners."""
        return self._store

    async def deliver(self, job: Job) -> Again | None:
        """Tell one listener of one event, now or, where it is served from the history, in its turn."""
        said = orjson.loads(job.payload)
        listener_id, event_id = said["listener"], said["event"]
        note = await self._store.notification(listener_id, event_id)
        if note is None:
            return None
        state = note.state
        if state.status is not ListenerStatus.ACTIVE:
            is_owed = (state.cursor or "") <= event_id or await self._store.owed(listener_id, event_id)
            return None if is_owed else Again(0.0)  # it has caught up in between
        body = self.body_of(note)
        if body is None:
            return None
        try:
            async with self._room(listener_id):
                answered = await self._poster.post(note.listener.callback, body)
        except TimeoutError:
            await self._store.troubled(after_success(state), event_id)
            return None
        now = self._clock.now()
        if not answered.is_taken:
            _log.warning("listener.failed", listener=listener_id, said=answered.said)
            await self._store.troubled(after_failure(state, answered, now, self._settings), event_id)
            return None
        await self._store.taken(_delivered(note, answered, now))
        if answered.seconds > self._settings.slow_seconds:
            await self._store.troubled(after_success(state), event_id)
        return None

    async def recover(self, job: Job) -> Again | None:
        """Do a step for a listener that is served from the history; ends once it has caught up."""
        said = orjson.loads(job.payload)
        found = await self._store.owing(said["listener"])
        if found is None:
            self._rooms.pop(said["listener"], None)
            return None
        listener, state = found
        if state.round != said["round"] or state.status is ListenerStatus.ACTIVE or _is_left_alone(state):
            return None
        wait = self._seconds_until(state)
        if wait > 0:
            return Again(wait)
        limit = 1 if state.attempts else self._settings.batch
        notes = await self._store.batch(listener, state, limit)
        step = await self._caught_up(state, notes)
        after = await self._store.step(step)
        if after is None or after.status is ListenerStatus.ACTIVE or _is_left_alone(after):
            return None
        if after.status is ListenerStatus.PARKED and state.status is not ListenerStatus.PARKED:
            _log.error("listener.parked", listener=listener.id, said=after.last_error)
        is_stuck = after.cursor == state.cursor and not step.delivered
        return Again(max(_LANE_SECONDS if is_stuck else 0.0, self._seconds_until(after)))

    def body_of(self, note: Notification) -> bytes | None:
        """Return the notification for a listener, None where it wants none of it or its face has none."""
        spoke = self._spokes.get(note.listener.face)
        if spoke is None:
            _log.warning("listener.unknownFace", face=note.listener.face, listener=note.listener.id)
            return None
        shown = spoke.resource(note.event.kind)
        if shown is None:
            return None
        event = _as_seen(shown, note.event, note.before)
        body = spoke.event_to_wire(event, (self._settings.public_url or LOCAL) + spoke.base)
        if body is None:
            return None
        try:
            body = wanted(spoke, shown, body, note.listener.query)
        except (FaceError, ValueError):  # registered before queries were checked: better all than nothing
            _log.warning("listener.unreadableQuery", listener=note.listener.id)
        return None if body is None else to_json(body)

    async def close(self) -> None:
        """Close the connections to listeners."""
        await self._poster.close()

    async def _caught_up(self, state: ListenerState, notes: Sequence[Notification]) -> Step:
        """Post what is owed, each order's events in their order; stop at the first failure, or when time is up."""
        trip = _Trip(self, state, asyncio.get_running_loop().time() + self._settings.batch_seconds)
        orders: dict[str, list[Notification]] = {}
        for note in notes:
            orders.setdefault(note.event.order_id, []).append(note)
        slots = asyncio.Semaphore(self._settings.at_once)

        async def deliver(one: list[Notification]) -> None:
            async with slots:
                await trip.deliver(sorted(one, key=lambda note: note.event.seq))

        await asyncio.gather(*(deliver(one) for one in orders.values()))
        if trip.failure is None:
            after = after_success(state) if notes else state
        else:
            after = after_failure(state, trip.failure, self._clock.now(), self._settings, went_on=bool(trip.delivered))
        return Step(state, after, tuple(trip.delivered), frozenset(trip.handled))

    async def post(self, note: Notification, body: bytes) -> Answered:
        """Post a notification."""
        return await self._poster.post(note.listener.callback, body)

    def now(self) -> datetime:
        """The present instant."""
        return self._clock.now()

    def _room(self, listener_id: str) -> AbstractAsyncContextManager[None]:
        room = self._rooms.get(listener_id)
        if room is None:
            room = self._rooms[listener_id] = _Room(self._settings.at_once, self._settings.patience_seconds)
        return room

    def _seconds_until(self, state: ListenerState) -> float:
        return max(0.0, (state.retry_at - self._clock.now()).total_seconds()) if state.retry_at else 0.0


class _Trip:
    """One round of posting to one listener."""

    def __init__(self, hub: Hub, state: ListenerState, until: float) -> None:
        self._hub, self._state, self._until = hub, state, until
        self.handled: set[str] = set()
        self.delivered: list[Delivered] = []
        self.failure: Answered | None = None

    async def deliver(self, notes: Sequence[Notification]) -> None:
        """Post the events of one order, one after the other."""
        for note in notes:
            if self.failure is not None or asyncio.get_running_loop().time() > self._until:
                return
            body = self._hub.body_of(note)
            if body is not None:
                answered = await self._hub.post(note, body)
                if not answered.is_taken:
                    self.failure = self.failure or answered
                    return
                self.delivered.append(_delivered(note, answered, self._hub.now(), self._state.attempts + 1))
            self.handled.add(note.event.id)


class _Room:
    """So many notifications at once to one listener; whoever finds no room in time raises TimeoutError."""

    def __init__(self, at_once: int, patience_seconds: float) -> None:
        self._free, self._patience = asyncio.Semaphore(at_once), patience_seconds

    async def __aenter__(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        async with asyncio.timeout(self._patience):
            await self._free.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._free.release()


def _as_seen(shown: ResourceSpoke[Any], event: Event, before: str | None) -> Event:
    """Return an event as a face sees it that hid the resource until now: to it the resource begins to exist."""
    appears = event.type == "stateChange" and before in shown.hidden and event.state not in shown.hidden
    return event.model_copy(update={"type": "create", "changed": ()}) if appears else event


def _delivered(note: Notification, answered: Answered, at: datetime, attempts: int = 1) -> Delivered:
    return Delivered(
        listener=note.listener.id,
        event=note.event.id,
        at=at,
        status=answered.status,
        attempts=attempts,
        round=note.state.round,
    )


def _is_left_alone(state: ListenerState) -> bool:
    return state.status is ListenerStatus.PARKED and state.retry_at is None
