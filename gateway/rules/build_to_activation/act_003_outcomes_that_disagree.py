"""ACT-003: an item that ended otherwise than its services."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import OrderState
from gateway.rules.delivery import outcome_of
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_enabling

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line, ServiceLine

_ENDED_WELL = frozenset({OrderState.COMPLETED, OrderState.PARTIAL})
_WRONG = {
    "service.activated": frozenset({"terminated", "inactive"}),
    "service.resumed": frozenset({"terminated", "inactive"}),
    "service.suspended": frozenset({"active", "terminated"}),
    "service.ceased": frozenset({"active"}),
}
"""The states that a service is not in once an item is completed whose work is done with that fact."""

_ENDS = ("service.suspended", "service.ceased")
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

    What it checks: an item is completed only when its services are, and none of them is in a state that is against what
    was asked: terminated or inactive after an add or a resumption, active after a cease or a suspension; an item that
    failed or was cancelled left no completed service behind, unless that service was ceased again.
    Why it matters: two systems with two truths give service that nobody pays, or bills for nothing.
    Passes: item and service order item are both completed.
    Fails: the service order item failed and the item is completed; the item ceased and its service is active.
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
            yield from _against_the_wish(ctx, line, services)
        elif state in _ENDED_BADLY and all(one.state is OrderState.COMPLETED for one in services):
            subject = line.subject
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


def _against_the_wish(ctx: "Context", line: "Line", services: Sequence["ServiceLine"]) -> Iterator[Problem]:
    wrong = _WRONG.get(outcome_of(ctx, line), frozenset())
    if any(ctx.seen(predicate, line.subject) for predicate in _ENDS) and "active" not in wrong:
        return
    for one in services:
        state = ((one.item.service.state if one.item.service else None) or "").strip().lower()
        if state in wrong and one.state in _ENDED_WELL and one.item.action is line.item.action:
            words = f"item {line.item.id} is completed, but its service is {state}"
            yield Problem(f"{one.path}.service.state", words, related=(f"{line.path}.state",))


def _kind(one: "ServiceLine") -> str:
    service = one.item.service
    if service is None or service.specification is None:
        return one.path
    return service.specification.id
