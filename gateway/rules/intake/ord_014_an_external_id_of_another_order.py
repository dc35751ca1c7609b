"""ORD-014: one order under one external id."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.order import ProductOrder
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["an_external_id_of_another_order"]


@rule(
    "ORD-014",
    gate=Gate.INTAKE,
    severity=Severity.REJECT,
    reads=("product_order", "others"),
    since="0.1",
    level=9,
)
def an_external_id_of_another_order(ctx: Context) -> Iterator[Problem]:
    """The external id of an order is not that of another order of the same customer.

    What it checks: no other known order of the customer has the same external id from the same issuer in the same
        scheme.
    Why it matters: a sale that was sent twice is installed and billed twice.
    Passes: another external id for another sale.
    Fails: the same external id with another speed.
    Harmless look-alike: the same number from another issuer or of another customer; an earlier order that was
        rejected and is sent again corrected.
    How to fix: amend the order that is there, or give the new sale an external id of its own.
    """
    order = ctx.order
    if order is None:
        return
    mine = {(one.issuer, one.scheme, one.value): number for number, one in enumerate(order.external_ids)}
    for number, trace in enumerate(ctx.trace.others if mine else ()):
        other = trace.product_order
        if other is None or other.id == order.id or not _same_customer(order, other) or other.state in _REFUSED:
            continue
        for one in other.external_ids:
            place = mine.get((one.issuer, one.scheme, one.value))
            if place is not None:
                yield Problem(
                    f"product_order.external_ids[{place}]",
                    f"external id {one.value} is that of order {other.id or 'another'} already",
                    (f"others[{number}]",),
                )


_REFUSED = frozenset({"rejected", "cancelled"})


def _same_customer(one: ProductOrder, other: ProductOrder) -> bool:
    mine, theirs = one.party("customer"), other.party("customer")
    return mine is not None and theirs is not None and mine.id == theirs.id
