"""ACT-003: an item that ended otherwise than its services."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import OrderState
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_enabling

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line, ServiceLine

_ENDED_WELL = frozenset({OrderState.COMPLETED, OrderState.PARTIAL})
_ENDED_BADLY = frozenset({OrderState.FAILED, OrderState.CANCELLED, OrderState.REJECTED})


@rule(
    "ACT-003",
    gate=Gate.BUILD_TO_ACTIVATION,
    severity=Severity.HOLD,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=9,
)
def outcomes_that_disagree(ctx: "Context") -> Iterator[Problem]:
    """A product order item and the services that it is made of ended differently.

    What it checks: an item is completed only when its services are; an item that failed or was cancelled left no
    completed service behind, unless that service was ceased again.
    Why it matters: two systems with two truths give service that nobody pays, or bills for nothing.
    Passes: item and service order item are both completed.
    Fails: the service order item failed and the item is completed.
    Harmless look-alike: a service that failed and was replaced by another of its kind, which is completed.
    How to fix: ask both systems what was really delivered, and correct the one that is wrong.
    """
    for line in ctx.lines:
        services = [one for one in ctx.services_of(line.item.id) if not is_enabling(ctx, one.item)]
        state = line.item.state or (ctx.order.state if ctx.order and not line.parent else None)
        if not services or state is None:
            continue
        if state is OrderState.COMPLETED:
            yield from _unfinished(line, services)
        elif state in _ENDED_BADLY and all(one.state is OrderState.COMPLETED for one in services):
            subject = line.item.subject
            if ctx.seen("service.ceased", subject) is None and ctx.seen("resource.released", subject) is None:
                yield Problem(
                    f"{line.path}.state",
                    f"item {line.item.id} is {state}, but its service is completed",
                    related=(f"{services[0].path}.state",),
                )


def _unfinished(line: "Line", services: Sequence["ServiceLine"]) -> Iterator[Problem]:
    done = {_kind(one) for one in services if one.state in _ENDED_WELL}
    for one in services:
        if one.state is None or one.state in _ENDED_WELL or _kind(one) in done:
            continue
        yield Problem(
            f"{one.path}.state",
            f"item {line.item.id} is completed, but its service order item {one.item.id} is {one.state}",
            related=(f"{line.path}.state",),
        )


def _kind(one: "ServiceLine") -> str:
    service = one.item.service
    if service is None or service.specification is None:
        return one.path
    return service.specification.id
