"""BIL-009: what rests costs nothing."""

from collections.abc import Iterator
from datetime import date

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.amounts import quantum
from gateway.rules.charges import charges, covered, credited, is_corrected
from gateway.rules.context import Context, Line
from gateway.rules.delivery import happened
from gateway.rules.prices import bases, share
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_resumption, is_suspension

__all__ = ["a_charge_while_suspended"]


@rule(
    "BIL-009",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "rates"),
    since="0.1",
    level=9,
    params=("proration", "grace_minutes"),
)
def a_charge_while_suspended(ctx: Context) -> Iterator[Problem]:
    """A suspended product is not charged.

    What it checks: a recurring charge ends at the latest on the day on which its product was suspended, that day not
        included, and does not cover the day before it was resumed; one that covers days between the two costs nothing
        for them.
    Why it matters: the customer pays for what was switched off, and wants it back.
    Passes: suspended on the 9th, charged to the 8th.
    Fails: suspended on the 9th, charged for the whole month.
    Harmless look-alike: a fee for keeping the line; a charge of nothing; days that were credited; a policy without
        proration, by which the month is charged as a whole; a charge from the day of the resumption on.
    How to fix: cut the charge at the day of the suspension, or credit the days after it.
    """
    for line in ctx.live:
        if ctx.policy_for(line).proration == "none":
            continue
        predicate = "service.suspended" if is_suspension(line.item) else None
        predicate = "service.resumed" if is_resumption(ctx, line.item) else predicate
        fact = ctx.seen(predicate, line.subject) if predicate is not None else None
        if predicate is None and line.item.action is not ItemAction.DELETE:
            yield from _within(ctx, line)
        if fact is None:
            continue
        moment = happened(ctx, fact)
        if predicate == "service.suspended":
            yield from _after(ctx, line, fact.predicate, ctx.day(moment + ctx.grace_for(line)).isoformat())
        else:
            yield from _before(ctx, line, fact.predicate, ctx.day(moment - ctx.grace_for(line)).isoformat())


def _after(ctx: Context, line: Line, predicate: str, day: str) -> Iterator[Problem]:
    for path, _, end in _charged(ctx, line):
        if end > day:
            reason = f"item {line.item.id} was suspended on {day}, but is charged to {end}"
            yield Problem(path, reason, (ctx.statements(predicate, line.subject)[0].path,))


def _before(ctx: Context, line: Line, predicate: str, day: str) -> Iterator[Problem]:
    for path, start, end in _charged(ctx, line):
        if start < day <= end:
            reason = f"item {line.item.id} was resumed on {day}, but is charged from {start}"
            yield Problem(path, reason, (ctx.statements(predicate, line.subject)[0].path,))


def _within(ctx: Context, line: Line) -> Iterator[Problem]:
    """Charges of a product that was suspended for a time, or still is, by more than its other days cost."""
    for first, last, where in _rests(ctx, line):
        for charge in charges(ctx):
            start, end = covered(ctx, charge.rate)
            net = charge.rate.net
            if charge.line is None or charge.line.item is not line.item or charge.kind != "recurring" or net is None:
                continue
            if start is None or end is None or net.amount == 0:
                continue
            free = max(start, first), min(end, last or end)
            if free[0] >= free[1]:
                continue
            days = share(ctx.policy_for(None).proration, start, end) - share(ctx.policy_for(None).proration, *free)
            right = [amount * days for amount, currency in bases(ctx, line, "recurring") if currency == net.currency]
            if right and net.amount - credited(ctx, charge.rate) > max(right) + quantum(net.currency):
                reason = f"item {line.item.id} rested from {free[0]} to {free[1]}, but these days are charged"
                yield Problem(f"{charge.path}.net", reason, (where,))


def _rests(ctx: Context, line: Line) -> Iterator[tuple[date, date | None, str]]:
    """Yield the days on which a product was suspended and resumed, and where the suspension is stated."""
    back = sorted(happened(ctx, one.fact) for one in ctx.statements("service.resumed", line.subject))
    for path, fact in ctx.statements("service.suspended", line.subject):
        moment = happened(ctx, fact)
        again = next((one for one in back if one > moment), None)
        yield (
            ctx.day(moment + ctx.grace_for(None)),
            None if again is None else ctx.day(again - ctx.grace_for(None)),
            path,
        )


def _charged(ctx: Context, line: Line) -> Iterator[tuple[str, str, str]]:
    """Yield path, first and end day of an item's recurring charges that cost something and were not corrected."""
    for charge in charges(ctx):
        rate = charge.rate
        start, end = covered(ctx, rate)
        if charge.line is None or charge.line.item is not line.item or charge.kind != "recurring":
            continue
        if start is None or end is None or not rate.net or rate.net.amount == 0 or is_corrected(ctx, rate):
            continue
        yield f"{charge.path}.period_cover", start.isoformat(), end.isoformat()
