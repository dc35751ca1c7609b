"""Listeners on the gateway's own face: how each fares, who took which event, and sending again what was missed."""

from datetime import datetime
from typing import Any

from gateway.canonical.lifecycle import Event, Listener
from gateway.canonical.listening import Delivered
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.callbacks import shown
from gateway.faces.hub_delivery import Hub
from gateway.faces.lifecycle.asking import Paging, asked, paged
from gateway.faces.lifecycle.wire import event_to_wire
from gateway.faces.problems import problem
from gateway.faces.rows import instant_text, read_instant
from gateway.faces.settings import FaceSettings
from gateway.ports.errors import FaceError
from gateway.ports.listeners import BACKLOG_SEEN, ListenerView

__all__ = ["listener_handlers"]

_OPERATIONS = ("listListeners", "retrieveListener", "redeliver", "retrieveEvent")


def listener_handlers(hub: Hub | None, settings: FaceSettings) -> dict[str, Handler]:
    """Return the handlers by operation; without a hub each answers that nobody is notified here."""
    if hub is None:
        return dict.fromkeys(_OPERATIONS, _nothing)
    face = _Listeners(hub, Paging(settings))
    return dict(zip(_OPERATIONS, (face.list, face.retrieve, face.redeliver, face.event), strict=True))


async def _nothing(_call: Call) -> Answer:
    raise problem("notSupported", reason="this gateway notifies nobody", fix="ask one that was started to serve")


class _Listeners:
    """What the face does with listeners."""

    def __init__(self, hub: Hub, paging: Paging) -> None:
        self._hub, self._store, self._paging = hub, hub.store, paging

    async def list(self, call: Call) -> Answer:
        """One page of listeners, oldest first."""
        offset, limit = self._paging.of(asked(call, ()))
        views, total = await self._store.listeners(offset=offset, limit=limit)
        return paged(call, [_view_to_wire(view, call.base) for view in views], total, offset, limit)

    async def retrieve(self, call: Call) -> Answer:
        """One listener."""
        view = await self._store.view(call.parameters["id"])
        if view is None:
            raise _unknown(call)
        return Answer(body=_view_to_wire(view, call.base))

    async def redeliver(self, call: Call) -> Answer:
        """Send again what a listener missed, or everything from an event or an instant on."""
        since = _since(call.body or {})
        try:
            state = await self._store.redeliver(call.parameters["id"], since)
        except KeyError:
            raise problem(
                "unknownEvent",
                reason=f"there is no event {since!r:.100}",
                fix="name one of the history",
                path="fromEvent",
            ) from None
        view = await self._store.view(call.parameters["id"])
        if state is None or view is None:
            raise _unknown(call)
        return Answer(202, _view_to_wire(view, call.base))

    async def event(self, call: Call) -> Answer:
        """One event, and what became of it at each listener."""
        event_id = call.parameters["id"]
        found = await self._store.deliveries(event_id)
        if found is None:
            raise problem(
                "notFound", reason=f"there is no event {event_id[:100]}", fix="use the id of an order's event"
            )
        event, listeners, taken = found
        gone = [Listener(id=one, face="", callback="") for one in taken if all(one != here.id for here in listeners)]
        rows = [await self._row(event, listener, taken.get(listener.id)) for listener in (*listeners, *gone)]
        return Answer(body=event_to_wire(event) | {"order": event.order_id, "deliveries": rows})

    async def _row(self, event: Event, listener: Listener, taken: Delivered | None) -> dict[str, Any]:
        row: dict[str, Any] = {"listener": listener.id}
        if listener.face:
            row |= {"face": listener.face, "callback": shown(listener.callback)}
        if taken is not None:
            at = instant_text(taken.at)
            return row | {"status": "delivered", "at": at, "answered": taken.status, "attempts": taken.attempts}
        note = await self._store.notification(listener.id, event.id)
        is_wanted = note is not None and self._hub.body_of(note) is not None
        return row | {"status": "notDelivered" if is_wanted else "notWanted"}


def _view_to_wire(view: ListenerView, base: str) -> dict[str, Any]:
    listener, state = view.listener, view.state
    said = {
        "id": listener.id,
        "href": f"{base}/listeners/{listener.id}",
        "face": listener.face,
        "callback": shown(listener.callback),
        "query": listener.query,
        "status": state.status.value,
        "lastSuccess": _text(view.last_success),
        "lastError": state.last_error,
        "lastErrorAt": _text(state.last_error_at),
        "attempts": state.attempts,
        "failingSince": _text(state.failing_since),
        "retryAt": _text(state.retry_at),
        "parkedSince": _text(state.parked_at),
        "isGone": state.is_gone or None,
        "backlog": view.backlog,
        "backlogIsMore": True if view.backlog >= BACKLOG_SEEN else None,
        "oldestOwed": state.cursor,
        "forgottenBefore": _text(state.forgotten_before),
    }
    return {name: value for name, value in said.items() if value is not None}


def _since(body: dict[str, Any]) -> str | datetime | None:
    event, instant = body.get("fromEvent"), body.get("from")
    if event is not None and instant is not None:
        raise problem("schema", reason="fromEvent and from are both there", fix="send one of them", path="from")
    if instant is None:
        return None if event is None else str(event)
    try:
        return read_instant(instant)
    except (ValueError, TypeError):
        fix = "send an instant with its offset, such as 2026-03-01T09:00:00Z"
        raise problem("schema", reason="from is no instant", fix=fix, path="from") from None


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)


def _unknown(call: Call) -> FaceError:
    reason = f"there is no listener {call.parameters['id'][:100]}"
    return problem("notFound", reason=reason, fix="use an id that GET listeners lists")
