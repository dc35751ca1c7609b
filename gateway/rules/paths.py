"""Canonical paths (`service_orders[0].items[1].service`) and the gate at which the part that a path names is there."""

import re
from collections.abc import Sequence

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Gate

__all__ = ["PART_GATE", "PREDICATE_GATE", "fact_at", "gate_of"]

PREDICATE_GATE: dict[str, Gate] = {
    predicate: gate
    for gate, predicates in (
        (
            Gate.INTAKE,
            (
                "party.identified account.open offer.valid address.resolved site.qualified price.agreed credit.ok "
                "order.accepted"
            ),
        ),
        (
            Gate.ORDER_TO_BUILD,
            (
                "decomposition.complete resource.reserved appointment.booked selfinstall.chosen permit.granted "
                "build.released"
            ),
        ),
        (
            Gate.BUILD_TO_ACTIVATION,
            (
                "field.completed device.bound resource.assigned service.ready service.activated service.suspended "
                "service.resumed service.ceased resource.released"
            ),
        ),
        (Gate.ACTIVATION_TO_BILLING, "acceptance.given charge.started rate.created"),
        (Gate.BILLING_TO_CLOSE, "bill.balanced bill.sent ledger.posted"),
    )
    for predicate in predicates.split()
}
"""At which gate each fact is required, and so the first gate at which it can be there."""

PART_GATE: dict[str, Gate] = {
    "product_order": Gate.INTAKE,
    "reference": Gate.INTAKE,
    "history": Gate.INTAKE,
    "others": Gate.INTAKE,
    "service_orders": Gate.ORDER_TO_BUILD,
    "rates": Gate.ACTIVATION_TO_BILLING,
    "bills": Gate.BILLING_TO_CLOSE,
    "ledger": Gate.BILLING_TO_CLOSE,
}

_HEAD = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")


def gate_of(path: str, facts: Sequence[Fact], *, outside: bool) -> Gate:
    """Return the first gate at which what `path` names is there.

    `outside` says that the trace is rooted in a service order: then the service order is what intake sees.
    """
    head = _HEAD.match(path)
    if head is None:
        return Gate.INTAKE
    part, index = head.groups()
    if part == "facts" and index is not None and int(index) < len(facts):
        return PREDICATE_GATE.get(facts[int(index)].predicate, Gate.INTAKE)
    if part == "service_orders" and outside:
        return Gate.INTAKE
    return PART_GATE.get(part, Gate.INTAKE)


def fact_at(path: str, facts: Sequence[Fact]) -> Fact | None:
    """Return the fact that a path leads into, or None where it leads elsewhere."""
    head = _HEAD.match(path)
    if head is None or head[1] != "facts" or head[2] is None or int(head[2]) >= len(facts):
        return None
    return facts[int(head[2])]
