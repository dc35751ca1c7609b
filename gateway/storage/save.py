"""A change as one function of the writer's transaction; everything that can be made before is made before."""

from collections.abc import Callable
from datetime import datetime

import orjson

from gateway.canonical.lifecycle import Event, Lifecycle, ResourceKind
from gateway.ports.clock import SystemClock
from gateway.ports.errors import DuplicateOrder, StaleVersion
from gateway.ports.listeners import HUB_LANE
from gateway.ports.repository import Change, Resource, Work
from gateway.storage import rows
from gateway.storage import statements as sql
from gateway.storage.agreement import product_step
from gateway.storage.claims import claim_step
from gateway.storage.identities import identity_step
from gateway.storage.save_exceptions import exception_rows
from gateway.storage.save_leaves import mark
from gateway.streams import queue
from gateway.streams.relay import relay_work
from gateway.streams.sql import Connection

__all__ = ["FACE_KINDS", "forget_listeners", "prepare"]

FACE_KINDS: dict[str, frozenset[ResourceKind]] = {
    "tmf622": frozenset({ResourceKind.PRODUCT_ORDER, ResourceKind.CANCEL_PRODUCT_ORDER}),
    "tmf641": frozenset({ResourceKind.SERVICE_ORDER, ResourceKind.CANCEL_SERVICE_ORDER}),
    "tmf678": frozenset(
        {
            ResourceKind.CUSTOMER_BILL,
            ResourceKind.ON_DEMAND_BILL,
            ResourceKind.APPLIED_RATE,
            ResourceKind.BILL_CYCLE,
        }
    ),
}
"""What a listener hears of, by the face it registered at (the part before the version)."""

_MEMO = "listeners"


def prepare(change: Change, now: datetime | None, *, is_relayed: bool = False) -> Callable[[Connection], None]:
    """Return the function that stores a change. It raises StaleVersion, DuplicateOrder and ClaimTaken.

    Its work is enqueued at `now`, or where that is None by the database's clock. `is_relayed`: its events go to a
    broker too.
    """
    steps: list[Callable[[Connection], None]] = []
    if change.claims:
        steps.append(claim_step(change.claims, now or SystemClock().now()))
    owner = ""
    if change.lifecycle:
        owner = change.lifecycle.id
        steps.append(_lifecycle_step(change.lifecycle, change))
    known = rows.snapshots(change)
    is_new = change.lifecycle is not None and change.lifecycle.version == 1
    for kind, resource in change.put:
        steps.append(_put_step(kind, resource, owner, known.get((kind, resource.id)), is_new=is_new))
    steps += [_remove_step(kind, resource_id) for kind, resource_id in change.remove]
    if change.identities:
        steps.append(identity_step(change.identities))
    if change.products:
        steps.append(product_step(change.products, owner))
    plain = [
        *((sql.ADD_FACT, row) for row in rows.fact_rows(change)),
        *((sql.PUT_HOLD, rows.hold_row(hold)) for hold in change.holds),
        *((sql.ADD_DECISION, rows.decision_row(decision)) for decision in change.decisions),
        *((sql.ADD_INPUTS, rows.inputs_row(inputs)) for inputs in change.inputs),
        *((sql.ADD_EVENT, rows.event_row(event)) for event in change.events),
        *exception_rows(change),
    ]

    own_work = (*change.work, *relay_work(change.events)) if is_relayed else change.work

    def store(conn: Connection) -> None:
        for step in steps:
            step(conn)
        for statement, row in plain:
            conn.change(statement, row)
        works = [*own_work, *_notifications(conn, change.events)] if change.events else own_work
        queue.enqueue_all(conn, works, now)

    return store


def forget_listeners(conn: Connection) -> None:
    """Let the rest of the transaction read the listeners anew."""
    conn.memo.pop(_MEMO, None)


def _lifecycle_step(lifecycle: Lifecycle, change: Change) -> Callable[[Connection], None]:
    row = rows.lifecycle_row(lifecycle, change)
    if lifecycle.version == 1:

        def add(conn: Connection) -> None:
            if not conn.change(sql.ADD_LIFECYCLE, row):
                raise DuplicateOrder("duplicateOrder", f"order {lifecycle.id} is stored already", "use another id")

        return add
    changed = {"of_id": row["id"], "of_shard": row["shard"], "before": lifecycle.version - 1}
    changed |= {f"new_{name}": row[name] for name in ("version", "checkpoint", "state", "doc")}
    changed["is_shown"] = row["is_shown"]

    def replace(conn: Connection) -> None:
        if conn.change(sql.CHANGE_LIFECYCLE, changed) != 1:
            raise StaleVersion(f"order {lifecycle.id}")

    return replace


def _put_step(
    kind: ResourceKind, resource: Resource, owner: str, snapshot: str | None, *, is_new: bool
) -> Callable[[Connection], None]:
    # The last event of a resource shows it as it is put; the revision at its end proves that it does.
    doc = snapshot if snapshot and snapshot.endswith(f'"revision":{resource.revision}}}') else None
    row = rows.resource_row(resource, owner or rows.owner_of(resource), doc)
    changed = {"of_id": resource.id}
    changed |= {f"new_{name}": row[name] for name in ("revision", "state", "external", "doc")}

    def put(conn: Connection) -> None:
        if is_new or not conn.change(sql.CHANGE_RESOURCE[kind], changed):
            conn.change(sql.ADD_RESOURCE[kind], row)
        mark(conn, kind, resource.id)

    return put


def _remove_step(kind: ResourceKind, resource_id: str) -> Callable[[Connection], None]:
    def remove(conn: Connection) -> None:
        conn.change(sql.REMOVE_RESOURCE[kind], {"of_id": resource_id})
        mark(conn, kind, resource_id)

    return remove


def _notifications(conn: Connection, events: tuple[Event, ...]) -> list[Work]:
    listeners = conn.memo.get(_MEMO)
    if listeners is None:
        listeners = conn.memo[_MEMO] = conn.run(sql.LISTENERS, {})
    return [
        Work(
            lane=HUB_LANE,
            key=f"{listener}/{event.order_id}",
            id=f"{event.id}/{listener}",
            payload=orjson.dumps({"listener": listener, "event": event.id}),
        )
        for event in events
        for listener, face in listeners
        if event.kind in FACE_KINDS.get(face.partition("-")[0], ())
    ]
