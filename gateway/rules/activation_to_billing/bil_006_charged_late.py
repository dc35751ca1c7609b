"""BIL-006: charging that starts after the service does, for no stated reason."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.charges import charges_of, covered
from gateway.rules.delivery import activation
from gateway.rules.rule import Problem, rule
from gateway.rules.times import read_date

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line


@rule(
    "BIL-006",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "facts"),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def charged_late(ctx: "Context") -> Iterator[Problem]:
    """Charging starts on a day after the service ran, and no free period was sold.

    What it checks: charge.started and the first recurring charge of an item begin on the day of activation.
    Why it matters: each day between the two is given away.
    Passes: activated and charged from 9 March.
    Fails: activated on 9 March, charged from 14 March.
    Harmless look-alike: a free period that the item's price names, or a reason in charge.started.
    How to fix: start the charge on the day of activation, or state the reason for the free days.
    """
    for line in ctx.live:
        start = activation(ctx, line) if line.item.action is ItemAction.ADD else None
        if start is None or _is_given(ctx, line):
            continue
        for path, fact in ctx.statements("charge.started", line.subject)[:1]:
            day = read_date(fact.value.get("date"), ctx.zone)
            if day is not None and day > start.last:
                words = (
                    f"item {line.item.id} runs since {start.last.isoformat()}, but its charge starts {day.isoformat()}"
                )
                yield Problem(f"{path}.value.date", words, related=(start.path,))
        begun = [
            (day, charge.path)
            for charge in charges_of(ctx, line)
            if charge.kind == "recurring" and (day := covered(ctx, charge.rate)[0]) is not None
        ]
        if begun and min(begun)[0] > start.last:
            day, path = min(begun)
            words = f"item {line.item.id} runs since {start.last.isoformat()}, but it is charged from {day.isoformat()}"
            yield Problem(f"{path}.period_cover.start", words, related=(start.path,))


def _is_given(ctx: "Context", line: "Line") -> bool:
    """Whether the days are free on purpose."""
    fact = ctx.seen("charge.started", line.subject)
    if fact is not None and (str(fact.value.get("reason") or "").strip() or (fact.reason or "").strip()):
        return True
    for price in line.item.prices:
        for change in price.alterations:
            words = f"{change.name or ''} {change.description or ''} {change.price_type or ''}".lower()
            if (change.percentage is not None and abs(change.percentage) >= 100) or "free" in words:
                return True
    return False
