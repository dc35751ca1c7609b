"""CloudEvents 1.0 in structured JSON: how events are published, and how statements may arrive."""

from typing import Any

from gateway.canonical.lifecycle import Event

__all__ = ["CONTENT_TYPE", "SPEC_VERSION", "cloud_event", "event_type", "read_statement"]

CONTENT_TYPE = "application/cloudevents+json"
SPEC_VERSION = "1.0"

_TYPE_PREFIX = "tmf-gateway"


def event_type(kind: str, type_: str) -> str:
    """Return the CloudEvents type of an event, as `tmf-gateway.productOrder.stateChange`."""
    return f"{_TYPE_PREFIX}.{kind}.{type_}"


def cloud_event(event: Event, data: Any, *, source: str, schema: str, replay: str | None = None) -> dict[str, Any]:
    """Return the envelope of an event. `seq` numbers the events of its order; `partitionkey` keeps them together."""
    said = {
        "specversion": SPEC_VERSION,
        "id": event.id,
        "source": source,
        "type": event_type(event.kind.value, event.type),
        "subject": event.order_id,
        "time": event.at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": schema,
        "seq": event.seq,
        "partitionkey": event.order_id,
        "resourceid": event.resource_id,
        "data": data,
    }
    return said if replay is None else said | {"replay": replay}


def read_statement(said: Any) -> Any:
    """Return what a message says: the data of a CloudEvent, else the whole. Raises ValueError for a bad envelope.

    A CloudEvent in binary mode has its attributes in headers, and its body is the data already.
    """
    if not (isinstance(said, dict) and "specversion" in said):
        return said
    if said["specversion"] != SPEC_VERSION:
        raise ValueError(f"is a CloudEvent of version {str(said['specversion'])[:20]!r}, not {SPEC_VERSION}")
    absent = [name for name in ("id", "source", "type") if not (isinstance(said.get(name), str) and said[name])]
    if absent:
        raise ValueError(f"is a CloudEvent without {', '.join(absent)}")
    if "data" not in said:
        raise ValueError("is a CloudEvent without data as JSON")
    return said["data"]
