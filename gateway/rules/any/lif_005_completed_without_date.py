"""LIF-005: a completed order without the date from which billing counts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Severity
from gateway.canonical.states import OrderState
from gateway.rules.context import DEAD_STATES
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("LIF-005", gate=None, severity=Severity.HOLD, reads=("product_order",), since="0.1", level=4)
def completed_without_date(ctx: "Context") -> Iterator[Problem]:
    """The order is completed and has no completion date, or it ended badly and has one.

    What it checks: a completed order has a completion date; one that is cancelled, rejected or failed has none.
    Why it matters: billing and guarantees count from that date.
    Passes: completed, with a date.
    Fails: completed, without one.
    Harmless look-alike: an order in progress without an expected date.
    How to fix: set the date of the last activation; of a cancelled order the cancellation date is enough.
    """
    order = ctx.order
    if order is None:
        return
    if order.state is OrderState.COMPLETED and order.completion_date is None:
        yield Problem("product_order.state", "the order is completed, but it has no completion date")
    elif order.state in DEAD_STATES and order.completion_date is not None:
        words = f"the order is {order.state}, but it has a completion date"
        yield Problem("product_order.completion_date", words, related=("product_order.state",))
