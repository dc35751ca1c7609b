"""BIL-010: what ended costs nothing more."""

from collections.abc import Iterator
from datetime import date

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.amounts import quantum
from gateway.rules.charges import Charge, charges, covered, credited, is_corrected
from gateway.rules.context import Context, Line
from gateway.rules.delivery import happened
from gateway.rules.prices import bases, share
from gateway.rules.rule import Problem, rule
from gateway.rules.times import end_of_month

__all__ = ["a_charge_after_the_end"]


@rule(
    "BIL-010",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "rates"),
    since="0.1",
    level=9,
    params=("proration", "grace_minutes"),
)
def a_charge_after_the_end(ctx: Context) -> Iterator[Problem]:
    """Charges stop with the day of the cease.

    What it checks: a recurring charge of a product that was ceased ends at the latest on the day of service.ceased,
        that day not included; by a policy without proration, with the month of it.
    Why it matters: a customer who left still pays, and tells others.
    Passes: ceased on the 9th, charged to the 8th.
    Fails: ceased on the 9th of March, charged for April.
    Harmless look-alike: a fee for leaving early; days after the end that were credited; clocks on both sides of
        midnight.
    How to fix: cut the last charge at the day of the cease, or credit the days after it.
    """
    for line in ctx.live:
        ceased = ctx.seen("service.ceased", line.subject)
        if ceased is None:
            continue
        day = ctx.day(happened(ctx, ceased) + ctx.grace_for(line))
        last = end_of_month(day) if ctx.policy_for(line).proration == "none" else day
        for charge in charges(ctx):
            rate = charge.rate
            if charge.line is None or charge.line.item is not line.item or charge.kind != "recurring":
                continue
            _, end = covered(ctx, rate)
            if end is None or end <= last or not rate.net or rate.net.amount == 0:
                continue
            if _is_given_back(ctx, charge, charge.line, last):
                continue
            reason = f"item {line.item.id} ceased on {day}, but is charged to {end}"
            where = ctx.statements("service.ceased", line.subject)[0].path
            yield Problem(f"{charge.path}.period_cover", reason, (where,))


def _is_given_back(ctx: Context, charge: Charge, line: Line, last: date) -> bool:
    """Whether credits give back what the days after the end cost; any credit, where nobody can tell what that is."""
    rate, (start, end) = charge.rate, covered(ctx, charge.rate)
    prices = [
        amount for amount, currency in bases(ctx, line, "recurring") if rate.net and currency == rate.net.currency
    ]
    if (
        not is_corrected(ctx, rate)
        or not prices
        or start is None
        or end is None
        or ctx.policy_for(None).proration == "none"
    ):
        return is_corrected(ctx, rate)
    days = share(ctx.policy_for(None).proration, max(start, last), end)
    return credited(ctx, rate) + quantum(rate.net.currency if rate.net else "") >= min(prices) * days
