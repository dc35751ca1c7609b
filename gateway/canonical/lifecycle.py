"""The lifecycle of one order as the gateway keeps it, and the trace that rules look at."""

import hashlib
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import Field

from gateway.canonical.base import Extended, Model
from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.cancelling import CancelStep, Undoing
from gateway.canonical.common import Note, Ref
from gateway.canonical.fact import Fact
from gateway.canonical.money import Money
from gateway.canonical.order import ProductOrder
from gateway.canonical.reference import Policy, Reference
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import OrderState, TaskState

__all__ = [
    "CancelTask",
    "Checkpoint",
    "Event",
    "HistoryEntry",
    "JudgedInputs",
    "LedgerEntry",
    "Lifecycle",
    "Listener",
    "ResourceKind",
    "Trace",
    "Unread",
]


class ResourceKind(StrEnum):
    """The things a face can show."""

    PRODUCT_ORDER = "productOrder"
    CANCEL_PRODUCT_ORDER = "cancelProductOrder"
    SERVICE_ORDER = "serviceOrder"
    CANCEL_SERVICE_ORDER = "cancelServiceOrder"
    CUSTOMER_BILL = "customerBill"
    APPLIED_RATE = "appliedCustomerBillingRate"
    ON_DEMAND_BILL = "customerBillOnDemand"
    BILL_CYCLE = "billCycle"


class Checkpoint(StrEnum):
    """Where an order stands. Each is a moment at which one gate is judged; gates with two moments have two."""

    QUALIFY = "qualify"  # intake: waiting for what the customer systems say
    RELEASE = "release"  # order-to-build: decomposed, resources reserved, visit booked
    READY = "ready"  # build-to-activation: field work done, devices bound
    ACTIVATED = "activated"  # build-to-activation: the services run
    DELIVERED = "delivered"  # activation-to-billing: what runs is what was ordered
    CHARGED = "charged"  # activation-to-billing: what is charged is what runs
    BILLED = "billed"  # billing-to-close: the bill says what was charged
    CLOSED = "closed"
    CANCELLING = "cancelling"
    ENDED = "ended"  # rejected, cancelled or failed: nothing more will happen
    CLIENT = "client"  # its client says which state comes next; no gate is judged and no system is asked


class LedgerEntry(Extended):
    """A posting in the ledger."""

    bill: str | None = None
    account: str | None = None
    amount: Money | None = None
    start: datetime | None = None
    end: datetime | None = None


class Lifecycle(Model):
    """Where one order stands and what it waits for. `version` rises with every change of anything in it."""

    id: str  # the product order's id, or that of a service order that came from outside
    root: ResourceKind
    checkpoint: Checkpoint
    awaiting: tuple[str, ...] = ()  # ids of messages whose final report is still to come
    submitted: tuple[str, ...] = ()  # of those, the ones that a legacy system has taken and works on
    sent: tuple[str, ...] = ()  # operations that were ever sent; a cancellation calls them back
    generation: int = 1  # rises when the stage's messages are sent anew; part of their ids
    ledger: tuple[LedgerEntry, ...] = ()
    reference: Reference = Reference()
    policy: Policy = Policy()
    legacy_ids: dict[str, str] = Field(default_factory=dict)  # "field item:1" → the system's own id
    resume_state: OrderState | None = None  # as of 0.1: now `undoing.back_to`
    resume_checkpoint: Checkpoint | None = None  # where a refused cancellation goes back to
    undoing: Undoing | None = None  # the cancellation that it is in, from its assessment to its end
    context_hash: str = ""
    event_seq: int = 0
    version: int = 0


class Event(Model):
    """Something that happened to a resource. `resource` is the canonical snapshot, as JSON text."""

    id: str
    order_id: str
    seq: int  # rises by one with each event of the same lifecycle
    kind: ResourceKind
    resource_id: str
    type: str
    """create, attributeValueChange, delete, stateChange, informationRequired, milestone, jeopardy or errorMessage"""
    at: datetime
    state: str | None = None
    resource: str = ""
    changed: tuple[str, ...] = ()  # canonical names of the members that changed


class CancelTask(Extended):
    """A request to cancel a product order or a service order."""

    id: str = ""
    kind: ResourceKind = ResourceKind.CANCEL_PRODUCT_ORDER
    order: Ref | None = None
    reason: str | None = None
    creation_date: datetime | None = None
    requested_date: datetime | None = None
    effective_date: datetime | None = None
    state: TaskState | None = None
    notes: tuple[Note, ...] = ()
    steps: tuple[CancelStep, ...] = ()
    revision: int = 0


class Listener(Model):
    """Somebody who asked for notifications, in the face and version where they asked."""

    id: str
    face: str  # tmf622-v4, tmf641-v4 …
    callback: str
    query: str | None = None


class HistoryEntry(Extended):
    """A state that a subject reached. Subjects: `productOrder`, `item:<id>`."""

    subject: str
    state: str
    at: datetime


class Unread(Model):
    """A word that a wire of the trace's version does not have, so that the member it stood in is None.

    `target` says which table the word is missing from: `order-state`, `item-state`, `service-state`, `product-status`,
    `bill-state`, `action`, `task-state` or `rate-type`. An unknown action reads as `noChange`, since an item has one.
    """

    path: str  # canonical, from the root of its trace
    value: str  # the word as it was written
    target: str


class Trace(Model):
    """All that is known of one order's life. None is *unknown*; empty is *known to be none*."""

    version: str = "v4"
    now: datetime
    zone: str = "UTC"
    reference: Reference = Reference()
    product_order: ProductOrder | None = None
    service_orders: tuple[ServiceOrder, ...] | None = None
    facts: tuple[Fact, ...] = ()
    history: tuple[HistoryEntry, ...] | None = None
    rates: tuple[AppliedRate, ...] | None = None
    bills: tuple[Bill, ...] | None = None
    ledger: tuple[LedgerEntry, ...] | None = None
    others: tuple["Trace", ...] = ()
    policy: Policy = Policy()
    unread: tuple[Unread, ...] = ()
    extras: dict[str, Any] = Field(default_factory=dict)


class JudgedInputs(Model):
    """What a decision looked at besides the order's own facts and resources; stored once under its digest."""

    order_id: str
    zone: str
    reference: Reference
    policy: Policy
    ledger: tuple[LedgerEntry, ...] | None = None
    not_yet: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()  # of the trace that were known: service_orders, rates, bills
    set_aside: tuple[str, ...] = ()  # ids of facts that did not count: their systems may not state them alone
    others: tuple[Trace, ...] = ()

    @cached_property
    def text(self) -> str:
        """The inputs as JSON text, written once: for the digest, and as they are stored."""
        return self.model_dump_json()

    def digest(self) -> str:
        """Return `sha256:…` of the text."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()
