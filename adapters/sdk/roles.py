"""What legacy systems do in a landscape, as small Protocols: one method for one thing.

An adapter that is a `RoleAdapter` (`adapters.sdk.role_adapter`) writes the methods of what its system does and leaves
the rest out. For whatever changes something there are four: `find` it under the order's reference, make it, `read` what
it says, and take it back. They never have to ask whether a thing was made before, or what else the message is about.

What is found and made (`R`) is the adapter's own: a row, a document, an object. All but the `read` methods do I/O and
may raise any AdapterError; Refused is about the one item and lets the others go on. A `read` is pure, and may raise
UnknownCode and Unreadable; where reading takes asking once more, as of a probe, it is a coroutine. What takes a thing
back may return what the system says then.
"""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from pydantic import Field

from gateway.canonical.base import Model
from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.cancelling import CancellationFee
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import LedgerEntry
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import AccountRecord, PartyRecord, PlaceRecord, ProductRecord
from gateway.canonical.service_order import ServiceOrder, ServiceOrderItem
from gateway.ports.adapter import Message

__all__ = [
    "Activation",
    "Billing",
    "Catalogue",
    "FieldWork",
    "Fulfilment",
    "PartiesAndAccounts",
    "Qualification",
    "Told",
]

R = TypeVar("R")
Item = ProductOrderItem | ServiceOrderItem


class Told(Model):
    """What a system says of one thing: facts, what it knows, what it charged. Everything may be empty.

    `working` says that the thing is not done yet, and is asked for again. `done_for_good` says, in the system's words,
    why it cannot be taken back any more; None where it can.
    """

    facts: tuple[Fact, ...] = ()
    parties: tuple[PartyRecord, ...] = ()
    accounts: tuple[AccountRecord, ...] = ()
    products: tuple[ProductRecord, ...] = ()
    places: tuple[PlaceRecord, ...] = ()
    rates: tuple[AppliedRate, ...] = ()
    bills: tuple[Bill, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    legacy_ids: Mapping[str, str] = Field(default_factory=dict)  # `ticket 1` → what the system calls it
    working: bool = False
    done_for_good: str | None = None


class PartiesAndAccounts(Protocol):
    """Who the customer is, and what can be charged to whom. Part of `gather`."""

    async def identify_parties(self, message: Message, ids: tuple[str, ...]) -> Told:
        """Say party.identified and credit.ok of the order, and the records of the parties that are known."""

    async def look_up_accounts(self, message: Message, ids: tuple[str, ...]) -> Told:
        """Say account.open of the order, and the records of the accounts that are known."""


class Catalogue(Protocol):
    """What is sold and what the customer has. Part of `gather`."""

    async def look_up_products(self, message: Message, ids: tuple[str, ...]) -> Told:
        """Return the records of the products that the order changes."""

    async def look_up_price(self, message: Message, item: ProductOrderItem) -> Told:
        """Say price.agreed of an item."""


class Qualification(Protocol):
    """Where something can be delivered. Part of `gather`."""

    async def qualify(self, message: Message, item: ProductOrderItem, place: str) -> Told:
        """Say address.resolved and site.qualified of an item, and the record of its place."""


class FieldWork(Protocol[R]):
    """Appointments (`book`) and visits or shipments (`build`)."""

    async def find_appointment(self, message: Message, item: Item) -> R | None:
        """Return the item's appointment; None where there is none."""

    async def book_appointment(self, message: Message, item: Item) -> R:
        """Make one."""

    def read_appointment(self, message: Message, item: Item, found: R) -> Told:
        """Say appointment.booked, or selfinstall.chosen."""

    async def call_off_appointment(self, message: Message, item: Item, found: R) -> Told | None:
        """Call it off; one that is called off stays so."""

    async def find_visit(self, message: Message, item: Item) -> R | None:
        """Return the item's ticket; None where there is none."""

    async def open_visit(self, message: Message, item: Item) -> R:
        """Open one."""

    def read_visit(self, message: Message, item: Item, found: R) -> Told:
        """Say field.completed and device.bound once it is closed, with the evidence; `working` until then."""

    async def call_off_visit(self, message: Message, item: Item, found: R) -> Told | None:
        """Call it off."""


class Activation(Protocol[R]):
    """Resources (`reserve`) and services (`activate`)."""

    async def find_reservation(self, message: Message, item: Item) -> R | None:
        """Return what is reserved for an item; None where nothing is."""

    async def reserve(self, message: Message, item: Item) -> R:
        """Reserve what the item needs."""

    def read_reservation(self, message: Message, item: Item, found: R) -> Told:
        """Say resource.reserved."""

    async def release(self, message: Message, item: Item, found: R) -> Told | None:
        """Give it back."""

    async def find_service(self, message: Message, item: ServiceOrderItem) -> R | None:
        """Return the service if what the item asks was done to it under this order; None where it was not."""

    async def provision(self, message: Message, item: ServiceOrderItem) -> R:
        """Do what the item asks: make, change, suspend, resume or cease the service."""

    def read_service(self, message: Message, item: ServiceOrderItem, found: R) -> Told:
        """Say service.activated, suspended, resumed or ceased with the values that run; `working` until it does."""

    async def withdraw_service(self, message: Message, item: ServiceOrderItem, found: R) -> Told | None:
        """Take back what was done."""


class Fulfilment(Protocol[R]):
    """Takes service orders whole, in place of `Activation`'s services: a system that speaks of orders itself."""

    async def find_order(self, message: Message, order: ServiceOrder) -> R | None:
        """Return its order for one of ours; None where there is none."""

    async def place_order(self, message: Message, order: ServiceOrder) -> R:
        """Place one."""

    def read_order(self, message: Message, order: ServiceOrder, found: R) -> Told:
        """Say of each item what `Activation.read_service` says; `working` until all are done."""

    async def cancel_order(self, message: Message, order: ServiceOrder, found: R) -> Told | None:
        """Ask for its cancellation."""


class Billing(Protocol[R]):
    """Charges (`charge`), bills (`bill`) and what a cancellation costs (`fee`)."""

    async def find_charge(self, message: Message, item: ProductOrderItem) -> R | None:
        """Return what is charged for an item; None where nothing is."""

    async def start_charge(self, message: Message, item: ProductOrderItem) -> R:
        """Start to charge it, or stop where the item ends or suspends a product."""

    def read_charge(self, message: Message, item: ProductOrderItem, found: R) -> Told:
        """Say charge.started and rate.created, and the rates."""

    async def take_back_charge(self, message: Message, item: ProductOrderItem, found: R) -> Told | None:
        """Cancel it."""

    async def find_bill(self, message: Message) -> R | None:
        """Return the bill of the order, or the one made for `message.on_demand`; None where there is none."""

    async def make_bill(self, message: Message) -> R:
        """Make it, finish it and send it."""

    def read_bill(self, message: Message, found: R) -> Told:
        """Say bill.balanced, bill.sent and ledger.posted, with bill, rates and ledger entries."""

    async def find_fee(self, message: Message, fee: CancellationFee) -> R | None:
        """Return the fee as it was charged; None where it was not."""

    async def charge_fee(self, message: Message, fee: CancellationFee) -> R:
        """Charge it."""

    def read_fee(self, message: Message, fee: CancellationFee, found: R) -> Told:
        """Return its rate."""
