"""TMF678 (Customer Bill Management): which handler serves which operation. Cycles only where the version has them."""

from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.answer import Handler
from gateway.faces.operations import Parts

__all__ = ["handlers"]


def handlers(parts: Parts) -> dict[str, Handler]:
    """Return the handlers by operationId."""
    bills = parts.resources(ResourceKind.CUSTOMER_BILL)
    rates = parts.resources(ResourceKind.APPLIED_RATE)
    on_demand = parts.resources(ResourceKind.ON_DEMAND_BILL, parts.desk.request_bill)
    served = {
        "listCustomerBill": bills.list,
        "retrieveCustomerBill": bills.read,
        "patchCustomerBill": bills.change,
        "listAppliedCustomerBillingRate": rates.list,
        "retrieveAppliedCustomerBillingRate": rates.read,
        "listCustomerBillOnDemand": on_demand.list,
        "createCustomerBillOnDemand": on_demand.make,
        "retrieveCustomerBillOnDemand": on_demand.read,
    }
    if parts.spoke.resource(ResourceKind.BILL_CYCLE) is not None:
        cycles = parts.resources(ResourceKind.BILL_CYCLE)
        served |= {"listBillCycle": cycles.list, "retrieveBillCycle": cycles.read}
    return served | parts.events()
