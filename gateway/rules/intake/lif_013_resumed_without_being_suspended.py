"""LIF-013: first asleep, then awake."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered, status_of

__all__ = ["resumed_without_being_suspended"]


@rule(
    "LIF-013",
    gate=Gate.INTAKE,
    severity=Severity.HOLD,
    reads=("product_order", "reference.products"),
    since="0.1",
    level=8,
)
def resumed_without_being_suspended(ctx: Context) -> Iterator[Problem]:
    """Suspensions and resumptions alternate.

    What it checks: a modify that only asks for status suspended is about a product that is not suspended; one that
        only asks for status active is about one that is not active.
    Why it matters: a suspension that never ends is free for ever.
    Passes: resume of a suspended product.
    Fails: resume of an active one; suspension of a suspended one.
    Harmless look-alike: a change of speed that repeats the status as it is; an inventory that does not say.
    How to fix: check what the inventory says of the product, and order what it really needs.
    """
    for line in ctx.wanted:
        item, record = line.item, ctx.product(line.item)
        wanted = status_of(item)
        if item.action is not ItemAction.MODIFY or record is None or wanted not in {"active", "suspended"}:
            continue
        same = item.offering is None or item.offering.id == record.offering
        if not ordered(item) and not item.prices and same and (record.status or "").strip().lower() == wanted:
            reason = f"item {item.id} asks for {record.id} to be {wanted}, which it is"
            yield Problem(f"{line.path}.product.status", reason)
