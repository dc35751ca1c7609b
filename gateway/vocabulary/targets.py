"""What a vocabulary may translate into: the canonical value sets, by the name that a table's `target` gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.canonical import machines
from gateway.canonical.money import CURRENCY_EXPONENTS
from gateway.canonical.quantity import UNITS
from gateway.canonical.states import (
    BLOCKED_BY,
    FINAL_ORDER_STATES,
    BillState,
    OnDemandState,
    OrderState,
    ProductStatus,
    ServiceState,
    TaskState,
)
from gateway.vocabulary.actions import ACTIONS
from gateway.vocabulary.taxes import TaxBasis

__all__ = ["FIELDS", "PROFILE", "TARGETS", "Target"]

PROFILE = "canonical.rate-profile"
"""The target of tables whose codes stand for several rates at once (`FTTH_500_50`)."""

FIELDS = "canonical.fields"
"""The target of tables that say how the fields of a system are written: dates, sums, numbers, identifiers."""


@dataclass(frozen=True, slots=True)
class Target:
    """A value set. `values` None is open. Of states also what each one means, so that a table cannot change it.

    `unsaid` are the values that a face has no word for; `machine` says which value may follow which.
    """

    values: frozenset[str] | None
    is_state: bool = False
    final: frozenset[str] = frozenset()
    blocked_by: Mapping[str, str] = field(default_factory=dict)
    billable: frozenset[str] = frozenset()
    machine: Mapping[str, frozenset[str]] | None = None
    unsaid: Mapping[str, frozenset[str]] = field(default_factory=dict)
    dimension: str | None = None


def _values(enum: type[StrEnum]) -> frozenset[str]:
    return frozenset(member.value for member in enum)


def _units(dimension: str) -> Target:
    return Target(frozenset(unit for unit, (kind, _) in UNITS.items() if kind == dimension), dimension=dimension)


def _machine(table: Mapping[StrEnum, frozenset[StrEnum]]) -> Mapping[str, frozenset[str]]:
    return {state.value: frozenset(one.value for one in following) for state, following in table.items()}


_NOT_IN_V4 = frozenset({OrderState.DRAFT.value, OrderState.ACCEPTED.value})
_TASKS_NOT_IN_V4 = frozenset({TaskState.REJECTED.value, TaskState.CANCELLED.value})

TARGETS: Mapping[str, Target] = {
    "canonical.order-state": Target(
        _values(OrderState),
        is_state=True,
        final=frozenset(FINAL_ORDER_STATES),
        blocked_by={state.value: by.value for state, by in BLOCKED_BY.items()},
        billable=frozenset({OrderState.COMPLETED, OrderState.PARTIAL}),
        machine=_machine(machines.ORDER),
        unsaid={"tmf622-v4": _NOT_IN_V4, "tmf641-v4": _NOT_IN_V4},
    ),
    "canonical.service-state": Target(
        _values(ServiceState),
        is_state=True,
        final=frozenset({ServiceState.TERMINATED}),
        billable=frozenset({ServiceState.ACTIVE}),
        machine=_machine(machines.SERVICE),
        unsaid={"tmf641-v4": frozenset({ServiceState.SUSPENDED.value})},
    ),
    "canonical.product-status": Target(
        _values(ProductStatus),
        is_state=True,
        final=frozenset({ProductStatus.CANCELLED, ProductStatus.TERMINATED, ProductStatus.ABORTED}),
        billable=frozenset({ProductStatus.ACTIVE, ProductStatus.PENDING_TERMINATE}),
        machine=_machine(machines.PRODUCT),
    ),
    "canonical.bill-state": Target(
        _values(BillState), is_state=True, final=frozenset({BillState.SETTLED}), machine=_machine(machines.BILL)
    ),
    "canonical.task-state": Target(
        _values(TaskState),
        is_state=True,
        final=frozenset({TaskState.DONE, TaskState.TERMINATED_WITH_ERROR, TaskState.REJECTED, TaskState.CANCELLED}),
        machine=_machine(machines.TASK),
        unsaid={
            "tmf622-v4": _TASKS_NOT_IN_V4 | {TaskState.ACCEPTED.value},
            "tmf641-v4": _TASKS_NOT_IN_V4 | {TaskState.ACKNOWLEDGED.value},
        },
    ),
    "canonical.on-demand-state": Target(
        _values(OnDemandState),
        is_state=True,
        final=frozenset({OnDemandState.DONE, OnDemandState.REJECTED, OnDemandState.TERMINATED_WITH_ERROR}),
        machine=_machine(machines.ON_DEMAND),
    ),
    "canonical.account-status": Target(frozenset(machines.ACCOUNT), machine=machines.ACCOUNT),
    "canonical.item-action": Target(frozenset(ACTIONS)),
    "canonical.flag": Target(frozenset({"true", "false", "unknown"})),
    "canonical.party-role": Target(frozenset({"customer", "payer", "seller", "user", "contact"})),
    "canonical.price-type": Target(frozenset({"recurring", "nonRecurring", "usage"})),
    "canonical.rate-type": Target(frozenset({"recurring", "nonRecurring", "usage", "discount", "credit", "fee"})),
    "canonical.period": Target(frozenset({"day", "week", "month", "quarter", "year"})),
    "canonical.evidence-kind": Target(frozenset({"photo", "lightLevel", "serial", "test", "signature"})),
    "canonical.currency": Target(frozenset(CURRENCY_EXPONENTS)),
    "canonical.tax-basis": Target(_values(TaxBasis)),
    "canonical.resource-kind": Target(frozenset({"port", "number", "iccid", "ipv4"})),
    "canonical.address-role": Target(frozenset({"installation", "billing", "delivery", "contact"})),
    "canonical.rate-unit": _units("rate"),
    "canonical.data-unit": _units("data"),
    "canonical.level-unit": _units("level"),
    PROFILE: Target(None),
    FIELDS: Target(None),
    "landscape.specification": Target(None),  # ids of the landscape's own service specifications
    "landscape.technology": Target(None),
}
"""Name → value set."""
