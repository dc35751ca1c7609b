"""Canonical values to rows and back. Runs on the caller's thread: the writer's time is everybody's."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import orjson

from gateway.canonical.common import ExternalId
from gateway.canonical.ids import shard_of
from gateway.canonical.judgement import Decision, Hold
from gateway.canonical.lifecycle import Checkpoint, Event, JudgedInputs, Lifecycle, Listener, ResourceKind
from gateway.ports.repository import Change, Resource, Summary
from gateway.streams.sql import micros

__all__ = [
    "Row",
    "decision_row",
    "event_of",
    "event_row",
    "fact_rows",
    "hold_row",
    "inputs_id",
    "inputs_row",
    "lifecycle_row",
    "listener_of",
    "owner_of",
    "resource_row",
    "snapshots",
    "summary_of",
]

Row = dict[str, Any]


class _Stamps:
    """Microseconds that rise with every call, so that rows made in one instant keep their order."""

    def __init__(self) -> None:
        self._last = 0
        self._gate = threading.Lock()

    def next(self) -> int:
        with self._gate:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return self._last


_stamps = _Stamps()


def lifecycle_row(lifecycle: Lifecycle, change: Change) -> Row:
    """Return the row of a new lifecycle; `is_shown` is whether the change says anything of its root's state."""
    root = (lifecycle.root, lifecycle.id)
    put = [resource for kind, resource in change.put if (kind, resource.id) == root]
    return {
        "id": lifecycle.id,
        "shard": shard_of(lifecycle.id),
        "version": lifecycle.version,
        "checkpoint": lifecycle.checkpoint.value,
        "root": lifecycle.root.value,
        "created": _stamps.next(),
        "state": _plain(getattr(put[-1], "state", None)) if put else None,
        "is_shown": bool(put) or root in change.remove,
        "doc": lifecycle.model_dump_json(exclude_none=True),
    }


def resource_row(resource: Resource, owner: str, doc: str | None) -> Row:
    """Return the row of a resource that belongs to a lifecycle ('' for none); `doc` is its JSON, if known."""
    return {
        "id": resource.id,
        "shard": shard_of(owner or resource.id),
        "order_id": owner,
        "revision": resource.revision,
        "created": _stamps.next(),
        "state": _plain(getattr(resource, "state", None)),
        "external": _external(resource),
        "doc": doc or resource.model_dump_json(exclude_none=True),
    }


def owner_of(resource: Resource) -> str:
    """Return the lifecycle that a resource names itself, '' where it names none."""
    order = getattr(resource, "order", None)
    named = order.id if order else getattr(resource, "order_id", None) or getattr(resource, "product_order_id", None)
    return named or ""


def snapshots(change: Change) -> dict[tuple[ResourceKind, str], str]:
    """Return the JSON texts that the change's events carry already, by resource: they need not be made again."""
    return {(event.kind, event.resource_id): event.resource for event in change.events if event.resource}


def fact_rows(change: Change) -> list[Row]:
    """Return rows for the change's facts, in the order of the chain."""
    return [
        {
            "new_id": fact.id,
            "new_shard": shard_of(fact.order_id),
            "order": fact.order_id,
            "new_predicate": fact.predicate,
            "new_serial": _text(fact.value.get("serial")),
            "new_doc": fact.model_dump_json(exclude_none=True),
        }
        for fact in change.facts
    ]


def hold_row(hold: Hold) -> Row:
    """Return the row of a hold."""
    return {
        "new_id": hold.id,
        "new_shard": shard_of(hold.order_id),
        "order": hold.order_id,
        "new_since": micros(hold.since),
        "new_released": None if hold.released_at is None else micros(hold.released_at),
        "new_doc": hold.model_dump_json(exclude_none=True),
    }


def decision_row(decision: Decision) -> Row:
    """Return the row of a decision."""
    return {
        "new_id": decision.id,
        "new_shard": shard_of(decision.order_id),
        "order": decision.order_id,
        "new_doc": decision.model_dump_json(exclude_none=True),
    }


def inputs_id(order_id: str, digest: str) -> str:
    """Return the key under which the inputs of an order's decisions are kept."""
    return f"{order_id}|{digest}"


def inputs_row(inputs: JudgedInputs) -> Row:
    """Return the row of what a decision looked at."""
    return {
        "id": inputs_id(inputs.order_id, inputs.digest()),
        "shard": shard_of(inputs.order_id),
        "doc": inputs.text,
    }


def event_row(event: Event) -> Row:
    """Return the row of an event."""
    return {
        "id": event.id,
        "shard": shard_of(event.order_id),
        "order_id": event.order_id,
        "seq": event.seq,
        "kind": event.kind.value,
        "resource_id": event.resource_id,
        "type": event.type,
        "at": event.at.isoformat(),
        "state": event.state,
        "changed": orjson.dumps(event.changed).decode(),
        "resource": event.resource,
    }


def event_of(row: Sequence[Any]) -> Event:
    """Return the event of a row: the columns of its table, in order, without the shard."""
    event_id, order_id, seq, kind, resource_id, event_type, at, state, changed, resource = row
    return Event(
        id=event_id,
        order_id=order_id,
        seq=seq,
        kind=kind,
        resource_id=resource_id,
        type=event_type,
        at=at,
        state=state,
        changed=orjson.loads(changed),
        resource=resource,
    )


def summary_of(row: Sequence[Any]) -> Summary:
    """Return the summary of a row."""
    order_id, root, checkpoint, state, holds = row
    return Summary(order_id, ResourceKind(root), Checkpoint(checkpoint), state, holds)


def listener_of(row: Sequence[Any]) -> Listener:
    """Return the listener of a row."""
    listener_id, face, callback, query = row
    return Listener(id=listener_id, face=face, callback=callback, query=query)


def _external(resource: Resource) -> str | None:
    found: Sequence[ExternalId] = getattr(resource, "external_ids", ())
    return found[0].value if len(found) == 1 else "" if found else None


def _text(value: Any) -> str | None:
    """Return a scalar as a query writes it, None for anything else."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, bool | int | float) else None


def _plain(state: str | None) -> str | None:
    # The driver is slow with subclasses of str, such as enum members.
    return None if state is None else str(state)
