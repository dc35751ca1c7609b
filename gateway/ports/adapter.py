"""What the gateway asks of an adapter, and what an adapter answers.

An adapter translates and talks; it never retries, sleeps, decides states or calls into the gateway.
It finds no fault with the order either: it reports what its system says, as facts.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, Field

from gateway.canonical.base import Model
from gateway.canonical.bill import AppliedRate, Bill, OnDemandBill
from gateway.canonical.cancelling import CancellationFee
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import LedgerEntry
from gateway.canonical.order import ProductOrder
from gateway.canonical.reference import Reference
from gateway.canonical.service_order import ServiceOrder

__all__ = [
    "OPERATIONS",
    "Adapter",
    "AdapterPlugin",
    "Capability",
    "Message",
    "Operation",
    "Outcome",
    "Refusal",
    "Report",
    "Role",
    "Simulation",
]


class Role(StrEnum):
    """What a legacy system does in a landscape. Each role has one lane of work."""

    CUSTOMER = "customer"  # parties, accounts, qualification, offers
    FIELD_WORK = "field-work"
    ACTIVATION = "activation"
    BILLING = "billing"


class Operation(StrEnum):
    """What can be asked of a system."""

    GATHER = "gather"  # customer: who, which account, which site, which price
    BOOK = "book"  # field-work: appointments for items that need a visit
    BUILD = "build"  # field-work: the visit; ends with field.completed and device.bound
    RESERVE = "reserve"  # activation: ports, numbers, addresses
    ACTIVATE = "activate"  # activation: provision, suspend, resume or cease each service item, then read back
    CHARGE = "charge"  # billing: start or stop the charges of what was delivered
    BILL = "bill"  # billing: make, finish and send the bill
    FEE = "fee"  # billing: charge what a cancellation costs


OPERATIONS: Mapping[Role, tuple[Operation, ...]] = {
    Role.CUSTOMER: (Operation.GATHER,),
    Role.FIELD_WORK: (Operation.BOOK, Operation.BUILD),
    Role.ACTIVATION: (Operation.RESERVE, Operation.ACTIVATE),
    Role.BILLING: (Operation.CHARGE, Operation.BILL, Operation.FEE),
}


class Capability(StrEnum):
    """What an adapter says of one operation (or of its `cancel`); silence is a failure."""

    FULL = "full"
    PARTIAL = "partial"
    NOT_IMPLEMENTED = "not-implemented"
    IMPOSSIBLE = "impossible"
    UNKNOWN = "unknown"


class Message(Model):
    """One thing to do in one legacy system for one order. `id` is the same on every attempt."""

    id: str
    role: Role
    operation: Operation
    order: ProductOrder | None = None
    service_orders: tuple[ServiceOrder, ...] = ()
    items: tuple[str, ...] = ()  # product order item ids (or service item ids of an outside order) to act on
    facts: tuple[Fact, ...] = ()  # the verified context that this stage inherits
    reference: Reference = Reference()
    rates: tuple[AppliedRate, ...] = ()
    on_demand: OnDemandBill | None = None
    legacy_ids: Mapping[str, str] = Field(default_factory=dict)
    leave_done: bool = False  # of a cancel: what is completed stays and is reported, instead of a refusal
    fees: tuple[CancellationFee, ...] = ()  # of a fee: what to charge
    attempt: int = 1
    callback: str | None = None  # where the system may report back; see gateway.ports.callbacks

    @property
    def reference_key(self) -> str:
        """What to write into the legacy system so that the object can be found again: the order's id."""
        return self.order.id if self.order else self.service_orders[0].id if self.service_orders else self.id


class Outcome(StrEnum):
    """How far a message has come."""

    DONE = "done"  # nothing more will come of it
    WORKING = "working"  # ask again (`fetch`) after `again_after_seconds`


class Refusal(Model):
    """The legacy system said no to one subject; the others go on."""

    subject: str
    legacy_code: str
    legacy_text: str  # redacted


class Report(Model):
    """What a legacy system said. The gateway records it; the adapter decides nothing."""

    outcome: Outcome
    facts: tuple[Fact, ...] = ()
    reference: Reference | None = None
    legacy_ids: Mapping[str, str] = Field(default_factory=dict)
    rates: tuple[AppliedRate, ...] = ()
    bills: tuple[Bill, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    again_after_seconds: float = 1.0


class Adapter(Protocol):
    """Talks to one legacy system. May raise any AdapterError of `gateway.ports.errors`.

    `capabilities` are of each operation by its word, of its `cancel …`, and of what `readback` and `outcome` name:
    without `lookup …` or `idempotent …`, an operation whose answer was lost waits for a person.
    """

    name: str
    role: Role
    capabilities: Mapping[str, Capability]

    async def submit(self, message: Message) -> Report:
        """Do what the message says, once: look for it under its reference before creating it."""

    async def fetch(self, message: Message) -> Report:
        """Look how a message has come on, and send nothing. What was not done yet is answered as WORKING.

        Raises UnknownCode as `submit` would, in either direction, so that a corrected table can be tried.
        """

    async def cancel(self, message: Message) -> Report:
        """Call back or undo what the message's operation did, whatever of it is not undone yet; look before.

        Answers WORKING while that is not in force. Raises Refused past the point of no return, before anything is
        called back; with `leave_done` it leaves what is completed, reports it, and calls back the rest.
        """

    async def check(self) -> str:
        """Return one line on the system's health. Raises AdapterError where it cannot work."""

    async def close(self) -> None:
        """Release connections."""


class Simulation(Protocol):
    """Simulated legacy systems that run beside the gateway and end with it."""

    settings: Mapping[Role, Mapping[str, Any]]  # per role simulated: settings that lead its adapter there (`url`)

    async def stop(self) -> None:
        """Stop them; what they stored stays."""


class AdapterPlugin(Protocol):
    """What the entry-point group `tmf_gateway.adapters` names."""

    name: str
    roles: tuple[Role, ...]
    settings: type[BaseModel]
    landscapes: Mapping[str, Path]  # landscape files that come with it, by name
    vocabularies: Mapping[Role, Path]  # the file of vocabularies that comes with it, for each role that has one

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return an adapter. `directory` is the landscape file's, for vocabularies. Raises SetupError."""

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start the simulated systems behind this adapter, or return None where the legacy system is real.

        They keep their stores in `directory`; every delay they simulate is multiplied by `pace` (0.0 to 1.0).
        One simulation may play several roles: launch it for the first role whose settings have no address, and let
        `Simulation.settings` override the landscape's settings of every role it names.
        Raises SetupError where they do not start.
        """
