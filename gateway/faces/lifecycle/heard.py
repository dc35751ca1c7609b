"""What others told the gateway, on its own face: what became of each notification, and looking at one again."""

from typing import Any

from gateway.canonical.listening import HeardEvent, HeardStatus
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.lifecycle.asking import Paging, among, asked, paged
from gateway.faces.problems import problem
from gateway.faces.rows import instant_text
from gateway.faces.settings import FaceSettings
from gateway.ports.inbox import Inbox

__all__ = ["heard_handlers"]

_OPERATIONS = ("listHeard", "retrieveHeard", "lookAgain")


def heard_handlers(inbox: Inbox | None, settings: FaceSettings) -> dict[str, Handler]:
    """Return the handlers by operation; without an inbox each answers that nobody is heard here."""
    if inbox is None:
        return dict.fromkeys(_OPERATIONS, _nothing)

    async def page(call: Call) -> Answer:
        """One page, newest first."""
        said = asked(call, ("status",))
        among(said, "status", [status.value for status in HeardStatus])
        offset, limit = Paging(settings).of(said)
        status = HeardStatus(said["status"]) if "status" in said else None
        found, total = await inbox.all_heard(status=status, offset=offset, limit=limit)
        return paged(call, [_to_wire(one, call.base) for one in found], total, offset, limit)

    async def retrieve(call: Call) -> Answer:
        """One notification, with what it said."""
        found = _known(await inbox.heard(call.parameters["id"]), call)
        return Answer(body=_to_wire(found, call.base) | {"body": found.body})

    async def look_again(call: Call) -> Answer:
        """Show one to the adapters once more; what was claimed stays claimed."""
        found = _known(await inbox.look_again(call.parameters["id"]), call)
        return Answer(202, _to_wire(found, call.base))

    return dict(zip(_OPERATIONS, (page, retrieve, look_again), strict=True))


async def _nothing(_call: Call) -> Answer:
    raise problem("notSupported", reason="this gateway listens to nobody", fix="ask one that was started to serve")


def _known(found: HeardEvent | None, call: Call) -> HeardEvent:
    if found is None:
        reason = f"nothing was heard under {call.parameters['id'][:100]}"
        raise problem("notFound", reason=reason, fix="use an id that GET heard lists")
    return found


def _to_wire(one: HeardEvent, base: str) -> dict[str, Any]:
    said = {
        "id": one.id,
        "href": f"{base}/heard/{one.id}",
        "face": one.face,
        "eventId": one.event_id,
        "eventType": one.event_type,
        "source": one.source or None,
        "resourceId": one.resource_id or None,
        "receivedAt": None if one.received_at is None else instant_text(one.received_at),
        "times": one.times,
        "status": one.status.value,
        "system": one.system,
        "order": one.order_id,
        "reason": one.reason,
        "settledAt": None if one.settled_at is None else instant_text(one.settled_at),
    }
    return {name: value for name, value in said.items() if value is not None}
