"""BIL-002: a service that runs and that nobody charges."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.charges import charges, charges_of
from gateway.rules.delivery import activation
from gateway.rules.rule import Problem, rule
from gateway.rules.times import end_of_month
from gateway.rules.uncharged import late_bills, uncharged_days
from gateway.rules.work import is_charged

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule(
    "BIL-002",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "rates", "facts"),
    since="0.1",
    level=9,
    params=("bill_lag_days",),
)
def delivered_and_not_charged(ctx: "Context") -> Iterator[Problem]:
    """A service runs, costs something, and was not charged in time.

    What it checks: each live item with a price of its own that runs has a charge at the latest billLagDays after the
    end of the calendar month in which it was activated, and so has a product from the day on which it was changed or
    resumed; the charges of a product leave out no days up to the end of the month; they are on a bill that is made at
    the latest billLagDays after its period. Until then the gate waits for the charge.
    Why it matters: services that nobody bills are lost revenue, found years later if at all.
    Passes: activated on 9 March, charged in the run of 1 April.
    Fails: activated on 9 March, no charge in May; charged to 24 March only; the bill for March made on 20 April.
    Harmless look-alike: a free item, a free period, a part of a bundle that is not billed on its own; days without
    charge after a suspension or a cease; a bill that is not due yet.
    How to fix: create the charge from the day of activation; if the item is free, say so in its price.
    """
    yield from late_bills(ctx)
    if any(charge.line is None and charge.is_charge and charge.rate.product is None for charge in charges(ctx)):
        return
    yield from uncharged_days(ctx)
    for line in ctx.live:
        if not is_charged(ctx, line) or any(True for _ in charges_of(ctx, line)):
            continue
        start = activation(ctx, line)
        product = line.item.product.id if line.item.product is not None else None
        if start is None or (product is None and any(charge.line is None for charge in charges(ctx))):
            continue
        due = end_of_month(start.last) + timedelta(days=ctx.policy_for(line).bill_lag_days)
        if ctx.day(ctx.now) > due:
            words = f"item {line.item.id} runs since {start.last.isoformat()}, but is not charged by {due.isoformat()}"
            yield Problem(line.path, words, related=(start.path, "rates"))
