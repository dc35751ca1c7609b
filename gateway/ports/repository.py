"""What the lifecycle and the faces ask of storage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from gateway.canonical.bill import AppliedRate, Bill, BillCycle, OnDemandBill
from gateway.canonical.drift import ProductInUse
from gateway.canonical.exceptions import Case
from gateway.canonical.fact import Fact
from gateway.canonical.identity import Identity
from gateway.canonical.judgement import Decision, Hold
from gateway.canonical.lifecycle import CancelTask, Checkpoint, Event, JudgedInputs, Lifecycle, Listener, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.ports.agreement import AgreementStore
from gateway.ports.claims import Claim, ClaimStore
from gateway.ports.identity import IdentityStore
from gateway.ports.query import Filter, SortKey

__all__ = [
    "RESOURCE_TYPES",
    "Aggregate",
    "Change",
    "Closed",
    "Page",
    "Query",
    "Replayed",
    "Repository",
    "Resource",
    "Summary",
    "Timeline",
    "Work",
]

Resource = ProductOrder | ServiceOrder | CancelTask | AppliedRate | Bill | OnDemandBill | BillCycle

RESOURCE_TYPES: dict[ResourceKind, type[Any]] = {
    ResourceKind.PRODUCT_ORDER: ProductOrder,
    ResourceKind.CANCEL_PRODUCT_ORDER: CancelTask,
    ResourceKind.SERVICE_ORDER: ServiceOrder,
    ResourceKind.CANCEL_SERVICE_ORDER: CancelTask,
    ResourceKind.CUSTOMER_BILL: Bill,
    ResourceKind.APPLIED_RATE: AppliedRate,
    ResourceKind.ON_DEMAND_BILL: OnDemandBill,
    ResourceKind.BILL_CYCLE: BillCycle,
}


@dataclass(frozen=True, slots=True)
class Work:
    """Something to do later, in order, for one key in one lane. The same id twice is enqueued once."""

    lane: str  # a Role's value, "lifecycle", "hub"
    key: str  # the order id (hub: listener id + "/" + order id)
    id: str
    payload: bytes
    delay_seconds: float = 0.0
    revives: bool = False  # a stream that is parked is tried again for it: what failed may have been overtaken


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of an order's open exception of one fingerprint."""

    order_id: str
    fingerprint: str
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """That an order's systems are being asked anew under a fix: marked in the transaction that asks them."""

    fix: str
    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """All that one step changes, stored in one transaction or not at all."""

    lifecycle: Lifecycle | None = None  # its `version` is the new one; the stored one must be one less (0: absent)
    put: tuple[tuple[ResourceKind, Resource], ...] = ()
    remove: tuple[tuple[ResourceKind, str], ...] = ()
    facts: tuple[Fact, ...] = ()
    holds: tuple[Hold, ...] = ()  # new, or released (released_at set) under the same id
    decisions: tuple[Decision, ...] = ()
    inputs: tuple[JudgedInputs, ...] = ()  # of the decisions; kept once under their digest
    events: tuple[Event, ...] = ()
    work: tuple[Work, ...] = ()
    opened: tuple[Case, ...] = ()  # exceptions, with their groups where these are new or closed
    closed: tuple[Closed, ...] = ()
    replayed: tuple[Replayed, ...] = ()
    identities: tuple[Identity, ...] = ()  # new, or ended under the same id; a clash raises StaleVersion
    products: tuple[ProductInUse, ...] = ()
    claims: tuple[Claim, ...] = ()  # on what is put; one that stands for another resource raises ClaimTaken


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Everything of one lifecycle, as last committed."""

    lifecycle: Lifecycle
    product_order: ProductOrder | None = None
    service_orders: tuple[ServiceOrder, ...] = ()
    facts: tuple[Fact, ...] = ()
    holds: tuple[Hold, ...] = ()  # open ones only
    rates: tuple[AppliedRate, ...] = ()
    bills: tuple[Bill, ...] = ()
    cancel_tasks: tuple[CancelTask, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A page of one kind: filters on members of the stored (canonical) JSON, newest last unless it is sorted.

    `where` holds (path, wanted values as text): dotted canonical names, arrays looked into; a row matches when
    any value at the path is among the wanted ones. Several conditions are ANDed, with `filters` too.
    """

    kind: ResourceKind
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    offset: int = 0
    limit: int = 100
    filters: tuple[Filter, ...] = ()
    sort: tuple[SortKey, ...] = ()


class Timeline(NamedTuple):
    """What happened to one lifecycle, each oldest first, and what it has come to; None of a lifecycle that is not."""

    events: tuple[Event, ...] = ()
    decisions: tuple[Decision, ...] = ()
    holds: tuple[Hold, ...] = ()  # released ones included
    aggregate: Aggregate | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page and how many match in all."""

    items: Sequence[Any] = field(default_factory=tuple)
    total: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """One lifecycle at a glance: its root's present state and how many holds are open."""

    id: str
    root: ResourceKind
    checkpoint: Checkpoint
    state: str | None = None
    holds: int = 0


class Repository(IdentityStore, AgreementStore, ClaimStore, Protocol):
    """Durable storage. Every method may raise StoreUnavailable."""

    async def save(self, change: Change) -> None:
        """Store a change in one durable transaction. Raises StaleVersion, DuplicateOrder, ClaimTaken."""

    async def get(self, kind: ResourceKind, resource_id: str) -> Any | None:
        """Return one resource, or None."""

    async def owner(self, kind: ResourceKind, resource_id: str) -> str | None:
        """Return the id of the lifecycle that a resource belongs to, or None."""

    async def find(self, query: Query) -> Page:
        """Return a page of resources in the order in which they were created."""

    async def load(self, order_id: str) -> Aggregate | None:
        """Return all of one lifecycle, or None."""

    async def summaries(
        self, *, checkpoint: str | None = None, state: str | None = None, offset: int = 0, limit: int = 100
    ) -> Page:
        """Return a page of Summary, in the order of creation; only those at that checkpoint, in that state."""

    async def timeline(self, order_id: str) -> Timeline:
        """Return all that happened to one lifecycle and where it stands, as of one instant."""

    async def judged_inputs(self, order_id: str, digest: str) -> JudgedInputs | None:
        """Return what a decision of one lifecycle looked at besides its facts and resources, or None."""

    async def open_holds(self, *, offset: int = 0, limit: int = 100) -> tuple[Sequence[Hold], int]:
        """Return open holds, oldest first, and how many there are."""

    async def fact_owners(self, predicate: str, member: str, value: str) -> tuple[str, ...]:
        """Return ids of lifecycles that have a fact of that predicate whose value has `member` = `value`."""

    async def add_listener(self, listener: Listener) -> bool:
        """Store a listener; False where the same face, callback and query are there already."""

    async def listener(self, listener_id: str) -> Listener | None:
        """Return one listener, or None."""

    async def remove_listener(self, listener_id: str) -> bool:
        """Remove a listener and its undelivered notifications; False where there is none."""

    async def event(self, event_id: str) -> Event | None:
        """Return one event, or None."""

    async def counts(self) -> dict[str, int]:
        """Return how many orders stand at each checkpoint, and how many streams are parked."""

    async def ready_at(self) -> datetime | None:
        """Return when the next piece of work is due, or None."""
