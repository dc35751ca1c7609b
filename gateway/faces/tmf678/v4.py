"""TMF678 v4.0 (Customer Bill Management): the tables of its wire."""

from collections.abc import Mapping
from typing import Any

from gateway.canonical.bill import AppliedRate, AppliedTax, Bill, OnDemandBill
from gateway.canonical.lifecycle import Event, ResourceKind
from gateway.canonical.states import BillState, OnDemandState
from gateway.faces.common_v4 import CHARACTERISTIC, PARTY, PERIOD, REF
from gateway.faces.events import envelope
from gateway.faces.patch import changed
from gateway.faces.paths import wire_path_of
from gateway.faces.rows import Amount, Coded, Computed, Instant, Many, Number, One
from gateway.faces.shape import Shape
from gateway.faces.spoke import ResourceSpoke, Spoke

__all__ = [
    "SPOKE",
    "bill_from_wire",
    "bill_patch_from_wire",
    "bill_to_wire",
    "event_to_wire",
    "on_demand_from_wire",
    "on_demand_to_wire",
    "rate_from_wire",
    "rate_to_wire",
    "wire_path",
]

BILL_STATE = {state: state.value for state in BillState}
ON_DEMAND_STATE = {state: state.value for state in OnDemandState}

TAX = Shape(AppliedTax, {"taxCategory": "category", "taxRate": Number("rate"), "taxAmount": Amount("amount")})

RATE = Shape(
    AppliedRate,
    {
        "id": "id",
        "href": Computed(),
        "name": "name",
        "description": "description",
        "type": "type",
        "date": Instant("date"),
        "isBilled": "is_billed",
        "bill": One("bill", shape=REF),
        "billingAccount": One("billing_account", shape=REF),
        "product": One("product", shape=REF),
        "periodCoverage": One("period_cover", shape=PERIOD),
        "taxExcludedAmount": Amount("net"),
        "taxIncludedAmount": Amount("gross"),
        "appliedTax": Many("taxes", shape=TAX),
        "characteristic": Many("characteristics", shape=CHARACTERISTIC),
    },
)

BILL = Shape(
    Bill,
    {
        "id": "id",
        "href": Computed(),
        "billNo": "bill_no",
        "category": "category",
        "runType": "run_type",
        "state": Coded("state", target="bill-state", table=BILL_STATE),
        "billDate": Instant("bill_date"),
        "paymentDueDate": Instant("due_date"),
        "nextBillDate": Instant("next_bill_date"),
        "lastUpdate": Instant("last_update"),
        "billingPeriod": One("billing_period", shape=PERIOD),
        "billingAccount": One("billing_account", shape=REF),
        "financialAccount": One("financial_account", shape=REF),
        "relatedParty": Many("parties", shape=PARTY),
        "taxExcludedAmount": Amount("net"),
        "taxIncludedAmount": Amount("gross"),
        "amountDue": Amount("amount_due"),
        "remainingAmount": Amount("remaining"),
        "taxItem": Many("taxes", shape=TAX),
    },
)

ON_DEMAND = Shape(
    OnDemandBill,
    {
        "id": "id",
        "href": Computed(),
        "name": "name",
        "description": "description",
        "state": Coded("state", target="task-state", table=ON_DEMAND_STATE),
        "lastUpdate": Instant("last_update"),
        "billingAccount": One("billing_account", shape=REF),
        "relatedParty": One("party", shape=PARTY),
        "customerBill": One("bill", shape=REF),
    },
)

_BILLS = ResourceSpoke(
    kind=ResourceKind.CUSTOMER_BILL,
    name="customerBill",
    shape=BILL,
    schema="CustomerBill",
    update="CustomerBill_Update",
    changeable=frozenset({"state"}),
)
_RATES = ResourceSpoke(
    kind=ResourceKind.APPLIED_RATE, name="appliedCustomerBillingRate", shape=RATE, schema="AppliedCustomerBillingRate"
)
_ON_DEMAND = ResourceSpoke(
    kind=ResourceKind.ON_DEMAND_BILL, name="customerBillOnDemand", shape=ON_DEMAND, schema="CustomerBillOnDemand"
)

SPOKE = Spoke(
    face="tmf678-v4",
    document="tmf678/v4.yaml",
    base="/tmf-api/customerBillManagement/v4",
    title="Customer Bill Management",
    resources=(_BILLS, _RATES, _ON_DEMAND),
    envelope=envelope,
)


def bill_from_wire(wire: Mapping[str, Any]) -> Bill:
    """Return the bill that an object says. Raises ValueError where it has not even the shape of one."""
    return _BILLS.from_wire(wire)


def bill_to_wire(bill: Bill, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v4 says a bill; `base` is the face's absolute address."""
    return _BILLS.to_wire(bill, base)


def bill_patch_from_wire(stored: Bill, patch: Mapping[str, Any]) -> Bill:
    """Return the bill as a merge patch wants it; only `state` can change. Raises FaceError."""
    return changed(_BILLS, stored, patch)


def rate_from_wire(wire: Mapping[str, Any]) -> AppliedRate:
    """Return the applied rate that an object says. Raises ValueError."""
    return _RATES.from_wire(wire)


def rate_to_wire(rate: AppliedRate, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v4 says an applied rate."""
    return _RATES.to_wire(rate, base)


def on_demand_from_wire(wire: Mapping[str, Any]) -> OnDemandBill:
    """Return the request for a bill that a body says. Raises ValueError."""
    return _ON_DEMAND.from_wire(wire)


def on_demand_to_wire(bill: OnDemandBill, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v4 says a request for a bill."""
    return _ON_DEMAND.to_wire(bill, base)


def event_to_wire(event: Event, base: str = SPOKE.base) -> dict[str, Any] | None:
    """TMF678 v4 declares no events: None."""
    return SPOKE.event_to_wire(event, base)


def wire_path(path: str) -> str:
    """Return a canonical path of a bill, or of what is named before it (`rates[0].net` …), as v4 says it."""
    for root, shape in (("rates", RATE), ("rate", RATE), ("on_demand", ON_DEMAND)):
        if path.partition(".")[0].partition("[")[0] == root:
            return wire_path_of(shape, path, roots=(root,))
    return wire_path_of(BILL, path, roots=("bills", "bill"))
