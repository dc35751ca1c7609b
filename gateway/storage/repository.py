"""The repository on SQL: what the lifecycle and the faces ask of storage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Decision, Hold
from gateway.canonical.lifecycle import CancelTask, Event, JudgedInputs, Lifecycle, Listener, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.ports.clock import Clock
from gateway.ports.listeners import HUB_LANE
from gateway.ports.repository import RESOURCE_TYPES, Aggregate, Change, Page, Query, Timeline
from gateway.storage import statements as sql
from gateway.storage.agreement import AgreementTables
from gateway.storage.anchors import Anchors
from gateway.storage.claims import ClaimTables
from gateway.storage.find import SECONDS, fact_owners, find
from gateway.storage.identities import IdentityTables
from gateway.storage.listeners import forget_listener
from gateway.storage.rows import event_of, inputs_id, listener_of, summary_of
from gateway.storage.save import forget_listeners, prepare
from gateway.streams import queue
from gateway.streams.fence import check_lease, job_in_hand
from gateway.streams.sql import Connection, Transactions

__all__ = ["SqlRepository"]


class SqlRepository(IdentityTables, AgreementTables, ClaimTables):
    """Implements `gateway.ports.repository.Repository`."""

    def __init__(
        self,
        database: Transactions,
        clock: Clock | None = None,
        *,
        query_seconds: float = SECONDS,
        is_relayed: bool = False,
    ) -> None:
        """Without a `clock` the database's says when work is due; one of its own is for tests.

        `is_relayed`: events go to a broker too, so that work for the relay is stored with them.
        """
        self._database, self._is_relayed = database, is_relayed
        self._clock = clock
        self._anchors = Anchors()
        self._query_seconds = query_seconds

    async def save(self, change: Change) -> None:
        """Store a change in one durable transaction. Raises StaleVersion, DuplicateOrder, ClaimTaken; LeaseLost."""
        now = None if self._clock is None else self._clock.now()
        store, job = prepare(change, now, is_relayed=self._is_relayed), job_in_hand()

        def write(conn: Connection) -> None:
            check_lease(conn, job)
            store(conn)

        await self._database.write(write)

    async def get(self, kind: ResourceKind, resource_id: str) -> Any | None:
        """Return one resource, or None."""

        def read(conn: Connection) -> Any | None:
            docs = conn.run(sql.RESOURCE[kind], {"of_id": resource_id})
            return RESOURCE_TYPES[kind].model_validate_json(docs[0][0]) if docs else None

        return await self._database.read(read)

    async def owner(self, kind: ResourceKind, resource_id: str) -> str | None:
        """Return the id of the lifecycle that a resource belongs to, or None."""
        rows = await self._database.read(lambda conn: conn.run(sql.OWNER[kind], {"of_id": resource_id}))
        return rows[0][0] or None if rows else None

    async def find(self, query: Query) -> Page:
        """Return a page of resources, oldest first unless it is sorted. Raises FaceError for a bad path."""
        model = RESOURCE_TYPES[query.kind]

        def read(conn: Connection) -> Page:
            docs, total = find(conn, query, self._anchors, self._query_seconds)
            return Page(tuple(model.model_validate_json(doc) for doc in docs), total)

        return await self._database.read(read)

    async def load(self, order_id: str) -> Aggregate | None:
        """Return all of one lifecycle, or None."""
        return await self._database.read(lambda conn: _load(conn, order_id))

    async def summaries(
        self, *, checkpoint: str | None = None, state: str | None = None, offset: int = 0, limit: int = 100
    ) -> Page:
        """Return a page of Summary, in the order of creation; only those at that checkpoint, in that state."""
        binds = {"checkpoint": checkpoint, "state": state, "offset": max(0, offset), "limit": max(0, limit)}

        def read(conn: Connection) -> Page:
            rows = conn.run(sql.SUMMARIES, binds)
            ((total,),) = conn.run(sql.SUMMARIES_COUNT, binds)
            return Page(tuple(summary_of(row) for row in rows), total)

        return await self._database.read(read)

    async def timeline(self, order_id: str) -> Timeline:
        """Return all that happened to one lifecycle and where it stands, as of one instant."""

        def read(conn: Connection) -> Timeline:
            binds = {"order": order_id}
            return Timeline(
                tuple(event_of(row) for row in conn.run(sql.EVENTS, binds)),
                tuple(Decision.model_validate_json(doc) for (doc,) in conn.run(sql.DECISIONS, binds)),
                tuple(Hold.model_validate_json(doc) for (doc,) in conn.run(sql.HOLDS, binds)),
                _load(conn, order_id),
            )

        return await self._database.read(read)

    async def judged_inputs(self, order_id: str, digest: str) -> JudgedInputs | None:
        """Return what a decision of one lifecycle looked at besides its facts and resources, or None."""
        wanted = {"of_id": inputs_id(order_id, digest)}
        docs = await self._database.read(lambda conn: conn.run(sql.INPUTS, wanted))
        return JudgedInputs.model_validate_json(docs[0][0]) if docs else None

    async def open_holds(self, *, offset: int = 0, limit: int = 100) -> tuple[Sequence[Hold], int]:
        """Return open holds, oldest first, and how many there are."""

        def read(conn: Connection) -> tuple[Sequence[Hold], int]:
            docs = conn.run(sql.OPEN_HOLDS, {"offset": max(0, offset), "limit": max(0, limit)})
            ((total,),) = conn.run(sql.OPEN_HOLDS_COUNT, {})
            return tuple(Hold.model_validate_json(doc) for (doc,) in docs), total

        return await self._database.read(read)

    async def fact_owners(self, predicate: str, member: str, value: str) -> tuple[str, ...]:
        """Return ids of lifecycles that have a fact of that predicate whose value has `member` = `value`."""
        return await self._database.read(lambda conn: fact_owners(conn, predicate, member, value))

    async def add_listener(self, listener: Listener) -> bool:
        """Store a listener; False where the same face, callback and query are there already."""

        def write(conn: Connection) -> bool:
            forget_listeners(conn)
            return conn.change(sql.ADD_LISTENER, listener.model_dump()) > 0

        return await self._database.write(write)

    async def listener(self, listener_id: str) -> Listener | None:
        """Return one listener, or None."""
        rows = await self._database.read(lambda conn: conn.run(sql.LISTENER, {"of_id": listener_id}))
        return listener_of(rows[0]) if rows else None

    async def remove_listener(self, listener_id: str) -> bool:
        """Remove a listener and its undelivered notifications; False where there is none."""

        def write(conn: Connection) -> bool:
            forget_listeners(conn)
            if not conn.change(sql.REMOVE_LISTENER, {"of_id": listener_id}):
                return False
            queue.discard(conn, HUB_LANE, f"{listener_id}/")
            forget_listener(conn, listener_id)
            return True

        return await self._database.write(write)

    async def event(self, event_id: str) -> Event | None:
        """Return one event, or None."""
        rows = await self._database.read(lambda conn: conn.run(sql.EVENT, {"of_id": event_id}))
        return event_of(rows[0]) if rows else None

    async def counts(self) -> dict[str, int]:
        """Return how many orders stand at each checkpoint (by its word), and under `parked` how many streams are."""

        def read(conn: Connection) -> dict[str, int]:
            ((parked,),) = conn.run(sql.PARKED_COUNT, {})
            return {**dict(conn.run(sql.CHECKPOINTS, {})), "parked": parked}

        return await self._database.read(read)

    async def ready_at(self) -> datetime | None:
        """Return when the next piece of work is due, or None. Work in hand counts as due when its lease ends."""
        return await self._database.read(lambda conn: queue.next_due(conn, ()))


def _load(conn: Connection, order_id: str) -> Aggregate | None:
    binds = {"order": order_id}
    lifecycles = conn.run(sql.LIFECYCLE, binds)
    if not lifecycles:
        return None

    def all_of(kind: ResourceKind) -> tuple[Any, ...]:
        model = RESOURCE_TYPES[kind]
        return tuple(model.model_validate_json(doc) for (doc,) in conn.run(sql.OF_ORDER[kind], binds))

    orders: tuple[ProductOrder, ...] = all_of(ResourceKind.PRODUCT_ORDER)
    service_orders: tuple[ServiceOrder, ...] = all_of(ResourceKind.SERVICE_ORDER)
    rates: tuple[AppliedRate, ...] = all_of(ResourceKind.APPLIED_RATE)
    bills: tuple[Bill, ...] = all_of(ResourceKind.CUSTOMER_BILL)
    tasks: tuple[CancelTask, ...] = (
        *all_of(ResourceKind.CANCEL_PRODUCT_ORDER),
        *all_of(ResourceKind.CANCEL_SERVICE_ORDER),
    )
    return Aggregate(
        lifecycle=Lifecycle.model_validate_json(lifecycles[0][0]),
        product_order=orders[0] if orders else None,
        service_orders=service_orders,
        facts=tuple(Fact.model_validate_json(doc) for (doc,) in conn.run(sql.FACTS, binds)),
        holds=tuple(Hold.model_validate_json(doc) for (doc,) in conn.run(sql.OPEN_HOLDS_OF_ORDER, binds)),
        rates=rates,
        bills=bills,
        cancel_tasks=tasks,
    )
