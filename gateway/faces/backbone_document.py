"""The AsyncAPI document of the event backbone, made from the same tables that the events are made from."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from gateway.canonical.ids import SHARDS
from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.application import SPOKES
from gateway.faces.events import TITLES
from gateway.ports.repository import RESOURCE_TYPES
from gateway.streams.cloud_events import CONTENT_TYPE, SPEC_VERSION, event_type

__all__ = ["DOCUMENT", "describe"]

DOCUMENT = "events/v1.yaml"
"""Where it is kept, beneath the directory of documents."""

_SCHEMAS = "#/components/schemas/"
_INFO = {
    "title": "tmf-gateway events",
    "version": "1.0.0",
    "license": {"name": "Apache-2.0"},
    "description": (
        "What the gateway publishes to a message broker, and what it takes from one.\n\n"
        "Every event of an order is published at least once, as a CloudEvent in structured JSON, in the order in which "
        "the events happened to that order. A reader drops an event whose `id` it has seen, and then has each of them "
        "once, `seq` rising by one with each. Events of different orders have no order among each other. With the "
        "setting `broker_events` the data are the notifications of TM Forum's v4 or v5, as a listener at the hub gets "
        "them, or the resource as the gateway keeps it; what a version has no notification for comes as the gateway "
        "keeps it. `dataschema` says which it is. A notification of a changed attribute, a "
        "milestone, a jeopardy or an error shows what names the resource and what changed, not all that its schema "
        "requires. A replay publishes events once more under their own `id`, with the "
        "attribute `replay`.\n\n"
        "Facts are taken in the shape of `POST /lifecycle/v1/facts`, bare or as the data of a CloudEvent. A message is "
        "acknowledged once what it says is stored. One that cannot be taken is kept as a dead letter, with the reason."
    ),
}
_PARAMETERS = {
    "prefix": {"default": "tmf-gateway", "description": "The setting broker_prefix."},
    "tenant": {"description": "The landscape's tenant, else its name; other characters than A-Za-z0-9_- are dashes."},
}
_SERVERS = {
    "nats": {
        "host": "localhost:4222",
        "protocol": "nats",
        "description": "NATS with JetStream. Let it write each message to disk before it acknowledges: "
        "`sync_interval: always`. The header `Nats-Msg-Id` is the event's id, in a replay `<id>/<replay>`.",
    },
    "kafka": {
        "host": "localhost:9092",
        "protocol": "kafka",
        "description": "Kafka. The order's id is the key, so that one partition has all events of an order.",
    },
}
_ENVELOPE = {
    "specversion": {"type": "string", "const": SPEC_VERSION},
    "id": {"type": "string", "description": "Identifies the event. The same however often it is published."},
    "source": {"type": "string", "format": "uri-reference", "description": "`/tmf-gateway/<tenant>`."},
    "type": {"type": "string"},
    "subject": {"type": "string", "description": "The order's id, also for its service orders, rates and bills."},
    "time": {"type": "string", "format": "date-time", "description": "When it happened."},
    "datacontenttype": {"type": "string", "const": "application/json"},
    "dataschema": {"type": "string", "format": "uri", "description": "Which of the alternatives the data are."},
    "seq": {"type": "integer", "minimum": 1, "description": "Rises by one with each event of the same order."},
    "partitionkey": {"type": "string", "description": "The order's id."},
    "resourceid": {"type": "string", "description": "Identifies the resource that it happened to."},
    "replay": {"type": "string", "description": "Identifies the replay that published it once more."},
}


def describe() -> dict[str, Any]:
    """Return the document as data."""
    kinds = {kind.value: f"{kind.value}Event" for kind in ResourceKind}
    published = {name: {"$ref": f"#/components/messages/{name}"} for name in kinds.values()}
    taken = {name: {"$ref": f"#/components/messages/{name}"} for name in ("factStatement", "factCloudEvent")}
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {
            "ordersOnNats": {
                "address": "{prefix}.{tenant}.orders.{shard}",
                "title": "Events of orders, on NATS",
                "description": "One subject a shard; an order is always in the same.",
                "servers": [{"$ref": "#/servers/nats"}],
                "parameters": _PARAMETERS | {"shard": {"description": f"0 to {SHARDS - 1}, made of the order's id."}},
                "messages": published,
            },
            "ordersOnKafka": {
                "address": "{prefix}.{tenant}.orders",
                "title": "Events of orders, on Kafka",
                "servers": [{"$ref": "#/servers/kafka"}],
                "parameters": _PARAMETERS,
                "messages": published,
            },
            "facts": {
                "address": "{source}",
                "title": "Facts about orders",
                "description": "Each subject or topic that the landscape names under `broker.factsFrom`.",
                "parameters": {"source": {"description": "The subject (NATS, may have wildcards) or topic (Kafka)."}},
                "messages": taken,
            },
        },
        "operations": {
            "publishOnNats": _operation("send", "ordersOnNats", kinds.values(), "Publish what happens to orders."),
            "publishOnKafka": _operation("send", "ordersOnKafka", kinds.values(), "Publish what happens to orders."),
            "takeFacts": _operation("receive", "facts", taken, "Take statements of legacy systems about orders."),
        },
        "components": {
            "messages": {kinds[kind.value]: _message(kind) for kind in ResourceKind} | _statements(),
            "schemas": _schemas(),
        },
    }


def _operation(action: str, channel: str, messages: Any, summary: str) -> dict[str, Any]:
    refs = [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary, "messages": refs}


def _message(kind: ResourceKind) -> dict[str, Any]:
    return {
        "name": f"{kind.value}Event",
        "title": f"Something happened to a {kind.value}",
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [{"$ref": f"{_SCHEMAS}CloudEvent"}],
            "properties": {
                "type": {"enum": [event_type(kind.value, type_) for type_ in TITLES]},
                "data": {"anyOf": [_canonical(kind), *_notifications(kind)]},
            },
            "required": ["type", "data"],
        },
    }


def _canonical(kind: ResourceKind) -> dict[str, Any]:
    resource: Mapping[str, Any] = {"$ref": f"{_SCHEMAS}{RESOURCE_TYPES[kind].__name__}"}
    return {
        "description": f"As the gateway keeps it; `dataschema` is `urn:tmf-gateway:canonical:1:{kind.value}`.",
        "type": "object",
        "required": ["resourceKind", "resourceId", "eventType", "state", "changed", "resource"],
        "properties": {
            "resourceKind": {"const": kind.value},
            "resourceId": {"type": "string"},
            "eventType": {"enum": list(TITLES)},
            "state": {"type": ["string", "null"]},
            "changed": {"type": "array", "items": {"type": "string"}},
            "resource": {"anyOf": [resource, {"type": "null"}]},
        },
    }


def _notifications(kind: ResourceKind) -> list[dict[str, Any]]:
    """Return the notifications that the versions have for a kind of resource, by reference to their documents."""
    found: list[dict[str, Any]] = []
    for spoke in SPOKES:
        shown = spoke.resource(kind)
        names = [shown.event_name(type_) for type_ in TITLES] if shown is not None else []
        found += [{"$ref": f"../{spoke.document}{_SCHEMAS}{name}"} for name in names if name is not None]
    return found


def _statements() -> dict[str, Any]:
    request = {"$ref": f"../lifecycle/v1.yaml{_SCHEMAS}FactRequest"}
    envelope = {name: _ENVELOPE[name] for name in ("specversion", "time", "datacontenttype")}
    texts = {key: {"type": "string", "minLength": 1} for key in ("id", "source", "type")}
    return {
        "factStatement": {
            "name": "factStatement",
            "title": "A statement, or several, about one order",
            "contentType": "application/json",
            "payload": request,
        },
        "factCloudEvent": {
            "name": "factCloudEvent",
            "title": "The same in a CloudEvent",
            "contentType": CONTENT_TYPE,
            "payload": {
                "type": "object",
                "required": ["specversion", "id", "source", "type", "data"],
                "properties": {**envelope, **texts, "data": request},
            },
        },
    }


def _schemas() -> dict[str, Any]:
    models = dict.fromkeys(RESOURCE_TYPES.values())
    _, made = models_json_schema([(model, "serialization") for model in models], ref_template=_SCHEMAS + "{model}")
    envelope = {
        "description": "The attributes that every event has.",
        "type": "object",
        "required": [name for name in _ENVELOPE if name != "replay"],
        "properties": _ENVELOPE,
    }
    return {"CloudEvent": envelope, **made["$defs"]}
