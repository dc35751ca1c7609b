"""The working day of the demonstration with real systems: what Tryton, Request Tracker and FreeRADIUS can do.

All twelve disagreements; FreeRADIUS has no telephone numbers, so that an address differs in place of a number.
"""

from gateway.app.demo.bodies import Wire, added, outside_service_order, product_order, rate, swapped_price
from gateway.app.demo.day import Entry

__all__ = ["first_contact", "first_mended", "real_day"]

_FIELD, _BILLING, _ACTIVATION = "field-work", "billing", "activation"
_CHARGED, _READY = "activation-to-billing", "build-to-activation"


def first_contact() -> Wire:
    """Return an order that is valid by its schema, and yet asks to be done before it starts and names no account."""
    order = first_mended()
    items = [{name: value for name, value in item.items() if name != "billingAccount"} for item in _items(order)]
    return {
        **order,
        "requestedStartDate": order["requestedCompletionDate"],
        "requestedCompletionDate": order["requestedStartDate"],
        "productOrderItem": items,
    }


def first_mended() -> Wire:
    """Return the order as it was meant: fibre, and the fee for its activation."""
    return product_order("first-contact", 1015, [_fibre(1015, 500, 1015), added("2", "ACTIVATION-FEE", 1015)])


def real_day() -> tuple[Entry, ...]:
    """Return the orders of the day, healthy ones first."""
    return (*_healthy(), *_seeded())


def _items(order: Wire) -> list[Wire]:
    items: list[Wire] = order["productOrderItem"]
    return items


def _fibre(customer: int, speed: int, place: int, item: str = "1", price: Wire | None = None) -> Wire:
    return added(item, f"FIBRE-{speed}", customer, place=place, characteristics=[rate(speed)], price=price)


def _healthy() -> list[Entry]:
    day = [
        Entry(
            f"new-{customer}-{speed}",
            f"new internet, {speed} Mbit/s",
            product_order(f"new-{customer}-{speed}", customer, [_fibre(customer, speed, customer)]),
        )
        for customer, speed in ((1011, 100), (1012, 500), (1013, 500), (1014, 100))
    ]
    cancelled = product_order("cancel-1019", 1019, [_fibre(1019, 500, 1019)])
    return [*day, Entry("cancel-1019", "cancelled in flight", cancelled, cancel=True, ends_as="cancelled")]


def _wrong(
    name: str, title: str, place: int, fault: tuple[str, str], expect: tuple[str, str], speed: int = 500
) -> Entry:
    body = product_order(name, 1020, [_fibre(1020, speed, place)])
    return Entry(name, title, body, fault=fault, expect=expect)


def _seeded() -> list[Entry]:
    return [*_seeded_orders(), *_seeded_work(), *_seeded_billing()]


def _seeded_orders() -> list[Entry]:
    swapped = product_order("swapped", 1005, [_fibre(1005, 500, 1021, price=swapped_price())])
    payer = product_order("payer-only", 1005, [_fibre(1005, 100, 1022)])
    payer["relatedParty"] = [{"id": "PAY-2001", "role": "payer", "@referredType": "Organization"}]
    resale = [added("1", "FIBRE-RESALE", 1006, place=1023, characteristics=[rate(100)])]
    slipped = {"name": "downstreamRate", "valueType": "object", "value": {"amount": 100, "units": "kbit/s"}}
    return [
        Entry("swapped", "net and gross swapped in the agreed price", swapped, expect=("MON-002", "intake")),
        Entry("payer-only", "a payer, and nobody who is the customer", payer, expect=("ORD-001", "intake")),
        Entry(
            "unit-slip",
            "a rate 1000 times too low after a unit slip",
            product_order("unit-slip", 1006, resale),
            outside=lambda order_id: outside_service_order(order_id, "1", "CFS-FTTH", [slipped], place=1023),
            expect=("BLD-003", "order-to-build"),
        ),
        Entry(
            "other-number",
            "another address in the service than in the order",
            product_order("other-number", 1006, [_with_address(_fibre(1006, 500, 1033), "192.0.2.7")]),
            expect=("IDN-002", "order-to-build"),
        ),
    ]


def _with_address(item: Wire, address: str) -> Wire:
    item["product"]["productCharacteristic"].append({"name": "ipv4Address", "valueType": "string", "value": address})
    return item


def _seeded_work() -> list[Entry]:
    twice = [_fibre(1008, 100, 1025), _fibre(1008, 100, 1026, item="2")]
    return [
        _wrong("no-evidence", "completed with no field evidence", 1024, (_FIELD, "no-evidence"), ("ACT-005", _READY)),
        Entry(
            "same-serial-1",
            "the same serial in two homes",
            product_order("same-serial-1", 1008, twice),
            fault=(_FIELD, "same-serial:ALCL00009999"),
            expect=("IDN-003", _READY),
        ),
        _wrong(
            "no-probe",
            "only the provisioning system says it runs",
            1027,
            (_ACTIVATION, "deaf:FIBER-250"),
            ("ACT-002", _READY),
            speed=250,
        ),
        _wrong(
            "slow",
            "half the rate delivered",
            1028,
            (_ACTIVATION, "half-rate:FIBER-1000"),
            ("ACT-006", _CHARGED),
            speed=1000,
        ),
    ]


def _seeded_billing() -> list[Entry]:
    refused = _fibre(1020, 500, 1034, item="2")
    refused["product"]["id"] = "LINE-7"
    return [
        Entry(
            "rejected-item",
            "an item that was refused, billed all the same",
            product_order("rejected-item", 1020, [_fibre(1020, 500, 1031), refused]),
            fault=(f"{_ACTIVATION}+{_BILLING}", "taken:LINE-7+bill-rejected-item:LINE-7"),
            expect=("BIL-003", _CHARGED),
        ),
        _wrong(
            "wrong-account",
            "a bill for another customer's account",
            1029,
            (_BILLING, "wrong-account:BA-1002"),
            ("BIL-007", _CHARGED),
        ),
        _wrong(
            "early-charge",
            "a charge that starts before activation",
            1030,
            (_BILLING, "early-charge"),
            ("BIL-005", _CHARGED),
        ),
        _wrong(
            "bill-total",
            "a bill that is 5.00 more than its lines",
            1032,
            (_BILLING, "bill-total-off"),
            ("MON-006", "billing-to-close"),
        ),
    ]
