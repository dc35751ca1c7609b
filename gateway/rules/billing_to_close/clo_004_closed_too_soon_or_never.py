"""CLO-004: an order is over when its first bill is out."""

from collections.abc import Iterator
from datetime import date, timedelta

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import FINAL_ORDER_STATES, BillState, OrderState
from gateway.rules.charges import Charge, charges_of
from gateway.rules.context import Context, Line
from gateway.rules.delivery import Start, activation
from gateway.rules.rule import Problem, rule
from gateway.rules.times import end_of_month
from gateway.rules.work import is_charged

__all__ = ["closed_too_soon_or_never"]

_OUT = frozenset({BillState.SENT, BillState.PARTIALLY_PAID, BillState.SETTLED})
_CANCELLING = frozenset({OrderState.ASSESSING_CANCELLATION, OrderState.PENDING_CANCELLATION})


@rule(
    "CLO-004",
    gate=Gate.BILLING_TO_CLOSE,
    severity=Severity.WARN,
    reads=("product_order", "bills"),
    since="0.1",
    level=9,
    params=("bill_lag_days",),
)
def closed_too_soon_or_never(ctx: Context) -> Iterator[Problem]:
    """An order is closed when everything was delivered, charged and on a bill that was sent, and then it is.

    What it checks: the charges of a completed order are on a sent bill at the latest billLagDays after the month in
        which the service began; an order of which everything runs and is on sent bills is not open any more. An order
        is completed once it is delivered and need not wait for its bill, so only the time that passed counts.
    Why it matters: orders that are neither open nor closed are looked at by nobody, and some of them were never paid.
    Passes: delivered in March, on the bill of 1 April.
    Fails: delivered in March, on no bill in May; billed in April, still in progress in May.
    Harmless look-alike: the bill run that is a few days off; a free item; a bill on hold because of a dispute.
    How to fix: bill what is missing; complete the order whose bill is out.
    """
    order = ctx.order
    if order is None or order.state is None or order.state in _CANCELLING:
        return
    lines = [line for line in ctx.live if is_charged(ctx, line)]
    starts = [(line, activation(ctx, line)) for line in lines]
    if order.state is OrderState.COMPLETED:
        today = ctx.day(ctx.now)
        for line, start in starts:
            due = (
                end_of_month(start.last) + timedelta(days=ctx.policy_for(None).bill_lag_days)
                if start is not None
                else today
            )
            if start is not None and today > due:
                yield from _never_billed(ctx, line, start, due)
    elif order.state not in FINAL_ORDER_STATES and lines and all(start is not None for _, start in starts):
        out, rated = _sent(ctx), [list(charges_of(ctx, line)) for line in lines]
        if all(some and all(_bill(one) in out for one in some) for some in rated):
            related = tuple(f"bills[{number}]" for number, _ in enumerate(ctx.trace.bills or ()))
            reason = f"everything is delivered and billed, but the order is {order.state}"
            yield Problem("product_order.state", reason, related)


def _bill(charge: Charge) -> str | None:
    return charge.rate.bill.id if charge.rate.bill is not None else None


def _sent(ctx: Context) -> set[str]:
    """Bills that are out, or held back on purpose, and that is known."""
    return {
        bill.id
        for bill in ctx.trace.bills or ()
        if bill.state in _OUT or bill.state is BillState.ON_HOLD or ctx.seen("bill.sent", f"bill:{bill.id}") is not None
    }


def _never_billed(ctx: Context, line: Line, start: Start, due: date) -> Iterator[Problem]:
    mine, out = list(charges_of(ctx, line)), _sent(ctx)
    if not mine or any(_bill(one) in out for one in mine):
        return
    known = {bill.id for bill in ctx.trace.bills or ()}
    if known and any(_bill(one) not in {None, *known} for one in mine):
        return  # on a bill that is not part of the trace
    reason = f"item {line.item.id} runs since {start.last}, but no bill with its charge was sent by {due}"
    yield Problem(mine[0].path, reason, (line.path, "bills"))
