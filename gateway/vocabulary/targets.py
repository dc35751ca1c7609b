"""What a vocabulary may translate into: the canonical value sets, by the name that a table's `target` gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.canonical.money import CURRENCY_EXPONENTS
from gateway.canonical.quantity import UNITS
from gateway.canonical.states import (
    BLOCKED_BY,
    FINAL_ORDER_STATES,
    BillState,
    ItemAction,
    OnDemandState,
    OrderState,
    ProductStatus,
    ServiceState,
    TaskState,
)

__all__ = ["PROFILE", "TARGETS", "Target"]

PROFILE = "canonical.rate-profile"
"""The target of tables whose codes stand for several rates at once (`FTTH_500_50`)."""


@dataclass(frozen=True, slots=True)
class Target:
    """A value set. `values` None is open. Of states also what each one means, so that a table cannot change it."""

    values: frozenset[str] | None
    is_state: bool = False
    final: frozenset[str] = frozenset()
    blocked_by: Mapping[str, str] = field(default_factory=dict)
    billable: frozenset[str] = frozenset()


def _values(enum: type[StrEnum]) -> frozenset[str]:
    return frozenset(member.value for member in enum)


def _units(dimension: str) -> Target:
    return Target(frozenset(unit for unit, (kind, _) in UNITS.items() if kind == dimension))


TARGETS: Mapping[str, Target] = {
    "canonical.order-state": Target(
        _values(OrderState),
        is_state=True,
        final=frozenset(FINAL_ORDER_STATES),
        blocked_by={state.value: by.value for state, by in BLOCKED_BY.items()},
        billable=frozenset({OrderState.COMPLETED, OrderState.PARTIAL}),
    ),
    "canonical.service-state": Target(
        _values(ServiceState),
        is_state=True,
        final=frozenset({ServiceState.TERMINATED}),
        billable=frozenset({ServiceState.ACTIVE}),
    ),
    "canonical.product-status": Target(
        _values(ProductStatus),
        is_state=True,
        final=frozenset({ProductStatus.CANCELLED, ProductStatus.TERMINATED, ProductStatus.ABORTED}),
        billable=frozenset({ProductStatus.ACTIVE, ProductStatus.PENDING_TERMINATE}),
    ),
    "canonical.bill-state": Target(_values(BillState), is_state=True, final=frozenset({BillState.SETTLED})),
    "canonical.task-state": Target(
        _values(TaskState),
        is_state=True,
        final=frozenset({TaskState.DONE, TaskState.TERMINATED_WITH_ERROR, TaskState.REJECTED, TaskState.CANCELLED}),
    ),
    "canonical.on-demand-state": Target(
        _values(OnDemandState),
        is_state=True,
        final=frozenset({OnDemandState.DONE, OnDemandState.REJECTED, OnDemandState.TERMINATED_WITH_ERROR}),
    ),
    "canonical.account-status": Target(frozenset({"open", "suspended", "closed"})),
    "canonical.item-action": Target(_values(ItemAction)),
    "canonical.flag": Target(frozenset({"true", "false", "unknown"})),
    "canonical.party-role": Target(frozenset({"customer", "payer", "seller", "user", "contact"})),
    "canonical.price-type": Target(frozenset({"recurring", "nonRecurring", "usage"})),
    "canonical.rate-type": Target(frozenset({"recurring", "nonRecurring", "usage", "discount", "credit", "fee"})),
    "canonical.period": Target(frozenset({"day", "week", "month", "quarter", "year"})),
    "canonical.evidence-kind": Target(frozenset({"photo", "lightLevel", "serial", "test", "signature"})),
    "canonical.currency": Target(frozenset(CURRENCY_EXPONENTS)),
    "canonical.resource-kind": Target(frozenset({"port", "number", "iccid", "ipv4"})),
    "canonical.rate-unit": _units("rate"),
    "canonical.data-unit": _units("data"),
    "canonical.level-unit": _units("level"),
    PROFILE: Target(None),
    "landscape.specification": Target(None),  # ids of the landscape's own service specifications
    "landscape.technology": Target(None),
}
"""Name → value set."""
