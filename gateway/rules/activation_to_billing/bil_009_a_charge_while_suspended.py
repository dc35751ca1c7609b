"""BIL-009: what rests costs nothing."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.charges import charges, covered, is_corrected
from gateway.rules.context import Context, Line
from gateway.rules.delivery import happened
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
        included, and does not cover the day before it was resumed.
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
        fact = ctx.seen(predicate, line.item.subject) if predicate is not None else None
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
            yield Problem(path, reason, (ctx.statements(predicate, line.item.subject)[0].path,))


def _before(ctx: Context, line: Line, predicate: str, day: str) -> Iterator[Problem]:
    for path, start, end in _charged(ctx, line):
        if start < day <= end:
            reason = f"item {line.item.id} was resumed on {day}, but is charged from {start}"
            yield Problem(path, reason, (ctx.statements(predicate, line.item.subject)[0].path,))


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
