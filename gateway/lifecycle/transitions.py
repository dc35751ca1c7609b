"""Which state may follow which, as tables. Nothing else in the gateway decides that a state may change.

Source: the state diagrams of TMF622, TMF641 and TMF678; a provider may also time out what waits for a customer.
"""

from collections.abc import Mapping
from enum import StrEnum

from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.states import BillState, OnDemandState, OrderState, TaskState
from gateway.ports.errors import IllegalTransition

__all__ = ["MACHINES", "allowed", "require"]

_S = OrderState
_FINAL: frozenset[OrderState] = frozenset()
_CANCELLABLE = frozenset({_S.ASSESSING_CANCELLATION, _S.PENDING_CANCELLATION})

ORDER: Mapping[StrEnum, frozenset[OrderState]] = {
    _S.DRAFT: frozenset({_S.ACKNOWLEDGED, _S.CANCELLED}),
    _S.ACKNOWLEDGED: frozenset(
        {_S.ACCEPTED, _S.IN_PROGRESS, _S.REJECTED, _S.PENDING, _S.HELD, _S.ASSESSING_CANCELLATION, _S.CANCELLED}
    ),
    _S.ACCEPTED: frozenset({_S.IN_PROGRESS, _S.PENDING, _S.HELD, _S.ASSESSING_CANCELLATION, _S.FAILED}),
    _S.IN_PROGRESS: frozenset({_S.PENDING, _S.HELD, _S.COMPLETED, _S.PARTIAL, _S.FAILED}) | _CANCELLABLE,
    # What was held at intake is refused there too, when the fact that arrives says no.
    _S.PENDING: frozenset({_S.IN_PROGRESS, _S.HELD, _S.FAILED, _S.REJECTED}) | _CANCELLABLE,
    _S.HELD: frozenset({_S.IN_PROGRESS, _S.PENDING, _S.FAILED, _S.REJECTED}) | _CANCELLABLE,
    _S.ASSESSING_CANCELLATION: frozenset(
        {_S.PENDING_CANCELLATION, _S.ACKNOWLEDGED, _S.IN_PROGRESS, _S.PENDING, _S.HELD}
    ),
    _S.PENDING_CANCELLATION: frozenset({_S.CANCELLED, _S.ASSESSING_CANCELLATION}),
    _S.REJECTED: _FINAL,
    _S.CANCELLED: _FINAL,
    _S.COMPLETED: _FINAL,
    _S.PARTIAL: _FINAL,
    _S.FAILED: _FINAL,
}

_T = TaskState
TASK: Mapping[StrEnum, frozenset[TaskState]] = {
    _T.ACKNOWLEDGED: frozenset({_T.IN_PROGRESS, _T.REJECTED, _T.CANCELLED, _T.TERMINATED_WITH_ERROR}),
    _T.ACCEPTED: frozenset({_T.IN_PROGRESS, _T.REJECTED, _T.CANCELLED, _T.TERMINATED_WITH_ERROR}),
    _T.IN_PROGRESS: frozenset({_T.DONE, _T.TERMINATED_WITH_ERROR}),
    _T.DONE: frozenset(),
    _T.TERMINATED_WITH_ERROR: frozenset(),
    _T.REJECTED: frozenset(),
    _T.CANCELLED: frozenset(),
}

_B = BillState
BILL: Mapping[StrEnum, frozenset[BillState]] = {
    _B.NEW: frozenset({_B.VALIDATED, _B.ON_HOLD}),
    _B.VALIDATED: frozenset({_B.SENT, _B.ON_HOLD}),
    _B.SENT: frozenset({_B.PARTIALLY_PAID, _B.SETTLED, _B.ON_HOLD}),
    _B.PARTIALLY_PAID: frozenset({_B.SETTLED, _B.ON_HOLD}),
    _B.ON_HOLD: frozenset({_B.NEW, _B.VALIDATED}),
    _B.SETTLED: frozenset(),
}

_D = OnDemandState
ON_DEMAND: Mapping[StrEnum, frozenset[OnDemandState]] = {
    _D.IN_PROGRESS: frozenset({_D.DONE, _D.REJECTED, _D.TERMINATED_WITH_ERROR}),
    _D.DONE: frozenset(),
    _D.REJECTED: frozenset(),
    _D.TERMINATED_WITH_ERROR: frozenset(),
}

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
