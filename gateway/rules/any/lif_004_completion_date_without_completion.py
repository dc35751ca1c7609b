"""LIF-004: a completion date of what is not complete."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Severity
from gateway.canonical.states import OrderState
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_DONE = frozenset({OrderState.COMPLETED, OrderState.PARTIAL})


@rule(
    "LIF-004",
    gate=None,
    severity=Severity.REJECT,
    reads=("product_order|service_orders",),
    since="0.1",
    level=4,
)
def completion_date_without_completion(ctx: "Context") -> Iterator[Problem]:
    """An order that is not completed has a completion date.

    What it checks: only orders and service orders that are completed or partial have a completion date.
    Why it matters: revenue is counted from that date.
    Passes: completed, with a date.
    Fails: in progress, with a date.
    Harmless look-alike: an expected completion date; a partial order with a date.
    How to fix: take the date out, or send the event that completed the order.
    """
    order = ctx.order
    if order is not None and order.completion_date is not None and order.state is not None and order.state not in _DONE:
        words = f"the order is {order.state}, but it has a completion date"
        yield Problem("product_order.completion_date", words, related=("product_order.state",))
    for number, built in enumerate(ctx.trace.service_orders or ()):
        if built.completion_date is not None and built.state is not None and built.state not in _DONE:
            path = f"service_orders[{number}]"
            words = f"service order {built.id} is {built.state}, but it has a completion date"
            yield Problem(f"{path}.completion_date", words, related=(f"{path}.state",))
