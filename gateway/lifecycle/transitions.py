"""Which state may follow which, by kind of resource. Nothing else in the gateway decides that a state may change."""

from collections.abc import Mapping
from enum import StrEnum

from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.machines import BILL, ON_DEMAND, ORDER, TASK
from gateway.ports.errors import IllegalTransition

__all__ = ["MACHINES", "allowed", "require"]

MACHINES: Mapping[ResourceKind, Mapping[StrEnum, frozenset[StrEnum]]] = {
    ResourceKind.PRODUCT_ORDER: ORDER,
    ResourceKind.SERVICE_ORDER: ORDER,
    ResourceKind.CANCEL_PRODUCT_ORDER: TASK,
    ResourceKind.CANCEL_SERVICE_ORDER: TASK,
    ResourceKind.CUSTOMER_BILL: BILL,
    ResourceKind.ON_DEMAND_BILL: ON_DEMAND,
}


def allowed(kind: ResourceKind, present: StrEnum) -> frozenset[StrEnum]:
    """Return the states that may follow the present one; empty where it is final."""
    return MACHINES[kind][present]


def require(kind: ResourceKind, present: StrEnum, wanted: StrEnum) -> None:
    """Do nothing where `wanted` may follow `present` or is the same. Raises IllegalTransition."""
    if wanted != present and wanted not in allowed(kind, present):
        raise IllegalTransition(present, wanted, tuple(allowed(kind, present)))
