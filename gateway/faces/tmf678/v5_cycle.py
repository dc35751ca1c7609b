"""TMF678 v5.0: the table of a billing cycle, which v4 does not have."""

from gateway.canonical.bill import BillCycle
from gateway.faces.common_v5 import PERIOD, ref
from gateway.faces.rows import Computed, Instant, One
from gateway.faces.typed_shape import TypedShape

__all__ = ["CYCLE"]

CYCLE = TypedShape(
    BillCycle,
    {
        "id": "id",
        "href": Computed(),
        "name": "name",
        "description": "description",
        "billingDate": Instant("billing_date"),
        "billingPeriod": "billing_period",
        "chargeDate": Instant("charge_date"),
        "creditDate": Instant("credit_date"),
        "mailingDate": Instant("mailing_date"),
        "paymentDueDate": Instant("due_date"),
        "BillCycleSpecification": One("specification", shape=ref("BillCycleSpecificationRef")),  # with a capital
        "validFor": One("valid_for", shape=PERIOD),
    },
    word="BillCycle",
)
