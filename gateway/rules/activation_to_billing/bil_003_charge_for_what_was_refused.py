"""BIL-003: a charge for an item that failed or was cancelled."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction, OrderState
from gateway.rules.charges import charges, is_credited
from gateway.rules.context import DEAD_STATES
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line


@rule(
    "BIL-003",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "rates"),
    since="0.1",
    level=9,
)
def charge_for_what_was_refused(ctx: "Context") -> Iterator[Problem]:
    """An item that was rejected, cancelled or failed is charged, and not by a fee.

    What it checks: the items that ended badly have no charge but one of type fee.
    Why it matters: customers dispute it, and are right.
    Passes: a cancellation fee of type fee.
    Fails: the monthly price of an item that failed.
    Harmless look-alike: the old price of a product whose change failed; a charge that a credit gave back whole.
    How to fix: cancel the charge, or credit it; a fee that was agreed has the type fee.
    """
    for charge in charges(ctx):
        line, net = charge.line, charge.rate.net or charge.rate.gross
        if line is None or not charge.is_charge or net is None or net.amount <= 0:
            continue
        state = _ended(ctx, line)
        if state is None or (line.item.action is not ItemAction.ADD and charge.rate.item_id != line.item.id):
            continue
        if not is_credited(ctx, charge.rate):
            yield Problem(
                charge.path, f"item {line.item.id} is {state}, but it is charged", related=(f"{line.path}.state",)
            )


def _ended(ctx: "Context", line: "Line") -> OrderState | None:
    """Return the bad end that an item came to, by itself or with its order, or None."""
    if line.item.state in DEAD_STATES:
        return line.item.state
    return ctx.order.state if ctx.order is not None and ctx.order.state in DEAD_STATES else None
