"""The working day of the demonstration: healthy orders of every kind, and twelve disagreements no schema sees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.app.demo.bodies import (
    Wire,
    added,
    changed,
    outside_service_order,
    product_order,
    rate,
    swapped_price,
)

__all__ = ["Entry", "working_day"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One order of the day.

    `fault` is (role, name): which simulated system misbehaves for this order, and how. `outside` makes the service
    order that an outside order manager sends for it. `expect` is (rule, gate) where the disagreement must be seen;
    None is a healthy order, which must end in `ends_as`.
    """

    name: str
    title: str
    body: Wire
    fault: tuple[str, str] | None = None
    outside: Callable[[str], Wire] | None = None
    cancel: bool = False
    expect: tuple[str, str] | None = None
    ends_as: str = "completed"


def working_day() -> tuple[Entry, ...]:
    """Return the orders of the day, healthy ones first."""
    return (*_healthy(), *_seeded())


def _internet(customer: int, speed: int, place: int, item: str = "1", **more: Any) -> Wire:
    return added(item, f"FIBRE-{speed}", customer, place=place, characteristics=[rate(speed)], **more)


def _number(digits: str) -> Wire:
    return {"name": "telephoneNumber", "valueType": "string", "value": digits}


def _healthy() -> list[Entry]:
    day = [
        Entry(
            f"new-{customer}-{speed}",
            f"new internet, {speed} Mbit/s",
            product_order(f"new-{customer}-{speed}", customer, [_internet(customer, speed, place)]),
        )
        for customer, speed, place in ((1011, 100, 1011), (1012, 250, 1012), (1013, 500, 1013), (1014, 1000, 1014))
    ]
    for customer in (1015, 1016):
        name = f"voice-{customer}"
        voice = added("2", "VOICE", customer, characteristics=[_number(f"+493012{customer}")], relies_on="1")
        day.append(
            Entry(
                name, "internet and voice", product_order(name, customer, [_internet(customer, 250, customer), voice])
            )
        )
    return [*day, *_bundle(), *_changes()]


def _bundle() -> list[Entry]:
    items = [
        added("1", "TV-BUNDLE", 1017, bundles=("2", "3")),
        added("2", "TV-BASIC", 1017, place=1017),
        added("3", "TV-SPORT", 1017, relies_on="2"),
    ]
    fee = added("2", "ACTIVATION-FEE", 1018)
    return [
        Entry("tv-1017", "TV bundle, self-installed", product_order("tv-1017", 1017, items)),
        Entry(
            "fee-1018",
            "internet with an activation fee",
            product_order("fee-1018", 1018, [_internet(1018, 100, 1018), fee]),
        ),
    ]


def _changes() -> list[Entry]:
    faster = changed("1", "modify", "PR-1001", "FIBRE-500", productCharacteristic=[rate(500)])
    faster["billingAccount"] = {"id": "BA-1001"}
    suspended = changed("1", "modify", "PR-1002", "FIBRE-100", status="suspended")
    ceased = changed("1", "delete", "PR-1003", "FIBRE-100")
    move = [
        {
            **changed("1", "delete", "PR-1004", "FIBRE-100"),
            "productOrderItemRelationship": [{"id": "2", "relationshipType": "moves"}],
        },
        _internet(1004, 100, 1034, item="2"),
    ]
    return [
        Entry("faster-1001", "speed change, 100 to 500 Mbit/s", product_order("faster-1001", 1001, [faster])),
        Entry("move-1004", "move: cease here, provide there", product_order("move-1004", 1004, move)),
        Entry("suspend-1002", "suspension", product_order("suspend-1002", 1002, [suspended])),
        Entry("cease-1003", "cease", product_order("cease-1003", 1003, [ceased])),
        Entry(
            "cancel-1019",
            "cancelled in flight",
            product_order("cancel-1019", 1019, [_internet(1019, 500, 1019)]),
            cancel=True,
            ends_as="cancelled",
        ),
    ]


def _seeded() -> list[Entry]:
    return [*_seeded_orders(), *_seeded_outside(), *_seeded_field(), *_seeded_billing()]


def _wrong(
    name: str, title: str, customer: int, place: int, role: str, fault: str, code: str, gate: str, speed: int = 500
) -> Entry:
    body = product_order(name, customer, [_internet(customer, speed, place)])
    return Entry(name, title, body, fault=(role, fault), expect=(code, gate))


def _seeded_orders() -> list[Entry]:
    swapped = product_order("swapped", 1005, [_internet(1005, 500, 1021, price=swapped_price())])
    payer = product_order("payer-only", 1005, [_internet(1005, 100, 1022)])
    payer["relatedParty"] = [{"id": "PAY-2001", "role": "payer", "@referredType": "Organization"}]
    return [
        Entry("swapped", "net and gross swapped in the agreed price", swapped, expect=("MON-002", "intake")),
        Entry("payer-only", "a payer, and nobody who is the customer", payer, expect=("ORD-001", "intake")),
    ]


def _seeded_outside() -> list[Entry]:
    resale = [added("1", "FIBRE-RESALE", 1006, place=1023, characteristics=[rate(100)])]
    slipped = {"name": "downstreamRate", "valueType": "object", "value": {"amount": 100, "units": "kbit/s"}}
    voice = [added("1", "VOICE-RESALE", 1006, characteristics=[_number("+4930555100")])]
    gate = "order-to-build"
    return [
        Entry(
            "unit-slip",
            "a rate 1000 times too low after a unit slip",
            product_order("unit-slip", 1006, resale),
            outside=lambda order_id: outside_service_order(order_id, "1", "CFS-FTTH", [slipped], place=1023),
            expect=("BLD-003", gate),
        ),
        Entry(
            "other-number",
            "another number in the service than in the order",
            product_order("other-number", 1006, voice),
            outside=lambda order_id: outside_service_order(order_id, "1", "CFS-VOICE", [_number("+4930555199")]),
            expect=("IDN-002", gate),
        ),
    ]


def _seeded_field() -> list[Entry]:
    gate = "build-to-activation"
    serial = "same-serial:ALCL00009999"
    return [
        _wrong(
            "no-evidence", "completed with no field evidence", 1007, 1024, "field-work", "no-evidence", "ACT-005", gate
        ),
        Entry(
            "same-serial-1",
            "the same serial in two homes",
            product_order(
                "same-serial-1",
                1008,
                [_internet(1008, 100, 1025, item="1"), _internet(1008, 100, 1026, item="2")],
            ),
            fault=("field-work", serial),
            expect=("IDN-003", gate),
        ),
        _wrong(
            "no-probe",
            "only the provisioning system says it runs",
            1009,
            1027,
            "activation",
            "no-probe",
            "ACT-002",
            gate,
        ),
        _wrong(
            "slow",
            "half the rate delivered",
            1010,
            1028,
            "activation",
            "slow-profile",
            "ACT-006",
            "activation-to-billing",
        ),
    ]


def _seeded_billing() -> list[Entry]:
    gate = "activation-to-billing"
    rejected = product_order(
        "rejected-item",
        1020,
        [_internet(1020, 250, 1031), added("2", "STATIC-IP", 1020, relies_on="1")],
    )
    return [
        _wrong(
            "wrong-account",
            "a bill for another customer's account",
            1020,
            1029,
            "billing",
            "wrong-account:BA-1002",
            "BIL-007",
            gate,
        ),
        _wrong(
            "early-charge",
            "a charge that starts before activation",
            1020,
            1030,
            "billing",
            "early-charge",
            "BIL-005",
            gate,
        ),
        Entry(
            "rejected-item",
            "an item that was refused, billed all the same",
            rejected,
            fault=("activation+billing", "refuse-item:2+bill-rejected-item"),
            expect=("BIL-003", gate),
        ),
        _wrong(
            "bill-total",
            "a bill that is 5.00 more than its lines",
            1020,
            1032,
            "billing",
            "bill-total-off",
            "MON-006",
            "billing-to-close",
        ),
    ]
