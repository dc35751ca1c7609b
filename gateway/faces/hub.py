"""The hub: who wants notifications; and the client's side, where others notify this gateway."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.canonical.ids import new_id
from gateway.canonical.lifecycle import Listener
from gateway.canonical.listening import HeardEvent
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.callbacks import Callbacks
from gateway.faces.hub_query import QueryCheck
from gateway.faces.problems import problem
from gateway.faces.spoke import Spoke
from gateway.ports.inbox import Inbox
from gateway.ports.repository import Repository

__all__ = ["hub_handlers", "listener_handlers"]

_SOURCES = (("source", "id"), ("source", "name"), ("reportingSystem", "id"), ("reportingSystem", "name"))
"""Where a sender may say who it is, what counts first."""

_NO_CONTENT = 204


def hub_handlers(
    spoke: Spoke, repository: Repository, queries: QueryCheck, callbacks: Callbacks, names: tuple[str, str]
) -> dict[str, Handler]:
    """Return the operations of one face in one version by which listeners come and go, under their names there."""
    face, hub_type = spoke.face, spoke.hub_type

    async def register(call: Call) -> Answer:
        callback, query = call.body["callback"], call.body.get("query")
        callbacks.check(callback)
        if query:
            queries.check(query)
        listener = Listener(id=new_id(), face=face, callback=callback, query=query or None)
        if not await repository.add_listener(listener):
            raise problem(
                "duplicate",
                reason="this callback is registered with this query already",
                fix="use the registration that is there, or remove it first",
                path="callback",
            )
        body = {"id": listener.id, "callback": callback} | ({} if query is None else {"query": query})
        if hub_type is not None:
            body["@type"] = hub_type
        return Answer(201, body, {"Location": f"{call.base}/hub/{listener.id}"})

    async def unregister(call: Call) -> Answer:
        listener = await repository.listener(call.parameters["id"])
        if listener is None or listener.face != face or not await repository.remove_listener(listener.id):
            raise problem("notFound", reason=f"there is no registration {call.parameters['id'][:100]}")
        return Answer(_NO_CONTENT)

    return dict(zip(names, (register, unregister), strict=True))


def listener_handlers(spoke: Spoke, names: Mapping[str, str], inbox: Inbox | None) -> dict[str, Handler]:
    """Return the operations of the client's side, by operation: each keeps notifications of its type in the inbox.

    `names` says the type of each operation. What was answered is durable; the same notification again is answered as
    it was the first time.
    """

    def receiver(event_type: str) -> Handler:
        async def receive(call: Call) -> Answer:
            if inbox is None:
                raise problem("notSupported", reason="this gateway listens to nobody", fix="ask one that serves")
            kept = await inbox.keep(heard_of(spoke.face, event_type, call.body))
            if spoke.heard_status == _NO_CONTENT:
                return Answer(_NO_CONTENT)
            return Answer(spoke.heard_status, {"id": kept.event_id, "callback": call.address})

        return receive

    return {operation: receiver(event_type) for operation, event_type in names.items()}


def heard_of(face: str, event_type: str, body: Any) -> HeardEvent:
    """Return what somebody told a face, as it is kept."""
    wire: dict[str, Any] = body if isinstance(body, dict) else {}
    named = wire.get("eventId")
    text = orjson.dumps(wire, option=orjson.OPT_SORT_KEYS)
    return HeardEvent(
        id="",
        face=face,
        # One without an id is known by what it says.
        event_id=named if isinstance(named, str) and named else hashlib.sha256(text).hexdigest()[:32],
        event_type=event_type,
        source=_source(wire),
        resource_id=_resource_id(wire),
        body=wire,
    )


def _source(wire: Mapping[str, Any]) -> str:
    for member, name in _SOURCES:
        said = wire.get(member)
        found = said.get(name) if isinstance(said, dict) else None
        if isinstance(found, str) and found:
            return found
    return ""


def _resource_id(wire: Mapping[str, Any]) -> str:
    event = wire.get("event")
    for resource in event.values() if isinstance(event, dict) else ():
        found = resource.get("id") if isinstance(resource, dict) else None
        if isinstance(found, str):
            return found
    return ""
