"""How listeners fare, on SQL. Their undelivered events are no rows of their own: they stand in the history once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from gateway.canonical.ids import new_id, shard_of
from gateway.canonical.lifecycle import Event, Listener, ResourceKind
from gateway.canonical.listening import Delivered, ListenerState, ListenerStatus, Notification
from gateway.ports.clock import Clock, SystemClock
from gateway.ports.listeners import HUB_LANE, RECOVERY_LANE, ListenerView, Purged, Step
from gateway.ports.repository import Work
from gateway.storage import statements_listeners as sql
from gateway.storage.rows import event_of, listener_of
from gateway.storage.save import FACE_KINDS
from gateway.storage.statements import LISTENER
from gateway.streams import queue
from gateway.streams.sql import Connection, Transactions, from_micros, micros

__all__ = ["PURGE_WORK", "SqlListenerStore", "forget_listener"]

_HELD = 500
"""Past so many events that stand in the lane `hub`, no other is looked for."""

PURGE_WORK = b'{"purge": true}'
"""The payload of the work that purges."""


class SqlListenerStore:
    """Implements `gateway.ports.listeners.ListenerStore`."""

    def __init__(self, database: Transactions, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock or SystemClock()

    async def notification(self, listener_id: str, event_id: str) -> Notification | None:
        """Return what one delivery needs; None where the listener or the event is gone."""

        def read(conn: Connection) -> Notification | None:
            found = _listener(conn, listener_id)
            rows = conn.run(sql.EVENT_BEFORE, {"of_id": event_id}) if found else ()
            return _notification(found, _state(conn, listener_id), rows[0]) if found and rows else None

        return await self._database.read(read)

    async def owed(self, listener_id: str, event_id: str) -> bool:
        """See to it that a listener that is served from the history is served that event too."""

        def write(conn: Connection) -> bool:
            if _locked(conn, listener_id) is None:
                return True
            state = _state(conn, listener_id)
            if state.status is ListenerStatus.ACTIVE:
                return False
            _owe(conn, state, event_id)
            return True

        return await self._database.write(write)

    async def taken(self, delivered: Delivered) -> None:
        """Record that a listener took an event."""
        await self._database.write(lambda conn: _take(conn, delivered))

    async def troubled(self, state: ListenerState, event_id: str) -> None:
        """Serve a listener from the history from that event on, in that state, unless it is served so already."""
        now = self._clock.now()

        def write(conn: Connection) -> None:
            if _locked(conn, state.listener) is None:
                return
            stored = _state(conn, state.listener)
            if stored.status is not ListenerStatus.ACTIVE:
                _owe(conn, stored, event_id)
                return
            _put(conn, state.model_copy(update={"cursor": event_id, "round": stored.round}))
            if not state.is_gone:
                queue.enqueue(conn, _recovery(state, now), now)

        await self._database.write(write)

    async def owing(self, listener_id: str) -> tuple[Listener, ListenerState] | None:
        """Return a listener with its state, or None."""

        def read(conn: Connection) -> tuple[Listener, ListenerState] | None:
            found = _listener(conn, listener_id)
            return None if found is None else (found, _state(conn, listener_id))

        return await self._database.read(read)

    async def batch(self, listener: Listener, state: ListenerState, limit: int) -> Sequence[Notification]:
        """Return the oldest events that are owed to a listener, but for those that still stand in the lane `hub`."""
        asked = sql.owed_of(_kinds(listener))

        def read(conn: Connection) -> Sequence[Notification]:
            binds = _owed_from(state, _state(conn, listener.id))  # its cursor may have moved back since it was read
            binds |= {"limit": limit, "looked": limit + _HELD}
            rows = conn.run(asked.first, binds)
            if len(rows) == limit:
                rows = [*rows, *conn.run(asked.older, binds | {"last": rows[-1][0]})]
            return tuple(_notification(listener, state, row) for row in rows)

        return await self._database.read(read)

    async def step(self, step: Step) -> ListenerState | None:
        """Record a step; return the state after it, None where another round has begun or the listener is gone."""
        before, after = step.before, step.after

        def write(conn: Connection) -> ListenerState | None:
            listener = _locked(conn, before.listener)
            for one in step.delivered:
                _take(conn, one)
            stored = _state(conn, before.listener)
            if listener is None or stored.round != before.round:
                return None
            unwanted = step.handled - {one.event for one in step.delivered}
            binds = _owed_from(before, stored) | {"limit": len(unwanted) + 1}
            owed = (event for (event,) in conn.run(sql.owed_of(_kinds(listener)).left, binds))
            cursor = next((event for event in owed if event not in unwanted), None)
            if cursor is None:
                return _put(conn, after.well(ListenerStatus.ACTIVE, cursor=None))
            return _put(conn, after.model_copy(update={"cursor": cursor}))

        return await self._database.write(write)

    async def redeliver(self, listener_id: str, since: str | datetime | None) -> ListenerState | None:
        """Serve a listener from an event or an instant on, in place of what is owed; without either, what is owed."""
        now = self._clock.now()

        def write(conn: Connection) -> ListenerState | None:
            if _locked(conn, listener_id) is None:
                return None
            stored = _state(conn, listener_id)
            if isinstance(since, str) and not conn.run(sql.EVENT_BEFORE, {"of_id": since}):
                raise KeyError(since)
            if since is None and stored.status is ListenerStatus.ACTIVE:
                return stored
            anew: dict[str, Any] = {}
            if since is not None:
                cursor = since if isinstance(since, str) else _first_id(since)
                anew = {"cursor": cursor, "round": stored.round + 1, "forgotten_before": None}
            new = stored.well(ListenerStatus.BEHIND, **anew)
            for lane in (HUB_LANE, RECOVERY_LANE) if since is not None else (RECOVERY_LANE,):
                queue.discard(conn, lane, f"{listener_id}/")
            queue.enqueue(conn, _recovery(new, now), now)
            return _put(conn, new)

        return await self._database.write(write)

    async def listeners(self, *, offset: int = 0, limit: int = 100) -> tuple[Sequence[ListenerView], int]:
        """Return a page of listeners, oldest first, and how many there are."""

        def read(conn: Connection) -> tuple[Sequence[ListenerView], int]:
            rows = conn.run(sql.LISTENERS_PAGE, {"offset": max(0, offset), "limit": max(0, limit)})
            ((total,),) = conn.run(sql.LISTENERS_COUNT, {})
            return tuple(_view(conn, listener_of(row)) for row in rows), total

        return await self._database.read(read)

    async def view(self, listener_id: str) -> ListenerView | None:
        """Return one listener, or None."""

        def read(conn: Connection) -> ListenerView | None:
            found = _listener(conn, listener_id)
            return None if found is None else _view(conn, found)

        return await self._database.read(read)

    async def deliveries(self, event_id: str) -> tuple[Event, Sequence[Listener], Mapping[str, Delivered]] | None:
        """Return an event, the listeners of its kind, and by listener who took it."""

        def read(conn: Connection) -> tuple[Event, Sequence[Listener], Mapping[str, Delivered]] | None:
            rows = conn.run(sql.EVENT_BEFORE, {"of_id": event_id})
            if not rows:
                return None
            event = event_of(rows[0][:-1])
            everybody = [listener_of(row) for row in conn.run(sql.LISTENERS_PAGE, {"offset": 0, "limit": 1000})]
            taken = {
                listener: Delivered(
                    listener=listener, event=event_id, at=from_micros(at), status=status, attempts=tries, round=number
                )
                for listener, at, status, tries, number in conn.run(sql.DELIVERIES, {"of_id": event_id})
            }
            return event, [one for one in everybody if event.kind in _kinds(one)], taken

        return await self._database.read(read)

    async def schedule_purge(self) -> None:
        """Have the history purged from time to time; once for all processes."""
        work, now = Work(RECOVERY_LANE, "purge", "purge", PURGE_WORK), self._clock.now()
        await self._database.write(lambda conn: queue.enqueue(conn, work, now))

    async def purge(self, *, events_before: datetime | None, records_before: datetime | None, limit: int) -> Purged:
        """Remove up to `limit` of each that are older; None removes none."""

        def write(conn: Connection) -> Purged:
            events = _purge_events(conn, events_before, limit) if events_before else 0
            if records_before is None:
                return Purged(events)
            binds = {"before": _first_id(records_before), "limit": limit}
            deliveries = conn.change(sql.PURGE_DELIVERIES, binds)
            heard = conn.change(sql.PURGE_HEARD, {"before": micros(records_before), "limit": limit})
            return Purged(events, deliveries, heard)

        return await self._database.write(write)


def forget_listener(conn: Connection, listener_id: str) -> None:
    """Remove what is known and what is to be done about a listener that is gone; who took what stays recorded."""
    conn.change(sql.FORGET_STATE, {"of_id": listener_id})
    queue.discard(conn, RECOVERY_LANE, f"{listener_id}/")


def _purge_events(conn: Connection, before: datetime, limit: int) -> int:
    first, beyond = f"{HUB_LANE}|", f"{HUB_LANE}}}"
    ((waiting,),) = conn.run(sql.OLDEST_WORK, {"first": first, "beyond": beyond})
    states = [ListenerState.model_validate_json(doc) for (doc,) in conn.run(sql.CURSORS, {})]
    owed = [one.cursor for one in states if one.cursor and one.status is not ListenerStatus.PARKED]
    oldest = min([_first_id(before), *owed, *([waiting.partition("/")[0]] if waiting else ())])
    gone = [event_id for (event_id,) in conn.run(sql.PURGE_EVENTS, {"before": oldest, "limit": limit})]
    for state in states:
        if gone and state.status is ListenerStatus.PARKED and (state.cursor or "") <= max(gone):
            _put(conn, state.model_copy(update={"forgotten_before": before}))
    return len(gone)


def _listener(conn: Connection, listener_id: str) -> Listener | None:
    rows = conn.run(LISTENER, {"of_id": listener_id})
    return listener_of(rows[0]) if rows else None


def _locked(conn: Connection, listener_id: str) -> Listener | None:
    """Return a listener; nobody else changes its state until this transaction ends."""
    rows = conn.run(sql.LOCK_LISTENER, {"of_id": listener_id})
    return listener_of(rows[0]) if rows else None


def _state(conn: Connection, listener_id: str) -> ListenerState:
    docs = conn.run(sql.STATE, {"of_id": listener_id})
    return ListenerState.model_validate_json(docs[0][0]) if docs else ListenerState(listener=listener_id)


def _put(conn: Connection, state: ListenerState) -> ListenerState:
    row = {"listener": state.listener, "status": state.status.value, "cursor": state.cursor, "round": state.round}
    conn.change(sql.PUT_STATE, row | {"doc": state.model_dump_json(exclude_none=True)})
    return state


def _owe(conn: Connection, state: ListenerState, event_id: str) -> None:
    if state.cursor is None or event_id < state.cursor:
        _put(conn, state.model_copy(update={"cursor": event_id}))


def _owed_from(state: ListenerState, *others: ListenerState) -> dict[str, Any]:
    """Return what the questions about what is owed bind: from the least cursor of a listener's states on."""
    cursors = [one.cursor for one in (state, *others) if one.cursor is not None]
    return {"listener": state.listener, "round": state.round, "cursor": min(cursors, default="")}


def _take(conn: Connection, one: Delivered) -> None:
    row = one.model_dump(include={"listener", "event", "status", "attempts", "round"})
    conn.change(sql.PUT_DELIVERY, row | {"at": micros(one.at), "shard": shard_of(one.event)})


def _view(conn: Connection, listener: Listener) -> ListenerView:
    state = _state(conn, listener.id)
    ((last,),) = conn.run(sql.LAST_SUCCESS, {"of_id": listener.id})
    if state.status is ListenerStatus.ACTIVE:
        first = f"{HUB_LANE}|{listener.id}/"
        ((backlog,),) = conn.run(sql.WAITING, {"first": first, "beyond": first[:-1] + "0"})
    else:
        ((backlog,),) = conn.run(sql.owed_of(_kinds(listener)).count, _owed_from(state))
    return ListenerView(listener, state, None if last is None else from_micros(last), backlog)


def _kinds(listener: Listener) -> frozenset[ResourceKind]:
    return FACE_KINDS.get(listener.face.partition("-")[0], frozenset())


def _notification(listener: Listener, state: ListenerState, row: Sequence[Any]) -> Notification:
    return Notification(listener=listener, event=event_of(row[:-1]), state=state, before=row[-1])


def _recovery(state: ListenerState, now: datetime) -> Work:
    wait = max(0.0, (state.retry_at - now).total_seconds()) if state.retry_at else 0.0
    payload = orjson.dumps({"listener": state.listener, "round": state.round})
    return Work(RECOVERY_LANE, f"{state.listener}/recovery", new_id(), payload, delay_seconds=wait)


def _first_id(instant: datetime) -> str:
    """Return the least id that is made at an instant or later."""
    text = f"{max(0, int(instant.timestamp() * 1000)):012x}"
    return f"{text[:8]}-{text[8:]}-0000-0000-000000000000"
