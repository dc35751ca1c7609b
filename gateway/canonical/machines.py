"""Which state may follow which, as tables: of orders, tasks, bills, services, products and accounts.

Source: the state diagrams of TMF622, TMF641 and TMF678; a provider may also time out what waits for a customer.
"""

from collections.abc import Mapping
from enum import StrEnum

from gateway.canonical.states import BillState, OnDemandState, OrderState, ProductStatus, ServiceState, TaskState

__all__ = ["ACCOUNT", "BILL", "ON_DEMAND", "ORDER", "PRODUCT", "SERVICE", "TASK"]

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

_V = ServiceState
SERVICE: Mapping[StrEnum, frozenset[ServiceState]] = {
    _V.FEASIBILITY_CHECKED: frozenset({_V.DESIGNED, _V.RESERVED, _V.TERMINATED}),
    _V.DESIGNED: frozenset({_V.RESERVED, _V.INACTIVE, _V.ACTIVE, _V.TERMINATED}),
    _V.RESERVED: frozenset({_V.INACTIVE, _V.ACTIVE, _V.TERMINATED}),
    _V.INACTIVE: frozenset({_V.ACTIVE, _V.SUSPENDED, _V.TERMINATED}),
    _V.ACTIVE: frozenset({_V.INACTIVE, _V.SUSPENDED, _V.TERMINATED}),
    _V.SUSPENDED: frozenset({_V.ACTIVE, _V.INACTIVE, _V.TERMINATED}),
    _V.TERMINATED: frozenset(),
}

_P = ProductStatus
PRODUCT: Mapping[StrEnum, frozenset[ProductStatus]] = {
    _P.CREATED: frozenset({_P.PENDING_ACTIVE, _P.ACTIVE, _P.CANCELLED, _P.ABORTED}),
    _P.PENDING_ACTIVE: frozenset({_P.ACTIVE, _P.CANCELLED, _P.ABORTED}),
    _P.ACTIVE: frozenset({_P.SUSPENDED, _P.PENDING_TERMINATE, _P.TERMINATED}),
    _P.SUSPENDED: frozenset({_P.ACTIVE, _P.PENDING_TERMINATE, _P.TERMINATED}),
    _P.PENDING_TERMINATE: frozenset({_P.ACTIVE, _P.TERMINATED}),
    _P.TERMINATED: frozenset(),
    _P.CANCELLED: frozenset(),
    _P.ABORTED: frozenset(),
}

ACCOUNT: Mapping[str, frozenset[str]] = {
    "open": frozenset({"suspended", "closed"}),
    "suspended": frozenset({"open", "closed"}),
    "closed": frozenset(),
}
