"""The default data of profiles that want some: TMF622 and TMF678 v4 bodies in `default_data.yaml`."""

from datetime import datetime
from pathlib import Path

from gateway.faces.tmf622.v4 import order_from_wire
from gateway.faces.tmf678.v4 import bill_from_wire, rate_from_wire
from gateway.lifecycle.default_data import fill_with
from gateway.lifecycle.terms import Terms
from gateway.ports.repository import Repository
from gateway.vocabulary.document import read_document

__all__ = ["give_default_data"]

FILE = Path(__file__).with_name("default_data.yaml")


async def give_default_data(repository: Repository, terms: Terms, now: datetime) -> None:
    """Fill a store that has no bills. Raises SetupError for a file that cannot be read."""
    said = read_document(FILE).data
    await fill_with(
        repository,
        terms,
        now,
        order=order_from_wire(said["productOrder"]),
        bills=tuple(bill_from_wire(one) for one in said["customerBill"]),
        rates=tuple(rate_from_wire(one) for one in said["appliedCustomerBillingRate"]),
    )
