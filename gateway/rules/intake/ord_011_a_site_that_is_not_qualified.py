"""ORD-011: whether it can be built there."""

from collections.abc import Iterator

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.quantities import DOWNSTREAM, plain, quantity
from gateway.rules.rule import Problem, rule
from gateway.rules.sites import sites
from gateway.rules.validity import is_over
from gateway.rules.work import ordered

__all__ = ["a_site_that_is_not_qualified"]

_YES = frozenset({"qualified", "positive", "true", "available", "success", "ok", "green", "pass", "passed", "feasible"})


@rule(
    "ORD-011",
    gate=Gate.INTAKE,
    severity=Severity.HOLD,
    reads=("product_order", "reference.offerings"),
    since="0.1",
    level=5,
)
def a_site_that_is_not_qualified(ctx: Context) -> Iterator[Problem]:
    """The qualification for that place and offering is positive and had not expired when the order was taken.

    What it checks: for an added item of a site-bound offering, site.qualified is about its place, is positive, lasts
        at least to the day of the order and allows the ordered speed.
    Why it matters: what cannot be built should not be sold.
    Passes: qualified until 1 April for an order of 1 March.
    Fails: not qualified; expired in February; qualified for 100 Mbit/s where 500 were ordered.
    Harmless look-alike: the last day itself; the same location under another place id; a qualification that ran out
        after the order was taken.
    How to fix: qualify the place again for this offering and send the new site.qualified fact.
    """
    for line in ctx.wanted:
        offering = ctx.offering(line.item) if line.item.action is ItemAction.ADD else None
        if offering is None or not offering.site_bound:
            continue
        fact = ctx.seen("site.qualified", line.subject)
        if fact is None:
            continue  # the gate requires it by itself
        path = ctx.statements("site.qualified", line.subject)[0].path
        for member, reason in _faults(ctx, line, fact):
            yield Problem(f"{path}.value.{member}", f"item {line.item.id}: {reason}", (line.path,))


def _faults(ctx: Context, line: Line, fact: Fact) -> Iterator[tuple[str, str]]:
    value = fact.value
    result = value.get("result")
    if result is not None and plain(result) not in _YES:
        yield "result", f"the place is {result}"
    until = value.get("validUntil", fact.valid_to)
    taken = ctx.order.order_date if ctx.order else None
    if taken is not None and is_over(ctx, until, taken):
        yield "validUntil", f"the qualification ended on {until}, before the order of {taken.isoformat()}"
    mine = {ctx.location(place) for _, place in sites(ctx, line)}
    place = value.get("place")
    if isinstance(place, str) and mine and ctx.location(place) not in mine:
        yield "place", f"the qualification is about {place}, not the place of the item"
    for one in ordered(line.item):
        if one.name.lower() not in DOWNSTREAM:
            continue
        spec = ctx.spec(line.item, one.name)
        unit = spec.unit if spec else None
        wanted, most = quantity(one.value, unit), quantity(value.get("maxDownstreamRate"), unit)
        if wanted and most and wanted.dimension == most.dimension and wanted.base > most.base:
            yield (
                "maxDownstreamRate",
                f"{wanted.amount} {wanted.unit} are ordered, at most {most.amount} {most.unit} fit",
            )
