"""LIF-011: a bundle costs once."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import OrderState
from gateway.rules.amounts import say
from gateway.rules.charges import Charge, charges
from gateway.rules.context import Context, Line
from gateway.rules.delivery import has_to_run
from gateway.rules.rule import Problem, rule

__all__ = ["a_part_charged_for_itself"]


@rule(
    "LIF-011",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "rates", "reference.offerings"),
    since="0.1",
    level=9,
)
def a_part_charged_for_itself(ctx: Context) -> Iterator[Problem]:
    """A component that is not separately billable is not charged for itself, nor its bundle before it runs.

    What it checks: no charge that costs something is about an item whose offering is not separately billable; a bundle
        has no recurring charge while such a part of it does not run.
    Why it matters: the bundle's price is asked for twice, in whole and in parts.
    Passes: one charge for the bundle.
    Fails: a charge for the bundle and one for the line in it; a charge for the bundle while its line is being built.
    Harmless look-alike: a line of nothing that only names the component; a fee for an extra visit; a credit.
    How to fix: cancel the charge of the component; its price is in that of the bundle.
    """
    for charge in charges(ctx):
        net = charge.rate.net
        offering = ctx.offering(charge.line.item) if charge.line is not None else None
        if offering is None or offering.separately_billable or net is None or net.amount == 0:
            continue
        if charge.is_charge and charge.line is not None:
            reason = f"item {charge.line.item.id} is charged {say(net)}, but {offering.id} is paid with its bundle"
            yield Problem(charge.path, reason, (charge.line.path,))
    for charge in charges(ctx):
        if charge.line is not None and charge.kind == "recurring" and charge.line.item.items:
            yield from _too_early(ctx, charge, charge.line)


def _too_early(ctx: Context, charge: Charge, bundle: Line) -> Iterator[Problem]:
    if "service.activated" in ctx.not_yet or not charge.rate.net or charge.rate.net.amount <= 0:
        return
    for line in ctx.live:
        offering = ctx.offering(line.item) if line.parent is bundle.item else None
        if offering is None or offering.separately_billable or not has_to_run(ctx, line):
            continue
        unfinished = line.item.state is not None and line.item.state is not OrderState.COMPLETED
        if unfinished and ctx.seen("service.activated", line.item.subject) is None:
            reason = f"bundle {bundle.item.id} is charged, but nobody says that its part {line.item.id} runs"
            yield Problem(charge.path, reason, (line.path,))
