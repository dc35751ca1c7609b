"""AGR-002: as many orders go out as came in."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import Trace
from gateway.canonical.states import OrderState
from gateway.rules.amounts import number_in
from gateway.rules.charges import charges_of
from gateway.rules.context import Context
from gateway.rules.delivery import activation
from gateway.rules.rule import Problem, rule
from gateway.rules.times import end_of_month
from gateway.rules.work import is_charged

__all__ = ["orders_that_vanish"]

_ENDED = frozenset({OrderState.CANCELLED, OrderState.REJECTED, OrderState.FAILED})


@rule("AGR-002", gate=None, severity=Severity.WARN, reads=(), since="0.1", level=9, params=("bill_lag_days",))
def orders_that_vanish(ctx: Context) -> Iterator[Problem]:
    """Of the orders of a time, each is delivered, in flight or failed, and each delivered one is charged.

    What it checks: where the trace counts its orders (`counts` with ordered, delivered, inFlight, failed, charged), the
        counts add up; of the other orders that are known, each that is completed was built, and each that was delivered
        is charged by billLagDays after its month. A warning: which order is missing, only the
        systems can say.
    Why it matters: a message that is lost without a word is found when the customer calls.
    Passes: 100 ordered, 92 delivered, 6 in flight, 2 failed.
    Fails: 100 ordered, 97 accounted for.
    Harmless look-alike: an order that is cancelled; a free one that nobody charges; one whose charges are not known.
    How to fix: compare the lists of both systems order by order, and send again what one of them never got.
    """
    for name, value in ctx.trace.extras.items():
        if isinstance(value, dict):
            yield from _counted(value, name)
            for inner, one in value.items():
                if isinstance(one, dict):
                    yield from _counted(one, f"{name}.{inner}")
    for number, trace in enumerate(ctx.trace.others):
        yield from _other(ctx, trace, f"others[{number}]")


_NAMES = {
    "ordered": ("ordered", "orders", "accepted"),
    "delivered": ("delivered", "completed"),
    "flight": ("inflight", "open", "inprogress", "pending"),
    "failed": ("failed", "cancelled", "rejected"),
    "charged": ("charged", "billed", "rated"),
}


def _counted(said: Mapping[str, Any], path: str) -> Iterator[Problem]:
    plain = {name.lower().replace("_", ""): number_in(value) for name, value in said.items()}
    found: dict[str, Decimal] = {}
    for name, words in _NAMES.items():
        stated = [number for word in words if (number := plain.get(word)) is not None]
        if stated:
            found[name] = sum(stated, Decimal(0))
    if "ordered" not in found or "delivered" not in found:
        return
    whole = found["delivered"] + found.get("flight", Decimal(0)) + found.get("failed", Decimal(0))
    if whole != found["ordered"]:
        yield Problem(path, f"{found['ordered']} were ordered, {whole} are delivered, in flight or failed")
    if "charged" in found and found["charged"] != found["delivered"]:
        yield Problem(path, f"{found['delivered']} were delivered, {found['charged']} are charged")


def _other(ctx: Context, trace: Trace, path: str) -> Iterator[Problem]:
    order = trace.product_order
    if order is None:
        return
    built = trace.service_orders
    done = order.state is OrderState.COMPLETED
    view = Context(trace, frozenset())
    if done and built is not None and not built and any(view.live) and not trace.facts:
        yield Problem(path, f"order {order.id} is completed, but nothing was ever built for it")
    if order.state in _ENDED or trace.rates is None or not trace.facts:
        return
    for line in view.live:
        start = activation(view, line)
        if start is None or not is_charged(view, line) or any(True for _ in charges_of(view, line)):
            continue
        due = end_of_month(start.last) + timedelta(days=ctx.policy_for(None).bill_lag_days)
        if ctx.day(ctx.now) > due:
            reason = f"order {order.id} was delivered on {start.last}, but item {line.item.id} is charged by nobody"
            yield Problem(f"{path}.rates", reason, (f"{path}.{start.path}",))
