"""BIL-001: a charge for nothing that was delivered."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.charges import Charge, charges
from gateway.rules.context import DEAD_STATES
from gateway.rules.delivery import has_to_run
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule(
    "BIL-001",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "rates"),
    since="0.1",
    level=9,
)
def charge_without_delivery(ctx: "Context") -> Iterator[Problem]:
    """A charge names a product that nobody has.

    What it checks: each recurring charge names a product; the product of each charge is one of the order's, or of what
    the inventory has of this customer. Where nobody says yet that a product that the order adds runs, the gate waits
    for service.activated.
    Why it matters: ghost charges are refunded, and asked about by the regulator.
    Passes: a charge for PR-1, which runs.
    Fails: a charge for PR-GHOST; a monthly charge for no product; a charge for what another customer has.
    Harmless look-alike: a charge for a product that the customer had before; a fee or a credit without a product.
    How to fix: cancel the charge, or name the product that it is for.
    """
    order = ctx.order
    if order is None:
        return
    named = {line.item.product.id for line in ctx.lines if line.item.product is not None and line.item.product.id}
    all_named = all(
        line.item.product is not None and line.item.product.id for line in ctx.lines if line.item.id not in ctx.bundles
    )
    for charge in charges(ctx):
        rate = charge.rate
        if rate.net is not None and rate.net.amount == 0:
            continue
        if rate.product is None and charge.line is None and charge.kind in {"recurring", "usage"}:
            yield Problem(charge.path, f"charge {rate.id} is for no product")
            continue
        if rate.product is not None and rate.product.id not in named and ctx.reference.product(rate.product.id) is None:
            if all_named or (charge.line is not None and charge.line.item.product and charge.line.item.product.id):
                yield Problem(
                    f"{charge.path}.product.id", f"the charge is for {rate.product.id}, which nobody ordered or has"
                )
            continue
        yield from _of_another(ctx, charge)
        _wait_for_delivery(ctx, charge)


def _of_another(ctx: "Context", charge: Charge) -> Iterator[Problem]:
    """A product that the order is not about, and that the inventory has of a customer for whom nobody here pays."""
    record = ctx.reference.product(charge.rate.product.id) if charge.rate.product is not None else None
    if charge.line is not None or record is None or record.customer is None or ctx.customer is None:
        return
    paid = {one for party in ctx.reference.parties or () for one in party.pays_for}
    paid |= {one for account in ctx.reference.accounts or () for one in account.pays_for}
    if record.customer not in {ctx.customer.id, *paid}:
        words = f"the charge is for {record.id}, which {record.customer} has, but {ctx.customer.id} ordered"
        yield Problem(f"{charge.path}.product.id", words)


def _wait_for_delivery(ctx: "Context", charge: Charge) -> None:
    """Ask for the activation of what is charged, so that the gate holds for it where it is not known."""
    line = charge.line
    if line is None or charge.kind not in {"recurring", "usage"}:
        return
    dead = line.item.state in DEAD_STATES or (ctx.order is not None and ctx.order.state in DEAD_STATES)
    if dead or line.item.action is not ItemAction.ADD or not has_to_run(ctx, line):
        return
    ctx.fact("service.activated", line.subject)
