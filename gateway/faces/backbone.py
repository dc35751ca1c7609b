"""Events as they are published: the notification of a TM Forum version, or the resource as the gateway keeps it."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from gateway.canonical.lifecycle import Event
from gateway.faces.body import to_json
from gateway.faces.spoke import Spoke
from gateway.streams.cloud_events import cloud_event

__all__ = ["CANONICAL", "Shown", "render", "shown_as"]

CANONICAL = "canonical"
"""Stands for the resource as the gateway keeps it, in place of a version."""

Shown = Callable[[Event], tuple[str, Any]]
"""Returns the name of the data's schema, and the data."""


def render(event: Event, shown: Shown, source: str, replay: str | None = None) -> bytes:
    """Return an event as a CloudEvent in JSON."""
    schema, data = shown(event)
    return to_json(cloud_event(event, data, source=source, schema=schema, replay=replay))


def shown_as(version: str, spokes: Sequence[Spoke], address: str) -> Shown:
    """Return how events are shown in a version, `v4` or `v5`, or as CANONICAL. `address` stands before `href`s.

    What a version has no notification for is shown as the gateway keeps it, so that no number of an order is missing.
    """
    if version == CANONICAL:
        return _canonical
    mine = [spoke for spoke in spokes if spoke.face.endswith(f"-{version}")]

    def notification(event: Event) -> tuple[str, Any]:
        spoke = next((spoke for spoke in mine if spoke.resource(event.kind) is not None), None)
        body = None if spoke is None else spoke.event_to_wire(event, address + spoke.base)
        if spoke is None or body is None:
            return _canonical(event)
        return f"{address}{spoke.base}/openapi.json#/components/schemas/{body['eventType']}", body

    return notification


def _canonical(event: Event) -> tuple[str, Any]:
    said = {
        "resourceKind": event.kind.value,
        "resourceId": event.resource_id,
        "eventType": event.type,
        "state": event.state,
        "changed": list(event.changed),
        "resource": orjson.Fragment(event.resource) if event.resource else None,
    }
    return f"urn:tmf-gateway:canonical:1:{event.kind.value}", said
