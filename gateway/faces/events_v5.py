"""Notifications: the envelope that the v5 faces put around a resource."""

from typing import Any

from gateway.canonical.lifecycle import Event
from gateway.faces.events import payload
from gateway.faces.spoke import Spoke

__all__ = ["envelope"]

_GATEWAY = {"id": "tmf-gateway", "name": "tmf-gateway", "@type": "EntityRef", "@referredType": "LogicalResource"}


def envelope(spoke: Spoke, event: Event, base: str) -> dict[str, Any] | None:
    """Return the notification of an event, None where the face has no such event or does not show the resource.

    v5 documents spell `timeOccurred`, their examples `timeOcurred` as v4 does: the document counts.
    """
    said = payload(spoke, event, base)
    if said is None:
        return None
    return said | {
        "timeOccurred": said["eventTime"],
        "source": _GATEWAY,
        "reportingSystem": _GATEWAY,
        "@baseType": "Event",
        "@type": said["eventType"],
    }
