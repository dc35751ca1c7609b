"""Notifications: what every version says of an event, and the envelope that the v4 faces put around it."""

from typing import Any

from gateway.canonical.lifecycle import Event
from gateway.faces.rows import instant_text
from gateway.faces.spoke import ResourceSpoke, Spoke
from gateway.ports.repository import RESOURCE_TYPES

__all__ = ["envelope", "payload"]

TITLES = {
    "create": "{name} created",
    "attributeValueChange": "{name} changed",
    "delete": "{name} deleted",
    "stateChange": "{name} moved to another state",
    "informationRequired": "{name} needs information",
    "milestone": "{name} reached a milestone",
    "jeopardy": "{name} may not be completed as promised",
    "errorMessage": "{name} met with an error",
}

_PARTIAL = frozenset({"attributeValueChange", "milestone", "jeopardy", "errorMessage"})
"""Events that say what changed, and not the whole resource."""


def envelope(spoke: Spoke, event: Event, base: str) -> dict[str, Any] | None:
    """Return the notification of an event, None where the face has no such event or does not show the resource."""
    said = payload(spoke, event, base)
    return None if said is None else said | {"timeOcurred": said["eventTime"]}  # TM Forum v4 spells it so


def payload(spoke: Spoke, event: Event, base: str) -> dict[str, Any] | None:
    """Return what every version says of an event, None where the face has none or does not show the resource."""
    shown = spoke.resource(event.kind)
    name = None if shown is None else shown.event_name(event.type)
    if shown is None or name is None:
        return None
    resource = _resource(shown, event, base)
    if resource is None:
        return None
    said = TITLES[event.type].format(name=shown.name[0].upper() + shown.name[1:])
    members = dict.fromkeys((shown.event_members.get(event.type, shown.name), shown.name), resource)
    return {
        "eventId": event.id,
        "eventTime": instant_text(event.at),
        "eventType": name,
        "correlationId": event.order_id,
        "domain": spoke.title,
        "title": said,
        "description": f"{said}: {event.resource_id}" + (f" is {resource['state']}" if "state" in resource else ""),
        "priority": "1",
        "event": members,
    }


def _resource(shown: ResourceSpoke[Any], event: Event, base: str) -> dict[str, Any] | None:
    """Return the resource as it was then; of a changed attribute only what changed, and what names the resource."""
    identity = {"id": event.resource_id, "href": f"{base}/{shown.name}/{event.resource_id}"}
    if not event.resource:
        return identity
    model = RESOURCE_TYPES[event.kind].model_validate_json(event.resource)
    if shown.is_hidden(model):
        return None
    wire = shown.to_wire(model, base)
    if event.type not in _PARTIAL or not event.changed:
        return wire
    places = shown.shape.places
    names = {places[name][0] for name in event.changed if name in places}
    if "extras" in event.changed:
        names |= set(model.extras)
    return identity | {key: value for key, value in wire.items() if key in names or key == "@type"}
