"""LIF-008: cancelled everywhere."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction, OrderState
from gateway.rules.context import DEAD_STATES, Context
from gateway.rules.rule import Problem, rule

__all__ = ["cancelled_but_still_built"]

_ENDED = frozenset({OrderState.COMPLETED, OrderState.PARTIAL})


@rule(
    "LIF-008",
    gate=Gate.BUILD_TO_ACTIVATION,
    severity=Severity.HOLD,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=9,
)
def cancelled_but_still_built(ctx: Context) -> Iterator[Problem]:
    """An item is cancelled only when its service items are cancelled or undone.

    What it checks: no service order item of a cancelled product order item is still open; none is completed without
        being undone by a delete, by service.ceased or, where it is not said to be active, by resource.released.
    Why it matters: a service runs that nobody ordered and nobody pays.
    Passes: both are cancelled.
    Fails: the product order is cancelled, its service order goes on.
    Harmless look-alike: a service item that failed; one that was completed and ceased again; a cancellation that is
        still being assessed.
    How to fix: cancel the service order, or cease what it built.
    """
    order = ctx.order
    if order is None:
        return
    for line in ctx.lines:
        if line.item.action is not ItemAction.ADD or OrderState.CANCELLED not in {line.item.state, order.state}:
            continue
        subject = line.item.subject
        services = ctx.services_of(line.item.id)
        ceased = ctx.seen("service.ceased", subject) is not None or any(
            one.item.action is ItemAction.DELETE for one in services
        )
        released = ctx.seen("resource.released", subject) is not None
        for service in services:
            runs = service.item.service is not None and (service.item.service.state or "").lower() == "active"
            done = service.state in _ENDED and (ceased or (released and not runs))
            if service.state not in {None, *DEAD_STATES} and not done and service.item.action is not ItemAction.DELETE:
                said = f"item {line.item.id} is cancelled, but its service item {service.item.id} is {service.state}"
                yield Problem(service.path, said, (line.path,))
