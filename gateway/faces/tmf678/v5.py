"""TMF678 v5.0 (Customer Bill Management): the tables of its wire."""

from collections.abc import Mapping
from typing import Any

from gateway.canonical.bill import AppliedRate, AppliedTax, Bill, OnDemandBill
from gateway.canonical.lifecycle import Event, ResourceKind
from gateway.canonical.states import BillState, OnDemandState
from gateway.faces.common_v5 import CHARACTERISTIC, PARTY, PERIOD, ref
from gateway.faces.events_v5 import envelope
from gateway.faces.patch import changed
from gateway.faces.paths import wire_path_of
from gateway.faces.rows import Amount, Coded, Computed, Instant, Many, Number, One, Row
from gateway.faces.spoke import ResourceSpoke, Spoke
from gateway.faces.tmf678.v5_cycle import CYCLE
from gateway.faces.typed import Carried
from gateway.faces.typed_shape import TypedShape

__all__ = [
    "LOSSY",
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

LOSSY = {
    "bill state partiallySettled → partiallyPaid": "the document's prose says the one, its list the other",
    "@type that is v4's name of a class → v5's name": "it says nothing beyond where the object stands",
    "relatedParty as v4 has it → an object inside": "v4's form is read; v5 nests",
}
"""What this wire says otherwise than it was sent or than the model has it, and why nobody is misled."""

BILL_STATE = {state: state.value for state in BillState}
ON_DEMAND_STATE = {state: state.value for state in OnDemandState}

_TAX: dict[str, Row | str] = {"taxCategory": "category", "taxRate": Number("rate"), "taxAmount": Amount("amount")}
_BILLING_ACCOUNT = ref("BillingAccountRef")
_BILL = ref("CustomerBillRef", frozenset({"BillRef"}))  # v4 calls it BillRef


def _attachment(wire: Mapping[str, Any]) -> str:
    """Return the class of a bill's document: a reference names something by its id, a value holds or locates it."""
    is_value = wire.keys() & {"content", "url", "attachmentType", "mimeType", "size"}
    return "Attachment" if is_value or "id" not in wire else "AttachmentRef"


RATE = TypedShape(
    AppliedRate,
    {
        "id": "id",
        "href": Computed(),
        "name": "name",
        "description": "description",
        "appliedBillingRateType": "type",
        "date": Instant("date"),
        "isBilled": "is_billed",
        "bill": One("bill", shape=_BILL),
        "billingAccount": One("billing_account", shape=_BILLING_ACCOUNT),
        "product": One("product", shape=ref("ProductRef")),
        "periodCoverage": One("period_cover", shape=PERIOD),
        "taxExcludedAmount": Amount("net"),
        "taxIncludedAmount": Amount("gross"),
        "appliedTax": Many("taxes", shape=TypedShape(AppliedTax, _TAX, word="AppliedBillingTaxRate")),
        "characteristic": Many("characteristics", shape=CHARACTERISTIC),
    },
    word="AppliedCustomerBillingRate",
)

BILL = TypedShape(
    Bill,
    {
        "id": "id",
        "href": Computed(),
        "billNo": "bill_no",
        "category": "category",
        "runType": "run_type",
        "state": Coded(
            "state", target="bill-state", table=BILL_STATE, aliases={"partiallySettled": BillState.PARTIALLY_PAID}
        ),
        "billDate": Instant("bill_date"),
        "paymentDueDate": Instant("due_date"),
        "nextBillDate": Instant("next_bill_date"),
        "lastUpdate": Instant("last_update"),
        "billingPeriod": One("billing_period", shape=PERIOD),
        "billingAccount": One("billing_account", shape=_BILLING_ACCOUNT),
        "financialAccount": One("financial_account", shape=ref("FinancialAccountRef")),
        "relatedParty": Many("parties", shape=PARTY),
        "taxExcludedAmount": Amount("net"),
        "taxIncludedAmount": Amount("gross"),
        "amountDue": Amount("amount_due"),
        "remainingAmount": Amount("remaining"),
        "taxItem": Many("taxes", shape=TypedShape(AppliedTax, _TAX, word="TaxItem")),
    },
    word="CustomerBill",
    carried={
        "appliedPayment": Carried(inner={"payment": Carried("PaymentRef")}),
        "billCycle": Carried("BillCycleRef"),
        "billDocument": Carried(derive=_attachment),
        "paymentMethod": Carried("PaymentMethodRef"),
    },
)

ON_DEMAND = TypedShape(
    OnDemandBill,
    {
        "id": "id",
        "href": Computed(),
        "name": "name",
        "description": "description",
        "state": Coded("state", target="task-state", table=ON_DEMAND_STATE),
        "lastUpdate": Instant("last_update"),
        "billingAccount": One("billing_account", shape=_BILLING_ACCOUNT),
        "relatedParty": One("party", shape=PARTY),
        "customerBill": One("bill", shape=_BILL),
    },
    word="CustomerBillOnDemand",
)

_BILLS = ResourceSpoke(
    kind=ResourceKind.CUSTOMER_BILL,
    name="customerBill",
    shape=BILL,
    schema="CustomerBill",
    update="CustomerBill_MVO",
    changeable=frozenset({"state", "billCycle"}),
    events=frozenset({"create", "stateChange"}),
)
_RATES = ResourceSpoke(
    kind=ResourceKind.APPLIED_RATE, name="appliedCustomerBillingRate", shape=RATE, schema="AppliedCustomerBillingRate"
)
_ON_DEMAND = ResourceSpoke(
    kind=ResourceKind.ON_DEMAND_BILL,
    name="customerBillOnDemand",
    shape=ON_DEMAND,
    schema="CustomerBillOnDemand",
    events=frozenset({"create", "stateChange"}),
)

_CYCLES = ResourceSpoke(kind=ResourceKind.BILL_CYCLE, name="billCycle", shape=CYCLE, schema="BillCycle")

SPOKE = Spoke(
    face="tmf678-v5",
    document="tmf678/v5.yaml",
    base="/tmf-api/customerBillManagement/v5",
    title="Customer Bill Management",
    resources=(_BILLS, _RATES, _ON_DEMAND, _CYCLES),
    envelope=envelope,
    partial_status=200,  # v5 documents declare 200 alone
    hub_type="Hub",
    heard_status=204,
)


def bill_from_wire(wire: Mapping[str, Any]) -> Bill:
    """Return the bill that an object says. Raises ValueError where it has not even the shape of one."""
    return _BILLS.from_wire(wire)


def bill_to_wire(bill: Bill, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v5 says a bill; `base` is the face's absolute address."""
    return _BILLS.to_wire(bill, base)


def bill_patch_from_wire(stored: Bill, patch: Mapping[str, Any]) -> Bill:
    """Return the bill as a merge patch wants it; only `state` and `billCycle` can change. Raises FaceError."""
    return changed(_BILLS, stored, patch)


def rate_from_wire(wire: Mapping[str, Any]) -> AppliedRate:
    """Return the applied rate that an object says. Raises ValueError."""
    return _RATES.from_wire(wire)


def rate_to_wire(rate: AppliedRate, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v5 says an applied rate."""
    return _RATES.to_wire(rate, base)


def on_demand_from_wire(wire: Mapping[str, Any]) -> OnDemandBill:
    """Return the request for a bill that a body says. Raises ValueError."""
    return _ON_DEMAND.from_wire(wire)


def on_demand_to_wire(bill: OnDemandBill, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v5 says a request for a bill."""
    return _ON_DEMAND.to_wire(bill, base)


def event_to_wire(event: Event, base: str = SPOKE.base) -> dict[str, Any] | None:
    """Return the notification of an event, None where v5 has no such event."""
    return SPOKE.event_to_wire(event, base)


def wire_path(path: str) -> str:
    """Return a canonical path of a bill, or of what is named before it (`rates[0].net` …), as v5 says it."""
    for root, shape in (("rates", RATE), ("rate", RATE), ("on_demand", ON_DEMAND)):
        if path.partition(".")[0].partition("[")[0] == root:
            return wire_path_of(shape, path, roots=(root,))
    return wire_path_of(BILL, path, roots=("bills", "bill"))
