"""What the stand-in knows of customers. All of it is invented."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from adapters.template.legacy.system import Part, Row

__all__ = ["Customers"]

_OFFERS = {
    "FIBRE-100": "25.00",
    "FIBRE-250": "30.00",
    "FIBRE-500": "40.00",
    "FIBRE-1000": "60.00",
    "VOICE": "5.00",
    "TV-BASIC": "10.00",
}


class Customers(Part):
    """Customers, their accounts and products, addresses with what is built there, offers."""

    kinds: ClassVar[Mapping[str, str]] = {
        "customer": "status role credit paysFor asOf",
        "account": "customer status asOf",
        "product": "customer status offer address asOf",
        "address": "locations available technology rate rateUnit validUntil asOf",
        "offer": "price currency kind asOf",
    }

    def seeds(self) -> Iterator[tuple[str, Row]]:
        """Yield CUST-1001 to CUST-1020 with an account and an address each, and the cases that are not so plain."""
        for number in range(1001, 1021):
            customer = f"CUST-{number}"
            yield "customer", _row(id=customer, status="A", role="CUS", credit="1", paysFor="")
            yield "account", _row(id=f"BA-{number}", customer=customer, status="A")
            yield "address", _address(f"ADDR-{number}", f"LOC-10{number}")
        yield "customer", _row(id="PAY-2001", status="A", role="PAY", credit="1", paysFor="CUST-1018")
        yield "account", _row(id="BA-1099", customer="CUST-1019", status="C")
        yield "address", _row(id="ADDR-9001", locations="LOC-109001")  # nobody surveyed it
        yield "address", _address("ADDR-9002", "LOC-109002 LOC-109003")  # two places, so that it resolves to none
        product = _row(id="PR-1001", customer="CUST-1001", status="A", offer="FIBRE-100", address="ADDR-1001")
        yield "product", product
        for offer, price in _OFFERS.items():
            yield "offer", _row(id=offer, price=price, currency="EUR", kind="MON")
        yield "offer", _row(id="ACTIVATION-FEE", price="49.00", currency="EUR", kind="ONE")


def _row(**members: str) -> Row:
    return {**members, "asOf": ""}


def _address(key: str, locations: str) -> Row:
    built = {"available": "1", "technology": "FIB", "rate": "1000", "rateUnit": "M", "validUntil": "2031-12-31"}
    return _row(id=key, locations=locations, **built)
